#include "mm/mi.h"

/*
 * Pages that are committed and have no frame. What was in one lies in a slot of the machine's paging file, which the host keeps (hal.h); slot 0 stands for zeros and
 * takes no place. The paging file has twice as many pages as RAM: what may be committed is what fits into both.
 */
#define MI_PAGE_FILE_PAGES (2 * MmTotalFrames)

static ULONG64 *MiSlotMap; /* a bit per slot, slot 1 first: 1 in use */
static SIZE_T MiSlots, MiFirstFreeSlot;
SIZE_T MmPagesOut;

/* One slot more than pages may be out, for the page that goes out so that another can come in. */
SIZE_T MiPageFileMapBytes(VOID) { return (MI_PAGE_FILE_PAGES + 64) / 64 * 8; }

VOID MiInitializePageFile(PVOID Map) {
    MiSlotMap = Map;
    MiSlots = MI_PAGE_FILE_PAGES + 1;
}

SIZE_T MiPageFileRoom(VOID) { return MI_PAGE_FILE_PAGES > MmPagesOut ? MI_PAGE_FILE_PAGES - MmPagesOut : 0; }

BOOLEAN MiChargePages(SIZE_T Count, SIZE_T *Out) {
    SIZE_T Room = MiPageFileRoom();
    SIZE_T Free = MiAvailableFrames();
    *Out = Count <= Free ? 0 : Count < Room ? Count : Room;
    if (Count - *Out > Free)
        return FALSE;
    MmPagesOut += *Out;
    return TRUE;
}

BOOLEAN MiWritePage(MM_PFN Frame, ULONG64 *Slot) {
    SIZE_T Index = MiFirstFreeSlot;
    while (Index < MiSlots && (MiSlotMap[Index / 64] >> (Index % 64) & 1) != 0)
        Index++;
    if (MiPageFileRoom() == 0 || Index == MiSlots || HalOps->page_write(Index, Frame * PAGE_SIZE) != 0)
        return FALSE;
    MiSlotMap[Index / 64] |= 1ull << (Index % 64);
    MiFirstFreeSlot = Index + 1;
    *Slot = Index + 1;
    MmPagesOut++;
    return TRUE;
}

static VOID MiFreeSlot(ULONG64 Slot) {
    SIZE_T Index = Slot - 1;
    if (Slot == 0)
        return;
    MiSlotMap[Index / 64] &= ~(1ull << (Index % 64));
    if (Index < MiFirstFreeSlot)
        MiFirstFreeSlot = Index;
}

VOID MiReleaseSlot(ULONG64 Slot) {
    MmPagesOut--;
    MiFreeSlot(Slot);
}

/* It counts as in already while a frame is looked for, so that there is room for the page that goes out in its place. */
NTSTATUS MiReadPage(ULONG64 Slot, MM_PFN *Frame) {
    MM_PFN NewFrame;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    MmPagesOut--;
    if (!MiAllocateFrameRun(1, 0, MmTotalFrames, 0, Slot == 0, &NewFrame) && !MiTakeFreeFrames(1, &NewFrame))
        goto failed;
    Status = STATUS_DEVICE_DATA_ERROR;
    if (Slot != 0 && HalOps->page_read(Slot - 1, NewFrame * PAGE_SIZE) != 0) {
        MiDereferenceFrame(NewFrame);
        goto failed;
    }
    MiFreeSlot(Slot);
    *Frame = NewFrame;
    return STATUS_SUCCESS;

failed:
    MmPagesOut++;
    return Status;
}

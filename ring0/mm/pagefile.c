#include "mm/mi.h"

/*
 * Pages that are committed and have no frame. What was in one lies in a slot of the machine's paging file, which the host keeps (hal.h); slot 0 stands for zeros and
 * takes no place. There may be as many such pages as RAM has frames: what may be committed is RAM and as much again.
 */

static ULONG64 *MiSlotMap; /* a bit per slot, slot 1 first: 1 in use */
static SIZE_T MiSlots, MiFirstFreeSlot;
SIZE_T MmPagesOut;

/* One slot more than pages may be out, for the page that goes out so that another can come in. */
SIZE_T MiPageFileMapBytes(VOID) { return (MmTotalFrames + 64) / 64 * 8; }

VOID MiInitializePageFile(PVOID Map) {
    MiSlotMap = Map;
    MiSlots = MmTotalFrames + 1;
}

SIZE_T MiPageFileRoom(VOID) { return MmTotalFrames > MmPagesOut ? MmTotalFrames - MmPagesOut : 0; }

BOOLEAN MiWritePage(MM_PFN Frame, ULONG64 *Slot) {
    SIZE_T index = MiFirstFreeSlot;
    while (index < MiSlots && (MiSlotMap[index / 64] >> (index % 64) & 1) != 0)
        index++;
    if (index == MiSlots || HalOps->page_write(index, Frame * PAGE_SIZE) != 0)
        return FALSE;
    MiSlotMap[index / 64] |= 1ull << (index % 64);
    MiFirstFreeSlot = index + 1;
    *Slot = index + 1;
    MmPagesOut++;
    return TRUE;
}

VOID MiReleaseSlot(ULONG64 Slot) {
    MmPagesOut--;
    if (Slot == 0)
        return;
    SIZE_T index = Slot - 1;
    MiSlotMap[index / 64] &= ~(1ull << (index % 64));
    if (index < MiFirstFreeSlot)
        MiFirstFreeSlot = index;
}

NTSTATUS MiReadPage(ULONG64 Slot, MM_PFN *Frame) {
    MM_PFN frame;
    if (!MiAllocateFrameRun(1, 0, MmTotalFrames, 0, Slot == 0, &frame))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Slot != 0 && HalOps->page_read(Slot - 1, frame * PAGE_SIZE) != 0) {
        MiDereferenceFrame(frame);
        return STATUS_DEVICE_DATA_ERROR;
    }
    MiReleaseSlot(Slot);
    *Frame = frame;
    return STATUS_SUCCESS;
}

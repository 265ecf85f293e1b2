#include "mm/mi.h"

/*
 * Views of frames at kernel addresses other than those of the RAM view: kernel stacks, MDLs in pieces. Address space is given out in slots
 * of 64 KiB; a view has an unmapped page before it and at least one behind it. Freed slots are used again, by views of the same size first.
 */

#define MI_SLOT        0x10000ull
#define MI_SLOTS       ((HAL_SYSVIEW_END - HAL_SYSVIEW_START) / MI_SLOT)
#define MI_DIRECTORY   4096
#define MI_VIEW_DEVICE 0x100u /* in an entry, in place of a protection: the page is a device's */

typedef struct _MI_VIEW {
    struct _MI_VIEW *NextFree; /* of the same number of slots */
    ULONG64 Base;
    SIZE_T Pages, Slots;
    ULONG64 Entries[]; /* a page each: frame << 12 | HAL_PROT_*; 0: unmapped */
} MI_VIEW, *PMI_VIEW;

static PMI_VIEW *MiViewDirectory[MI_SLOTS / MI_DIRECTORY]; /* slot -> view */
static SIZE_T MiNextSlot;

typedef struct _MI_FREE_SLOTS {
    struct _MI_FREE_SLOTS *Next;
    SIZE_T Slot, Count;
} MI_FREE_SLOTS;
#define MI_SLOT_LISTS 16
static MI_FREE_SLOTS *MiFreeSlots[MI_SLOT_LISTS]; /* by count; the first: of larger ones */

static MI_FREE_SLOTS **MiFreeSlotsOf(SIZE_T Count) { return &MiFreeSlots[Count < MI_SLOT_LISTS ? Count : 0]; }

static PMI_VIEW MiViewOf(ULONG64 Address) {
    if (Address < HAL_SYSVIEW_START || Address >= HAL_SYSVIEW_END)
        return NULL;
    SIZE_T Slot = (Address - HAL_SYSVIEW_START) / MI_SLOT;
    PMI_VIEW *Table = MiViewDirectory[Slot / MI_DIRECTORY];
    return Table != NULL ? Table[Slot % MI_DIRECTORY] : NULL;
}

/* Slots of exactly this count that were freed before, else new ones. ~0: none left. */
static SIZE_T MiTakeSlots(SIZE_T Count) {
    for (MI_FREE_SLOTS **Link = MiFreeSlotsOf(Count); *Link != NULL; Link = &(*Link)->Next) {
        if ((*Link)->Count != Count)
            continue;
        MI_FREE_SLOTS *Entry = *Link;
        SIZE_T Slot = Entry->Slot;
        *Link = Entry->Next;
        ExFreePoolWithTag(Entry, 'liVM');
        return Slot;
    }
    if (Count > MI_SLOTS - MiNextSlot)
        return ~(SIZE_T)0;
    MiNextSlot += Count;
    return MiNextSlot - Count;
}

PVOID MiReserveSystemView(SIZE_T Size) {
    SIZE_T Pages = MI_PAGES(Size), Slots = ((Pages + 2) * PAGE_SIZE + MI_SLOT - 1) / MI_SLOT;
    if (Pages == 0 || Slots > MI_SLOTS)
        return NULL;
    PMI_VIEW View = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MI_VIEW) + Pages * sizeof(ULONG64), 'eiVM');
    if (View == NULL)
        return NULL;
    SIZE_T Slot = MiTakeSlots(Slots);
    if (Slot == ~(SIZE_T)0)
        goto failed;
    for (SIZE_T I = Slot; I < Slot + Slots; I++) {
        PMI_VIEW **Table = &MiViewDirectory[I / MI_DIRECTORY];
        if (*Table == NULL) {
            *Table = ExAllocatePoolWithTag(NonPagedPoolNx, MI_DIRECTORY * sizeof(PMI_VIEW), 'eiVM');
            if (*Table == NULL)
                goto failed; /* the slots stay unused: there is no memory to remember them in */
            RtlZeroMemory(*Table, MI_DIRECTORY * sizeof(PMI_VIEW));
        }
    }
    for (SIZE_T I = Slot; I < Slot + Slots; I++)
        MiViewDirectory[I / MI_DIRECTORY][I % MI_DIRECTORY] = View;
    View->Base = HAL_SYSVIEW_START + Slot * MI_SLOT + PAGE_SIZE;
    View->Pages = Pages;
    View->Slots = Slots;
    RtlZeroMemory(View->Entries, Pages * sizeof(ULONG64));
    return (PVOID)View->Base;

failed:
    ExFreePoolWithTag(View, 'eiVM');
    return NULL;
}

VOID MiReleaseSystemView(PVOID Base) {
    PMI_VIEW View = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(View != NULL && View->Base == ((ULONG64)Base & ~(ULONG64)(PAGE_SIZE - 1)));
    SIZE_T Slot = (View->Base - HAL_SYSVIEW_START) / MI_SLOT;
    HalOps->unmap(View->Base, View->Pages * PAGE_SIZE);
    for (SIZE_T I = Slot; I < Slot + View->Slots; I++)
        MiViewDirectory[I / MI_DIRECTORY][I % MI_DIRECTORY] = NULL;
    MI_FREE_SLOTS *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), 'liVM');
    if (Entry != NULL) { /* otherwise some address space is lost, of which there is plenty */
        MI_FREE_SLOTS **List = MiFreeSlotsOf(View->Slots);
        *Entry = (MI_FREE_SLOTS){*List, Slot, View->Slots};
        *List = Entry;
    }
    ExFreePoolWithTag(View, 'eiVM');
}

VOID MiUnmapSystemView(PVOID Base) {
    PMI_VIEW View = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(View != NULL && View->Base == (ULONG64)Base);
    HalOps->unmap(View->Base, View->Pages * PAGE_SIZE);
    RtlZeroMemory(View->Entries, View->Pages * sizeof(ULONG64));
}

VOID MiMapSystemView(PVOID Base, SIZE_T Page, MM_PFN First, SIZE_T Count, ULONG Protection) {
    PMI_VIEW View = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(View != NULL && Page + Count <= View->Pages);
    for (SIZE_T I = 0; I < Count; I++)
        View->Entries[Page + I] = (First + I) << 12 | Protection;
    LONG64 Error = HalOps->map(View->Base + Page * PAGE_SIZE, First * PAGE_SIZE, Count * PAGE_SIZE, Protection);
    NT_ASSERT_OURS(Error == 0);
}

VOID MiProtectSystemView(PVOID Base, ULONG Protection) {
    PMI_VIEW View = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(View != NULL);
    for (SIZE_T I = 0; I < View->Pages; I++)
        View->Entries[I] = (View->Entries[I] & ~(ULONG64)(PAGE_SIZE - 1)) | Protection;
    HalOps->protect(View->Base, View->Pages * PAGE_SIZE, Protection);
}

MM_PFN MiFrameOfSystemView(ULONG64 Address, ULONG *Protection) {
    PMI_VIEW View = MiViewOf(Address);
    if (View == NULL || Address < View->Base || Address - View->Base >= View->Pages * PAGE_SIZE)
        return MI_NO_FRAME;
    ULONG64 Entry = View->Entries[(Address - View->Base) / PAGE_SIZE];
    *Protection = (ULONG)(Entry % MI_VIEW_DEVICE);
    return Entry != 0 && *Protection != HAL_PROT_NONE ? Entry / PAGE_SIZE : MI_NO_FRAME;
}

/* ---- Device memory: pages that are never there, so that each access is a trap ---- */

PVOID MiMapDeviceMemory(ULONG64 Physical, SIZE_T Bytes) {
    SIZE_T Offset = Physical % PAGE_SIZE, Pages = MI_PAGES(Offset + Bytes);
    UCHAR *Base = MiReserveSystemView(Pages * PAGE_SIZE);
    if (Base == NULL)
        return NULL;
    PMI_VIEW View = MiViewOf((ULONG64)Base);
    for (SIZE_T I = 0; I < Pages; I++)
        View->Entries[I] = ((Physical - Offset) + I * PAGE_SIZE) | MI_VIEW_DEVICE;
    return Base + Offset;
}

BOOLEAN MmDeviceAddress(ULONG64 Address, ULONG64 *Physical) {
    PMI_VIEW View = MiViewOf(Address);
    if (View == NULL || Address < View->Base || Address - View->Base >= View->Pages * PAGE_SIZE)
        return FALSE;
    ULONG64 Entry = View->Entries[(Address - View->Base) / PAGE_SIZE];
    if ((Entry & MI_VIEW_DEVICE) == 0)
        return FALSE;
    *Physical = (Entry & ~(ULONG64)(PAGE_SIZE - 1)) + Address % PAGE_SIZE;
    return TRUE;
}

BOOLEAN MiUnmapDeviceMemory(PVOID Base) {
    ULONG64 Page = (ULONG64)Base & ~(ULONG64)(PAGE_SIZE - 1), Physical;
    if (!MmDeviceAddress(Page, &Physical) || MiViewOf(Page)->Base != Page)
        return FALSE;
    MiReleaseSystemView(Base);
    return TRUE;
}

/* ---- Kernel stacks ---- */

PVOID MmCreateKernelStackView(SIZE_T Size) {
    SIZE_T Pages = MI_PAGES(Size);
    MM_PFN First;
    PVOID Base = MiReserveSystemView(Pages * PAGE_SIZE);
    if (Base == NULL)
        return NULL;
    if (!MiAllocateFrames(Pages, ~0ull, &First)) {
        MiReleaseSystemView(Base);
        return NULL;
    }
    MiMapSystemView(Base, 0, First, Pages, HAL_PROT_READ | HAL_PROT_WRITE);
    return (UCHAR *)Base + Pages * PAGE_SIZE;
}

VOID MmDeleteKernelStackView(PVOID Top) {
    PMI_VIEW View = MiViewOf((ULONG64)Top - 1);
    NT_ASSERT_OURS(View != NULL && View->Base + View->Pages * PAGE_SIZE == (ULONG64)Top);
    MM_PFN First = View->Entries[0] / PAGE_SIZE;
    SIZE_T Pages = View->Pages;
    MiReleaseSystemView((PVOID)View->Base);
    MiFreeFrames(First, Pages);
}

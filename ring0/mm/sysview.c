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
    SIZE_T slot = (Address - HAL_SYSVIEW_START) / MI_SLOT;
    PMI_VIEW *table = MiViewDirectory[slot / MI_DIRECTORY];
    return table != NULL ? table[slot % MI_DIRECTORY] : NULL;
}

/* Slots of exactly this count that were freed before, else new ones. ~0: none left. */
static SIZE_T MiTakeSlots(SIZE_T Count) {
    for (MI_FREE_SLOTS **link = MiFreeSlotsOf(Count); *link != NULL; link = &(*link)->Next) {
        if ((*link)->Count != Count)
            continue;
        MI_FREE_SLOTS *entry = *link;
        SIZE_T slot = entry->Slot;
        *link = entry->Next;
        ExFreePoolWithTag(entry, 'liVM');
        return slot;
    }
    if (Count > MI_SLOTS - MiNextSlot)
        return ~(SIZE_T)0;
    MiNextSlot += Count;
    return MiNextSlot - Count;
}

PVOID MiReserveSystemView(SIZE_T Size) {
    SIZE_T pages = MI_PAGES(Size), slots = ((pages + 2) * PAGE_SIZE + MI_SLOT - 1) / MI_SLOT;
    if (pages == 0 || slots > MI_SLOTS)
        return NULL;
    PMI_VIEW view = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MI_VIEW) + pages * sizeof(ULONG64), 'eiVM');
    if (view == NULL)
        return NULL;
    SIZE_T slot = MiTakeSlots(slots);
    if (slot == ~(SIZE_T)0)
        goto failed;
    for (SIZE_T i = slot; i < slot + slots; i++) {
        PMI_VIEW **table = &MiViewDirectory[i / MI_DIRECTORY];
        if (*table == NULL) {
            *table = ExAllocatePoolWithTag(NonPagedPoolNx, MI_DIRECTORY * sizeof(PMI_VIEW), 'eiVM');
            if (*table == NULL)
                goto failed; /* the slots stay unused: there is no memory to remember them in */
            RtlZeroMemory(*table, MI_DIRECTORY * sizeof(PMI_VIEW));
        }
    }
    for (SIZE_T i = slot; i < slot + slots; i++)
        MiViewDirectory[i / MI_DIRECTORY][i % MI_DIRECTORY] = view;
    view->Base = HAL_SYSVIEW_START + slot * MI_SLOT + PAGE_SIZE;
    view->Pages = pages;
    view->Slots = slots;
    RtlZeroMemory(view->Entries, pages * sizeof(ULONG64));
    return (PVOID)view->Base;

failed:
    ExFreePoolWithTag(view, 'eiVM');
    return NULL;
}

VOID MiReleaseSystemView(PVOID Base) {
    PMI_VIEW view = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(view != NULL && view->Base == ((ULONG64)Base & ~(ULONG64)(PAGE_SIZE - 1)));
    SIZE_T slot = (view->Base - HAL_SYSVIEW_START) / MI_SLOT;
    HalOps->unmap(view->Base, view->Pages * PAGE_SIZE);
    for (SIZE_T i = slot; i < slot + view->Slots; i++)
        MiViewDirectory[i / MI_DIRECTORY][i % MI_DIRECTORY] = NULL;
    MI_FREE_SLOTS *entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*entry), 'liVM');
    if (entry != NULL) { /* otherwise some address space is lost, of which there is plenty */
        MI_FREE_SLOTS **list = MiFreeSlotsOf(view->Slots);
        *entry = (MI_FREE_SLOTS){*list, slot, view->Slots};
        *list = entry;
    }
    ExFreePoolWithTag(view, 'eiVM');
}

VOID MiUnmapSystemView(PVOID Base) {
    PMI_VIEW view = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(view != NULL && view->Base == (ULONG64)Base);
    HalOps->unmap(view->Base, view->Pages * PAGE_SIZE);
    RtlZeroMemory(view->Entries, view->Pages * sizeof(ULONG64));
}

VOID MiMapSystemView(PVOID Base, SIZE_T Page, MM_PFN First, SIZE_T Count, ULONG Protection) {
    PMI_VIEW view = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(view != NULL && Page + Count <= view->Pages);
    for (SIZE_T i = 0; i < Count; i++)
        view->Entries[Page + i] = (First + i) << 12 | Protection;
    LONG64 error = HalOps->map(view->Base + Page * PAGE_SIZE, First * PAGE_SIZE, Count * PAGE_SIZE, Protection);
    NT_ASSERT_OURS(error == 0);
}

VOID MiProtectSystemView(PVOID Base, ULONG Protection) {
    PMI_VIEW view = MiViewOf((ULONG64)Base);
    NT_ASSERT_OURS(view != NULL);
    for (SIZE_T i = 0; i < view->Pages; i++)
        view->Entries[i] = (view->Entries[i] & ~(ULONG64)(PAGE_SIZE - 1)) | Protection;
    HalOps->protect(view->Base, view->Pages * PAGE_SIZE, Protection);
}

MM_PFN MiFrameOfSystemView(ULONG64 Address, ULONG *Protection) {
    PMI_VIEW view = MiViewOf(Address);
    if (view == NULL || Address < view->Base || Address - view->Base >= view->Pages * PAGE_SIZE)
        return MI_NO_FRAME;
    ULONG64 entry = view->Entries[(Address - view->Base) / PAGE_SIZE];
    *Protection = (ULONG)(entry % MI_VIEW_DEVICE);
    return entry != 0 && *Protection != HAL_PROT_NONE ? entry / PAGE_SIZE : MI_NO_FRAME;
}

/* ---- Device memory: pages that are never there, so that each access is a trap ---- */

PVOID MiMapDeviceMemory(ULONG64 Physical, SIZE_T Bytes) {
    SIZE_T offset = Physical % PAGE_SIZE, pages = MI_PAGES(offset + Bytes);
    UCHAR *base = MiReserveSystemView(pages * PAGE_SIZE);
    if (base == NULL)
        return NULL;
    PMI_VIEW view = MiViewOf((ULONG64)base);
    for (SIZE_T i = 0; i < pages; i++)
        view->Entries[i] = ((Physical - offset) + i * PAGE_SIZE) | MI_VIEW_DEVICE;
    return base + offset;
}

BOOLEAN MmDeviceAddress(ULONG64 Address, ULONG64 *Physical) {
    PMI_VIEW view = MiViewOf(Address);
    if (view == NULL || Address < view->Base || Address - view->Base >= view->Pages * PAGE_SIZE)
        return FALSE;
    ULONG64 entry = view->Entries[(Address - view->Base) / PAGE_SIZE];
    if ((entry & MI_VIEW_DEVICE) == 0)
        return FALSE;
    *Physical = (entry & ~(ULONG64)(PAGE_SIZE - 1)) + Address % PAGE_SIZE;
    return TRUE;
}

BOOLEAN MiUnmapDeviceMemory(PVOID Base) {
    ULONG64 page = (ULONG64)Base & ~(ULONG64)(PAGE_SIZE - 1), physical;
    if (!MmDeviceAddress(page, &physical) || MiViewOf(page)->Base != page)
        return FALSE;
    MiReleaseSystemView(Base);
    return TRUE;
}

/* ---- Kernel stacks ---- */

PVOID MmCreateKernelStackView(SIZE_T Size) {
    SIZE_T pages = MI_PAGES(Size);
    MM_PFN first;
    PVOID base = MiReserveSystemView(pages * PAGE_SIZE);
    if (base == NULL)
        return NULL;
    if (!MiAllocateFrames(pages, ~0ull, &first)) {
        MiReleaseSystemView(base);
        return NULL;
    }
    MiMapSystemView(base, 0, first, pages, HAL_PROT_READ | HAL_PROT_WRITE);
    return (UCHAR *)base + pages * PAGE_SIZE;
}

VOID MmDeleteKernelStackView(PVOID Top) {
    PMI_VIEW view = MiViewOf((ULONG64)Top - 1);
    NT_ASSERT_OURS(view != NULL && view->Base + view->Pages * PAGE_SIZE == (ULONG64)Top);
    MM_PFN first = view->Entries[0] / PAGE_SIZE;
    SIZE_T pages = view->Pages;
    MiReleaseSystemView((PVOID)view->Base);
    MiFreeFrames(first, pages);
}

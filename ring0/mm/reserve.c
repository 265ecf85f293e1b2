#include "mm/mi.h"

/*
 * Addresses that a driver reserves while there is memory, and maps MDLs at when there may be none. Only what follows from the arguments can fail. Parameters of
 * bug check 0xDA: "Bug Check 0xDA: SYSTEM_PTE_MISUSE", learn.microsoft.com; the caller's and the owner's identifiers there are the tags.
 */

typedef struct _MI_RESERVATION {
    struct _MI_RESERVATION *Next;
    PVOID Base;
    SIZE_T Pages, Mapped;
    ULONG Tag;
} MI_RESERVATION, *PMI_RESERVATION;

enum {
    MI_RESERVE_NOTHING = 0x100,
    MI_FREE_OTHERS = 0x101,
    MI_FREE_NOTHING = 0x102,
    MI_FREE_MAPPED = 0x103,
    MI_MAP_OTHERS = 0x104,
    MI_MAP_NOTHING = 0x105,
    MI_MAP_MAPPED = 0x107,
    MI_UNMAP_OTHERS = 0x108,
    MI_UNMAP_NOTHING = 0x109,
    MI_UNMAP_MORE = 0x10A,
    MI_UNMAP_UNMAPPED = 0x10B,
    MI_UNMAP_PART = 0x10C,
};

static PMI_RESERVATION MiReservations;

static DECLSPEC_NORETURN VOID MiMisused(ULONG Kind, PVOID Base, ULONG64 Third, ULONG64 Fourth) {
    KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, Kind, (ULONG_PTR)Base, Third, Fourth);
}

/* The one at Base, which is Tag's. */
static PMI_RESERVATION MiFindReservation(PVOID Base, ULONG Tag, ULONG Nothing, ULONG Others) {
    PMI_RESERVATION found = MiReservations;
    while (found != NULL && found->Base != Base)
        found = found->Next;
    if (found == NULL)
        MiMisused(Nothing, Base, Tag, 0);
    if (found->Tag != Tag)
        MiMisused(Others, Base, Tag, found->Tag);
    return found;
}

PVOID NTAPI MmAllocateMappingAddress(SIZE_T Bytes, ULONG Tag) {
    if (Bytes == 0)
        MiMisused(MI_RESERVE_NOTHING, NULL, Tag, (ULONG64)_ReturnAddress());
    PMI_RESERVATION reservation = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*reservation), 'vRmM');
    PVOID base = reservation != NULL ? MiReserveSystemView(Bytes) : NULL;
    if (base == NULL) {
        if (reservation != NULL)
            ExFreePoolWithTag(reservation, 'vRmM');
        return NULL;
    }
    *reservation = (MI_RESERVATION){MiReservations, base, MI_PAGES(Bytes), 0, Tag};
    MiReservations = reservation;
    return base;
}

VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG Tag) {
    PMI_RESERVATION reservation = MiFindReservation(BaseAddress, Tag, MI_FREE_NOTHING, MI_FREE_OTHERS), *link = &MiReservations;
    if (reservation->Mapped != 0)
        MiMisused(MI_FREE_MAPPED, BaseAddress, Tag, reservation->Pages);
    while (*link != reservation)
        link = &(*link)->Next;
    *link = reservation->Next;
    MiReleaseSystemView(BaseAddress);
    ExFreePoolWithTag(reservation, 'vRmM');
}

PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG Tag, PMDL Mdl, MEMORY_CACHING_TYPE CacheType) {
    PMI_RESERVATION reservation = MiFindReservation(MappingAddress, Tag, MI_MAP_NOTHING, MI_MAP_OTHERS);
    const PFN_NUMBER *frames = (const PFN_NUMBER *)(Mdl + 1);
    SIZE_T pages = MI_PAGES((SIZE_T)Mdl->ByteOffset + Mdl->ByteCount);
    if (reservation->Mapped != 0)
        MiMisused(MI_MAP_MAPPED, MappingAddress, (ULONG64)MappingAddress, (ULONG64)MappingAddress + (reservation->Mapped - 1) * PAGE_SIZE);
    if (pages == 0 || pages > reservation->Pages || frames[0] >= MmTotalFrames)
        return NULL;
    for (SIZE_T i = 0, run; i < pages; i += run) {
        for (run = 1; i + run < pages && frames[i + run] == frames[i] + run;)
            run++;
        MiMapSystemView(MappingAddress, i, frames[i], run, HAL_PROT_READ | HAL_PROT_WRITE);
    }
    reservation->Mapped = pages;
    Mdl->MappedSystemVa = (UCHAR *)MappingAddress + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA | ((Mdl->MdlFlags & MDL_PARTIAL) ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0);
    return Mdl->MappedSystemVa;
}

VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG Tag, PMDL Mdl) {
    /* The address may be the MDL's, with its offset. */
    PVOID base = (PVOID)((ULONG64)BaseAddress & ~(ULONG64)(PAGE_SIZE - 1));
    PMI_RESERVATION reservation = MiFindReservation(base, Tag, MI_UNMAP_NOTHING, MI_UNMAP_OTHERS);
    SIZE_T pages = MI_PAGES((SIZE_T)Mdl->ByteOffset + Mdl->ByteCount);
    if (reservation->Mapped == 0)
        MiMisused(MI_UNMAP_UNMAPPED, base, Tag, pages);
    if (pages > reservation->Mapped)
        MiMisused(MI_UNMAP_MORE, base, reservation->Mapped, pages);
    if (pages < reservation->Mapped)
        MiMisused(MI_UNMAP_PART, base, Tag, pages);
    MiUnmapSystemView(base);
    reservation->Mapped = 0;
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

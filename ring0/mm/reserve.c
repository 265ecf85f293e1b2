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
    PMI_RESERVATION Found = MiReservations;
    while (Found != NULL && Found->Base != Base)
        Found = Found->Next;
    if (Found == NULL)
        MiMisused(Nothing, Base, Tag, 0);
    if (Found->Tag != Tag)
        MiMisused(Others, Base, Tag, Found->Tag);
    return Found;
}

PVOID NTAPI MmAllocateMappingAddress(SIZE_T Bytes, ULONG Tag) {
    if (Bytes == 0)
        MiMisused(MI_RESERVE_NOTHING, NULL, Tag, (ULONG64)_ReturnAddress());
    PMI_RESERVATION Reservation = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Reservation), 'vRmM');
    PVOID Base = Reservation != NULL ? MiReserveSystemView(Bytes) : NULL;
    if (Base == NULL) {
        if (Reservation != NULL)
            ExFreePoolWithTag(Reservation, 'vRmM');
        return NULL;
    }
    *Reservation = (MI_RESERVATION){MiReservations, Base, MI_PAGES(Bytes), 0, Tag};
    MiReservations = Reservation;
    return Base;
}

VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG Tag) {
    PMI_RESERVATION Reservation = MiFindReservation(BaseAddress, Tag, MI_FREE_NOTHING, MI_FREE_OTHERS), *Link = &MiReservations;
    if (Reservation->Mapped != 0)
        MiMisused(MI_FREE_MAPPED, BaseAddress, Tag, Reservation->Pages);
    while (*Link != Reservation)
        Link = &(*Link)->Next;
    *Link = Reservation->Next;
    MiReleaseSystemView(BaseAddress);
    ExFreePoolWithTag(Reservation, 'vRmM');
}

PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG Tag, PMDL Mdl, MEMORY_CACHING_TYPE CacheType) {
    PMI_RESERVATION Reservation = MiFindReservation(MappingAddress, Tag, MI_MAP_NOTHING, MI_MAP_OTHERS);
    const PFN_NUMBER *Frames = (const PFN_NUMBER *)(Mdl + 1);
    SIZE_T Pages = MI_PAGES((SIZE_T)Mdl->ByteOffset + Mdl->ByteCount);
    if (Reservation->Mapped != 0)
        MiMisused(MI_MAP_MAPPED, MappingAddress, (ULONG64)MappingAddress, (ULONG64)MappingAddress + (Reservation->Mapped - 1) * PAGE_SIZE);
    if (Pages == 0 || Pages > Reservation->Pages || Frames[0] >= MmTotalFrames)
        return NULL;
    for (SIZE_T I = 0, Run; I < Pages; I += Run) {
        for (Run = 1; I + Run < Pages && Frames[I + Run] == Frames[I] + Run;)
            Run++;
        MiMapSystemView(MappingAddress, I, Frames[I], Run, HAL_PROT_READ | HAL_PROT_WRITE);
    }
    Reservation->Mapped = Pages;
    Mdl->MappedSystemVa = (UCHAR *)MappingAddress + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA | ((Mdl->MdlFlags & MDL_PARTIAL) ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0);
    return Mdl->MappedSystemVa;
}

VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG Tag, PMDL Mdl) {
    /* The address may be the MDL's, with its offset. */
    PVOID Base = (PVOID)((ULONG64)BaseAddress & ~(ULONG64)(PAGE_SIZE - 1));
    PMI_RESERVATION Reservation = MiFindReservation(Base, Tag, MI_UNMAP_NOTHING, MI_UNMAP_OTHERS);
    SIZE_T Pages = MI_PAGES((SIZE_T)Mdl->ByteOffset + Mdl->ByteCount);
    if (Reservation->Mapped == 0)
        MiMisused(MI_UNMAP_UNMAPPED, Base, Tag, Pages);
    if (Pages > Reservation->Mapped)
        MiMisused(MI_UNMAP_MORE, Base, Reservation->Mapped, Pages);
    if (Pages < Reservation->Mapped)
        MiMisused(MI_UNMAP_PART, Base, Tag, Pages);
    MiUnmapSystemView(Base);
    Reservation->Mapped = 0;
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

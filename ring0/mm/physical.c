#include "mm/mi.h"

/* ---- I/O space: RAM is mapped already; the rest is devices, or nothing, and then reads as all ones ---- */

#define MI_PHYSICAL_LIMIT (1ull << 46) /* as far as this processor's addresses go */

PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS Address, SIZE_T Bytes, MEMORY_CACHING_TYPE CacheType) {
    ULONG64 Start = (ULONG64)Address.QuadPart, Limit = MmTotalFrames * PAGE_SIZE;
    if (Bytes == 0 || Start >= MI_PHYSICAL_LIMIT || Bytes > MI_PHYSICAL_LIMIT - Start)
        return NULL;
    if (Start >= Limit)
        return MiMapDeviceMemory(Start, Bytes);
    return Bytes <= Limit - Start ? (PVOID)(HAL_RAM_BASE + Start) : NULL;
}

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS Address, SIZE_T Bytes, ULONG Protect) {
    BOOLEAN Valid = MiProtectIndex(Protect) > 0 && (Protect & (PAGE_GUARD | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) == 0;
    return Valid ? MmMapIoSpace(Address, Bytes, MmCached) : NULL;
}

VOID NTAPI MmUnmapIoSpace(PVOID Base, SIZE_T Bytes) {
    if ((ULONG64)Base - HAL_RAM_BASE >= MmTotalFrames * PAGE_SIZE && !MiUnmapDeviceMemory(Base))
        KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 0x302 /* an address that is not mapped */, (ULONG_PTR)Base, 0, 0);
}

/* One range, and the entry of zeros that ends the list; the caller frees it. */
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID) {
    PPHYSICAL_MEMORY_RANGE Ranges = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * sizeof(*Ranges), 'hPmM');
    if (Ranges == NULL)
        return NULL;
    RtlZeroMemory(Ranges, 2 * sizeof(*Ranges));
    Ranges[0].NumberOfBytes.QuadPart = (LONG64)(MmTotalFrames * PAGE_SIZE);
    return Ranges;
}

/* ---- Contiguous memory: whole frames of the RAM view, remembered like a large pool block so that the size is known when it is freed ---- */

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T Bytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest, PHYSICAL_ADDRESS Boundary,
                                                   MEMORY_CACHING_TYPE CacheType) {
    ULONG64 Last = (ULONG64)Highest.QuadPart, Limit = MmTotalFrames * PAGE_SIZE, Fence = (ULONG64)Boundary.QuadPart;
    MM_PFN First;
    if (Bytes == 0 || Bytes > Limit || (Fence & (Fence - 1)) != 0 || (ULONG64)Lowest.QuadPart > Last || (ULONG)CacheType >= MmMaximumCacheType)
        return NULL;
    if (!MiAllocateFrameRun(MI_PAGES(Bytes), MI_PAGES(Lowest.QuadPart), Last >= Limit ? MmTotalFrames : (Last + 1) / PAGE_SIZE, Fence / PAGE_SIZE,
                            TRUE, &First))
        return NULL;
    MiPfn[First].Pool.Bytes = Bytes;
    MiPfn[First].Pool.Use = MiFrameContiguous;
    return MiRamAddress(First);
}

PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T Bytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest, PHYSICAL_ADDRESS Boundary,
                                                       MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT Node) {
    return MmAllocateContiguousMemorySpecifyCache(Bytes, Lowest, Highest, Boundary, CacheType);
}

PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T Bytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest, PHYSICAL_ADDRESS Boundary, ULONG Protect,
                                           NODE_REQUIREMENT Node) {
    return MiProtectIndex(Protect) >= 0 ? MmAllocateContiguousMemorySpecifyCache(Bytes, Lowest, Highest, Boundary, MmCached) : NULL;
}

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T Bytes, PHYSICAL_ADDRESS Highest) {
    PHYSICAL_ADDRESS None = {.QuadPart = 0};
    return MmAllocateContiguousMemorySpecifyCache(Bytes, None, Highest, None, MmCached);
}

VOID NTAPI MmFreeContiguousMemory(PVOID Base) {
    ULONG64 Offset = (ULONG64)Base - HAL_RAM_BASE;
    MM_PFN Frame = Offset / PAGE_SIZE;
    if (Frame >= MmTotalFrames || Offset % PAGE_SIZE != 0 || MiPfn[Frame].Pool.Use != MiFrameContiguous)
        KeBugCheckEx(BAD_POOL_CALLER, 0x60, (ULONG_PTR)Base, 0, 0);
    MiPfn[Frame].Pool.Use = MiFrameUsed;
    MiFreeFrames(Frame, MI_PAGES(MiPfn[Frame].Pool.Bytes));
}

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID Base, SIZE_T Bytes, MEMORY_CACHING_TYPE CacheType) { MmFreeContiguousMemory(Base); }

PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T Bytes) { return MmAllocateContiguousMemory(Bytes, (PHYSICAL_ADDRESS){.QuadPart = -1}); }

VOID NTAPI MmFreeNonCachedMemory(PVOID Base, SIZE_T Bytes) { MmFreeContiguousMemory(Base); }

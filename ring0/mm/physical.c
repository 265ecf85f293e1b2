#include "mm/mi.h"

/* ---- I/O space: RAM is mapped already; the rest is devices, or nothing, and then reads as all ones ---- */

#define MI_PHYSICAL_LIMIT (1ull << 46) /* as far as this processor's addresses go */

PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS Address, SIZE_T Bytes, MEMORY_CACHING_TYPE CacheType) {
    ULONG64 start = (ULONG64)Address.QuadPart, limit = MmTotalFrames * PAGE_SIZE;
    if (Bytes == 0 || start >= MI_PHYSICAL_LIMIT || Bytes > MI_PHYSICAL_LIMIT - start)
        return NULL;
    if (start >= limit)
        return MiMapDeviceMemory(start, Bytes);
    return Bytes <= limit - start ? (PVOID)(HAL_RAM_BASE + start) : NULL;
}

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS Address, SIZE_T Bytes, ULONG Protect) {
    BOOLEAN valid = MiProtectIndex(Protect) > 0 && (Protect & (PAGE_GUARD | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) == 0;
    return valid ? MmMapIoSpace(Address, Bytes, MmCached) : NULL;
}

VOID NTAPI MmUnmapIoSpace(PVOID Base, SIZE_T Bytes) {
    if ((ULONG64)Base - HAL_RAM_BASE >= MmTotalFrames * PAGE_SIZE && !MiUnmapDeviceMemory(Base))
        KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 0x302 /* an address that is not mapped */, (ULONG_PTR)Base, 0, 0);
}

/* One range, and the entry of zeros that ends the list; the caller frees it. */
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID) {
    PPHYSICAL_MEMORY_RANGE ranges = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * sizeof(*ranges), 'hPmM');
    if (ranges == NULL)
        return NULL;
    RtlZeroMemory(ranges, 2 * sizeof(*ranges));
    ranges[0].NumberOfBytes.QuadPart = (LONG64)(MmTotalFrames * PAGE_SIZE);
    return ranges;
}

/* ---- Contiguous memory: whole frames of the RAM view, remembered like a large pool block so that the size is known when it is freed ---- */

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T Bytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest, PHYSICAL_ADDRESS Boundary,
                                                   MEMORY_CACHING_TYPE CacheType) {
    ULONG64 highest = (ULONG64)Highest.QuadPart, limit = MmTotalFrames * PAGE_SIZE, boundary = (ULONG64)Boundary.QuadPart;
    MM_PFN first;
    if (Bytes == 0 || Bytes > limit || (boundary & (boundary - 1)) != 0 || (ULONG64)Lowest.QuadPart > highest ||
        (ULONG)CacheType >= MmMaximumCacheType)
        return NULL;
    if (!MiAllocateFrameRun(MI_PAGES(Bytes), MI_PAGES(Lowest.QuadPart), highest >= limit ? MmTotalFrames : (highest + 1) / PAGE_SIZE,
                            boundary / PAGE_SIZE, TRUE, &first))
        return NULL;
    MiPfn[first].Pool.Bytes = Bytes;
    MiPfn[first].Pool.Use = MiFrameContiguous;
    return MiRamAddress(first);
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
    PHYSICAL_ADDRESS none = {.QuadPart = 0};
    return MmAllocateContiguousMemorySpecifyCache(Bytes, none, Highest, none, MmCached);
}

VOID NTAPI MmFreeContiguousMemory(PVOID Base) {
    ULONG64 offset = (ULONG64)Base - HAL_RAM_BASE;
    MM_PFN frame = offset / PAGE_SIZE;
    if (frame >= MmTotalFrames || offset % PAGE_SIZE != 0 || MiPfn[frame].Pool.Use != MiFrameContiguous)
        KeBugCheckEx(BAD_POOL_CALLER, 0x60, (ULONG_PTR)Base, 0, 0);
    MiPfn[frame].Pool.Use = MiFrameUsed;
    MiFreeFrames(frame, MI_PAGES(MiPfn[frame].Pool.Bytes));
}

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID Base, SIZE_T Bytes, MEMORY_CACHING_TYPE CacheType) { MmFreeContiguousMemory(Base); }

PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T Bytes) { return MmAllocateContiguousMemory(Bytes, (PHYSICAL_ADDRESS){.QuadPart = -1}); }

VOID NTAPI MmFreeNonCachedMemory(PVOID Base, SIZE_T Bytes) { MmFreeContiguousMemory(Base); }

#include "ldr/ldr.h"
#include "mm/mi.h"

/* Where addresses end: the same shape as on Windows, where the last 64 KiB of the user range are not used. */
PVOID MmHighestUserAddress = (PVOID)(HAL_USER_END - MI_ALLOCATION_GRANULARITY - 1);
ULONG64 MmUserProbeAddress = HAL_USER_END - MI_ALLOCATION_GRANULARITY;
PVOID MmSystemRangeStart = (PVOID)HAL_USER_END;

MM_PFN MiFrameOfKernelAddress(ULONG64 Address, ULONG *Protection) {
    ULONG64 offset = Address - HAL_RAM_BASE;
    *Protection = HAL_PROT_NONE;
    if (offset < MmTotalFrames * PAGE_SIZE) {
        PMI_PFN pfn = &MiPfn[offset / PAGE_SIZE];
        if (pfn->Pool.Use == MiFrameFree)
            return MI_NO_FRAME;
        *Protection = HAL_PROT_READ | HAL_PROT_WRITE | (pfn->Executable ? HAL_PROT_EXEC : 0);
        return offset / PAGE_SIZE;
    }
    if (Address >= HAL_SYSVIEW_START)
        return MiFrameOfSystemView(Address, Protection);
    MI_PTE *pte = MiKernelPte(Address, Protection);
    if (pte == NULL || (*pte & MI_PTE_COMMITTED) == 0)
        *Protection = HAL_PROT_NONE;
    return *Protection != HAL_PROT_NONE && (*pte & MI_PTE_OUT) == 0 ? MI_PTE_FRAME(*pte) : MI_NO_FRAME;
}

/* Whether a touch would come without a page fault: pageable memory that is out, or that the verifier has hidden, is not valid. */
BOOLEAN NTAPI MmIsAddressValid(PVOID Address) {
    ULONG64 address = (ULONG64)Address;
    ULONG protection;
    MI_PTE *pte;
    if (!MmIsRangeAccessible(Address, 1, FALSE))
        return FALSE;
    if (address >= HAL_USER_END)
        return (pte = MiKernelPte(address, &protection)) == NULL || (*pte & (MI_PTE_OUT | MI_PTE_HIDDEN)) == 0;
    pte = MiFindPte(MmCurrentAddressSpace, address);
    return pte == NULL || (*pte & MI_PTE_OUT) == 0;
}

BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID Address) { return (ULONG64)Address >= HAL_USER_END && MmIsAddressValid(Address); }

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID Base) {
    ULONG64 address = (ULONG64)Base;
    ULONG protection;
    MM_PFN frame = MI_NO_FRAME;
    ULONG64 physical;
    if (address >= HAL_USER_END) {
        if (MmDeviceAddress(address, &physical))
            return (PHYSICAL_ADDRESS){.QuadPart = (LONG64)physical};
        frame = MiFrameOfKernelAddress(address, &protection);
    } else if (MmCurrentAddressSpace != NULL) {
        MI_PTE *pte = MiFindPte(MmCurrentAddressSpace, address);
        if (pte != NULL && *pte != 0 && (*pte & MI_PTE_OUT) == 0)
            frame = MI_PTE_FRAME(*pte);
    }
    return (PHYSICAL_ADDRESS){.QuadPart = frame != MI_NO_FRAME ? (LONG64)(frame * PAGE_SIZE + address % PAGE_SIZE) : 0};
}

PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS Address) {
    return (ULONG64)Address.QuadPart < MmTotalFrames * PAGE_SIZE ? (PVOID)(HAL_RAM_BASE + (ULONG64)Address.QuadPart) : NULL;
}

BOOLEAN MmResolveKernelFetch(ULONG64 Address) {
    ULONG64 offset = Address - HAL_RAM_BASE;
    if (offset >= MmTotalFrames * PAGE_SIZE)
        return FALSE;
    PMI_PFN pfn = &MiPfn[offset / PAGE_SIZE];
    BOOLEAN pool = pfn->Pool.Use == MiFramePoolSlab || pfn->Pool.Use == MiFramePoolBig || pfn->Pool.Use == MiFramePoolBigRest;
    if (!pool || pfn->Pool.Kind != MiPoolExecutable || pfn->Executable)
        return FALSE;
    pfn->Executable = TRUE;
    return HalOps->protect(Address & ~(ULONG64)(PAGE_SIZE - 1), PAGE_SIZE, HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC) == 0;
}

BOOLEAN MmDescribeAddress(PVOID Address, CHAR *Text, SIZE_T Size) {
    ULONG64 address = (ULONG64)Address;
    if (address < PAGE_SIZE) {
        _snprintf(Text, Size, "NULL plus %I64u", address);
    } else if (address < HAL_USER_END) {
        PMI_VAD vad = MmCurrentAddressSpace != NULL ? MiFindVad(MmCurrentAddressSpace, address) : NULL;
        _snprintf(Text, Size, "%s",
                  MmCurrentAddressSpace == NULL                                   ? "a user address, in a thread without user memory"
                  : vad == NULL                                                   ? "a user address where nothing is allocated"
                  : MiIsUserPageAccessible(MmCurrentAddressSpace, address, FALSE) ? "a readable user address"
                                                                                  : "a user address that is reserved or protected");
    } else if (LdrDescribeAddress(address, Text, Size)) {
        return TRUE;
    } else if ((address >= HAL_RAM_BASE && address < HAL_SYSVIEW_START) || (address >= HAL_PAGED_START && address < HAL_PAGED_END)) {
        return MiDescribePool(address, Text, Size);
    } else if (address >= HAL_SYSVIEW_START && address < HAL_SYSVIEW_END) {
        ULONG protection;
        _snprintf(Text, Size, "%s",
                  MiFrameOfSystemView(address, &protection) != MI_NO_FRAME ? "a kernel stack or a mapped MDL"
                                                                           : "an unmapped page beside a kernel stack or a mapped MDL");
    } else {
        return FALSE;
    }
    Text[Size - 1] = '\0';
    return TRUE;
}

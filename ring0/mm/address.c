#include "ldr/ldr.h"
#include "mm/mi.h"

/* Where addresses end: the same shape as on Windows, where the last 64 KiB of the user range are not used. */
PVOID MmHighestUserAddress = (PVOID)(HAL_USER_END - MI_ALLOCATION_GRANULARITY - 1);
ULONG64 MmUserProbeAddress = HAL_USER_END - MI_ALLOCATION_GRANULARITY;
PVOID MmSystemRangeStart = (PVOID)HAL_USER_END;

MM_PFN MiFrameOfKernelAddress(ULONG64 Address, ULONG *Protection) {
    ULONG64 Offset = Address - HAL_RAM_BASE;
    *Protection = HAL_PROT_NONE;
    if (Offset < MmTotalFrames * PAGE_SIZE) {
        PMI_PFN Pfn = &MiPfn[Offset / PAGE_SIZE];
        if (Pfn->Pool.Use == MiFrameFree)
            return MI_NO_FRAME;
        *Protection = HAL_PROT_READ | HAL_PROT_WRITE | (Pfn->Executable ? HAL_PROT_EXEC : 0);
        return Offset / PAGE_SIZE;
    }
    if (Address >= HAL_SYSVIEW_START)
        return MiFrameOfSystemView(Address, Protection);
    MI_PTE *Pte = MiKernelPte(Address, Protection);
    if (Pte == NULL || (*Pte & MI_PTE_COMMITTED) == 0)
        *Protection = HAL_PROT_NONE;
    return *Protection != HAL_PROT_NONE && (*Pte & MI_PTE_OUT) == 0 ? MI_PTE_FRAME(*Pte) : MI_NO_FRAME;
}

/* Whether a touch would come without a page fault: pageable memory that is out, or that the verifier has hidden, is not valid. */
BOOLEAN NTAPI MmIsAddressValid(PVOID Address) {
    ULONG64 Va = (ULONG64)Address;
    ULONG Protection;
    MI_PTE *Pte;
    if (!MmIsRangeAccessible(Address, 1, FALSE))
        return FALSE;
    if (Va >= HAL_USER_END)
        return (Pte = MiKernelPte(Va, &Protection)) == NULL || (*Pte & (MI_PTE_OUT | MI_PTE_HIDDEN)) == 0;
    Pte = MiFindPte(MmCurrentAddressSpace, Va);
    return Pte == NULL || (*Pte & MI_PTE_OUT) == 0;
}

BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID Address) { return (ULONG64)Address >= HAL_USER_END && MmIsAddressValid(Address); }

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID Base) {
    ULONG64 Address = (ULONG64)Base;
    ULONG Protection;
    MM_PFN Frame = MI_NO_FRAME;
    ULONG64 Physical;
    if (Address >= HAL_USER_END) {
        if (MmDeviceAddress(Address, &Physical))
            return (PHYSICAL_ADDRESS){.QuadPart = (LONG64)Physical};
        Frame = MiFrameOfKernelAddress(Address, &Protection);
    } else if (MmCurrentAddressSpace != NULL) {
        MI_PTE *Pte = MiFindPte(MmCurrentAddressSpace, Address);
        if (Pte != NULL && *Pte != 0 && (*Pte & MI_PTE_OUT) == 0)
            Frame = MI_PTE_FRAME(*Pte);
    }
    return (PHYSICAL_ADDRESS){.QuadPart = Frame != MI_NO_FRAME ? (LONG64)(Frame * PAGE_SIZE + Address % PAGE_SIZE) : 0};
}

PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS Address) {
    return (ULONG64)Address.QuadPart < MmTotalFrames * PAGE_SIZE ? (PVOID)(HAL_RAM_BASE + (ULONG64)Address.QuadPart) : NULL;
}

BOOLEAN MmResolveKernelFetch(ULONG64 Address) {
    ULONG64 Offset = Address - HAL_RAM_BASE;
    if (Offset >= MmTotalFrames * PAGE_SIZE)
        return FALSE;
    PMI_PFN Pfn = &MiPfn[Offset / PAGE_SIZE];
    BOOLEAN Pool = Pfn->Pool.Use == MiFramePoolSlab || Pfn->Pool.Use == MiFramePoolBig || Pfn->Pool.Use == MiFramePoolBigRest;
    if (!Pool || Pfn->Pool.Kind != MiPoolExecutable || Pfn->Executable)
        return FALSE;
    Pfn->Executable = TRUE;
    return HalOps->protect(Address & ~(ULONG64)(PAGE_SIZE - 1), PAGE_SIZE, HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC) == 0;
}

BOOLEAN MmDescribeAddress(PVOID Address, CHAR *Text, SIZE_T Size) {
    ULONG64 Va = (ULONG64)Address;
    if (Va < PAGE_SIZE) {
        _snprintf(Text, Size, "NULL plus %I64u", Va);
    } else if (Va < HAL_USER_END) {
        PMI_VAD Vad = MmCurrentAddressSpace != NULL ? MiFindVad(MmCurrentAddressSpace, Va) : NULL;
        _snprintf(Text, Size, "%s",
                  MmCurrentAddressSpace == NULL                              ? "a user address, in a thread without user memory"
                  : Vad == NULL                                              ? "a user address where nothing is allocated"
                  : MiIsUserPageAccessible(MmCurrentAddressSpace, Va, FALSE) ? "a readable user address"
                                                                             : "a user address that is reserved or protected");
    } else if (LdrDescribeAddress(Va, Text, Size)) {
        return TRUE;
    } else if ((Va >= HAL_RAM_BASE && Va < HAL_SYSVIEW_START) || (Va >= HAL_PAGED_START && Va < HAL_PAGED_END)) {
        return MiDescribePool(Va, Text, Size);
    } else if (Va >= HAL_SYSVIEW_START && Va < HAL_SYSVIEW_END) {
        ULONG Protection;
        _snprintf(Text, Size, "%s",
                  MiFrameOfSystemView(Va, &Protection) != MI_NO_FRAME ? "a kernel stack or a mapped MDL"
                                                                      : "an unmapped page beside a kernel stack or a mapped MDL");
    } else {
        return FALSE;
    }
    Text[Size - 1] = '\0';
    return TRUE;
}

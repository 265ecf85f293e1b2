#include "mm/mi.h"

#define STACK_RESERVED (4 * PAGE_SIZE) /* at the end of a stack, without SetThreadStackGuarantee */

/* A guard page of the current thread's stack has been touched: it becomes stack, and the page below it the guard. */
static BOOLEAN MiGrowStack(PMM_ADDRESS_SPACE Space, ULONG64 Page, NTSTATUS *Status) {
    PKTHREAD Thread = KiCurrentThread();
    *Status = STATUS_GUARD_PAGE_VIOLATION;
    if (Thread->Teb == NULL || Space != MmCurrentAddressSpace)
        return FALSE;
    /* The program can write what it likes into its TEB: only a range that is one allocation is believed to be a stack. */
    NT_TEB *Teb = Thread->Block;
    ULONG64 Bottom = (ULONG64)Teb->DeallocationStack;
    PMI_VAD Vad = MiFindVad(Space, Page);
    if (Page < Bottom || Page >= (ULONG64)Teb->StackBase || Vad == NULL || Vad->Kind != MiVadPrivate || Bottom < Vad->Start)
        return FALSE;
    Teb->StackLimit = (PVOID)Page;
    *Status = STATUS_STACK_OVERFLOW;
    /* The lowest page is never used: what overruns the others faults. Those between are for the handling of the overflow: two at least ("SetThreadStackGuarantee"). */
    ULONG64 Reserved = ((ULONG64)Teb->GuaranteedStackBytes + 3 * PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
    if (Page < Bottom + max(Reserved, STACK_RESERVED)) {
        if (Page >= Bottom + 2 * PAGE_SIZE && NT_SUCCESS(MiCommit(Space, Bottom + PAGE_SIZE, Page, PAGE_READWRITE)))
            Teb->StackLimit = (PVOID)(Bottom + PAGE_SIZE);
        return FALSE;
    }
    return NT_SUCCESS(MiCommit(Space, Page - PAGE_SIZE, Page, PAGE_READWRITE | PAGE_GUARD));
}

BOOLEAN MiResolveFault(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write, BOOLEAN Fetch, NTSTATUS *Status) {
    ULONG64 Page = Address & ~(ULONG64)(PAGE_SIZE - 1);
    MI_PTE *Pte = Space != NULL ? MiFindPte(Space, Page) : NULL;
    *Status = STATUS_ACCESS_VIOLATION;
    if (Pte == NULL || (*Pte & MI_PTE_COMMITTED) == 0)
        return FALSE;
    if (*Pte & MI_PTE_GUARD) {
        *Pte &= ~MI_PTE_GUARD;
        MiSynchronize(Space, Page, Page + PAGE_SIZE);
        return MiGrowStack(Space, Page, Status);
    }
    if ((*Pte & MI_PTE_OUT) != 0 && !NT_SUCCESS(*Status = MiBringInUserPage(Space, Page, Pte)))
        return FALSE;
    *Status = STATUS_ACCESS_VIOLATION;
    ULONG Protect = MiPteProtect(*Pte) & 0xFF;
    if (Write && (Protect == PAGE_WRITECOPY || Protect == PAGE_EXECUTE_WRITECOPY)) {
        *Status = STATUS_INSUFFICIENT_RESOURCES;
        return MiBreakCopy(Space, Page, Pte);
    }
    if (Write && (*Pte & MI_PTE_CLEAN) != 0 && (MiPteAccess(*Pte) & HAL_PROT_WRITE) != 0) {
        *Pte &= ~MI_PTE_CLEAN;
        *MiSectionPte(MiFindVad(Space, Page), Page) |= MI_PTE_DIRTY;
        MiSynchronize(Space, Page, Page + PAGE_SIZE);
    }
    ULONG Wanted = Write ? HAL_PROT_WRITE : Fetch ? HAL_PROT_EXEC : HAL_PROT_READ;
    return (MiPteHostProtection(*Pte) & Wanted) != 0;
}

BOOLEAN MmResolveUserFault(ULONG64 Address, ULONG Error, NTSTATUS *Status, NTSTATUS *Cause) {
    if (MiResolveFault(MmCurrentAddressSpace, Address, (Error & 2) != 0, (Error & 0x10) != 0, Status))
        return TRUE;
    if (*Status == STATUS_INSUFFICIENT_RESOURCES || *Status == STATUS_DEVICE_DATA_ERROR) {
        *Cause = *Status;
        *Status = STATUS_IN_PAGE_ERROR;
    }
    return FALSE;
}

BOOLEAN MiIsUserPageAccessible(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write) {
    if (Address - HAL_KUSER_USER < 2 * PAGE_SIZE)
        return !Write;
    MI_PTE *Pte = Space != NULL ? MiFindPte(Space, Address) : NULL;
    if (Pte == NULL)
        return FALSE;
    ULONG Protection = MiPteAccess(*Pte), Protect = MiPteProtect(*Pte);
    if (!Write)
        return (Protection & HAL_PROT_READ) != 0;
    return (Protection & HAL_PROT_WRITE) != 0 || (Protection != HAL_PROT_NONE && (Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0);
}

BOOLEAN MmIsRangeAccessible(PVOID Address, SIZE_T Size, BOOLEAN Write) {
    ULONG64 Start = (ULONG64)Address;
    if (Size == 0)
        return TRUE;
    if (Start > ~0ull - (Size - 1))
        return FALSE;
    for (ULONG64 Page = Start & ~(ULONG64)(PAGE_SIZE - 1), Last = Start + Size - 1; Page <= Last; Page += PAGE_SIZE) {
        ULONG Protection;
        if (Page < HAL_USER_END ? !MiIsUserPageAccessible(MmCurrentAddressSpace, Page, Write)
                                : (MiFrameOfKernelAddress(Page, &Protection), (Protection & (Write ? HAL_PROT_WRITE : HAL_PROT_READ)) == 0)) {
            if (Write || Page != HAL_KUSER_KERNEL)
                return FALSE;
        }
        if (Page > ~0ull - PAGE_SIZE)
            break;
    }
    return TRUE;
}

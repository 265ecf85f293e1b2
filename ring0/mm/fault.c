#include "mm/mi.h"

#define STACK_RESERVED (4 * PAGE_SIZE)

/* A guard page of the current thread's stack has been touched: it becomes stack, and the page below it the guard. */
static BOOLEAN MiGrowStack(PMM_ADDRESS_SPACE Space, ULONG64 Page, NTSTATUS *Status) {
    PKTHREAD thread = KiCurrentThread();
    *Status = STATUS_GUARD_PAGE_VIOLATION;
    if (thread->Teb == NULL || Space != MmCurrentAddressSpace)
        return FALSE;
    /* The program can write what it likes into its TEB: only a range that is one allocation is believed to be a stack. */
    NT_TEB *teb = thread->Block;
    ULONG64 bottom = (ULONG64)teb->DeallocationStack;
    PMI_VAD vad = MiFindVad(Space, Page);
    if (Page < bottom || Page >= (ULONG64)teb->StackBase || vad == NULL || vad->Kind != MiVadPrivate || bottom < vad->Start)
        return FALSE;
    teb->StackLimit = (PVOID)Page;
    *Status = STATUS_STACK_OVERFLOW;
    /* The lowest page is never used: what overruns the others faults. Those between are for the handling of the overflow: two at least ("SetThreadStackGuarantee"). */
    if (Page < bottom + STACK_RESERVED) {
        if (Page >= bottom + 2 * PAGE_SIZE && NT_SUCCESS(MiCommit(Space, bottom + PAGE_SIZE, Page, PAGE_READWRITE)))
            teb->StackLimit = (PVOID)(bottom + PAGE_SIZE);
        return FALSE;
    }
    return NT_SUCCESS(MiCommit(Space, Page - PAGE_SIZE, Page, PAGE_READWRITE | PAGE_GUARD));
}

BOOLEAN MiResolveFault(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write, BOOLEAN Fetch, NTSTATUS *Status) {
    ULONG64 page = Address & ~(ULONG64)(PAGE_SIZE - 1);
    MI_PTE *pte = Space != NULL ? MiFindPte(Space, page) : NULL;
    *Status = STATUS_ACCESS_VIOLATION;
    if (pte == NULL || (*pte & MI_PTE_COMMITTED) == 0)
        return FALSE;
    if (*pte & MI_PTE_GUARD) {
        *pte &= ~MI_PTE_GUARD;
        MiSynchronize(Space, page, page + PAGE_SIZE);
        return MiGrowStack(Space, page, Status);
    }
    if ((*pte & MI_PTE_OUT) != 0 && !NT_SUCCESS(*Status = MiBringInUserPage(Space, page, pte)))
        return FALSE;
    *Status = STATUS_ACCESS_VIOLATION;
    ULONG protect = MiPteProtect(*pte) & 0xFF;
    if (Write && (protect == PAGE_WRITECOPY || protect == PAGE_EXECUTE_WRITECOPY)) {
        *Status = STATUS_INSUFFICIENT_RESOURCES;
        return MiBreakCopy(Space, page, pte);
    }
    if (Write && (*pte & MI_PTE_CLEAN) != 0 && (MiPteAccess(*pte) & HAL_PROT_WRITE) != 0) {
        *pte &= ~MI_PTE_CLEAN;
        *MiSectionPte(MiFindVad(Space, page), page) |= MI_PTE_DIRTY;
        MiSynchronize(Space, page, page + PAGE_SIZE);
    }
    ULONG wanted = Write ? HAL_PROT_WRITE : Fetch ? HAL_PROT_EXEC : HAL_PROT_READ;
    return (MiPteHostProtection(*pte) & wanted) != 0;
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
    MI_PTE *pte = Space != NULL ? MiFindPte(Space, Address) : NULL;
    if (pte == NULL)
        return FALSE;
    ULONG protection = MiPteAccess(*pte), protect = MiPteProtect(*pte);
    if (!Write)
        return (protection & HAL_PROT_READ) != 0;
    return (protection & HAL_PROT_WRITE) != 0 || (protection != HAL_PROT_NONE && (protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0);
}

BOOLEAN MmIsRangeAccessible(PVOID Address, SIZE_T Size, BOOLEAN Write) {
    ULONG64 start = (ULONG64)Address;
    if (Size == 0)
        return TRUE;
    if (start > ~0ull - (Size - 1))
        return FALSE;
    for (ULONG64 page = start & ~(ULONG64)(PAGE_SIZE - 1), last = start + Size - 1; page <= last; page += PAGE_SIZE) {
        ULONG protection;
        if (page < HAL_USER_END ? !MiIsUserPageAccessible(MmCurrentAddressSpace, page, Write)
                                : (MiFrameOfKernelAddress(page, &protection), (protection & (Write ? HAL_PROT_WRITE : HAL_PROT_READ)) == 0)) {
            if (Write || page != HAL_KUSER_KERNEL)
                return FALSE;
        }
        if (page > ~0ull - PAGE_SIZE)
            break;
    }
    return TRUE;
}

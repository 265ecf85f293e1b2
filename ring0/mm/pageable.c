#include "mm/mi.h"

/*
 * Pages of the kernel's half that may go: paged pool of drivers and their PAGE sections. A page that is out has no frame. A page that is hidden has its frame and is not
 * mapped, so that the next touch is seen: below DISPATCH_LEVEL it is shown again, at DISPATCH_LEVEL or above it is the bug check that it would be if the page were
 * out. That is what Driver Verifier's forced IRQL checking does, which trims all pageable memory when a driver raises IRQL to DISPATCH_LEVEL.
 */

BOOLEAN MmHides, MmHasSeenPages;

NTSTATUS MiBringIn(MI_PTE *Pte, ULONG64 Address, ULONG Protection) {
    if (*Pte & MI_PTE_OUT) {
        MM_PFN Frame;
        NTSTATUS Status = MiReadPage(MI_PTE_SLOT(*Pte), &Frame);
        if (!NT_SUCCESS(Status))
            return Status;
        *Pte = Frame << 12 | MI_PTE_COMMITTED;
        LONG64 Error = HalOps->map(Address, Frame * PAGE_SIZE, PAGE_SIZE, Protection);
        NT_ASSERT_OURS(Error == 0);
    } else if (*Pte & MI_PTE_HIDDEN) {
        *Pte &= ~MI_PTE_HIDDEN;
        LONG64 Error = HalOps->protect(Address, PAGE_SIZE, Protection);
        NT_ASSERT_OURS(Error == 0);
    }
    return STATUS_SUCCESS;
}

static BOOLEAN MiMayGo(MI_PTE Pte) { return (Pte & (MI_PTE_COMMITTED | MI_PTE_OUT)) == MI_PTE_COMMITTED && MiPfn[MI_PTE_FRAME(Pte)].References == 1; }

BOOLEAN MiHide(MI_PTE *Pte) {
    if (!MiMayGo(*Pte) || (*Pte & MI_PTE_HIDDEN) != 0)
        return FALSE;
    *Pte |= MI_PTE_HIDDEN;
    return TRUE;
}

BOOLEAN MiSendOut(MI_PTE *Pte, ULONG64 Address) {
    ULONG64 Slot;
    if (!MiMayGo(*Pte) || !MiWritePage(MI_PTE_FRAME(*Pte), &Slot))
        return FALSE;
    HalOps->unmap(Address, PAGE_SIZE);
    MiDereferenceFrame(MI_PTE_FRAME(*Pte));
    *Pte = Slot << 12 | MI_PTE_COMMITTED | MI_PTE_OUT;
    return TRUE;
}

VOID MmHidePageable(VOID) {
    MmHasSeenPages = FALSE;
    MiHidePagedPool();
    MiHideSystemImages();
}

/* Round after round over the kinds of pages, each from where it was left, so that what goes is what has been there longest. */
SIZE_T MiReclaim(SIZE_T Count) {
    SIZE_T Done = MiReclaimUserMemory(Count);
    if (Done < Count)
        Done += MiReclaimSections(Count - Done);
    if (Done < Count)
        Done += MiReclaimPagedPool(Count - Done);
    return Done < Count ? Done + MiReclaimSystemImages(Count - Done) : Done;
}

VOID MmSendOutPageable(VOID) {
    MiReclaimPagedPool(~(SIZE_T)0);
    MiReclaimSystemImages(~(SIZE_T)0);
}

/* ---- Touching ---- */

MI_PTE *MiKernelPte(ULONG64 Address, ULONG *Protection) {
    if (Address >= HAL_PAGED_START && Address < HAL_PAGED_END) {
        *Protection = HAL_PROT_READ | HAL_PROT_WRITE;
        return MiPagedPte(Address);
    }
    return Address >= HAL_KERNEL_BASE && Address < HAL_DRIVER_END ? MiSystemImagePte(Address, Protection) : NULL;
}

static BOOLEAN MiIsAway(const MI_PTE *Pte) { return Pte != NULL && (*Pte & MI_PTE_COMMITTED) != 0 && (*Pte & (MI_PTE_OUT | MI_PTE_HIDDEN)) != 0; }

VOID MiSee(ULONG64 Address) {
    if (Address >= HAL_PAGED_START && Address < HAL_PAGED_END)
        MiSeePaged(Address);
    else if (Address >= HAL_DRIVER_START && Address < HAL_DRIVER_END)
        MiSeeSystemImage(Address);
}

NTSTATUS MiBringInKernel(ULONG64 Address) {
    ULONG Protection;
    MI_PTE *Pte = MiKernelPte(Address, &Protection);
    if (!MiIsAway(Pte))
        return STATUS_SUCCESS;
    NTSTATUS Status = MiBringIn(Pte, Address & ~(ULONG64)(PAGE_SIZE - 1), Protection);
    MiSee(Address);
    return Status;
}

BOOLEAN MmResolveKernelFault(ULONG64 Address, NTSTATUS *Status) {
    ULONG Protection;
    *Status = STATUS_SUCCESS;
    if (!MiIsAway(MiKernelPte(Address, &Protection)))
        return FALSE;
    *Status = MiBringInKernel(Address);
    return NT_SUCCESS(*Status);
}

BOOLEAN MmDescribeAbsence(ULONG64 Address, CHAR *Text, SIZE_T Size) {
    ULONG Protection;
    MI_PTE *Pte = MiKernelPte(Address, &Protection);
    if (!MiIsAway(Pte))
        return FALSE;
    CHAR What[128];
    if (!MmDescribeAddress((PVOID)Address, What, sizeof(What)))
        return FALSE;
    _snprintf(Text, Size, "%s: pageable memory, %s, was touched at DISPATCH_LEVEL or above, where it cannot be brought in", What,
              (*Pte & MI_PTE_OUT) ? "which is paged out" : "which the verifier trimmed when a driver last raised IRQL");
    Text[Size - 1] = '\0';
    return TRUE;
}

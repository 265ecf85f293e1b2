#include "mm/mi.h"

/*
 * Pages of the kernel's half that may go: paged pool of drivers and their PAGE sections. A page that is out has no frame. A page that is hidden has its frame and is not
 * mapped, so that the next touch is seen: below DISPATCH_LEVEL it is shown again, at DISPATCH_LEVEL or above it is the bug check that it would be if the page were
 * out. That is what Driver Verifier's forced IRQL checking does, which trims all pageable memory when a driver raises IRQL to DISPATCH_LEVEL.
 */

BOOLEAN MmHides, MmHasSeenPages;

NTSTATUS MiBringIn(MI_PTE *Pte, ULONG64 Address, ULONG Protection) {
    if (*Pte & MI_PTE_OUT) {
        MM_PFN frame;
        NTSTATUS status = MiReadPage(MI_PTE_SLOT(*Pte), &frame);
        if (!NT_SUCCESS(status))
            return status;
        *Pte = frame << 12 | MI_PTE_COMMITTED;
        LONG64 error = HalOps->map(Address, frame * PAGE_SIZE, PAGE_SIZE, Protection);
        NT_ASSERT_OURS(error == 0);
    } else if (*Pte & MI_PTE_HIDDEN) {
        *Pte &= ~MI_PTE_HIDDEN;
        LONG64 error = HalOps->protect(Address, PAGE_SIZE, Protection);
        NT_ASSERT_OURS(error == 0);
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
    ULONG64 slot;
    if (!MiMayGo(*Pte) || !MiWritePage(MI_PTE_FRAME(*Pte), &slot))
        return FALSE;
    HalOps->unmap(Address, PAGE_SIZE);
    MiDereferenceFrame(MI_PTE_FRAME(*Pte));
    *Pte = slot << 12 | MI_PTE_COMMITTED | MI_PTE_OUT;
    return TRUE;
}

VOID MmHidePageable(VOID) {
    MmHasSeenPages = FALSE;
    MiHidePagedPool();
    MiHideSystemImages();
}

/* Round after round over the kinds of pages, each from where it was left, so that what goes is what has been there longest. */
SIZE_T MiReclaim(SIZE_T Count) {
    SIZE_T done = MiReclaimUserMemory(Count);
    if (done < Count)
        done += MiReclaimSections(Count - done);
    if (done < Count)
        done += MiReclaimPagedPool(Count - done);
    return done < Count ? done + MiReclaimSystemImages(Count - done) : done;
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
    ULONG protection;
    MI_PTE *pte = MiKernelPte(Address, &protection);
    if (!MiIsAway(pte))
        return STATUS_SUCCESS;
    NTSTATUS status = MiBringIn(pte, Address & ~(ULONG64)(PAGE_SIZE - 1), protection);
    MiSee(Address);
    return status;
}

BOOLEAN MmResolveKernelFault(ULONG64 Address, NTSTATUS *Status) {
    ULONG protection;
    *Status = STATUS_SUCCESS;
    if (!MiIsAway(MiKernelPte(Address, &protection)))
        return FALSE;
    *Status = MiBringInKernel(Address);
    return NT_SUCCESS(*Status);
}

BOOLEAN MmDescribeAbsence(ULONG64 Address, CHAR *Text, SIZE_T Size) {
    ULONG protection;
    MI_PTE *pte = MiKernelPte(Address, &protection);
    if (!MiIsAway(pte))
        return FALSE;
    CHAR what[128];
    if (!MmDescribeAddress((PVOID)Address, what, sizeof(what)))
        return FALSE;
    _snprintf(Text, Size, "%s: pageable memory, %s, was touched at DISPATCH_LEVEL or above, where it cannot be brought in", what,
              (*pte & MI_PTE_OUT) ? "which is paged out" : "which the verifier trimmed when a driver last raised IRQL");
    Text[Size - 1] = '\0';
    return TRUE;
}

#include "mm/mi.h"

/*
 * What the host has mapped of user memory. Pages with consecutive addresses, consecutive frames and equal access are one host call, a run; those that are mapped are listed (runs.c), each as
 * the table of the current space says.
 *
 * What changes in the current space is mapped at once; what it had when it became the current one is mapped as it is touched, with all that is one run with
 * it. So a switch costs what the two processes touch in their turns and not what they have. Pages that both have at the same place, which are most of
 * those of their images, stay mapped. What a process has touched in a short turn is mapped at once for its next, which saves it the faults.
 *
 * KUSER_SHARED_DATA and the page behind it belong to no space: they are mapped always.
 */

PMM_ADDRESS_SPACE MmCurrentAddressSpace;

/* The next run of [*Address, End); FALSE when nothing accessible is left. *Address moves behind it. */
static BOOLEAN MiNextRun(PMM_ADDRESS_SPACE Space, ULONG64 *Address, ULONG64 End, MI_RUN *Run) {
    Run->Size = 0;
    while (*Address < End) {
        MI_PTE *Pte = MiFindPte(Space, *Address);
        ULONG64 LeafEnd = (*Address & ~(MI_LEAF_SPAN - 1)) + MI_LEAF_SPAN, Limit = LeafEnd < End ? LeafEnd : End;
        if (Pte == NULL) {
            if (Run->Size != 0)
                return TRUE;
            *Address = Limit;
            continue;
        }
        for (; *Address < Limit; *Address += PAGE_SIZE, Pte++) {
            ULONG Protection = MiPteHostProtection(*Pte);
            if (Run->Size == 0) {
                if (Protection != HAL_PROT_NONE)
                    *Run = (MI_RUN){*Address, PAGE_SIZE, MI_PTE_FRAME(*Pte), Protection};
            } else if (Protection == Run->Protection && MI_PTE_FRAME(*Pte) == Run->Frame + Run->Size / PAGE_SIZE) {
                Run->Size += PAGE_SIZE;
            } else {
                return TRUE;
            }
        }
    }
    return Run->Size != 0;
}

static BOOLEAN MiIsRun(PMM_ADDRESS_SPACE Space, const MI_RUN *Run) {
    ULONG64 Address = Run->Address;
    MI_RUN Found;
    return Space != NULL && MiNextRun(Space, &Address, Run->Address + Run->Size, &Found) && Found.Address == Run->Address &&
           Found.Size == Run->Size && Found.Frame == Run->Frame && Found.Protection == Run->Protection;
}

static VOID MiUnmapHost(ULONG64 Start, ULONG64 End) {
    const ULONG64 Shared = HAL_KUSER_USER, SharedEnd = HAL_SYSCALL_PAGE + PAGE_SIZE;
    if (Start < Shared && End > Start)
        HalOps->unmap(Start, (End < Shared ? End : Shared) - Start);
    if (End > SharedEnd)
        HalOps->unmap(Start > SharedEnd ? Start : SharedEnd, End - (Start > SharedEnd ? Start : SharedEnd));
}

typedef struct _MI_LEAVING {
    PMM_ADDRESS_SPACE Next;
    ULONG64 *Used; /* room for MI_USED */
    ULONG Unmapped;
    ULONG64 Start, End; /* what goes, from one run that stays to the next */
} MI_LEAVING;

static BOOLEAN MiStays(PVOID Context, const MI_RUN *Run) {
    MI_LEAVING *Leaving = Context;
    if (MiIsRun(Leaving->Next, Run)) {
        MiUnmapHost(Leaving->Start, Leaving->End);
        Leaving->Start = Leaving->End = 0;
        return TRUE;
    }
    if (Leaving->End == 0)
        Leaving->Start = Run->Address;
    Leaving->End = Run->Address + Run->Size;
    if (Leaving->Unmapped < MI_USED)
        Leaving->Used[Leaving->Unmapped] = Run->Address;
    Leaving->Unmapped++;
    return FALSE;
}

/* Leaves mapped what Space, or nothing, has in the same place; notes the rest in Used if there is room, else nothing. Returns how much. */
static ULONG MiUnmapOthers(PMM_ADDRESS_SPACE Space, ULONG64 *Used) {
    MI_LEAVING Leaving = {.Next = Space, .Used = Used};
    MiFilterMapped(MiStays, &Leaving);
    MiUnmapHost(Leaving.Start, Leaving.End);
    return Leaving.Unmapped <= MI_USED ? Leaving.Unmapped : 0;
}

/* For two more runs. When there is none, all that was mapped is mapped again when touched. */
static VOID MiMakeRoom(VOID) {
    ULONG64 Unwanted[MI_USED];
    if (!MiHasRoomToMap())
        MiUnmapOthers(NULL, Unwanted);
}

static VOID MiMapRun(const MI_RUN *Run) {
    MiMakeRoom();
    MiCutMapped(Run->Address, Run->Address + Run->Size);
    MiInsertMapped(Run);
    LONG64 Error = HalOps->map(Run->Address, Run->Frame * PAGE_SIZE, Run->Size, Run->Protection);
    NT_ASSERT_OURS(Error == 0);
}

VOID MiUnmapUser(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    if (Space != MmCurrentAddressSpace)
        return;
    MiMakeRoom();
    if (MiCutMapped(Start, End))
        MiUnmapHost(Start, End);
}

VOID MiSynchronize(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    ULONG64 Address = Start;
    MI_RUN Run;
    if (Space != MmCurrentAddressSpace)
        return;
    MiUnmapUser(Space, Start, End);
    while (MiNextRun(Space, &Address, End, &Run))
        MiMapRun(&Run);
}

/* Maps the run that Address is in. FALSE: it is mapped, or does not allow Wanted. */
static BOOLEAN MiMapAround(ULONG64 Address, ULONG Wanted) {
    PMM_ADDRESS_SPACE Space = MmCurrentAddressSpace;
    MI_PTE *Pte = Space != NULL ? MiFindPte(Space, Address) : NULL;
    ULONG64 Page = Address & ~(ULONG64)(PAGE_SIZE - 1), Start = Page;
    const MI_RUN *Mapped = MiFindMapped(Page);
    MI_RUN Run;
    if (Pte == NULL || (MiPteHostProtection(*Pte) & Wanted) == 0 || (Mapped != NULL && Mapped->Address <= Page))
        return FALSE;
    ULONG Protection = MiPteHostProtection(*Pte);
    for (; Start % MI_LEAF_SPAN != 0; Start -= PAGE_SIZE, Pte--)
        if (MiPteHostProtection(Pte[-1]) != Protection || MI_PTE_FRAME(Pte[-1]) + 1 != MI_PTE_FRAME(*Pte))
            break;
    if (MiNextRun(Space, &Start, (Page & ~(MI_LEAF_SPAN - 1)) + MI_LEAF_SPAN, &Run))
        MiMapRun(&Run);
    return TRUE;
}

BOOLEAN MmMapOnDemand(ULONG64 Address, ULONG Error) {
    return MiMapAround(Address, Error & 2 ? HAL_PROT_WRITE : Error & 0x10 ? HAL_PROT_EXEC : HAL_PROT_READ);
}

VOID MmSwitchAddressSpace(PMM_ADDRESS_SPACE Space) {
    PMM_ADDRESS_SPACE Old = MmCurrentAddressSpace;
    ULONG64 Unwanted[MI_USED];
    if (Old == Space)
        return;
    ULONG Used = MiUnmapOthers(Space, Old != NULL ? Old->Used : Unwanted);
    if (Old != NULL)
        Old->UsedCount = Used;
    MmCurrentAddressSpace = Space;
    for (ULONG I = 0; Space != NULL && I < Space->UsedCount; I++)
        MiMapAround(Space->Used[I], ~0u);
}

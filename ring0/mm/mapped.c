#include "mm/mi.h"

/*
 * What the host has mapped of user memory. Pages with consecutive addresses, consecutive frames and equal access are one host call, a run.
 *
 * What changes in the current space is mapped at once; what it had when it became the current one is mapped as it is touched, with all that is one run with
 * it. So a switch costs what the two processes touch in their turns and not what they have. Pages that both have at the same place, which are most of
 * those of their images, stay mapped. What a process has touched in a short turn is mapped at once for its next, which saves it the faults.
 *
 * KUSER_SHARED_DATA and the page behind it belong to no space: they are mapped always.
 */

#define MAX_RUNS 4096u

typedef struct _MI_RUN {
    ULONG64 Address, Size;
    MM_PFN Frame;
    ULONG Protection;
} MI_RUN;

PMM_ADDRESS_SPACE MmCurrentAddressSpace;
static MI_RUN MiMapped[MAX_RUNS]; /* in ascending order; each as the table of the current space says */
static ULONG MiMappedCount;

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

/* Index of the first that ends behind Address. */
static ULONG MiFindMapped(ULONG64 Address) {
    ULONG Low = 0, High = MiMappedCount;
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (MiMapped[Middle].Address + MiMapped[Middle].Size <= Address)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

/* For two more runs. When there is none, all that was mapped is mapped again when touched. */
static VOID MiMakeRoom(VOID) {
    if (MiMappedCount + 2 <= MAX_RUNS)
        return;
    MiUnmapHost(MiMapped[0].Address, MiMapped[MiMappedCount - 1].Address + MiMapped[MiMappedCount - 1].Size);
    MiMappedCount = 0;
}

/* Puts New in the place of Count runs from First on. There is room. */
static VOID MiReplaceMapped(ULONG First, ULONG Count, const MI_RUN *New, ULONG NewCount) {
    NT_ASSERT_OURS(MiMappedCount - Count + NewCount <= MAX_RUNS);
    if (Count != NewCount)
        RtlMoveMemory(&MiMapped[First + NewCount], &MiMapped[First + Count], (MiMappedCount - First - Count) * sizeof(MI_RUN));
    for (ULONG I = 0; I < NewCount; I++)
        MiMapped[First + I] = New[I];
    MiMappedCount += NewCount - Count;
}

/* The list, not the host, forgets [Start, End). FALSE: there was nothing. */
static BOOLEAN MiForgetMapped(ULONG64 Start, ULONG64 End) {
    ULONG First = MiFindMapped(Start), Behind = First, Rest = 0;
    MI_RUN Ends[2];
    while (Behind < MiMappedCount && MiMapped[Behind].Address < End)
        Behind++;
    if (Behind == First)
        return FALSE;
    const MI_RUN *Head = &MiMapped[First], *Tail = &MiMapped[Behind - 1];
    if (Head->Address < Start)
        Ends[Rest++] = (MI_RUN){Head->Address, Start - Head->Address, Head->Frame, Head->Protection};
    if (Tail->Address + Tail->Size > End)
        Ends[Rest++] = (MI_RUN){End, Tail->Address + Tail->Size - End, Tail->Frame + (End - Tail->Address) / PAGE_SIZE, Tail->Protection};
    MiReplaceMapped(First, Behind - First, Ends, Rest);
    return TRUE;
}

static VOID MiMapRun(const MI_RUN *Run) {
    MiMakeRoom();
    MiForgetMapped(Run->Address, Run->Address + Run->Size);
    MiReplaceMapped(MiFindMapped(Run->Address), 0, Run, 1);
    LONG64 Error = HalOps->map(Run->Address, Run->Frame * PAGE_SIZE, Run->Size, Run->Protection);
    NT_ASSERT_OURS(Error == 0);
}

VOID MiUnmapUser(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    if (Space != MmCurrentAddressSpace)
        return;
    MiMakeRoom();
    if (MiForgetMapped(Start, End))
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
    ULONG At = MiFindMapped(Page);
    MI_RUN Run;
    if (Pte == NULL || (MiPteHostProtection(*Pte) & Wanted) == 0 || (At < MiMappedCount && MiMapped[At].Address <= Page))
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

/* Leaves mapped what Space, or nothing, has in the same place; notes the rest in Used if there is room, else nothing. Returns how much. */
static ULONG MiUnmapOthers(PMM_ADDRESS_SPACE Space, ULONG64 *Used) {
    ULONG Kept = 0, Unmapped = 0;
    ULONG64 Start = 0, End = 0; /* what goes, from one run that stays to the next */
    for (ULONG I = 0; I < MiMappedCount; I++) {
        if (MiIsRun(Space, &MiMapped[I])) {
            MiUnmapHost(Start, End);
            Start = End = 0;
            MiMapped[Kept++] = MiMapped[I];
            continue;
        }
        if (End == 0)
            Start = MiMapped[I].Address;
        End = MiMapped[I].Address + MiMapped[I].Size;
        if (Unmapped < MI_USED)
            Used[Unmapped] = MiMapped[I].Address;
        Unmapped++;
    }
    MiUnmapHost(Start, End);
    MiMappedCount = Kept;
    return Unmapped <= MI_USED ? Unmapped : 0;
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

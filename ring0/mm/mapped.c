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
        MI_PTE *pte = MiFindPte(Space, *Address);
        ULONG64 leaf_end = (*Address & ~(MI_LEAF_SPAN - 1)) + MI_LEAF_SPAN, limit = leaf_end < End ? leaf_end : End;
        if (pte == NULL) {
            if (Run->Size != 0)
                return TRUE;
            *Address = limit;
            continue;
        }
        for (; *Address < limit; *Address += PAGE_SIZE, pte++) {
            ULONG protection = MiPteHostProtection(*pte);
            if (Run->Size == 0) {
                if (protection != HAL_PROT_NONE)
                    *Run = (MI_RUN){*Address, PAGE_SIZE, MI_PTE_FRAME(*pte), protection};
            } else if (protection == Run->Protection && MI_PTE_FRAME(*pte) == Run->Frame + Run->Size / PAGE_SIZE) {
                Run->Size += PAGE_SIZE;
            } else {
                return TRUE;
            }
        }
    }
    return Run->Size != 0;
}

static BOOLEAN MiIsRun(PMM_ADDRESS_SPACE Space, const MI_RUN *Run) {
    ULONG64 address = Run->Address;
    MI_RUN run;
    return Space != NULL && MiNextRun(Space, &address, Run->Address + Run->Size, &run) && run.Address == Run->Address && run.Size == Run->Size &&
           run.Frame == Run->Frame && run.Protection == Run->Protection;
}

static VOID MiUnmapHost(ULONG64 Start, ULONG64 End) {
    const ULONG64 shared = HAL_KUSER_USER, shared_end = HAL_SYSCALL_PAGE + PAGE_SIZE;
    if (Start < shared && End > Start)
        HalOps->unmap(Start, (End < shared ? End : shared) - Start);
    if (End > shared_end)
        HalOps->unmap(Start > shared_end ? Start : shared_end, End - (Start > shared_end ? Start : shared_end));
}

/* Index of the first that ends behind Address. */
static ULONG MiFindMapped(ULONG64 Address) {
    ULONG low = 0, high = MiMappedCount;
    while (low < high) {
        ULONG middle = (low + high) / 2;
        if (MiMapped[middle].Address + MiMapped[middle].Size <= Address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
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
    for (ULONG i = 0; i < NewCount; i++)
        MiMapped[First + i] = New[i];
    MiMappedCount += NewCount - Count;
}

/* The list, not the host, forgets [Start, End). FALSE: there was nothing. */
static BOOLEAN MiForgetMapped(ULONG64 Start, ULONG64 End) {
    ULONG first = MiFindMapped(Start), behind = first, rest = 0;
    MI_RUN ends[2];
    while (behind < MiMappedCount && MiMapped[behind].Address < End)
        behind++;
    if (behind == first)
        return FALSE;
    const MI_RUN *head = &MiMapped[first], *tail = &MiMapped[behind - 1];
    if (head->Address < Start)
        ends[rest++] = (MI_RUN){head->Address, Start - head->Address, head->Frame, head->Protection};
    if (tail->Address + tail->Size > End)
        ends[rest++] = (MI_RUN){End, tail->Address + tail->Size - End, tail->Frame + (End - tail->Address) / PAGE_SIZE, tail->Protection};
    MiReplaceMapped(first, behind - first, ends, rest);
    return TRUE;
}

static VOID MiMapRun(const MI_RUN *Run) {
    MiMakeRoom();
    MiForgetMapped(Run->Address, Run->Address + Run->Size);
    MiReplaceMapped(MiFindMapped(Run->Address), 0, Run, 1);
    LONG64 error = HalOps->map(Run->Address, Run->Frame * PAGE_SIZE, Run->Size, Run->Protection);
    NT_ASSERT_OURS(error == 0);
}

VOID MiUnmapUser(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    if (Space != MmCurrentAddressSpace)
        return;
    MiMakeRoom();
    if (MiForgetMapped(Start, End))
        MiUnmapHost(Start, End);
}

VOID MiSynchronize(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    ULONG64 address = Start;
    MI_RUN run;
    if (Space != MmCurrentAddressSpace)
        return;
    MiUnmapUser(Space, Start, End);
    while (MiNextRun(Space, &address, End, &run))
        MiMapRun(&run);
}

/* Maps the run that Address is in. FALSE: it is mapped, or does not allow Wanted. */
static BOOLEAN MiMapAround(ULONG64 Address, ULONG Wanted) {
    PMM_ADDRESS_SPACE space = MmCurrentAddressSpace;
    MI_PTE *pte = space != NULL ? MiFindPte(space, Address) : NULL;
    ULONG64 page = Address & ~(ULONG64)(PAGE_SIZE - 1), start = page;
    ULONG at = MiFindMapped(page);
    MI_RUN run;
    if (pte == NULL || (MiPteHostProtection(*pte) & Wanted) == 0 || (at < MiMappedCount && MiMapped[at].Address <= page))
        return FALSE;
    ULONG protection = MiPteHostProtection(*pte);
    for (; start % MI_LEAF_SPAN != 0; start -= PAGE_SIZE, pte--)
        if (MiPteHostProtection(pte[-1]) != protection || MI_PTE_FRAME(pte[-1]) + 1 != MI_PTE_FRAME(*pte))
            break;
    if (MiNextRun(space, &start, (page & ~(MI_LEAF_SPAN - 1)) + MI_LEAF_SPAN, &run))
        MiMapRun(&run);
    return TRUE;
}

BOOLEAN MmMapOnDemand(ULONG64 Address, ULONG Error) {
    return MiMapAround(Address, Error & 2 ? HAL_PROT_WRITE : Error & 0x10 ? HAL_PROT_EXEC : HAL_PROT_READ);
}

/* Leaves mapped what Space, or nothing, has in the same place; notes the rest in Used if there is room, else nothing. Returns how much. */
static ULONG MiUnmapOthers(PMM_ADDRESS_SPACE Space, ULONG64 *Used) {
    ULONG kept = 0, used = 0;
    ULONG64 start = 0, end = 0; /* what goes, from one run that stays to the next */
    for (ULONG i = 0; i < MiMappedCount; i++) {
        if (MiIsRun(Space, &MiMapped[i])) {
            MiUnmapHost(start, end);
            start = end = 0;
            MiMapped[kept++] = MiMapped[i];
            continue;
        }
        if (end == 0)
            start = MiMapped[i].Address;
        end = MiMapped[i].Address + MiMapped[i].Size;
        if (used < MI_USED)
            Used[used] = MiMapped[i].Address;
        used++;
    }
    MiUnmapHost(start, end);
    MiMappedCount = kept;
    return used <= MI_USED ? used : 0;
}

VOID MmSwitchAddressSpace(PMM_ADDRESS_SPACE Space) {
    PMM_ADDRESS_SPACE old = MmCurrentAddressSpace;
    ULONG64 unwanted[MI_USED];
    if (old == Space)
        return;
    ULONG used = MiUnmapOthers(Space, old != NULL ? old->Used : unwanted);
    if (old != NULL)
        old->UsedCount = used;
    MmCurrentAddressSpace = Space;
    for (ULONG i = 0; Space != NULL && i < Space->UsedCount; i++)
        MiMapAround(Space->Used[i], ~0u);
}

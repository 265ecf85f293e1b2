#include "mm/mi.h"

/*
 * Paged pool of drivers has addresses of its own, so that its pages can go while their addresses stay. The range is as long as RAM and is mapped onto RAM whole at
 * boot, page n onto frame n: a new page takes a free frame and, if it is free, the address that the frame has here already, which costs the host nothing. Only after
 * pages have been out are there pages over other frames than their own number's.
 */

typedef struct _MI_PAGED {
    MI_POOL_PAGE Pool;
    MI_PTE Pte; /* not committed: 0 over its own frame, MI_PTE_HIDDEN if the host has something else there */
} MI_PAGED;

static MI_PAGED *MiPaged;
static ULONG64 *MiSeenMap; /* a bit per page: seen, maybe, since the last MiHidePagedPool */
static SIZE_T MiSeenLow, MiSeenHigh, MiReclaimNext;

#define MI_PAGED_ACCESS          (HAL_PROT_READ | HAL_PROT_WRITE)
#define MI_PAGED_ADDRESS(Number) (HAL_PAGED_START + (Number) * PAGE_SIZE)

SIZE_T MiPagedMapBytes(VOID) { return MmTotalFrames * sizeof(MI_PAGED) + (MmTotalFrames + 63) / 64 * 8; }

VOID MiInitializePagedPool(PVOID Map) {
    MiPaged = Map;
    MiSeenMap = (ULONG64 *)(MiPaged + MmTotalFrames);
    MiSeenLow = MmTotalFrames;
    MmHides = KiMachine->verifier != HAL_VERIFIER_OFF;
    NT_ASSERT_OURS(MmTotalFrames * PAGE_SIZE <= HAL_PAGED_END - HAL_PAGED_START &&
                   HalOps->map(HAL_PAGED_START, 0, MmTotalFrames * PAGE_SIZE, MI_PAGED_ACCESS) == 0);
}

static SIZE_T MiPagedNumber(ULONG64 Address) { return (Address - HAL_PAGED_START) / PAGE_SIZE; }

MI_PTE *MiPagedPte(ULONG64 Address) { return MiPagedNumber(Address) < MmTotalFrames ? &MiPaged[MiPagedNumber(Address)].Pte : NULL; }

PMI_POOL_PAGE MiPoolPage(ULONG64 Address, SIZE_T *Number) {
    *Number = (Address - HAL_RAM_BASE) / PAGE_SIZE;
    if (*Number < MmTotalFrames)
        return &MiPfn[*Number].Pool;
    *Number = MiPagedNumber(Address);
    return *Number < MmTotalFrames ? &MiPaged[*Number].Pool : NULL;
}

static VOID MiMarkSeen(SIZE_T Number) {
    if (!MmHides)
        return;
    MiSeenMap[Number / 64] |= 1ull << (Number % 64);
    if (Number < MiSeenLow)
        MiSeenLow = Number;
    if (Number >= MiSeenHigh)
        MiSeenHigh = Number + 1;
    MmHasSeenPages = TRUE;
}

/* ---- Making and freeing ---- */

static BOOLEAN MiAreNumbersFree(SIZE_T First, SIZE_T Count) {
    if (First + Count > MmTotalFrames)
        return FALSE;
    while (Count != 0 && (MiPaged[First + Count - 1].Pte & MI_PTE_COMMITTED) == 0)
        Count--;
    return Count == 0;
}

/* Free addresses other than those of the frames: from the top, where frames are used last. */
static SIZE_T MiFindNumbers(SIZE_T Count) {
    SIZE_T run = 0;
    for (SIZE_T number = MmTotalFrames; number-- != 0;) {
        run = (MiPaged[number].Pte & MI_PTE_COMMITTED) == 0 ? run + 1 : 0;
        if (run == Count)
            return number;
    }
    return MmTotalFrames;
}

BOOLEAN MiAllocatePagedPages(SIZE_T Count, SIZE_T *First) {
    MM_PFN frame;
    if (!MiAllocateFrameRun(Count, 0, MmTotalFrames, 0, FALSE, &frame))
        return FALSE;
    SIZE_T first = MiAreNumbersFree(frame, Count) ? frame : MiFindNumbers(Count);
    if (first == MmTotalFrames) {
        MiFreeFrames(frame, Count);
        return FALSE;
    }
    BOOLEAN mapped = first == frame;
    for (SIZE_T i = 0; i < Count; i++) {
        mapped &= MiPaged[first + i].Pte == 0;
        MiPaged[first + i].Pte = (frame + i) << 12 | MI_PTE_COMMITTED;
        MiMarkSeen(first + i);
    }
    if (!mapped) {
        LONG64 error = HalOps->map(MI_PAGED_ADDRESS(first), frame * PAGE_SIZE, Count * PAGE_SIZE, MI_PAGED_ACCESS);
        NT_ASSERT_OURS(error == 0);
    }
    *First = first;
    return TRUE;
}

VOID MiFreePagedPages(SIZE_T First, SIZE_T Count) {
    MM_PFN start = 0;
    SIZE_T run = 0;
    for (SIZE_T number = First; number < First + Count; number++) {
        MI_PTE pte = MiPaged[number].Pte;
        BOOLEAN own = (pte & (MI_PTE_OUT | MI_PTE_HIDDEN)) == 0 && MI_PTE_FRAME(pte) == number;
        MiPaged[number].Pte = own ? 0 : MI_PTE_HIDDEN;
        MiPaged[number].Pool.Use = MiFrameFree;
        if (pte & MI_PTE_OUT) {
            MiReleaseSlot(MI_PTE_SLOT(pte));
            continue;
        }
        if (run != 0 && MI_PTE_FRAME(pte) == start + run) {
            run++;
            continue;
        }
        if (run != 0)
            MiFreeFrames(start, run);
        start = MI_PTE_FRAME(pte);
        run = 1;
    }
    if (run != 0)
        MiFreeFrames(start, run);
}

/* ---- Hiding and sending out ---- */

VOID MiHidePagedPool(VOID) {
    SIZE_T start = 0, run = 0;
    for (SIZE_T number = MiSeenLow; number < MiSeenHigh; number++) {
        ULONG64 *word = &MiSeenMap[number / 64];
        if (*word == 0) {
            number |= 63;
            continue;
        }
        if ((*word >> (number % 64) & 1) == 0)
            continue;
        *word &= ~(1ull << (number % 64));
        if (!MiHide(&MiPaged[number].Pte))
            continue;
        if (run != 0 && number == start + run) {
            run++;
            continue;
        }
        if (run != 0)
            HalOps->protect(MI_PAGED_ADDRESS(start), run * PAGE_SIZE, HAL_PROT_NONE);
        start = number;
        run = 1;
    }
    if (run != 0)
        HalOps->protect(MI_PAGED_ADDRESS(start), run * PAGE_SIZE, HAL_PROT_NONE);
    MiSeenLow = MmTotalFrames;
    MiSeenHigh = 0;
}

SIZE_T MiReclaimPagedPool(SIZE_T Count) {
    SIZE_T done = 0;
    for (SIZE_T looked = 0; looked < MmTotalFrames && done < Count; looked++) {
        SIZE_T number = MiReclaimNext++;
        if (MiReclaimNext == MmTotalFrames)
            MiReclaimNext = 0;
        done += MiSendOut(&MiPaged[number].Pte, MI_PAGED_ADDRESS(number));
    }
    return done;
}

VOID MiSeePaged(ULONG64 Address) { MiMarkSeen(MiPagedNumber(Address)); }

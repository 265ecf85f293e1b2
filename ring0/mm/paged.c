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
    SIZE_T Run = 0;
    for (SIZE_T Number = MmTotalFrames; Number-- != 0;) {
        Run = (MiPaged[Number].Pte & MI_PTE_COMMITTED) == 0 ? Run + 1 : 0;
        if (Run == Count)
            return Number;
    }
    return MmTotalFrames;
}

BOOLEAN MiAllocatePagedPages(SIZE_T Count, SIZE_T *First) {
    MM_PFN Frame;
    if (!MiAllocateFrameRun(Count, 0, MmTotalFrames, 0, FALSE, &Frame))
        return FALSE;
    SIZE_T Run = MiAreNumbersFree(Frame, Count) ? Frame : MiFindNumbers(Count);
    if (Run == MmTotalFrames) {
        MiFreeFrames(Frame, Count);
        return FALSE;
    }
    BOOLEAN Mapped = Run == Frame;
    for (SIZE_T I = 0; I < Count; I++) {
        Mapped &= MiPaged[Run + I].Pte == 0;
        MiPaged[Run + I].Pte = (Frame + I) << 12 | MI_PTE_COMMITTED;
        MiMarkSeen(Run + I);
    }
    if (!Mapped) {
        LONG64 Error = HalOps->map(MI_PAGED_ADDRESS(Run), Frame * PAGE_SIZE, Count * PAGE_SIZE, MI_PAGED_ACCESS);
        NT_ASSERT_OURS(Error == 0);
    }
    *First = Run;
    return TRUE;
}

VOID MiFreePagedPages(SIZE_T First, SIZE_T Count) {
    MM_PFN Start = 0;
    SIZE_T Run = 0;
    for (SIZE_T Number = First; Number < First + Count; Number++) {
        MI_PTE Pte = MiPaged[Number].Pte;
        BOOLEAN Own = (Pte & (MI_PTE_OUT | MI_PTE_HIDDEN)) == 0 && MI_PTE_FRAME(Pte) == Number;
        MiPaged[Number].Pte = Own ? 0 : MI_PTE_HIDDEN;
        MiPaged[Number].Pool.Use = MiFrameFree;
        if (Pte & MI_PTE_OUT) {
            MiReleaseSlot(MI_PTE_SLOT(Pte));
            continue;
        }
        if (Run != 0 && MI_PTE_FRAME(Pte) == Start + Run) {
            Run++;
            continue;
        }
        if (Run != 0)
            MiFreeFrames(Start, Run);
        Start = MI_PTE_FRAME(Pte);
        Run = 1;
    }
    if (Run != 0)
        MiFreeFrames(Start, Run);
}

/* ---- Hiding and sending out ---- */

VOID MiHidePagedPool(VOID) {
    SIZE_T Start = 0, Run = 0;
    for (SIZE_T Number = MiSeenLow; Number < MiSeenHigh; Number++) {
        ULONG64 *Word = &MiSeenMap[Number / 64];
        if (*Word == 0) {
            Number |= 63;
            continue;
        }
        if ((*Word >> (Number % 64) & 1) == 0)
            continue;
        *Word &= ~(1ull << (Number % 64));
        if (!MiHide(&MiPaged[Number].Pte))
            continue;
        if (Run != 0 && Number == Start + Run) {
            Run++;
            continue;
        }
        if (Run != 0)
            HalOps->protect(MI_PAGED_ADDRESS(Start), Run * PAGE_SIZE, HAL_PROT_NONE);
        Start = Number;
        Run = 1;
    }
    if (Run != 0)
        HalOps->protect(MI_PAGED_ADDRESS(Start), Run * PAGE_SIZE, HAL_PROT_NONE);
    MiSeenLow = MmTotalFrames;
    MiSeenHigh = 0;
}

SIZE_T MiReclaimPagedPool(SIZE_T Count) {
    SIZE_T Done = 0;
    for (SIZE_T Looked = 0; Looked < MmTotalFrames && Done < Count; Looked++) {
        SIZE_T Number = MiReclaimNext++;
        if (MiReclaimNext == MmTotalFrames)
            MiReclaimNext = 0;
        Done += MiSendOut(&MiPaged[Number].Pte, MI_PAGED_ADDRESS(Number));
    }
    return Done;
}

VOID MiSeePaged(ULONG64 Address) { MiMarkSeen(MiPagedNumber(Address)); }

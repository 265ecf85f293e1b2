#include "ldr/pe.h"
#include "mm/mi.h"

/* A frame belongs to whoever holds a reference. The lowest fitting run is taken, so that what has been touched once is used again
   before the host has to find new memory, and so that the same requests always get the same frames. */

PMI_PFN MiPfn;
SIZE_T MmTotalFrames, MmFreeFrames;

static ULONG64 *MiFrameMap; /* a bit per frame: 1 in use */
static MM_PFN MiLowestFree; /* no frame below it is free */

/* No free run of n frames begins below MiRunHint[n], but for what frames freed since may have made: the lowest of those is MiLowestFreed. */
#define MI_LONGEST_HINT 16
static MM_PFN MiRunHint[MI_LONGEST_HINT + 1], MiLowestFreed;

/* Freed runs of this many frames go back to the host, which is cheaper than clearing them when they are used again. */
#define MI_DISCARD_FRAMES 32

static VOID MiMarkUsed(MM_PFN First, SIZE_T Count, UCHAR Use) {
    for (MM_PFN frame = First; frame < First + Count; frame++) {
        MiFrameMap[frame / 64] |= 1ull << (frame % 64);
        MiPfn[frame].References = 1;
        MiPfn[frame].Pool.Use = Use;
        MiPfn[frame].Pool.Tag = 0;
    }
    MmFreeFrames -= Count;
}

/* The debug data at the end of the kernel's image is not loaded, so its RAM is free; it is several times as long as the rest. */
static SIZE_T MiKernelPages(VOID) {
    struct pe_image pe;
    struct pe_section section;
    SIZE_T end = 0;
    NT_ASSERT_OURS(pe_parse_mapped((PVOID)HAL_KERNEL_BASE, KiMachine->kernel_size, &pe) == PE_OK);
    for (ULONG i = 0; pe_section(&pe, i, &section); i++) {
        if ((section.characteristics & PE_SECTION_DISCARDABLE) == 0 || strcmp(section.name, ".reloc") == 0)
            end = max(end, (SIZE_T)section.rva + section.mapped_size);
    }
    return MI_PAGES(end);
}

VOID MiInitializeFrames(VOID) {
    MmTotalFrames = MmFreeFrames = KiMachine->ram_size / PAGE_SIZE;
    MM_PFN kernel = KiMachine->kernel_physical / PAGE_SIZE;
    SIZE_T kernel_pages = MiKernelPages();
    MM_PFN database = kernel + kernel_pages;
    SIZE_T map_bytes = (MmTotalFrames + 63) / 64 * 8, database_bytes = MmTotalFrames * sizeof(MI_PFN);
    SIZE_T database_pages = MI_PAGES(database_bytes + map_bytes + MiPagedMapBytes() + MiPageFileMapBytes());
    NT_ASSERT_OURS(database + database_pages <= MmTotalFrames);
    /* RAM starts out as zeros. */
    MiPfn = MiRamAddress(database);
    MiFrameMap = (ULONG64 *)((UCHAR *)MiPfn + database_bytes);
    MiInitializePagedPool((UCHAR *)MiFrameMap + map_bytes);
    MiInitializePageFile((UCHAR *)MiFrameMap + map_bytes + MiPagedMapBytes());
    MiMarkUsed(kernel, kernel_pages, MiFrameSystem);
    MiMarkUsed(database, database_pages, MiFrameSystem);
    /* The map's last word has bits for frames that do not exist. */
    for (MM_PFN frame = MmTotalFrames; frame % 64 != 0; frame++)
        MiFrameMap[frame / 64] |= 1ull << (frame % 64);
}

static SIZE_T MiFreeRunLength(MM_PFN First, SIZE_T Wanted) {
    SIZE_T length = 0;
    while (length < Wanted && First + length < MmTotalFrames) {
        MM_PFN frame = First + length;
        ULONG64 used = MiFrameMap[frame / 64] >> (frame % 64);
        if (used != 0)
            return length + (SIZE_T)__builtin_ctzll(used);
        length += 64 - frame % 64;
    }
    return length;
}

static MM_PFN MiFindRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary) {
    MM_PFN first = Low > MiLowestFree ? Low : MiLowestFree;
    while (first < High && Count <= High - first) {
        ULONG64 free = ~MiFrameMap[first / 64] >> (first % 64);
        if (free == 0) {
            first = (first | 63) + 1;
            continue;
        }
        first += (MM_PFN)__builtin_ctzll(free);
        if (Boundary != 0 && ((first ^ (first + Count - 1)) & ~(Boundary - 1)) != 0) {
            first = (first + Boundary) & ~(Boundary - 1);
            continue;
        }
        SIZE_T length = MiFreeRunLength(first, Count);
        if (length >= Count && Count <= High - first)
            return first;
        first += length + 1;
    }
    return MI_NO_FRAME;
}

static MM_PFN *MiHintOf(SIZE_T Count) {
    if (Count > MI_LONGEST_HINT)
        return &MiLowestFree;
    for (MM_PFN count = 1; count <= MI_LONGEST_HINT && MiLowestFreed != MI_NO_FRAME; count++) {
        MM_PFN first = MiLowestFreed > count - 1 ? MiLowestFreed - (count - 1) : 0; /* a run that the freed frame is the end of */
        if (first < MiRunHint[count])
            MiRunHint[count] = first;
    }
    MiLowestFreed = MI_NO_FRAME;
    return &MiRunHint[Count];
}

static MM_PFN MiFindLowestRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary) {
    MM_PFN *hint = MiHintOf(Count), first = MiFindRun(Count, Low > *hint ? Low : *hint, High, Boundary);
    if (first != MI_NO_FRAME && hint != &MiLowestFree && Low <= *hint && Boundary == 0)
        *hint = first + Count; /* the caller takes it */
    return first;
}

static VOID MiZeroFrames(MM_PFN First, SIZE_T Count) {
    for (SIZE_T i = 0; i < Count;) {
        SIZE_T end = i;
        while (end < Count && MiPfn[First + end].Dirty)
            MiPfn[First + end++].Dirty = FALSE;
        if (end > i)
            RtlZeroMemory(MiRamAddress(First + i), (end - i) * PAGE_SIZE);
        i = end + 1;
    }
}

static VOID MiTakeRun(MM_PFN First, SIZE_T Count, BOOLEAN Zero) {
    MiMarkUsed(First, Count, MiFrameUsed);
    if (First == MiLowestFree)
        MiLowestFree = First + Count;
    if (Zero)
        MiZeroFrames(First, Count);
    else
        for (MM_PFN frame = First; frame < First + Count; frame++)
            MiPfn[frame].Dirty = TRUE;
}

BOOLEAN MiTakeFreeFrames(SIZE_T Count, MM_PFN *First) {
    if (Count > MmFreeFrames || (*First = MiFindLowestRun(Count, 0, MmTotalFrames, 0)) == MI_NO_FRAME)
        return FALSE;
    MiTakeRun(*First, Count, TRUE);
    return TRUE;
}

BOOLEAN MiAllocateFrameRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary, BOOLEAN Zero, MM_PFN *First) {
    NT_ASSERT_OURS(Count != 0);
    if (High > MmTotalFrames)
        High = MmTotalFrames;
    MM_PFN first = MI_NO_FRAME;
    if (Count > MmTotalFrames || (Boundary != 0 && Count > Boundary))
        return FALSE;
    while (Count > MiAvailableFrames() || (first = MiFindLowestRun(Count, Low, High, Boundary)) == MI_NO_FRAME)
        if (MiReclaim(Count) == 0)
            return FALSE;
    MiTakeRun(first, Count, Zero);
    *First = first;
    return TRUE;
}

BOOLEAN MiAllocateFrames(SIZE_T Count, ULONG64 Highest, MM_PFN *First) {
    return MiAllocateFrameRun(Count, 0, Highest == ~0ull ? MmTotalFrames : (Highest + 1) / PAGE_SIZE, 0, TRUE, First);
}

VOID MiReferenceFrame(MM_PFN Frame) {
    NT_ASSERT_OURS(Frame < MmTotalFrames && MiPfn[Frame].References != 0);
    MiPfn[Frame].References++;
}

/* TRUE when the frame has become free. */
static BOOLEAN MiDropReference(MM_PFN Frame) {
    PMI_PFN pfn = &MiPfn[Frame];
    NT_ASSERT_OURS(Frame < MmTotalFrames && pfn->References != 0 && pfn->Pool.Use != MiFrameSystem);
    if (--pfn->References != 0)
        return FALSE;
    if (pfn->Executable) {
        HalOps->protect((ULONG64)MiRamAddress(Frame), PAGE_SIZE, HAL_PROT_READ | HAL_PROT_WRITE);
        pfn->Executable = FALSE;
    }
    pfn->Pool.Use = MiFrameFree;
    pfn->Dirty = TRUE;
    MiFrameMap[Frame / 64] &= ~(1ull << (Frame % 64));
    if (Frame < MiLowestFree)
        MiLowestFree = Frame;
    if (Frame < MiLowestFreed)
        MiLowestFreed = Frame;
    MmFreeFrames++;
    return TRUE;
}

VOID MiDereferenceFrame(MM_PFN Frame) { MiDropReference(Frame); }

static VOID MiDiscardRun(MM_PFN First, SIZE_T Count) {
    if (Count < MI_DISCARD_FRAMES || HalOps->discard(First * PAGE_SIZE, Count * PAGE_SIZE) != 0)
        return;
    for (MM_PFN frame = First; frame < First + Count; frame++)
        MiPfn[frame].Dirty = FALSE;
}

VOID MiFreeFrames(MM_PFN First, SIZE_T Count) {
    SIZE_T run = 0;
    for (SIZE_T i = 0; i < Count; i++) {
        if (MiDropReference(First + i)) {
            run++;
            continue;
        }
        MiDiscardRun(First + i - run, run);
        run = 0;
    }
    MiDiscardRun(First + Count - run, run);
}

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
    for (MM_PFN Frame = First; Frame < First + Count; Frame++) {
        MiFrameMap[Frame / 64] |= 1ull << (Frame % 64);
        MiPfn[Frame].References = 1;
        MiPfn[Frame].Pool.Use = Use;
        MiPfn[Frame].Pool.Tag = 0;
    }
    MmFreeFrames -= Count;
}

/* The debug data at the end of the kernel's image is not loaded, so its RAM is free; it is several times as long as the rest. */
static SIZE_T MiKernelPages(VOID) {
    struct pe_image Pe;
    struct pe_section Section;
    SIZE_T End = 0;
    NT_ASSERT_OURS(pe_parse_mapped((PVOID)HAL_KERNEL_BASE, KiMachine->kernel_size, &Pe) == PE_OK);
    for (ULONG I = 0; pe_section(&Pe, I, &Section); I++) {
        if ((Section.characteristics & PE_SECTION_DISCARDABLE) == 0 || strcmp(Section.name, ".reloc") == 0)
            End = max(End, (SIZE_T)Section.rva + Section.mapped_size);
    }
    return MI_PAGES(End);
}

VOID MiInitializeFrames(VOID) {
    MmTotalFrames = MmFreeFrames = KiMachine->ram_size / PAGE_SIZE;
    MM_PFN Kernel = KiMachine->kernel_physical / PAGE_SIZE;
    SIZE_T KernelPages = MiKernelPages();
    MM_PFN Database = Kernel + KernelPages;
    SIZE_T MapBytes = (MmTotalFrames + 63) / 64 * 8, DatabaseBytes = MmTotalFrames * sizeof(MI_PFN);
    SIZE_T DatabasePages = MI_PAGES(DatabaseBytes + MapBytes + MiPagedMapBytes() + MiPageFileMapBytes());
    NT_ASSERT_OURS(Database + DatabasePages <= MmTotalFrames);
    /* RAM starts out as zeros. */
    MiPfn = MiRamAddress(Database);
    MiFrameMap = (ULONG64 *)((UCHAR *)MiPfn + DatabaseBytes);
    MiInitializePagedPool((UCHAR *)MiFrameMap + MapBytes);
    MiInitializePageFile((UCHAR *)MiFrameMap + MapBytes + MiPagedMapBytes());
    MiMarkUsed(Kernel, KernelPages, MiFrameSystem);
    MiMarkUsed(Database, DatabasePages, MiFrameSystem);
    /* The map's last word has bits for frames that do not exist. */
    for (MM_PFN Frame = MmTotalFrames; Frame % 64 != 0; Frame++)
        MiFrameMap[Frame / 64] |= 1ull << (Frame % 64);
}

static SIZE_T MiFreeRunLength(MM_PFN First, SIZE_T Wanted) {
    SIZE_T Length = 0;
    while (Length < Wanted && First + Length < MmTotalFrames) {
        MM_PFN Frame = First + Length;
        ULONG64 Used = MiFrameMap[Frame / 64] >> (Frame % 64);
        if (Used != 0)
            return Length + (SIZE_T)__builtin_ctzll(Used);
        Length += 64 - Frame % 64;
    }
    return Length;
}

static MM_PFN MiFindRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary) {
    MM_PFN First = Low > MiLowestFree ? Low : MiLowestFree;
    while (First < High && Count <= High - First) {
        ULONG64 Free = ~MiFrameMap[First / 64] >> (First % 64);
        if (Free == 0) {
            First = (First | 63) + 1;
            continue;
        }
        First += (MM_PFN)__builtin_ctzll(Free);
        if (Boundary != 0 && ((First ^ (First + Count - 1)) & ~(Boundary - 1)) != 0) {
            First = (First + Boundary) & ~(Boundary - 1);
            continue;
        }
        SIZE_T Length = MiFreeRunLength(First, Count);
        if (Length >= Count && Count <= High - First)
            return First;
        First += Length + 1;
    }
    return MI_NO_FRAME;
}

static MM_PFN *MiHintOf(SIZE_T Count) {
    if (Count > MI_LONGEST_HINT)
        return &MiLowestFree;
    for (MM_PFN Length = 1; Length <= MI_LONGEST_HINT && MiLowestFreed != MI_NO_FRAME; Length++) {
        MM_PFN First = MiLowestFreed > Length - 1 ? MiLowestFreed - (Length - 1) : 0; /* a run that the freed frame is the end of */
        if (First < MiRunHint[Length])
            MiRunHint[Length] = First;
    }
    MiLowestFreed = MI_NO_FRAME;
    return &MiRunHint[Count];
}

static MM_PFN MiFindLowestRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary) {
    MM_PFN *Hint = MiHintOf(Count), First = MiFindRun(Count, Low > *Hint ? Low : *Hint, High, Boundary);
    if (First != MI_NO_FRAME && Hint != &MiLowestFree && Low <= *Hint && Boundary == 0)
        *Hint = First + Count; /* the caller takes it */
    return First;
}

static VOID MiZeroFrames(MM_PFN First, SIZE_T Count) {
    for (SIZE_T I = 0; I < Count;) {
        SIZE_T End = I;
        while (End < Count && MiPfn[First + End].Dirty)
            MiPfn[First + End++].Dirty = FALSE;
        if (End > I)
            RtlZeroMemory(MiRamAddress(First + I), (End - I) * PAGE_SIZE);
        I = End + 1;
    }
}

static VOID MiTakeRun(MM_PFN First, SIZE_T Count, BOOLEAN Zero) {
    MiMarkUsed(First, Count, MiFrameUsed);
    if (First == MiLowestFree)
        MiLowestFree = First + Count;
    if (Zero)
        MiZeroFrames(First, Count);
    else
        for (MM_PFN Frame = First; Frame < First + Count; Frame++)
            MiPfn[Frame].Dirty = TRUE;
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
    MM_PFN Run = MI_NO_FRAME;
    if (Count > MmTotalFrames || (Boundary != 0 && Count > Boundary))
        return FALSE;
    while (Count > MiAvailableFrames() || (Run = MiFindLowestRun(Count, Low, High, Boundary)) == MI_NO_FRAME)
        if (MiReclaim(Count) == 0)
            return FALSE;
    MiTakeRun(Run, Count, Zero);
    *First = Run;
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
    PMI_PFN Pfn = &MiPfn[Frame];
    NT_ASSERT_OURS(Frame < MmTotalFrames && Pfn->References != 0 && Pfn->Pool.Use != MiFrameSystem);
    if (--Pfn->References != 0)
        return FALSE;
    if (Pfn->Executable) {
        HalOps->protect((ULONG64)MiRamAddress(Frame), PAGE_SIZE, HAL_PROT_READ | HAL_PROT_WRITE);
        Pfn->Executable = FALSE;
    }
    Pfn->Pool.Use = MiFrameFree;
    Pfn->Dirty = TRUE;
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
    for (MM_PFN Frame = First; Frame < First + Count; Frame++)
        MiPfn[Frame].Dirty = FALSE;
}

VOID MiFreeFrames(MM_PFN First, SIZE_T Count) {
    SIZE_T Run = 0;
    for (SIZE_T I = 0; I < Count; I++) {
        if (MiDropReference(First + I)) {
            Run++;
            continue;
        }
        MiDiscardRun(First + I - Run, Run);
        Run = 0;
    }
    MiDiscardRun(First + Count - Run, Run);
}

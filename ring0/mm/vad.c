#include "mm/mi.h"

PMI_VAD MiFindVad(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    for (PLIST_ENTRY link = Space->Vads.Flink; link != &Space->Vads; link = link->Flink) {
        PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
        if (Address < vad->Start)
            return NULL;
        if (Address < vad->End)
            return vad;
    }
    return NULL;
}

/* The 64 KiB around KUSER_SHARED_DATA are nobody's. */
#define MI_SHARED_START      HAL_KUSER_USER
#define MI_SHARED_END        (HAL_KUSER_USER + MI_ALLOCATION_GRANULARITY)
#define MI_LAST_USER_ADDRESS (HAL_USER_END - MI_ALLOCATION_GRANULARITY)

BOOLEAN MiIsRangeFree(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    if (Start < HAL_USER_START || End > MI_LAST_USER_ADDRESS || Start >= End || (Start < MI_SHARED_END && End > MI_SHARED_START))
        return FALSE;
    for (PLIST_ENTRY link = Space->Vads.Flink; link != &Space->Vads; link = link->Flink) {
        PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
        if (Start < vad->End && End > vad->Start)
            return FALSE;
    }
    return TRUE;
}

static ULONG64 MiRoundGranularity(ULONG64 Address) { return (Address + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1); }

/* A gap between two ranges, less what is reserved around KUSER_SHARED_DATA: where a range of Size fits, or 0. */
static ULONG64 MiFitGap(ULONG64 Start, ULONG64 End, ULONG64 Size, BOOLEAN TopDown) {
    ULONG64 parts[2][2] = {{Start, End}, {0, 0}};
    if (Start < MI_SHARED_END && End > MI_SHARED_START) {
        parts[0][1] = MI_SHARED_START;
        parts[1][0] = MI_SHARED_END;
        parts[1][1] = End;
    }
    for (int i = 0; i < 2; i++) {
        ULONG64 *part = parts[TopDown ? 1 - i : i], low = MiRoundGranularity(part[0]);
        if (part[1] > low && part[1] - low >= Size)
            return TopDown ? (part[1] - Size) & ~(MI_ALLOCATION_GRANULARITY - 1) : low;
    }
    return 0;
}

ULONG64 MiFindFreeRange(PMM_ADDRESS_SPACE Space, ULONG64 Size, BOOLEAN TopDown) {
    ULONG64 found;
    if (TopDown) {
        ULONG64 end = MI_LAST_USER_ADDRESS;
        for (PLIST_ENTRY link = Space->Vads.Blink; link != &Space->Vads; link = link->Blink) {
            PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
            if ((found = MiFitGap(vad->End, end, Size, TRUE)) != 0)
                return found;
            end = vad->Start;
        }
        return MiFitGap(HAL_USER_START, end, Size, TRUE);
    }
    ULONG64 start = HAL_USER_START;
    for (PLIST_ENTRY link = Space->Vads.Flink; link != &Space->Vads; link = link->Flink) {
        PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
        if ((found = MiFitGap(start, vad->Start, Size, FALSE)) != 0)
            return found;
        start = vad->End;
    }
    return MiFitGap(start, MI_LAST_USER_ADDRESS, Size, FALSE);
}

PMI_VAD MiInsertVad(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect, UCHAR Kind) {
    PMI_VAD vad = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*vad), 'daVM');
    if (vad == NULL)
        return NULL;
    RtlZeroMemory(vad, sizeof(*vad));
    vad->Start = Start;
    vad->End = End;
    vad->Protect = Protect;
    vad->Kind = Kind;
    PLIST_ENTRY link = Space->Vads.Flink;
    while (link != &Space->Vads && CONTAINING_RECORD(link, MI_VAD, Link)->Start < Start)
        link = link->Flink;
    InsertTailList(link, &vad->Link);
    return vad;
}

VOID MiDeleteVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    MiDecommit(Space, Vad->Start, Vad->End);
    if (Vad->Image != NULL)
        MmDereferenceImage(Vad->Image);
    if (Vad->Section != NULL)
        MiReleaseSectionView(Vad->Section);
    RemoveEntryList(&Vad->Link);
    ExFreePoolWithTag(Vad, 'daVM');
}

/* ---- Committing ---- */

/* Frames for Count pages in as few runs as there are. The caller has made sure that there are enough. */
static SIZE_T MiTakeFrames(SIZE_T Count, MM_PFN *First) {
    while (!MiTakeFreeFrames(Count, First)) {
        NT_ASSERT_OURS(Count > 1);
        Count /= 2;
    }
    return Count;
}

NTSTATUS MiCommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect) {
    SIZE_T needed = 0, out;
    if ((End - Start) / PAGE_SIZE > 3 * MmTotalFrames || !MiMakeTables(Space, Start, End))
        return STATUS_COMMITMENT_LIMIT;
    for (ULONG64 address = Start; address < End; address += PAGE_SIZE)
        needed += *MiFindPte(Space, address) == 0;
    if (!MiChargePages(needed, &out))
        return STATUS_COMMITMENT_LIMIT;
    needed -= out;

    MI_PTE bits = MiProtectBits(Protect) | MI_PTE_COMMITTED;
    MM_PFN frame = 0;
    SIZE_T have = 0;
    for (ULONG64 address = Start; address < End; address += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, address);
        if (*pte != 0) {
            *pte = (*pte & MI_PTE_KEEP) | bits;
            continue;
        }
        if (out != 0) {
            *pte = MI_PTE_OUT | bits;
            out--;
            continue;
        }
        if (have == 0)
            have = MiTakeFrames(needed, &frame);
        *pte = frame << 12 | bits;
        frame++;
        have--;
        needed--;
    }
    MiSynchronize(Space, Start, End);
    return STATUS_SUCCESS;
}

VOID MiDecommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    Space->RunsValid = FALSE;
    if (Space == MmCurrentAddressSpace)
        HalOps->unmap(Start, End - Start);
    MM_PFN first = 0;
    SIZE_T count = 0;
    for (ULONG64 address = Start; address < End; address += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, address);
        if (pte == NULL) { /* nothing in the 2 MiB of this table */
            address = (address | 0x1FFFFF) + 1 - PAGE_SIZE;
            continue;
        }
        if (*pte == 0)
            continue;
        MM_PFN frame = MI_PTE_FRAME(*pte);
        MI_PTE old = *pte;
        *pte = 0;
        Space->LockedByProgram -= (old & MI_PTE_LOCKED) != 0;
        if (old & MI_PTE_UNOWNED)
            continue;
        if (old & MI_PTE_OUT) {
            if ((old & MI_PTE_PROTOTYPE) == 0)
                MiReleaseSlot(MI_PTE_SLOT(old));
            continue;
        }
        if (count != 0 && frame == first + count) {
            count++;
            continue;
        }
        if (count != 0)
            MiFreeFrames(first, count);
        first = frame;
        count = 1;
    }
    if (count != 0)
        MiFreeFrames(first, count);
}

BOOLEAN MiBreakCopy(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte) {
    /* It must not go while a frame is looked for. */
    MM_PFN frame, old = MI_PTE_FRAME(*Pte);
    MI_PTE locked = *Pte & MI_PTE_LOCKED;
    *Pte |= MI_PTE_LOCKED;
    BOOLEAN allocated = MiAllocateFrameRun(1, 0, MmTotalFrames, 0, FALSE, &frame);
    *Pte = (*Pte & ~MI_PTE_LOCKED) | locked;
    if (!allocated)
        return FALSE;
    RtlCopyMemory(MiRamAddress(frame), MiRamAddress(old), PAGE_SIZE);
    *Pte = frame << 12 | (*Pte & 0xFFF & ~(MI_PTE_COPY | MI_PTE_CLEAN));
    MiDereferenceFrame(old);
    MiSynchronize(Space, Page, Page + PAGE_SIZE);
    return TRUE;
}

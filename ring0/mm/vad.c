#include "mm/mi.h"

/*
 * The ranges of a process, in a list and in a balanced tree, both by address. Each knows the room in the hole before it, and the most room of any hole of its subtree, so
 * that the lowest hole (or the highest) that is large enough is found on one way down.
 */

static PMI_VAD MiVadOf(PRTL_BALANCED_LINKS Branch) { return Branch != NULL ? CONTAINING_RECORD(Branch, MI_VAD, Branch) : NULL; }

static PMI_VAD MiRootVad(PMM_ADDRESS_SPACE Space) { return MiVadOf(Space->Tree.BalancedRoot.RightChild); }

static PMI_VAD MiNextVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    return Vad->Link.Flink != &Space->Vads ? CONTAINING_RECORD(Vad->Link.Flink, MI_VAD, Link) : NULL;
}

PMI_VAD MiFindVadFrom(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    PMI_VAD found = NULL;
    for (PMI_VAD vad = MiRootVad(Space); vad != NULL;) {
        if (Address < vad->End)
            found = vad;
        vad = MiVadOf(Address < vad->End ? vad->Branch.LeftChild : vad->Branch.RightChild);
    }
    return found;
}

PMI_VAD MiFindVad(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    PMI_VAD vad = MiFindVadFrom(Space, Address);
    return vad != NULL && Address >= vad->Start ? vad : NULL;
}

/* The 64 KiB around KUSER_SHARED_DATA are nobody's. */
#define MI_SHARED_START      HAL_KUSER_USER
#define MI_SHARED_END        (HAL_KUSER_USER + MI_ALLOCATION_GRANULARITY)
#define MI_LAST_USER_ADDRESS (HAL_USER_END - MI_ALLOCATION_GRANULARITY)

BOOLEAN MiIsRangeFree(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    if (Start < HAL_USER_START || End > MI_LAST_USER_ADDRESS || Start >= End || (Start < MI_SHARED_END && End > MI_SHARED_START))
        return FALSE;
    PMI_VAD vad = MiFindVadFrom(Space, Start);
    return vad == NULL || End <= vad->Start;
}

static ULONG64 MiRoundGranularity(ULONG64 Address) { return (Address + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1); }

/* A hole between two ranges, less what is reserved around KUSER_SHARED_DATA: where a range of Size fits, or 0. */
static ULONG64 MiFitHole(ULONG64 Start, ULONG64 End, ULONG64 Size, BOOLEAN TopDown) {
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

/* The largest Size that MiFitHole finds a place for there. */
static ULONG64 MiRoomOfHole(ULONG64 Start, ULONG64 End) {
    if (Start < MI_SHARED_END && End > MI_SHARED_START) {
        ULONG64 below = MiRoomOfHole(Start, MI_SHARED_START), above = MiRoomOfHole(MI_SHARED_END, End);
        return below > above ? below : above;
    }
    ULONG64 low = MiRoundGranularity(Start);
    return End > low ? End - low : 0;
}

static ULONG64 MiHoleBefore(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    return Vad->Link.Blink != &Space->Vads ? CONTAINING_RECORD(Vad->Link.Blink, MI_VAD, Link)->End : HAL_USER_START;
}

ULONG64 MiFindFreeRange(PMM_ADDRESS_SPACE Space, ULONG64 Size, BOOLEAN TopDown) {
    ULONG64 last = !IsListEmpty(&Space->Vads) ? CONTAINING_RECORD(Space->Vads.Blink, MI_VAD, Link)->End : HAL_USER_START;
    ULONG64 found = TopDown ? MiFitHole(last, MI_LAST_USER_ADDRESS, Size, TRUE) : 0;
    PMI_VAD vad = MiRootVad(Space);
    if (found != 0)
        return found;
    if (vad == NULL || vad->MostRoom < Size)
        return TopDown ? 0 : MiFitHole(last, MI_LAST_USER_ADDRESS, Size, FALSE);
    for (;;) {
        PMI_VAD low = MiVadOf(vad->Branch.LeftChild), high = MiVadOf(vad->Branch.RightChild), first = TopDown ? high : low;
        if (first != NULL && first->MostRoom >= Size)
            vad = first;
        else if (vad->Room >= Size)
            return MiFitHole(MiHoleBefore(Space, vad), vad->Start, Size, TopDown);
        else
            vad = TopDown ? low : high;
        NT_ASSERT_OURS(vad != NULL);
    }
}

static VOID MiSumRoom(PMI_VAD Vad) {
    if (Vad == NULL)
        return;
    PMI_VAD low = MiVadOf(Vad->Branch.LeftChild), high = MiVadOf(Vad->Branch.RightChild);
    Vad->MostRoom = Vad->Room;
    if (low != NULL && low->MostRoom > Vad->MostRoom)
        Vad->MostRoom = low->MostRoom;
    if (high != NULL && high->MostRoom > Vad->MostRoom)
        Vad->MostRoom = high->MostRoom;
}

/* The hole before Vad, or something below it, is not what it was. A rotation may have given one on the way up another child: those are summed too. */
static VOID MiRenewRoom(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    if (Vad == NULL)
        return;
    Vad->Room = MiRoomOfHole(MiHoleBefore(Space, Vad), Vad->Start);
    for (PRTL_BALANCED_LINKS branch = &Vad->Branch; branch != &Space->Tree.BalancedRoot; branch = branch->Parent) {
        MiSumRoom(MiVadOf(branch->LeftChild));
        MiSumRoom(MiVadOf(branch->RightChild));
        MiSumRoom(MiVadOf(branch));
    }
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
    PRTL_BALANCED_LINKS parent = &Space->Tree.BalancedRoot;
    PLIST_ENTRY next = &Space->Vads;
    CHAR side = 1;
    for (PMI_VAD at = MiRootVad(Space); at != NULL; at = MiVadOf(side < 0 ? parent->LeftChild : parent->RightChild)) {
        parent = &at->Branch;
        side = Start < at->Start ? -1 : 1;
        next = side < 0 ? &at->Link : at->Link.Flink;
    }
    InsertTailList(next, &vad->Link);
    RtlpAvlInsert(&Space->Tree, &vad->Branch, parent, side);
    MiRenewRoom(Space, vad);
    MiRenewRoom(Space, MiNextVad(Space, vad));
    return vad;
}

VOID MiResizeVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Start, ULONG64 End) {
    Vad->Start = Start;
    Vad->End = End;
    MiRenewRoom(Space, Vad);
    MiRenewRoom(Space, MiNextVad(Space, Vad));
}

VOID MiDeleteVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    MiDecommit(Space, Vad->Start, Vad->End);
    if (Vad->Image != NULL)
        MmDereferenceImage(Vad->Image);
    if (Vad->Section != NULL)
        MiReleaseSectionView(Vad->Section);
    PMI_VAD next = MiNextVad(Space, Vad);
    RemoveEntryList(&Vad->Link);
    MiRenewRoom(Space, MiVadOf(RtlpAvlRemove(&Space->Tree, &Vad->Branch)));
    MiRenewRoom(Space, next);
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
    MiUnmapUser(Space, Start, End);
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

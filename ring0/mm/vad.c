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
    PMI_VAD Found = NULL;
    for (PMI_VAD Vad = MiRootVad(Space); Vad != NULL;) {
        if (Address < Vad->End)
            Found = Vad;
        Vad = MiVadOf(Address < Vad->End ? Vad->Branch.LeftChild : Vad->Branch.RightChild);
    }
    return Found;
}

PMI_VAD MiFindVad(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    PMI_VAD Vad = MiFindVadFrom(Space, Address);
    return Vad != NULL && Address >= Vad->Start ? Vad : NULL;
}

/* The 64 KiB around KUSER_SHARED_DATA are nobody's. */
#define MI_SHARED_START      HAL_KUSER_USER
#define MI_SHARED_END        (HAL_KUSER_USER + MI_ALLOCATION_GRANULARITY)
#define MI_LAST_USER_ADDRESS (HAL_USER_END - MI_ALLOCATION_GRANULARITY)

BOOLEAN MiIsRangeFree(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    if (Start < HAL_USER_START || End > MI_LAST_USER_ADDRESS || Start >= End || (Start < MI_SHARED_END && End > MI_SHARED_START))
        return FALSE;
    PMI_VAD Vad = MiFindVadFrom(Space, Start);
    return Vad == NULL || End <= Vad->Start;
}

static ULONG64 MiRoundGranularity(ULONG64 Address) { return (Address + MI_ALLOCATION_GRANULARITY - 1) & ~(MI_ALLOCATION_GRANULARITY - 1); }

/* A hole between two ranges, less what is reserved around KUSER_SHARED_DATA: where a range of Size fits, or 0. */
static ULONG64 MiFitHole(ULONG64 Start, ULONG64 End, ULONG64 Size, BOOLEAN TopDown) {
    ULONG64 Parts[2][2] = {{Start, End}, {0, 0}};
    if (Start < MI_SHARED_END && End > MI_SHARED_START) {
        Parts[0][1] = MI_SHARED_START;
        Parts[1][0] = MI_SHARED_END;
        Parts[1][1] = End;
    }
    for (int I = 0; I < 2; I++) {
        ULONG64 *Part = Parts[TopDown ? 1 - I : I], Low = MiRoundGranularity(Part[0]);
        if (Part[1] > Low && Part[1] - Low >= Size)
            return TopDown ? (Part[1] - Size) & ~(MI_ALLOCATION_GRANULARITY - 1) : Low;
    }
    return 0;
}

/* The largest Size that MiFitHole finds a place for there. */
static ULONG64 MiRoomOfHole(ULONG64 Start, ULONG64 End) {
    if (Start < MI_SHARED_END && End > MI_SHARED_START) {
        ULONG64 Below = MiRoomOfHole(Start, MI_SHARED_START), Above = MiRoomOfHole(MI_SHARED_END, End);
        return Below > Above ? Below : Above;
    }
    ULONG64 Low = MiRoundGranularity(Start);
    return End > Low ? End - Low : 0;
}

static ULONG64 MiHoleBefore(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    return Vad->Link.Blink != &Space->Vads ? CONTAINING_RECORD(Vad->Link.Blink, MI_VAD, Link)->End : HAL_USER_START;
}

ULONG64 MiFindFreeRange(PMM_ADDRESS_SPACE Space, ULONG64 Size, BOOLEAN TopDown) {
    ULONG64 Last = !IsListEmpty(&Space->Vads) ? CONTAINING_RECORD(Space->Vads.Blink, MI_VAD, Link)->End : HAL_USER_START;
    ULONG64 Found = TopDown ? MiFitHole(Last, MI_LAST_USER_ADDRESS, Size, TRUE) : 0;
    PMI_VAD Vad = MiRootVad(Space);
    if (Found != 0)
        return Found;
    if (Vad == NULL || Vad->MostRoom < Size)
        return TopDown ? 0 : MiFitHole(Last, MI_LAST_USER_ADDRESS, Size, FALSE);
    for (;;) {
        PMI_VAD Low = MiVadOf(Vad->Branch.LeftChild), High = MiVadOf(Vad->Branch.RightChild), First = TopDown ? High : Low;
        if (First != NULL && First->MostRoom >= Size)
            Vad = First;
        else if (Vad->Room >= Size)
            return MiFitHole(MiHoleBefore(Space, Vad), Vad->Start, Size, TopDown);
        else
            Vad = TopDown ? Low : High;
        NT_ASSERT_OURS(Vad != NULL);
    }
}

static VOID MiSumRoom(PMI_VAD Vad) {
    if (Vad == NULL)
        return;
    PMI_VAD Low = MiVadOf(Vad->Branch.LeftChild), High = MiVadOf(Vad->Branch.RightChild);
    Vad->MostRoom = Vad->Room;
    if (Low != NULL && Low->MostRoom > Vad->MostRoom)
        Vad->MostRoom = Low->MostRoom;
    if (High != NULL && High->MostRoom > Vad->MostRoom)
        Vad->MostRoom = High->MostRoom;
}

/* The hole before Vad, or something below it, is not what it was. A rotation may have given one on the way up another child: those are summed too. */
static VOID MiRenewRoom(PMM_ADDRESS_SPACE Space, PMI_VAD Vad) {
    if (Vad == NULL)
        return;
    Vad->Room = MiRoomOfHole(MiHoleBefore(Space, Vad), Vad->Start);
    for (PRTL_BALANCED_LINKS Branch = &Vad->Branch; Branch != &Space->Tree.BalancedRoot; Branch = Branch->Parent) {
        MiSumRoom(MiVadOf(Branch->LeftChild));
        MiSumRoom(MiVadOf(Branch->RightChild));
        MiSumRoom(MiVadOf(Branch));
    }
}

PMI_VAD MiInsertVad(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect, UCHAR Kind) {
    PMI_VAD Vad = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Vad), 'daVM');
    if (Vad == NULL)
        return NULL;
    RtlZeroMemory(Vad, sizeof(*Vad));
    Vad->Start = Start;
    Vad->End = End;
    Vad->Protect = Protect;
    Vad->Kind = Kind;
    PRTL_BALANCED_LINKS Parent = &Space->Tree.BalancedRoot;
    PLIST_ENTRY Next = &Space->Vads;
    CHAR Side = 1;
    for (PMI_VAD At = MiRootVad(Space); At != NULL; At = MiVadOf(Side < 0 ? Parent->LeftChild : Parent->RightChild)) {
        Parent = &At->Branch;
        Side = Start < At->Start ? -1 : 1;
        Next = Side < 0 ? &At->Link : At->Link.Flink;
    }
    InsertTailList(Next, &Vad->Link);
    RtlpAvlInsert(&Space->Tree, &Vad->Branch, Parent, Side);
    MiRenewRoom(Space, Vad);
    MiRenewRoom(Space, MiNextVad(Space, Vad));
    return Vad;
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
    PMI_VAD Next = MiNextVad(Space, Vad);
    RemoveEntryList(&Vad->Link);
    MiRenewRoom(Space, MiVadOf(RtlpAvlRemove(&Space->Tree, &Vad->Branch)));
    MiRenewRoom(Space, Next);
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
    SIZE_T Needed = 0, Out;
    if ((End - Start) / PAGE_SIZE > 3 * MmTotalFrames || !MiMakeTables(Space, Start, End))
        return STATUS_COMMITMENT_LIMIT;
    for (ULONG64 Address = Start; Address < End; Address += PAGE_SIZE)
        Needed += *MiFindPte(Space, Address) == 0;
    if (!MiChargePages(Needed, &Out))
        return STATUS_COMMITMENT_LIMIT;
    Needed -= Out;

    MI_PTE Bits = MiProtectBits(Protect) | MI_PTE_COMMITTED;
    MM_PFN Frame = 0;
    SIZE_T Have = 0;
    for (ULONG64 Address = Start; Address < End; Address += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Address);
        if (*Pte != 0) {
            *Pte = (*Pte & MI_PTE_KEEP) | Bits;
            continue;
        }
        if (Out != 0) {
            *Pte = MI_PTE_OUT | Bits;
            Out--;
            continue;
        }
        if (Have == 0)
            Have = MiTakeFrames(Needed, &Frame);
        *Pte = Frame << 12 | Bits;
        Frame++;
        Have--;
        Needed--;
    }
    MiSynchronize(Space, Start, End);
    return STATUS_SUCCESS;
}

VOID MiDecommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    MiUnmapUser(Space, Start, End);
    MM_PFN First = 0;
    SIZE_T Count = 0;
    for (ULONG64 Address = Start; Address < End; Address += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Address);
        if (Pte == NULL) { /* nothing in the 2 MiB of this table */
            Address = (Address | 0x1FFFFF) + 1 - PAGE_SIZE;
            continue;
        }
        if (*Pte == 0)
            continue;
        MM_PFN Frame = MI_PTE_FRAME(*Pte);
        MI_PTE Old = *Pte;
        *Pte = 0;
        Space->LockedByProgram -= (Old & MI_PTE_LOCKED) != 0;
        if (Old & MI_PTE_UNOWNED)
            continue;
        if (Old & MI_PTE_OUT) {
            if ((Old & MI_PTE_PROTOTYPE) == 0)
                MiReleaseSlot(MI_PTE_SLOT(Old));
            continue;
        }
        if (Count != 0 && Frame == First + Count) {
            Count++;
            continue;
        }
        if (Count != 0)
            MiFreeFrames(First, Count);
        First = Frame;
        Count = 1;
    }
    if (Count != 0)
        MiFreeFrames(First, Count);
}

BOOLEAN MiBreakCopy(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte) {
    /* It must not go while a frame is looked for. */
    MM_PFN Frame, Old = MI_PTE_FRAME(*Pte);
    MI_PTE Locked = *Pte & MI_PTE_LOCKED;
    *Pte |= MI_PTE_LOCKED;
    BOOLEAN Allocated = MiAllocateFrameRun(1, 0, MmTotalFrames, 0, FALSE, &Frame);
    *Pte = (*Pte & ~MI_PTE_LOCKED) | Locked;
    if (!Allocated)
        return FALSE;
    RtlCopyMemory(MiRamAddress(Frame), MiRamAddress(Old), PAGE_SIZE);
    *Pte = Frame << 12 | (*Pte & 0xFFF & ~(MI_PTE_COPY | MI_PTE_CLEAN));
    MiDereferenceFrame(Old);
    MiSynchronize(Space, Page, Page + PAGE_SIZE);
    return TRUE;
}

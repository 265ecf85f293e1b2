#include "mm/mi.h"
#include "ps/ps.h"

/*
 * Taking frames of user memory away: a process's own pages into the paging file, its views of sections back to their section, and section pages that nobody views
 * into the paging file too. Processes take turns, and each goes on where it was left.
 */

static LIST_ENTRY MiSpaces = {&MiSpaces, &MiSpaces};
static LIST_ENTRY MiAllData = {&MiAllData, &MiAllData};

VOID MiInsertSpace(PMM_ADDRESS_SPACE Space) { InsertTailList(&MiSpaces, &Space->Link); }

VOID MiInsertData(PMI_DATA Data) { InsertTailList(&MiAllData, &Data->Link); }

/* ---- User pages ---- */

BOOLEAN MiIsSectionPage(PMI_VAD Vad, ULONG64 Address, MI_PTE Pte) {
    if (Vad->Section == NULL || (Pte & MI_PTE_OUT) != 0)
        return (Pte & MI_PTE_PROTOTYPE) != 0;
    MI_PTE Own = *MiSectionPte(Vad, Address);
    return (Own & MI_PTE_OUT) == 0 && MI_PTE_FRAME(Own) == MI_PTE_FRAME(Pte);
}

/* One page of a range leaves the process. FALSE: it stays. *Freed: a frame more is free. */
static BOOLEAN MiTrimPage(PMI_VAD Vad, ULONG64 Address, MI_PTE *Pte, SIZE_T *Freed) {
    MI_PTE Old = *Pte;
    ULONG64 Slot;
    if ((Old & MI_PTE_COMMITTED) == 0 || (Old & (MI_PTE_OUT | MI_PTE_LOCKED)) != 0)
        return FALSE;
    if (MiIsSectionPage(Vad, Address, Old)) {
        *Pte = (Old & 0xFFF) | MI_PTE_OUT | MI_PTE_PROTOTYPE;
        MiDereferenceFrame(MI_PTE_FRAME(Old));
        return TRUE;
    }
    /* Pages shared with the image that they come from stay, as it does. */
    if ((Old & MI_PTE_COPY) != 0 || MiPfn[MI_PTE_FRAME(Old)].References != 1 || !MiWritePage(MI_PTE_FRAME(Old), &Slot))
        return FALSE;
    *Pte = Slot << 12 | (Old & 0xFFF) | MI_PTE_OUT;
    MiDereferenceFrame(MI_PTE_FRAME(Old));
    ++*Freed;
    return TRUE;
}

/* From Address on, until Count frames are free. The address to go on from, the range's end when it is through. */
static ULONG64 MiTrimVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Address, SIZE_T Count, SIZE_T *Freed) {
    ULONG64 First = Vad->End, Last = 0;
    for (; Address < Vad->End && *Freed < Count && Vad->Kind < MiVadMdl && !Vad->Resident; Address += PAGE_SIZE) {
        MI_PTE *Pte = MiFindPte(Space, Address);
        if (Pte == NULL) { /* nothing in the 2 MiB of this table */
            Address = (Address | 0x1FFFFF) + 1 - PAGE_SIZE;
        } else if (MiTrimPage(Vad, Address, Pte, Freed)) {
            First = Address < First ? Address : First;
            Last = Address + PAGE_SIZE;
        }
    }
    if (Last != 0)
        MiSynchronize(Space, First, Last);
    return *Freed < Count ? Vad->End : Address;
}

SIZE_T MiTrimSpace(PMM_ADDRESS_SPACE Space, SIZE_T Count) {
    SIZE_T Freed = 0;
    ULONG64 Start = Space->TrimNext;
    PMI_VAD First = MiFindVadFrom(Space, Start);
    for (PLIST_ENTRY Link = First != NULL ? &First->Link : &Space->Vads; Link != &Space->Vads && Freed < Count; Link = Link->Flink) {
        PMI_VAD Vad = CONTAINING_RECORD(Link, MI_VAD, Link);
        Space->TrimNext = MiTrimVad(Space, Vad, Vad->Start > Start ? Vad->Start : Start, Count, &Freed);
    }
    if (Freed < Count)
        Space->TrimNext = 0;
    return Freed;
}

SIZE_T MiReclaimUserMemory(SIZE_T Count) {
    SIZE_T Freed = 0, Spaces = 0;
    for (PLIST_ENTRY Link = MiSpaces.Flink; Link != &MiSpaces; Link = Link->Flink)
        Spaces += 2; /* twice round: the first time each goes on from where it was left */
    for (; Spaces != 0 && Freed < Count; Spaces--) {
        PMM_ADDRESS_SPACE Space = CONTAINING_RECORD(MiSpaces.Flink, MM_ADDRESS_SPACE, Link);
        Freed += MiTrimSpace(Space, Count - Freed);
        RemoveEntryList(&Space->Link);
        InsertTailList(&MiSpaces, &Space->Link);
    }
    return Freed;
}

VOID MmEmptyWorkingSets(VOID) {
    for (PLIST_ENTRY Link = MiSpaces.Flink; Link != &MiSpaces; Link = Link->Flink)
        MmEmptyWorkingSet(CONTAINING_RECORD(Link, MM_ADDRESS_SPACE, Link));
    MiReclaimSections(~(SIZE_T)0);
    MmSendOutPageable();
}

VOID MmEmptyWorkingSet(PMM_ADDRESS_SPACE Space) {
    Space->TrimNext = 0;
    MiTrimSpace(Space, ~(SIZE_T)0);
    MiReclaimSections(~(SIZE_T)0);
}

/* ---- Section pages ---- */

SIZE_T MiReclaimSections(SIZE_T Count) {
    SIZE_T Freed = 0;
    for (PLIST_ENTRY Link = MiAllData.Flink; Link != &MiAllData && Freed < Count; Link = Link->Flink) {
        PMI_DATA Data = CONTAINING_RECORD(Link, MI_DATA, Link);
        for (SIZE_T I = 0; I < Data->Pages && Freed < Count; I++) {
            MI_PTE Pte = Data->Ptes[I];
            ULONG64 Slot;
            if ((Pte & (MI_PTE_COMMITTED | MI_PTE_OUT)) != MI_PTE_COMMITTED || MiPfn[MI_PTE_FRAME(Pte)].References != 1 ||
                !MiWritePage(MI_PTE_FRAME(Pte), &Slot))
                continue;
            Data->Ptes[I] = Slot << 12 | (Pte & 0xFFF) | MI_PTE_OUT;
            MiDereferenceFrame(MI_PTE_FRAME(Pte));
            Freed++;
        }
    }
    return Freed;
}

static BOOLEAN MiIsViewOf(PMI_VAD Vad, PMI_DATA Data) { return Vad->Section != NULL && Vad->Section->Data == Data; }

/* The views of a section have no entries for pages that were not committed when they were made. */
static VOID MiShowCommitted(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count) {
    MI_PTE Bits =
        MI_PTE_COMMITTED | MI_PTE_OUT | MI_PTE_PROTOTYPE | (Vad->Section->Data->File != NULL ? MI_PTE_CLEAN : 0) | MiProtectBits(Vad->Protect);
    if ((Vad->Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        Bits |= MI_PTE_COPY;
    for (SIZE_T Page = First; Page < First + Count; Page++) {
        ULONG64 Address = Vad->Start + (Page - Vad->SectionPage) * PAGE_SIZE;
        MI_PTE *Pte = Page >= Vad->SectionPage && Address < Vad->End ? MiFindPte(Space, Address) : NULL;
        if (Pte != NULL && *Pte == 0)
            *Pte = Bits;
    }
}

NTSTATUS MiCommitData(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    SIZE_T Needed = 0, Out;
    for (SIZE_T I = First; I < First + Count; I++)
        Needed += Data->Ptes[I] == 0;
    if (!MiChargePages(Needed, &Out))
        return STATUS_COMMITMENT_LIMIT;
    for (SIZE_T I = First; I < First + Count; I++) {
        MM_PFN Frame;
        if (Data->Ptes[I] != 0)
            continue;
        BOOLEAN Absent = Out != 0 || !MiTakeFreeFrames(1, &Frame);
        NT_ASSERT_OURS(!Absent || Out-- != 0);
        Data->Ptes[I] = Absent ? MI_PTE_COMMITTED | MI_PTE_OUT : Frame << 12 | MI_PTE_COMMITTED;
    }
    for (PLIST_ENTRY Link = MiSpaces.Flink; Link != &MiSpaces; Link = Link->Flink) {
        PMM_ADDRESS_SPACE Space = CONTAINING_RECORD(Link, MM_ADDRESS_SPACE, Link);
        for (PLIST_ENTRY Vad = Space->Vads.Flink; Vad != &Space->Vads; Vad = Vad->Flink)
            if (MiIsViewOf(CONTAINING_RECORD(Vad, MI_VAD, Link), Data))
                MiShowCommitted(Space, CONTAINING_RECORD(Vad, MI_VAD, Link), First, Count);
    }
    return STATUS_SUCCESS;
}

VOID MiCleanPage(PMI_DATA Data, SIZE_T Page) {
    for (PLIST_ENTRY Link = MiSpaces.Flink; Link != &MiSpaces; Link = Link->Flink) {
        PMM_ADDRESS_SPACE Space = CONTAINING_RECORD(Link, MM_ADDRESS_SPACE, Link);
        for (PLIST_ENTRY At = Space->Vads.Flink; At != &Space->Vads; At = At->Flink) {
            PMI_VAD Vad = CONTAINING_RECORD(At, MI_VAD, Link);
            ULONG64 Address = Vad->Start + (Page - Vad->SectionPage) * PAGE_SIZE;
            if (!MiIsViewOf(Vad, Data) || Page < Vad->SectionPage || Address >= Vad->End)
                continue;
            MI_PTE *Pte = MiFindPte(Space, Address);
            if ((*Pte & MI_PTE_COMMITTED) == 0 || !MiIsSectionPage(Vad, Address, *Pte))
                continue;
            *Pte |= MI_PTE_CLEAN;
            MiSynchronize(Space, Address, Address + PAGE_SIZE);
        }
    }
}

/* ---- Coming back ---- */

NTSTATUS MiBringInSectionPage(MI_PTE *Pte) {
    MM_PFN Frame;
    if ((*Pte & MI_PTE_OUT) == 0)
        return STATUS_SUCCESS;
    NTSTATUS Status = MiReadPage(MI_PTE_SLOT(*Pte), &Frame);
    if (NT_SUCCESS(Status))
        *Pte = Frame << 12 | (*Pte & 0xFFF & ~MI_PTE_OUT);
    return Status;
}

NTSTATUS MiBringInUserPage(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte) {
    MM_PFN Frame;
    NTSTATUS Status;
    if (*Pte & MI_PTE_PROTOTYPE) {
        MI_PTE *Own = MiSectionPte(MiFindVad(Space, Page), Page);
        Status = MiBringInSectionPage(Own);
        if (!NT_SUCCESS(Status))
            return Status;
        Frame = MI_PTE_FRAME(*Own);
        MiReferenceFrame(Frame);
    } else if (!NT_SUCCESS(Status = MiReadPage(MI_PTE_SLOT(*Pte), &Frame))) {
        return Status;
    }
    *Pte = Frame << 12 | (*Pte & 0xFFF & ~(MI_PTE_OUT | MI_PTE_PROTOTYPE));
    MiSynchronize(Space, Page, Page + PAGE_SIZE);
    return STATUS_SUCCESS;
}

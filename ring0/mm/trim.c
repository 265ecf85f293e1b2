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
    MI_PTE own = *MiSectionPte(Vad, Address);
    return (own & MI_PTE_OUT) == 0 && MI_PTE_FRAME(own) == MI_PTE_FRAME(Pte);
}

/* One page of a range leaves the process. FALSE: it stays. *Freed: a frame more is free. */
static BOOLEAN MiTrimPage(PMI_VAD Vad, ULONG64 Address, MI_PTE *Pte, SIZE_T *Freed) {
    MI_PTE pte = *Pte;
    ULONG64 slot;
    if ((pte & MI_PTE_COMMITTED) == 0 || (pte & (MI_PTE_OUT | MI_PTE_LOCKED)) != 0)
        return FALSE;
    if (MiIsSectionPage(Vad, Address, pte)) {
        *Pte = (pte & 0xFFF) | MI_PTE_OUT | MI_PTE_PROTOTYPE;
        MiDereferenceFrame(MI_PTE_FRAME(pte));
        return TRUE;
    }
    /* Pages shared with the image that they come from stay, as it does. */
    if ((pte & MI_PTE_COPY) != 0 || MiPfn[MI_PTE_FRAME(pte)].References != 1 || !MiWritePage(MI_PTE_FRAME(pte), &slot))
        return FALSE;
    *Pte = slot << 12 | (pte & 0xFFF) | MI_PTE_OUT;
    MiDereferenceFrame(MI_PTE_FRAME(pte));
    ++*Freed;
    return TRUE;
}

/* From Address on, until Count frames are free. The address to go on from, the range's end when it is through. */
static ULONG64 MiTrimVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Address, SIZE_T Count, SIZE_T *Freed) {
    ULONG64 first = Vad->End, last = 0;
    for (; Address < Vad->End && *Freed < Count && Vad->Kind < MiVadMdl && !Vad->Resident; Address += PAGE_SIZE) {
        MI_PTE *pte = MiFindPte(Space, Address);
        if (pte == NULL) { /* nothing in the 2 MiB of this table */
            Address = (Address | 0x1FFFFF) + 1 - PAGE_SIZE;
        } else if (MiTrimPage(Vad, Address, pte, Freed)) {
            first = Address < first ? Address : first;
            last = Address + PAGE_SIZE;
        }
    }
    if (last != 0)
        MiSynchronize(Space, first, last);
    return *Freed < Count ? Vad->End : Address;
}

SIZE_T MiTrimSpace(PMM_ADDRESS_SPACE Space, SIZE_T Count) {
    SIZE_T freed = 0;
    ULONG64 start = Space->TrimNext;
    PMI_VAD first = MiFindVadFrom(Space, start);
    for (PLIST_ENTRY link = first != NULL ? &first->Link : &Space->Vads; link != &Space->Vads && freed < Count; link = link->Flink) {
        PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
        Space->TrimNext = MiTrimVad(Space, vad, vad->Start > start ? vad->Start : start, Count, &freed);
    }
    if (freed < Count)
        Space->TrimNext = 0;
    return freed;
}

SIZE_T MiReclaimUserMemory(SIZE_T Count) {
    SIZE_T freed = 0, spaces = 0;
    for (PLIST_ENTRY link = MiSpaces.Flink; link != &MiSpaces; link = link->Flink)
        spaces += 2; /* twice round: the first time each goes on from where it was left */
    for (; spaces != 0 && freed < Count; spaces--) {
        PMM_ADDRESS_SPACE space = CONTAINING_RECORD(MiSpaces.Flink, MM_ADDRESS_SPACE, Link);
        freed += MiTrimSpace(space, Count - freed);
        RemoveEntryList(&space->Link);
        InsertTailList(&MiSpaces, &space->Link);
    }
    return freed;
}

VOID MmEmptyWorkingSets(VOID) {
    for (PLIST_ENTRY link = MiSpaces.Flink; link != &MiSpaces; link = link->Flink)
        MmEmptyWorkingSet(CONTAINING_RECORD(link, MM_ADDRESS_SPACE, Link));
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
    SIZE_T freed = 0;
    for (PLIST_ENTRY link = MiAllData.Flink; link != &MiAllData && freed < Count; link = link->Flink) {
        PMI_DATA data = CONTAINING_RECORD(link, MI_DATA, Link);
        for (SIZE_T i = 0; i < data->Pages && freed < Count; i++) {
            MI_PTE pte = data->Ptes[i];
            ULONG64 slot;
            if ((pte & (MI_PTE_COMMITTED | MI_PTE_OUT)) != MI_PTE_COMMITTED || MiPfn[MI_PTE_FRAME(pte)].References != 1 ||
                !MiWritePage(MI_PTE_FRAME(pte), &slot))
                continue;
            data->Ptes[i] = slot << 12 | (pte & 0xFFF) | MI_PTE_OUT;
            MiDereferenceFrame(MI_PTE_FRAME(pte));
            freed++;
        }
    }
    return freed;
}

static BOOLEAN MiIsViewOf(PMI_VAD Vad, PMI_DATA Data) { return Vad->Section != NULL && Vad->Section->Data == Data; }

/* The views of a section have no entries for pages that were not committed when they were made. */
static VOID MiShowCommitted(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, SIZE_T First, SIZE_T Count) {
    MI_PTE bits =
        MI_PTE_COMMITTED | MI_PTE_OUT | MI_PTE_PROTOTYPE | (Vad->Section->Data->File != NULL ? MI_PTE_CLEAN : 0) | MiProtectBits(Vad->Protect);
    if ((Vad->Protect & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) != 0)
        bits |= MI_PTE_COPY;
    for (SIZE_T page = First; page < First + Count; page++) {
        ULONG64 address = Vad->Start + (page - Vad->SectionPage) * PAGE_SIZE;
        MI_PTE *pte = page >= Vad->SectionPage && address < Vad->End ? MiFindPte(Space, address) : NULL;
        if (pte != NULL && *pte == 0)
            *pte = bits;
    }
}

NTSTATUS MiCommitData(PMI_DATA Data, SIZE_T First, SIZE_T Count) {
    SIZE_T needed = 0, out;
    for (SIZE_T i = First; i < First + Count; i++)
        needed += Data->Ptes[i] == 0;
    if (!MiChargePages(needed, &out))
        return STATUS_COMMITMENT_LIMIT;
    for (SIZE_T i = First; i < First + Count; i++) {
        MM_PFN frame;
        if (Data->Ptes[i] != 0)
            continue;
        BOOLEAN absent = out != 0 || !MiTakeFreeFrames(1, &frame);
        NT_ASSERT_OURS(!absent || out-- != 0);
        Data->Ptes[i] = absent ? MI_PTE_COMMITTED | MI_PTE_OUT : frame << 12 | MI_PTE_COMMITTED;
    }
    for (PLIST_ENTRY link = MiSpaces.Flink; link != &MiSpaces; link = link->Flink) {
        PMM_ADDRESS_SPACE space = CONTAINING_RECORD(link, MM_ADDRESS_SPACE, Link);
        for (PLIST_ENTRY vad = space->Vads.Flink; vad != &space->Vads; vad = vad->Flink)
            if (MiIsViewOf(CONTAINING_RECORD(vad, MI_VAD, Link), Data))
                MiShowCommitted(space, CONTAINING_RECORD(vad, MI_VAD, Link), First, Count);
    }
    return STATUS_SUCCESS;
}

VOID MiCleanPage(PMI_DATA Data, SIZE_T Page) {
    for (PLIST_ENTRY link = MiSpaces.Flink; link != &MiSpaces; link = link->Flink) {
        PMM_ADDRESS_SPACE space = CONTAINING_RECORD(link, MM_ADDRESS_SPACE, Link);
        for (PLIST_ENTRY at = space->Vads.Flink; at != &space->Vads; at = at->Flink) {
            PMI_VAD vad = CONTAINING_RECORD(at, MI_VAD, Link);
            ULONG64 address = vad->Start + (Page - vad->SectionPage) * PAGE_SIZE;
            if (!MiIsViewOf(vad, Data) || Page < vad->SectionPage || address >= vad->End)
                continue;
            MI_PTE *pte = MiFindPte(space, address);
            if ((*pte & MI_PTE_COMMITTED) == 0 || !MiIsSectionPage(vad, address, *pte))
                continue;
            *pte |= MI_PTE_CLEAN;
            MiSynchronize(space, address, address + PAGE_SIZE);
        }
    }
}

/* ---- Coming back ---- */

NTSTATUS MiBringInSectionPage(MI_PTE *Pte) {
    MM_PFN frame;
    if ((*Pte & MI_PTE_OUT) == 0)
        return STATUS_SUCCESS;
    NTSTATUS status = MiReadPage(MI_PTE_SLOT(*Pte), &frame);
    if (NT_SUCCESS(status))
        *Pte = frame << 12 | (*Pte & 0xFFF & ~MI_PTE_OUT);
    return status;
}

NTSTATUS MiBringInUserPage(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte) {
    MM_PFN frame;
    NTSTATUS status;
    if (*Pte & MI_PTE_PROTOTYPE) {
        MI_PTE *own = MiSectionPte(MiFindVad(Space, Page), Page);
        status = MiBringInSectionPage(own);
        if (!NT_SUCCESS(status))
            return status;
        frame = MI_PTE_FRAME(*own);
        MiReferenceFrame(frame);
    } else if (!NT_SUCCESS(status = MiReadPage(MI_PTE_SLOT(*Pte), &frame))) {
        return status;
    }
    *Pte = frame << 12 | (*Pte & 0xFFF & ~(MI_PTE_OUT | MI_PTE_PROTOTYPE));
    MiSynchronize(Space, Page, Page + PAGE_SIZE);
    return STATUS_SUCCESS;
}

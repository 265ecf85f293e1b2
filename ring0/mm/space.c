#include "mm/mi.h"

/*
 * A process's user memory: ranges (vad.c) and a four-level table with an entry for each committed page. The table is the truth; what
 * the host has mapped while the space is current follows from it: mapped.c.
 */

static const ULONG MiLevelShift[3] = {39, 30, 21};

NTSTATUS MmCreateAddressSpace(PMM_ADDRESS_SPACE *Space) {
    PMM_ADDRESS_SPACE NewSpace = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*NewSpace), 'dAmM');
    MM_PFN Root;
    if (NewSpace == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!MiAllocateFrames(1, ~0ull, &Root)) {
        ExFreePoolWithTag(NewSpace, 'dAmM');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(NewSpace, sizeof(*NewSpace));
    NewSpace->Root = MiRamAddress(Root);
    InitializeListHead(&NewSpace->Vads);
    InitializeListHead(&NewSpace->Secured);
    NewSpace->WorkingSet[0] = MI_WORKING_SET_LEAST;
    NewSpace->WorkingSet[1] = MI_WORKING_SET_MOST;
    MiInsertSpace(NewSpace);
    *Space = NewSpace;
    return STATUS_SUCCESS;
}

static MM_PFN MiFrameOfTable(const VOID *Table) { return ((ULONG64)Table - HAL_RAM_BASE) / PAGE_SIZE; }

static VOID MiFreeTables(MI_PTE *Table, ULONG Level) {
    for (ULONG I = 0; I < MI_TABLE_ENTRIES && Level < 3; I++)
        if (Table[I] != 0)
            MiFreeTables((MI_PTE *)Table[I], Level + 1);
    MiDereferenceFrame(MiFrameOfTable(Table));
}

VOID MmDeleteAddressSpace(PMM_ADDRESS_SPACE Space) {
    NT_ASSERT_OURS(Space != MmCurrentAddressSpace);
    if (Space->LockedPages != 0)
        KeBugCheckEx(PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)Space->LockingProcess, (ULONG_PTR)Space->LockedPages, 0);
    while (!IsListEmpty(&Space->Vads))
        MiDeleteVad(Space, CONTAINING_RECORD(Space->Vads.Flink, MI_VAD, Link));
    RemoveEntryList(&Space->Link);
    MiForgetSecured(Space);
    MiFreeTables(Space->Root, 0);
    ExFreePoolWithTag(Space, 'dAmM');
}

/* ---- The table ---- */

MI_PTE *MiFindPte(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    MI_PTE *Table = Space->Root;
    if (Address >= HAL_USER_END)
        return NULL;
    for (ULONG Level = 0; Level < 3; Level++) {
        Table = (MI_PTE *)Table[Address >> MiLevelShift[Level] & (MI_TABLE_ENTRIES - 1)];
        if (Table == NULL)
            return NULL;
    }
    return &Table[Address >> 12 & (MI_TABLE_ENTRIES - 1)];
}

BOOLEAN MiMakeTables(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    for (ULONG64 Address = Start & ~(MI_LEAF_SPAN - 1); Address < End; Address += MI_LEAF_SPAN) {
        MI_PTE *Table = Space->Root;
        for (ULONG Level = 0; Level < 3; Level++) {
            MI_PTE *Entry = &Table[Address >> MiLevelShift[Level] & (MI_TABLE_ENTRIES - 1)];
            if (*Entry == 0) {
                MM_PFN Frame;
                if (!MiAllocateFrames(1, ~0ull, &Frame))
                    return FALSE;
                *Entry = (MI_PTE)MiRamAddress(Frame);
            }
            Table = (MI_PTE *)*Entry;
        }
    }
    return TRUE;
}

/* ---- Protections ---- */

LONG MiProtectIndex(ULONG Protect) {
    ULONG Base = Protect & 0xFF, Modifiers = Protect & ~0xFFu;
    if (Base == 0 || (Base & (Base - 1)) != 0 || (Modifiers & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)) != 0)
        return -1;
    if ((Base == PAGE_NOACCESS && Modifiers != 0) || (Modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE)) == (PAGE_NOCACHE | PAGE_WRITECOMBINE))
        return -1;
    return __builtin_ctz(Base);
}

MI_PTE MiProtectBits(ULONG Protect) {
    return (MI_PTE)__builtin_ctz(Protect & 0xFF) << MI_PTE_PROTECT_SHIFT | ((Protect & PAGE_GUARD) ? MI_PTE_GUARD : 0) |
           ((Protect & PAGE_NOCACHE) ? MI_PTE_NOCACHE : 0) | ((Protect & PAGE_WRITECOMBINE) ? MI_PTE_WRITECOMBINE : 0);
}

ULONG MiPteProtect(MI_PTE Pte) {
    ULONG Base = 1u << (Pte >> MI_PTE_PROTECT_SHIFT & 7);
    /* A copy of its own has been made: nothing is left to copy on a write. */
    if ((Pte & MI_PTE_COPY) == 0 && (Base == PAGE_WRITECOPY || Base == PAGE_EXECUTE_WRITECOPY))
        Base >>= 1;
    return Base | ((Pte & MI_PTE_GUARD) ? PAGE_GUARD : 0) | ((Pte & MI_PTE_NOCACHE) ? PAGE_NOCACHE : 0) |
           ((Pte & MI_PTE_WRITECOMBINE) ? PAGE_WRITECOMBINE : 0);
}

ULONG MiPteHostProtection(MI_PTE Pte) {
    if (Pte & MI_PTE_OUT)
        return HAL_PROT_NONE;
    return (Pte & MI_PTE_CLEAN) ? MiPteAccess(Pte) & ~HAL_PROT_WRITE : MiPteAccess(Pte);
}

ULONG MiPteAccess(MI_PTE Pte) {
    if ((Pte & MI_PTE_COMMITTED) == 0 || (Pte & MI_PTE_GUARD) != 0)
        return HAL_PROT_NONE;
    switch (1u << (Pte >> MI_PTE_PROTECT_SHIFT & 7)) {
    case PAGE_READONLY: return HAL_PROT_READ;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY: return (Pte & MI_PTE_COPY) ? HAL_PROT_READ : HAL_PROT_READ | HAL_PROT_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: return HAL_PROT_READ | HAL_PROT_EXEC;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY: return (Pte & MI_PTE_COPY) ? HAL_PROT_READ | HAL_PROT_EXEC : HAL_PROT_READ | HAL_PROT_WRITE | HAL_PROT_EXEC;
    default: return HAL_PROT_NONE;
    }
}

#include "mm/mi.h"

/*
 * A process's user memory: ranges (vad.c) and a four-level table with an entry for each committed page. The table is the truth; what
 * the host has mapped while the space is current follows from it, run by run: pages with consecutive addresses, consecutive frames
 * and equal access are one host call.
 *
 * KUSER_SHARED_DATA and the page behind it belong to no space: they are mapped always.
 */

PMM_ADDRESS_SPACE MmCurrentAddressSpace;

#define MI_TABLE_ENTRIES 512
#define MI_LEAF_SPAN     (MI_TABLE_ENTRIES * (ULONG64)PAGE_SIZE)

static const ULONG MiLevelShift[3] = {39, 30, 21};

NTSTATUS MmCreateAddressSpace(PMM_ADDRESS_SPACE *Space) {
    PMM_ADDRESS_SPACE space = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*space), 'dAmM');
    MM_PFN root;
    if (space == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!MiAllocateFrames(1, ~0ull, &root)) {
        ExFreePoolWithTag(space, 'dAmM');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(space, sizeof(*space));
    space->Root = MiRamAddress(root);
    InitializeListHead(&space->Vads);
    InitializeListHead(&space->Secured);
    space->WorkingSet[0] = MI_WORKING_SET_LEAST;
    space->WorkingSet[1] = MI_WORKING_SET_MOST;
    MiInsertSpace(space);
    *Space = space;
    return STATUS_SUCCESS;
}

static MM_PFN MiFrameOfTable(const VOID *Table) { return ((ULONG64)Table - HAL_RAM_BASE) / PAGE_SIZE; }

static VOID MiFreeTables(MI_PTE *Table, ULONG Level) {
    for (ULONG i = 0; i < MI_TABLE_ENTRIES && Level < 3; i++)
        if (Table[i] != 0)
            MiFreeTables((MI_PTE *)Table[i], Level + 1);
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
    if (Space->Runs != NULL)
        ExFreePoolWithTag(Space->Runs, 'nRmM');
    ExFreePoolWithTag(Space, 'dAmM');
}

/* ---- The table ---- */

MI_PTE *MiFindPte(PMM_ADDRESS_SPACE Space, ULONG64 Address) {
    MI_PTE *table = Space->Root;
    if (Address >= HAL_USER_END)
        return NULL;
    for (ULONG level = 0; level < 3; level++) {
        table = (MI_PTE *)table[Address >> MiLevelShift[level] & (MI_TABLE_ENTRIES - 1)];
        if (table == NULL)
            return NULL;
    }
    return &table[Address >> 12 & (MI_TABLE_ENTRIES - 1)];
}

BOOLEAN MiMakeTables(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    for (ULONG64 address = Start & ~(MI_LEAF_SPAN - 1); address < End; address += MI_LEAF_SPAN) {
        MI_PTE *table = Space->Root;
        for (ULONG level = 0; level < 3; level++) {
            MI_PTE *entry = &table[address >> MiLevelShift[level] & (MI_TABLE_ENTRIES - 1)];
            if (*entry == 0) {
                MM_PFN frame;
                if (!MiAllocateFrames(1, ~0ull, &frame))
                    return FALSE;
                *entry = (MI_PTE)MiRamAddress(frame);
            }
            table = (MI_PTE *)*entry;
        }
    }
    return TRUE;
}

/* ---- Protections ---- */

LONG MiProtectIndex(ULONG Protect) {
    ULONG base = Protect & 0xFF, modifiers = Protect & ~0xFFu;
    if (base == 0 || (base & (base - 1)) != 0 || (modifiers & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)) != 0)
        return -1;
    if ((base == PAGE_NOACCESS && modifiers != 0) || (modifiers & (PAGE_NOCACHE | PAGE_WRITECOMBINE)) == (PAGE_NOCACHE | PAGE_WRITECOMBINE))
        return -1;
    return __builtin_ctz(base);
}

MI_PTE MiProtectBits(ULONG Protect) {
    return (MI_PTE)__builtin_ctz(Protect & 0xFF) << MI_PTE_PROTECT_SHIFT | ((Protect & PAGE_GUARD) ? MI_PTE_GUARD : 0) |
           ((Protect & PAGE_NOCACHE) ? MI_PTE_NOCACHE : 0) | ((Protect & PAGE_WRITECOMBINE) ? MI_PTE_WRITECOMBINE : 0);
}

ULONG MiPteProtect(MI_PTE Pte) {
    ULONG base = 1u << (Pte >> MI_PTE_PROTECT_SHIFT & 7);
    /* A copy of its own has been made: nothing is left to copy on a write. */
    if ((Pte & MI_PTE_COPY) == 0 && (base == PAGE_WRITECOPY || base == PAGE_EXECUTE_WRITECOPY))
        base >>= 1;
    return base | ((Pte & MI_PTE_GUARD) ? PAGE_GUARD : 0) | ((Pte & MI_PTE_NOCACHE) ? PAGE_NOCACHE : 0) |
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

/* ---- What the host has mapped ---- */

/* The next run of [*Address, End); FALSE when nothing accessible is left. *Address moves behind it. */
static BOOLEAN MiNextRun(PMM_ADDRESS_SPACE Space, ULONG64 *Address, ULONG64 End, MI_RUN *Run) {
    Run->Size = 0;
    while (*Address < End) {
        MI_PTE *pte = MiFindPte(Space, *Address);
        ULONG64 leaf_end = (*Address & ~(MI_LEAF_SPAN - 1)) + MI_LEAF_SPAN, limit = leaf_end < End ? leaf_end : End;
        if (pte == NULL) {
            if (Run->Size != 0)
                return TRUE;
            *Address = limit;
            continue;
        }
        for (; *Address < limit; *Address += PAGE_SIZE, pte++) {
            ULONG protection = MiPteHostProtection(*pte);
            if (Run->Size == 0) {
                if (protection != HAL_PROT_NONE)
                    *Run = (MI_RUN){*Address, PAGE_SIZE, MI_PTE_FRAME(*pte), protection};
            } else if (protection == Run->Protection && MI_PTE_FRAME(*pte) == Run->Frame + Run->Size / PAGE_SIZE) {
                Run->Size += PAGE_SIZE;
            } else {
                return TRUE;
            }
        }
    }
    return Run->Size != 0;
}

static VOID MiMapRun(const MI_RUN *Run) {
    LONG64 error = HalOps->map(Run->Address, Run->Frame * PAGE_SIZE, Run->Size, Run->Protection);
    NT_ASSERT_OURS(error == 0);
}

static VOID MiUnmapUserRange(ULONG64 Start, ULONG64 End) {
    const ULONG64 shared = HAL_KUSER_USER, shared_end = HAL_SYSCALL_PAGE + PAGE_SIZE;
    if (Start < shared && End > Start)
        HalOps->unmap(Start, (End < shared ? End : shared) - Start);
    if (End > shared_end)
        HalOps->unmap(Start > shared_end ? Start : shared_end, End - (Start > shared_end ? Start : shared_end));
}

VOID MiSynchronize(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End) {
    Space->RunsValid = FALSE;
    if (Space != MmCurrentAddressSpace)
        return;
    ULONG64 address = Start, gap = Start;
    MI_RUN run;
    while (MiNextRun(Space, &address, End, &run)) {
        if (run.Address > gap)
            HalOps->unmap(gap, run.Address - gap);
        MiMapRun(&run);
        gap = run.Address + run.Size;
    }
    if (End > gap)
        HalOps->unmap(gap, End - gap);
}

/* Writes down the space's runs, so that the next switch to it does not have to look for them. Without memory for the list it is made anew each time. */
static VOID MiAppendRun(PMM_ADDRESS_SPACE Space, const MI_RUN *Run) {
    if (Space->RunCount == Space->RunCapacity) {
        SIZE_T capacity = Space->RunCapacity != 0 ? Space->RunCapacity * 2 : 32;
        MI_RUN *runs = ExAllocatePoolWithTag(NonPagedPoolNx, capacity * sizeof(MI_RUN), 'nRmM');
        if (runs == NULL) {
            Space->RunsValid = FALSE;
            return;
        }
        if (Space->Runs != NULL) {
            RtlCopyMemory(runs, Space->Runs, Space->RunCount * sizeof(MI_RUN));
            ExFreePoolWithTag(Space->Runs, 'nRmM');
        }
        Space->Runs = runs;
        Space->RunCapacity = capacity;
    }
    Space->Runs[Space->RunCount++] = *Run;
}

static VOID MiMapSpace(PMM_ADDRESS_SPACE Space) {
    if (Space->RunsValid) {
        for (SIZE_T i = 0; i < Space->RunCount; i++)
            MiMapRun(&Space->Runs[i]);
        return;
    }
    Space->RunCount = 0;
    Space->RunsValid = TRUE;
    for (PLIST_ENTRY link = Space->Vads.Flink; link != &Space->Vads; link = link->Flink) {
        PMI_VAD vad = CONTAINING_RECORD(link, MI_VAD, Link);
        ULONG64 address = vad->Start;
        MI_RUN run;
        while (MiNextRun(Space, &address, vad->End, &run)) {
            MiMapRun(&run);
            if (Space->RunsValid)
                MiAppendRun(Space, &run);
        }
    }
}

VOID MmSwitchAddressSpace(PMM_ADDRESS_SPACE Space) {
    PMM_ADDRESS_SPACE old = MmCurrentAddressSpace;
    if (old == Space)
        return;
    if (old != NULL && !IsListEmpty(&old->Vads))
        MiUnmapUserRange(CONTAINING_RECORD(old->Vads.Flink, MI_VAD, Link)->Start, CONTAINING_RECORD(old->Vads.Blink, MI_VAD, Link)->End);
    MmCurrentAddressSpace = Space;
    if (Space != NULL)
        MiMapSpace(Space);
}

/* Memory and processors, as NtQuerySystemInformation counts them. */
#include "ex/query.h"
#include "mm/mm.h"
#include "ps/ps.h"

NTSTATUS ExpBasicInformation(PEXP_ANSWER Answer) {
    NT_SYSTEM_BASIC_INFORMATION *Basic = ExpAppend(Answer, sizeof(*Basic));

    if (Basic == NULL)
        return STATUS_SUCCESS;
    Basic->TimerResolution = KI_TIME_INCREMENT;
    Basic->PageSize = PAGE_SIZE;
    Basic->NumberOfPhysicalPages = (ULONG)(KiMachine->ram_size / PAGE_SIZE);
    Basic->HighestPhysicalPageNumber = Basic->NumberOfPhysicalPages - 1;
    Basic->AllocationGranularity = 0x10000;
    Basic->MinimumUserModeAddress = HAL_USER_START;
    Basic->MaximumUserModeAddress = HAL_USER_END - 0x10001;
    Basic->ActiveProcessorsAffinityMask = KeQueryActiveProcessors();
    Basic->NumberOfProcessors = (CCHAR)KiMachine->cpus;
    return STATUS_SUCCESS;
}

NTSTATUS ExpProcessorInformation(PEXP_ANSWER Answer) {
    NT_SYSTEM_PROCESSOR_INFORMATION *Processor = ExpAppend(Answer, sizeof(*Processor));

    if (Processor == NULL)
        return STATUS_SUCCESS;
    Processor->ProcessorArchitecture = 9; /* PROCESSOR_ARCHITECTURE_AMD64 */
    Processor->ProcessorLevel = 6;
    Processor->MaximumProcessors = (USHORT)KiMachine->cpus;
    return STATUS_SUCCESS;
}

/* ---- Time and switches, as far as the threads that there are have counted them ---- */
static ULONG64 ExpSumThreads(ULONG64 *Kernel, ULONG64 *User) {
    ULONG64 Switches = 0;

    *Kernel = *User = 0;
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink) {
            PKTHREAD Thread = CONTAINING_RECORD(Entry, struct _KTHREAD, ThreadListEntry);

            *Kernel += Thread->KernelTime;
            *User += Thread->UserTime;
            Switches += Thread->ContextSwitches;
        }
    }
    return Switches;
}

static VOID ExpCountPool(PVOID Context, PVOID Block, SIZE_T Bytes, ULONG Tag, BOOLEAN Paged) {
    SIZE_T *Used = Context;

    Used[Paged] += Bytes;
}

NTSTATUS ExpPerformanceInformation(PEXP_ANSWER Answer) {
    ULONG Size =
        Answer->Length >= sizeof(NT_SYSTEM_PERFORMANCE_INFORMATION) ? sizeof(NT_SYSTEM_PERFORMANCE_INFORMATION) : NT_SYSTEM_PERFORMANCE_SHORTEST;
    PVOID Room = ExpAppend(Answer, Size);
    NT_SYSTEM_PERFORMANCE_INFORMATION Counts = {0};
    ULONG64 Kernel, User;
    SIZE_T Used[2] = {0, 0};

    if (Room == NULL)
        return STATUS_SUCCESS;
    MmListPool(ExpCountPool, Used);
    Counts.ContextSwitches = (ULONG)ExpSumThreads(&Kernel, &User);
    Counts.IdleProcessTime.QuadPart = (LONGLONG)(KiQueryInterruptTime() * KiMachine->cpus - Kernel - User);
    Counts.AvailablePages = (ULONG)MmFreeFrames;
    Counts.CommitLimit = (ULONG)(3 * MmTotalFrames); /* RAM and a paging file of twice its size */
    Counts.CommittedPages = (ULONG)(MmTotalFrames - MmFreeFrames + MmPagesOut);
    Counts.PeakCommitment = Counts.CommittedPages;
    Counts.NonPagedPoolPages = (ULONG)((Used[0] + PAGE_SIZE - 1) / PAGE_SIZE);
    Counts.PagedPoolPages = (ULONG)((Used[1] + PAGE_SIZE - 1) / PAGE_SIZE);
    Counts.ResidentAvailablePages = (LONG64)MmFreeFrames;
    RtlCopyMemory(Room, &Counts, Size);
    return STATUS_SUCCESS;
}

/* What the threads have used is counted for the machine, and stands with the first processor. */
NTSTATUS ExpProcessorPerformanceInformation(PEXP_ANSWER Answer) {
    ULONG64 Kernel, User, Now = KiQueryInterruptTime();

    ExpSumThreads(&Kernel, &User);
    for (ULONG Index = 0; Index < KiMachine->cpus; Index++) {
        NT_SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION *Entry = ExpAppend(Answer, sizeof(*Entry));

        if (Entry == NULL)
            continue;
        Entry->UserTime.QuadPart = (LONGLONG)(Index == 0 ? User : 0);
        Entry->KernelTime.QuadPart = (LONGLONG)(Index == 0 ? Now - User : Now);
        Entry->IdleTime.QuadPart = (LONGLONG)(Index == 0 ? Now - User - Kernel : Now);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpInterruptInformation(PEXP_ANSWER Answer) {
    ULONG64 Kernel, User, Switches = ExpSumThreads(&Kernel, &User);

    for (ULONG Index = 0; Index < KiMachine->cpus; Index++) {
        NT_SYSTEM_INTERRUPT_INFORMATION *Entry = ExpAppend(Answer, sizeof(*Entry));

        if (Entry == NULL)
            continue;
        Entry->ContextSwitches = Index == 0 ? (ULONG)Switches : 0;
        Entry->TimeIncrement = KI_TIME_INCREMENT;
    }
    return STATUS_SUCCESS;
}

/* A core for each processor, all of one package and one node. */
NTSTATUS ExpLogicalProcessorInformation(PEXP_ANSWER Answer) {
    for (ULONG Index = 0; Index < KiMachine->cpus + 2; Index++) {
        NT_SYSTEM_LOGICAL_PROCESSOR_INFORMATION *Entry = ExpAppend(Answer, sizeof(*Entry));

        if (Entry == NULL)
            continue;
        Entry->ProcessorMask = Index < KiMachine->cpus ? 1ull << Index : KeQueryActiveProcessors();
        Entry->Relationship = Index < KiMachine->cpus    ? RelationProcessorCore
                              : Index == KiMachine->cpus ? RelationProcessorPackage
                                                         : RelationNumaNode;
    }
    return STATUS_SUCCESS;
}

/* ---- Pool ---- */
typedef struct _EXP_TAGS { /* hashed by tag, open addressing; Tag 0 and no counts: free */
    NT_SYSTEM_POOLTAG *Entries;
    ULONG Mask, Count;
    BOOLEAN Full;
} EXP_TAGS;

static VOID ExpCountTag(PVOID Context, PVOID Block, SIZE_T Bytes, ULONG Tag, BOOLEAN Paged) {
    EXP_TAGS *Tags = Context;
    ULONG At = (Tag * 0x9E3779B1u) >> 8 & Tags->Mask;

    while (Tags->Entries[At].Tag != Tag && Tags->Entries[At].Tag != 0)
        At = (At + 1) & Tags->Mask;
    if (Tags->Entries[At].Tag == 0) {
        if (Tags->Count == Tags->Mask) { /* one stays free */
            Tags->Full = TRUE;
            return;
        }
        Tags->Count++;
        Tags->Entries[At].Tag = Tag;
    }
    if (Paged) {
        Tags->Entries[At].Paged.Allocs++;
        Tags->Entries[At].Paged.Used += Bytes;
    } else {
        Tags->Entries[At].NonPaged.Allocs++;
        Tags->Entries[At].NonPaged.Used += Bytes;
    }
}

/* The pools do not count what was freed: Allocs is what there is, and Frees 0. */
NTSTATUS ExpPoolTagInformation(PEXP_ANSWER Answer) {
    EXP_TAGS Tags = {.Mask = 255};

    do {
        if (Tags.Entries != NULL)
            ExFreePool(Tags.Entries);
        Tags = (EXP_TAGS){.Mask = Tags.Mask * 2 + 1};
        Tags.Entries = ExAllocatePoolWithTag(NonPagedPoolNx, (Tags.Mask + 1) * sizeof(*Tags.Entries), 'gatS');
        if (Tags.Entries == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Tags.Entries, (Tags.Mask + 1) * sizeof(*Tags.Entries));
        MmListPool(ExpCountTag, &Tags);
    } while (Tags.Full);
    PULONG_PTR Count = ExpAppend(Answer, sizeof(ULONG_PTR));
    if (Count != NULL)
        *Count = Tags.Count;
    for (ULONG Index = 0; Index <= Tags.Mask; Index++) {
        NT_SYSTEM_POOLTAG *Entry = Tags.Entries[Index].Tag != 0 ? ExpAppend(Answer, sizeof(*Entry)) : NULL;

        if (Entry != NULL)
            *Entry = Tags.Entries[Index];
    }
    ExFreePool(Tags.Entries);
    return STATUS_SUCCESS;
}

static VOID ExpAppendBigPool(PVOID Context, PVOID Block, SIZE_T Bytes, ULONG Tag, BOOLEAN Paged) {
    EXP_ANSWER *Answer = Context;
    NT_SYSTEM_BIGPOOL_ENTRY *Entry = (ULONG_PTR)Block % PAGE_SIZE == 0 && Bytes >= PAGE_SIZE / 2 ? ExpAppend(Answer, sizeof(*Entry)) : NULL;

    if (Entry != NULL)
        *Entry = (NT_SYSTEM_BIGPOOL_ENTRY){(ULONG_PTR)Block | !Paged, Bytes, Tag};
}

NTSTATUS ExpBigPoolInformation(PEXP_ANSWER Answer) {
    ULONG Start = Answer->Size;
    PULONG_PTR Count = ExpAppend(Answer, sizeof(ULONG_PTR));

    MmListPool(ExpAppendBigPool, Answer);
    if (Count != NULL)
        *Count = (Answer->Size - Start - sizeof(ULONG_PTR)) / sizeof(NT_SYSTEM_BIGPOOL_ENTRY);
    return STATUS_SUCCESS;
}

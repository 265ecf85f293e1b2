/* How processors lie: each is a core of its own, all are one package, one NUMA node and one group. And what there is not: an auxiliary counter, counters of hardware events. */
#include "ke/ke.h"

NTSTATUS NTAPI KeQueryAuxiliaryCounterFrequency(PULONG64 AuxiliaryCounterFrequency);
NTSTATUS NTAPI KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64 Value, PULONG64 PerformanceCounter, PULONG64 Error);
NTSTATUS NTAPI KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64 Value, PULONG64 AuxiliaryCounter, PULONG64 Error);
BOOLEAN NTAPI KeAreInterruptsEnabled(VOID);

USHORT NTAPI KeQueryHighestNodeNumber(VOID) { return 0; }

USHORT NTAPI KeGetCurrentNodeNumber(VOID) { return 0; }

USHORT NTAPI KeQueryNodeMaximumProcessorCount(USHORT NodeNumber) { return NodeNumber == 0 ? (USHORT)KiMachine->cpus : 0; }

VOID NTAPI KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count) {
    if (Affinity != NULL)
        *Affinity = (GROUP_AFFINITY){.Mask = NodeNumber == 0 ? KeQueryActiveProcessors() : 0};
    if (Count != NULL)
        *Count = NodeNumber == 0 ? (USHORT)KiMachine->cpus : 0;
}

/* ---- KeQueryLogicalProcessorRelationship ---- */
#define PROCESSOR_ENTRY (FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor) + sizeof(PROCESSOR_RELATIONSHIP))
#define NODE_ENTRY      (FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, NumaNode) + sizeof(NUMA_NODE_RELATIONSHIP))
#define GROUP_ENTRY     (FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Group) + sizeof(GROUP_RELATIONSHIP))

typedef struct _KI_TOPOLOGY {
    PUCHAR Data; /* NULL: only the size is wanted */
    ULONG Size;
} KI_TOPOLOGY, *PKI_TOPOLOGY;

static PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX KipAppend(PKI_TOPOLOGY Topology, LOGICAL_PROCESSOR_RELATIONSHIP Relationship, ULONG Size) {
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Entry = Topology->Data != NULL ? (PVOID)(Topology->Data + Topology->Size) : NULL;

    Topology->Size += Size;
    if (Entry != NULL) {
        RtlZeroMemory(Entry, Size);
        Entry->Relationship = Relationship;
        Entry->Size = Size;
    }
    return Entry;
}

static VOID KipAppendProcessors(PKI_TOPOLOGY Topology, LOGICAL_PROCESSOR_RELATIONSHIP Relationship, KAFFINITY Mask) {
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Entry = KipAppend(Topology, Relationship, PROCESSOR_ENTRY);

    if (Entry != NULL) {
        Entry->Processor.GroupCount = 1;
        Entry->Processor.GroupMask[0].Mask = Mask;
    }
}

static VOID KipFillTopology(PKI_TOPOLOGY Topology, LOGICAL_PROCESSOR_RELATIONSHIP Wanted, KAFFINITY Processors) {
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Entry;

    for (ULONG Number = 0; (Wanted == RelationProcessorCore || Wanted == RelationAll) && Number < KiMachine->cpus; Number++) {
        if (Processors >> Number & 1)
            KipAppendProcessors(Topology, RelationProcessorCore, 1ull << Number);
    }
    if (Wanted == RelationProcessorPackage || Wanted == RelationAll)
        KipAppendProcessors(Topology, RelationProcessorPackage, KeQueryActiveProcessors());
    if ((Wanted == RelationNumaNode || Wanted == RelationAll) && (Entry = KipAppend(Topology, RelationNumaNode, NODE_ENTRY)) != NULL)
        Entry->NumaNode.GroupMask.Mask = KeQueryActiveProcessors();
    if ((Wanted == RelationGroup || Wanted == RelationAll) && (Entry = KipAppend(Topology, RelationGroup, GROUP_ENTRY)) != NULL) {
        Entry->Group.MaximumGroupCount = Entry->Group.ActiveGroupCount = 1;
        Entry->Group.GroupInfo[0].MaximumProcessorCount = Entry->Group.GroupInfo[0].ActiveProcessorCount = (UCHAR)KiMachine->cpus;
        Entry->Group.GroupInfo[0].ActiveProcessorMask = KeQueryActiveProcessors();
    }
}

NTSTATUS NTAPI KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber, LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                                   PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information, PULONG Length) {
    KI_TOPOLOGY Topology = {NULL, 0};
    KAFFINITY Processors = KeQueryActiveProcessors();
    ULONG Room = *Length;

    if (ProcessorNumber != NULL && (ProcessorNumber->Group != 0 || ProcessorNumber->Number >= KiMachine->cpus || ProcessorNumber->Reserved != 0))
        return STATUS_INVALID_PARAMETER;
    if (ProcessorNumber != NULL)
        Processors = 1ull << ProcessorNumber->Number;
    if ((ULONG)RelationshipType > RelationGroup && RelationshipType != RelationAll)
        return STATUS_INVALID_PARAMETER;
    KipFillTopology(&Topology, RelationshipType, Processors);
    *Length = Topology.Size;
    if (Room < Topology.Size || Information == NULL)
        return STATUS_INFO_LENGTH_MISMATCH;
    Topology = (KI_TOPOLOGY){(PUCHAR)Information, 0};
    KipFillTopology(&Topology, RelationshipType, Processors);
    return STATUS_SUCCESS;
}

/* ---- What is asked of the processor ---- */
BOOLEAN NTAPI KeAreInterruptsEnabled(VOID) { return !KiProcessor->InterruptsDisabled; }

/* In ticks of a 64th of a second; nobody counts within one DPC but the watchdog itself, so both counts are full. */
NTSTATUS NTAPI KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation) {
    ULONG Limit = (ULONG)KiMachine->watchdog_seconds * 64;

    if (KiProcessor->Irql < DISPATCH_LEVEL)
        return STATUS_UNSUCCESSFUL;
    *WatchdogInformation =
        (KDPC_WATCHDOG_INFORMATION){.DpcTimeLimit = Limit, .DpcTimeCount = Limit, .DpcWatchdogLimit = Limit, .DpcWatchdogCount = Limit};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KeQueryAuxiliaryCounterFrequency(PULONG64 AuxiliaryCounterFrequency) { return STATUS_NOT_SUPPORTED; }

NTSTATUS NTAPI KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64 Value, PULONG64 PerformanceCounter, PULONG64 Error) {
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS NTAPI KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64 Value, PULONG64 AuxiliaryCounter, PULONG64 Error) {
    return STATUS_NOT_SUPPORTED;
}

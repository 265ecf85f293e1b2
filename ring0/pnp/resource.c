/*
 * Resources: what a device requires becomes what it has. Alternative lists are tried in their order, and in a list the alternatives of each requirement; the first that
 * is free is taken. What others have is what their nodes say, and what drivers without Plug and Play have reported (IoReportResourceUsage).
 */
#include "ke/interrupt.h"
#include "pnp/node.h"

/* Where devices may be put that can be anywhere: below the machine's own devices, above its RAM (docs/devices.md). */
#define WINDOW_START    0xF0000000ull
#define WINDOW_END      0xFEBFFFFFull
#define PORTS_START     0x1000ull
#define MESSAGE_ADDRESS 0xFEE00000ull /* of the processor that takes the interrupt (Intel SDM 3A, 11.11) */

typedef struct _PNP_GRANT { /* what has been found so far */
    PPNP_NODE Node;
    ULONG Count;
    CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw; /* room for all that is required */
} PNP_GRANT, *PPNP_GRANT;

static const IO_RESOURCE_LIST *PnppNextList(const IO_RESOURCE_LIST *List) { return (const IO_RESOURCE_LIST *)&List->Descriptors[List->Count]; }

ULONG PnpResourceListSize(const CM_RESOURCE_LIST *List) {
    const CM_FULL_RESOURCE_DESCRIPTOR *Full = List->List;

    for (ULONG Index = 0; Index < List->Count; Index++)
        Full = (const CM_FULL_RESOURCE_DESCRIPTOR *)&Full->PartialResourceList.PartialDescriptors[Full->PartialResourceList.Count];
    return (ULONG)((const UCHAR *)Full - (const UCHAR *)List);
}

/* ---- What is taken ---- */
static BOOLEAN PnppIsMessage(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) {
    return Descriptor->Type == CmResourceTypeInterrupt && (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
}

static BOOLEAN PnppConflict(const CM_PARTIAL_RESOURCE_DESCRIPTOR *First, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Second) {
    const ULONG FirstStart = First->u.MessageInterrupt.Raw.Vector, SecondStart = Second->u.MessageInterrupt.Raw.Vector;

    if (PnppIsMessage(First) != PnppIsMessage(Second))
        return FALSE;
    if (!PnppIsMessage(First))
        return IopDescriptorsConflict(First, Second);
    return FirstStart < SecondStart + Second->u.MessageInterrupt.Raw.MessageCount &&
           SecondStart < FirstStart + First->u.MessageInterrupt.Raw.MessageCount;
}

static BOOLEAN PnppConflictsWithNodes(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, PPNP_NODE Except) {
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);
        const CM_PARTIAL_RESOURCE_LIST *List = Node->Raw != NULL && Node != Except ? &Node->Raw->List[0].PartialResourceList : NULL;

        for (ULONG Index = 0; List != NULL && Index < List->Count; Index++) {
            if (PnppConflict(Descriptor, &List->PartialDescriptors[Index]))
                return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN PnpIsAssigned(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) { return PnppConflictsWithNodes(Descriptor, NULL); }

static BOOLEAN PnppIsFree(PPNP_GRANT Grant, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) {
    for (ULONG Index = 0; Index < Grant->Count; Index++) {
        if (PnppConflict(Descriptor, &Grant->Raw[Index]))
            return FALSE;
    }
    return !PnppConflictsWithNodes(Descriptor, Grant->Node) && !IopIsClaimed(Descriptor);
}

/* ---- One requirement ---- */
static BOOLEAN PnppGrantRange(PPNP_GRANT Grant, const IO_RESOURCE_DESCRIPTOR *Required, CM_PARTIAL_RESOURCE_DESCRIPTOR *Given) {
    ULONG64 Minimum = (ULONG64)Required->u.Generic.MinimumAddress.QuadPart, Maximum = (ULONG64)Required->u.Generic.MaximumAddress.QuadPart;
    ULONG64 Length = Required->u.Generic.Length, Alignment = Required->u.Generic.Alignment != 0 ? Required->u.Generic.Alignment : 1;
    BOOLEAN IsPort = Required->Type == CmResourceTypePort;

    if (Length == 0 || Maximum < Minimum || Maximum - Minimum < Length - 1)
        return FALSE;
    if (Maximum - Minimum > Length - 1) { /* it may be moved */
        Minimum = max(Minimum, IsPort ? PORTS_START : WINDOW_START);
        Maximum = min(Maximum, IsPort ? 0xFFFFull : WINDOW_END);
    }
    Given->u.Generic.Length = (ULONG)Length;
    for (ULONG64 Start = (Minimum + Alignment - 1) / Alignment * Alignment; Start + Length - 1 <= Maximum; Start += Alignment) {
        Given->u.Generic.Start.QuadPart = (LONGLONG)Start;
        if (PnppIsFree(Grant, Given))
            return TRUE;
    }
    return FALSE;
}

/* What of a requirement for an interrupt mingw-w64's IO_RESOURCE_DESCRIPTOR lacks: it follows MaximumVector. */
typedef struct _PNP_INTERRUPT_REQUIREMENT {
    ULONG MinimumVector, MaximumVector;
    USHORT AffinityPolicy; /* IRQ_DEVICE_POLICY */
    USHORT Group;
    ULONG PriorityPolicy;
    KAFFINITY TargetedProcessors;
} PNP_INTERRUPT_REQUIREMENT;
_Static_assert(sizeof(PNP_INTERRUPT_REQUIREMENT) == RTL_FIELD_SIZE(IO_RESOURCE_DESCRIPTOR, u), "IO_RESOURCE_DESCRIPTOR.u.Interrupt");

/* Those that a driver has chosen (IRP_MN_FILTER_RESOURCE_REQUIREMENTS), if there is one of them; else all. */
static KAFFINITY PnppProcessors(const IO_RESOURCE_DESCRIPTOR *Required) {
    const PNP_INTERRUPT_REQUIREMENT *Interrupt = (const PNP_INTERRUPT_REQUIREMENT *)&Required->u;
    KAFFINITY Chosen = Interrupt->TargetedProcessors & KeQueryActiveProcessors();

    return Interrupt->AffinityPolicy == IrqPolicySpecifiedProcessors && Chosen != 0 ? Chosen : KeQueryActiveProcessors();
}

static BOOLEAN PnppGrantMessages(PPNP_GRANT Grant, const IO_RESOURCE_DESCRIPTOR *Required, CM_PARTIAL_RESOURCE_DESCRIPTOR *Given) {
    ULONG Count = Required->u.Interrupt.MaximumVector - Required->u.Interrupt.MinimumVector + 1;

    for (ULONG First = 0; Count != 0 && Count <= KI_MESSAGES && First + Count <= KI_MESSAGES; First++) {
        Given->u.MessageInterrupt.Raw.MessageCount = (USHORT)Count;
        Given->u.MessageInterrupt.Raw.Vector = KI_LINE_VECTOR(KI_LINES + First);
        Given->u.MessageInterrupt.Raw.Affinity = PnppProcessors(Required);
        if (PnppIsFree(Grant, Given))
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN PnppGrantNumber(PPNP_GRANT Grant, const IO_RESOURCE_DESCRIPTOR *Required, CM_PARTIAL_RESOURCE_DESCRIPTOR *Given) {
    ULONG64 Last = Required->u.Interrupt.MaximumVector; /* channels and bus numbers lie alike */

    if (Required->Type == CmResourceTypeInterrupt)
        Last = min(Last, KI_LINES - 1);
    for (ULONG64 Number = Required->u.Interrupt.MinimumVector; Number <= Last; Number++) {
        if (Required->Type == CmResourceTypeInterrupt) {
            Given->u.Interrupt.Level = Given->u.Interrupt.Vector = (ULONG)Number;
            Given->u.Interrupt.Affinity = PnppProcessors(Required);
        } else {
            Given->u.Dma.Channel = (ULONG)Number;
        }
        if (PnppIsFree(Grant, Given))
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN PnppGrantOne(PPNP_GRANT Grant, const IO_RESOURCE_DESCRIPTOR *Required) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR *Given = &Grant->Raw[Grant->Count];
    BOOLEAN Granted = FALSE;

    RtlZeroMemory(Given, sizeof(*Given));
    Given->Type = Required->Type;
    Given->ShareDisposition = Required->ShareDisposition;
    Given->Flags = Required->Flags;
    switch (Required->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory: Granted = PnppGrantRange(Grant, Required, Given); break;
    case CmResourceTypeInterrupt:
        Granted = PnppIsMessage(Given) ? PnppGrantMessages(Grant, Required, Given) : PnppGrantNumber(Grant, Required, Given);
        break;
    case CmResourceTypeDma: Granted = PnppGrantNumber(Grant, Required, Given); break;
    case CmResourceTypeBusNumber:
        Given->u.BusNumber.Start = Required->u.BusNumber.MinBusNumber;
        Given->u.BusNumber.Length = Required->u.BusNumber.Length;
        Granted = TRUE;
        break;
    case CmResourceTypeDevicePrivate: /* between the bus driver and itself */
        RtlCopyMemory(&Given->u.DevicePrivate, &Required->u.DevicePrivate, sizeof(Given->u.DevicePrivate));
        Granted = TRUE;
        break;
    default: return TRUE; /* advice, for nobody here */
    }
    Grant->Count += Granted;
    return Granted;
}

/* A requirement is a descriptor and those behind it that are its alternatives (IO_RESOURCE_DESCRIPTOR.Option). */
static BOOLEAN PnppGrantList(PPNP_GRANT Grant, const IO_RESOURCE_LIST *List) {
    BOOLEAN Granted = TRUE;

    Grant->Count = 0;
    for (ULONG Index = 0; Index < List->Count; Index++) {
        const IO_RESOURCE_DESCRIPTOR *Required = &List->Descriptors[Index];

        if (!(Required->Option & IO_RESOURCE_ALTERNATIVE)) {
            if (!Granted)
                return FALSE;
            Granted = PnppGrantOne(Grant, Required);
        } else if (!Granted) {
            Granted = PnppGrantOne(Grant, Required);
        }
    }
    return Granted;
}

/* ---- The lists ---- */
/* As the processor sees them: levels and vectors instead of lines. */
static VOID PnppTranslate(CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) {
    if (Descriptor->Type != CmResourceTypeInterrupt)
        return;
    if (PnppIsMessage(Descriptor)) {
        ULONG Vector = Descriptor->u.MessageInterrupt.Raw.Vector; /* the affinity is at the same place in both */

        Descriptor->u.MessageInterrupt.Translated.Level = KI_LINE_IRQL(KI_VECTOR_LINE(Vector));
        Descriptor->u.MessageInterrupt.Translated.Vector = Vector;
        return;
    }
    Descriptor->u.Interrupt.Level = KI_LINE_IRQL(Descriptor->u.Interrupt.Vector);
    Descriptor->u.Interrupt.Vector = KI_LINE_VECTOR(Descriptor->u.Interrupt.Vector);
}

VOID PnpTranslateList(PCM_RESOURCE_LIST List) {
    PCM_FULL_RESOURCE_DESCRIPTOR Full = List->List;

    for (ULONG Index = 0; Index < List->Count; Index++) {
        PCM_PARTIAL_RESOURCE_LIST Partial = &Full->PartialResourceList;

        for (ULONG Part = 0; Part < Partial->Count; Part++)
            PnppTranslate(&Partial->PartialDescriptors[Part]);
        Full = (PCM_FULL_RESOURCE_DESCRIPTOR)&Partial->PartialDescriptors[Partial->Count];
    }
}

static NTSTATUS PnppMakeLists(PPNP_NODE Node, INTERFACE_TYPE Interface, ULONG BusNumber, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw, ULONG Count) {
    ULONG Size = (ULONG)(FIELD_OFFSET(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) + Count * sizeof(*Raw));
    PCM_RESOURCE_LIST Lists[2] = {ExAllocatePoolWithTag(PagedPool, Size, PNP_TAG), ExAllocatePoolWithTag(PagedPool, Size, PNP_TAG)};

    if (Lists[0] == NULL || Lists[1] == NULL) {
        for (ULONG Index = 0; Index < 2; Index++) {
            if (Lists[Index] != NULL)
                ExFreePoolWithTag(Lists[Index], PNP_TAG);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < 2; Index++) {
        Lists[Index]->Count = 1;
        Lists[Index]->List[0].InterfaceType = Interface;
        Lists[Index]->List[0].BusNumber = BusNumber;
        Lists[Index]->List[0].PartialResourceList.Version = Lists[Index]->List[0].PartialResourceList.Revision = 1;
        Lists[Index]->List[0].PartialResourceList.Count = Count;
        RtlCopyMemory(Lists[Index]->List[0].PartialResourceList.PartialDescriptors, Raw, Count * sizeof(*Raw));
    }
    PnpTranslateList(Lists[1]);
    Node->Raw = Lists[0];
    Node->Translated = Lists[1];
    return STATUS_SUCCESS;
}

/* The drivers see a copy, which is theirs to replace: then they have freed it (IRP_MN_FILTER_RESOURCE_REQUIREMENTS). *Filtered: pool, or NULL. */
static NTSTATUS PnppFilter(PPNP_NODE Node, PIO_RESOURCE_REQUIREMENTS_LIST *Filtered) {
    IO_STACK_LOCATION Parameters = {0};
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    *Filtered = NULL;
    if (Node->Requirements != NULL) {
        *Filtered = ExAllocatePoolWithTag(PagedPool, Node->Requirements->ListSize, PNP_TAG);
        if (*Filtered == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(*Filtered, Node->Requirements, Node->Requirements->ListSize);
    }
    Parameters.Parameters.FilterResourceRequirements.IoResourceRequirementList = *Filtered;
    Status = PnpSend(Node->Pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &Parameters, &Information);
    if (NT_SUCCESS(Status) && Information != 0)
        *Filtered = (PIO_RESOURCE_REQUIREMENTS_LIST)Information;
    return STATUS_SUCCESS;
}

/* Are the lists as long as they say? Their counts are a driver's. */
static BOOLEAN PnppIsValid(const IO_RESOURCE_REQUIREMENTS_LIST *Required) {
    ULONG64 Offset = FIELD_OFFSET(IO_RESOURCE_REQUIREMENTS_LIST, List);

    for (ULONG Index = 0; Index < Required->AlternativeLists; Index++) {
        const IO_RESOURCE_LIST *List = (const IO_RESOURCE_LIST *)((const UCHAR *)Required + Offset);

        if (Offset + FIELD_OFFSET(IO_RESOURCE_LIST, Descriptors) > Required->ListSize)
            return FALSE;
        Offset += FIELD_OFFSET(IO_RESOURCE_LIST, Descriptors) + (ULONG64)List->Count * sizeof(List->Descriptors[0]);
        if (Offset > Required->ListSize)
            return FALSE;
    }
    return TRUE;
}

NTSTATUS PnpAssignResources(PPNP_NODE Node) {
    PIO_RESOURCE_REQUIREMENTS_LIST Required;
    const IO_RESOURCE_LIST *List;
    PNP_GRANT Grant = {.Node = Node};
    NTSTATUS Status = PnppFilter(Node, &Required);

    if (!NT_SUCCESS(Status) || Required == NULL || Required->AlternativeLists == 0)
        goto Done;
    if (!PnppIsValid(Required)) {
        Status = STATUS_INVALID_PARAMETER;
        goto Done;
    }
    Grant.Raw = ExAllocatePoolWithTag(PagedPool, Required->ListSize + sizeof(*Grant.Raw), PNP_TAG); /* a requirement is longer than what it becomes */
    if (Grant.Raw == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Done;
    }
    Status = STATUS_CONFLICTING_ADDRESSES;
    List = Required->List;
    for (ULONG Index = 0; Index < Required->AlternativeLists && !NT_SUCCESS(Status); Index++, List = PnppNextList(List)) {
        if (PnppGrantList(&Grant, List))
            Status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status) && Grant.Count != 0)
        Status = PnppMakeLists(Node, Required->InterfaceType, Required->BusNumber, Grant.Raw, Grant.Count);
Done:
    if (Grant.Raw != NULL)
        ExFreePoolWithTag(Grant.Raw, PNP_TAG);
    if (Required != NULL)
        ExFreePool(Required);
    return Status;
}

VOID PnpReleaseResources(PPNP_NODE Node) {
    if (Node->Raw != NULL) {
        ExFreePoolWithTag(Node->Raw, PNP_TAG);
        ExFreePoolWithTag(Node->Translated, PNP_TAG);
    }
    Node->Raw = Node->Translated = NULL;
}

/* ---- For IoConnectInterruptEx ---- */
BOOLEAN PnpQueryInterrupt(PDEVICE_OBJECT Pdo, ULONG Index, PPNP_INTERRUPT Interrupt) {
    PPNP_NODE Node = PnpNodeOf(Pdo);
    const CM_PARTIAL_RESOURCE_LIST *Raw = Node != NULL && Node->Raw != NULL ? &Node->Raw->List[0].PartialResourceList : NULL;

    for (ULONG Part = 0; Raw != NULL && Part < Raw->Count; Part++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = &Raw->PartialDescriptors[Part];
        BOOLEAN IsMessage = PnppIsMessage(Descriptor);
        ULONG Count = IsMessage ? Descriptor->u.MessageInterrupt.Raw.MessageCount : 1, Vector;
        KAFFINITY Affinity;

        if (Descriptor->Type != CmResourceTypeInterrupt)
            continue;
        if (Index >= Count) {
            Index -= Count;
            continue;
        }
        Vector = IsMessage ? Descriptor->u.MessageInterrupt.Raw.Vector + Index : KI_LINE_VECTOR(Descriptor->u.Interrupt.Vector);
        Affinity = IsMessage ? Descriptor->u.MessageInterrupt.Raw.Affinity : Descriptor->u.Interrupt.Affinity;
        *Interrupt = (PNP_INTERRUPT){.Vector = Vector,
                                     .Irql = KI_LINE_IRQL(KI_VECTOR_LINE(Vector)),
                                     .Mode = Descriptor->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
                                     .Shared = Descriptor->ShareDisposition == CmResourceShareShared,
                                     .IsMessage = IsMessage,
                                     .Affinity = Affinity,
                                     .Data = Vector,
                                     .Address.QuadPart = (LONGLONG)(MESSAGE_ADDRESS | (ULONG64)__builtin_ctzll(Affinity) << 12)};
        return TRUE;
    }
    return FALSE;
}

/*
 * Who has claimed which ports, memory and interrupts: what drivers without Plug and Play report of themselves. The claims are remembered, and compared with
 * those of other drivers and devices; nobody is kept from using what he has not claimed.
 */
#include "io/io.h"
#include "pnp/pnp.h"

#define TAG_CLAIM 'mlcI'

typedef struct _IOP_CLAIM {
    LIST_ENTRY Link;
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Device; /* NULL: the driver's own, for all its devices */
    PCM_RESOURCE_LIST List;
} IOP_CLAIM, *PIOP_CLAIM;

static LIST_ENTRY IopClaims = {&IopClaims, &IopClaims};

static BOOLEAN IopOverlap(ULONG64 Start1, ULONG64 Length1, ULONG64 Start2, ULONG64 Length2) {
    return Start1 < Start2 + Length2 && Start2 < Start1 + Length1;
}

/* Two that both share do not disturb each other. */
BOOLEAN IopDescriptorsConflict(const CM_PARTIAL_RESOURCE_DESCRIPTOR *First, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Second) {
    if (First->Type != Second->Type || (First->ShareDisposition == CmResourceShareShared && Second->ShareDisposition == CmResourceShareShared))
        return FALSE;
    switch (First->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        return IopOverlap((ULONG64)First->u.Generic.Start.QuadPart, First->u.Generic.Length, (ULONG64)Second->u.Generic.Start.QuadPart,
                          Second->u.Generic.Length);
    case CmResourceTypeInterrupt: return First->u.Interrupt.Vector == Second->u.Interrupt.Vector;
    case CmResourceTypeDma: return First->u.Dma.Channel == Second->u.Dma.Channel;
    default: return FALSE;
    }
}

static const CM_FULL_RESOURCE_DESCRIPTOR *IopNextFull(const CM_FULL_RESOURCE_DESCRIPTOR *Full) {
    return (const CM_FULL_RESOURCE_DESCRIPTOR *)&Full->PartialResourceList.PartialDescriptors[Full->PartialResourceList.Count];
}

static BOOLEAN IopConflictsWithList(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, const CM_RESOURCE_LIST *List) {
    const CM_FULL_RESOURCE_DESCRIPTOR *Full = List->List;

    for (ULONG Index = 0; Index < List->Count; Index++, Full = IopNextFull(Full)) {
        for (ULONG Part = 0; Part < Full->PartialResourceList.Count; Part++) {
            if (IopDescriptorsConflict(Descriptor, &Full->PartialResourceList.PartialDescriptors[Part]))
                return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN IopIsClaimed(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor) {
    for (PLIST_ENTRY Link = IopClaims.Flink; Link != &IopClaims; Link = Link->Flink) {
        if (IopConflictsWithList(Descriptor, CONTAINING_RECORD(Link, IOP_CLAIM, Link)->List))
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN IopConflictsWithDevices(const CM_RESOURCE_LIST *List) {
    const CM_FULL_RESOURCE_DESCRIPTOR *Full = List->List;

    for (ULONG Index = 0; Index < List->Count; Index++, Full = IopNextFull(Full)) {
        for (ULONG Part = 0; Part < Full->PartialResourceList.Count; Part++) {
            if (PnpIsAssigned(&Full->PartialResourceList.PartialDescriptors[Part]))
                return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN IopConflictsWithOthers(PDRIVER_OBJECT Driver, const CM_RESOURCE_LIST *List) {
    if (IopConflictsWithDevices(List))
        return TRUE;
    for (PLIST_ENTRY Link = IopClaims.Flink; Link != &IopClaims; Link = Link->Flink) {
        PIOP_CLAIM Claim = CONTAINING_RECORD(Link, IOP_CLAIM, Link);
        const CM_FULL_RESOURCE_DESCRIPTOR *Full = List->List;

        for (ULONG Index = 0; Index < List->Count && Claim->Driver != Driver; Index++, Full = IopNextFull(Full)) {
            for (ULONG Part = 0; Part < Full->PartialResourceList.Count; Part++) {
                if (IopConflictsWithList(&Full->PartialResourceList.PartialDescriptors[Part], Claim->List))
                    return TRUE;
            }
        }
    }
    return FALSE;
}

/* Is the list as long as it says? Counts are not to be believed beyond Size bytes. */
static BOOLEAN IopIsListValid(const CM_RESOURCE_LIST *List, ULONG Size) {
    ULONG Offset = FIELD_OFFSET(CM_RESOURCE_LIST, List);

    if (Size < Offset)
        return FALSE;
    for (ULONG Index = 0; Index < List->Count; Index++) {
        const CM_FULL_RESOURCE_DESCRIPTOR *Full = (const CM_FULL_RESOURCE_DESCRIPTOR *)((const UCHAR *)List + Offset);
        ULONG Header = FIELD_OFFSET(CM_FULL_RESOURCE_DESCRIPTOR, PartialResourceList.PartialDescriptors);

        if (Size - Offset < Header || Full->PartialResourceList.Count > (Size - Offset - Header) / sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR))
            return FALSE;
        Offset += Header + Full->PartialResourceList.Count * (ULONG)sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    }
    return TRUE;
}

static VOID IopDropClaims(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Device) {
    for (PLIST_ENTRY Link = IopClaims.Flink, Next; Link != &IopClaims; Link = Next) {
        PIOP_CLAIM Claim = CONTAINING_RECORD(Link, IOP_CLAIM, Link);

        Next = Link->Flink;
        if (Claim->Driver == Driver && Claim->Device == Device) {
            RemoveEntryList(Link);
            ExFreePoolWithTag(Claim, TAG_CLAIM);
        }
    }
}

/* In place of what was reported for the same before; no list: only that is forgotten. */
static NTSTATUS IopReplaceClaim(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Device, const CM_RESOURCE_LIST *List, ULONG Size) {
    PIOP_CLAIM Claim = NULL;

    if (List != NULL) {
        Claim = ExAllocatePoolWithTag(PagedPool, sizeof(*Claim) + Size, TAG_CLAIM);
        if (Claim == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *Claim = (IOP_CLAIM){.Driver = Driver, .Device = Device, .List = (PCM_RESOURCE_LIST)(Claim + 1)};
        RtlCopyMemory(Claim->List, List, Size);
    }
    IopDropClaims(Driver, Device);
    if (Claim != NULL)
        InsertTailList(&IopClaims, &Claim->Link);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoReportResourceUsage(PUNICODE_STRING DriverClassName, PDRIVER_OBJECT DriverObject, PCM_RESOURCE_LIST DriverList, ULONG DriverListSize,
                                     PDEVICE_OBJECT DeviceObject, PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize, BOOLEAN OverrideConflict,
                                     PBOOLEAN ConflictDetected) {
    NTSTATUS Status = STATUS_SUCCESS;

    *ConflictDetected = FALSE;
    if ((DriverList != NULL && !IopIsListValid(DriverList, DriverListSize)) || (DeviceList != NULL && !IopIsListValid(DeviceList, DeviceListSize)))
        return STATUS_INVALID_PARAMETER;
    *ConflictDetected = (DriverList != NULL && IopConflictsWithOthers(DriverObject, DriverList)) ||
                        (DeviceList != NULL && IopConflictsWithOthers(DriverObject, DeviceList));
    if (*ConflictDetected && !OverrideConflict)
        return STATUS_CONFLICTING_ADDRESSES;
    if (DeviceObject == NULL || DriverList != NULL)
        Status = IopReplaceClaim(DriverObject, NULL, DriverList, DriverListSize);
    if (NT_SUCCESS(Status) && DeviceObject != NULL)
        Status = IopReplaceClaim(DriverObject, DeviceObject, DeviceList, DeviceListSize);
    return Status;
}

NTSTATUS NTAPI IoReportResourceForDetection(PDRIVER_OBJECT DriverObject, PCM_RESOURCE_LIST DriverList, ULONG DriverListSize,
                                            PDEVICE_OBJECT DeviceObject, PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize,
                                            PBOOLEAN ConflictDetected) {
    return IoReportResourceUsage(NULL, DriverObject, DriverList, DriverListSize, DeviceObject, DeviceList, DeviceListSize, FALSE, ConflictDetected);
}

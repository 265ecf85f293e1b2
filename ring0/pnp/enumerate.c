/* What buses report, and the order in which what there is to do is done. */
#include "pnp/node.h"

#define FATAL_DUPLICATE 1u
#define FATAL_NULL      8u

/* The bus has referenced the device for us; a node has a reference of its own. */
static VOID PnppReport(PPNP_NODE Bus, PDEVICE_OBJECT Pdo) {
    PPNP_NODE Node;

    if (Pdo == NULL)
        KiBugCheck(PNP_DETECTED_FATAL_ERROR, FATAL_NULL, 0, 0, 0, NULL,
                   "A bus driver reported a device without an object (DEVICE_RELATIONS.Objects)");
    Node = PnpNodeOf(Pdo);
    if (Node != NULL && Node->Parent != Bus)
        KiBugCheck(PNP_DETECTED_FATAL_ERROR, FATAL_DUPLICATE, (ULONG_PTR)Pdo, (ULONG_PTR)Pdo, 0, NULL, "A device is reported by two buses");
    if (Node != NULL)
        Node->Reported = TRUE;
    else if (!NT_SUCCESS(PnpCreateNode(Bus, Pdo, &Node)))
        KdMessage("%S: no memory for one of its devices: it is asked again when it says that its relations have changed", Bus->Path);
    ObfDereferenceObject(Pdo);
}

VOID PnpEnumerate(PPNP_NODE Bus) {
    IO_STACK_LOCATION Parameters = {0};
    PDEVICE_RELATIONS Relations;
    PPNP_NODE Node;

    Parameters.Parameters.QueryDeviceRelations.Type = BusRelations;
    Relations = PnpQuery(Bus, IRP_MN_QUERY_DEVICE_RELATIONS, &Parameters);
    if (Relations == NULL)
        return;
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);
        Node->Reported = Node->Reported && Node->Parent != Bus;
    }
    for (ULONG Index = 0; Index < Relations->Count; Index++)
        PnppReport(Bus, Relations->Objects[Index]);
    ExFreePool(Relations);
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);
        if (Node->Parent == Bus && !Node->Reported && Node->State != PnpSurprised)
            PnpSurpriseRemove(Node); /* its end comes in PnpSettle */
    }
}

/* One thing that is to be done for the node. FALSE: there is none. */
static BOOLEAN PnppStep(PPNP_NODE Node) {
    if (Node->State == PnpNew)
        return PnpIdentify(Node), TRUE;
    if (Node->State == PnpSurprised)
        return (Node->Parent == NULL || Node->Parent->State != PnpSurprised) && PnpFinishSurprise(Node);
    if (Node->WantsStart)
        return Node->WantsStart = FALSE, PnpStart(Node), TRUE;
    if (Node->StateInvalidated)
        return Node->StateInvalidated = FALSE, PnpAskState(Node), TRUE;
    if (Node->Invalidated) {
        Node->Invalidated = FALSE;
        if (Node->State == PnpStarted)
            PnpEnumerate(Node);
        return TRUE;
    }
    return FALSE;
}

/* A step may make nodes and delete them: then the list is looked at from its head. */
VOID PnpSettle(VOID) {
    PLIST_ENTRY Link = PnpNodes.Flink;

    while (Link != &PnpNodes)
        Link = PnppStep(CONTAINING_RECORD(Link, PNP_NODE, Entry)) ? PnpNodes.Flink : Link->Flink;
}

/* ---- For drivers ---- */
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type) {
    PPNP_NODE Node = PnpNodeOf(DeviceObject);

    if (Node == NULL || Type != BusRelations) /* ejection and power relations are asked for when they are needed, which is never */
        return;
    Node->Invalidated = TRUE;
    PnpWake();
}

static NTSTATUS PnppEnumerateNow(PVOID Context) {
    PPNP_NODE Node = PnpNodeOf(Context);

    if (Node == NULL || Node->State != PnpStarted)
        return STATUS_UNSUCCESSFUL;
    PnpEnumerate(Node);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type) {
    PPNP_NODE Node = PnpNodeOf(DeviceObject);

    if (Node == NULL)
        return STATUS_NO_SUCH_DEVICE;
    if (Type != BusRelations)
        return STATUS_NOT_SUPPORTED;
    if (PnpIsOwnThread())
        return STATUS_UNSUCCESSFUL; /* from a routine that the manager calls: on Windows it would wait for itself */
    return Node->State == PnpStarted ? PnpCall(PnppEnumerateNow, DeviceObject) : STATUS_UNSUCCESSFUL;
}

VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject) {
    PPNP_NODE Node = PnpNodeOf(PhysicalDeviceObject);

    if (Node == NULL || Node->State != PnpStarted)
        return;
    Node->StateInvalidated = TRUE;
    PnpWake();
}

VOID PnpHandlesClosed(VOID) { PnpWake(); }

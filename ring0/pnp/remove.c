/*
 * Devices that go. Walking the list of nodes backwards meets children before their parents, and that is the order in which they are asked and removed; consent is
 * taken back from the top ("Removing a Device in a Function Driver", IRP_MN_QUERY_REMOVE_DEVICE and the pages beside it).
 */
#include "pnp/node.h"

static const GUID QueryRemove = {0xCB3A4006, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
static const GUID RemoveCancelled = {0xCB3A4007, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};
static const GUID RemoveComplete = {0xCB3A4008, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};

/* The next node below Top, Top itself at last, NULL then. After NULL: the first. */
static PPNP_NODE PnppPrevious(PPNP_NODE Top, PPNP_NODE After) {
    PLIST_ENTRY Link = After == NULL ? PnpNodes.Blink : After->Entry.Blink;

    for (; Link != &PnpNodes; Link = Link->Blink) {
        if (PnpIsBelow(CONTAINING_RECORD(Link, PNP_NODE, Entry), Top))
            return CONTAINING_RECORD(Link, PNP_NODE, Entry);
    }
    return NULL;
}

static VOID PnppReportStayers(PPNP_NODE Node) {
    for (PDEVICE_OBJECT Device = Node->Pdo->AttachedDevice; Device != NULL; Device = Device->AttachedDevice)
        KdMessage("%wZ: leaves its device on %S after IRP_MN_REMOVE_DEVICE: it must call IoDetachDevice and IoDeleteDevice",
                  &Device->DriverObject->DriverName, Node->Path);
}

static VOID PnppSendRemove(PPNP_NODE Node) {
    PnpDisableInterfaces(Node);
    PnpSendSimple(Node, IRP_MN_REMOVE_DEVICE);
    PnpReleaseResources(Node);
    PnppReportStayers(Node);
    PnpMarkStack(Node, 0, DOE_START_PENDING | DOE_REMOVE_PENDING);
    Node->State = PnpIdle;
}

/* Who is below a device that is removed is gone with it. */
static VOID PnppRemoveAll(PPNP_NODE Top) {
    PPNP_NODE Node = PnppPrevious(Top, NULL);

    while (Node != NULL) {
        PPNP_NODE Next = Node == Top ? NULL : PnppPrevious(Top, Node);

        if (Node->State != PnpNew)
            PnppSendRemove(Node);
        if (Node != Top)
            PnpDeleteNode(Node);
        Node = Next;
    }
}

VOID PnpRemove(PPNP_NODE Node) { PnppRemoveAll(Node); }

static NTSTATUS PnppAsk(PPNP_NODE Node) {
    NTSTATUS Status = PnpTellTarget(Node, &QueryRemove);

    if (NT_SUCCESS(Status) && PnpHasHandles(Node))
        Status = STATUS_UNSUCCESSFUL;
    PnpMarkStack(Node, DOE_REMOVE_PENDING, 0);
    if (NT_SUCCESS(Status))
        Status = PnpSendSimple(Node, IRP_MN_QUERY_REMOVE_DEVICE);
    return Status;
}

/* From the top: all that were asked. */
static VOID PnppTakeBack(PPNP_NODE Top) {
    for (PLIST_ENTRY Link = &Top->Entry; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        if (PnpIsBelow(Node, Top) && Node->State == PnpStarted && (IopExtension(Node->Pdo)->ExtensionFlags & DOE_REMOVE_PENDING)) {
            PnpSendSimple(Node, IRP_MN_CANCEL_REMOVE_DEVICE);
            PnpMarkStack(Node, 0, DOE_REMOVE_PENDING);
            PnpTellTarget(Node, &RemoveCancelled);
        }
    }
}

NTSTATUS PnpQueryAndRemove(PPNP_NODE Top) {
    for (PPNP_NODE Node = PnppPrevious(Top, NULL); Node != NULL; Node = Node == Top ? NULL : PnppPrevious(Top, Node)) {
        if (Node->State == PnpSurprised)
            return STATUS_UNSUCCESSFUL; /* its handles are still to be closed */
        if (Node->State == PnpStarted && !NT_SUCCESS(PnppAsk(Node))) {
            PnppTakeBack(Top);
            return STATUS_UNSUCCESSFUL;
        }
    }
    for (PPNP_NODE Node = PnppPrevious(Top, NULL); Node != NULL; Node = Node == Top ? NULL : PnppPrevious(Top, Node)) {
        if (Node->State == PnpStarted)
            PnpTellTarget(Node, &RemoveComplete);
    }
    PnppRemoveAll(Top);
    return STATUS_SUCCESS;
}

/* A device that nobody serves needs no warning. */
VOID PnpSurpriseRemove(PPNP_NODE Top) {
    for (PPNP_NODE Node = PnppPrevious(Top, NULL); Node != NULL; Node = Node == Top ? NULL : PnppPrevious(Top, Node)) {
        if (Node->State == PnpStarted) {
            PnpMarkStack(Node, DOE_REMOVE_PENDING, 0);
            PnpDisableInterfaces(Node);
            PnpSendSimple(Node, IRP_MN_SURPRISE_REMOVAL);
            PnpTellTarget(Node, &RemoveComplete);
        }
        Node->State = Node == Top || Node->State == PnpStarted ? PnpSurprised : Node->State;
    }
}

BOOLEAN PnpFinishSurprise(PPNP_NODE Top) {
    for (PPNP_NODE Node = PnppPrevious(Top, NULL); Node != NULL; Node = Node == Top ? NULL : PnppPrevious(Top, Node)) {
        if (PnpHasHandles(Node))
            return FALSE;
    }
    PnppRemoveAll(Top);
    if (!Top->Reported)
        PnpDeleteNode(Top);
    return TRUE;
}

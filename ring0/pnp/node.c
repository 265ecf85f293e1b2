/* The tree of devices, as a list in which a parent comes before its children. */
#include "pnp/node.h"

LIST_ENTRY PnpNodes = {&PnpNodes, &PnpNodes};
PPNP_NODE PnpRoot;

PPNP_NODE PnpNodeOf(PDEVICE_OBJECT Pdo) { return Pdo != NULL ? IopExtension(Pdo)->DeviceNode : NULL; }

PPNP_NODE PnpIdentifiedNodeOf(PDEVICE_OBJECT Pdo) {
    PPNP_NODE Node = PnpNodeOf(Pdo);

    return Node != NULL && Node->Path != NULL ? Node : NULL;
}

NTSTATUS PnpCreateNode(PPNP_NODE Parent, PDEVICE_OBJECT Pdo, PPNP_NODE *Node) {
    PPNP_NODE Created = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Created), PNP_TAG);

    if (Created == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Created = (PNP_NODE){.Parent = Parent, .Level = Parent != NULL ? Parent->Level + 1 : 1, .Pdo = Pdo, .Reported = TRUE};
    ObfReferenceObject(Pdo);
    Pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
    IopExtension(Pdo)->DeviceNode = Created;
    InsertTailList(&PnpNodes, &Created->Entry);
    *Node = Created;
    return STATUS_SUCCESS;
}

static VOID PnppFree(PVOID Memory) {
    if (Memory != NULL)
        ExFreePool(Memory); /* a driver's, of its own tag */
}

VOID PnpDeleteNode(PPNP_NODE Node) {
    PnpReleaseResources(Node);
    PnpForgetInterfaces(Node);
    PnpForgetTarget(Node);
    RemoveEntryList(&Node->Entry);
    IopExtension(Node->Pdo)->DeviceNode = NULL;
    ObfDereferenceObject(Node->Pdo);
    PnppFree(Node->Path);
    PnppFree(Node->BootConfiguration);
    PnppFree(Node->Requirements);
    ExFreePoolWithTag(Node, PNP_TAG);
}

BOOLEAN PnpIsBelow(PPNP_NODE Node, PPNP_NODE Ancestor) {
    while (Node != NULL && Node != Ancestor)
        Node = Node->Parent;
    return Node != NULL;
}

PPNP_NODE PnpFindNode(PCWSTR Path) {
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Node = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        if (Node->Path != NULL && _wcsicmp(Node->Path, Path) == 0)
            return Node;
    }
    return NULL;
}

BOOLEAN PnpIsInStack(PDEVICE_OBJECT Device) {
    PDEVICE_OBJECT Lowest = Device;

    while (IopExtension(Lowest)->AttachedTo != NULL)
        Lowest = IopExtension(Lowest)->AttachedTo;
    return Lowest != Device && PnpNodeOf(Lowest) != NULL;
}

BOOLEAN PnpHasHandles(PPNP_NODE Node) {
    for (PDEVICE_OBJECT Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice) {
        if (Device->ReferenceCount != 0)
            return TRUE;
    }
    return FALSE;
}

VOID PnpMarkStack(PPNP_NODE Node, ULONG Set, ULONG Clear) {
    for (PDEVICE_OBJECT Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice)
        IopExtension(Device)->ExtensionFlags = (IopExtension(Device)->ExtensionFlags & ~Clear) | Set;
}

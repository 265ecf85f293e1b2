/* Starting a device: its drivers, its resources, START_DEVICE, and what is asked of it then. */
#include "pnp/node.h"

static NTSTATUS PnppSendStart(PPNP_NODE Node) {
    IO_STACK_LOCATION Parameters = {0};
    NTSTATUS Status;

    Parameters.Parameters.StartDevice.AllocatedResources = Node->Raw;
    Parameters.Parameters.StartDevice.AllocatedResourcesTranslated = Node->Translated;
    Node->Starting = TRUE;
    Status = PnpSend(Node->Pdo, IRP_MN_START_DEVICE, &Parameters, NULL);
    Node->Starting = FALSE;
    return Status;
}

/* What it requires may depend on what the registry has got to know of it since it was reported. */
static VOID PnppAskRequirements(PPNP_NODE Node) {
    if (Node->Requirements != NULL)
        ExFreePool(Node->Requirements);
    Node->Requirements = PnpQuery(Node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL);
}

static VOID PnppGiveUp(PPNP_NODE Node, ULONG Problem) {
    PnpRemove(Node);
    Node->Problem = Problem;
}

VOID PnpStart(PPNP_NODE Node) {
    NTSTATUS Status;

    if (Node->State != PnpIdle || Node->Problem == PNP_PROBLEM_DISABLED || !Node->Reported)
        return;
    PnppAskRequirements(Node);
    if (!PnpBuildStack(Node))
        return;
    Status = PnpAssignResources(Node);
    if (!NT_SUCCESS(Status)) {
        KdMessage("%S: is not started: what it requires (ports, memory, interrupts) is not free (status 0x%08X)", Node->Path, Status);
        PnppGiveUp(Node, PNP_PROBLEM_CONFLICT);
        return;
    }
    Status = PnppSendStart(Node);
    if (!NT_SUCCESS(Status)) {
        KdMessage("%S: is not started: IRP_MN_START_DEVICE ended with 0x%08X", Node->Path, Status);
        PnppGiveUp(Node, PNP_PROBLEM_START);
        return;
    }
    Node->State = PnpStarted;
    Node->Problem = PNP_PROBLEM_NONE;
    PnpMarkStack(Node, 0, DOE_START_PENDING);
    PnpEnableInterfaces(Node);
    PnpQueryCapabilities(Node, &Node->Capabilities);
    Node->Invalidated = TRUE;
    PnpAskState(Node);
}

/* Its requirements have changed: it stops, gets others and goes on; who will not stop goes on as it is ("Stopping a Device to Rebalance Resources"). */
static VOID PnppRebalance(PPNP_NODE Node) {
    NTSTATUS Status;

    if (!NT_SUCCESS(PnpSendSimple(Node, IRP_MN_QUERY_STOP_DEVICE))) {
        PnpSendSimple(Node, IRP_MN_CANCEL_STOP_DEVICE);
        return;
    }
    PnpSendSimple(Node, IRP_MN_STOP_DEVICE);
    PnpReleaseResources(Node);
    PnppAskRequirements(Node);
    Status = PnpAssignResources(Node);
    if (NT_SUCCESS(Status))
        Status = PnppSendStart(Node);
    if (NT_SUCCESS(Status)) {
        PnpEnableInterfaces(Node);
        Node->Invalidated = TRUE;
        return;
    }
    KdMessage("%S: was stopped for other resources, and does not start with them (status 0x%08X)", Node->Path, Status);
    PnpSurpriseRemove(Node);
    Node->Problem = PNP_PROBLEM_START;
}

VOID PnpAskState(PPNP_NODE Node) {
    ULONG_PTR State = 0;

    if (Node->State != PnpStarted || !NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &State)))
        return;
    if (State & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED)) {
        PnpSurpriseRemove(Node);
        Node->Problem = PNP_PROBLEM_FAILED_LATER;
    } else if (State & PNP_DEVICE_DISABLED) {
        if (NT_SUCCESS(PnpQueryAndRemove(Node)))
            Node->Problem = PNP_PROBLEM_DISABLED;
    } else if (State & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED) {
        PnppRebalance(Node);
    }
}

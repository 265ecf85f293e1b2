/* Starting and stopping. The kernel loads and unloads; what is decided here is whether it may, and what the answer means. */
#include "scmp.h"

#define FIRST_USER_DEFINED 128u
#define LAST_USER_DEFINED  255u

/* With the lock held, which is given up while the driver starts: DriverEntry may take its time, and may use services itself. */
static NTSTATUS StartDriver(PSCM_SERVICE Service) {
    UNICODE_STRING Path;
    NTSTATUS Status = ScmKeyPath(&Service->Name, &Path);

    if (!NT_SUCCESS(Status))
        return Status;
    Service->Pending = SERVICE_START_PENDING;
    Service->Unstoppable = FALSE;
    ScmRelease();
    Status = ZwLoadDriver(&Path);
    ScmFreeText(&Path);
    ScmAcquire();
    Service->Pending = 0;
    Service->Win32Exit = NT_SUCCESS(Status) ? 0 : RtlNtStatusToDosError(Status);
    ScmChanged();
    return Status;
}

/* The same; what it depends on is not looked at. */
static NTSTATUS StartOne(PSCM_SERVICE Service) {
    ULONG Type = 0, Start = 0;
    HANDLE Key;
    NTSTATUS Status;

    if (Service->Deleted)
        return SCM_ERROR(ERROR_SERVICE_MARKED_FOR_DELETE);
    Status = ScmOpenKey(&Service->Name, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    ScmReadNumber(Key, L"Type", &Type);
    ScmReadNumber(Key, L"Start", &Start);
    ZwClose(Key);
    if (ScmState(Service) != SERVICE_STOPPED)
        return SCM_ERROR(ERROR_SERVICE_ALREADY_RUNNING);
    if (Start == SERVICE_DISABLED)
        return SCM_ERROR(ERROR_SERVICE_DISABLED);
    return ScmIsDriver(Type) ? StartDriver(Service) : SCM_ERROR(ERROR_SERVICE_NO_THREAD);
}

/* CreateService, lpDependencies: a service depends on all services it names, and of a group at least one member must run. */
static BOOLEAN CanStart(const SCM_GRAPH *Graph, const SCM_NODE *Node) {
    ULONG Satisfied = 0;

    for (ULONG I = 0; I < Node->EdgeCount; I++)
        if (Graph->Edges[Node->FirstEdge + I].Group == SCM_NONE &&
            ScmState(Graph->Nodes[Graph->Edges[Node->FirstEdge + I].Target].Service) != SERVICE_RUNNING)
            return FALSE;
    for (ULONG Group = 0; Group < Node->GroupCount; Group++) {
        BOOLEAN Runs = FALSE;
        for (ULONG I = 0; I < Node->EdgeCount && !Runs; I++) {
            const SCM_EDGE *Edge = &Graph->Edges[Node->FirstEdge + I];
            Runs = Edge->Group == Group && ScmState(Graph->Nodes[Edge->Target].Service) == SERVICE_RUNNING;
        }
        Satisfied += Runs;
    }
    return Satisfied == Node->GroupCount;
}

/* In their order, each after those it depends on; the last is the one that was asked for. */
static NTSTATUS StartInOrder(const SCM_GRAPH *Graph) {
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG I = 0; I < Graph->OrderCount; I++) {
        const SCM_NODE *Node = &Graph->Nodes[Graph->Order[I]];
        BOOLEAN Last = I + 1 == Graph->OrderCount;

        if (!Last && ScmState(Node->Service) == SERVICE_RUNNING)
            continue;
        if (!Last && ScmState(Node->Service) == SERVICE_START_PENDING) {
            ScmWaitWhile(Node->Service, SERVICE_START_PENDING);
        } else if (CanStart(Graph, Node)) {
            Status = StartOne(Node->Service);
            if (!Last)
                ScmWaitWhile(Node->Service, SERVICE_START_PENDING);
        } else {
            Status = SCM_ERROR(ERROR_SERVICE_DEPENDENCY_FAIL);
            if (ScmState(Node->Service) == SERVICE_STOPPED)
                Node->Service->Win32Exit = ERROR_SERVICE_DEPENDENCY_FAIL;
        }
    }
    return Status;
}

/* Before anything is started: the service itself. */
static NTSTATUS CheckStart(PSCM_SERVICE Service) {
    ULONG Start = 0;
    HANDLE Key;

    if (Service->Deleted)
        return SCM_ERROR(ERROR_SERVICE_MARKED_FOR_DELETE);
    if (ScmState(Service) != SERVICE_STOPPED)
        return SCM_ERROR(ERROR_SERVICE_ALREADY_RUNNING);
    if (NT_SUCCESS(ScmOpenKey(&Service->Name, FALSE, &Key))) {
        ScmReadNumber(Key, L"Start", &Start);
        ZwClose(Key);
    }
    return Start == SERVICE_DISABLED ? SCM_ERROR(ERROR_SERVICE_DISABLED) : STATUS_SUCCESS;
}

NTSTATUS ScmStart(PSCM_SERVICE Service) {
    SCM_GRAPH Graph;
    ULONG Node;
    NTSTATUS Status;

    ScmAcquire();
    Status = CheckStart(Service);
    if (NT_SUCCESS(Status))
        Status = ScmLoadGraph(&Graph, NULL);
    if (NT_SUCCESS(Status)) {
        for (ULONG I = 0; I < Graph.Count; I++)
            Graph.Nodes[I].Leaf = ScmState(Graph.Nodes[I].Service) != SERVICE_STOPPED;
        Node = ScmNode(&Graph, &Service->Name);
        if (Node == SCM_NONE) {
            Status = STATUS_OBJECT_NAME_NOT_FOUND; /* somebody has deleted its key */
        } else {
            ScmOrder(&Graph, Node);
            Status = Graph.Missing    ? SCM_ERROR(ERROR_SERVICE_DEPENDENCY_DELETED)
                     : Graph.Circular ? SCM_ERROR(ERROR_CIRCULAR_DEPENDENCY)
                                      : StartInOrder(&Graph);
        }
        ScmFreeGraph(&Graph);
    }
    ScmRelease();
    return Status;
}

static NTSTATUS Stop(PSCM_SERVICE Service) {
    UNICODE_STRING Path;
    BOOLEAN Needed;
    NTSTATUS Status = ScmIsNeeded(Service, &Needed);

    if (NT_SUCCESS(Status))
        Status = Needed ? SCM_ERROR(ERROR_DEPENDENT_SERVICES_RUNNING) : ScmKeyPath(&Service->Name, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    Service->Pending = SERVICE_STOP_PENDING;
    ScmRelease();
    Status = ZwUnloadDriver(&Path);
    ScmFreeText(&Path);
    ScmAcquire();
    Service->Pending = 0;
    ScmChanged();
    if (Status == STATUS_INVALID_DEVICE_REQUEST) { /* there is no DriverUnload */
        Service->Unstoppable = TRUE;
        return SCM_ERROR(ERROR_INVALID_SERVICE_CONTROL);
    }
    return Status;
}

NTSTATUS ScmControl(PSCM_SERVICE Service, ULONG Control, SCM_STATUS *Result) {
    ULONG State;
    NTSTATUS Status;

    ScmAcquire();
    State = ScmState(Service);
    if (Control > LAST_USER_DEFINED || (Control > SERVICE_CONTROL_NETBINDDISABLE && Control < FIRST_USER_DEFINED) || !Control)
        Status = SCM_ERROR(ERROR_INVALID_PARAMETER);
    else if (State == SERVICE_STOPPED)
        Status = SCM_ERROR(ERROR_SERVICE_NOT_ACTIVE);
    else if (Control == SERVICE_CONTROL_INTERROGATE)
        Status = STATUS_SUCCESS;
    else if (State != SERVICE_RUNNING)
        Status = SCM_ERROR(ERROR_SERVICE_CANNOT_ACCEPT_CTRL);
    else if (Control != SERVICE_CONTROL_STOP)
        Status = SCM_ERROR(ERROR_INVALID_SERVICE_CONTROL); /* a driver is told nothing but to unload */
    else
        Status = Stop(Service);
    ScmFillStatus(Service, Result);
    ScmRelease();
    return Status;
}

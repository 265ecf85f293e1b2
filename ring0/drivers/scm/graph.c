/* Dependencies: read from the registry whole, walked without recursion, for anybody may write a chain of any length there. */
#include "scmp.h"

enum { Unseen, OnPath, Done };

ULONG ScmNode(const SCM_GRAPH *Graph, PCUNICODE_STRING Name) {
    for (ULONG I = 0; I < Graph->Count; I++)
        if (RtlEqualUnicodeString(&Graph->Nodes[I].Name, Name, TRUE))
            return I;
    return SCM_NONE;
}

static NTSTATUS Copy(PUNICODE_STRING To, PCUNICODE_STRING From) {
    NTSTATUS Status = ScmAllocateText(To, From->Length);
    if (NT_SUCCESS(Status))
        RtlCopyUnicodeString(To, From);
    return Status;
}

static NTSTATUS ReadNode(PSCM_NODE Node) {
    HANDLE Key;
    NTSTATUS Status = ScmOpenKey(&Node->Name, FALSE, &Key);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ScmReadText(Key, L"Group", &Node->Group);
    if (!NT_SUCCESS(Status) && Status != STATUS_INSUFFICIENT_RESOURCES)
        Status = STATUS_SUCCESS;
    if (NT_SUCCESS(Status))
        Status = ScmReadList(Key, L"DependOnService", &Node->Services);
    if (NT_SUCCESS(Status))
        Status = ScmReadList(Key, L"DependOnGroup", &Node->Groups);
    ZwClose(Key);
    return Status;
}

/* The nodes' names and services; there are at most Room. */
static NTSTATUS NameNodes(PSCM_GRAPH Graph, ULONG Room) {
    for (ULONG I = 0; Graph->Count < Room; I++) {
        UNICODE_STRING Name;
        PSCM_NODE Node = &Graph->Nodes[Graph->Count];
        NTSTATUS Status = ScmServiceAt(I, &Name);

        if (Status == STATUS_NO_MORE_ENTRIES)
            break;
        if (!NT_SUCCESS(Status))
            return Status;
        Node->Service = ScmFind(&Name);
        if (Node->Service) {
            Node->Service->References++;
            Node->Name = Name;
            Graph->Count++;
        } else {
            ScmFreeText(&Name); /* a key that is no service's */
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ChangeNode(PSCM_GRAPH Graph, const SCM_NODE *Changed) {
    ULONG Index = ScmNode(Graph, &Changed->Name);
    PSCM_NODE Node = &Graph->Nodes[Index == SCM_NONE ? Graph->Count : Index];
    NTSTATUS Status = STATUS_SUCCESS;

    if (Index == SCM_NONE) {
        Graph->Count++;
        Status = Copy(&Node->Name, &Changed->Name);
    }
    if (NT_SUCCESS(Status))
        Status = Copy(&Node->Group, &Changed->Group);
    if (NT_SUCCESS(Status))
        Status = Copy(&Node->Services, &Changed->Services);
    if (NT_SUCCESS(Status))
        Status = Copy(&Node->Groups, &Changed->Groups);
    return Status;
}

/* How many edges begin here; they are also stored if Edges is not NULL. */
static ULONG MakeEdges(const SCM_GRAPH *Graph, PSCM_NODE Node, SCM_EDGE *Edges) {
    UNICODE_STRING Text;
    ULONG Count = 0;

    for (ULONG At = 0; ScmNextText(&Node->Services, &At, &Text); Count++)
        if (Edges)
            Edges[Count] = (SCM_EDGE){ScmNode(Graph, &Text), SCM_NONE};
    Node->GroupCount = 0;
    for (ULONG At = 0; ScmNextText(&Node->Groups, &At, &Text); Node->GroupCount++) {
        for (ULONG I = 0; I < Graph->Count; I++) {
            if (!RtlEqualUnicodeString(&Graph->Nodes[I].Group, &Text, TRUE))
                continue;
            if (Edges)
                Edges[Count] = (SCM_EDGE){I, Node->GroupCount};
            Count++;
        }
    }
    return Count;
}

static PVOID Allocate(SIZE_T Count, SIZE_T Size) {
    PVOID Block = Count < 0x1000000 ? ExAllocatePoolWithTag(PagedPool, (Count + 1) * Size, SCM_TAG) : NULL;
    if (Block)
        RtlZeroMemory(Block, (Count + 1) * Size);
    return Block;
}

NTSTATUS ScmLoadGraph(PSCM_GRAPH Graph, const SCM_NODE *Changed) {
    UNICODE_STRING Name;
    ULONG Room = 0, Edges = 0;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    RtlZeroMemory(Graph, sizeof *Graph);
    for (; NT_SUCCESS(ScmServiceAt(Room, &Name)); Room++)
        ScmFreeText(&Name);
    Graph->Nodes = Allocate(Room + 1, sizeof *Graph->Nodes); /* and one for Changed */
    Graph->Order = Allocate(Room + 1, sizeof *Graph->Order);
    Graph->Path = Allocate(Room + 1, sizeof *Graph->Path);
    if (!Graph->Nodes || !Graph->Order || !Graph->Path)
        goto failed;
    Status = NameNodes(Graph, Room);
    for (ULONG I = 0; I < Graph->Count && NT_SUCCESS(Status); I++)
        if (!Changed || !RtlEqualUnicodeString(&Graph->Nodes[I].Name, &Changed->Name, TRUE))
            Status = ReadNode(&Graph->Nodes[I]);
    if (NT_SUCCESS(Status) && Changed)
        Status = ChangeNode(Graph, Changed);
    if (!NT_SUCCESS(Status))
        goto failed;
    for (ULONG I = 0; I < Graph->Count; I++) {
        Graph->Nodes[I].FirstEdge = Edges;
        Graph->Nodes[I].EdgeCount = MakeEdges(Graph, &Graph->Nodes[I], NULL);
        Edges += Graph->Nodes[I].EdgeCount;
    }
    Graph->Edges = Allocate(Edges, sizeof *Graph->Edges);
    if (!Graph->Edges) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto failed;
    }
    for (ULONG I = 0; I < Graph->Count; I++)
        MakeEdges(Graph, &Graph->Nodes[I], Graph->Edges + Graph->Nodes[I].FirstEdge);
    return STATUS_SUCCESS;
failed:
    ScmFreeGraph(Graph);
    return Status;
}

VOID ScmFreeGraph(PSCM_GRAPH Graph) {
    for (ULONG I = 0; I < Graph->Count; I++) {
        PSCM_NODE Node = &Graph->Nodes[I];
        if (Node->Service)
            Node->Service->References--;
        ScmFreeText(&Node->Name);
        ScmFreeText(&Node->Group);
        ScmFreeText(&Node->Services);
        ScmFreeText(&Node->Groups);
    }
    if (Graph->Nodes)
        ExFreePoolWithTag(Graph->Nodes, SCM_TAG);
    if (Graph->Edges)
        ExFreePoolWithTag(Graph->Edges, SCM_TAG);
    if (Graph->Order)
        ExFreePoolWithTag(Graph->Order, SCM_TAG);
    if (Graph->Path)
        ExFreePoolWithTag(Graph->Path, SCM_TAG);
    RtlZeroMemory(Graph, sizeof *Graph);
}

/* Depth first. Path holds the way from From to the node under work, each with the edge that it goes on with. */
VOID ScmOrder(PSCM_GRAPH Graph, ULONG From) {
    ULONG Depth = 0;

    if (Graph->Nodes[From].Visit != Unseen)
        return;
    Graph->Nodes[From].Visit = OnPath;
    Graph->Path[Depth++] = From;
    while (Depth) {
        PSCM_NODE Node = &Graph->Nodes[Graph->Path[Depth - 1]], Target;
        const SCM_EDGE *Edge = &Graph->Edges[Node->FirstEdge + Node->NextEdge];

        if (Node->Leaf || Node->NextEdge == Node->EdgeCount) {
            Node->Visit = Done;
            Graph->Order[Graph->OrderCount++] = Graph->Path[--Depth];
            continue;
        }
        Node->NextEdge++;
        Target = Edge->Target == SCM_NONE ? NULL : &Graph->Nodes[Edge->Target];
        if (Edge->Group == SCM_NONE && (!Target || (Target->Service && Target->Service->Deleted)))
            Graph->Missing = TRUE;
        if (!Target)
            continue;
        if (Target->Visit == OnPath)
            Graph->Circular = TRUE;
        if (Target->Visit == Unseen) {
            Target->Visit = OnPath;
            Graph->Path[Depth++] = Edge->Target;
        }
    }
}

/* ---- Who needs a service ------------------------------------------------------------------------------------------------------------ */

static BOOLEAN OtherMemberRuns(const SCM_GRAPH *Graph, const SCM_NODE *Node, ULONG Group, ULONG Except) {
    for (ULONG I = 0; I < Node->EdgeCount; I++) {
        const SCM_EDGE *Edge = &Graph->Edges[Node->FirstEdge + I];
        if (Edge->Group == Group && Edge->Target != Except && ScmState(Graph->Nodes[Edge->Target].Service) == SERVICE_RUNNING)
            return TRUE;
    }
    return FALSE;
}

static BOOLEAN Needs(const SCM_GRAPH *Graph, ULONG Index, ULONG Wanted) {
    const SCM_NODE *Node = &Graph->Nodes[Index];

    if (Index == Wanted || ScmState(Node->Service) == SERVICE_STOPPED)
        return FALSE;
    for (ULONG I = 0; I < Node->EdgeCount; I++) {
        const SCM_EDGE *Edge = &Graph->Edges[Node->FirstEdge + I];
        if (Edge->Target == Wanted && (Edge->Group == SCM_NONE || !OtherMemberRuns(Graph, Node, Edge->Group, Wanted)))
            return TRUE;
    }
    return FALSE;
}

NTSTATUS ScmIsNeeded(PSCM_SERVICE Service, BOOLEAN *Needed) {
    SCM_GRAPH Graph;
    ULONG Wanted;
    NTSTATUS Status = ScmLoadGraph(&Graph, NULL);

    *Needed = FALSE;
    if (!NT_SUCCESS(Status))
        return Status;
    Wanted = ScmNode(&Graph, &Service->Name);
    for (ULONG I = 0; I < Graph.Count && Wanted != SCM_NONE && !*Needed; I++)
        *Needed = Needs(&Graph, I, Wanted);
    ScmFreeGraph(&Graph);
    return STATUS_SUCCESS;
}

/* In start order each comes after what it depends on, so one pass finds all: Leaf says which were found. */
NTSTATUS ScmDependents(PSCM_SERVICE Service, SCM_ENTRY *Entries, ULONG Room, PULONG Count) {
    SCM_GRAPH Graph;
    ULONG Wanted;
    NTSTATUS Status = ScmLoadGraph(&Graph, NULL);

    *Count = 0;
    if (!NT_SUCCESS(Status))
        return Status;
    Wanted = ScmNode(&Graph, &Service->Name);
    for (ULONG I = 0; I < Graph.Count; I++)
        ScmOrder(&Graph, I);
    for (ULONG I = 0; I < Graph.OrderCount; I++) {
        PSCM_NODE Node = &Graph.Nodes[Graph.Order[I]];
        for (ULONG K = 0; K < Node->EdgeCount && Graph.Order[I] != Wanted; K++) {
            ULONG Target = Graph.Edges[Node->FirstEdge + K].Target;
            if (Target != SCM_NONE && (Target == Wanted || Graph.Nodes[Target].Leaf))
                Node->Leaf = TRUE;
        }
    }
    for (ULONG I = Graph.OrderCount; I-- > 0;) {
        PSCM_NODE Node = &Graph.Nodes[Graph.Order[I]];
        if (!Node->Leaf)
            continue;
        if (*Count < Room)
            ScmFillEntry(Node->Service, &Entries[*Count]);
        ++*Count;
    }
    ScmFreeGraph(&Graph);
    return STATUS_SUCCESS;
}

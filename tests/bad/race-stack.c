/* A stack without locks and without a sequence number: who has read the next entry may find the same head again, and another next (ABA). */
#include "races.h"

typedef struct _NODE {
    struct _NODE *Next;
    volatile LONG Owners;
} NODE;

static NODE Nodes[3];
static NODE *volatile Head;
static volatile LONG Shared;

static VOID Push(NODE *Node) {
    NODE *Old;

    do {
        Old = Head;
        Node->Next = Old;
    } while (InterlockedCompareExchangePointer((PVOID volatile *)&Head, Node, Old) != Old);
}

static NODE *Pop(VOID) {
    NODE *Old;

    do {
        Old = Head;
        if (Old == NULL)
            return NULL;
    } while (InterlockedCompareExchangePointer((PVOID volatile *)&Head, Old->Next, Old) != Old);
    if (InterlockedIncrement(&Old->Owners) != 1)
        InterlockedIncrement(&Shared);
    return Old;
}

static VOID GiveBack(NODE *Node) {
    if (Node == NULL)
        return;
    InterlockedDecrement(&Node->Owners);
    Push(Node);
}

static VOID Prepare(VOID) {
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Nodes); Index++)
        Push(&Nodes[Index]);
}

/* The second node stays with its owner while the first comes back. */
static VOID Body(ULONG Who) {
    NODE *First = Pop(), *Second = Pop();

    UNREFERENCED_PARAMETER(Who);
    GiveBack(First);
    First = Pop();
    GiveBack(Second);
    GiveBack(First);
}

static BOOLEAN Right(VOID) { return Shared == 0; }

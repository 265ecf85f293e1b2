/*
 * Watching keys: NtNotifyChangeKey.
 *
 * A key object watches from its first request on, with that request's filter ("ZwNotifyChangeKey"). A change ends every request that is waiting; one that comes
 * while none is waiting ends the next at once. Closing the last handle ends them too, with STATUS_NOTIFY_CLEANUP.
 */
#include "cm/key.h"
#include "ex/ex.h"
#include "ke/ke.h"
#include "ps/ps.h"

#define CMP_LEGAL_FILTER (REG_LEGAL_CHANGE_FILTER | 0x10000000u) /* REG_NOTIFY_THREAD_AGNOSTIC, which all are here */

typedef struct _CM_NOTIFY { /* what a key object watches; CM_KEY.Notify */
    LIST_ENTRY Links;
    PCM_KEY Key;
    ULONG Filter;
    BOOLEAN Tree, Changed; /* Changed: while nobody waited */
    LIST_ENTRY Requests;
} CM_NOTIFY, *PCM_NOTIFY;

typedef struct _CM_REQUEST {
    LIST_ENTRY Links; /* Flink NULL: in no list */
    NTSTATUS Status;
    PKEVENT Event;         /* the caller's, referenced, or NULL */
    PIO_STATUS_BLOCK Iosb; /* of the mode below */
    KPROCESSOR_MODE Mode;
    BOOLEAN Synchronous;     /* the caller waits for Done and frees this */
    PIO_APC_ROUTINE Routine; /* user mode: or NULL; kernel mode: a WORK_QUEUE_ITEM to be queued, or NULL */
    PVOID Context;           /* user mode: the routine's; kernel mode: the queue */
    PETHREAD Thread;         /* referenced; its memory is where the status block is */
    KAPC Apc;
    KEVENT Done;
} CM_REQUEST, *PCM_REQUEST;

static LIST_ENTRY CmpWatchers = {&CmpWatchers, &CmpWatchers}; /* CM_NOTIFY */

/* ---- The end of a request ---- */
static VOID CmpFreeRequest(PCM_REQUEST Request) {
    if (Request->Event != NULL)
        ObfDereferenceObject(Request->Event);
    ObfDereferenceObject(Request->Thread);
    ExFreePoolWithTag(Request, CMP_TAG);
}

/* The thread is gone, and its memory with it, or is going. */
static VOID NTAPI CmpRundownRequest(PKAPC Apc) {
    PCM_REQUEST Request = CONTAINING_RECORD(Apc, CM_REQUEST, Apc);
    if (Request->Event != NULL)
        KeSetEvent(Request->Event, IO_NO_INCREMENT, FALSE);
    CmpFreeRequest(Request);
}

static VOID NTAPI CmpFreeApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    CmpFreeRequest(CONTAINING_RECORD(Apc, CM_REQUEST, Apc));
}

/* In the thread that asked, where its memory is. */
static VOID NTAPI CmpFinishApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    PCM_REQUEST Request = CONTAINING_RECORD(Apc, CM_REQUEST, Apc);
    IO_STATUS_BLOCK Iosb = {.Status = Request->Status, .Information = 0};
    KiCopyToUser(Request->Iosb, &Iosb, sizeof(Iosb)); /* a program that has unmapped it does not want it */
    if (Request->Event != NULL)
        KeSetEvent(Request->Event, IO_NO_INCREMENT, FALSE);
    if (Request->Routine != NULL) {
        KeInitializeApc(&Request->Apc, &Request->Thread->Tcb, OriginalApcEnvironment, CmpFreeApc, CmpRundownRequest,
                        (PKNORMAL_ROUTINE)(PVOID)Request->Routine, UserMode, Request->Context);
        if (KeInsertQueueApc(&Request->Apc, Request->Iosb, NULL, IO_NO_INCREMENT))
            return;
    }
    CmpFreeRequest(Request);
}

static VOID CmpEndRequest(PCM_REQUEST Request, NTSTATUS Status) {
    Request->Status = Status;
    if (Request->Synchronous) {
        KeSetEvent(&Request->Done, IO_NO_INCREMENT, FALSE);
    } else if (Request->Mode == UserMode) {
        KeInitializeApc(&Request->Apc, &Request->Thread->Tcb, OriginalApcEnvironment, CmpFinishApc, CmpRundownRequest, NULL, KernelMode, NULL);
        if (!KeInsertQueueApc(&Request->Apc, NULL, NULL, IO_NO_INCREMENT))
            CmpRundownRequest(&Request->Apc);
    } else {
        Request->Iosb->Status = Status;
        Request->Iosb->Information = 0;
        if (Request->Event != NULL)
            KeSetEvent(Request->Event, IO_NO_INCREMENT, FALSE);
        if (Request->Routine != NULL)
            ExQueueWorkItem((PWORK_QUEUE_ITEM)(PVOID)Request->Routine, (WORK_QUEUE_TYPE)(ULONG_PTR)Request->Context);
        CmpFreeRequest(Request);
    }
}

static VOID CmpMoveRequests(PLIST_ENTRY From, PLIST_ENTRY To) {
    while (!IsListEmpty(From))
        InsertTailList(To, RemoveHeadList(From));
}

/* Ending a request lets threads run: nothing of the lists is looked at in between. */
static VOID CmpEndRequests(PLIST_ENTRY Requests, NTSTATUS Status) {
    while (!IsListEmpty(Requests)) {
        PCM_REQUEST Request = CONTAINING_RECORD(RemoveHeadList(Requests), CM_REQUEST, Links);
        Request->Links.Flink = NULL;
        CmpEndRequest(Request, Status);
    }
}

static BOOLEAN CmpIsWatched(PCM_NOTIFY Notify, PCM_NODE Node) {
    if (!Notify->Tree)
        return Notify->Key->Node == Node;
    while (Node != NULL && Node != Notify->Key->Node)
        Node = Node->Parent;
    return Node != NULL;
}

VOID CmpReportChange(PCM_NODE Node, ULONG Change) {
    LIST_ENTRY Ended;
    InitializeListHead(&Ended);
    for (PLIST_ENTRY Link = CmpWatchers.Flink; Link != &CmpWatchers; Link = Link->Flink) {
        PCM_NOTIFY Notify = CONTAINING_RECORD(Link, CM_NOTIFY, Links);
        if (!(Notify->Filter & Change) || !CmpIsWatched(Notify, Node))
            continue;
        if (IsListEmpty(&Notify->Requests))
            Notify->Changed = TRUE;
        CmpMoveRequests(&Notify->Requests, &Ended);
    }
    CmpEndRequests(&Ended, STATUS_NOTIFY_ENUM_DIR);
}

VOID CmpEndNotify(PCM_KEY Key) {
    PCM_NOTIFY Notify = Key->Notify;
    LIST_ENTRY Ended;
    if (Notify == NULL)
        return;
    InitializeListHead(&Ended);
    CmpMoveRequests(&Notify->Requests, &Ended);
    RemoveEntryList(&Notify->Links);
    Key->Notify = NULL;
    ExFreePoolWithTag(Notify, CMP_TAG);
    CmpEndRequests(&Ended, STATUS_NOTIFY_CLEANUP);
}

VOID CmpEndNotifiesOf(PCM_NODE Node) {
    for (PLIST_ENTRY Link = CmpWatchers.Flink; Link != &CmpWatchers;) {
        PCM_NOTIFY Notify = CONTAINING_RECORD(Link, CM_NOTIFY, Links);
        Link = Link->Flink;
        if (Notify->Key->Node == Node) {
            CmpEndNotify(Notify->Key);
            Link = CmpWatchers.Flink; /* threads have run */
        }
    }
}

/* ---- The service ---- */
static NTSTATUS CmpWatch(PCM_KEY Key, ULONG Filter, BOOLEAN Tree) {
    if (Key->Notify != NULL)
        return STATUS_SUCCESS;
    PCM_NOTIFY Notify = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Notify), CMP_TAG);
    if (Notify == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Notify = (CM_NOTIFY){.Key = Key, .Filter = Filter & REG_LEGAL_CHANGE_FILTER, .Tree = Tree};
    InitializeListHead(&Notify->Requests);
    InsertTailList(&CmpWatchers, &Notify->Links);
    Key->Notify = Notify;
    return STATUS_SUCCESS;
}

/* Waits. A wait that is broken off takes the request back. */
static NTSTATUS CmpAwait(PCM_REQUEST Request) {
    NTSTATUS Status = KeWaitForSingleObject(&Request->Done, Executive, Request->Mode, FALSE, NULL);
    if (Status == STATUS_SUCCESS) {
        IO_STATUS_BLOCK Iosb = {.Status = Request->Status, .Information = 0};
        Status = ObpStore(Request->Iosb, &Iosb, sizeof(Iosb), Request->Mode);
        if (NT_SUCCESS(Status))
            Status = Request->Status;
        if (Request->Event != NULL)
            KeSetEvent(Request->Event, IO_NO_INCREMENT, FALSE);
    } else if (Request->Links.Flink != NULL) {
        RemoveEntryList(&Request->Links);
    }
    CmpFreeRequest(Request);
    return Status;
}

static NTSTATUS CmpMakeRequest(HANDLE Event, KPROCESSOR_MODE Mode, PCM_REQUEST *Made) {
    PVOID EventObject = NULL;
    NTSTATUS Status = Event != NULL ? ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, ExpEventType, Mode, &EventObject, NULL) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    PCM_REQUEST Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), CMP_TAG);
    if (Request == NULL) {
        if (EventObject != NULL)
            ObfDereferenceObject(EventObject);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Request, sizeof(*Request));
    Request->Event = EventObject;
    Request->Mode = Mode;
    Request->Thread = (PETHREAD)KiCurrentThread();
    ObfReferenceObject(Request->Thread);
    KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
    if (EventObject != NULL)
        KeClearEvent(EventObject);
    *Made = Request;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtNotifyChangeKey(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PCM_REQUEST Request;
    PCM_KEY Key;
    if (CompletionFilter == 0 || (CompletionFilter & ~CMP_LEGAL_FILTER) != 0)
        return STATUS_INVALID_PARAMETER;
    if (Mode == KernelMode && ApcRoutine != NULL && (ULONG_PTR)ApcContext >= MaximumWorkQueue)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = ObpProbeOutput(IoStatusBlock, sizeof(*IoStatusBlock), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(Handle, KEY_NOTIFY, Mode, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpMakeRequest(Event, Mode, &Request);
    if (NT_SUCCESS(Status)) {
        Status = CmpWatch(Key, CompletionFilter, WatchTree);
        if (!NT_SUCCESS(Status))
            CmpFreeRequest(Request);
    }
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Key);
        return Status;
    }
    Request->Iosb = IoStatusBlock;
    Request->Synchronous = !Asynchronous;
    Request->Routine = ApcRoutine;
    Request->Context = ApcContext;
    BOOLEAN Changed = Key->Notify->Changed;
    Key->Notify->Changed = FALSE;
    if (Changed)
        CmpEndRequest(Request, STATUS_NOTIFY_ENUM_DIR);
    else
        InsertTailList(&Key->Notify->Requests, &Request->Links);
    Status = Asynchronous ? STATUS_PENDING : CmpAwait(Request);
    ObfDereferenceObject(Key);
    return Status;
}

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
    PCM_REQUEST request = CONTAINING_RECORD(Apc, CM_REQUEST, Apc);
    if (request->Event != NULL)
        KeSetEvent(request->Event, IO_NO_INCREMENT, FALSE);
    CmpFreeRequest(request);
}

static VOID NTAPI CmpFreeApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    CmpFreeRequest(CONTAINING_RECORD(Apc, CM_REQUEST, Apc));
}

/* In the thread that asked, where its memory is. */
static VOID NTAPI CmpFinishApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    PCM_REQUEST request = CONTAINING_RECORD(Apc, CM_REQUEST, Apc);
    IO_STATUS_BLOCK iosb = {.Status = request->Status, .Information = 0};
    KiCopyToUser(request->Iosb, &iosb, sizeof(iosb)); /* a program that has unmapped it does not want it */
    if (request->Event != NULL)
        KeSetEvent(request->Event, IO_NO_INCREMENT, FALSE);
    if (request->Routine != NULL) {
        KeInitializeApc(&request->Apc, &request->Thread->Tcb, OriginalApcEnvironment, CmpFreeApc, CmpRundownRequest,
                        (PKNORMAL_ROUTINE)(PVOID)request->Routine, UserMode, request->Context);
        if (KeInsertQueueApc(&request->Apc, request->Iosb, NULL, IO_NO_INCREMENT))
            return;
    }
    CmpFreeRequest(request);
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
        PCM_REQUEST request = CONTAINING_RECORD(RemoveHeadList(Requests), CM_REQUEST, Links);
        request->Links.Flink = NULL;
        CmpEndRequest(request, Status);
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
    LIST_ENTRY ended;
    InitializeListHead(&ended);
    for (PLIST_ENTRY link = CmpWatchers.Flink; link != &CmpWatchers; link = link->Flink) {
        PCM_NOTIFY notify = CONTAINING_RECORD(link, CM_NOTIFY, Links);
        if (!(notify->Filter & Change) || !CmpIsWatched(notify, Node))
            continue;
        if (IsListEmpty(&notify->Requests))
            notify->Changed = TRUE;
        CmpMoveRequests(&notify->Requests, &ended);
    }
    CmpEndRequests(&ended, STATUS_NOTIFY_ENUM_DIR);
}

VOID CmpEndNotify(PCM_KEY Key) {
    PCM_NOTIFY notify = Key->Notify;
    LIST_ENTRY ended;
    if (notify == NULL)
        return;
    InitializeListHead(&ended);
    CmpMoveRequests(&notify->Requests, &ended);
    RemoveEntryList(&notify->Links);
    Key->Notify = NULL;
    ExFreePoolWithTag(notify, CMP_TAG);
    CmpEndRequests(&ended, STATUS_NOTIFY_CLEANUP);
}

VOID CmpEndNotifiesOf(PCM_NODE Node) {
    for (PLIST_ENTRY link = CmpWatchers.Flink; link != &CmpWatchers;) {
        PCM_NOTIFY notify = CONTAINING_RECORD(link, CM_NOTIFY, Links);
        link = link->Flink;
        if (notify->Key->Node == Node) {
            CmpEndNotify(notify->Key);
            link = CmpWatchers.Flink; /* threads have run */
        }
    }
}

/* ---- The service ---- */
static NTSTATUS CmpWatch(PCM_KEY Key, ULONG Filter, BOOLEAN Tree) {
    if (Key->Notify != NULL)
        return STATUS_SUCCESS;
    PCM_NOTIFY notify = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*notify), CMP_TAG);
    if (notify == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *notify = (CM_NOTIFY){.Key = Key, .Filter = Filter & REG_LEGAL_CHANGE_FILTER, .Tree = Tree};
    InitializeListHead(&notify->Requests);
    InsertTailList(&CmpWatchers, &notify->Links);
    Key->Notify = notify;
    return STATUS_SUCCESS;
}

/* Waits. A wait that is broken off takes the request back. */
static NTSTATUS CmpAwait(PCM_REQUEST Request) {
    NTSTATUS status = KeWaitForSingleObject(&Request->Done, Executive, Request->Mode, FALSE, NULL);
    if (status == STATUS_SUCCESS) {
        IO_STATUS_BLOCK iosb = {.Status = Request->Status, .Information = 0};
        status = ObpStore(Request->Iosb, &iosb, sizeof(iosb), Request->Mode);
        if (NT_SUCCESS(status))
            status = Request->Status;
        if (Request->Event != NULL)
            KeSetEvent(Request->Event, IO_NO_INCREMENT, FALSE);
    } else if (Request->Links.Flink != NULL) {
        RemoveEntryList(&Request->Links);
    }
    CmpFreeRequest(Request);
    return status;
}

static NTSTATUS CmpMakeRequest(HANDLE Event, KPROCESSOR_MODE Mode, PCM_REQUEST *Made) {
    PVOID event = NULL;
    NTSTATUS status = Event != NULL ? ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, ExpEventType, Mode, &event, NULL) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    PCM_REQUEST request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*request), CMP_TAG);
    if (request == NULL) {
        if (event != NULL)
            ObfDereferenceObject(event);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(request, sizeof(*request));
    request->Event = event;
    request->Mode = Mode;
    request->Thread = (PETHREAD)KiCurrentThread();
    ObfReferenceObject(request->Thread);
    KeInitializeEvent(&request->Done, NotificationEvent, FALSE);
    if (event != NULL)
        KeClearEvent(event);
    *Made = request;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtNotifyChangeKey(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PCM_REQUEST request;
    PCM_KEY key;
    if (CompletionFilter == 0 || (CompletionFilter & ~CMP_LEGAL_FILTER) != 0)
        return STATUS_INVALID_PARAMETER;
    if (mode == KernelMode && ApcRoutine != NULL && (ULONG_PTR)ApcContext >= MaximumWorkQueue)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObpProbeOutput(IoStatusBlock, sizeof(*IoStatusBlock), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = CmpReferenceKey(Handle, KEY_NOTIFY, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = CmpMakeRequest(Event, mode, &request);
    if (NT_SUCCESS(status)) {
        status = CmpWatch(key, CompletionFilter, WatchTree);
        if (!NT_SUCCESS(status))
            CmpFreeRequest(request);
    }
    if (!NT_SUCCESS(status)) {
        ObfDereferenceObject(key);
        return status;
    }
    request->Iosb = IoStatusBlock;
    request->Synchronous = !Asynchronous;
    request->Routine = ApcRoutine;
    request->Context = ApcContext;
    BOOLEAN changed = key->Notify->Changed;
    key->Notify->Changed = FALSE;
    if (changed)
        CmpEndRequest(request, STATUS_NOTIFY_ENUM_DIR);
    else
        InsertTailList(&key->Notify->Requests, &request->Links);
    status = Asynchronous ? STATUS_PENDING : CmpAwait(request);
    ObfDereferenceObject(key);
    return status;
}

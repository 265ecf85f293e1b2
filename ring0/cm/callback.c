/*
 * Registry filters: CmRegisterCallback(Ex) and what goes with it ("Filtering Registry Calls").
 *
 * An operation calls every callback before it, highest altitude first, and those that let it pass again after it, the last first. A callback that is under way
 * keeps its registration; CmUnRegisterCallback waits for it.
 */
#include "cm/callback.h"
#include "ke/ke.h"
#include "ob/object.h"

typedef struct _CM_CALLBACK {
    LIST_ENTRY Links;
    PEX_CALLBACK_FUNCTION Function;
    PVOID Context;
    LARGE_INTEGER Cookie;
    EX_RUNDOWN_REF Running;
    BOOLEAN Leaving;
    LIST_ENTRY ObjectContexts;
    UNICODE_STRING Altitude; /* behind the structure; empty for CmRegisterCallback: below all that have one */
} CM_CALLBACK;

typedef struct _CM_CONTEXT { /* what a callback has attached to a key object */
    LIST_ENTRY KeyLinks, CallbackLinks;
    PCM_CALLBACK Callback;
    PCM_KEY Key;
    PVOID Context;
} CM_CONTEXT, *PCM_CONTEXT;

static LIST_ENTRY CmpCallbacks = {&CmpCallbacks, &CmpCallbacks}; /* highest altitude first */
static ULONG CmpCallbackCount;
static LARGE_INTEGER CmpLastCookie;

/* ---- Calling ---- */
static PCM_CONTEXT CmpFindContext(PCM_KEY Key, PCM_CALLBACK Callback) {
    if (Key == NULL || Key->Contexts.Flink == NULL)
        return NULL;
    for (PLIST_ENTRY Link = Key->Contexts.Flink; Link != &Key->Contexts; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, CM_CONTEXT, KeyLinks)->Callback == Callback)
            return CONTAINING_RECORD(Link, CM_CONTEXT, KeyLinks);
    return NULL;
}

static PVOID CmpContextOf(PCM_KEY Key, PCM_CALLBACK Callback) {
    PCM_CONTEXT Context = CmpFindContext(Key, Callback);
    return Context != NULL ? Context->Context : NULL;
}

BOOLEAN CmpPreCall(PCM_CALL Call, REG_NOTIFY_CLASS Notify, PVOID Information, PCM_KEY Key, PVOID *CallContext, PVOID *ObjectContext,
                   NTSTATUS *Status) {
    Call->Count = 0;
    if (IsListEmpty(&CmpCallbacks))
        return TRUE;
    Call->Information = Information;
    Call->Key = Key;
    for (PLIST_ENTRY Link = CmpCallbacks.Flink; Link != &CmpCallbacks; Link = Link->Flink) {
        PCM_CALLBACK Callback = CONTAINING_RECORD(Link, CM_CALLBACK, Links);
        if (Call->Count == CMP_MAX_CALLBACKS || !ExAcquireRundownProtection(&Callback->Running))
            continue;
        *CallContext = NULL;
        *ObjectContext = CmpContextOf(Key, Callback);
        NTSTATUS Answer = Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)Notify, Information);
        if (!NT_SUCCESS(Answer)) {
            ExReleaseRundownProtection(&Callback->Running);
            *Status = Answer == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : Answer;
            return FALSE;
        }
        Call->Called[Call->Count].Callback = Callback;
        Call->Called[Call->Count++].Context = *CallContext;
    }
    if (Key->Node->Deleted && Notify != RegNtPreKeyHandleClose) { /* other threads have run */
        *Status = STATUS_KEY_DELETED;
        return FALSE;
    }
    return TRUE;
}

NTSTATUS CmpPostCall(PCM_CALL Call, REG_NOTIFY_CLASS Notify, PVOID Object, NTSTATUS Status) {
    while (Call->Count != 0) {
        PCM_CALLBACK Callback = Call->Called[--Call->Count].Callback;
        REG_POST_OPERATION_INFORMATION Information = {.Object = Object,
                                                      .Status = Status,
                                                      .PreInformation = Call->Information,
                                                      .ReturnStatus = Status,
                                                      .CallContext = Call->Called[Call->Count].Context,
                                                      .ObjectContext = CmpContextOf(Object == Call->Key ? Call->Key : NULL, Callback)};
        if (!Callback->Leaving && Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)Notify, &Information) == STATUS_CALLBACK_BYPASS)
            Status = Information.ReturnStatus;
        ExReleaseRundownProtection(&Callback->Running);
    }
    return Status;
}

/* ---- Registration ---- */
static PCM_CALLBACK CmpFindCallback(LARGE_INTEGER Cookie) {
    for (PLIST_ENTRY Link = CmpCallbacks.Flink; Link != &CmpCallbacks; Link = Link->Flink) {
        PCM_CALLBACK Callback = CONTAINING_RECORD(Link, CM_CALLBACK, Links);
        if (Callback->Cookie.QuadPart == Cookie.QuadPart && !Callback->Leaving)
            return Callback;
    }
    return NULL;
}

static NTSTATUS CmpRegister(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Context, PLARGE_INTEGER Cookie) {
    static const UNICODE_STRING None = {0, 0, NULL};
    PLIST_ENTRY Before = CmpCallbacks.Flink;
    if (Altitude == NULL)
        Altitude = &None;
    for (; Before != &CmpCallbacks; Before = Before->Flink) {
        PCM_CALLBACK Other = CONTAINING_RECORD(Before, CM_CALLBACK, Links);
        INT Order = Altitude->Length == 0 ? -1 : Other->Altitude.Length == 0 ? 1 : ObpCompareAltitudes(Altitude, &Other->Altitude);
        if (Order == 0)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (Order > 0)
            break;
    }
    if (CmpCallbackCount == CMP_MAX_CALLBACKS)
        return STATUS_INSUFFICIENT_RESOURCES;
    PCM_CALLBACK Callback = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Callback) + Altitude->Length, CMP_TAG);
    if (Callback == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Callback, sizeof(*Callback));
    Callback->Function = Function;
    Callback->Context = Context;
    Callback->Cookie.QuadPart = ++CmpLastCookie.QuadPart;
    Callback->Altitude.Buffer = (PWSTR)(Callback + 1);
    Callback->Altitude.Length = Callback->Altitude.MaximumLength = Altitude->Length;
    if (Altitude->Length != 0)
        RtlCopyMemory(Callback->Altitude.Buffer, Altitude->Buffer, Altitude->Length);
    InitializeListHead(&Callback->ObjectContexts);
    InsertTailList(Before, &Callback->Links);
    CmpCallbackCount++;
    *Cookie = Callback->Cookie;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie) {
    return CmpRegister(Function, NULL, Context, Cookie);
}

NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Driver, PVOID Context, PLARGE_INTEGER Cookie,
                                    PVOID Reserved) {
    if (Altitude == NULL || Altitude->Length == 0 || Driver == NULL)
        return STATUS_INVALID_PARAMETER;
    return CmpRegister(Function, Altitude, Context, Cookie);
}

/* Takes a context away and tells whose it is: its memory is theirs. */
static VOID CmpDropContext(PCM_CONTEXT Context) {
    PCM_CALLBACK Callback = Context->Callback;
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Information = {.Object = Context->Key, .ObjectContext = Context->Context};
    RemoveEntryList(&Context->KeyLinks);
    RemoveEntryList(&Context->CallbackLinks);
    ExFreePoolWithTag(Context, CMP_TAG);
    BOOLEAN Held = ExAcquireRundownProtection(&Callback->Running); /* no more: it is its own registration's end that calls */
    Callback->Function(Callback->Context, (PVOID)(ULONG_PTR)RegNtCallbackObjectContextCleanup, &Information);
    if (Held)
        ExReleaseRundownProtection(&Callback->Running);
}

NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie) {
    PCM_CALLBACK Callback = CmpFindCallback(Cookie);
    if (Callback == NULL)
        return STATUS_INVALID_PARAMETER;
    Callback->Leaving = TRUE;
    ExWaitForRundownProtectionRelease(&Callback->Running);
    while (!IsListEmpty(&Callback->ObjectContexts))
        CmpDropContext(CONTAINING_RECORD(Callback->ObjectContexts.Flink, CM_CONTEXT, CallbackLinks));
    RemoveEntryList(&Callback->Links);
    CmpCallbackCount--;
    ExFreePoolWithTag(Callback, CMP_TAG);
    return STATUS_SUCCESS;
}

PVOID CmFindCallbackIn(const VOID *Start, SIZE_T Size, PCSTR *Remove) {
    *Remove = "CmUnRegisterCallback";
    for (PLIST_ENTRY Link = CmpCallbacks.Flink; Link != &CmpCallbacks; Link = Link->Flink) {
        PVOID Function = (PVOID)CONTAINING_RECORD(Link, CM_CALLBACK, Links)->Function;
        if ((ULONG_PTR)Function - (ULONG_PTR)Start < Size)
            return Function;
    }
    return NULL;
}

VOID NTAPI CmGetCallbackVersion(PULONG Major, PULONG Minor) {
    if (Major != NULL)
        *Major = 1;
    if (Minor != NULL)
        *Minor = 0;
}

/* ---- What a callback may ask and attach ---- */
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext, PVOID *OldContext) {
    PCM_CALLBACK Callback = CmpFindCallback(*Cookie);
    PCM_KEY Key = Object;
    if (Callback == NULL || Object == NULL || ObpObjectType(Object) != CmpKeyObjectType)
        return STATUS_INVALID_PARAMETER;
    PCM_CONTEXT Context = CmpFindContext(Key, Callback);
    if (OldContext != NULL)
        *OldContext = Context != NULL ? Context->Context : NULL;
    if (Context != NULL && NewContext == NULL) {
        RemoveEntryList(&Context->KeyLinks);
        RemoveEntryList(&Context->CallbackLinks);
        ExFreePoolWithTag(Context, CMP_TAG);
    } else if (Context != NULL) {
        Context->Context = NewContext;
    } else if (NewContext != NULL) {
        Context = ExAllocatePoolWithTag(PagedPool, sizeof(*Context), CMP_TAG);
        if (Context == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *Context = (CM_CONTEXT){.Callback = Callback, .Key = Key, .Context = NewContext};
        if (Key->Contexts.Flink == NULL)
            InitializeListHead(&Key->Contexts);
        InsertTailList(&Key->Contexts, &Context->KeyLinks);
        InsertTailList(&Callback->ObjectContexts, &Context->CallbackLinks);
    }
    return STATUS_SUCCESS;
}

VOID CmpDropContexts(PCM_KEY Key) {
    while (Key->Contexts.Flink != NULL && !IsListEmpty(&Key->Contexts))
        CmpDropContext(CONTAINING_RECORD(Key->Contexts.Flink, CM_CONTEXT, KeyLinks));
}

/* The name, as a string and its characters in one block. */
static NTSTATUS CmpMakeName(PCM_NODE Node, PCUNICODE_STRING *Name) {
    ULONG Length;
    CmpNodePath(Node, NULL, &Length);
    if (Length > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    PUNICODE_STRING NewName = ExAllocatePoolWithTag(PagedPool, sizeof(*NewName) + Length + sizeof(WCHAR), CMP_TAG);
    if (NewName == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NewName->Buffer = (PWSTR)(NewName + 1);
    NewName->Length = (USHORT)Length;
    NewName->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    CmpNodePath(Node, NewName->Buffer, &Length);
    NewName->Buffer[Length / sizeof(WCHAR)] = 0;
    *Name = NewName;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpObjectId(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectId) {
    if (CmpFindCallback(*Cookie) == NULL || Object == NULL || ObpObjectType(Object) != CmpKeyObjectType)
        return STATUS_INVALID_PARAMETER;
    if (((PCM_KEY)Object)->Node->Deleted)
        return STATUS_KEY_DELETED;
    if (ObjectId != NULL)
        *ObjectId = (ULONG_PTR)((PCM_KEY)Object)->Node;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName, ULONG Flags) {
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = CmpObjectId(Cookie, Object, ObjectID);
    return NT_SUCCESS(Status) && ObjectName != NULL ? CmpMakeName(((PCM_KEY)Object)->Node, ObjectName) : Status;
}

VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName) { ExFreePoolWithTag((PVOID)ObjectName, CMP_TAG); }

/* This name lives as long as the key object. */
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName) {
    NTSTATUS Status = CmpObjectId(Cookie, Object, ObjectID);
    if (!NT_SUCCESS(Status) || ObjectName == NULL)
        return Status;
    PCM_KEY Key = Object;
    if (Key->Name == NULL)
        Status = CmpMakeName(Key->Node, &Key->Name);
    *ObjectName = Key->Name;
    return Status;
}

/* There are no transactions. */
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object) { return NULL; }

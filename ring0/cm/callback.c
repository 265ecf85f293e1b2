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
    for (PLIST_ENTRY link = Key->Contexts.Flink; link != &Key->Contexts; link = link->Flink)
        if (CONTAINING_RECORD(link, CM_CONTEXT, KeyLinks)->Callback == Callback)
            return CONTAINING_RECORD(link, CM_CONTEXT, KeyLinks);
    return NULL;
}

static PVOID CmpContextOf(PCM_KEY Key, PCM_CALLBACK Callback) {
    PCM_CONTEXT context = CmpFindContext(Key, Callback);
    return context != NULL ? context->Context : NULL;
}

BOOLEAN CmpPreCall(PCM_CALL Call, REG_NOTIFY_CLASS Notify, PVOID Information, PCM_KEY Key, PVOID *CallContext, PVOID *ObjectContext,
                   NTSTATUS *Status) {
    Call->Count = 0;
    if (IsListEmpty(&CmpCallbacks))
        return TRUE;
    Call->Information = Information;
    Call->Key = Key;
    for (PLIST_ENTRY link = CmpCallbacks.Flink; link != &CmpCallbacks; link = link->Flink) {
        PCM_CALLBACK callback = CONTAINING_RECORD(link, CM_CALLBACK, Links);
        if (Call->Count == CMP_MAX_CALLBACKS || !ExAcquireRundownProtection(&callback->Running))
            continue;
        *CallContext = NULL;
        *ObjectContext = CmpContextOf(Key, callback);
        NTSTATUS status = callback->Function(callback->Context, (PVOID)(ULONG_PTR)Notify, Information);
        if (!NT_SUCCESS(status)) {
            ExReleaseRundownProtection(&callback->Running);
            *Status = status == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : status;
            return FALSE;
        }
        Call->Called[Call->Count].Callback = callback;
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
        PCM_CALLBACK callback = Call->Called[--Call->Count].Callback;
        REG_POST_OPERATION_INFORMATION information = {.Object = Object,
                                                      .Status = Status,
                                                      .PreInformation = Call->Information,
                                                      .ReturnStatus = Status,
                                                      .CallContext = Call->Called[Call->Count].Context,
                                                      .ObjectContext = CmpContextOf(Object == Call->Key ? Call->Key : NULL, callback)};
        if (!callback->Leaving && callback->Function(callback->Context, (PVOID)(ULONG_PTR)Notify, &information) == STATUS_CALLBACK_BYPASS)
            Status = information.ReturnStatus;
        ExReleaseRundownProtection(&callback->Running);
    }
    return Status;
}

/* ---- Registration ---- */
static PCM_CALLBACK CmpFindCallback(LARGE_INTEGER Cookie) {
    for (PLIST_ENTRY link = CmpCallbacks.Flink; link != &CmpCallbacks; link = link->Flink) {
        PCM_CALLBACK callback = CONTAINING_RECORD(link, CM_CALLBACK, Links);
        if (callback->Cookie.QuadPart == Cookie.QuadPart && !callback->Leaving)
            return callback;
    }
    return NULL;
}

static NTSTATUS CmpRegister(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Context, PLARGE_INTEGER Cookie) {
    static const UNICODE_STRING none = {0, 0, NULL};
    PLIST_ENTRY before = CmpCallbacks.Flink;
    if (Altitude == NULL)
        Altitude = &none;
    for (; before != &CmpCallbacks; before = before->Flink) {
        PCM_CALLBACK other = CONTAINING_RECORD(before, CM_CALLBACK, Links);
        INT order = Altitude->Length == 0 ? -1 : other->Altitude.Length == 0 ? 1 : ObpCompareAltitudes(Altitude, &other->Altitude);
        if (order == 0)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (order > 0)
            break;
    }
    if (CmpCallbackCount == CMP_MAX_CALLBACKS)
        return STATUS_INSUFFICIENT_RESOURCES;
    PCM_CALLBACK callback = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*callback) + Altitude->Length, CMP_TAG);
    if (callback == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(callback, sizeof(*callback));
    callback->Function = Function;
    callback->Context = Context;
    callback->Cookie.QuadPart = ++CmpLastCookie.QuadPart;
    callback->Altitude.Buffer = (PWSTR)(callback + 1);
    callback->Altitude.Length = callback->Altitude.MaximumLength = Altitude->Length;
    if (Altitude->Length != 0)
        RtlCopyMemory(callback->Altitude.Buffer, Altitude->Buffer, Altitude->Length);
    InitializeListHead(&callback->ObjectContexts);
    InsertTailList(before, &callback->Links);
    CmpCallbackCount++;
    *Cookie = callback->Cookie;
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
    PCM_CALLBACK callback = Context->Callback;
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information = {.Object = Context->Key, .ObjectContext = Context->Context};
    RemoveEntryList(&Context->KeyLinks);
    RemoveEntryList(&Context->CallbackLinks);
    ExFreePoolWithTag(Context, CMP_TAG);
    BOOLEAN held = ExAcquireRundownProtection(&callback->Running); /* no more: it is its own registration's end that calls */
    callback->Function(callback->Context, (PVOID)(ULONG_PTR)RegNtCallbackObjectContextCleanup, &information);
    if (held)
        ExReleaseRundownProtection(&callback->Running);
}

NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie) {
    PCM_CALLBACK callback = CmpFindCallback(Cookie);
    if (callback == NULL)
        return STATUS_INVALID_PARAMETER;
    callback->Leaving = TRUE;
    ExWaitForRundownProtectionRelease(&callback->Running);
    while (!IsListEmpty(&callback->ObjectContexts))
        CmpDropContext(CONTAINING_RECORD(callback->ObjectContexts.Flink, CM_CONTEXT, CallbackLinks));
    RemoveEntryList(&callback->Links);
    CmpCallbackCount--;
    ExFreePoolWithTag(callback, CMP_TAG);
    return STATUS_SUCCESS;
}

PVOID CmFindCallbackIn(const VOID *Start, SIZE_T Size, PCSTR *Remove) {
    *Remove = "CmUnRegisterCallback";
    for (PLIST_ENTRY link = CmpCallbacks.Flink; link != &CmpCallbacks; link = link->Flink) {
        PVOID function = (PVOID)CONTAINING_RECORD(link, CM_CALLBACK, Links)->Function;
        if ((ULONG_PTR)function - (ULONG_PTR)Start < Size)
            return function;
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
    PCM_CALLBACK callback = CmpFindCallback(*Cookie);
    PCM_KEY key = Object;
    if (callback == NULL || Object == NULL || ObpObjectType(Object) != CmpKeyObjectType)
        return STATUS_INVALID_PARAMETER;
    PCM_CONTEXT context = CmpFindContext(key, callback);
    if (OldContext != NULL)
        *OldContext = context != NULL ? context->Context : NULL;
    if (context != NULL && NewContext == NULL) {
        RemoveEntryList(&context->KeyLinks);
        RemoveEntryList(&context->CallbackLinks);
        ExFreePoolWithTag(context, CMP_TAG);
    } else if (context != NULL) {
        context->Context = NewContext;
    } else if (NewContext != NULL) {
        context = ExAllocatePoolWithTag(PagedPool, sizeof(*context), CMP_TAG);
        if (context == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *context = (CM_CONTEXT){.Callback = callback, .Key = key, .Context = NewContext};
        if (key->Contexts.Flink == NULL)
            InitializeListHead(&key->Contexts);
        InsertTailList(&key->Contexts, &context->KeyLinks);
        InsertTailList(&callback->ObjectContexts, &context->CallbackLinks);
    }
    return STATUS_SUCCESS;
}

VOID CmpDropContexts(PCM_KEY Key) {
    while (Key->Contexts.Flink != NULL && !IsListEmpty(&Key->Contexts))
        CmpDropContext(CONTAINING_RECORD(Key->Contexts.Flink, CM_CONTEXT, KeyLinks));
}

/* The name, as a string and its characters in one block. */
static NTSTATUS CmpMakeName(PCM_NODE Node, PCUNICODE_STRING *Name) {
    ULONG length;
    CmpNodePath(Node, NULL, &length);
    if (length > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    PUNICODE_STRING name = ExAllocatePoolWithTag(PagedPool, sizeof(*name) + length + sizeof(WCHAR), CMP_TAG);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    name->Buffer = (PWSTR)(name + 1);
    name->Length = (USHORT)length;
    name->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    CmpNodePath(Node, name->Buffer, &length);
    name->Buffer[length / sizeof(WCHAR)] = 0;
    *Name = name;
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
    NTSTATUS status = CmpObjectId(Cookie, Object, ObjectID);
    return NT_SUCCESS(status) && ObjectName != NULL ? CmpMakeName(((PCM_KEY)Object)->Node, ObjectName) : status;
}

VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName) { ExFreePoolWithTag((PVOID)ObjectName, CMP_TAG); }

/* This name lives as long as the key object. */
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName) {
    NTSTATUS status = CmpObjectId(Cookie, Object, ObjectID);
    if (!NT_SUCCESS(status) || ObjectName == NULL)
        return status;
    PCM_KEY key = Object;
    if (key->Name == NULL)
        status = CmpMakeName(key->Node, &key->Name);
    *ObjectName = key->Name;
    return status;
}

/* There are no transactions. */
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object) { return NULL; }

/*
 * ObRegisterCallbacks: drivers that watch handles to processes and threads being made, and take rights away.
 *
 * A handle that is being made calls every callback of its object's type before, highest altitude first, and the same ones after it, lowest first. A registration
 * that is called is held by its rundown protection, for which ObUnRegisterCallbacks waits.
 */
#include "ob/object.h"
#include "ldr/ldr.h"

typedef struct _OBP_CALLBACK {
    LIST_ENTRY Links; /* OBJECT_TYPE.Callbacks */
    struct _OBP_CALLBACK_SET *Set;
    POBJECT_TYPE Type;
    OB_OPERATION Operations;
    POB_PRE_OPERATION_CALLBACK Pre;
    POB_POST_OPERATION_CALLBACK Post;
} OBP_CALLBACK, *POBP_CALLBACK;

typedef struct _OBP_CALLBACK_SET { /* one registration */
    PVOID Context;
    UNICODE_STRING Altitude;
    ULONG Count;
    EX_RUNDOWN_REF Running; /* held from before the pre-operation callback until after the post-operation callback */
    OBP_CALLBACK Callbacks[];
} OBP_CALLBACK_SET, *POBP_CALLBACK_SET;

USHORT NTAPI ObGetFilterVersion(VOID) { return OB_FLT_REGISTRATION_VERSION; }

INT ObpCompareAltitudes(PCUNICODE_STRING A, PCUNICODE_STRING B) {
    PCUNICODE_STRING string[2] = {A, B};
    USHORT at[2] = {0, 0}, end[2], whole[2];
    for (ULONG i = 0; i < 2; i++) {
        end[i] = string[i]->Length / sizeof(WCHAR);
        while (at[i] < end[i] && string[i]->Buffer[at[i]] == L'0')
            at[i]++;
        whole[i] = at[i];
        while (whole[i] < end[i] && string[i]->Buffer[whole[i]] != L'.')
            whole[i]++;
    }
    if (whole[0] - at[0] != whole[1] - at[1])
        return whole[0] - at[0] < whole[1] - at[1] ? -1 : 1;
    while (at[0] < end[0] || at[1] < end[1]) {
        WCHAR a = at[0] < end[0] ? A->Buffer[at[0]++] : L'0', b = at[1] < end[1] ? B->Buffer[at[1]++] : L'0';
        if (a == L'.')
            a = b == L'.' ? a : L'0';
        else if (b == L'.')
            b = L'0';
        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

static BOOLEAN ObpIsAltitudeTaken(POBJECT_TYPE Type, PCUNICODE_STRING Altitude) {
    for (LIST_ENTRY *link = Type->Callbacks.Flink; link != &Type->Callbacks; link = link->Flink)
        if (ObpCompareAltitudes(&CONTAINING_RECORD(link, OBP_CALLBACK, Links)->Set->Altitude, Altitude) == 0)
            return TRUE;
    return FALSE;
}

static NTSTATUS ObpCheckOperation(POB_CALLBACK_REGISTRATION Registration, ULONG Index) {
    OB_OPERATION_REGISTRATION *operation = &Registration->OperationRegistration[Index];
    if (operation->ObjectType == NULL || !(*operation->ObjectType)->Info.Callbacks || operation->Operations == 0 ||
        (operation->Operations & ~(OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)) != 0 ||
        (operation->PreOperation == NULL && operation->PostOperation == NULL))
        return STATUS_INVALID_PARAMETER;
    if ((operation->PreOperation != NULL && !LdrIsIntegrityForced((PVOID)operation->PreOperation, "ObRegisterCallbacks")) ||
        (operation->PostOperation != NULL && !LdrIsIntegrityForced((PVOID)operation->PostOperation, "ObRegisterCallbacks")))
        return STATUS_ACCESS_DENIED;
    for (ULONG i = 0; i < Index; i++)
        if (*Registration->OperationRegistration[i].ObjectType == *operation->ObjectType)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    return ObpIsAltitudeTaken(*operation->ObjectType, &Registration->Altitude) ? STATUS_FLT_INSTANCE_ALTITUDE_COLLISION : STATUS_SUCCESS;
}

static NTSTATUS ObpCheckRegistration(POB_CALLBACK_REGISTRATION Registration) {
    NTSTATUS status = STATUS_SUCCESS;
    if ((Registration->Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) || Registration->OperationRegistrationCount == 0)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < Registration->OperationRegistrationCount && NT_SUCCESS(status); i++)
        status = ObpCheckOperation(Registration, i);
    return status;
}

NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION Registration, PVOID *RegistrationHandle) {
    NTSTATUS status = ObpCheckRegistration(Registration);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T size = sizeof(OBP_CALLBACK_SET) + Registration->OperationRegistrationCount * sizeof(OBP_CALLBACK);
    POBP_CALLBACK_SET set = ExAllocatePoolWithTag(NonPagedPoolNx, size + Registration->Altitude.Length, OBP_TAG);
    if (set == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(set, size);
    ExInitializeRundownProtection(&set->Running);
    set->Context = Registration->RegistrationContext;
    set->Count = Registration->OperationRegistrationCount;
    set->Altitude.Buffer = (PWSTR)((PUCHAR)set + size);
    set->Altitude.Length = set->Altitude.MaximumLength = Registration->Altitude.Length;
    RtlCopyMemory(set->Altitude.Buffer, Registration->Altitude.Buffer, Registration->Altitude.Length);
    for (ULONG i = 0; i < set->Count; i++) {
        POBP_CALLBACK callback = &set->Callbacks[i];
        callback->Set = set;
        callback->Type = *Registration->OperationRegistration[i].ObjectType;
        callback->Operations = Registration->OperationRegistration[i].Operations;
        callback->Pre = Registration->OperationRegistration[i].PreOperation;
        callback->Post = Registration->OperationRegistration[i].PostOperation;
        LIST_ENTRY *before = callback->Type->Callbacks.Flink;
        while (before != &callback->Type->Callbacks &&
               ObpCompareAltitudes(&CONTAINING_RECORD(before, OBP_CALLBACK, Links)->Set->Altitude, &set->Altitude) >= 0)
            before = before->Flink;
        InsertTailList(before, &callback->Links);
    }
    *RegistrationHandle = set;
    return STATUS_SUCCESS;
}

VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle) {
    POBP_CALLBACK_SET set = RegistrationHandle;
    ExWaitForRundownProtectionRelease(&set->Running);
    for (ULONG i = 0; i < set->Count; i++)
        RemoveEntryList(&set->Callbacks[i].Links);
    ExFreePoolWithTag(set, OBP_TAG);
}

PVOID ObpFindCallbackIn(POBJECT_TYPE Type, const VOID *Start, SIZE_T Size) {
    for (LIST_ENTRY *link = Type->Callbacks.Flink; link != &Type->Callbacks; link = link->Flink) {
        POBP_CALLBACK callback = CONTAINING_RECORD(link, OBP_CALLBACK, Links);
        if ((ULONG_PTR)callback->Pre - (ULONG_PTR)Start < Size)
            return (PVOID)callback->Pre;
        if ((ULONG_PTR)callback->Post - (ULONG_PTR)Start < Size)
            return (PVOID)callback->Post;
    }
    return NULL;
}

/* ---- Calling ---- */
static NTSTATUS ObpCollectCallbacks(POBP_OPERATION Operation) {
    LIST_ENTRY *list = &Operation->Header->Type->Callbacks;
    ULONG count = 0;
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink)
        count++;
    Operation->Called = ExAllocatePoolWithTag(NonPagedPoolNx, count * sizeof(*Operation->Called), OBP_TAG);
    if (Operation->Called == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        POBP_CALLBACK callback = CONTAINING_RECORD(link, OBP_CALLBACK, Links);
        if ((callback->Operations & Operation->Kind) && ExAcquireRundownProtection(&callback->Set->Running))
            Operation->Called[Operation->Count++] = (OBP_CALLED){callback, NULL};
    }
    return STATUS_SUCCESS;
}

static VOID ObpCallPre(POBP_OPERATION Operation, OBP_CALLED *Called, ACCESS_MASK Original, PACCESS_MASK Granted) {
    OB_PRE_OPERATION_PARAMETERS parameters;
    OB_PRE_OPERATION_INFORMATION information;
    RtlZeroMemory(&parameters, sizeof(parameters));
    RtlZeroMemory(&information, sizeof(information));
    parameters.DuplicateHandleInformation.DesiredAccess = *Granted; /* both kinds begin alike */
    parameters.DuplicateHandleInformation.OriginalDesiredAccess = Original;
    if (Operation->Kind == OB_OPERATION_HANDLE_DUPLICATE) {
        parameters.DuplicateHandleInformation.SourceProcess = Operation->Source;
        parameters.DuplicateHandleInformation.TargetProcess = Operation->Target;
    }
    information.Operation = Operation->Kind;
    information.KernelHandle = Operation->KernelHandle;
    information.Object = ObpBody(Operation->Header);
    information.ObjectType = Operation->Header->Type;
    information.Parameters = &parameters;
    KeEnterCriticalRegion();
    Called->Callback->Pre(Called->Callback->Set->Context, &information);
    KeLeaveCriticalRegion();
    Called->Context = information.CallContext;
    if (!Operation->KernelHandle) /* rights may be taken from user handles only, and never added */
        *Granted &= parameters.CreateHandleInformation.DesiredAccess;
}

NTSTATUS ObpCallPreCallbacks(POBP_OPERATION Operation, PACCESS_MASK Granted) {
    ACCESS_MASK original = *Granted;
    if (IsListEmpty(&Operation->Header->Type->Callbacks))
        return STATUS_SUCCESS;
    NTSTATUS status = ObpCollectCallbacks(Operation);
    for (ULONG i = 0; i < Operation->Count; i++)
        if (Operation->Called[i].Callback->Pre != NULL)
            ObpCallPre(Operation, &Operation->Called[i], original, Granted);
    return status;
}

VOID ObpCallPostCallbacks(POBP_OPERATION Operation, ACCESS_MASK Granted, NTSTATUS Status) {
    while (Operation->Count != 0) {
        OBP_CALLED *called = &Operation->Called[--Operation->Count];
        POBP_CALLBACK_SET set = called->Callback->Set;
        OB_POST_OPERATION_PARAMETERS parameters;
        OB_POST_OPERATION_INFORMATION information;
        RtlZeroMemory(&information, sizeof(information));
        parameters.CreateHandleInformation.GrantedAccess = NT_SUCCESS(Status) ? Granted : 0;
        information.Operation = Operation->Kind;
        information.KernelHandle = Operation->KernelHandle;
        information.Object = ObpBody(Operation->Header);
        information.ObjectType = Operation->Header->Type;
        information.CallContext = called->Context;
        information.ReturnStatus = Status;
        information.Parameters = &parameters;
        if (called->Callback->Post != NULL) {
            KeEnterCriticalRegion();
            called->Callback->Post(set->Context, &information);
            KeLeaveCriticalRegion();
        }
        ExReleaseRundownProtection(&set->Running);
    }
    if (Operation->Called != NULL)
        ExFreePoolWithTag(Operation->Called, OBP_TAG);
}

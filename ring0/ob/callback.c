/* ObRegisterCallbacks: drivers that watch handles to processes and threads being made, and take rights away. */
#include "ob/object.h"

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
    ULONG Running; /* callbacks being called: unregistering waits */
    BOOLEAN Unregistering;
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

static BOOLEAN ObpSupportsCallbacks(POBJECT_TYPE Type) {
    return Type == ObpHeader(ObpCurrentProcess())->Type || Type == ObpHeader(KiCurrentThread())->Type;
}

static NTSTATUS ObpCheckRegistration(POB_CALLBACK_REGISTRATION Registration) {
    if ((Registration->Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) || Registration->OperationRegistrationCount == 0)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < Registration->OperationRegistrationCount; i++) {
        OB_OPERATION_REGISTRATION *operation = &Registration->OperationRegistration[i];
        if (operation->ObjectType == NULL || !ObpSupportsCallbacks(*operation->ObjectType) || operation->Operations == 0 ||
            (operation->Operations & ~(OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)) != 0 ||
            (operation->PreOperation == NULL && operation->PostOperation == NULL))
            return STATUS_INVALID_PARAMETER;
        LIST_ENTRY *list = &(*operation->ObjectType)->Callbacks;
        for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink)
            if (ObpCompareAltitudes(&CONTAINING_RECORD(link, OBP_CALLBACK, Links)->Set->Altitude, &Registration->Altitude) == 0)
                return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    }
    return STATUS_SUCCESS;
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
    LARGE_INTEGER moment = {.QuadPart = -10000};
    set->Unregistering = TRUE;
    while (set->Running != 0)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    for (ULONG i = 0; i < set->Count; i++)
        RemoveEntryList(&set->Callbacks[i].Links);
    ExFreePoolWithTag(set, OBP_TAG);
}

VOID ObpCallPreCallbacks(POBP_HEADER Header, OB_OPERATION Operation, PEPROCESS Source, PEPROCESS Target, BOOLEAN KernelHandle, PACCESS_MASK Granted) {
    LIST_ENTRY *list = &Header->Type->Callbacks;
    ACCESS_MASK original = *Granted;
    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        POBP_CALLBACK callback = CONTAINING_RECORD(link, OBP_CALLBACK, Links);
        if (callback->Pre == NULL || !(callback->Operations & Operation) || callback->Set->Unregistering) {
            next = link->Flink;
            continue;
        }
        OB_PRE_OPERATION_PARAMETERS parameters;
        OB_PRE_OPERATION_INFORMATION information;
        RtlZeroMemory(&parameters, sizeof(parameters));
        RtlZeroMemory(&information, sizeof(information));
        parameters.DuplicateHandleInformation.DesiredAccess = *Granted;
        parameters.DuplicateHandleInformation.OriginalDesiredAccess = original;
        if (Operation == OB_OPERATION_HANDLE_DUPLICATE) {
            parameters.DuplicateHandleInformation.SourceProcess = Source;
            parameters.DuplicateHandleInformation.TargetProcess = Target;
        }
        information.Operation = Operation;
        information.KernelHandle = KernelHandle;
        information.Object = ObpBody(Header);
        information.ObjectType = Header->Type;
        information.Parameters = &parameters;
        callback->Set->Running++;
        callback->Pre(callback->Set->Context, &information);
        next = link->Flink;
        callback->Set->Running--;
        if (!KernelHandle) /* rights may be taken from user handles only, and never added */
            *Granted &= parameters.CreateHandleInformation.DesiredAccess;
    }
}

VOID ObpCallPostCallbacks(POBP_HEADER Header, OB_OPERATION Operation, BOOLEAN KernelHandle, ACCESS_MASK Granted, NTSTATUS Status) {
    LIST_ENTRY *list = &Header->Type->Callbacks;
    for (LIST_ENTRY *link = list->Blink, *next; link != list; link = next) { /* the lowest altitude first */
        POBP_CALLBACK callback = CONTAINING_RECORD(link, OBP_CALLBACK, Links);
        if (callback->Post == NULL || !(callback->Operations & Operation) || callback->Set->Unregistering) {
            next = link->Blink;
            continue;
        }
        OB_POST_OPERATION_PARAMETERS parameters;
        OB_POST_OPERATION_INFORMATION information;
        RtlZeroMemory(&information, sizeof(information));
        parameters.CreateHandleInformation.GrantedAccess = Granted;
        information.Operation = Operation;
        information.KernelHandle = KernelHandle;
        information.Object = ObpBody(Header);
        information.ObjectType = Header->Type;
        information.ReturnStatus = Status;
        information.Parameters = &parameters;
        callback->Set->Running++;
        callback->Post(callback->Set->Context, &information);
        next = link->Blink;
        callback->Set->Running--;
    }
}

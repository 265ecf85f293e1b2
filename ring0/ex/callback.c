/* Callback objects: whoever registers with one is called when somebody notifies it. */
#include "ex/ex.h"

#define EXP_CALLBACK_TAG      'bcxE'
#define CALLBACK_MODIFY_STATE 0x0001u
#define CALLBACK_ALL_ACCESS   (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | CALLBACK_MODIFY_STATE)

typedef struct _CALLBACK_OBJECT { /* body of a Callback */
    LIST_ENTRY Registrations;     /* in the order in which they came, which is that of the calls */
    BOOLEAN AllowMultiple;
} CALLBACK_OBJECT;

/* While it is being called, a registration stays in the list: Busy keeps it, and whoever takes it away waits for Idle. */
typedef struct _EXP_REGISTRATION {
    LIST_ENTRY Entry;
    PCALLBACK_OBJECT Object;
    PCALLBACK_FUNCTION Function;
    PVOID Context;
    ULONG Busy;
    BOOLEAN Unregistering;
    KEVENT Idle;
} EXP_REGISTRATION, *PEXP_REGISTRATION;

static POBJECT_TYPE ExpCallbackType;
PCALLBACK_OBJECT ExpSetSystemTimeCallback;

NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create,
                                BOOLEAN AllowMultipleCallbacks) {
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Object;
    HANDLE Handle;
    NTSTATUS Status;

    if (ObjectAttributes == NULL || ObjectAttributes->ObjectName == NULL)
        return STATUS_UNSUCCESSFUL;
    Attributes = *ObjectAttributes;
    Attributes.Attributes |= OBJ_KERNEL_HANDLE;
    Status = ObOpenObjectByName(&Attributes, ExpCallbackType, KernelMode, NULL, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status)) {
        if (!Create)
            return Status;
        Status = ObCreateObject(KernelMode, ExpCallbackType, &Attributes, KernelMode, NULL, sizeof(*Object), 0, 0, (PVOID *)&Object);
        if (!NT_SUCCESS(Status))
            return Status;
        InitializeListHead(&Object->Registrations);
        Object->AllowMultiple = AllowMultipleCallbacks;
        Status = ObInsertObject(Object, NULL, CALLBACK_MODIFY_STATE, 0, NULL, &Handle);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, 0, ExpCallbackType, KernelMode, (PVOID *)CallbackObject, NULL);
    ObCloseHandle(Handle, KernelMode);
    return Status;
}

PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext) {
    PEXP_REGISTRATION Registration;

    if (!CallbackObject->AllowMultiple && !IsListEmpty(&CallbackObject->Registrations))
        return NULL;
    Registration = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Registration), EXP_CALLBACK_TAG);
    if (Registration == NULL)
        return NULL;
    ObfReferenceObject(CallbackObject);
    *Registration = (EXP_REGISTRATION){.Object = CallbackObject, .Function = CallbackFunction, .Context = CallbackContext};
    KeInitializeEvent(&Registration->Idle, NotificationEvent, FALSE);
    InsertTailList(&CallbackObject->Registrations, &Registration->Entry);
    return Registration;
}

VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration) {
    PEXP_REGISTRATION Registration = CallbackRegistration;

    Registration->Unregistering = TRUE;
    if (Registration->Busy != 0)
        KeWaitForSingleObject(&Registration->Idle, Executive, KernelMode, FALSE, NULL);
    RemoveEntryList(&Registration->Entry);
    ObfDereferenceObject(Registration->Object);
    ExFreePoolWithTag(Registration, EXP_CALLBACK_TAG);
}

VOID NTAPI ExNotifyCallback(PCALLBACK_OBJECT CallbackObject, PVOID Argument1, PVOID Argument2) {
    PLIST_ENTRY Head = &CallbackObject->Registrations, Entry = Head->Flink;

    while (Entry != Head) {
        PEXP_REGISTRATION Registration = CONTAINING_RECORD(Entry, EXP_REGISTRATION, Entry);
        if (Registration->Unregistering) {
            Entry = Entry->Flink;
            continue;
        }
        Registration->Busy++;
        Registration->Function(Registration->Context, Argument1, Argument2);
        Entry = Entry->Flink;
        if (--Registration->Busy == 0 && Registration->Unregistering)
            KeSetEvent(&Registration->Idle, IO_NO_INCREMENT, FALSE);
    }
}

VOID ExpInitializeCallbacks(VOID) {
    static const OB_TYPE_INITIALIZER Initializer = {
        .Name = L"Callback",
        .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | CALLBACK_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                           CALLBACK_ALL_ACCESS},
        .ValidAccess = CALLBACK_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(CALLBACK_OBJECT),
        .DispatcherOffset = ~0u,
    };
    static const PCWSTR Names[] = {L"\\Callback\\SetSystemTime", L"\\Callback\\PowerState", L"\\Callback\\ProcessorAdd"};
    PCALLBACK_OBJECT Objects[RTL_NUMBER_OF(Names)];
    NTSTATUS Status = ObCreateObjectType(&Initializer, &ExpCallbackType);

    for (ULONG I = 0; I < RTL_NUMBER_OF(Names) && NT_SUCCESS(Status); I++) {
        OBJECT_ATTRIBUTES Attributes;
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Names[I]);
        InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
        Status = ExCreateCallback(&Objects[I], &Attributes, TRUE, TRUE); /* the reference is the system's */
    }
    if (!NT_SUCCESS(Status))
        KiFatal("callback objects cannot be made at boot");
    ExpSetSystemTimeCallback = Objects[0];
}

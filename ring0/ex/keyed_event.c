/*
 * Keyed events: a release and a wait with the same key, in one process, meet; who comes first waits for the other. One object serves any number of keys, for it keeps
 * nothing but those that wait. (ntdll's critical sections and condition variables used one of them up to Windows 7; the services remain.)
 */
#include "ex/ex.h"

#define KEYEDEVENT_WAIT       1u
#define KEYEDEVENT_WAKE       2u
#define KEYEDEVENT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | KEYEDEVENT_WAIT | KEYEDEVENT_WAKE)

typedef struct _EXP_KEYED_EVENT {
    LIST_ENTRY Waiters; /* EXP_KEYED_WAIT, in the order of coming */
} EXP_KEYED_EVENT, *PEXP_KEYED_EVENT;

typedef struct _EXP_KEYED_WAIT { /* on the stack of the thread that waits */
    LIST_ENTRY Link;             /* its own list when the other side has come */
    PVOID Key;
    PKPROCESS Process;
    BOOLEAN Releases;
    KEVENT Met;
} EXP_KEYED_WAIT;

static POBJECT_TYPE ExpKeyedEventType;
static PEXP_KEYED_EVENT ExpCommonKeyedEvent; /* what a NULL handle means: \KernelObjects\CritSecOutOfMemoryEvent */

VOID ExpCreateKeyedEventType(VOID) {
    const OB_TYPE_INITIALIZER Initializer = {
        .Name = L"KeyedEvent",
        .GenericMapping = {STANDARD_RIGHTS_READ | KEYEDEVENT_WAIT, STANDARD_RIGHTS_WRITE | KEYEDEVENT_WAKE, STANDARD_RIGHTS_EXECUTE,
                           KEYEDEVENT_ALL_ACCESS},
        .ValidAccess = KEYEDEVENT_ALL_ACCESS,
        .PoolType = NonPagedPoolNx,
        .BodySize = sizeof(EXP_KEYED_EVENT),
    };

    if (!NT_SUCCESS(ObCreateObjectType(&Initializer, &ExpKeyedEventType)))
        KiFatal("an object type cannot be made at boot");
}

static NTSTATUS ExpMakeKeyedEvent(POBJECT_ATTRIBUTES ObjectAttributes, KPROCESSOR_MODE Mode, ACCESS_MASK Access, PEXP_KEYED_EVENT *Event,
                                  HANDLE *Handle) {
    NTSTATUS Status = ObCreateObject(Mode, ExpKeyedEventType, ObjectAttributes, Mode, NULL, sizeof(EXP_KEYED_EVENT), 0, 0, (PVOID *)Event);

    if (!NT_SUCCESS(Status))
        return Status;
    InitializeListHead(&(*Event)->Waiters);
    return ObInsertObject(*Event, NULL, Access, 0, NULL, Handle);
}

VOID ExCreateCommonKeyedEvent(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\KernelObjects\\CritSecOutOfMemoryEvent");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ExpMakeKeyedEvent(&Attributes, KernelMode, KEYEDEVENT_ALL_ACCESS, &ExpCommonKeyedEvent, &Handle)))
        KiFatal("the keyed event of all processes cannot be made at boot");
    ObCloseHandle(Handle, KernelMode);
}

NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE KeyedEventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags) {
    PEXP_KEYED_EVENT Event;
    HANDLE Handle;
    NTSTATUS Status, Copied;

    if (Flags != 0)
        return STATUS_INVALID_PARAMETER_4;
    Status = ExpMakeKeyedEvent(ObjectAttributes, KiPreviousMode(), DesiredAccess, &Event, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Copied = ExpReturnHandle(KeyedEventHandle, Handle);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE KeyedEventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ExpKeyedEventType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);

    return NT_SUCCESS(Status) ? ExpReturnHandle(KeyedEventHandle, Handle) : Status;
}

/* The first of the other side with this key. */
static EXP_KEYED_WAIT *ExpFindOther(PEXP_KEYED_EVENT Event, const EXP_KEYED_WAIT *Self) {
    for (PLIST_ENTRY Entry = Event->Waiters.Flink; Entry != &Event->Waiters; Entry = Entry->Flink) {
        EXP_KEYED_WAIT *Other = CONTAINING_RECORD(Entry, EXP_KEYED_WAIT, Link);

        if (Other->Key == Self->Key && Other->Process == Self->Process && Other->Releases != Self->Releases)
            return Other;
    }
    return NULL;
}

static NTSTATUS ExpMeet(PEXP_KEYED_EVENT Event, EXP_KEYED_WAIT *Self, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    EXP_KEYED_WAIT *Other = ExpFindOther(Event, Self);
    NTSTATUS Status;

    if (Other != NULL) {
        RemoveEntryList(&Other->Link);
        InitializeListHead(&Other->Link);
        KeSetEvent(&Other->Met, 1, FALSE);
        return STATUS_SUCCESS;
    }
    KeInitializeEvent(&Self->Met, SynchronizationEvent, FALSE);
    InsertTailList(&Event->Waiters, &Self->Link);
    Status = KeWaitForSingleObject(&Self->Met, WrKeyedEvent, KiPreviousMode(), Alertable, Timeout);
    if (Status != STATUS_SUCCESS && IsListEmpty(&Self->Link))
        return STATUS_SUCCESS; /* the other side had come before this one ran again */
    RemoveEntryList(&Self->Link);
    return Status;
}

static NTSTATUS ExpKeyedService(HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout, BOOLEAN Releases) {
    EXP_KEYED_WAIT Self = {.Key = Key, .Process = KiCurrentThread()->Process, .Releases = Releases};
    PEXP_KEYED_EVENT Event = ExpCommonKeyedEvent;
    LARGE_INTEGER Captured;
    NTSTATUS Status;

    if ((ULONG_PTR)Key & 1)
        return STATUS_INVALID_PARAMETER_1;
    Status = ExpCaptureTimeout(Timeout, &Captured, &Timeout);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Handle != NULL) {
        Status = ObReferenceObjectByHandle(Handle, Releases ? KEYEDEVENT_WAKE : KEYEDEVENT_WAIT, ExpKeyedEventType, KiPreviousMode(), (PVOID *)&Event,
                                           NULL);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    Status = ExpMeet(Event, &Self, Alertable, Timeout);
    if (Handle != NULL)
        ObDereferenceObject(Event);
    return Status;
}

NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE KeyedEventHandle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    return ExpKeyedService(KeyedEventHandle, Key, Alertable, Timeout, FALSE);
}

NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE KeyedEventHandle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    return ExpKeyedService(KeyedEventHandle, Key, Alertable, Timeout, TRUE);
}

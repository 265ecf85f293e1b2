/* Event objects of programs, and named events of drivers. */
#include "ex/ex.h"

NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState) {
    PKEVENT Event;
    HANDLE Handle;
    NTSTATUS Status, Copied;

    if (EventType != NotificationEvent && EventType != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER_4;
    Status = ObCreateObject(KiPreviousMode(), ExpEventType, ObjectAttributes, KiPreviousMode(), NULL, sizeof(*Event), 0, 0, (PVOID *)&Event);
    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeEvent(Event, EventType, InitialState);
    Status = ObInsertObject(Event, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Copied = ExpReturnHandle(EventHandle, Handle);
    return NT_SUCCESS(Copied) ? Status : Copied; /* Status may be STATUS_OBJECT_NAME_EXISTS */
}

NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, ExpEventType, KiPreviousMode(), NULL, DesiredAccess, NULL, &Handle);

    return NT_SUCCESS(Status) ? ExpReturnHandle(EventHandle, Handle) : Status;
}

static NTSTATUS ExpChangeEvent(HANDLE EventHandle, LONG (*NTAPI Change)(PKEVENT Event), PLONG PreviousState) {
    PKEVENT Event;
    LONG Old;
    NTSTATUS Status = ObReferenceObjectByHandle(EventHandle, EVENT_MODIFY_STATE, ExpEventType, KiPreviousMode(), (PVOID *)&Event, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Old = Change(Event);
    ObDereferenceObject(Event);
    return KiCopyOutOptional(PreviousState, &Old, sizeof(Old));
}

static LONG NTAPI ExpSet(PKEVENT Event) { return KeSetEvent(Event, 1 /* EVENT_INCREMENT */, FALSE); }

static LONG NTAPI ExpPulse(PKEVENT Event) { return KePulseEvent(Event, 1, FALSE); }

NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState) { return ExpChangeEvent(EventHandle, ExpSet, PreviousState); }

NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState) { return ExpChangeEvent(EventHandle, KeResetEvent, PreviousState); }

NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle) { return ExpChangeEvent(EventHandle, KeResetEvent, NULL); }

NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState) { return ExpChangeEvent(EventHandle, ExpPulse, PreviousState); }

NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle, EVENT_INFORMATION_CLASS EventInformationClass, PVOID EventInformation, ULONG EventInformationLength,
                            PULONG ReturnLength) {
    EVENT_BASIC_INFORMATION Information;
    ULONG Length = sizeof(Information);
    PKEVENT Event;
    NTSTATUS Status;

    if (EventInformationClass != EventBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (EventInformationLength != sizeof(Information))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ObReferenceObjectByHandle(EventHandle, EVENT_QUERY_STATE, ExpEventType, KiPreviousMode(), (PVOID *)&Event, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Information.EventType = Event->Header.Type == NotificationEventObject ? NotificationEvent : SynchronizationEvent;
    Information.EventState = Event->Header.SignalState;
    ObDereferenceObject(Event);
    Status = KiCopyOut(EventInformation, &Information, sizeof(Information));
    return NT_SUCCESS(Status) ? KiCopyOutOptional(ReturnLength, &Length, sizeof(Length)) : Status;
}

/*
 * Alarm: events that a driver sets and a program waits for. The program makes one and gives the driver its handle; the driver makes another, which has a name.
 *
 * A handle means something only in its process, and only as long as the process leaves it alone: it becomes a pointer at once, in the dispatch routine, which
 * runs in the caller's context because no driver is above this one. The pointer is a reference, held until the file's clean-up; what sets the event later, a DPC
 * in whatever context, uses the pointer.
 */
#include <ntifs.h> /* for SeExports and the access lists; a driver without a named event needs ntddk.h alone */
#include "alarm.h"

#define TAG 'mrlA'

typedef struct _ALARM { /* an open file: FileObject->FsContext */
    KTIMER Timer;
    KDPC Dpc;
    KMUTEX Lock;   /* of the timer's being set and stopped, and of Event */
    PKEVENT Event; /* what the DPC sets, a reference of ours; changes only while the timer is stopped and the DPC has run */
    PKEVENT Named; /* the driver's */
    volatile LONG Count;
} ALARM, *PALARM;

typedef struct _ALARM_EXTENSION {
    HANDLE Handle; /* of the named event, in the system's table: keeps its name */
    PKEVENT Event;
} ALARM_EXTENSION, *PALARM_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Create, Close, Cleanup, DeviceControl;
static KDEFERRED_ROUTINE OnTimer;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#pragma alloc_text(PAGE, Create)
#pragma alloc_text(PAGE, Close)
#pragma alloc_text(PAGE, Cleanup)
#pragma alloc_text(PAGE, DeviceControl)
#endif

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static PALARM AlarmOf(PIRP Irp) { return IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext; }

/* DISPATCH_LEVEL, in the context of whatever thread runs: no handle would mean anything here. An event can be set up to this level if nothing is to be waited
   for in the same call. */
static VOID OnTimer(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PALARM Alarm = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    /* Who wakes up finds the rest done, also on another processor before this routine has returned: the file's own event is the last. */
    InterlockedIncrement(&Alarm->Count);
    KeSetEvent(Alarm->Named, EVENT_INCREMENT, FALSE);
    KeSetEvent(Alarm->Event, EVENT_INCREMENT, FALSE);
}

/* A mutex, for what is done under it needs PASSIVE_LEVEL, where a fast mutex would not leave us. */
static VOID Acquire(PALARM Alarm) { KeWaitForSingleObject(&Alarm->Lock, Executive, KernelMode, FALSE, NULL); }
static VOID Release(PALARM Alarm) { KeReleaseMutex(&Alarm->Lock, FALSE); }

/* Another event instead of the one there is, or none. The timer is stopped, and a DPC that it has queued before, on any processor, has run: nobody uses the old
   event any more, and its reference can go. */
static VOID Replace(PALARM Alarm, PKEVENT Event) {
    PKEVENT Old;

    Acquire(Alarm);
    KeCancelTimer(&Alarm->Timer);
    KeFlushQueuedDpcs();
    Old = Alarm->Event;
    Alarm->Event = Event;
    Release(Alarm);
    if (Old != NULL)
        ObDereferenceObject(Old);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Create(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PALARM Alarm;

    PAGED_CODE();
    Alarm = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ALARM), TAG);
    if (Alarm == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlZeroMemory(Alarm, sizeof(ALARM));
    KeInitializeTimer(&Alarm->Timer);
    KeInitializeDpc(&Alarm->Dpc, OnTimer, Alarm);
    KeInitializeMutex(&Alarm->Lock, 0);
    Alarm->Named = ((PALARM_EXTENSION)DeviceObject->DeviceExtension)->Event;
    IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext = Alarm;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* The last handle is closed: the program is not to hear of us again. */
static NTSTATUS Cleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    Replace(AlarmOf(Irp), NULL);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* A request that another thread had on its way when the last handle was closed may have come behind the clean-up: what it has done ends here. */
static NTSTATUS Close(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    Replace(AlarmOf(Irp), NULL);
    ExFreePoolWithTag(AlarmOf(Irp), TAG);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/*
 * Three of the arguments keep a program from giving us what it should not. The type: a handle of something else would be taken for an event. The access: it is
 * looked at as the program's own call of SetEvent would be. RequestorMode: with KernelMode neither is looked at, and handles of the system's would do.
 */
static NTSTATUS Register(PALARM Alarm, PIRP Irp, ULONG Length) {
    PALARM_REGISTER Input = Irp->AssociatedIrp.SystemBuffer;
    PVOID Event;
    NTSTATUS Status;

    if (Length != sizeof(ALARM_REGISTER))
        return STATUS_INVALID_PARAMETER;
    Status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)Input->Event, EVENT_MODIFY_STATE, *ExEventObjectType, Irp->RequestorMode, &Event, NULL);
    if (NT_SUCCESS(Status))
        Replace(Alarm, Event);
    return Status;
}

static NTSTATUS Set(PALARM Alarm, PIRP Irp, ULONG Length) {
    LARGE_INTEGER Due;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Length != sizeof(ULONG))
        return STATUS_INVALID_PARAMETER;
    Due.QuadPart = -10000LL * *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    Acquire(Alarm);
    if (Alarm->Event == NULL)
        Status = STATUS_DEVICE_NOT_READY;
    else
        KeSetTimer(&Alarm->Timer, Due, &Alarm->Dpc);
    Release(Alarm);
    return Status;
}

static NTSTATUS DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    PALARM Alarm = AlarmOf(Irp);

    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_ALARM_REGISTER: return Complete(Irp, Register(Alarm, Irp, Length), 0);
    case IOCTL_ALARM_SET: return Complete(Irp, Set(Alarm, Irp, Length), 0);
    case IOCTL_ALARM_COUNT:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
            return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = (ULONG)Alarm->Count;
        return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* ---- The named event -------------------------------------------------------------------------------------------------------------------------- */

/* All may wait for it; only the system may set it. Without a descriptor of its own it would have that of the System process, which lets administrators in alone. */
static NTSTATUS MakeNamedEvent(PALARM_EXTENSION Extension) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\RingsideAlarm");
    ULONG Size = sizeof(ACL) + 2 * sizeof(ACCESS_ALLOWED_ACE) + RtlLengthSid(SeExports->SeWorldSid) + RtlLengthSid(SeExports->SeLocalSystemSid);
    SECURITY_DESCRIPTOR Descriptor;
    OBJECT_ATTRIBUTES Attributes;
    PVOID Event;
    PACL Acl = ExAllocatePoolWithTag(PagedPool, Size, TAG);
    NTSTATUS Status;

    if (Acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    Status = RtlCreateAcl(Acl, Size, ACL_REVISION);
    if (NT_SUCCESS(Status))
        Status = RtlAddAccessAllowedAce(Acl, ACL_REVISION, SYNCHRONIZE | READ_CONTROL, SeExports->SeWorldSid);
    if (NT_SUCCESS(Status))
        Status = RtlAddAccessAllowedAce(Acl, ACL_REVISION, EVENT_ALL_ACCESS, SeExports->SeLocalSystemSid);
    if (NT_SUCCESS(Status))
        Status = RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Acl, FALSE);
    if (NT_SUCCESS(Status)) {
        /* Without OBJ_OPENIF a program that has taken the name before us is found out, and not trusted. */
        InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, &Descriptor);
        Status = ZwCreateEvent(&Extension->Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    }
    ExFreePoolWithTag(Acl, TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Extension->Handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Event, NULL);
    if (NT_SUCCESS(Status))
        Extension->Event = Event;
    else
        ZwClose(Extension->Handle);
    return Status;
}

static VOID DropNamedEvent(PALARM_EXTENSION Extension) {
    ObDereferenceObject(Extension->Event);
    ZwClose(Extension->Handle);
}

/* ---- The beginning and the end --------------------------------------------------------------------------------------------------------------- */

/* No file is open any more, and each has stopped its timer. */
static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Alarm");

    PAGED_CODE();
    IoDeleteSymbolicLink(&Link);
    DropNamedEvent(DriverObject->DeviceObject->DeviceExtension);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Alarm"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Alarm");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, sizeof(ALARM_EXTENSION), &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MakeNamedEvent(Device->DeviceExtension);
    if (!NT_SUCCESS(Status))
        goto no_event;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status))
        goto no_link;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;

no_link:
    DropNamedEvent(Device->DeviceExtension);
no_event:
    IoDeleteDevice(Device);
    return Status;
}

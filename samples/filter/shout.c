/*
 * Shout: a filter. It attaches to the top of another driver's stack, passes every request down, counts them, and makes capitals of what is read.
 *
 * The device below is that of the value Target in the key Parameters of the driver's service, or \Device\Serial0 (samples/serial). Neither that driver nor the programs
 * that use it know: they open the same name and get the same answers, but for the capitals.
 */
#include <ntddk.h>
#include "shout.h"

#define TAG 'tuhS'

typedef struct _FILTER { /* the filter's device; the control device has no extension */
    PDEVICE_OBJECT Lower;
    IO_REMOVE_LOCK Lock; /* held by each request while it is with us */
    SHOUT_COUNTS Counts; /* interlocked */
} FILTER, *PFILTER;

static PDEVICE_OBJECT Control, Filter;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Dispatch;
static IO_COMPLETION_ROUTINE OnRead;
static NTSTATUS NTAPI OnTarget(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context, PVOID EntryContext);

typedef struct _TARGET { /* the name of the device to attach to */
    UNICODE_STRING Name;
    WCHAR Text[128];
} TARGET, *PTARGET;

static NTSTATUS QueryTarget(PUNICODE_STRING RegistryPath, PTARGET Target);
static NTSTATUS Attach(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Target);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(INIT, QueryTarget)
#pragma alloc_text(INIT, Attach)
#pragma alloc_text(PAGE, OnTarget)
#pragma alloc_text(PAGE, Unload)
#endif

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Add(PULONG Counter, ULONG_PTR Count) { InterlockedExchangeAdd((PLONG)Counter, (LONG)Count); }

/* ---- On the way up ---------------------------------------------------------------------------------------------------------------------------- */

/* Where the data of a read will be, in an address that is good in every process and at DISPATCH_LEVEL. NULL: there is none, with neither I/O, whose address is good
   in its own process alone. */
static PUCHAR DataOf(PIRP Irp) {
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->AssociatedIrp.SystemBuffer;
}

/* <= DISPATCH_LEVEL, in any context. What was mapped on the way down is found here without failing. */
static NTSTATUS OnRead(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    PFILTER Extension = DeviceObject->DeviceExtension;
    PUCHAR Data;

    UNREFERENCED_PARAMETER(Context);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp); /* our own stack location says what the one below said, as Dispatch returns what it returned */
    if (!NT_ERROR(Irp->IoStatus.Status) && Irp->IoStatus.Information != 0) {
        Data = DataOf(Irp);
        for (ULONG_PTR At = 0; Data != NULL && At < Irp->IoStatus.Information; At++) {
            if (Data[At] >= 'a' && Data[At] <= 'z')
                Data[At] -= 'a' - 'A';
        }
        Add(Data != NULL ? &Extension->Counts.Altered : &Extension->Counts.Unaltered, Irp->IoStatus.Information);
    }
    IoReleaseRemoveLock(&Extension->Lock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

/* ---- On the way down -------------------------------------------------------------------------------------------------------------------------- */

/* What can fail fails here, before the device below has done anything: the room to map the data, and the note that keeps this image in memory until OnRead has returned,
   which is what IoSetCompletionRoutineEx has over IoSetCompletionRoutine. */
static NTSTATUS PassRead(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PFILTER Extension = DeviceObject->DeviceExtension;
    NTSTATUS Status;

    if (Irp->MdlAddress != NULL && DataOf(Irp) == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        Status = IoSetCompletionRoutineEx(DeviceObject, Irp, OnRead, NULL, TRUE, TRUE, TRUE);
    }
    if (!NT_SUCCESS(Status)) {
        IoReleaseRemoveLock(&Extension->Lock, Irp);
        return Complete(Irp, Status, 0);
    }
    return IoCallDriver(Extension->Lower, Irp); /* OnRead releases the lock */
}

/* Everything else: the device below gets our stack location, and the IRP is not ours any more. Also a clean-up or close of a file whose creation we never saw,
   because it was open before. At whatever level the caller has: this code is not pageable. */
static NTSTATUS Pass(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PFILTER Extension = DeviceObject->DeviceExtension;
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    NTSTATUS Status = IoAcquireRemoveLock(&Extension->Lock, Irp);

    if (!NT_SUCCESS(Status))
        return Complete(Irp, Status, 0);
    Add(&Extension->Counts.Requests[Major], 1);
    if (Major == IRP_MJ_READ)
        return PassRead(DeviceObject, Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Extension->Lower, Irp);
    IoReleaseRemoveLock(&Extension->Lock, Irp); /* Irp is only a name here: it may be gone */
    return Status;
}

/* ---- The control device ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS Answer(PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE: return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL:
        if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_SHOUT_COUNTS)
            break;
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(SHOUT_COUNTS))
            return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        *(PSHOUT_COUNTS)Irp->AssociatedIrp.SystemBuffer = ((PFILTER)Filter->DeviceExtension)->Counts;
        return Complete(Irp, STATUS_SUCCESS, sizeof(SHOUT_COUNTS));
    }
    return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return DeviceObject == Control ? Answer(Irp) : Pass(DeviceObject, Irp); }

/* ---- The beginning and the end --------------------------------------------------------------------------------------------------------------- */

/* First no request comes to us any more, then those that are with us are waited for. A read that waits in the device below counts: the driver stays until it ends, because
   OnRead is still to be called. */
static VOID Detach(VOID) {
    PFILTER Extension = Filter->DeviceExtension;

    IoDetachDevice(Extension->Lower);
    if (NT_SUCCESS(IoAcquireRemoveLock(&Extension->Lock, Filter)))
        IoReleaseRemoveLockAndWait(&Extension->Lock, Filter);
    IoDeleteDevice(Filter);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Shout");

    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&Link);
    Detach();
    IoDeleteDevice(Control);
}

/* Called with the value, if there is one. Registry data is input like any other: its type and length are looked at. */
static NTSTATUS NTAPI OnTarget(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context, PVOID EntryContext) {
    PTARGET Target = EntryContext;
    PWCHAR Text = Data;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(Name);
    UNREFERENCED_PARAMETER(Context);
    while (Length >= sizeof(WCHAR) && Text[Length / sizeof(WCHAR) - 1] == UNICODE_NULL)
        Length -= sizeof(WCHAR);
    if (Type != REG_SZ || Length == 0 || Length > sizeof Target->Text)
        return STATUS_OBJECT_NAME_INVALID;
    RtlCopyMemory(Target->Text, Data, Length);
    Target->Name.Length = (USHORT)Length;
    return STATUS_SUCCESS;
}

static NTSTATUS QueryTarget(PUNICODE_STRING RegistryPath, PTARGET Target) {
    static const UNICODE_STRING Default = RTL_CONSTANT_STRING(L"\\Device\\Serial0");
    RTL_QUERY_REGISTRY_TABLE Table[3] = {{.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = L"Parameters"},
                                         {.QueryRoutine = OnTarget, .Name = L"Target", .EntryContext = Target}};
    PWSTR Path = ExAllocatePoolWithTag(PagedPool, RegistryPath->Length + sizeof(WCHAR), TAG); /* the function takes a string with an end */
    NTSTATUS Status;

    if (Path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Path, RegistryPath->Buffer, RegistryPath->Length);
    Path[RegistryPath->Length / sizeof(WCHAR)] = UNICODE_NULL;
    Target->Name.Buffer = Target->Text;
    Target->Name.MaximumLength = sizeof Target->Text;
    RtlCopyUnicodeString(&Target->Name, &Default);
    Status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Path, Table, NULL, NULL);
    ExFreePoolWithTag(Path, TAG);
    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : Status; /* no key Parameters */
}

/* What the I/O manager looks at in the device on top is what it found in the one below: how buffers are passed, above all. All of it is there before the device is
   attached, for requests come from that moment on: also Lower, which IoAttachDeviceToDeviceStackSafe sets under the lock that keeps them out. */
static NTSTATUS Attach(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Target) {
    PFILTER Extension;
    NTSTATUS Status = IoCreateDevice(DriverObject, sizeof(FILTER), NULL, Target->DeviceType, Target->Characteristics, FALSE, &Filter);

    if (!NT_SUCCESS(Status))
        return Status;
    Extension = Filter->DeviceExtension;
    IoInitializeRemoveLock(&Extension->Lock, TAG, 0, 0);
    Filter->Flags |= Target->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE | DO_POWER_INRUSH);
    Status = IoAttachDeviceToDeviceStackSafe(Filter, Target, &Extension->Lower);
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Filter);
    return Status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Shout"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Shout");
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device;
    TARGET Target;
    NTSTATUS Status;

    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        DriverObject->MajorFunction[Major] = Dispatch; /* before anything is attached */
    Status = QueryTarget(RegistryPath, &Target);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Control);
    if (!NT_SUCCESS(Status))
        return Status;
    Control->Flags |= DO_BUFFERED_IO;
    Status = IoGetDeviceObjectPointer(&Target.Name, FILE_READ_ATTRIBUTES, &File, &Device);
    if (!NT_SUCCESS(Status)) {
        DbgPrint("shout: %wZ: status %08X\n", &Target.Name, Status);
        goto no_filter;
    }
    Status = Attach(DriverObject, Device);
    ObDereferenceObject(File); /* attached, the device below stays without it */
    if (!NT_SUCCESS(Status))
        goto no_filter;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status))
        goto no_link;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;

no_link:
    Detach();
no_filter:
    IoDeleteDevice(Control);
    return Status;
}

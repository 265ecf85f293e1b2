/*
 * A driver that passes what no driver should, as far as Windows takes it without a bug check: each call has a documented answer, and nothing is left
 * of it. Requests completed late, or after they were cancelled, and devices deleted while they are open are here too.
 */
// ringside run --verifier off
#include <ntifs.h>
#include "tap.h"

#define TAG        'tsoH'
#define IOCTL_LATE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NOW  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

NTSYSAPI NTSTATUS NTAPI ZwCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, EVENT_TYPE, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE, BOOLEAN, PLARGE_INTEGER);

static PDRIVER_OBJECT Driver;
static ULONG Creates, Cleanups, Closes, Controls;
static PIRP Pended;
static KTIMER Timer;
static KDPC Dpc;

static OBJECT_ATTRIBUTES *Attributes(PCWSTR Name) {
    static UNICODE_STRING String;
    static OBJECT_ATTRIBUTES Result;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Result, &String, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return &Result;
}

static NTSTATUS Open(POBJECT_ATTRIBUTES Name, PHANDLE Handle) {
    IO_STATUS_BLOCK Iosb;
    return ZwOpenFile(Handle, GENERIC_READ | SYNCHRONIZE, Name, &Iosb, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(Device);
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: Creates++; break;
    case IRP_MJ_CLEANUP: Cleanups++; break;
    case IRP_MJ_CLOSE: Closes++; break;
    default:
        Controls++;
        if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_LATE) {
            LARGE_INTEGER Due = {.QuadPart = -50 * 10000};
            IoMarkIrpPending(Irp);
            Pended = Irp;
            KeSetTimer(&Timer, Due, &Dpc);
            return STATUS_PENDING;
        }
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI CompleteLate(PKDPC Unused, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Pended->IoStatus.Status = STATUS_DEVICE_BUSY;
    Pended->IoStatus.Information = 0;
    IoCompleteRequest(Pended, IO_NO_INCREMENT);
}

static VOID Handles(VOID) {
    HANDLE Event = NULL, Thread;
    PVOID Object;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    STATUS(ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE, "a NULL handle");
    STATUS(ObReferenceObjectByHandle((HANDLE)(LONG_PTR)0xFFFFFFFF80FFFFF0, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE,
           "a kernel handle that never was");
    STATUS(ObReferenceObjectByHandle(NtCurrentProcess(), 0, *PsThreadType, KernelMode, &Object, NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "this process as a thread");
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, Attributes(L"\\KernelObjects\\hostile"), NotificationEvent, FALSE), STATUS_SUCCESS, "an event");
    STATUS(ObReferenceObjectByHandle(Event, 0, *IoFileObjectType, KernelMode, &Object, NULL), STATUS_OBJECT_TYPE_MISMATCH, "an event as a file");
    STATUS(ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, UserMode, &Object, NULL), STATUS_INVALID_HANDLE, "a kernel handle for UserMode");
    STATUS(ObReferenceObjectByPointer(Driver, 0, *ExEventObjectType, UserMode), STATUS_OBJECT_TYPE_MISMATCH,
           "a driver as an event, for UserMode: KernelMode is trusted");
    STATUS(ZwWaitForSingleObject(NULL, FALSE, &Zero), STATUS_INVALID_HANDLE, "a wait for nothing");
    STATUS(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_TIMEOUT, "a wait for what is not signaled");
    STATUS(ZwReadFile(Event, NULL, NULL, NULL, &(IO_STATUS_BLOCK){{0}, 0}, &Object, 1, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH,
           "an event is not read");
    STATUS(ZwClose(NULL), STATUS_INVALID_HANDLE, "ZwClose of NULL");
    STATUS(ZwClose(Event), STATUS_SUCCESS, "ZwClose");
    STATUS(PsCreateSystemThread(&Thread, 0, NULL, (HANDLE)(ULONG_PTR)0xABCDEF0, NULL, (PKSTART_ROUTINE)(ULONG_PTR)CompleteLate, NULL),
           STATUS_INVALID_HANDLE, "a thread of no process");
}

static VOID Names(VOID) {
    HANDLE Handle;
    PDEVICE_OBJECT Device;
    PFILE_OBJECT File;
    UNICODE_STRING Name, Odd = RTL_CONSTANT_STRING(L"\\Device\\Null");
    OBJECT_ATTRIBUTES Oa;
    STATUS(Open(Attributes(NULL), &Handle), STATUS_OBJECT_PATH_SYNTAX_BAD, "an empty name");
    STATUS(Open(Attributes(L"NoBackslash"), &Handle), STATUS_OBJECT_PATH_SYNTAX_BAD, "a relative name without a root");
    STATUS(Open(Attributes(L"\\Device\\None such"), &Handle), STATUS_OBJECT_NAME_NOT_FOUND, "no such name");
    STATUS(Open(Attributes(L"\\None such\\x"), &Handle), STATUS_OBJECT_PATH_NOT_FOUND, "no such directory");
    STATUS(Open(Attributes(L"\\Device"), &Handle), STATUS_OBJECT_TYPE_MISMATCH, "a directory is not a file");
    Odd.Length -= 1;
    InitializeObjectAttributes(&Oa, &Odd, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(Open(&Oa, &Handle), STATUS_OBJECT_NAME_INVALID, "half a character");
    InitializeObjectAttributes(&Oa, &Odd, OBJ_KERNEL_HANDLE, NULL, NULL);
    Oa.Length = 3;
    STATUS(Open(&Oa, &Handle), STATUS_INVALID_PARAMETER, "attributes of another length");
    RtlInitUnicodeString(&Name, L"Hostile");
    STATUS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_OBJECT_PATH_SYNTAX_BAD, "a device outside \\Device");
    RtlInitUnicodeString(&Name, L"\\Device\\Null");
    STATUS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_OBJECT_NAME_COLLISION, "a device that is there");
    STATUS(IoCreateSymbolicLink(&Name, &Name), STATUS_OBJECT_NAME_COLLISION, "a link in its place");
    RtlInitUnicodeString(&Name, L"\\DosDevices\\Hostile none");
    STATUS(IoDeleteSymbolicLink(&Name), STATUS_OBJECT_NAME_NOT_FOUND, "deleting no link");
    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Device), STATUS_OBJECT_NAME_NOT_FOUND, "a pointer to no device");
    is(Driver->DeviceObject, NULL, "no device is left");
}

static VOID Sizes(VOID) {
    WCHAR Room[4];
    UNICODE_STRING Small = {2, sizeof(Room), Room}, Long = RTL_CONSTANT_STRING(L"longer"), BadGuid = RTL_CONSTANT_STRING(L"{12345}");
    GUID Guid;
    ULONG Value;
    PVOID Empty = ExAllocatePoolWithTag(NonPagedPoolNx, 0, TAG);
    ok(Empty != NULL, "pool of no bytes is pool");
    if (Empty != NULL) {
        ExFreePoolWithTag(Empty, TAG);
    }
    is(ExAllocatePoolWithTag(NonPagedPoolNx, ~(SIZE_T)0, TAG), NULL, "all of the address space");
    is(ExAllocatePoolWithTag(PagedPool, ~(SIZE_T)0 - 64, TAG), NULL, "nearly all of it");
    is(ExAllocatePoolWithTag(NonPagedPool, 1ull << 45, TAG), NULL, "more than there is");
    is(MmAllocateContiguousMemory(1ull << 45, (PHYSICAL_ADDRESS){.QuadPart = -1}), NULL, "contiguous memory without end");
    is(MmAllocateContiguousMemory(PAGE_SIZE, (PHYSICAL_ADDRESS){.QuadPart = 0}), NULL, "contiguous memory nowhere");
    STATUS(RtlAppendUnicodeStringToString(&Small, &Long), STATUS_BUFFER_TOO_SMALL, "appending to no room");
    STATUS(RtlUnicodeStringToInteger(&Long, 7, &Value), STATUS_INVALID_PARAMETER, "base 7");
    STATUS(RtlGUIDFromString(&BadGuid, &Guid), STATUS_INVALID_PARAMETER, "no GUID");
}

static VOID Unknown(VOID) {
    PEPROCESS Process;
    PETHREAD Thread;
    UCHAR Buffer[4];
    ULONG Needed;
    HANDLE Key;
    UNICODE_STRING None = RTL_CONSTANT_STRING(L"None such");
    STATUS(PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)0x7FFFFFFC, &Process), STATUS_INVALID_CID, "no such process");
    STATUS(PsLookupProcessByProcessId(NULL, &Process), STATUS_INVALID_CID, "process 0");
    STATUS(PsLookupThreadByThreadId((HANDLE)(ULONG_PTR)0x7FFFFFFC, &Thread), STATUS_INVALID_PARAMETER, "no such thread");
    STATUS(PsRemoveLoadImageNotifyRoutine((PLOAD_IMAGE_NOTIFY_ROUTINE)(ULONG_PTR)CompleteLate), STATUS_PROCEDURE_NOT_FOUND,
           "a callback that was not there");
    STATUS(ZwOpenKey(&Key, KEY_READ, Attributes(L"\\Registry\\Machine\\None such")), STATUS_OBJECT_NAME_NOT_FOUND, "no such key");
    STATUS(ZwOpenKey(&Key, KEY_READ, Attributes(L"\\Registry\\Machine\\Software")), STATUS_SUCCESS, "a key");
    STATUS(ZwQueryValueKey(Key, &None, KeyValueFullInformation, NULL, 0, &Needed), STATUS_OBJECT_NAME_NOT_FOUND, "no such value");
    STATUS(ZwQueryKey(Key, KeyFullInformation, Buffer, sizeof(Buffer), &Needed), STATUS_BUFFER_TOO_SMALL, "a buffer of four bytes");
    STATUS(ZwQueryKey(Key, (KEY_INFORMATION_CLASS)99, Buffer, sizeof(Buffer), &Needed), STATUS_INVALID_PARAMETER, "class 99 of a key");
    STATUS(ZwEnumerateKey(Key, 0xFFFFFFFF, KeyBasicInformation, Buffer, sizeof(Buffer), &Needed), STATUS_NO_MORE_ENTRIES, "the last of all keys");
    ZwClose(Key);
    ok(!KeCancelTimer(&Timer) && !KeRemoveQueueDpc(&Dpc), "a timer that is not set, a DPC that is not queued");
    PIRP Irp = IoAllocateIrp(1, FALSE);
    ok(Irp != NULL && !IoCancelIrp(Irp) && Irp->Cancel, "cancelling what cannot be cancelled");
    if (Irp != NULL) {
        IoFreeIrp(Irp);
    }
}

static VOID Requests(VOID) {
    PDEVICE_OBJECT Device;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\HostileDriver");
    HANDLE Handle, Second;
    IO_STATUS_BLOCK Iosb;
    STATUS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS, "a device");
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    STATUS(Open(Attributes(Name.Buffer), &Handle), STATUS_SUCCESS, "it is opened");
    STATUS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_LATE, NULL, 0, NULL, 0), STATUS_DEVICE_BUSY,
           "a request completed late, by a DPC");
    STATUS(Iosb.Status, STATUS_DEVICE_BUSY, "its status block");

    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildDeviceIoControlRequest(IOCTL_LATE, Device, NULL, 0, NULL, 0, FALSE, &Event, &Iosb);
    STATUS(Irp != NULL ? IoCallDriver(Device, Irp) : STATUS_INSUFFICIENT_RESOURCES, STATUS_PENDING, "a request of its own");
    ok(!IoCancelIrp(Irp), "cancelled, without a cancel routine");
    STATUS(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "is completed all the same");
    STATUS(Iosb.Status, STATUS_DEVICE_BUSY, "with the driver's status");

    IoDeleteDevice(Device);
    STATUS(Open(Attributes(Name.Buffer), &Second), STATUS_OBJECT_NAME_NOT_FOUND, "a deleted device has no name");
    Controls = 0;
    STATUS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_NOW, NULL, 0, NULL, 0), STATUS_SUCCESS, "an open handle still reaches it");
    is(Controls, 1, "its driver");
    STATUS(ZwClose(Handle), STATUS_SUCCESS, "closed");
    ok(Creates == 1 && Cleanups == 1 && Closes == 1, "once created, cleaned up and closed");
    is(Driver->DeviceObject, NULL, "and the device is gone");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        DriverObject->MajorFunction[i] = Dispatch;
    }
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CompleteLate, NULL);
    Handles();
    Names();
    Sizes();
    Unknown();
    Requests();
}

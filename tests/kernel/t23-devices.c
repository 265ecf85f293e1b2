/* T23: what IoCreateDevice is told: name, type, characteristics, exclusive, size of the extension; and the driver's list of devices. */
#include <ntddk.h>
#include "tap.h"

static NTSTATUS Succeed(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Open(PCWSTR Name, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(Handle, SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static PDEVICE_OBJECT Make(PDRIVER_OBJECT Driver, PCWSTR Name, ULONG Extension, DEVICE_TYPE Type, ULONG Characteristics, BOOLEAN Exclusive) {
    UNICODE_STRING String;
    PDEVICE_OBJECT Device = NULL;

    RtlInitUnicodeString(&String, Name);
    if (!NT_SUCCESS(IoCreateDevice(Driver, Extension, Name ? &String : NULL, Type, Characteristics, Exclusive, &Device)))
        return NULL;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return Device;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Shared, Exclusive, Nameless, Keyboard;
    HANDLE First = NULL, Second = NULL;
    UCHAR Sum = 0;
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    Shared = Make(DriverObject, L"\\Device\\T23Shared", 100, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE);
    Exclusive = Make(DriverObject, L"\\Device\\T23Exclusive", 0, 0x8001, 0, TRUE);
    Nameless = Make(DriverObject, NULL, 8, FILE_DEVICE_UNKNOWN, 0, FALSE);
    Keyboard = Make(DriverObject, L"\\Device\\T23Keyboard", 0, FILE_DEVICE_KEYBOARD, FILE_REMOVABLE_MEDIA, FALSE);
    ok(Shared && Exclusive && Nameless && Keyboard, "four devices");
    ok(DriverObject->DeviceObject == Keyboard && Keyboard->NextDevice == Nameless && Nameless->NextDevice == Exclusive &&
           Exclusive->NextDevice == Shared && !Shared->NextDevice,
       "are in the driver's list, the newest first");
    for (ULONG i = 0; i < 100; i++)
        Sum |= ((PUCHAR)Shared->DeviceExtension)[i];
    ok(Sum == 0 && Shared->DeviceExtension == Shared + 1, "an extension of its size behind the device, zeroed");
    ok(!Exclusive->DeviceExtension && !Keyboard->DeviceExtension, "none where none was asked for");
    ok(Exclusive->DeviceType == 0x8001 && Keyboard->DeviceType == FILE_DEVICE_KEYBOARD, "types, a vendor's among them");
    ok((Shared->Characteristics & FILE_DEVICE_SECURE_OPEN) && (Keyboard->Characteristics & FILE_REMOVABLE_MEDIA), "characteristics");
    ok((Exclusive->Flags & DO_EXCLUSIVE) && !(Shared->Flags & DO_EXCLUSIVE), "the flag of the exclusive one");
    ok(NT_SUCCESS(Open(L"\\Device\\T23Shared", &First)) && NT_SUCCESS(Open(L"\\Device\\T23Shared", &Second)), "the shared one is opened twice");
    ZwClose(First);
    ZwClose(Second);
    ok(NT_SUCCESS(Open(L"\\Device\\T23Exclusive", &First)), "the exclusive one once");
    is((ULONG)Open(L"\\Device\\T23Exclusive", &Second), (ULONG)STATUS_ACCESS_DENIED, "and no second time");
    ZwClose(First);
    ok(NT_SUCCESS(Open(L"\\Device\\T23Exclusive", &First)), "until it is closed");
    ZwClose(First);
    IoDeleteDevice(Nameless);
    ok(Keyboard->NextDevice == Exclusive, "a deleted device leaves the list");
    IoDeleteDevice(Exclusive);
    IoDeleteDevice(Keyboard);
    IoDeleteDevice(Shared);
    ok(!DriverObject->DeviceObject, "and so do all");
}

/* T22: a UNICODE_STRING is counted. What lies behind its length is looked at by nobody: here it is more text, or the end of the block. */
#include <ntddk.h>
#include "tap.h"

static BOOLEAN Opens(PCWSTR Name) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    UNICODE_STRING String;
    HANDLE Handle;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateFile(&Handle, SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0)))
        return FALSE;
    ZwClose(Handle);
    return TRUE;
}

/* The last bytes of a block. */
static PWSTR AtTheEdge(PUCHAR Page, PCWSTR Text, PUNICODE_STRING String) {
    SIZE_T Length = wcslen(Text) * sizeof(WCHAR);

    String->Buffer = (PWSTR)(Page + PAGE_SIZE - Length);
    String->Length = String->MaximumLength = (USHORT)Length;
    RtlCopyMemory(String->Buffer, Text, Length);
    return String->Buffer;
}

static NTSTATUS Open(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = {22, 24, L"\\Device\\T22 and more"}, Link = {30, 30, L"\\DosDevices\\T22 too"}, Upper, Copy;
    ANSI_STRING Narrow = {3, 3, (PCHAR) "abcdef"};
    PUCHAR Page = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, 'tseT');
    PDEVICE_OBJECT Device;
    LONG Comparison;
    ULONG Number;
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = Open;
    ok(NT_SUCCESS(IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)), "a device whose name goes on behind its length");
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    ok(Opens(L"\\Device\\T22") && !Opens(L"\\Device\\T22 and more"), "has the counted part as its name");
    ok(NT_SUCCESS(IoCreateSymbolicLink(&Link, &Name)), "a link whose name and target go on");
    ok(Opens(L"\\DosDevices\\T22") && !Opens(L"\\DosDevices\\T22 too"), "has the counted part, too");
    ok(NT_SUCCESS(IoDeleteSymbolicLink(&Link)) && !Opens(L"\\DosDevices\\T22"), "and is deleted by it");
    IoDeleteDevice(Device);

    AtTheEdge(Page, L"\\Device\\T22", &Name);
    ok(NT_SUCCESS(IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)), "a name that ends where its block ends");
    IoDeleteDevice(Device);
    RtlInitUnicodeString(&Upper, L"\\DEVICE\\T22");
    Comparison = RtlCompareUnicodeString(&Name, &Upper, TRUE);
    ok(Comparison == 0 && RtlEqualUnicodeString(&Name, &Upper, TRUE) && RtlPrefixUnicodeString(&Name, &Upper, TRUE), "compared");
    ok(NT_SUCCESS(RtlUpcaseUnicodeString(&Copy, &Name, TRUE)) && RtlEqualUnicodeString(&Copy, &Upper, FALSE), "in capitals");
    RtlFreeUnicodeString(&Copy);
    AtTheEdge(Page, L"4711", &Name);
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(&Name, 10, &Number)) && Number == 4711, "a number");
    DbgPrint("# printed: [%wZ] [%Z]\n", &Name, &Narrow);
    ExFreePoolWithTag(Page, 'tseT');
}

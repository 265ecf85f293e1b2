/* A driver in C++ as books of Windows 2000's time have them: kernel headers inside extern "C", code_seg by a macro, the address of a cast, the C library's sprintf. */
#ifdef __cplusplus
extern "C" {
#endif
#include <ddk/ntddk.h>
#include <ddk/ntstrsafe.h>
#include <stdarg.h>
#include <stdio.h>
#ifdef __cplusplus
}
#endif

#define PAGEDCODE code_seg("PAGE")
#define INITCODE  code_seg("INIT")

#pragma PAGEDCODE
static VOID Unload(IN PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link;
    RtlInitUnicodeString(&Link, L"\\??\\Older");
    IoDeleteSymbolicLink(&(UNICODE_STRING)Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

#pragma INITCODE
extern "C" NTSTATUS DriverEntry(IN PDRIVER_OBJECT DriverObject, IN PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Older"), Link = RTL_CONSTANT_STRING(L"\\??\\Older");
    PDEVICE_OBJECT DeviceObject;
    char Text[64];

    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &(UNICODE_STRING)Name, FILE_DEVICE_UNKNOWN, 0, TRUE, &DeviceObject);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
        return Status;
    }
    DriverObject->DriverUnload = Unload;
    PVOID Block = ExAllocatePool2(POOL_FLAG_PAGED, 16, 'redO'); /* <ddk/ntddk.h> has what the kit added, too */
    sprintf(Text, "%02d%c%I64d", 7, 'x', (LONGLONG)Name.Length << 32);
    DbgPrint("older: %s, block %d\n", Text, Block != NULL);
    ExFreePoolWithTag(Block, 'redO');
    return STATUS_SUCCESS;
}

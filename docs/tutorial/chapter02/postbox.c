#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PostboxUnload;

VOID PostboxUnload(PDRIVER_OBJECT DriverObject) { DbgPrint("Postbox: goodbye\n"); }

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    DriverObject->DriverUnload = PostboxUnload;
    DbgPrint("Postbox: hello, my key is %wZ\n", RegistryPath);
    return STATUS_SUCCESS;
}

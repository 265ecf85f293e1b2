/* DriverUnload waits for an event that nobody sets. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    KEVENT Event;
    UNREFERENCED_PARAMETER(DriverObject);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}

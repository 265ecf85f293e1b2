/* A driver that stops the machine itself. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeBugCheckEx(0xDEAD0001, 1, 2, 3, 4);
}

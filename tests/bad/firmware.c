/* Restarts the machine. */
#include <ntddk.h>

NTHALAPI VOID NTAPI HalReturnToFirmware(ULONG Routine);

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    HalReturnToFirmware(3); /* HalRebootRoutine */
    return STATUS_SUCCESS;
}

/* Dereferences NULL in DriverEntry, without a handler: 0x7E. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static __declspec(noinline) VOID TouchNothing(volatile ULONG *Nothing) { *Nothing = 1; }

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    TouchNothing((volatile ULONG *)DriverObject->FastIoDispatch);
    return STATUS_SUCCESS;
}

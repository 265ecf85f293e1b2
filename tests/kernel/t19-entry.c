/* T19: DriverEntry runs at PASSIVE_LEVEL in a thread of the System process; the registry path is the driver's key. */
#include <ntddk.h>
#include "tap.h"

static const WCHAR Services[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Prefix = {sizeof(Services) - sizeof(WCHAR), sizeof(Services), (PWSTR)Services};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "IRQL");
    ok(PsGetCurrentProcess() == PsInitialSystemProcess, "in the System process");
    is((ULONG_PTR)PsGetCurrentProcessId(), 4, "which is process 4");
    is(ExGetPreviousMode(), KernelMode, "called by the kernel");
    ok(RtlPrefixUnicodeString(&Prefix, RegistryPath, TRUE), "the path of a service's key: %wZ", RegistryPath);
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    ok(NT_SUCCESS(ZwOpenKey(&Key, KEY_READ | KEY_WRITE, &Attributes)) && NT_SUCCESS(ZwClose(Key)), "which is there, to read and to write");
    ok(DriverObject->Type == IO_TYPE_DRIVER && DriverObject->Size == sizeof(DRIVER_OBJECT), "a driver object");
    is(DriverObject->DriverInit, (ULONG_PTR)DriverEntry, "it knows its entry");
    ok(DriverObject->DriverExtension && DriverObject->DriverExtension->DriverObject == DriverObject, "its extension");
    ok(!DriverObject->DeviceObject, "no device yet");
    ok((PUCHAR)DriverEntry >= (PUCHAR)DriverObject->DriverStart && (PUCHAR)DriverEntry < (PUCHAR)DriverObject->DriverStart + DriverObject->DriverSize,
       "where its image is");
}

/* A driver that does nothing but say when it starts and stops. A service whose name ends in "Fails" does not start. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT Driver) { DbgPrint("%wZ stops\n", &Driver->DriverName); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    static const WCHAR Fails[] = L"Fails";
    UNICODE_STRING End = {sizeof Fails - sizeof(WCHAR), sizeof Fails, (PWSTR)Fails}, Tail = *RegistryPath;

    if (Tail.Length > End.Length) {
        Tail.Buffer += (Tail.Length - End.Length) / sizeof(WCHAR);
        Tail.Length = End.Length;
    }
    if (RtlEqualUnicodeString(&Tail, &End, TRUE))
        return STATUS_UNSUCCESSFUL;
    DbgPrint("%wZ starts\n", &Driver->DriverName);
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}

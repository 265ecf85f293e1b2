/* A driver that starts by itself: says when, registers for reinitialization, and does what its service key asks for: fail or bug check. */
#include <ntddk.h>

static UNICODE_STRING Name;
static WCHAR Room[64];

static VOID Again(PDRIVER_OBJECT Driver, PVOID Context, ULONG Count) {
    UNREFERENCED_PARAMETER(Driver);
    DbgPrint("%s reinitialization of %wZ, %u\n", (PCSTR)Context, &Name, Count);
}

static ULONG Ask(PUNICODE_STRING RegistryPath, PCWSTR Value) {
    RTL_QUERY_REGISTRY_TABLE Table[2];
    ULONG Number = 0;
    RtlZeroMemory(Table, sizeof Table);
    Table[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
    Table[0].Name = (PWSTR)Value;
    Table[0].EntryContext = &Number;
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
    return Number;
}

static VOID Unload(PDRIVER_OBJECT Driver) { UNREFERENCED_PARAMETER(Driver); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    USHORT Start = RegistryPath->Length / sizeof(WCHAR);
    while (Start > 0 && RegistryPath->Buffer[Start - 1] != L'\\') {
        Start--;
    }
    Name.Buffer = Room;
    Name.MaximumLength = sizeof Room;
    RtlAppendUnicodeToString(&Name, RegistryPath->Buffer + Start);
    DbgPrint("%wZ starts\n", &Name);
    if (Ask(RegistryPath, L"BugCheck") != 0) {
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
    }
    if (Ask(RegistryPath, L"Fail") != 0) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    IoRegisterBootDriverReinitialization(Driver, Again, "boot");
    IoRegisterDriverReinitialization(Driver, Again, "late");
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}

/* A driver that needs library.c. */
#include <wdm.h>

__declspec(dllimport) LONG LibraryCall(VOID);

static VOID Unload(PDRIVER_OBJECT Driver) { DbgPrint("%wZ: unload\n", &Driver->DriverName); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    Driver->DriverUnload = Unload;
    DbgPrint("%wZ: call %d\n", &Driver->DriverName, LibraryCall());
    return STATUS_SUCCESS;
}

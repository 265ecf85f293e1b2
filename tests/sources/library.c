/* A kernel-mode library: drivers import from it, and it is loaded with the first of them. -DFAILS: it cannot be initialised; -DSTAYS: it has no DllUnload. */
#include <wdm.h>

static LONG Calls;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    DbgPrint("library: DriverEntry\n");
    return STATUS_SUCCESS;
}

__declspec(dllexport) NTSTATUS NTAPI DllInitialize(PUNICODE_STRING Path) {
    DbgPrint("library: begins, IRQL %d, %wZ\n", KeGetCurrentIrql(), Path);
#ifdef FAILS
    return STATUS_DEVICE_CONFIGURATION_ERROR;
#else
    return STATUS_SUCCESS;
#endif
}

#ifndef STAYS
__declspec(dllexport) NTSTATUS NTAPI DllUnload(VOID) {
    DbgPrint("library: ends\n");
    return STATUS_SUCCESS;
}
#endif

__declspec(dllexport) LONG LibraryCall(VOID) { return InterlockedIncrement(&Calls); }

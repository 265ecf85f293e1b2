/* Unloads with a timer set, whose DPC is code that is then gone. */
#include <ntddk.h>

static KTIMER Timer;
static KDPC Dpc;

static VOID NTAPI Expired(PKDPC Unused, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    DbgPrint("the timer has expired\n");
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    LARGE_INTEGER Due = {.QuadPart = -10000000};
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Expired, NULL);
    KeSetTimer(&Timer, Due, &Dpc);
    return STATUS_SUCCESS;
}

/* A service routine that claims its interrupt and never tells its device so. */
#include <ntddk.h>

static BOOLEAN OnInterrupt(PKINTERRUPT Interrupt, PVOID Context) {
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Context);
    return TRUE;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PHYSICAL_ADDRESS Base = {.QuadPart = 0xF0000000};
    PUCHAR Registers = MmMapIoSpace(Base, PAGE_SIZE, MmNonCached);
    KIRQL Irql;
    KAFFINITY Affinity;
    ULONG Vector = HalGetInterruptVector(PCIBus, 0, 11, 11, &Irql, &Affinity);
    PKINTERRUPT Interrupt;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoConnectInterrupt(&Interrupt, OnInterrupt, NULL, NULL, Vector, Irql, Irql, LevelSensitive, TRUE, Affinity, FALSE);
    if (NT_SUCCESS(Status))
        WRITE_REGISTER_ULONG((PULONG)(Registers + 0x60), 1);
    return Status;
}

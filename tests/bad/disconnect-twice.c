/* Disconnects its interrupt object twice. */
#include "bad.h"

static BOOLEAN NTAPI OnInterrupt(PKINTERRUPT Interrupt, PVOID Context) {
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Context);
    return FALSE;
}

NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE, ULONG, ULONG, ULONG, PKIRQL, PKAFFINITY);

MISTAKE VOID Mistake(VOID) {
    KIRQL Irql;
    KAFFINITY Affinity;
    PKINTERRUPT Interrupt;
    ULONG Vector = HalGetInterruptVector(PCIBus, 0, 20, 20, &Irql, &Affinity);
    if (!NT_SUCCESS(IoConnectInterrupt(&Interrupt, OnInterrupt, NULL, NULL, Vector, Irql, Irql, LevelSensitive, FALSE, Affinity, FALSE)))
        return;
    IoDisconnectInterrupt(Interrupt);
    IoDisconnectInterrupt(Interrupt);
}

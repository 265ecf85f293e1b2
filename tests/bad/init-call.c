/* Its IO control calls a function that is in INIT. */
#include "init.h"

INIT_CODE static ULONG Helper(ULONG Value) { return Value * 3 + (ULONG)KeGetCurrentIrql(); }

static NTSTATUS Mistake(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Information = Helper(7);
    return Done(Irp);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) { RemoveDevice(DriverObject); }

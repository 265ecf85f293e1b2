/* Its IO control touches INIT at DISPATCH_LEVEL. */
#include "init.h"

INIT_CODE static VOID Table(VOID) { DbgPrint("some bytes of code\n"); }

static NTSTATUS Mistake(PDEVICE_OBJECT Device, PIRP Irp) {
    KIRQL Irql;
    UNREFERENCED_PARAMETER(Device);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Irp->IoStatus.Information = *(volatile UCHAR *)(ULONG_PTR)Table;
    KeLowerIrql(Irql);
    return Done(Irp);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) { RemoveDevice(DriverObject); }

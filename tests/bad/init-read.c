/* Its IO control reads a variable that is in INIT. */
#include "init.h"

INIT_CODE static VOID Table(VOID) { DbgPrint("some bytes of code\n"); }

static NTSTATUS Mistake(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Information = *(volatile UCHAR *)(ULONG_PTR)Table;
    return Done(Irp);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) { RemoveDevice(DriverObject); }

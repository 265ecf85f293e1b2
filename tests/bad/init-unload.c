/* Its DriverUnload is in INIT. */
#include "init.h"

static NTSTATUS Mistake(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Done(Irp);
}

INIT_CODE static VOID Unload(PDRIVER_OBJECT DriverObject) { RemoveDevice(DriverObject); }

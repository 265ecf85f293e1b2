/* Its dispatch routine for IO controls is in INIT itself. */
#include "init.h"

INIT_CODE static NTSTATUS Mistake(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Done(Irp);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) { RemoveDevice(DriverObject); }

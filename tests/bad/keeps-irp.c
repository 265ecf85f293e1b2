/* Never completes a control code, and gives its IRP no cancel routine: the thread that waits for it cannot end. */
#include "bad-dispatch.h"

static NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
}

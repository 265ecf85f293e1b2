/* Sends an IRP on that has no stack location left: 0x35. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    NTSTATUS Status = IoCallDriver(DeviceObject, Irp);
    DbgPrint("sent: 0x%08X\n", Status);
    return Status;
}

/* Sends an IRP on that has no stack location left: 0x35. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return IoCallDriver(DeviceObject, Irp); }

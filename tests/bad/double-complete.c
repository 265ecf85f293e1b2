/* Completes an IRP twice: 0x44. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    Complete(DeviceObject, Irp);
    return Complete(DeviceObject, Irp);
}

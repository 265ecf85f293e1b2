/* Enters a critical region and returns without leaving it: 0x01. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KeEnterCriticalRegion();
    return Complete(DeviceObject, Irp);
}

/* Returns at DISPATCH_LEVEL: 0x4A. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KIRQL Old;
    NTSTATUS Status = Complete(DeviceObject, Irp);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    return Status;
}

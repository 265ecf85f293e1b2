/* Dereferences NULL in its dispatch routine, without a handler: 0x3B. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    volatile PULONG Counter = DeviceObject->DeviceExtension; /* none was asked for */
    (*Counter)++;
    return Complete(DeviceObject, Irp);
}

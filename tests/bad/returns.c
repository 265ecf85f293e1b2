/* A dispatch routine that returns what does not go with its IRP (tests/t10-arguments.t). The name "returns" does what is just allowed. */
#include "bad-dispatch.h"
#include "chosen.h"

static NTSTATUS Allowed(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    CompleteWith(Irp, STATUS_UNSUCCESSFUL);
    return STATUS_PENDING;
}

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PCUNICODE_STRING Name = &DeviceObject->DriverObject->DriverName;

    if (IsCalled(Name, L"other-status")) {
        CompleteWith(Irp, STATUS_INVALID_PARAMETER);
        return STATUS_SUCCESS;
    }
    if (IsCalled(Name, L"not-marked")) {
        CompleteWith(Irp, STATUS_SUCCESS);
        return STATUS_PENDING;
    }
    if (IsCalled(Name, L"marked")) {
        IoMarkIrpPending(Irp);
        return CompleteWith(Irp, STATUS_SUCCESS);
    }
    if (IsCalled(Name, L"completes-pending"))
        return CompleteWith(Irp, STATUS_PENDING);
    return Allowed(DeviceObject, Irp);
}

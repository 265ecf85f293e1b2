/* A dispatch routine that returns what does not go with its IRP (tests/t10-arguments.t). The name "returns" does what is just allowed. */
#include "bad-dispatch.h"
#include "chosen.h"

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Allowed(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    Finish(Irp, STATUS_UNSUCCESSFUL, 0);
    return STATUS_PENDING;
}

MISTAKE NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PCUNICODE_STRING Name = &DeviceObject->DriverObject->DriverName;

    if (IsCalled(Name, L"other-status")) {
        Finish(Irp, STATUS_INVALID_PARAMETER, 0);
        return STATUS_SUCCESS;
    }
    if (IsCalled(Name, L"not-marked")) {
        Finish(Irp, STATUS_SUCCESS, 0);
        return STATUS_PENDING;
    }
    if (IsCalled(Name, L"marked")) {
        IoMarkIrpPending(Irp);
        return Finish(Irp, STATUS_SUCCESS, 0);
    }
    if (IsCalled(Name, L"completes-pending"))
        return Finish(Irp, STATUS_PENDING, 0);
    return Allowed(DeviceObject, Irp);
}

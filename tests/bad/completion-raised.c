/* A completion routine that returns at a raised level, for an IRP of its own. */
#include "bad-dispatch.h"

MISTAKE NTSTATUS BadCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    KIRQL Old;
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS BadControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIRP Own = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    IoGetNextIrpStackLocation(Own)->MajorFunction = IRP_MJ_CLEANUP;
    IoSetCompletionRoutine(Own, BadCompletion, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(DeviceObject, Own);
    return Complete(DeviceObject, Irp);
}

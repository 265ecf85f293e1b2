/* Power IRPs between drivers, and what keeps a system awake that never sleeps. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static PDEVICE_OBJECT Lower, Upper;
static ULONG Seen, Passed;
static DEVICE_POWER_STATE SeenState;
static NTSTATUS Completed = -1;

static NTSTATUS NTAPI OnPower(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Device == Upper) {
        Passed++;
        PoStartNextPowerIrp(Irp);
        IoSkipCurrentIrpStackLocation(Irp);
        return PoCallDriver(Lower, Irp);
    }
    Seen = Stack->MinorFunction;
    SeenState = Stack->Parameters.Power.State.DeviceState;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI OnDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context, PIO_STATUS_BLOCK Status) {
    if (Device == Lower && Minor == IRP_MN_SET_POWER && Context == (PVOID)5)
        Completed = Status->Status;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    POWER_STATE State = {.DeviceState = PowerDeviceD2}, Old;
    DriverObject->MajorFunction[IRP_MJ_POWER] = OnPower;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Lower);
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper);
    Lower->Flags &= ~DO_DEVICE_INITIALIZING; /* or nothing can be attached to it */
    ok(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower, "a stack of two devices");
    STATUS(PoRequestPowerIrp(Lower, IRP_MN_SET_POWER, State, OnDone, (PVOID)5, NULL), STATUS_PENDING, "a power IRP is requested");
    is(Passed, 1, "it came in at the top of the stack");
    is(Seen, IRP_MN_SET_POWER, "and reached the bottom");
    is(SeenState, PowerDeviceD2, "with the state");
    STATUS(Completed, STATUS_SUCCESS, "and its end was told, with the device that was named");
    STATUS(PoRequestPowerIrp(Lower, IRP_MN_POWER_SEQUENCE, State, NULL, NULL, NULL), STATUS_INVALID_PARAMETER_2,
           "a minor function that cannot be asked for");
    Old = PoSetPowerState(Lower, DevicePowerState, State);
    is(Old.DeviceState, PowerDeviceUnspecified, "no state was told before");
    State.DeviceState = PowerDeviceD0;
    Old = PoSetPowerState(Lower, DevicePowerState, State);
    is(Old.DeviceState, PowerDeviceD2, "the state before");
    IoDetachDevice(Lower);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Lower);

    PVOID Awake = PoRegisterSystemState(NULL, ES_SYSTEM_REQUIRED | ES_CONTINUOUS);
    ok(Awake != NULL, "the system is needed");
    ok(PoRegisterSystemState(Awake, ES_CONTINUOUS) == Awake, "and no longer");
    ok(PoRegisterSystemState(NULL, 0x100) == NULL, "flags that mean nothing");
    PoUnregisterSystemState(Awake);
}

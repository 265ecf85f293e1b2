/* Power IRPs between drivers. */
#include "po/po.h"

#define PO_TAG ' oPR'

/* IOP_DEVOBJ_EXTENSION.PowerFlags: system power state in bits 0 to 3, device power state in bits 4 to 7. */
#define PO_SYSTEM_SHIFT 0u
#define PO_DEVICE_SHIFT 4u

/* Since Windows Vista power IRPs are not queued: these two are IoCallDriver and nothing ("PoCallDriver", "PoStartNextPowerIrp"). */
NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return IofCallDriver(DeviceObject, Irp); }

VOID NTAPI PoStartNextPowerIrp(PIRP Irp) {}

POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State) {
    ULONG Shift = Type == SystemPowerState ? PO_SYSTEM_SHIFT : PO_DEVICE_SHIFT;
    PULONG Flags = &IopExtension(DeviceObject)->PowerFlags;
    ULONG Old = (*Flags >> Shift) & 15u;
    *Flags = (*Flags & ~(15u << Shift)) | (((ULONG)State.DeviceState & 15u) << Shift);
    return (POWER_STATE){.DeviceState = (DEVICE_POWER_STATE)Old};
}

/* ---- Requests ---- */
typedef struct _PO_REQUEST { /* until its IRP is completed */
    PDEVICE_OBJECT Device;   /* as the caller named it; referenced */
    PDEVICE_OBJECT Top;      /* of its stack; referenced */
    PREQUEST_POWER_COMPLETE Completion;
    PVOID Context;
    POWER_STATE State;
    UCHAR Minor;
    PIRP Irp;
    WORK_QUEUE_ITEM WorkItem;
} PO_REQUEST, *PPO_REQUEST;

static NTSTATUS NTAPI PopRequestDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    PPO_REQUEST Request = Context;
    IO_STATUS_BLOCK Status = Irp->IoStatus;
    if (Request->Completion != NULL)
        Request->Completion(Request->Device, Request->Minor, Request->State, Request->Context, &Status);
    IoFreeIrp(Irp);
    ObfDereferenceObject(Request->Top);
    ObfDereferenceObject(Request->Device);
    ExFreePoolWithTag(Request, PO_TAG);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID NTAPI PopSend(PVOID Context) {
    PPO_REQUEST Request = Context;
    IofCallDriver(Request->Top, Request->Irp);
}

/* A device whose power code may be paged gets its IRP at PASSIVE_LEVEL ("DO_POWER_PAGABLE"). */
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState, PREQUEST_POWER_COMPLETE CompletionFunction,
                                 PVOID Context, PIRP *Irp) {
    if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    PPO_REQUEST Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), PO_TAG);
    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(DeviceObject);
    PIRP NewIrp = IoAllocateIrp((CCHAR)(Top->StackSize + 1), FALSE);
    if (NewIrp == NULL) {
        ObfDereferenceObject(Top);
        ExFreePoolWithTag(Request, PO_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    *Request = (PO_REQUEST){.Device = DeviceObject,
                            .Top = Top,
                            .Completion = CompletionFunction,
                            .Context = Context,
                            .State = PowerState,
                            .Minor = MinorFunction,
                            .Irp = NewIrp};
    NewIrp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoSetNextIrpStackLocation(NewIrp); /* one of our own: completion routines see the device they were set by */
    IoGetCurrentIrpStackLocation(NewIrp)->DeviceObject = DeviceObject;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(NewIrp);
    Stack->MajorFunction = IRP_MJ_POWER;
    Stack->MinorFunction = MinorFunction;
    if (MinorFunction == IRP_MN_WAIT_WAKE) {
        Stack->Parameters.WaitWake.PowerState = PowerState.SystemState;
    } else {
        Stack->Parameters.Power.Type = DevicePowerState;
        Stack->Parameters.Power.State = PowerState;
    }
    IoSetCompletionRoutine(NewIrp, PopRequestDone, Request, TRUE, TRUE, TRUE);
    if (MinorFunction == IRP_MN_WAIT_WAKE && Irp != NULL)
        *Irp = NewIrp;
    if (KiCurrentIrql() == PASSIVE_LEVEL || !(Top->Flags & DO_POWER_PAGABLE)) {
        PopSend(Request);
    } else {
        ExInitializeWorkItem(&Request->WorkItem, PopSend, Request);
        ExQueueWorkItem(&Request->WorkItem, DelayedWorkQueue);
    }
    return STATUS_PENDING;
}

/* ---- What keeps the system awake ---- */
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags) {
    PULONG State = StateHandle;
    if (Flags & ~(ULONG)(ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | ES_CONTINUOUS))
        return NULL;
    if (State == NULL)
        State = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*State), PO_TAG);
    if (State != NULL)
        *State = Flags;
    return State;
}

VOID NTAPI PoUnregisterSystemState(PVOID StateHandle) { ExFreePoolWithTag(StateHandle, PO_TAG); }

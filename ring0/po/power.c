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
    ULONG shift = Type == SystemPowerState ? PO_SYSTEM_SHIFT : PO_DEVICE_SHIFT;
    PULONG flags = &IopExtension(DeviceObject)->PowerFlags;
    ULONG old = (*flags >> shift) & 15u;
    *flags = (*flags & ~(15u << shift)) | (((ULONG)State.DeviceState & 15u) << shift);
    return (POWER_STATE){.DeviceState = (DEVICE_POWER_STATE)old};
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
    PPO_REQUEST request = Context;
    IO_STATUS_BLOCK status = Irp->IoStatus;
    if (request->Completion != NULL)
        request->Completion(request->Device, request->Minor, request->State, request->Context, &status);
    IoFreeIrp(Irp);
    ObfDereferenceObject(request->Top);
    ObfDereferenceObject(request->Device);
    ExFreePoolWithTag(request, PO_TAG);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID NTAPI PopSend(PVOID Context) {
    PPO_REQUEST request = Context;
    IofCallDriver(request->Top, request->Irp);
}

/* A device whose power code may be paged gets its IRP at PASSIVE_LEVEL ("DO_POWER_PAGABLE"). */
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState, PREQUEST_POWER_COMPLETE CompletionFunction,
                                 PVOID Context, PIRP *Irp) {
    if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    PPO_REQUEST request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*request), PO_TAG);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(DeviceObject);
    PIRP irp = IoAllocateIrp((CCHAR)(top->StackSize + 1), FALSE);
    if (irp == NULL) {
        ObfDereferenceObject(top);
        ExFreePoolWithTag(request, PO_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    *request = (PO_REQUEST){.Device = DeviceObject,
                            .Top = top,
                            .Completion = CompletionFunction,
                            .Context = Context,
                            .State = PowerState,
                            .Minor = MinorFunction,
                            .Irp = irp};
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoSetNextIrpStackLocation(irp); /* one of our own: completion routines see the device they were set by */
    IoGetCurrentIrpStackLocation(irp)->DeviceObject = DeviceObject;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = MinorFunction;
    if (MinorFunction == IRP_MN_WAIT_WAKE) {
        stack->Parameters.WaitWake.PowerState = PowerState.SystemState;
    } else {
        stack->Parameters.Power.Type = DevicePowerState;
        stack->Parameters.Power.State = PowerState;
    }
    IoSetCompletionRoutine(irp, PopRequestDone, request, TRUE, TRUE, TRUE);
    if (MinorFunction == IRP_MN_WAIT_WAKE && Irp != NULL)
        *Irp = irp;
    if (KiCurrentIrql() == PASSIVE_LEVEL || !(top->Flags & DO_POWER_PAGABLE)) {
        PopSend(request);
    } else {
        ExInitializeWorkItem(&request->WorkItem, PopSend, request);
        ExQueueWorkItem(&request->WorkItem, DelayedWorkQueue);
    }
    return STATUS_PENDING;
}

/* ---- What keeps the system awake ---- */
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags) {
    PULONG state = StateHandle;
    if (Flags & ~(ULONG)(ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | ES_CONTINUOUS))
        return NULL;
    if (state == NULL)
        state = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*state), PO_TAG);
    if (state != NULL)
        *state = Flags;
    return state;
}

VOID NTAPI PoUnregisterSystemState(PVOID StateHandle) { ExFreePoolWithTag(StateHandle, PO_TAG); }

/* Requests that drivers send each other and that do not end at once, or not well: pended, cancelled, with exceptions across IoCallDriver. */
#include "device.h"

/* ---- Pending ---- */
typedef struct _PENDED {
    KDPC Dpc;
    KTIMER Timer;
    PIO_WORKITEM Work;
    PIRP Irp;
    ULONG Completions;
    KIRQL Irql;
    BOOLEAN InSystem;
} PENDED;
static PENDED Pended;

static VOID CompletePended(VOID) {
    PIRP Irp = Pended.Irp;
    Pended.Irp = NULL;
    Pended.Completions++;
    Pended.Irql = KeGetCurrentIrql();
    Pended.InSystem = PsGetCurrentProcess() == PsInitialSystemProcess;
    Complete(Irp, STATUS_SUCCESS, 4711);
}

static VOID NTAPI PendedDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    CompletePended();
}

static VOID NTAPI PendedWork(PDEVICE_OBJECT Device, PVOID Context) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Context);
    CompletePended();
}

static NTSTATUS PendForDpc(PDEVICE_OBJECT Device, PIRP Irp) {
    LARGE_INTEGER Time = {.QuadPart = -10000 * 5};
    UNREFERENCED_PARAMETER(Device);
    IoMarkIrpPending(Irp);
    Pended.Irp = Irp;
    KeInitializeTimer(&Pended.Timer);
    KeInitializeDpc(&Pended.Dpc, PendedDpc, NULL);
    KeSetTimer(&Pended.Timer, Time, &Pended.Dpc);
    return STATUS_PENDING;
}

static NTSTATUS PendForWork(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    IoMarkIrpPending(Irp);
    Pended.Irp = Irp;
    IoQueueWorkItem(Pended.Work, PendedWork, DelayedWorkQueue, NULL);
    return STATUS_PENDING;
}

static VOID TestPending(VOID) {
    PDEVICE_OBJECT Bottom = CreateDevice(L"\\Device\\DeviceTest", FALSE, PendForDpc), Top = CreateDevice(NULL, FALSE, PassDown);
    COMPLETION Completion;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    Pended.Work = IoAllocateWorkItem(Bottom);
    Ready(Bottom);
    STATUS(Control(Bottom, NULL, 0, NULL, 0, &Iosb), STATUS_SUCCESS, "completed by a DPC");
    ok(Iosb.Information == 4711 && Pended.Completions == 1 && Pended.Irql == DISPATCH_LEVEL, "at DISPATCH_LEVEL");
    STATUS(SendOwn(Bottom, &Completion, TRUE, TRUE), STATUS_PENDING, "an IRP of one's own");
    ok(Completion.Calls == 1 && Completion.Pending && Completion.Irql == DISPATCH_LEVEL,
       "the completion routine runs in the DPC, with PendingReturned");
    ExtensionOf(Bottom)->Dispatch = PendForWork;
    STATUS(Control(Bottom, NULL, 0, NULL, 0, &Iosb), STATUS_SUCCESS, "completed by a work item");
    ok(Pended.Completions == 3 && Pended.Irql == PASSIVE_LEVEL && Pended.InSystem, "at PASSIVE_LEVEL, in the System process");

    ExtensionOf(Top)->Lower = IoAttachDeviceToDeviceStack(Top, Bottom);
    Ready(Top);
    STATUS(Control(Top, NULL, 0, NULL, 0, &Iosb), STATUS_SUCCESS, "below a driver that passes requests down");
    ExtensionOf(Top)->Dispatch = Regain;
    STATUS(Control(Top, NULL, 0, NULL, 0, &Iosb), STATUS_SUCCESS, "and below one that waits for them");
    ok(Iosb.Information == 4712 && Regained.Pending, "and goes on with them");
    STATUS(Open(L"\\Device\\DeviceTest", &Handle), STATUS_SUCCESS, "opened");
    ExtensionOf(Top)->Dispatch = PassDown;
    RtlZeroMemory(&Iosb, sizeof Iosb);
    STATUS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_TEST, NULL, 0, NULL, 0), STATUS_SUCCESS,
           "ZwDeviceIoControlFile on a synchronous file waits");
    is(Iosb.Information, 4711, "and has the result");
    ZwClose(Handle);
    IoDetachDevice(Bottom);
    IoDeleteDevice(Top);
    IoFreeWorkItem(Pended.Work);
    IoDeleteDevice(Bottom);
}

/* ---- Cancellation ---- */
static ULONG Cancels;
static KIRQL CancelIrql;

static VOID NTAPI Cancel(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    Cancels++;
    CancelIrql = KeGetCurrentIrql();
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS PendForCancel(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, Cancel);
    return STATUS_PENDING;
}

static NTSTATUS PendWithoutCancel(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    IoMarkIrpPending(Irp);
    Pended.Irp = Irp;
    return STATUS_PENDING;
}

static VOID TestCancel(VOID) {
    PDEVICE_OBJECT Device = CreateDevice(NULL, FALSE, PendForCancel);
    COMPLETION Completion;
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    Ready(Device);
    InitializeCompletion(&Completion, STATUS_MORE_PROCESSING_REQUIRED);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(Irp, Completed, &Completion, FALSE, FALSE, TRUE);
    STATUS(IoCallDriver(Device, Irp), STATUS_PENDING, "a request that waits");
    ok(IoCancelIrp(Irp), "IoCancelIrp finds its cancel routine");
    ok(Cancels == 1 && CancelIrql == DISPATCH_LEVEL, "which runs once, at DISPATCH_LEVEL");
    ok(Irp->Cancel && !Irp->CancelRoutine && Completion.Calls == 1, "the completion routine for cancelled requests is called");
    STATUS(Completion.Status, STATUS_CANCELLED, "with STATUS_CANCELLED");
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and the IRQL is what it was");

    ExtensionOf(Device)->Dispatch = PendWithoutCancel;
    IoReuseIrp(Irp, STATUS_SUCCESS);
    ok(!Irp->Cancel && Irp->CurrentLocation == Irp->StackCount + 1, "the IRP used again is as new");
    InitializeCompletion(&Completion, STATUS_MORE_PROCESSING_REQUIRED);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(Irp, Completed, &Completion, TRUE, FALSE, FALSE);
    STATUS(IoCallDriver(Device, Irp), STATUS_PENDING, "one without a cancel routine");
    ok(!IoCancelIrp(Irp) && Irp->Cancel, "is only marked");
    CompletePended();
    ok(Completion.Calls == 1 && Completion.Status == STATUS_SUCCESS, "and completed when the driver is done");
    IoFreeIrp(Irp);
    IoDeleteDevice(Device);
}

/* ---- Exceptions ---- */
static ULONG Unwound;

static NTSTATUS Raise(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    ExRaiseStatus(STATUS_DEVICE_DATA_ERROR);
}

static NTSTATUS TouchNothing(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    *(volatile ULONG *)(ULONG_PTR)0x20 = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS PassDownWithFinally(PDEVICE_OBJECT Device, PIRP Irp) {
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    __try {
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(ExtensionOf(Device)->Lower, Irp);
    } __finally {
        Unwound++;
    }
    return Status;
}

/* The request is still this driver's when the one below has raised: it completes it. */
static NTSTATUS Catch(PDEVICE_OBJECT Device, PIRP Irp) {
    NTSTATUS Status;
    IoCopyCurrentIrpStackLocationToNext(Irp);
    __try {
        Status = IoCallDriver(ExtensionOf(Device)->Lower, Irp);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Irp->CurrentLocation += 1; /* what the calls below have moved */
        Irp->Tail.Overlay.CurrentStackLocation++;
        Status = Complete(Irp, GetExceptionCode(), 0);
    }
    return Status;
}

static VOID TestExceptions(VOID) {
    PDEVICE_OBJECT Bottom = CreateDevice(NULL, FALSE, Raise), Middle = CreateDevice(NULL, FALSE, PassDownWithFinally),
                   Top = CreateDevice(NULL, FALSE, Catch);
    IO_STATUS_BLOCK Iosb;
    Ready(Bottom);
    ExtensionOf(Middle)->Lower = IoAttachDeviceToDeviceStack(Middle, Bottom);
    Ready(Middle);
    ExtensionOf(Top)->Lower = IoAttachDeviceToDeviceStack(Top, Middle);
    Ready(Top);
    STATUS(Control(Top, NULL, 0, NULL, 0, &Iosb), STATUS_DEVICE_DATA_ERROR, "raised at the bottom, caught at the top");
    is(Unwound, 1, "the __finally in the middle has run");
    ExtensionOf(Bottom)->Dispatch = TouchNothing;
    STATUS(Control(Top, NULL, 0, NULL, 0, &Iosb), STATUS_ACCESS_VIOLATION, "a fault too");
    is(Unwound, 2, "and again");
    IoDetachDevice(Middle);
    IoDetachDevice(Bottom);
    IoDeleteDevice(Top);
    IoDeleteDevice(Middle);
    IoDeleteDevice(Bottom);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    UseDispatch(DriverObject);
    TestPending();
    TestCancel();
    TestExceptions();
}

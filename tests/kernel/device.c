/*
 * Devices and the requests that drivers send each other: creation, stacks, completion routines, pended and cancelled IRPs, IRPs of a driver's own,
 * exceptions across IoCallDriver, work items, remove locks. Each device's extension says which routine handles what is sent to it.
 */
#include <ntifs.h>
#define TAP_PLAN_LATER
#include "tap.h"

#define STATUS(call, expected, what) is((ULONG)(call), (ULONG)(expected), what)
#define TAG                          'tseT'

typedef struct _EXTENSION {
    PDRIVER_DISPATCH Dispatch;
    PDEVICE_OBJECT Lower;
    ULONG Seen;
    UCHAR LastMajor;
    UCHAR Fill[64];
} EXTENSION, *PEXTENSION;

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Early; /* made in DriverEntry, opened afterwards */

static PEXTENSION ExtensionOf(PDEVICE_OBJECT Device) { return Device->DeviceExtension; }

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Succeed(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PEXTENSION Extension = ExtensionOf(Device);
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    Extension->Seen++;
    Extension->LastMajor = Major;
    if (!Extension->Dispatch || Major == IRP_MJ_CREATE || Major == IRP_MJ_CLEANUP || Major == IRP_MJ_CLOSE) {
        return Succeed(Device, Irp);
    }
    return Extension->Dispatch(Device, Irp);
}

static PDEVICE_OBJECT CreateDevice(PCWSTR Name, BOOLEAN Exclusive, PDRIVER_DISPATCH Routine) {
    UNICODE_STRING DeviceName;
    PDEVICE_OBJECT Device = NULL;
    RtlInitUnicodeString(&DeviceName, Name);
    STATUS(IoCreateDevice(Driver, sizeof(EXTENSION), Name ? &DeviceName : NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, Exclusive, &Device),
           STATUS_SUCCESS, "IoCreateDevice");
    ExtensionOf(Device)->Dispatch = Routine;
    return Device;
}

static VOID Ready(PDEVICE_OBJECT Device) { Device->Flags &= ~DO_DEVICE_INITIALIZING; }

static NTSTATUS Open(PCWSTR Name, PHANDLE Handle) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;
    IO_STATUS_BLOCK Iosb;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenFile(Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, 0, FILE_SYNCHRONOUS_IO_NONALERT);
}

static VOID Sleep(LONG Milliseconds) {
    LARGE_INTEGER Time = {.QuadPart = -10000ll * Milliseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

/* ---- Creation ---- */
static VOID TestCreation(VOID) {
    PDEVICE_OBJECT Device = CreateDevice(L"\\Device\\DeviceTest", TRUE, NULL), Plain, Bare;
    PEXTENSION Extension = ExtensionOf(Device);
    BOOLEAN Zero = TRUE;
    HANDLE First, Second;
    ok(Device->Type == IO_TYPE_DEVICE && Device->Size == sizeof(DEVICE_OBJECT) + sizeof(EXTENSION), "type and size");
    ok(Device->DriverObject == Driver && Driver->DeviceObject == Device, "the driver, and its list");
    ok(Device->DeviceType == FILE_DEVICE_UNKNOWN && Device->Characteristics == FILE_DEVICE_SECURE_OPEN, "device type and characteristics");
    is(Device->Flags, DO_EXCLUSIVE | DO_DEVICE_INITIALIZING | DO_DEVICE_HAS_NAME, "flags");
    ok(Device->StackSize == 1 && !Device->AttachedDevice && !Device->NextDevice && !Device->Vpb && !Device->CurrentIrp, "nothing else");
    is(Device->ReferenceCount, 0, "nobody has it open");
    for (ULONG i = 0; i < sizeof Extension->Fill; i++) {
        Zero = Zero && !Extension->Fill[i];
    }
    ok(Zero && !Extension->Seen && !Extension->Lower, "the extension is zeroed");
    STATUS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_DISK, 0, FALSE, &Bare), STATUS_SUCCESS, "a disk without a name or an extension");
    ok(!Bare->DeviceExtension && Bare->SectorSize == 512 && Bare->Vpb && Bare->Flags == DO_DEVICE_INITIALIZING, "has neither, but a volume");
    ok(Driver->DeviceObject == Bare && Bare->NextDevice == Device, "the newest is the first in the list");

    STATUS(Open(L"\\Device\\DeviceTest", &First), STATUS_NO_SUCH_DEVICE, "DO_DEVICE_INITIALIZING keeps opens out");
    is(Extension->Seen, 0, "the driver sees nothing of them");
    Ready(Device);
    STATUS(Open(L"\\Device\\DeviceTest", &First), STATUS_SUCCESS, "a driver that clears it itself lets them in");
    is(Device->ReferenceCount, 1, "it is open");
    STATUS(Open(L"\\Device\\DeviceTest", &Second), STATUS_ACCESS_DENIED, "an exclusive device is open once");
    is(Extension->Seen, 1, "the driver does not see the second");
    ZwClose(First);
    is(Extension->Seen, 3, "cleanup and close");
    STATUS(Open(L"\\Device\\DeviceTest", &Second), STATUS_SUCCESS, "closed, and free again");
    IoDeleteDevice(Device);
    is(Extension->Seen, 4, "a device that is deleted while it is open stays");
    STATUS(Open(L"\\Device\\DeviceTest", &First), STATUS_OBJECT_NAME_NOT_FOUND, "without its name");
    ok(Driver->DeviceObject == Bare && Bare->NextDevice == Device, "and in the list");
    ZwClose(Second);
    ok(Driver->DeviceObject == Bare && !Bare->NextDevice, "until it is closed");
    IoDeleteDevice(Bare);

    Plain = CreateDevice(L"\\Device\\DeviceTest", FALSE, NULL);
    Ready(Plain);
    ok(NT_SUCCESS(Open(L"\\Device\\DeviceTest", &First)) && NT_SUCCESS(Open(L"\\Device\\DeviceTest", &Second)), "others can be open many times");
    is(Plain->ReferenceCount, 2, "twice");
    ZwClose(First);
    ZwClose(Second);
    IoDeleteDevice(Plain);
    is(Driver->DeviceObject, NULL, "no devices are left");
}

/* ---- Stacks and completion ---- */
static NTSTATUS PassDown(PDEVICE_OBJECT Device, PIRP Irp) {
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(ExtensionOf(Device)->Lower, Irp);
}

/* METHOD_BUFFERED: turns each byte into the next one. */
static NTSTATUS Increment(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PUCHAR Bytes = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = min(Stack->Parameters.DeviceIoControl.InputBufferLength, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    UNREFERENCED_PARAMETER(Device);
    for (ULONG i = 0; i < Length; i++) {
        Bytes[i]++;
    }
    return Complete(Irp, STATUS_SUCCESS, Length);
}

#define IOCTL_TEST CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* Sends a control code and waits. */
static NTSTATUS Control(PDEVICE_OBJECT Device, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PIO_STATUS_BLOCK Iosb) {
    KEVENT Event;
    NTSTATUS Status;
    PIRP Irp;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    RtlFillMemory(Iosb, sizeof *Iosb, 0xEE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TEST, Device, Input, InputLength, Output, OutputLength, FALSE, &Event, Iosb);
    if (!Irp) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb->Status;
    }
    return Status;
}

static VOID TestStacks(VOID) {
    PDEVICE_OBJECT Bottom = CreateDevice(L"\\Device\\DeviceBottom", FALSE, Increment), Middle = CreateDevice(NULL, FALSE, PassDown),
                   Top = CreateDevice(NULL, FALSE, PassDown), Lower, Reference;
    UNICODE_STRING Name;
    PFILE_OBJECT File;
    IO_STATUS_BLOCK Iosb;
    UCHAR Bytes[4] = {1, 2, 3, 4}, Out[4] = {0, 0, 0, 0};

    is(IoAttachDeviceToDeviceStack(Middle, Bottom), NULL, "nothing can be attached to a device that initializes");
    Ready(Bottom);
    ExtensionOf(Middle)->Lower = IoAttachDeviceToDeviceStack(Middle, Bottom);
    is(ExtensionOf(Middle)->Lower, Bottom, "attached");
    ok(Bottom->AttachedDevice == Middle && Middle->StackSize == 2, "above it, with a stack location more");
    Ready(Middle);
    STATUS(IoAttachDeviceToDeviceStackSafe(Top, Bottom, &ExtensionOf(Top)->Lower), STATUS_SUCCESS, "another one, to the bottom");
    ok(ExtensionOf(Top)->Lower == Middle && Top->StackSize == 3, "lies on top");
    Ready(Top);
    is(IoGetAttachedDevice(Bottom), Top, "IoGetAttachedDevice");
    Reference = IoGetAttachedDeviceReference(Bottom);
    is(Reference, Top, "IoGetAttachedDeviceReference");
    ObDereferenceObject(Reference);
    Lower = IoGetLowerDeviceObject(Top);
    is(Lower, Middle, "IoGetLowerDeviceObject");
    ObDereferenceObject(Lower);
    Lower = IoGetDeviceAttachmentBaseRef(Top);
    is(Lower, Bottom, "IoGetDeviceAttachmentBaseRef");
    ObDereferenceObject(Lower);

    STATUS(Control(Top, Bytes, 4, Out, 4, &Iosb), STATUS_SUCCESS, "a request to the top");
    ok(Iosb.Status == STATUS_SUCCESS && Iosb.Information == 4 && Out[0] == 2 && Out[3] == 5 && Bytes[0] == 1, "is answered at the bottom");
    ok(ExtensionOf(Top)->Seen == 1 && ExtensionOf(Middle)->Seen == 1 && ExtensionOf(Bottom)->Seen == 1, "through all three");
    RtlInitUnicodeString(&Name, L"\\Device\\DeviceBottom");
    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Lower), STATUS_SUCCESS, "an open of the bottom's name");
    ok(Lower == Top && File->DeviceObject == Bottom && IoGetRelatedDeviceObject(File) == Top, "leads to the top");
    is(ExtensionOf(Top)->LastMajor, IRP_MJ_CLEANUP, "whose handle is closed already");
    ObDereferenceObject(File);
    is(ExtensionOf(Top)->LastMajor, IRP_MJ_CLOSE, "and the file now");

    IoDetachDevice(Middle);
    is(IoGetAttachedDevice(Bottom), Middle, "the top is detached");
    IoDeleteDevice(Top);
    IoDetachDevice(Bottom);
    is(Bottom->AttachedDevice, NULL, "the middle too");
    IoDeleteDevice(Middle);
    IoDeleteDevice(Bottom);
}

typedef struct _COMPLETION {
    KEVENT Event;
    ULONG Calls;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    BOOLEAN Pending;
    KIRQL Irql;
    NTSTATUS Answer;
} COMPLETION, *PCOMPLETION;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    PCOMPLETION Completion = Context;
    Completion->Calls++;
    Completion->Device = Device;
    Completion->Status = Irp->IoStatus.Status;
    Completion->Pending = Irp->PendingReturned;
    Completion->Irql = KeGetCurrentIrql();
    if (Irp->PendingReturned && Completion->Answer != STATUS_MORE_PROCESSING_REQUIRED) {
        IoMarkIrpPending(Irp);
    }
    KeSetEvent(&Completion->Event, IO_NO_INCREMENT, FALSE);
    return Completion->Answer;
}

static VOID InitializeCompletion(PCOMPLETION Completion, NTSTATUS Answer) {
    RtlZeroMemory(Completion, sizeof *Completion);
    KeInitializeEvent(&Completion->Event, NotificationEvent, FALSE);
    Completion->Answer = Answer;
}

static NTSTATUS Fail(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_DEVICE_BUSY, 0);
}

/* Sends it down and gets it back before it goes on up, as drivers do that start a device. */
static COMPLETION Regained;
static NTSTATUS Regain(PDEVICE_OBJECT Device, PIRP Irp) {
    NTSTATUS Status;
    InitializeCompletion(&Regained, STATUS_MORE_PROCESSING_REQUIRED);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Completed, &Regained, TRUE, TRUE, TRUE);
    Status = IoCallDriver(ExtensionOf(Device)->Lower, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Regained.Event, Executive, KernelMode, FALSE, NULL);
    }
    return Complete(Irp, Irp->IoStatus.Status == STATUS_DEVICE_BUSY ? STATUS_RETRY : Irp->IoStatus.Status, Irp->IoStatus.Information + 1);
}

static NTSTATUS SendOwn(PDEVICE_OBJECT Device, PCOMPLETION Completion, BOOLEAN Success, BOOLEAN Error) {
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    NTSTATUS Status;
    InitializeCompletion(Completion, STATUS_MORE_PROCESSING_REQUIRED);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(Irp, Completed, Completion, Success, Error, FALSE);
    Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Completion->Event, Executive, KernelMode, FALSE, NULL);
    }
    if (Completion->Calls) {
        IoFreeIrp(Irp);
    }
    return Status;
}

static VOID TestCompletion(VOID) {
    PDEVICE_OBJECT Bottom = CreateDevice(NULL, FALSE, Increment), Top = CreateDevice(NULL, FALSE, Regain);
    COMPLETION Completion;
    IO_STATUS_BLOCK Iosb;
    UCHAR Bytes[2] = {7, 8};
    Ready(Bottom);
    ExtensionOf(Top)->Lower = IoAttachDeviceToDeviceStack(Top, Bottom);
    Ready(Top);
    STATUS(Control(Top, Bytes, 2, Bytes, 2, &Iosb), STATUS_SUCCESS, "STATUS_MORE_PROCESSING_REQUIRED: the request goes up in a second completion");
    ok(Iosb.Information == 3 && Bytes[0] == 8, "with what was put into it in between");
    ok(Regained.Calls == 1 && Regained.Device == Top && !Regained.Pending && Regained.Irql == PASSIVE_LEVEL,
       "the routine is called once, with the device that set it");
    ExtensionOf(Bottom)->Dispatch = Fail;
    STATUS(Control(Top, Bytes, 2, Bytes, 2, &Iosb), STATUS_RETRY, "an error from below, changed on the way");
    STATUS(Regained.Status, STATUS_DEVICE_BUSY, "as the routine saw it");

    ExtensionOf(Bottom)->Dispatch = Succeed;
    STATUS(SendOwn(Bottom, &Completion, TRUE, FALSE), STATUS_SUCCESS, "an IRP of the driver's own");
    ok(Completion.Calls == 1 && Completion.Device == NULL, "its routine has no device: nobody is above it");
    IoDetachDevice(Bottom);
    IoDeleteDevice(Top);
    IoDeleteDevice(Bottom);
}

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

/* ---- Work items and remove locks ---- */
static KEVENT Worked;
static ULONG Works;
static PVOID WorkObject, WorkContext;

static VOID NTAPI WorkRoutine(PDEVICE_OBJECT Device, PVOID Context) {
    WorkObject = Device;
    WorkContext = Context;
    Works++;
    KeSetEvent(&Worked, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI WorkRoutineEx(PVOID Object, PVOID Context, PIO_WORKITEM Item) {
    IoFreeWorkItem(Item);
    WorkRoutine(Object, Context);
}

static VOID TestWorkItems(VOID) {
    PDEVICE_OBJECT Device = CreateDevice(NULL, FALSE, NULL);
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    KIRQL Irql;
    KeInitializeEvent(&Worked, SynchronizationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoQueueWorkItem(Item, WorkRoutine, DelayedWorkQueue, &Works);
    is(Works, 0, "a work item queued at DISPATCH_LEVEL does not run there");
    KeLowerIrql(Irql);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    ok(Works == 1 && WorkObject == Device && WorkContext == &Works, "but afterwards, with its device and context");
    IoQueueWorkItem(Item, WorkRoutine, CriticalWorkQueue, Item);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    ok(Works == 2 && WorkContext == Item, "it can be queued again");
    IoQueueWorkItemEx(Item, WorkRoutineEx, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    ok(Works == 3 && WorkObject == Device, "and be freed by its own routine");
    Item = ExAllocatePoolWithTag(NonPagedPool, IoSizeofWorkItem(), TAG);
    IoInitializeWorkItem(Driver, Item);
    IoQueueWorkItem(Item, WorkRoutine, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL);
    is(WorkObject, Driver, "one of the driver's, in memory of its own");
    IoUninitializeWorkItem(Item);
    ExFreePoolWithTag(Item, TAG);
    IoDeleteDevice(Device);
}

static IO_REMOVE_LOCK RemoveLock;
static BOOLEAN Removed;

static VOID NTAPI Remover(PVOID Context) {
    UNREFERENCED_PARAMETER(Context);
    IoAcquireRemoveLock(&RemoveLock, Remover);
    IoReleaseRemoveLockAndWait(&RemoveLock, Remover);
    Removed = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestRemoveLocks(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;
    IoInitializeRemoveLock(&RemoveLock, TAG, 0, 0);
    STATUS(IoAcquireRemoveLock(&RemoveLock, &Attributes), STATUS_SUCCESS, "a remove lock");
    STATUS(IoAcquireRemoveLock(&RemoveLock, &Thread), STATUS_SUCCESS, "twice");
    IoReleaseRemoveLock(&RemoveLock, &Thread);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Remover, NULL), STATUS_SUCCESS, "a thread that removes");
    Sleep(20);
    ok(!Removed, "waits for who still has it");
    STATUS(IoAcquireRemoveLock(&RemoveLock, &Thread), STATUS_DELETE_PENDING, "nobody gets it any more");
    IoReleaseRemoveLock(&RemoveLock, &Attributes);
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    ok(Removed, "the last release lets it go on");
    ZwClose(Thread);
}

/* ---- After DriverEntry ---- */
static VOID NTAPI AfterDriverEntry(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count) {
    PDEVICE_OBJECT Late;
    HANDLE Handle;
    ok(DriverObject == Driver && Context == &Driver && Count == 1, "the reinitialization routine, for the first time");
    is(Early->Flags & DO_DEVICE_INITIALIZING, 0, "the I/O manager has opened the devices made in DriverEntry");
    STATUS(Open(L"\\Device\\DeviceEarly", &Handle), STATUS_SUCCESS, "they can be opened");
    ZwClose(Handle);
    IoDeleteDevice(Early);
    Late = CreateDevice(L"\\Device\\DeviceLate", FALSE, NULL);
    is(Late->Flags & DO_DEVICE_INITIALIZING, DO_DEVICE_INITIALIZING, "one made later stays closed");
    STATUS(Open(L"\\Device\\DeviceLate", &Handle), STATUS_NO_SUCH_DEVICE, "as an open finds");
    Ready(Late);
    STATUS(Open(L"\\Device\\DeviceLate", &Handle), STATUS_SUCCESS, "until the driver clears the flag");
    ZwClose(Handle);
    IoDeleteDevice(Late);
    DbgPrint("1..%u\n", TapCount);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    HANDLE Handle;
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    for (ULONG Major = 1; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        if (DriverObject->MajorFunction[Major] != DriverObject->MajorFunction[0]) {
            ok(FALSE, "major function %u is not the kernel's", Major);
        }
    }
    ok(DriverObject->MajorFunction[0] != NULL, "all major functions are the kernel's at first");
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        DriverObject->MajorFunction[Major] = Dispatch;
    }
    TestCreation();
    TestStacks();
    TestCompletion();
    TestPending();
    TestCancel();
    TestExceptions();
    TestWorkItems();
    TestRemoveLocks();
    Early = CreateDevice(L"\\Device\\DeviceEarly", FALSE, NULL);
    STATUS(Open(L"\\Device\\DeviceEarly", &Handle), STATUS_NO_SUCH_DEVICE, "closed while DriverEntry runs");
    IoRegisterDriverReinitialization(DriverObject, AfterDriverEntry, &Driver);
}

/* Queues of IRPs beyond cancel.c and io-more.c: cancel-safe queues with a context and a veto, StartIo put off, a thread's own IRPs. */
#define TAP_OWN_UNLOAD
#include "kernel/more.h"

VOID NTAPI IoQueueThreadIrp(PIRP);

static PDRIVER_OBJECT Driver;
static PDEVICE_OBJECT Device;
static IO_CSQ Csq;
static LIST_ENTRY Queue = {&Queue, &Queue};
static KSPIN_LOCK Lock;
static NTSTATUS Answer;
static PVOID InsertContext;
static ULONG Cancelled;

static NTSTATUS NTAPI Insert(PIO_CSQ Self, PIRP Irp, PVOID Context) {
    InsertContext = Context;
    if (NT_SUCCESS(Answer))
        InsertTailList(&Queue, &Irp->Tail.Overlay.ListEntry);
    return Answer;
}

static VOID NTAPI Remove(PIO_CSQ Self, PIRP Irp) { RemoveEntryList(&Irp->Tail.Overlay.ListEntry); }

static PIRP NTAPI Peek(PIO_CSQ Self, PIRP Irp, PVOID Context) {
    PLIST_ENTRY Next = Irp ? Irp->Tail.Overlay.ListEntry.Flink : Queue.Flink;
    return Next == &Queue ? NULL : CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI Acquire(PIO_CSQ Self, PKIRQL Irql) { KeAcquireSpinLock(&Lock, Irql); }
static VOID NTAPI Release(PIO_CSQ Self, KIRQL Irql) { KeReleaseSpinLock(&Lock, Irql); }
static VOID NTAPI CompleteCancelled(PIO_CSQ Self, PIRP Irp) { Cancelled++; }

static VOID TestCsq(VOID) {
    IO_CSQ_IRP_CONTEXT Context = {0};
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(Irp);
    STATUS(IoCsqInitializeEx(&Csq, Insert, Remove, Peek, Acquire, Release, CompleteCancelled), 0, "IoCsqInitializeEx");
    Answer = STATUS_DEVICE_BUSY;
    STATUS(IoCsqInsertIrpEx(&Csq, Irp, NULL, &Answer), STATUS_DEVICE_BUSY, "IoCsqInsertIrpEx: the driver will not have it");
    ok(InsertContext == &Answer && !(IoGetCurrentIrpStackLocation(Irp)->Control & SL_PENDING_RETURNED), "told why; the IRP is not pending");
    Answer = STATUS_SUCCESS;
    STATUS(IoCsqInsertIrpEx(&Csq, Irp, &Context, NULL), 0, "now it will");
    ok((IoGetCurrentIrpStackLocation(Irp)->Control & SL_PENDING_RETURNED) && Context.Irp == Irp && Irp->CancelRoutine, "pending, to be cancelled");
    ok(IoCsqRemoveIrp(&Csq, &Context) == Irp && IsListEmpty(&Queue) && !Irp->CancelRoutine, "IoCsqRemoveIrp: out by its context");
    ok(!IoCsqRemoveIrp(&Csq, &Context), "once");
    IoCsqInsertIrpEx(&Csq, Irp, &Context, NULL);
    IoCancelIrp(Irp);
    ok(Cancelled == 1 && IsListEmpty(&Queue) && !IoCsqRemoveIrp(&Csq, &Context), "cancelled, it is out, and its context knows");
    IoFreeIrp(Irp);
}

static ULONG Depth, Deepest, Started;

/* Each packet is done at once and asks for the next from within. */
static VOID NTAPI StartIo(PDEVICE_OBJECT Of, PIRP Irp) {
    Started++;
    Depth++;
    Deepest = max(Deepest, Depth);
    if (Started > 1)
        IoStartNextPacket(Of, FALSE);
    Depth--;
}

static ULONG Run(BOOLEAN Deferred) {
    PIRP Irps[5];
    KIRQL Irql;
    Started = Deepest = 0;
    IoSetStartIoAttributes(Device, Deferred, FALSE);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Irps); i++) {
        Irps[i] = IoAllocateIrp(1, FALSE);
        IoStartPacket(Device, Irps[i], NULL, NULL);
    }
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoStartNextPacket(Device, FALSE);
    KeLowerIrql(Irql);
    is(Started, RTL_NUMBER_OF(Irps), "all packets are started");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Irps); i++)
        IoFreeIrp(Irps[i]);
    return Deepest;
}

static VOID TestStartIo(VOID) {
    Driver->DriverStartIo = StartIo;
    is(Run(FALSE), 4, "each from within the one before");
    is(Run(TRUE), 1, "IoSetStartIoAttributes: one after the other");
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Of, PIRP Irp) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID TestThreadIrp(VOID) {
    KEVENT Event;
    IO_STATUS_BLOCK Result = {.Status = -1};
    PIRP Irp;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device, NULL, 0, NULL, &Event, &Result);
    ok(Irp && !IsListEmpty(&Irp->ThreadListEntry), "a synchronous request is its thread's");
    RemoveEntryList(&Irp->ThreadListEntry);
    InitializeListHead(&Irp->ThreadListEntry);
    IoQueueThreadIrp(Irp);
    ok(!IsListEmpty(&Irp->ThreadListEntry), "IoQueueThreadIrp: is again");
    STATUS(IoCallDriver(Device, Irp), 0, "completed");
    STATUS(Result.Status, 0, "with the status in the caller's block");
    is(KeReadStateEvent(&Event), 1, "and the event set");
}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) { IoDeleteDevice(Device); }

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    DriverObject->DriverUnload = TapUnload;
    Driver = DriverObject;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = Dispatch;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    TestCsq();
    TestStartIo();
    TestThreadIrp();
}

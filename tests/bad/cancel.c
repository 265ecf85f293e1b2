/*
 * A request that is sent, cancelled and completed by three at once, in a driver that keeps its requests in one of three ways. The service's name says which, who completes,
 * and which mistake is made: "hand-dpc", "csq-thread", "startio-timer", "hand-thread-queue". Every request must be completed once, cancelled or not.
 *
 *   hand      a queue, a spin lock and a cancel routine    thread   a thread takes the oldest request and completes it
 *   csq       IoCsq                                        dpc      a DPC for another processor
 *   startio   IoStartPacket, DriverStartIo                 timer    a timer's DPC
 *
 *   keep    completes without taking the cancel routine back           queue   queues what is cancelled already, as if it were not
 *   hold    the cancel routine does not release the cancel spin lock   leave   the cancel routine leaves the request in the queue
 *   bare    takes the oldest request without the lock
 */
#include "../kernel/threads.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static struct {
    BOOLEAN Csq, StartIo, Dpc, Timer; /* else: by hand, by a thread */
    BOOLEAN Keep, Hold, Queue, Leave, Bare;
} Way;

static PDEVICE_OBJECT Device;
static LIST_ENTRY Queue;
static KSPIN_LOCK QueueLock;
static IO_CSQ Csq;

static VOID Complete(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* ---- By hand ---- */

static VOID NTAPI CancelQueued(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KIRQL Irql;

    if (!Way.Hold)
        IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (!Way.Leave) {
        KeAcquireSpinLock(&QueueLock, &Irql);
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&QueueLock, Irql);
    }
    Complete(Irp, STATUS_CANCELLED);
}

static NTSTATUS QueueByHand(PIRP Irp) {
    KIRQL Irql;

    KeAcquireSpinLock(&QueueLock, &Irql);
    IoMarkIrpPending(Irp);
    InsertTailList(&Queue, &Irp->Tail.Overlay.ListEntry);
    (void)IoSetCancelRoutine(Irp, CancelQueued);
    if (!Way.Queue && Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&QueueLock, Irql);
        Complete(Irp, STATUS_CANCELLED);
        return STATUS_PENDING;
    }
    KeReleaseSpinLock(&QueueLock, Irql);
    return STATUS_PENDING;
}

static PIRP TakeByHand(VOID) {
    PIRP Irp = NULL;
    KIRQL Irql = DISPATCH_LEVEL;

    if (!Way.Bare)
        KeAcquireSpinLock(&QueueLock, &Irql);
    while (Irp == NULL && !IsListEmpty(&Queue)) {
        Irp = CONTAINING_RECORD(RemoveHeadList(&Queue), IRP, Tail.Overlay.ListEntry);
        if (!Way.Keep && IoSetCancelRoutine(Irp, NULL) == NULL) { /* its cancel routine has begun, and will take it out of a list */
            InitializeListHead(&Irp->Tail.Overlay.ListEntry);
            Irp = NULL;
        }
    }
    if (!Way.Bare)
        KeReleaseSpinLock(&QueueLock, Irql);
    return Irp;
}

/* ---- IoCsq ---- */

static VOID NTAPI CsqInsert(PIO_CSQ Self, PIRP Irp) { InsertTailList(&Queue, &Irp->Tail.Overlay.ListEntry); }
static VOID NTAPI CsqRemove(PIO_CSQ Self, PIRP Irp) { RemoveEntryList(&Irp->Tail.Overlay.ListEntry); }
static PIRP NTAPI CsqPeek(PIO_CSQ Self, PIRP Irp, PVOID Context) {
    PLIST_ENTRY Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Queue.Flink;

    return Link != &Queue ? CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry) : NULL;
}
static VOID NTAPI CsqAcquire(PIO_CSQ Self, PKIRQL Irql) { KeAcquireSpinLock(&QueueLock, Irql); }
static VOID NTAPI CsqRelease(PIO_CSQ Self, KIRQL Irql) { KeReleaseSpinLock(&QueueLock, Irql); }
static VOID NTAPI CsqComplete(PIO_CSQ Self, PIRP Irp) { Complete(Irp, STATUS_CANCELLED); }

/* ---- StartIo: the device has one request at a time, which can no longer be cancelled, and interrupts when it is done ---- */

static volatile PIRP InDevice;
static KEVENT Interrupt; /* for the thread that completes */
static KDPC Dpc;         /* or the DPC */
static KTIMER Timer;

/* Something will come for the oldest request. */
static VOID Expect(VOID) {
    if (Way.Timer)
        KeSetTimer(&Timer, (LARGE_INTEGER){.QuadPart = -50}, &Dpc);
    else if (Way.Dpc)
        KeInsertQueueDpc(&Dpc, NULL, NULL);
    else
        KeSetEvent(&Interrupt, 0, FALSE);
}

static VOID NTAPI CancelStarted(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    if (DeviceObject->CurrentIrp == Irp) {
        KIRQL Irql = Irp->CancelIrql;

        IoReleaseCancelSpinLock(DISPATCH_LEVEL);
        IoStartNextPacket(DeviceObject, TRUE);
        KeLowerIrql(Irql);
    } else {
        KeRemoveEntryDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
        if (!Way.Hold)
            IoReleaseCancelSpinLock(Irp->CancelIrql);
    }
    Complete(Irp, STATUS_CANCELLED);
}

static VOID NTAPI StartIo(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KIRQL Irql;

    IoAcquireCancelSpinLock(&Irql);
    if (!Way.Keep && IoSetCancelRoutine(Irp, NULL) == NULL) { /* it is being cancelled, and that starts the next one */
        IoReleaseCancelSpinLock(Irql);
        return;
    }
    IoReleaseCancelSpinLock(Irql);
    InDevice = Irp;
    Expect();
}

/* ---- The driver's other half: something has come for the oldest request ---- */

static VOID CompleteOldest(VOID) {
    PIRP Irp = Way.StartIo ? InterlockedExchangePointer((PVOID volatile *)&InDevice, NULL) : Way.Csq ? IoCsqRemoveNextIrp(&Csq, NULL) : TakeByHand();
    KIRQL Irql;

    if (Irp == NULL)
        return;
    if (Way.StartIo) {
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        IoStartNextPacket(Device, TRUE);
        KeLowerIrql(Irql);
    }
    Complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    if (Way.StartIo) {
        IoMarkIrpPending(Irp);
        IoStartPacket(DeviceObject, Irp, NULL, CancelStarted);
    } else if (Way.Csq) {
        IoCsqInsertIrp(&Csq, Irp, NULL);
    } else {
        return QueueByHand(Irp);
    }
    return STATUS_PENDING;
}

/* ---- The race: two requests, each with who sends, who cancels; and one who completes what there is ---- */

#define REQUESTS 2

static struct {
    PIRP Irp;
    KEVENT Sent, Done;
    volatile LONG Completions;
} Requests[REQUESTS];
static KEVENT Go;

/* Keeps the IRP, so that who cancels late does nobody harm. */
static NTSTATUS NTAPI Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    ULONG Index = (ULONG)(ULONG_PTR)Context;

    InterlockedIncrement(&Requests[Index].Completions);
    KeSetEvent(&Requests[Index].Done, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID NTAPI Sender(PVOID Context) {
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    for (ULONG Index = 0; Index < REQUESTS; Index++)
        IoCallDriver(Device, Requests[Index].Irp);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI Canceller(PVOID Context) {
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    for (ULONG Index = REQUESTS; Index-- != 0;)
        IoCancelIrp(Requests[Index].Irp);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI CompleteInDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) { CompleteOldest(); }

static volatile BOOLEAN Over;

static VOID NTAPI Completer(PVOID Context) {
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    if (!Way.StartIo)
        Expect();
    while (KeWaitForSingleObject(&Interrupt, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS && !Over)
        CompleteOldest();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static PIRP NewRequest(ULONG Index) {
    PIRP Irp = IoAllocateIrp(Device->StackSize + 1, FALSE);
    PIO_STACK_LOCATION Stack;

    IoSetNextIrpStackLocation(Irp); /* one of our own, for DriverObject->DeviceObject to be seen in the routine */
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_READ;
    Stack->DeviceObject = Device;
    IoSetCompletionRoutine(Irp, Completed, (PVOID)(ULONG_PTR)Index, TRUE, TRUE, TRUE);
    return Irp;
}

static VOID Race(VOID) {
    PKTHREAD Threads[3];
    KIRQL Irql;

    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    KeInitializeEvent(&Interrupt, SynchronizationEvent, FALSE);
    KeInitializeDpc(&Dpc, CompleteInDpc, NULL);
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)(KeQueryActiveProcessorCount(NULL) - 1));
    KeInitializeTimer(&Timer);
    for (ULONG Index = 0; Index < REQUESTS; Index++) {
        KeInitializeEvent(&Requests[Index].Done, NotificationEvent, FALSE);
        Requests[Index].Irp = NewRequest(Index);
    }
    Threads[0] = StartThread(Sender, NULL);
    Threads[1] = StartThread(Canceller, NULL);
    Threads[2] = StartThread(Completer, NULL);
    Sleep100ns(MILLISECONDS(1));
    KeSetEvent(&Go, 0, FALSE);
    for (ULONG Index = 0; Index < REQUESTS; Index++)
        KeWaitForSingleObject(&Requests[Index].Done, Executive, KernelMode, FALSE, NULL);
    Over = TRUE;
    KeSetEvent(&Interrupt, 0, FALSE);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Threads); Index++)
        ok(JoinThread(Threads[Index]), "a thread ended");
    Sleep100ns(MILLISECONDS(1));
    for (ULONG Index = 0; Index < REQUESTS; Index++) {
        PIRP Irp = Requests[Index].Irp;

        is(Requests[Index].Completions, 1, "completed once");
        ok(Irp->IoStatus.Status == STATUS_SUCCESS || Irp->IoStatus.Status == STATUS_CANCELLED, "with 0x%x", Irp->IoStatus.Status);
        ok(Irp->Cancel && Irp->CancelRoutine == NULL, "cancelled, and without a cancel routine");
        IoFreeIrp(Irp);
    }
    ok(IsListEmpty(&Queue) && InDevice == NULL && (Way.StartIo ? !Device->DeviceQueue.Busy : TRUE), "nothing is left");
    IoAcquireCancelSpinLock(&Irql);
    is(Irql, PASSIVE_LEVEL, "the cancel spin lock is free");
    IoReleaseCancelSpinLock(Irql);
}

static BOOLEAN Names(PCUNICODE_STRING Path, PCWSTR Word) {
    UNICODE_STRING Part;

    RtlInitUnicodeString(&Part, Word);
    for (ULONG At = 0; At + Part.Length <= Path->Length; At += sizeof(WCHAR)) {
        UNICODE_STRING Here = {Part.Length, Part.Length, (PWSTR)((PUCHAR)Path->Buffer + At)};

        if (RtlEqualUnicodeString(&Here, &Part, TRUE))
            return TRUE;
    }
    return FALSE;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Way.Csq = Names(RegistryPath, L"csq-"), Way.StartIo = Names(RegistryPath, L"startio-");
    Way.Dpc = Names(RegistryPath, L"-dpc"), Way.Timer = Names(RegistryPath, L"-timer");
    Way.Keep = Names(RegistryPath, L"-keep"), Way.Hold = Names(RegistryPath, L"-hold"), Way.Queue = Names(RegistryPath, L"-queue");
    Way.Leave = Names(RegistryPath, L"-leave"), Way.Bare = Names(RegistryPath, L"-bare");
    InitializeListHead(&Queue);
    KeInitializeSpinLock(&QueueLock);
    IoCsqInitialize(&Csq, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqComplete);
    DriverObject->MajorFunction[IRP_MJ_READ] = Dispatch;
    DriverObject->DriverStartIo = StartIo;
    is(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS, "a device");
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Race();
    IoDeleteDevice(Device);
}

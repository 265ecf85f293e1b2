/*
 * Abacus: a function driver for the PCI test device (docs/devices.md: edu), which computes factorials and takes its time. Requests wait in a cancel-safe queue, one at a time
 * is with the device, the interrupt's DPC completes it.
 */
#include "abacus.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH OnCreateClose, OnCleanup, OnControl;
static IO_DPC_ROUTINE OnDpc;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#endif

NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* One that has been in the queue, and has held the remove lock since. */
static VOID Finish(PABACUS Abacus, PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Complete(Irp, Status, Information);
    IoReleaseRemoveLock(&Abacus->RemoveLock, Irp); /* last: the device object may go now */
}

/* ---- The queue ----------------------------------------------------------------------------------------------------------------------------------- */

static PABACUS AbacusOf(PIO_CSQ Csq) { return CONTAINING_RECORD(Csq, ABACUS, Queue); }

static VOID QueueInsert(PIO_CSQ Csq, PIRP Irp) { InsertTailList(&AbacusOf(Csq)->List, &Irp->Tail.Overlay.ListEntry); }

static VOID QueueRemove(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP QueuePeek(PIO_CSQ Csq, PIRP Irp, PVOID File) {
    PLIST_ENTRY Head = &AbacusOf(Csq)->List;

    for (PLIST_ENTRY Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Head->Flink; Link != Head; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if (File == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == File)
            return Next;
    }
    return NULL;
}

static VOID QueueAcquire(PIO_CSQ Csq, PKIRQL Irql) { KeAcquireSpinLock(&AbacusOf(Csq)->QueueLock, Irql); }
static VOID QueueRelease(PIO_CSQ Csq, KIRQL Irql) { KeReleaseSpinLock(&AbacusOf(Csq)->QueueLock, Irql); }
static VOID QueueCanceled(PIO_CSQ Csq, PIRP Irp) { Finish(AbacusOf(Csq), Irp, STATUS_CANCELLED, 0); }

VOID InitializeRequests(PABACUS Abacus) {
    KeInitializeSpinLock(&Abacus->Lock);
    KeInitializeSpinLock(&Abacus->QueueLock);
    KeInitializeEvent(&Abacus->Idle, NotificationEvent, TRUE);
    InitializeListHead(&Abacus->List);
    IoCsqInitialize(&Abacus->Queue, QueueInsert, QueueRemove, QueuePeek, QueueAcquire, QueueRelease, QueueCanceled);
    IoInitializeDpcRequest(Abacus->Self, OnDpc);
}

/* ---- The device -------------------------------------------------------------------------------------------------------------------------------- */

static PULONG Register(PABACUS Abacus, ULONG Offset) { return (PULONG)(Abacus->Registers + Offset); }

/* Gives the device the next request, if it has none and may have one. <= DISPATCH_LEVEL. */
static VOID BeginNext(PABACUS Abacus) {
    KIRQL Irql;

    KeAcquireSpinLock(&Abacus->Lock, &Irql);
    if (Abacus->Running && Abacus->Current == NULL && (Abacus->Current = IoCsqRemoveNextIrp(&Abacus->Queue, NULL)) != NULL) {
        KeClearEvent(&Abacus->Idle);
        WRITE_REGISTER_ULONG(Register(Abacus, STATUS), STATUS_INTERRUPTS);
        WRITE_REGISTER_ULONG(Register(Abacus, NUMBER), *(PULONG)Abacus->Current->AssociatedIrp.SystemBuffer);
    }
    KeReleaseSpinLock(&Abacus->Lock, Irql);
}

/* At the device's level. The line is shared: another device may have interrupted, and one that is not there reads as all ones. */
static BOOLEAN Acknowledge(PABACUS Abacus) {
    ULONG Cause = READ_REGISTER_ULONG(Register(Abacus, CAUSE));

    if (Cause == 0 || Cause == MAXULONG)
        return FALSE;
    WRITE_REGISTER_ULONG(Register(Abacus, ACKNOWLEDGE), Cause);
    IoRequestDpc(Abacus->Self, NULL, NULL);
    return TRUE;
}

BOOLEAN OnLine(PKINTERRUPT Interrupt, PVOID Context) {
    UNREFERENCED_PARAMETER(Interrupt);
    return Acknowledge(Context);
}

BOOLEAN OnMessage(PKINTERRUPT Interrupt, PVOID Context, ULONG MessageId) {
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(MessageId);
    return Acknowledge(Context);
}

static VOID OnDpc(PKDPC Dpc, PDEVICE_OBJECT Device, PIRP Ignored, PVOID Context) {
    PABACUS Abacus = Device->DeviceExtension;
    PIRP Irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Ignored);
    UNREFERENCED_PARAMETER(Context);
    KeAcquireSpinLockAtDpcLevel(&Abacus->Lock);
    Irp = Abacus->Current;
    Abacus->Current = NULL;
    if (Irp != NULL)
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = READ_REGISTER_ULONG(Register(Abacus, NUMBER));
    KeSetEvent(&Abacus->Idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLockFromDpcLevel(&Abacus->Lock);
    BeginNext(Abacus); /* first, so that the device works while the program is told; Irp still holds the remove lock */
    if (Irp != NULL)
        Finish(Abacus, Irp, STATUS_SUCCESS, sizeof(ULONG));
}

VOID Hold(PABACUS Abacus) {
    KIRQL Irql;

    KeAcquireSpinLock(&Abacus->Lock, &Irql);
    Abacus->Running = FALSE;
    KeReleaseSpinLock(&Abacus->Lock, Irql);
    KeWaitForSingleObject(&Abacus->Idle, Executive, KernelMode, FALSE, NULL);
}

VOID Go(PABACUS Abacus) {
    KIRQL Irql;

    KeAcquireSpinLock(&Abacus->Lock, &Irql);
    Abacus->Running = !Abacus->Gone && Abacus->Registers != NULL;
    KeReleaseSpinLock(&Abacus->Lock, Irql);
    BeginNext(Abacus);
}

VOID FailAll(PABACUS Abacus) {
    KIRQL Irql;
    PIRP Irp;

    KeFlushQueuedDpcs(); /* one that the interrupt queued before it was disconnected completes its request still */
    KeAcquireSpinLock(&Abacus->Lock, &Irql);
    Abacus->Running = FALSE;
    Abacus->Gone = TRUE;
    Irp = Abacus->Current;
    Abacus->Current = NULL;
    KeSetEvent(&Abacus->Idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Abacus->Lock, Irql);
    if (Irp != NULL)
        Finish(Abacus, Irp, STATUS_DEVICE_REMOVED, 0);
    while ((Irp = IoCsqRemoveNextIrp(&Abacus->Queue, NULL)) != NULL)
        Finish(Abacus, Irp, STATUS_DEVICE_REMOVED, 0);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------------------------ */

/* A request that comes while the device is stopped or asleep waits in the queue. One that comes when it has gone is put there as well, and FailAll may have looked before:
   so it is looked for again. */
static NTSTATUS AskFactorial(PABACUS Abacus, PIRP Irp, PIO_STACK_LOCATION Stack) {
    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG) || Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    if (Abacus->Gone)
        return STATUS_DEVICE_REMOVED;
    IoCsqInsertIrp(&Abacus->Queue, Irp, NULL);
    BeginNext(Abacus);
    if (Abacus->Gone)
        FailAll(Abacus);
    return STATUS_PENDING;
}

/* What a driver does that finds its device broken: it tells the manager that the state has changed, and says how when it is asked (plug.c). */
static NTSTATUS Break(PABACUS Abacus) {
    KIRQL Irql;

    KeAcquireSpinLock(&Abacus->Lock, &Irql);
    Abacus->Running = FALSE;
    Abacus->Broken = TRUE;
    KeReleaseSpinLock(&Abacus->Lock, Irql);
    IoInvalidateDeviceState(Abacus->Pdo);
    return STATUS_SUCCESS;
}

static NTSTATUS OnControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PABACUS Abacus = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoAcquireRemoveLock(&Abacus->RemoveLock, Irp);

    if (!NT_SUCCESS(Status))
        return Complete(Irp, Status, 0);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_ABACUS_FACTORIAL: Status = AskFactorial(Abacus, Irp, Stack); break;
    case IOCTL_ABACUS_BREAK: Status = Break(Abacus); break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    if (Status != STATUS_PENDING)
        Finish(Abacus, Irp, Status, 0);
    return Status;
}

/* The first who opens the device wakes it, and the last who closes it lets it sleep. Nobody waits for that: what is asked meanwhile is in the queue. */
static NTSTATUS OnCreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
    PABACUS Abacus = Device->DeviceExtension;

    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE) {
        if (InterlockedIncrement(&Abacus->Opens) == 1)
            AskPower(Abacus, PowerDeviceD0);
    } else if (InterlockedDecrement(&Abacus->Opens) == 0) {
        AskPower(Abacus, PowerDeviceD3);
    }
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS OnCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
    PABACUS Abacus = Device->DeviceExtension;
    PIRP Waiting;

    while ((Waiting = IoCsqRemoveNextIrp(&Abacus->Queue, IoGetCurrentIrpStackLocation(Irp)->FileObject)) != NULL)
        Finish(Abacus, Waiting, STATUS_CANCELLED, 0);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* ---- The beginning and the end --------------------------------------------------------------------------------------------------------------- */

/* Every device has been removed before: there is nothing left to do, but without this routine the driver would stay. */
static VOID Unload(PDRIVER_OBJECT Driver) {
    PAGED_CODE();
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = OnCleanup;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnControl;
    Driver->MajorFunction[IRP_MJ_PNP] = OnPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = OnPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = OnSystemControl;
    return STATUS_SUCCESS;
}

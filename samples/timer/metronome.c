/*
 * Metronome: a periodic timer with a DPC completes the reads that wait for a beat; an I/O timer, once a second, ends those that have waited too long.
 *
 * Three clocks for three purposes. KTIMER: exact, per object, with a DPC of its own. Its tolerance (KeSetCoalescableTimer) lets the system move it to where it wakes
 * up anyway: on a machine that runs on a battery, give as much as you can. IO_TIMER: one per device, about each second, cheap: the clock for "has this taken too long?".
 */
#include <ntddk.h>
#include "metronome.h"

typedef struct _METRONOME {
    KTIMER Timer;
    KDPC Dpc;
    IO_CSQ Queue;
    KSPIN_LOCK Lock;    /* of all that follows */
    LIST_ENTRY Waiting; /* IRPs, by Tail.Overlay.ListEntry; the second in which each came is in DriverContext[0] */
    LONG Beats;
    ULONG_PTR Seconds; /* counted by the I/O timer */
    BOOLEAN Gone;      /* the file has no handle any more */
} METRONOME, *PMETRONOME;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Create, Cleanup, Close, Read, DeviceControl;
static KDEFERRED_ROUTINE OnBeat;
static IO_TIMER_ROUTINE OnSecond;
static NTSTATUS Start(PMETRONOME Metronome, const METRONOME_START *Input);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#pragma alloc_text(PAGE, Close)
#pragma alloc_text(PAGE, Start)
#pragma alloc_text(PAGE, DeviceControl)
#endif

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- The queue (samples/cancellation tells more) ----------------------------------------------------------------------------------------------- */

static PMETRONOME MetronomeOf(PIO_CSQ Csq) { return CONTAINING_RECORD(Csq, METRONOME, Queue); }
static ULONG_PTR CameIn(PIRP Irp) { return (ULONG_PTR)Irp->Tail.Overlay.DriverContext[0]; }

static NTSTATUS CsqInsert(PIO_CSQ Csq, PIRP Irp, PVOID Context) {
    PMETRONOME Metronome = MetronomeOf(Csq);

    UNREFERENCED_PARAMETER(Context);
    if (Metronome->Gone)
        return STATUS_CANCELLED;
    Irp->Tail.Overlay.DriverContext[0] = (PVOID)Metronome->Seconds; /* DriverContext[3] is the queue's */
    InsertTailList(&Metronome->Waiting, &Irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

static VOID CsqRemove(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* Which: no pointer: any; else a ULONG_PTR, a second: what came then or before. The list is in the order of coming. */
static PIRP CsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID Which) {
    PMETRONOME Metronome = MetronomeOf(Csq);
    PLIST_ENTRY Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Metronome->Waiting.Flink;
    PIRP Next = Link != &Metronome->Waiting ? CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry) : NULL;

    return Next != NULL && (Which == NULL || CameIn(Next) <= *(PULONG_PTR)Which) ? Next : NULL;
}

static VOID CsqAcquire(PIO_CSQ Csq, PKIRQL Irql) { KeAcquireSpinLock(&MetronomeOf(Csq)->Lock, Irql); }
static VOID CsqRelease(PIO_CSQ Csq, KIRQL Irql) { KeReleaseSpinLock(&MetronomeOf(Csq)->Lock, Irql); }

static VOID CsqCanceled(PIO_CSQ Csq, PIRP Irp) {
    UNREFERENCED_PARAMETER(Csq);
    Complete(Irp, STATUS_CANCELLED, 0);
}

/* ---- At DISPATCH_LEVEL, in the context of whatever thread runs --------------------------------------------------------------------------------- */

/* Requests that come while these are completed wait for the next beat: else a program that reads again at once would never let us out of the loop. So the list is
   emptied first, by its length. */
static VOID OnBeat(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PMETRONOME Metronome = Context;
    METRONOME_BEAT Beat = {.Irql = KeGetCurrentIrql(), .Time = KeQueryInterruptTime()};
    ULONG Waiting = 0;
    PIRP Irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&Metronome->Lock);
    Beat.Number = (ULONG)++Metronome->Beats;
    for (PLIST_ENTRY Link = Metronome->Waiting.Flink; Link != &Metronome->Waiting; Link = Link->Flink)
        Waiting++;
    KeReleaseSpinLockFromDpcLevel(&Metronome->Lock);
    for (; Waiting != 0 && (Irp = IoCsqRemoveNextIrp(&Metronome->Queue, NULL)) != NULL; Waiting--) {
        *(PMETRONOME_BEAT)Irp->AssociatedIrp.SystemBuffer = Beat;
        Complete(Irp, STATUS_SUCCESS, sizeof Beat);
    }
}

/* What has waited for METRONOME_PATIENCE whole seconds: counted in seconds begun, one more. */
static VOID OnSecond(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    PMETRONOME Metronome = DeviceObject->DeviceExtension;
    ULONG_PTR Now, Limit;
    PIRP Irp;

    UNREFERENCED_PARAMETER(Context);
    KeAcquireSpinLockAtDpcLevel(&Metronome->Lock);
    Now = ++Metronome->Seconds;
    KeReleaseSpinLockFromDpcLevel(&Metronome->Lock);
    if (Now <= METRONOME_PATIENCE)
        return;
    Limit = Now - METRONOME_PATIENCE - 1;
    while ((Irp = IoCsqRemoveNextIrp(&Metronome->Queue, &Limit)) != NULL)
        Complete(Irp, STATUS_IO_TIMEOUT, 0);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------------------- */

/* The device is exclusive: there is one file at a time. */
static NTSTATUS Create(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    ((PMETRONOME)DeviceObject->DeviceExtension)->Gone = FALSE;
    IoStartTimer(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Cleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PMETRONOME Metronome = DeviceObject->DeviceExtension;
    KIRQL Irql;
    PIRP Left;

    KeAcquireSpinLock(&Metronome->Lock, &Irql);
    Metronome->Gone = TRUE;
    KeReleaseSpinLock(&Metronome->Lock, Irql);
    while ((Left = IoCsqRemoveNextIrp(&Metronome->Queue, NULL)) != NULL)
        Complete(Left, STATUS_CANCELLED, 0);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* Here, and not at the clean-up, the timers are stopped for good: no request is left that could start them again. KeCancelTimer does not wait: a DPC that is queued,
   or runs on another processor, is waited for by KeFlushQueuedDpcs, and after that nothing of ours runs. */
static NTSTATUS Close(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PMETRONOME Metronome = DeviceObject->DeviceExtension;

    PAGED_CODE();
    IoStopTimer(DeviceObject);
    KeCancelTimer(&Metronome->Timer);
    KeFlushQueuedDpcs();
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Read(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PMETRONOME Metronome = DeviceObject->DeviceExtension;
    NTSTATUS Status;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(METRONOME_BEAT))
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    IoMarkIrpPending(Irp);
    Status = IoCsqInsertIrpEx(&Metronome->Queue, Irp, NULL, NULL);
    if (!NT_SUCCESS(Status))
        Complete(Irp, Status, 0);
    return STATUS_PENDING;
}

/* DueTime is negative: from now on. The period of a timer is in milliseconds, its due time in 100 ns. */
static NTSTATUS Start(PMETRONOME Metronome, const METRONOME_START *Input) {
    LARGE_INTEGER Due = {.QuadPart = -10000LL * Input->Period};

    if (Input->Period > MAXLONG || Input->Tolerance > Input->Period)
        return STATUS_INVALID_PARAMETER;
    KeCancelTimer(&Metronome->Timer);
    KeFlushQueuedDpcs(); /* no beat of the old tempo after this, so the lock is not needed: taking it would raise the level in a routine that is pageable */
    InterlockedExchange(&Metronome->Beats, 0);
    if (Input->Period != 0)
        KeSetCoalescableTimer(&Metronome->Timer, Due, Input->Period, Input->Tolerance, &Metronome->Dpc);
    return STATUS_SUCCESS;
}

static NTSTATUS DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    PAGED_CODE();
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_METRONOME_START)
        Status = Stack->Parameters.DeviceIoControl.InputBufferLength == sizeof(METRONOME_START)
                     ? Start(DeviceObject->DeviceExtension, Irp->AssociatedIrp.SystemBuffer)
                     : STATUS_INVALID_PARAMETER;
    return Complete(Irp, Status, 0);
}

/* ---- The beginning and the end --------------------------------------------------------------------------------------------------------------- */

/* The last close has stopped all that could call us. */
static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Metronome");

    PAGED_CODE();
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Metronome"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Metronome");
    PDEVICE_OBJECT Device;
    PMETRONOME Metronome;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, sizeof(METRONOME), &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, TRUE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Metronome = Device->DeviceExtension;
    KeInitializeTimerEx(&Metronome->Timer, NotificationTimer);
    KeInitializeDpc(&Metronome->Dpc, OnBeat, Metronome);
    KeInitializeSpinLock(&Metronome->Lock);
    InitializeListHead(&Metronome->Waiting);
    Status = IoCsqInitializeEx(&Metronome->Queue, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqCanceled);
    if (NT_SUCCESS(Status))
        Status = IoInitializeTimer(Device, OnSecond, NULL);
    if (NT_SUCCESS(Status))
        Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    Device->Flags |= DO_BUFFERED_IO;
    return STATUS_SUCCESS;
}

/* Cancelling by file and by thread: NtCancelIoFile, NtCancelIoFileEx, NtCancelSynchronousIoFile, and what an exiting thread leaves behind. */
#include "io/io.h"

#include "kd/kd.h"

#define PAUSE_MS              10
#define PAUSES_PER_THREAD     (300 * 1000 / PAUSE_MS) /* five minutes, as Windows waits */
#define PAUSES_BEFORE_MESSAGE (5 * 1000 / PAUSE_MS)

static VOID Pause(VOID) {
    LARGE_INTEGER Time = {.QuadPart = -PAUSE_MS * 10000ll};
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

static inline PIRP IrpOf(PLIST_ENTRY Link) { return CONTAINING_RECORD(Link, IRP, ThreadListEntry); }

static BOOLEAN IsSynchronous(PIRP Irp) {
    PFILE_OBJECT File = Irp->Tail.Overlay.OriginalFileObject;
    return (Irp->Flags & IRP_SYNCHRONOUS_API) || (File && (File->Flags & FO_SYNCHRONOUS_IO));
}

/* A request of Thread's (Synchronous: that it waits for) behind After in its list, on File (NULL: any) with this status block (NULL: any) that is not cancelled yet;
   NULL: none. */
static PIRP FindMatching(PETHREAD Thread, PLIST_ENTRY After, PFILE_OBJECT File, PIO_STATUS_BLOCK Iosb, BOOLEAN Synchronous) {
    for (PLIST_ENTRY Link = After->Flink; Link != &Thread->IrpList; Link = Link->Flink) {
        PIRP Irp = IrpOf(Link);
        if ((File && Irp->Tail.Overlay.OriginalFileObject != File) || (Iosb && Irp->UserIosb != Iosb) || IopIsCompleted(Irp))
            continue;
        if (!Irp->Cancel && (!Synchronous || IsSynchronous(Irp)))
            return Irp;
    }
    return NULL;
}

/*
 * Calls the cancel routines of all such requests; Thread stays. At APC_LEVEL, so that the current thread's list changes only through what the routines
 * complete. Who waits for the cancel spin lock lets other processors go on, which may complete and free a request: so it is looked for with the lock held.
 * Whatever becomes of the list, Place keeps where the search goes on: an IRP that is completed already to all who look.
 * Returns how many there were.
 */
static ULONG CancelMatching(PETHREAD Thread, PFILE_OBJECT File, PIO_STATUS_BLOCK Iosb, BOOLEAN Synchronous) {
    IRP Place = {.Type = IO_TYPE_IRP, .CurrentLocation = 2};
    ULONG Count = 0;
    KIRQL Irql = KfRaiseIrql(APC_LEVEL), CancelIrql;
    PIRP Irp;
    InsertHeadList(&Thread->IrpList, &Place.ThreadListEntry);
    do {
        IoAcquireCancelSpinLock(&CancelIrql);
        Irp = FindMatching(Thread, &Place.ThreadListEntry, File, Iosb, Synchronous);
        if (Irp) {
            Count++;
            RemoveEntryList(&Place.ThreadListEntry);
            InsertHeadList(&Irp->ThreadListEntry, &Place.ThreadListEntry);
            IopCancelLockedIrp(Irp, CancelIrql);
        } else {
            IoReleaseCancelSpinLock(CancelIrql);
        }
    } while (Irp);
    RemoveEntryList(&Place.ThreadListEntry);
    KeLowerIrql(Irql);
    return Count;
}

/* A thread of the process that has such a request, referenced; NULL: none. */
static PETHREAD ThreadWithMatching(PKPROCESS Process, PFILE_OBJECT File, PIO_STATUS_BLOCK Iosb) {
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead; Link = Link->Flink) {
        PETHREAD Thread = (PETHREAD)CONTAINING_RECORD(Link, struct _KTHREAD, ThreadListEntry);
        if (FindMatching(Thread, &Thread->IrpList, File, Iosb, FALSE)) {
            ObfReferenceObject(Thread);
            return Thread;
        }
    }
    return NULL;
}

static BOOLEAN HasRequests(PETHREAD Thread, PFILE_OBJECT File) {
    for (PLIST_ENTRY Link = Thread->IrpList.Flink; Link != &Thread->IrpList; Link = Link->Flink)
        if (!File || IrpOf(Link)->Tail.Overlay.OriginalFileObject == File)
            return TRUE;
    return FALSE;
}

static NTSTATUS FinishCancel(PIO_STATUS_BLOCK Iosb, KPROCESSOR_MODE Mode, NTSTATUS Status) {
    IO_STATUS_BLOCK Result = {.Status = Status};
    NTSTATUS Stored = ObpStore(Iosb, &Result, sizeof Result, Mode);
    return NT_SUCCESS(Stored) ? Status : Stored;
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    IOP_REQUEST Request;
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, 0);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpProbeOutput(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG), Request.Mode);
    if (NT_SUCCESS(Status)) {
        if (CancelMatching(Thread, Request.File, NULL, FALSE))
            while (HasRequests(Thread, Request.File))
                Pause();
        Status = FinishCancel(IoStatusBlock, Request.Mode, STATUS_SUCCESS);
    }
    ObfDereferenceObject(Request.File);
    return Status;
}

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
    IOP_REQUEST Request;
    PETHREAD Thread;
    ULONG Count = 0;
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, 0);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpProbeOutput(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG), Request.Mode);
    if (NT_SUCCESS(Status)) {
        while ((Thread = ThreadWithMatching(KiCurrentThread()->Process, Request.File, IoRequestToCancel)) != NULL) {
            Count += CancelMatching(Thread, Request.File, IoRequestToCancel, FALSE);
            ObfDereferenceObject(Thread);
        }
        Status = FinishCancel(IoStatusBlock, Request.Mode, Count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
    }
    ObfDereferenceObject(Request.File);
    return Status;
}

/* Does not wait for what it has cancelled (documentation of CancelSynchronousIo). */
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PETHREAD Thread;
    NTSTATUS Status = ObpProbeOutput(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG), Mode);

    if (NT_SUCCESS(Status))
        Status = PspReferenceThread(ThreadHandle, 1 /* THREAD_TERMINATE */, &Thread);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CancelMatching(Thread, NULL, IoRequestToCancel, TRUE) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    ObfDereferenceObject(Thread);
    return FinishCancel(IoStatusBlock, Mode, Status);
}

/* Who keeps the IRP: the driver of its current stack location. */
static VOID ReportKept(PETHREAD Thread, PIRP Irp, PCSTR What) {
    PDEVICE_OBJECT Device = Irp->CurrentLocation <= Irp->StackCount ? IoGetCurrentIrpStackLocation(Irp)->DeviceObject : NULL;
    if (Device)
        KdMessage("%wZ: keeps a request of the ended thread %u: %s", &Device->DriverObject->DriverName, HandleToULong(Thread->Cid.UniqueThread),
                  What);
}

VOID IoCancelThreadIo(PETHREAD Thread) {
    if (IsListEmpty(&Thread->IrpList))
        return;
    CancelMatching(Thread, NULL, NULL, FALSE);
    for (ULONG Pauses = 0; Pauses < PAUSES_PER_THREAD && !IsListEmpty(&Thread->IrpList); Pauses++) {
        if (Pauses == PAUSES_BEFORE_MESSAGE)
            ReportKept(Thread, IrpOf(Thread->IrpList.Flink), "waiting; complete it, or set a cancel routine that does");
        Pause();
        CancelMatching(Thread, NULL, NULL, FALSE);
    }
    while (!IsListEmpty(&Thread->IrpList)) {
        PIRP Irp = IrpOf(Thread->IrpList.Flink);
        ReportKept(Thread, Irp, "given up after five minutes");
        IopDequeueThreadIrp(Irp);
        Irp->Tail.Overlay.Thread = NULL;
        Irp->AllocationFlags |= IOP_IRP_ORPHAN;
    }
}

/*
 * Opportunistic locks of one file: who has them, how they are granted and given up ("Granting Oplocks", "Breaking Oplocks", "Acknowledging Oplock Breaks",
 * learn.microsoft.com; [MS-FSA] 2.1.5.18). Which request breaks which is oplock_break.c.
 *
 * A holder is a file object; its request IRP is pending as long as it holds the lock, and is completed with what the lock is broken to. Whoever broke an exclusive lock
 * waits until its holder has acknowledged that or is closed.
 */
#include "fsrtl/oplock.h"

VOID NTAPI FsRtlInitializeOplock(POPLOCK Oplock) { *Oplock = NULL; }

/* ---- What there is ---- */

BOOLEAN NTAPI FsRtlCurrentBatchOplock(POPLOCK Oplock) {
    PFSRTL_OPLOCK Lock = *Oplock;
    return Lock != NULL && (Lock->Level == FsRtlBatch || Lock->Level == FsRtlFilter);
}

BOOLEAN NTAPI FsRtlCurrentOplock(POPLOCK Oplock) {
    PFSRTL_OPLOCK Lock = *Oplock;
    return Lock != NULL && (Lock->Level != FsRtlNoOplock || !IsListEmpty(&Lock->Shared));
}

/* A request that might have to break something, or to wait, takes the long way. */
BOOLEAN NTAPI FsRtlOplockIsFastIoPossible(POPLOCK Oplock) {
    PFSRTL_OPLOCK Lock = *Oplock;
    return Lock == NULL || (Lock->Break == FsRtlNotBreaking && IsListEmpty(&Lock->Shared));
}

/* ---- Holders' requests: Lock->Spin is held, but for what completes them ---- */

VOID FsRtlpBegin(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work) {
    InitializeListHead(&Work->Done);
    InitializeListHead(&Work->Resumed);
    KeAcquireSpinLock(&Lock->Spin, &Work->Irql);
}

VOID FsRtlpEnd(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work) {
    KeReleaseSpinLock(&Lock->Spin, Work->Irql);
    while (!IsListEmpty(&Work->Done))
        IofCompleteRequest(CONTAINING_RECORD(RemoveHeadList(&Work->Done), IRP, Tail.Overlay.ListEntry), IO_DISK_INCREMENT);
    while (!IsListEmpty(&Work->Resumed))
        FsRtlpResume(CONTAINING_RECORD(RemoveHeadList(&Work->Resumed), FSRTL_WAITER, Link));
}

/* The request ends with what its lock is broken to. FALSE: it is being cancelled, and ends by itself. */
static BOOLEAN Finish(PFSRTL_OPLOCK_WORK Work, PIRP Irp, ULONG_PTR BrokenTo) {
    if (IoSetCancelRoutine(Irp, NULL) == NULL) {
        InitializeListHead(&Irp->Tail.Overlay.ListEntry);
        return FALSE;
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = BrokenTo;
    InsertTailList(&Work->Done, &Irp->Tail.Overlay.ListEntry);
    return TRUE;
}

static VOID Over(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work) {
    Lock->Level = FsRtlNoOplock;
    Lock->Owner = NULL;
    Lock->Exclusive = NULL;
    FsRtlpBreakIsOver(Lock, Work);
}

VOID FsRtlpBreakIsOver(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work) {
    Lock->Break = FsRtlNotBreaking;
    while (!IsListEmpty(&Lock->Waiters)) {
        PFSRTL_WAITER Waiter = CONTAINING_RECORD(RemoveHeadList(&Lock->Waiters), FSRTL_WAITER, Link);
        if (IoSetCancelRoutine(Waiter->Irp, NULL) != NULL) {
            Waiter->Irp->IoStatus.Status = STATUS_SUCCESS;
            InsertTailList(&Work->Resumed, &Waiter->Link);
        } else {
            InitializeListHead(&Waiter->Link); /* its cancel routine resumes it */
        }
    }
}

VOID FsRtlpBreakExclusive(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, BOOLEAN ToNone) {
    if (Lock->Break == FsRtlNotBreaking) {
        BOOLEAN Told = Finish(Work, Lock->Exclusive, ToNone ? FILE_OPLOCK_BROKEN_TO_NONE : FILE_OPLOCK_BROKEN_TO_LEVEL_2);
        Lock->Exclusive = NULL;
        Lock->Break = ToNone ? FsRtlBreakToNone : FsRtlBreakToLevel2;
        if (!Told)
            Over(Lock, Work);
    } else if (ToNone && Lock->Break == FsRtlBreakToLevel2) {
        Lock->Break = FsRtlBreakToNone; /* its holder still believes in level 2, and hears the truth when it acknowledges that */
    }
}

VOID FsRtlpBreakShared(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, PFILE_OBJECT File) {
    for (PLIST_ENTRY Link = Lock->Shared.Flink, Next; Link != &Lock->Shared; Link = Next) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        Next = Link->Flink;
        if (File != NULL && IoGetCurrentIrpStackLocation(Irp)->FileObject != File)
            continue;
        RemoveEntryList(Link);
        Finish(Work, Irp, FILE_OPLOCK_BROKEN_TO_NONE);
    }
}

VOID FsRtlpGiveUp(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, PFILE_OBJECT File) {
    FsRtlpBreakShared(Lock, Work, File);
    if (Lock->Owner != File)
        return;
    if (Lock->Exclusive != NULL)
        Finish(Work, Lock->Exclusive, FILE_OPLOCK_BROKEN_TO_NONE);
    Over(Lock, Work);
}

VOID NTAPI FsRtlUninitializeOplock(POPLOCK Oplock) {
    PFSRTL_OPLOCK Lock = *Oplock;
    FSRTL_OPLOCK_WORK Work;
    if (Lock == NULL)
        return;
    FsRtlpBegin(Lock, &Work);
    FsRtlpBreakShared(Lock, &Work, NULL);
    FsRtlpGiveUp(Lock, &Work, Lock->Owner);
    FsRtlpEnd(Lock, &Work);
    *Oplock = NULL;
    ExFreePoolWithTag(Lock, FSRTL_OPLOCK_TAG);
}

/* A holder that takes its request back has no lock any more. */
static VOID NTAPI CancelHolder(PDEVICE_OBJECT Device, PIRP Irp) {
    PFSRTL_OPLOCK Lock = Irp->Tail.Overlay.DriverContext[0];
    FSRTL_OPLOCK_WORK Work;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    FsRtlpBegin(Lock, &Work);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    if (Lock->Exclusive == Irp)
        Over(Lock, &Work);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    InsertTailList(&Work.Done, &Irp->Tail.Overlay.ListEntry);
    FsRtlpEnd(Lock, &Work);
}

/* The request is pending from now on. FALSE: it has been cancelled. */
static BOOLEAN Hold(PFSRTL_OPLOCK Lock, PIRP Irp) {
    Irp->Tail.Overlay.DriverContext[0] = Lock;
    IoSetCancelRoutine(Irp, CancelHolder);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
        return FALSE;
    IoMarkIrpPending(Irp);
    return TRUE;
}

static NTSTATUS Share(PFSRTL_OPLOCK Lock, PIRP Irp) {
    if (!Hold(Lock, Irp))
        return STATUS_CANCELLED;
    InsertTailList(&Lock->Shared, &Irp->Tail.Overlay.ListEntry);
    return STATUS_PENDING;
}

/* ---- FsRtlOplockFsctrl: Lock->Spin is held ---- */

static NTSTATUS Request(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, PIRP Irp, ULONG Level, ULONG OpenCount) {
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    if ((File->Flags & FO_SYNCHRONOUS_IO) != 0 || Lock->Level != FsRtlNoOplock)
        return STATUS_OPLOCK_NOT_GRANTED;
    if (Level == FsRtlLevel2)
        return OpenCount == 0 ? Share(Lock, Irp) : STATUS_OPLOCK_NOT_GRANTED;
    if (OpenCount > 1)
        return STATUS_OPLOCK_NOT_GRANTED;
    if (!Hold(Lock, Irp))
        return STATUS_CANCELLED;
    FsRtlpBreakShared(Lock, Work, NULL); /* the file is open once: they are its own */
    InitializeListHead(&Irp->Tail.Overlay.ListEntry);
    Lock->Level = Level;
    Lock->Owner = File;
    Lock->Exclusive = Irp;
    return STATUS_PENDING;
}

static NTSTATUS Acknowledge(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, PIRP Irp, BOOLEAN WantsLevel2) {
    NTSTATUS Status = STATUS_SUCCESS;
    if (Lock->Owner != IoGetCurrentIrpStackLocation(Irp)->FileObject || Lock->Break == FsRtlNotBreaking || Lock->Break == FsRtlBreakUntilClosed)
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    if (WantsLevel2 && Lock->Break == FsRtlBreakToLevel2)
        Status = Share(Lock, Irp);
    else if (WantsLevel2)
        Irp->IoStatus.Information = FILE_OPLOCK_BROKEN_TO_NONE;
    Over(Lock, Work);
    return Status;
}

/* The holder of a batch or filter lock will close its handle: who waits, waits for that. */
static NTSTATUS AcknowledgeClose(PFSRTL_OPLOCK Lock, PIRP Irp) {
    if (Lock->Owner != IoGetCurrentIrpStackLocation(Irp)->FileObject || (Lock->Level != FsRtlBatch && Lock->Level != FsRtlFilter) ||
        (Lock->Break != FsRtlBreakToNone && Lock->Break != FsRtlBreakToLevel2))
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    Lock->Break = FsRtlBreakUntilClosed;
    return STATUS_SUCCESS;
}

static PFSRTL_OPLOCK Make(POPLOCK Oplock) {
    PFSRTL_OPLOCK Lock = *Oplock;
    if (Lock != NULL)
        return Lock;
    Lock = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Lock, FSRTL_OPLOCK_TAG);
    if (Lock == NULL)
        return NULL;
    RtlZeroMemory(Lock, sizeof *Lock);
    KeInitializeSpinLock(&Lock->Spin);
    InitializeListHead(&Lock->Shared);
    InitializeListHead(&Lock->Waiters);
    *Oplock = Lock;
    return Lock;
}

NTSTATUS NTAPI FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount) {
    PFSRTL_OPLOCK Lock = Make(Oplock);
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.FileSystemControl.FsControlCode;
    FSRTL_OPLOCK_WORK Work;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    Irp->IoStatus.Information = 0;
    if (Lock != NULL && Code == FSCTL_OPLOCK_BREAK_NOTIFY) {
        Status = Lock->Break != FsRtlNotBreaking ? FsRtlpNotify(Lock, Irp) : STATUS_SUCCESS;
    } else if (Lock != NULL) {
        FsRtlpBegin(Lock, &Work);
        switch (Code) {
        case FSCTL_REQUEST_OPLOCK_LEVEL_1: Status = Request(Lock, &Work, Irp, FsRtlLevel1, OpenCount); break;
        case FSCTL_REQUEST_OPLOCK_LEVEL_2: Status = Request(Lock, &Work, Irp, FsRtlLevel2, OpenCount); break;
        case FSCTL_REQUEST_BATCH_OPLOCK: Status = Request(Lock, &Work, Irp, FsRtlBatch, OpenCount); break;
        case FSCTL_REQUEST_FILTER_OPLOCK: Status = Request(Lock, &Work, Irp, FsRtlFilter, OpenCount); break;
        case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE: Status = Acknowledge(Lock, &Work, Irp, TRUE); break;
        case FSCTL_OPLOCK_BREAK_ACK_NO_2: Status = Acknowledge(Lock, &Work, Irp, FALSE); break;
        case FSCTL_OPBATCH_ACK_CLOSE_PENDING: Status = AcknowledgeClose(Lock, Irp); break;
        default: Status = STATUS_INVALID_PARAMETER; break;
        }
        FsRtlpEnd(Lock, &Work);
    }
    if (Status != STATUS_PENDING) {
        Irp->IoStatus.Status = Status;
        IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    }
    return Status;
}

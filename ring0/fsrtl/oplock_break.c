/* Which request breaks which opportunistic lock ("Checking the Oplock State of an IRP_MJ_CREATE operation" and its kin, learn.microsoft.com), and waiting for that. */
#include "fsrtl/oplock.h"

/* ---- Waiting ---- */

VOID FsRtlpResume(PFSRTL_WAITER Waiter) {
    if (Waiter->Routine == NULL) {
        KeSetEvent(&Waiter->Event, IO_NO_INCREMENT, FALSE);
        return;
    }
    Waiter->Routine(Waiter->Context, Waiter->Irp);
    ExFreePoolWithTag(Waiter, FSRTL_OPLOCK_TAG);
}

static VOID NTAPI CancelWaiter(PDEVICE_OBJECT Device, PIRP Irp) {
    PFSRTL_WAITER Waiter = Irp->Tail.Overlay.DriverContext[0];
    PFSRTL_OPLOCK Lock = Waiter->Lock;
    FSRTL_OPLOCK_WORK Work;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    FsRtlpBegin(Lock, &Work);
    RemoveEntryList(&Waiter->Link);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    InsertTailList(&Work.Resumed, &Waiter->Link);
    FsRtlpEnd(Lock, &Work);
}

/* FALSE: it need not, because the break is over, or must not, because the request has been cancelled; its status says so. */
static BOOLEAN Wait(PFSRTL_OPLOCK Lock, PFSRTL_WAITER Waiter) {
    PIRP Irp = Waiter->Irp;
    FSRTL_OPLOCK_WORK Work;
    BOOLEAN Waits = FALSE;
    Waiter->Lock = Lock;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    FsRtlpBegin(Lock, &Work);
    if (Lock->Break != FsRtlNotBreaking) {
        Irp->Tail.Overlay.DriverContext[0] = Waiter;
        IoSetCancelRoutine(Irp, CancelWaiter);
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
            Irp->IoStatus.Status = STATUS_CANCELLED;
        } else {
            InsertTailList(&Lock->Waiters, &Waiter->Link);
            Waits = TRUE;
        }
    }
    FsRtlpEnd(Lock, &Work);
    return Waits;
}

/* The request is its caller's no more, until Routine has it back. */
static NTSTATUS Post(PFSRTL_OPLOCK Lock, PIRP Irp, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE Routine, POPLOCK_FS_PREPOST_IRP Prepare) {
    PFSRTL_WAITER Waiter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Waiter, FSRTL_OPLOCK_TAG);
    if (Waiter == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Waiter = (FSRTL_WAITER){.Irp = Irp, .Context = Context, .Routine = Routine};
    if (Prepare != NULL)
        Prepare(Context, Irp);
    if (!Wait(Lock, Waiter))
        FsRtlpResume(Waiter);
    return STATUS_PENDING;
}

static NTSTATUS Stand(PFSRTL_OPLOCK Lock, PIRP Irp) {
    FSRTL_WAITER Waiter = {.Irp = Irp};
    KeInitializeEvent(&Waiter.Event, NotificationEvent, FALSE);
    if (Wait(Lock, &Waiter))
        KeWaitForSingleObject(&Waiter.Event, Executive, KernelMode, FALSE, NULL);
    return Irp->IoStatus.Status;
}

static VOID NTAPI CompleteNotify(PVOID Context, PIRP Irp) { IofCompleteRequest(Irp, IO_DISK_INCREMENT); }
static VOID NTAPI PrepareNotify(PVOID Context, PIRP Irp) { IoMarkIrpPending(Irp); }

NTSTATUS FsRtlpNotify(PFSRTL_OPLOCK Lock, PIRP Irp) { return Post(Lock, Irp, NULL, CompleteNotify, PrepareNotify); }

/* ---- Breaking ---- */

typedef struct _VERDICT {
    BOOLEAN Shared;    /* level 2 goes */
    BOOLEAN Exclusive; /* the exclusive lock does, unless the request is its holder's */
    BOOLEAN ToNone;    /* and leaves nothing */
} VERDICT;

static VERDICT JudgeCreate(const FSRTL_OPLOCK *Lock, PIO_STACK_LOCATION Stack) {
    ACCESS_MASK Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;
    const ACCESS_MASK Looks = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
    const ACCESS_MASK Reads = FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_READ_EA | FILE_EXECUTE | READ_CONTROL | SYNCHRONIZE;
    ULONG Disposition = Stack->Parameters.Create.Options >> 24;
    BOOLEAN Reserve = (Stack->Parameters.Create.Options & FILE_RESERVE_OPFILTER) != 0;
    BOOLEAN Overwrite = Disposition == FILE_SUPERSEDE || Disposition == FILE_OVERWRITE || Disposition == FILE_OVERWRITE_IF;
    if ((Access & ~Looks) == 0 && !Reserve)
        return (VERDICT){.Shared = FALSE};
    if (Lock->Level == FsRtlFilter)
        return (VERDICT){.Exclusive = Reserve || Overwrite || (Access & ~Reads) != 0, .ToNone = TRUE};
    return (VERDICT){.Shared = Reserve || Overwrite, .Exclusive = TRUE, .ToNone = Reserve || Overwrite};
}

static VERDICT JudgeSet(const FSRTL_OPLOCK *Lock, PIO_STACK_LOCATION Stack) {
    switch ((ULONG)Stack->Parameters.SetFile.FileInformationClass) {
    case FileEndOfFileInformation:
        if (Stack->Parameters.SetFile.AdvanceOnly)
            break; /* the cache manager's */
        return (VERDICT){TRUE, TRUE, TRUE};
    case FileAllocationInformation:
    case FileValidDataLengthInformation: return (VERDICT){TRUE, TRUE, TRUE};
    case FileRenameInformation:
    case FileShortNameInformation:
    case FileLinkInformation: return (VERDICT){.Exclusive = Lock->Level == FsRtlBatch || Lock->Level == FsRtlFilter, .ToNone = TRUE};
    }
    return (VERDICT){.Shared = FALSE};
}

static VERDICT Judge(const FSRTL_OPLOCK *Lock, PIO_STACK_LOCATION Stack) {
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return JudgeCreate(Lock, Stack);
    case IRP_MJ_READ: return (VERDICT){.Exclusive = Lock->Level != FsRtlFilter};
    case IRP_MJ_WRITE: return (VERDICT){TRUE, TRUE, TRUE};
    case IRP_MJ_LOCK_CONTROL: return (VERDICT){TRUE, Lock->Level != FsRtlFilter, TRUE};
    case IRP_MJ_SET_INFORMATION: return JudgeSet(Lock, Stack);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        if (Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_SET_ZERO_DATA)
            return (VERDICT){TRUE, TRUE, TRUE};
    }
    return (VERDICT){.Shared = FALSE};
}

static NTSTATUS Break(PFSRTL_OPLOCK Lock, PIRP Irp, VERDICT Verdict, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE Routine,
                      POPLOCK_FS_PREPOST_IRP Prepare, BOOLEAN MayWait) {
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    FSRTL_OPLOCK_WORK Work;
    BOOLEAN Waits = FALSE;
    FsRtlpBegin(Lock, &Work);
    if (Verdict.Shared)
        FsRtlpBreakShared(Lock, &Work, NULL);
    if (Verdict.Exclusive && Lock->Level != FsRtlNoOplock && Lock->Owner != File) {
        FsRtlpBreakExclusive(Lock, &Work, Verdict.ToNone);
        Waits = Lock->Break != FsRtlNotBreaking;
    }
    FsRtlpEnd(Lock, &Work);
    if (!Waits)
        return STATUS_SUCCESS;
    if (!MayWait)
        return STATUS_OPLOCK_BREAK_IN_PROGRESS;
    return Routine != NULL ? Post(Lock, Irp, Context, Routine, Prepare) : Stand(Lock, Irp);
}

NTSTATUS NTAPI FsRtlCheckOplockEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                  POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
    PFSRTL_OPLOCK Lock = *Oplock;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FSRTL_OPLOCK_WORK Work;
    BOOLEAN MayWait = (Flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) == 0 &&
                      (Stack->MajorFunction != IRP_MJ_CREATE || (Stack->Parameters.Create.Options & FILE_COMPLETE_IF_OPLOCKED) == 0);
    if (Lock == NULL || (Irp->Flags & IRP_PAGING_IO) != 0)
        return STATUS_SUCCESS;
    if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        FsRtlpBegin(Lock, &Work);
        FsRtlpGiveUp(Lock, &Work, Stack->FileObject);
        FsRtlpEnd(Lock, &Work);
        return STATUS_SUCCESS;
    }
    return Break(Lock, Irp, Judge(Lock, Stack), Context, CompletionRoutine, PostIrpRoutine, MayWait);
}

NTSTATUS NTAPI FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
    return FsRtlCheckOplockEx(Oplock, Irp, 0, Context, CompletionRoutine, PostIrpRoutine);
}

/* Whatever the request is. */
NTSTATUS NTAPI FsRtlOplockBreakToNone(POPLOCK Oplock, PIO_STACK_LOCATION IrpSp, PIRP Irp, PVOID Context,
                                      POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
    PFSRTL_OPLOCK Lock = *Oplock;
    BOOLEAN MayWait = IrpSp == NULL || IrpSp->MajorFunction != IRP_MJ_CREATE || (IrpSp->Parameters.Create.Options & FILE_COMPLETE_IF_OPLOCKED) == 0;
    if (Lock == NULL)
        return STATUS_SUCCESS;
    return Break(Lock, Irp, (VERDICT){TRUE, TRUE, TRUE}, Context, CompletionRoutine, PostIrpRoutine, MayWait);
}

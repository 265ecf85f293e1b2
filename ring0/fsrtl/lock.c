/*
 * Byte-range locks of one file (documentation: FsRtlProcessFileLock and its kin, LockFileEx; which ranges conflict: [MS-FSA] 2.1.4.10). FILE_LOCK is the file
 * system's; what is held and who waits lies behind its LockInformation, made with the first lock.
 *
 * An owner is a file object, a process and a key. Waiting requests stand in a cancel-safe queue, oldest first; whenever a lock goes, each that fits now is
 * granted: it is taken from the one list and its lock put into the other under one spin lock. IRPs are completed without it.
 */
#include "fsrtl/fsrtl.h"
#include "io/io.h"

#define FSRTL_LOCK_TAG 'klSF'

typedef struct _RANGE {
    LIST_ENTRY Link; /* in LOCKS.Held, by StartingByte, once it is held */
    FILE_LOCK_INFO Info;
} RANGE, *PRANGE;

typedef struct _LOCKS {
    IO_CSQ Queue;
    KSPIN_LOCK Lock;
    LIST_ENTRY Held;
    LIST_ENTRY Waiting; /* IRPs; DriverContext[0]: the range that is asked for; [1]: the context of whoever asks */
    PFILE_LOCK FileLock;
    PIRP Granted; /* what Peek has chosen to be granted */
} LOCKS, *PLOCKS;

typedef struct _OWNER { /* whose waiting requests are given up; NULL instead: nobody's, look for one to grant */
    PFILE_OBJECT File;
    PVOID Process;
    PULONG Key; /* NULL: any */
    BOOLEAN Anybody;
} OWNER;

static PRANGE RangeOf(PIRP Irp) { return Irp->Tail.Overlay.DriverContext[0]; }
static ULONG64 FirstOf(const FILE_LOCK_INFO *Info) { return (ULONG64)Info->StartingByte.QuadPart; }
static ULONG64 LastOf(const FILE_LOCK_INFO *Info) { return (ULONG64)Info->EndingByte.QuadPart; }

static BOOLEAN IsNowhere(const FILE_LOCK_INFO *Info) { return Info->StartingByte.QuadPart == 0 && Info->Length.QuadPart == 0; }

static BOOLEAN IsSameOwner(const FILE_LOCK_INFO *One, const FILE_LOCK_INFO *Other) {
    return One->FileObject == Other->FileObject && One->ProcessId == Other->ProcessId && One->Key == Other->Key;
}

/*
 * Does what is held forbid a lock (or, Access: a read, ExclusiveLock FALSE, or a write)? A range without bytes ends before it begins, so that it meets only
 * what it lies inside of. The owner of an exclusive lock may put a shared one over it and reads and writes; a shared lock keeps everybody from writing.
 */
static BOOLEAN Conflicts(PLOCKS Locks, const FILE_LOCK_INFO *Wanted, BOOLEAN Access) {
    if (IsNowhere(Wanted))
        return FALSE;
    for (PLIST_ENTRY Link = Locks->Held.Flink; Link != &Locks->Held; Link = Link->Flink) {
        const FILE_LOCK_INFO *Held = &CONTAINING_RECORD(Link, RANGE, Link)->Info;
        if (FirstOf(Held) > LastOf(Wanted))
            break;
        if (IsNowhere(Held) || FirstOf(Wanted) > LastOf(Held))
            continue;
        if (!Held->ExclusiveLock ? Wanted->ExclusiveLock : !IsSameOwner(Held, Wanted) || (!Access && Wanted->ExclusiveLock))
            return TRUE;
    }
    return FALSE;
}

static VOID Hold(PLOCKS Locks, PRANGE Range) {
    PLIST_ENTRY Link = Locks->Held.Blink;

    while (Link != &Locks->Held && FirstOf(&CONTAINING_RECORD(Link, RANGE, Link)->Info) > FirstOf(&Range->Info))
        Link = Link->Blink;
    InsertHeadList(Link, &Range->Link);
    Locks->FileLock->FastIoIsQuestionable = TRUE;
}

static VOID LetGo(PLOCKS Locks, PRANGE Range) {
    RemoveEntryList(&Range->Link);
    if (IsListEmpty(&Locks->Held))
        Locks->FileLock->FastIoIsQuestionable = FALSE;
}

/* ---- The queue --------------------------------------------------------------------------------------------------------------------- */
static LOCKS *LocksOf(PIO_CSQ Queue) { return CONTAINING_RECORD(Queue, LOCKS, Queue); }

static VOID NTAPI AcquireQueue(PIO_CSQ Queue, PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&LocksOf(Queue)->Lock); }
static VOID NTAPI ReleaseQueue(PIO_CSQ Queue, KIRQL Irql) { KeReleaseSpinLock(&LocksOf(Queue)->Lock, Irql); }
static VOID NTAPI InsertWaiting(PIO_CSQ Queue, PIRP Irp) { InsertTailList(&LocksOf(Queue)->Waiting, &Irp->Tail.Overlay.ListEntry); }

static VOID NTAPI RemoveWaiting(PIO_CSQ Queue, PIRP Irp) {
    PLOCKS Locks = LocksOf(Queue);

    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    if (Locks->Granted == Irp)
        Hold(Locks, RangeOf(Irp));
    Locks->Granted = NULL;
}

static BOOLEAN IsOwnedBy(const FILE_LOCK_INFO *Info, const OWNER *Owner) {
    return Owner->Anybody || (Info->FileObject == Owner->File && Info->ProcessId == Owner->Process && (!Owner->Key || *Owner->Key == Info->Key));
}

static PIRP NTAPI PeekWaiting(PIO_CSQ Queue, PIRP Irp, PVOID Context) {
    PLOCKS Locks = LocksOf(Queue);
    PLIST_ENTRY Link = Irp ? Irp->Tail.Overlay.ListEntry.Flink : Locks->Waiting.Flink;

    Locks->Granted = NULL;
    for (; Link != &Locks->Waiting; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        if (Context ? IsOwnedBy(&RangeOf(Next)->Info, Context) : !Conflicts(Locks, &RangeOf(Next)->Info, FALSE)) {
            Locks->Granted = Context ? NULL : Next;
            return Next;
        }
    }
    return NULL;
}

/* The end of an IRP, by the file system's routine if it has given one: what that returns decides whether a lock that was granted stays. */
static NTSTATUS Finish(PFILE_LOCK FileLock, PVOID Context, PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    if (FileLock->CompleteLockIrpRoutine)
        return FileLock->CompleteLockIrpRoutine(Context, Irp);
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    return Status;
}

static VOID GiveUp(PFILE_LOCK FileLock, PIRP Irp, NTSTATUS Status) {
    PVOID Context = Irp->Tail.Overlay.DriverContext[1];

    ExFreePoolWithTag(RangeOf(Irp), FSRTL_LOCK_TAG);
    Finish(FileLock, Context, Irp, Status);
}

static VOID NTAPI CancelWaiting(PIO_CSQ Queue, PIRP Irp) { GiveUp(LocksOf(Queue)->FileLock, Irp, STATUS_CANCELLED); }

static VOID Withdraw(PLOCKS Locks, PRANGE Range) {
    KIRQL Irql = KeAcquireSpinLockRaiseToDpc(&Locks->Lock);
    LetGo(Locks, Range);
    KeReleaseSpinLock(&Locks->Lock, Irql);
    ExFreePoolWithTag(Range, FSRTL_LOCK_TAG);
}

static VOID GrantWaiting(PLOCKS Locks) {
    PIRP Irp;

    while ((Irp = IoCsqRemoveNextIrp(&Locks->Queue, NULL)) != NULL) {
        PRANGE Range = RangeOf(Irp);
        if (!NT_SUCCESS(Finish(Locks->FileLock, Irp->Tail.Overlay.DriverContext[1], Irp, STATUS_SUCCESS)))
            Withdraw(Locks, Range);
    }
}

/* ---- The file system's FILE_LOCK ------------------------------------------------------------------------------------------------------- */
VOID NTAPI FsRtlInitializeFileLock(PFILE_LOCK FileLock, PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine) {
    RtlZeroMemory(FileLock, sizeof *FileLock);
    FileLock->CompleteLockIrpRoutine = CompleteLockIrpRoutine;
    FileLock->UnlockRoutine = UnlockRoutine;
}

VOID NTAPI FsRtlUninitializeFileLock(PFILE_LOCK FileLock) {
    PLOCKS Locks = FileLock->LockInformation;
    OWNER Anybody = {.Anybody = TRUE};
    PIRP Irp;

    if (!Locks)
        return;
    while ((Irp = IoCsqRemoveNextIrp(&Locks->Queue, &Anybody)) != NULL)
        GiveUp(FileLock, Irp, STATUS_RANGE_NOT_LOCKED);
    while (!IsListEmpty(&Locks->Held))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Locks->Held), RANGE, Link), FSRTL_LOCK_TAG);
    FileLock->LockInformation = NULL;
    FileLock->FastIoIsQuestionable = FALSE;
    ExFreePoolWithTag(Locks, FSRTL_LOCK_TAG);
}

PFILE_LOCK NTAPI FsRtlAllocateFileLock(PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine) {
    PFILE_LOCK FileLock = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *FileLock, FSRTL_LOCK_TAG);
    if (FileLock)
        FsRtlInitializeFileLock(FileLock, CompleteLockIrpRoutine, UnlockRoutine);
    return FileLock;
}

VOID NTAPI FsRtlFreeFileLock(PFILE_LOCK FileLock) {
    FsRtlUninitializeFileLock(FileLock);
    ExFreePoolWithTag(FileLock, FSRTL_LOCK_TAG);
}

static PLOCKS MakeLocks(PFILE_LOCK FileLock) {
    PLOCKS Locks = FileLock->LockInformation;

    if (Locks)
        return Locks;
    Locks = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Locks, FSRTL_LOCK_TAG);
    if (!Locks)
        return NULL;
    RtlZeroMemory(Locks, sizeof *Locks);
    KeInitializeSpinLock(&Locks->Lock);
    InitializeListHead(&Locks->Held);
    InitializeListHead(&Locks->Waiting);
    Locks->FileLock = FileLock;
    IoCsqInitialize(&Locks->Queue, InsertWaiting, RemoveWaiting, PeekWaiting, AcquireQueue, ReleaseQueue, CancelWaiting);
    FileLock->LockInformation = Locks;
    return Locks;
}

/* ---- Locking --------------------------------------------------------------------------------------------------------------------------- */
static FILE_LOCK_INFO Describe(PFILE_OBJECT File, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, PVOID Process, ULONG Key, BOOLEAN Exclusive) {
    return (FILE_LOCK_INFO){.StartingByte = *Offset,
                            .Length = *Length,
                            .ExclusiveLock = Exclusive,
                            .Key = Key,
                            .FileObject = File,
                            .ProcessId = Process,
                            .EndingByte.QuadPart = (LONGLONG)((ULONG64)Offset->QuadPart + (ULONG64)Length->QuadPart - 1)};
}

/* STATUS_PENDING: the IRP is in the queue. */
static NTSTATUS Take(PFILE_LOCK FileLock, const FILE_LOCK_INFO *Info, BOOLEAN MayWait, PIRP Irp, PVOID Context, PRANGE *Taken) {
    PLOCKS Locks = MakeLocks(FileLock);
    PRANGE Range = Locks ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Range, FSRTL_LOCK_TAG) : NULL;
    BOOLEAN Conflict;
    KIRQL Irql;

    if (!Range)
        return STATUS_INSUFFICIENT_RESOURCES;
    Range->Info = *Info;
    Irql = KeAcquireSpinLockRaiseToDpc(&Locks->Lock);
    Conflict = Conflicts(Locks, Info, FALSE);
    if (!Conflict)
        Hold(Locks, Range);
    KeReleaseSpinLock(&Locks->Lock, Irql);
    *Taken = Range;
    if (!Conflict)
        return STATUS_SUCCESS;
    if (!MayWait) {
        ExFreePoolWithTag(Range, FSRTL_LOCK_TAG);
        return STATUS_LOCK_NOT_GRANTED;
    }
    Irp->Tail.Overlay.DriverContext[0] = Range;
    Irp->Tail.Overlay.DriverContext[1] = Context;
    IoCsqInsertIrp(&Locks->Queue, Irp, NULL);
    GrantWaiting(Locks); /* what stood in the way may have gone meanwhile */
    return STATUS_PENDING;
}

/* FALSE: it would have to wait, and there is no IRP that could. A range that ends behind the last byte that there can be is none. */
BOOLEAN NTAPI FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, PEPROCESS Process,
                               ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock, PIO_STATUS_BLOCK Iosb, PIRP Irp, PVOID Context,
                               BOOLEAN AlreadySynchronized) {
    FILE_LOCK_INFO Info = Describe(FileObject, FileOffset, Length, Process, Key, ExclusiveLock);
    PRANGE Range = NULL;
    NTSTATUS Status, Finished;

    if (Length->QuadPart && LastOf(&Info) < FirstOf(&Info))
        Status = STATUS_INVALID_LOCK_RANGE;
    else
        Status = Take(FileLock, &Info, Irp && !FailImmediately, Irp, Context, &Range);
    if (Status == STATUS_LOCK_NOT_GRANTED && !Irp && !FailImmediately)
        return FALSE;
    Iosb->Status = Status;
    Iosb->Information = 0;
    if (!Irp || Status == STATUS_PENDING)
        return TRUE;
    Finished = Finish(FileLock, Context, Irp, Status);
    if (NT_SUCCESS(Status) && !NT_SUCCESS(Finished)) {
        Withdraw(FileLock->LockInformation, Range);
        Iosb->Status = Finished;
    }
    return TRUE;
}

/* ---- Unlocking --------------------------------------------------------------------------------------------------------------------------- */
static VOID Release(PFILE_LOCK FileLock, PRANGE Range, PVOID Context) {
    if (FileLock->UnlockRoutine)
        FileLock->UnlockRoutine(Context, &Range->Info);
    ExFreePoolWithTag(Range, FSRTL_LOCK_TAG);
}

/* Of an exclusive and a shared lock on the same range the exclusive one goes first (LockFileEx). */
NTSTATUS NTAPI FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length,
                                     PEPROCESS Process, ULONG Key, PVOID Context, BOOLEAN AlreadySynchronized) {
    FILE_LOCK_INFO Info = Describe(FileObject, FileOffset, Length, Process, Key, FALSE);
    PLOCKS Locks = FileLock->LockInformation;
    PRANGE Found = NULL;
    KIRQL Irql;

    if (!Locks)
        return STATUS_RANGE_NOT_LOCKED;
    Irql = KeAcquireSpinLockRaiseToDpc(&Locks->Lock);
    for (PLIST_ENTRY Link = Locks->Held.Flink; Link != &Locks->Held; Link = Link->Flink) {
        PRANGE Range = CONTAINING_RECORD(Link, RANGE, Link);
        if (FirstOf(&Range->Info) > FirstOf(&Info))
            break;
        if (FirstOf(&Range->Info) == FirstOf(&Info) && Range->Info.Length.QuadPart == Length->QuadPart && IsSameOwner(&Range->Info, &Info) &&
            (!Found || (Range->Info.ExclusiveLock && !Found->Info.ExclusiveLock)))
            Found = Range;
    }
    if (Found)
        LetGo(Locks, Found);
    KeReleaseSpinLock(&Locks->Lock, Irql);
    if (!Found)
        return STATUS_RANGE_NOT_LOCKED;
    Release(FileLock, Found, Context);
    GrantWaiting(Locks);
    return STATUS_SUCCESS;
}

/* A handle goes: what it waits for is given up, what it holds is let go. */
static NTSTATUS UnlockOwner(PFILE_LOCK FileLock, OWNER *Owner, PVOID Context) {
    PLOCKS Locks = FileLock->LockInformation;
    LIST_ENTRY Gone = {&Gone, &Gone};
    KIRQL Irql;
    PIRP Irp;

    if (!Locks)
        return STATUS_RANGE_NOT_LOCKED;
    while ((Irp = IoCsqRemoveNextIrp(&Locks->Queue, Owner)) != NULL)
        GiveUp(FileLock, Irp, STATUS_RANGE_NOT_LOCKED);
    Irql = KeAcquireSpinLockRaiseToDpc(&Locks->Lock);
    for (PLIST_ENTRY Link = Locks->Held.Flink, Next; Link != &Locks->Held; Link = Next) {
        PRANGE Range = CONTAINING_RECORD(Link, RANGE, Link);
        Next = Link->Flink;
        if (IsOwnedBy(&Range->Info, Owner)) {
            LetGo(Locks, Range);
            InsertTailList(&Gone, Link);
        }
    }
    KeReleaseSpinLock(&Locks->Lock, Irql);
    while (!IsListEmpty(&Gone))
        Release(FileLock, CONTAINING_RECORD(RemoveHeadList(&Gone), RANGE, Link), Context);
    GrantWaiting(Locks);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process, PVOID Context) {
    OWNER Owner = {.File = FileObject, .Process = Process};
    return UnlockOwner(FileLock, &Owner, Context);
}

NTSTATUS NTAPI FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process, ULONG Key, PVOID Context) {
    OWNER Owner = {.File = FileObject, .Process = Process, .Key = &Key};
    return UnlockOwner(FileLock, &Owner, Context);
}

/* ---- Requests, and what others may do ------------------------------------------------------------------------------------------------------- */
NTSTATUS NTAPI FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_LOCK:
        FsRtlPrivateLock(FileLock, File, &Stack->Parameters.LockControl.ByteOffset, Stack->Parameters.LockControl.Length, Process,
                         Stack->Parameters.LockControl.Key, (Stack->Flags & SL_FAIL_IMMEDIATELY) != 0, (Stack->Flags & SL_EXCLUSIVE_LOCK) != 0, &Iosb,
                         Irp, Context, FALSE);
        return Iosb.Status;
    case IRP_MN_UNLOCK_SINGLE:
        Status = FsRtlFastUnlockSingle(FileLock, File, &Stack->Parameters.LockControl.ByteOffset, Stack->Parameters.LockControl.Length, Process,
                                       Stack->Parameters.LockControl.Key, Context, FALSE);
        break;
    case IRP_MN_UNLOCK_ALL: Status = FsRtlFastUnlockAll(FileLock, File, Process, Context); break;
    case IRP_MN_UNLOCK_ALL_BY_KEY: Status = FsRtlFastUnlockAllByKey(FileLock, File, Process, Stack->Parameters.LockControl.Key, Context); break;
    default: Status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    Finish(FileLock, Context, Irp, Status);
    return Status;
}

static BOOLEAN MayAccess(PFILE_LOCK FileLock, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT File, PVOID Process,
                         BOOLEAN Write) {
    FILE_LOCK_INFO Info = Describe(File, Offset, Length, Process, Key, Write);
    PLOCKS Locks = FileLock->LockInformation;
    BOOLEAN Conflict;
    KIRQL Irql;

    if (!Locks || !FileLock->FastIoIsQuestionable || !Length->QuadPart)
        return TRUE;
    Irql = KeAcquireSpinLockRaiseToDpc(&Locks->Lock);
    Conflict = Conflicts(Locks, &Info, TRUE);
    KeReleaseSpinLock(&Locks->Lock, Irql);
    return !Conflict;
}

BOOLEAN NTAPI FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                        PVOID Process) {
    return MayAccess(FileLock, FileOffset, Length, Key, FileObject, Process, FALSE);
}

BOOLEAN NTAPI FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                         PVOID Process) {
    return MayAccess(FileLock, FileOffset, Length, Key, FileObject, Process, TRUE);
}

static BOOLEAN MayTransfer(PFILE_LOCK FileLock, PIRP Irp, BOOLEAN Write) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Length = {.QuadPart = Stack->Parameters.Read.Length}; /* Write lies alike */

    if (!FileLock->FastIoIsQuestionable)
        return TRUE;
    return MayAccess(FileLock, &Stack->Parameters.Read.ByteOffset, &Length, Stack->Parameters.Read.Key, Stack->FileObject, IoGetRequestorProcess(Irp),
                     Write);
}

BOOLEAN NTAPI FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp) { return MayTransfer(FileLock, Irp, FALSE); }
BOOLEAN NTAPI FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp) { return MayTransfer(FileLock, Irp, TRUE); }

/* The lock returned last may have gone meanwhile: then the next is the first that begins behind it. */
PFILE_LOCK_INFO NTAPI FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart) {
    PLOCKS Locks = FileLock->LockInformation;
    PLIST_ENTRY Link, Behind = NULL;
    PFILE_LOCK_INFO Info = NULL;
    KIRQL Irql;

    if (!Locks)
        return NULL;
    Irql = KeAcquireSpinLockRaiseToDpc(&Locks->Lock);
    for (Link = Locks->Held.Flink; Link != &Locks->Held && !Restart; Link = Link->Flink) {
        if (Link == FileLock->LastReturnedLock) {
            Behind = Link->Flink;
            break;
        }
        if (!Behind && FirstOf(&CONTAINING_RECORD(Link, RANGE, Link)->Info) > FirstOf(&FileLock->LastReturnedLockInfo))
            Behind = Link;
    }
    Link = Restart ? Locks->Held.Flink : Behind;
    if (Link && Link != &Locks->Held) {
        FileLock->LastReturnedLock = Link;
        FileLock->LastReturnedLockInfo = CONTAINING_RECORD(Link, RANGE, Link)->Info;
        Info = &FileLock->LastReturnedLockInfo;
    }
    KeReleaseSpinLock(&Locks->Lock, Irql);
    return Info;
}

BOOLEAN NTAPI FsRtlAreThereCurrentOrInProgressFileLocks(PFILE_LOCK FileLock) {
    PLOCKS Locks = FileLock->LockInformation;
    return FileLock->FastIoIsQuestionable || FileLock->LockRequestsInProgress || (Locks && !IsListEmpty(&Locks->Waiting));
}

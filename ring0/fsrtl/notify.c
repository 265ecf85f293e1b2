/*
 * Change notification (documentation: FsRtlNotifyFilterChangeDirectory, FsRtlNotifyFilterReportChange and their kin, NtNotifyChangeDirectoryFile). A watch
 * begins with the first request on a directory's handle and ends with its cleanup: the list of them, and the NOTIFY_SYNC that guards it, are the file system's.
 *
 * What changes is put into the watch's buffer, which is as long as the first request's, and given to the next request, or to the one that waits. What does not
 * fit, and everything when the buffer is to be ignored, becomes STATUS_NOTIFY_ENUM_DIR: look for yourself. Names are UTF-16 whatever STRING says.
 */
#include "fsrtl/fsrtl.h"

#define FSRTL_NOTIFY_TAG 'tnSF'
#define MOST_CHANGES     0x10000u /* bytes that a watch keeps, however long the caller's buffer is */

typedef struct _SYNC {
    FAST_MUTEX Mutex; /* lists of watches and what hangs on them */
    IO_CSQ Queue;
    KSPIN_LOCK Lock;
    LIST_ENTRY Waiting; /* IRPs of all watches; DriverContext[0]: the WATCH */
} SYNC, *PSYNC;

typedef struct _WATCH {
    LIST_ENTRY Link;
    PVOID FsContext;          /* the handle's, by which the file system names it */
    UNICODE_STRING Directory; /* its buffer behind the structure; without a backslash at its end */
    BOOLEAN WatchTree, IgnoreBuffer;
    BOOLEAN Lost; /* more has changed than Changes says */
    ULONG Filter;
    PCHECK_FOR_TRAVERSE_ACCESS Traverse;
    PSECURITY_SUBJECT_CONTEXT Subject;
    PFILTER_REPORT_CHANGE Report;
    PUCHAR Changes;         /* FILE_NOTIFY_INFORMATION; NULL until there is one */
    ULONG Size, Used, Last; /* Last: where the last record begins */
} WATCH, *PWATCH;

/* ---- The queue of waiting requests --------------------------------------------------------------------------------------------------- */
static PSYNC SyncOf(PIO_CSQ Queue) { return CONTAINING_RECORD(Queue, SYNC, Queue); }

static VOID NTAPI AcquireQueue(PIO_CSQ Queue, PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&SyncOf(Queue)->Lock); }
static VOID NTAPI ReleaseQueue(PIO_CSQ Queue, KIRQL Irql) { KeReleaseSpinLock(&SyncOf(Queue)->Lock, Irql); }
static VOID NTAPI InsertWaiting(PIO_CSQ Queue, PIRP Irp) { InsertTailList(&SyncOf(Queue)->Waiting, &Irp->Tail.Overlay.ListEntry); }
static VOID NTAPI RemoveWaiting(PIO_CSQ Queue, PIRP Irp) { RemoveEntryList(&Irp->Tail.Overlay.ListEntry); }

static PIRP NTAPI PeekWaiting(PIO_CSQ Queue, PIRP Irp, PVOID Watch) {
    PLIST_ENTRY Head = &SyncOf(Queue)->Waiting;

    for (PLIST_ENTRY Link = Irp ? Irp->Tail.Overlay.ListEntry.Flink : Head->Flink; Link != Head; Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        if (Next->Tail.Overlay.DriverContext[0] == Watch)
            return Next;
    }
    return NULL;
}

static VOID Finish(PIRP Irp, NTSTATUS Status, ULONG Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

static VOID NTAPI CancelWaiting(PIO_CSQ Queue, PIRP Irp) { Finish(Irp, STATUS_CANCELLED, 0); }

VOID NTAPI FsRtlNotifyInitializeSync(PNOTIFY_SYNC *NotifySync) {
    PSYNC Sync = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Sync, FSRTL_NOTIFY_TAG);

    *NotifySync = NULL;
    if (!Sync)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    ExInitializeFastMutex(&Sync->Mutex);
    KeInitializeSpinLock(&Sync->Lock);
    InitializeListHead(&Sync->Waiting);
    IoCsqInitialize(&Sync->Queue, InsertWaiting, RemoveWaiting, PeekWaiting, AcquireQueue, ReleaseQueue, CancelWaiting);
    *NotifySync = (PNOTIFY_SYNC)Sync;
}

VOID NTAPI FsRtlNotifyUninitializeSync(PNOTIFY_SYNC *NotifySync) {
    if (*NotifySync)
        ExFreePoolWithTag(*NotifySync, FSRTL_NOTIFY_TAG);
    *NotifySync = NULL;
}

/* ---- What has changed, to whoever waits ------------------------------------------------------------------------------------------------- */
/* The caller's buffer: for neither kind of I/O one is made, which the request's last stage copies to the caller in his thread. NULL: no memory. */
static PVOID BufferOf(PIRP Irp, ULONG Length) {
    if (Irp->MdlAddress)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (!Irp->AssociatedIrp.SystemBuffer) {
        Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPoolNx, Length, FSRTL_NOTIFY_TAG);
        if (Irp->AssociatedIrp.SystemBuffer)
            Irp->Flags |= IRP_BUFFERED_IO | IRP_INPUT_OPERATION | IRP_DEALLOCATE_BUFFER;
    }
    return Irp->AssociatedIrp.SystemBuffer;
}

/* Ends the request with what the watch has, which is forgotten then. */
static VOID Deliver(PWATCH Watch, PIRP Irp) {
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.NotifyDirectory.Length, Used = Watch->Used;
    BOOLEAN Whole = !Watch->Lost && Used && Used <= Room;
    PVOID Buffer = Whole ? BufferOf(Irp, Used) : NULL;

    if (Buffer)
        RtlCopyMemory(Buffer, Watch->Changes, Used);
    Watch->Lost = FALSE;
    Watch->Used = Watch->Last = 0;
    Finish(Irp, Buffer ? STATUS_SUCCESS : STATUS_NOTIFY_ENUM_DIR, Buffer ? Used : 0);
}

static PWSTR Append(PWSTR To, PCUNICODE_STRING Text) {
    RtlCopyMemory(To, Text->Buffer, Text->Length);
    return To + Text->Length / sizeof(WCHAR);
}

/* A record for Below\Name:Stream, where Below is the way there from the watched directory; it and Stream may have no length. */
static VOID Record(PWATCH Watch, ULONG Action, PCUNICODE_STRING Below, PCUNICODE_STRING Name, PCUNICODE_STRING Stream) {
    ULONG NameLength = (Below->Length ? Below->Length + sizeof(WCHAR) : 0) + Name->Length + (Stream->Length ? Stream->Length + sizeof(WCHAR) : 0);
    ULONG At = (Watch->Used + 3) & ~3u, Length = FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + NameLength;
    PFILE_NOTIFY_INFORMATION Entry;
    PWSTR Text;

    if (Watch->Lost)
        return;
    if (!Watch->IgnoreBuffer && !Watch->Changes && Watch->Size)
        Watch->Changes = ExAllocatePoolWithTag(PagedPool, Watch->Size, FSRTL_NOTIFY_TAG);
    if (!Watch->Changes || At > Watch->Size || Length > Watch->Size - At) {
        Watch->Lost = TRUE;
        return;
    }
    if (Watch->Used) {
        RtlZeroMemory(Watch->Changes + Watch->Used, At - Watch->Used);
        ((PFILE_NOTIFY_INFORMATION)(PVOID)(Watch->Changes + Watch->Last))->NextEntryOffset = At - Watch->Last;
    }
    Entry = (PFILE_NOTIFY_INFORMATION)(PVOID)(Watch->Changes + At);
    Entry->NextEntryOffset = 0;
    Entry->Action = Action;
    Entry->FileNameLength = NameLength;
    Text = Entry->FileName;
    if (Below->Length) {
        Text = Append(Text, Below);
        *Text++ = L'\\';
    }
    Text = Append(Text, Name);
    if (Stream->Length) {
        *Text++ = L':';
        Append(Text, Stream);
    }
    Watch->Last = At;
    Watch->Used = At + Length;
}

/* ---- Watching ------------------------------------------------------------------------------------------------------------------------------ */
static UNICODE_STRING TextOf(PSTRING String) {
    return String ? (UNICODE_STRING){String->Length, String->MaximumLength, (PWSTR)(PVOID)String->Buffer} : (UNICODE_STRING){0};
}

static PWATCH FindWatch(PLIST_ENTRY List, PVOID FsContext) {
    for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, WATCH, Link)->FsContext == FsContext)
            return CONTAINING_RECORD(Link, WATCH, Link);
    return NULL;
}

static PWATCH MakeWatch(PLIST_ENTRY List, PVOID FsContext, PSTRING FullDirectoryName, ULONG Size) {
    UNICODE_STRING Name = TextOf(FullDirectoryName);
    PWATCH Watch = ExAllocatePoolWithTag(PagedPool, sizeof *Watch + Name.Length, FSRTL_NOTIFY_TAG);

    if (!Watch)
        return NULL;
    RtlZeroMemory(Watch, sizeof *Watch);
    Watch->FsContext = FsContext;
    Watch->Directory = (UNICODE_STRING){Name.Length, Name.Length, (PWSTR)(Watch + 1)};
    RtlCopyMemory(Watch->Directory.Buffer, Name.Buffer, Name.Length);
    if (Name.Length && Watch->Directory.Buffer[Name.Length / sizeof(WCHAR) - 1] == L'\\')
        Watch->Directory.Length -= sizeof(WCHAR);
    Watch->Size = min(Size, MOST_CHANGES);
    InsertTailList(List, &Watch->Link);
    return Watch;
}

static VOID EndWaiting(PSYNC Sync, PWATCH Watch, NTSTATUS Status) {
    PIRP Irp;
    while ((Irp = IoCsqRemoveNextIrp(&Sync->Queue, Watch)) != NULL)
        Finish(Irp, Status, 0);
}

/* NotifyIrp NULL: the directory is being deleted, and whoever waits for it learns that. The options are those of the handle's first request. */
VOID NTAPI FsRtlNotifyFilterChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext, PSTRING FullDirectoryName,
                                            BOOLEAN WatchTree, BOOLEAN IgnoreBuffer, ULONG CompletionFilter, PIRP NotifyIrp,
                                            PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                            PFILTER_REPORT_CHANGE FilterCallback) {
    PSYNC Sync = (PSYNC)NotifySync;
    PIO_STACK_LOCATION Stack = NotifyIrp ? IoGetCurrentIrpStackLocation(NotifyIrp) : NULL;
    PWATCH Watch;

    ExAcquireFastMutex(&Sync->Mutex);
    Watch = FindWatch(NotifyList, FsContext);
    if (!NotifyIrp) {
        if (Watch)
            EndWaiting(Sync, Watch, STATUS_DELETE_PENDING);
    } else if (Stack->FileObject->Flags & FO_CLEANUP_COMPLETE) {
        IoMarkIrpPending(NotifyIrp);
        Finish(NotifyIrp, STATUS_NOTIFY_CLEANUP, 0);
    } else if (Watch && (Watch->Lost || Watch->Used)) {
        IoMarkIrpPending(NotifyIrp);
        Deliver(Watch, NotifyIrp);
    } else {
        if (!Watch && (Watch = MakeWatch(NotifyList, FsContext, FullDirectoryName, Stack->Parameters.NotifyDirectory.Length)) != NULL) {
            Watch->WatchTree = WatchTree;
            Watch->IgnoreBuffer = IgnoreBuffer;
            Watch->Filter = CompletionFilter;
            Watch->Traverse = TraverseCallback;
            Watch->Subject = SubjectContext;
            Watch->Report = FilterCallback;
        }
        if (Watch) {
            NotifyIrp->Tail.Overlay.DriverContext[0] = Watch;
            IoCsqInsertIrp(&Sync->Queue, NotifyIrp, NULL);
        } else {
            IoMarkIrpPending(NotifyIrp);
            Finish(NotifyIrp, STATUS_INSUFFICIENT_RESOURCES, 0);
        }
    }
    ExReleaseFastMutex(&Sync->Mutex);
}

VOID NTAPI FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext, PSTRING FullDirectoryName,
                                          BOOLEAN WatchTree, BOOLEAN IgnoreBuffer, ULONG CompletionFilter, PIRP NotifyIrp,
                                          PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback, PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    FsRtlNotifyFilterChangeDirectory(NotifySync, NotifyList, FsContext, FullDirectoryName, WatchTree, IgnoreBuffer, CompletionFilter, NotifyIrp,
                                     TraverseCallback, SubjectContext, NULL);
}

static VOID EndWatch(PSYNC Sync, PWATCH Watch) {
    EndWaiting(Sync, Watch, STATUS_NOTIFY_CLEANUP);
    RemoveEntryList(&Watch->Link);
    if (Watch->Subject) {
        SeReleaseSubjectContext(Watch->Subject);
        ExFreePool(Watch->Subject);
    }
    if (Watch->Changes)
        ExFreePoolWithTag(Watch->Changes, FSRTL_NOTIFY_TAG);
    ExFreePoolWithTag(Watch, FSRTL_NOTIFY_TAG);
}

VOID NTAPI FsRtlNotifyCleanup(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext) {
    PSYNC Sync = (PSYNC)NotifySync;
    PWATCH Watch;

    ExAcquireFastMutex(&Sync->Mutex);
    if ((Watch = FindWatch(NotifyList, FsContext)) != NULL)
        EndWatch(Sync, Watch);
    ExReleaseFastMutex(&Sync->Mutex);
}

VOID NTAPI FsRtlNotifyCleanupAll(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList) {
    PSYNC Sync = (PSYNC)NotifySync;

    ExAcquireFastMutex(&Sync->Mutex);
    while (!IsListEmpty(NotifyList))
        EndWatch(Sync, CONTAINING_RECORD(NotifyList->Flink, WATCH, Link));
    ExReleaseFastMutex(&Sync->Mutex);
}

/* ---- Reporting -------------------------------------------------------------------------------------------------------------------------------- */
/* Is Parent the watched directory, or, in a tree, below it? *Below: the way from the one to the other. */
static BOOLEAN IsWatched(PWATCH Watch, PCUNICODE_STRING Parent, PUNICODE_STRING Below) {
    ULONG At = Watch->Directory.Length / sizeof(WCHAR);

    *Below = (UNICODE_STRING){0};
    if (Parent->Length < Watch->Directory.Length || !RtlPrefixUnicodeString(&Watch->Directory, Parent, TRUE))
        return FALSE;
    if (Parent->Length == Watch->Directory.Length)
        return TRUE;
    if (!Watch->WatchTree || Parent->Buffer[At] != L'\\')
        return FALSE;
    Below->Buffer = Parent->Buffer + At + 1;
    Below->Length = Below->MaximumLength = (USHORT)(Parent->Length - Watch->Directory.Length - sizeof(WCHAR));
    return TRUE;
}

static BOOLEAN IsAllowed(PWATCH Watch, PVOID TargetContext, PVOID FilterContext) {
    if (Watch->WatchTree && Watch->Traverse && TargetContext && !Watch->Traverse(Watch->FsContext, TargetContext, Watch->Subject))
        return FALSE;
    return !Watch->Report || !FilterContext || Watch->Report(Watch->FsContext, FilterContext);
}

/* The old name of a rename waits for the new one, so that a request gets the pair. */
VOID NTAPI FsRtlNotifyFilterReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PSTRING FullTargetName, USHORT TargetNameOffset,
                                         PSTRING StreamName, PSTRING NormalizedParentName, ULONG FilterMatch, ULONG Action, PVOID TargetContext,
                                         PVOID FilterContext) {
    PSYNC Sync = (PSYNC)NotifySync;
    UNICODE_STRING Name = TextOf(FullTargetName), Stream = TextOf(StreamName), Parent = Name, Below;

    if (IsListEmpty(NotifyList) || TargetNameOffset > Name.Length)
        return;
    Parent.Length = TargetNameOffset;
    Name.Buffer += TargetNameOffset / sizeof(WCHAR);
    Name.Length -= TargetNameOffset;
    if (NormalizedParentName)
        Parent = TextOf(NormalizedParentName);
    if (Parent.Length && Parent.Buffer[Parent.Length / sizeof(WCHAR) - 1] == L'\\')
        Parent.Length -= sizeof(WCHAR);
    ExAcquireFastMutex(&Sync->Mutex);
    for (PLIST_ENTRY Link = NotifyList->Flink; Link != NotifyList; Link = Link->Flink) {
        PWATCH Watch = CONTAINING_RECORD(Link, WATCH, Link);
        PIRP Irp;
        if (!(Watch->Filter & FilterMatch) || !IsWatched(Watch, &Parent, &Below) || !IsAllowed(Watch, TargetContext, FilterContext))
            continue;
        Record(Watch, Action, &Below, &Name, &Stream);
        if (Action != FILE_ACTION_RENAMED_OLD_NAME && (Irp = IoCsqRemoveNextIrp(&Sync->Queue, Watch)) != NULL)
            Deliver(Watch, Irp);
    }
    ExReleaseFastMutex(&Sync->Mutex);
}

VOID NTAPI FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PSTRING FullTargetName, USHORT TargetNameOffset,
                                       PSTRING StreamName, PSTRING NormalizedParentName, ULONG FilterMatch, ULONG Action, PVOID TargetContext) {
    FsRtlNotifyFilterReportChange(NotifySync, NotifyList, FullTargetName, TargetNameOffset, StreamName, NormalizedParentName, FilterMatch, Action,
                                  TargetContext, NULL);
}

/* Change notification: the library's rules on a list of watches of our own, and the service on drive C:. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTSYSAPI NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                                    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, ULONG CompletionFilter,
                                                    BOOLEAN WatchTree);
NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                                    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, ULONG CompletionFilter,
                                                    BOOLEAN WatchTree);

static PNOTIFY_SYNC Sync;
static LIST_ENTRY List = {&List, &List};
static FILE_OBJECT Directory; /* of the requests: nobody looks inside but for its flags */
static UCHAR Context[3];      /* which handle */
static PIRP Last;
static ULONG Done;
static BOOLEAN Allow;
static PVOID AskedContext, AskedTarget;

static NTSTATUS NTAPI OnDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    Last = Irp;
    Done++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A request at its driver's location, with a buffer of this size; its completion routine above keeps it. */
static PIRP MakeIrp(ULONG Length) {
    PIRP Irp = IoAllocateIrp(2, FALSE);
    PIO_STACK_LOCATION Stack;
    IoSetNextIrpStackLocation(Irp);
    IoSetCompletionRoutine(Irp, OnDone, NULL, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Irp);
    Stack = IoGetCurrentIrpStackLocation(Irp);
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Stack->MajorFunction = IRP_MJ_DIRECTORY_CONTROL;
    Stack->MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
    Stack->FileObject = &Directory;
    Stack->Parameters.NotifyDirectory.Length = Length;
    return Irp;
}

static VOID Free(PIRP Irp) {
    if (Irp->AssociatedIrp.SystemBuffer)
        ExFreePool(Irp->AssociatedIrp.SystemBuffer);
    IoFreeIrp(Irp);
}

static PIRP Watch(ULONG Handle, PCWSTR Path, BOOLEAN Tree, BOOLEAN Ignore, ULONG Filter, ULONG Length) {
    PIRP Irp = MakeIrp(Length);
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Path);
    FsRtlNotifyFullChangeDirectory(Sync, &List, &Context[Handle], (PSTRING)&Name, Tree, Ignore, Filter, Irp, NULL, NULL);
    return Irp;
}

static VOID Report(PCWSTR Path, ULONG Offset, ULONG Filter, ULONG Action) {
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Path);
    FsRtlNotifyFullReportChange(Sync, &List, (PSTRING)&Name, (USHORT)(Offset * sizeof(WCHAR)), NULL, NULL, Filter, Action, NULL);
}

/* Is the record at Entry this one? */
static BOOLEAN Says(PVOID At, ULONG Action, PCWSTR Text) {
    PFILE_NOTIFY_INFORMATION Entry = At;
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Text);
    return Entry->Action == Action && Entry->FileNameLength == Name.Length &&
           RtlCompareMemory(Entry->FileName, Name.Buffer, Name.Length) == Name.Length;
}

static PVOID Next(PVOID At) { return (PUCHAR)At + ((PFILE_NOTIFY_INFORMATION)At)->NextEntryOffset; }

static VOID Waiting(VOID) {
    PIRP Irp = Watch(0, L"\\dir", FALSE, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, 200);
    PUCHAR Out;
    is(Done, 0, "a request waits");
    Report(L"\\dir\\size", 5, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    Report(L"\\other\\file", 7, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    Report(L"\\dir\\sub\\file", 9, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    Report(L"\\directory", 1, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    is(Done, 0, "other changes, other directories, those below");
    Report(L"\\DIR\\file", 5, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    ok(Done == 1 && Last == Irp && Irp->IoStatus.Status == STATUS_SUCCESS, "a file in it, whatever the case");
    Out = Irp->AssociatedIrp.SystemBuffer;
    ok(Out && Irp->IoStatus.Information == 20 && Says(Out, FILE_ACTION_ADDED, L"file") && !((PFILE_NOTIFY_INFORMATION)Out)->NextEntryOffset,
       "its record");
    ok((Irp->Flags & (IRP_BUFFERED_IO | IRP_INPUT_OPERATION)) == (IRP_BUFFERED_IO | IRP_INPUT_OPERATION),
       "in a buffer that the last stage copies to the caller's");
    Free(Irp);

    Report(L"\\dir\\odd", 5, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_REMOVED);
    Report(L"\\dir\\b", 5, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    is(Done, 1, "nobody waits");
    Irp = Watch(0, L"\\dir", FALSE, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, 200);
    Out = Irp->AssociatedIrp.SystemBuffer;
    ok(Done == 2 && Irp->IoStatus.Status == 0 && Says(Out, FILE_ACTION_REMOVED, L"odd"), "the next request gets what has happened");
    ok(((PFILE_NOTIFY_INFORMATION)Out)->NextEntryOffset == 20 && Says(Next(Out), FILE_ACTION_ADDED, L"b") && Irp->IoStatus.Information == 34,
       "one behind the other, at multiples of 4");
    Free(Irp);

    Irp = Watch(0, L"\\dir", FALSE, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, 200);
    Report(L"\\dir\\old", 5, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_RENAMED_OLD_NAME);
    is(Done, 2, "an old name waits");
    Report(L"\\dir\\new", 5, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_RENAMED_NEW_NAME);
    Out = Irp->AssociatedIrp.SystemBuffer;
    ok(Done == 3 && Says(Out, FILE_ACTION_RENAMED_OLD_NAME, L"old") && Says(Next(Out), FILE_ACTION_RENAMED_NEW_NAME, L"new"), "for the new one");
    Free(Irp);
    Irp = Watch(0, L"\\dir", FALSE, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, 200);
    FsRtlNotifyCleanup(Sync, &List, &Context[1]);
    is(Done, 3, "another handle goes");
    FsRtlNotifyCleanup(Sync, &List, &Context[0]);
    ok(Done == 4 && Last == Irp && Irp->IoStatus.Status == STATUS_NOTIFY_CLEANUP && IsListEmpty(&List), "the handle goes");
    Free(Irp);
}

static VOID Overflow(VOID) {
    PIRP Irp = Watch(0, L"\\", TRUE, FALSE, FILE_NOTIFY_CHANGE_SIZE, 30), Ignoring;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\A~1\\x"), Stream = RTL_CONSTANT_STRING(L"s"), Long = RTL_CONSTANT_STRING(L"\\a long");
    Done = 0;
    Report(L"\\ab\\c", 4, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    ok(Done == 1 && Says(Irp->AssociatedIrp.SystemBuffer, FILE_ACTION_MODIFIED, L"ab\\c"), "in a tree names have their way");
    Free(Irp);
    Report(L"\\ab\\first", 4, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    Report(L"\\ab\\second", 4, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    Irp = Watch(0, L"\\", TRUE, FALSE, FILE_NOTIFY_CHANGE_SIZE, 30);
    ok(Done == 2 && Irp->IoStatus.Status == STATUS_NOTIFY_ENUM_DIR && Irp->IoStatus.Information == 0, "more than the buffer holds");
    Free(Irp);
    Irp = Watch(0, L"\\", TRUE, FALSE, FILE_NOTIFY_CHANGE_SIZE, 30);
    is(Done, 2, "is said once");
    FsRtlNotifyFullReportChange(Sync, &List, (PSTRING)&Name, 10, (PSTRING)&Stream, NULL, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED, NULL);
    ok(Says(Irp->AssociatedIrp.SystemBuffer, FILE_ACTION_MODIFIED, L"A~1\\x:s"), "a stream");
    Free(Irp);
    Irp = Watch(0, L"\\", TRUE, FALSE, FILE_NOTIFY_CHANGE_SIZE, 40);
    FsRtlNotifyFullReportChange(Sync, &List, (PSTRING)&Name, 10, NULL, (PSTRING)&Long, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED, NULL);
    ok(Says(Irp->AssociatedIrp.SystemBuffer, FILE_ACTION_MODIFIED, L"a long\\x"), "the parent's normalised name");
    Free(Irp);
    Ignoring = Watch(1, L"\\ab", FALSE, TRUE, FILE_NOTIFY_CHANGE_SIZE, 100);
    Report(L"\\ab\\c", 4, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    is(Ignoring->IoStatus.Status, STATUS_NOTIFY_ENUM_DIR, "a watch without a buffer");
    Free(Ignoring);

    Ignoring = Watch(1, L"\\ab", FALSE, TRUE, FILE_NOTIFY_CHANGE_SIZE, 100);
    Done = 0;
    ok(IoCancelIrp(Ignoring) && Done == 1 && Ignoring->IoStatus.Status == STATUS_CANCELLED, "cancelled");
    Free(Ignoring);
    Ignoring = Watch(1, L"\\ab", FALSE, TRUE, FILE_NOTIFY_CHANGE_SIZE, 100);
    FsRtlNotifyFullChangeDirectory(Sync, &List, &Context[1], NULL, FALSE, FALSE, 0, NULL, NULL, NULL);
    is(Ignoring->IoStatus.Status, STATUS_DELETE_PENDING, "its directory is being deleted");
    Free(Ignoring);
    Directory.Flags = FO_CLEANUP_COMPLETE;
    Irp = Watch(2, L"\\ab", FALSE, FALSE, FILE_NOTIFY_CHANGE_SIZE, 100);
    is(Irp->IoStatus.Status, STATUS_NOTIFY_CLEANUP, "a handle that is closed already");
    Free(Irp);
    Directory.Flags = 0;
    Irp = Watch(2, L"\\ab", FALSE, FALSE, FILE_NOTIFY_CHANGE_SIZE, 100);
    FsRtlNotifyCleanupAll(Sync, &List);
    ok(Irp->IoStatus.Status == STATUS_NOTIFY_CLEANUP && IsListEmpty(&List), "all of a volume");
    Free(Irp);
}

static BOOLEAN NTAPI MayTraverse(PVOID NotifyContext, PVOID TargetContext, PSECURITY_SUBJECT_CONTEXT Subject) {
    AskedContext = NotifyContext;
    AskedTarget = TargetContext;
    return Allow;
}

static BOOLEAN NTAPI MayReport(PVOID NotifyContext, PVOID FilterContext) { return FilterContext == &Allow; }

static VOID Filters(VOID) {
    UNICODE_STRING Root = RTL_CONSTANT_STRING(L"\\"), Name = RTL_CONSTANT_STRING(L"\\d\\f");
    PIRP Irp = MakeIrp(100);
    Done = 0;
    FsRtlNotifyFilterChangeDirectory(Sync, &List, &Context[0], (PSTRING)&Root, TRUE, FALSE, FILE_NOTIFY_CHANGE_SIZE, Irp, MayTraverse, NULL,
                                     MayReport);
    FsRtlNotifyFilterReportChange(Sync, &List, (PSTRING)&Name, 6, NULL, NULL, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED, &Name, &Allow);
    ok(Done == 0 && AskedContext == &Context[0] && AskedTarget == &Name, "who may not go there does not hear of it");
    Allow = TRUE;
    FsRtlNotifyFilterReportChange(Sync, &List, (PSTRING)&Name, 6, NULL, NULL, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED, &Name, &Name);
    is(Done, 0, "nor whose filter says no");
    FsRtlNotifyFilterReportChange(Sync, &List, (PSTRING)&Name, 6, NULL, NULL, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED, &Name, &Allow);
    ok(Done == 1 && Says(Irp->AssociatedIrp.SystemBuffer, FILE_ACTION_MODIFIED, L"d\\f"), "all others do");
    Free(Irp);
    FsRtlNotifyCleanup(Sync, &List, &Context[0]);
}

/* ---- On drive C: ---- */
static HANDLE Open(PCWSTR Path, ULONG Disposition, ULONG Options) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    ZwCreateFile(&Handle, FILE_READ_DATA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 7, Disposition, Options, NULL, 0);
    return Handle;
}

static VOID OnDriveC(VOID) {
    HANDLE Watched = Open(L"\\??\\C:\\watched", FILE_CREATE, FILE_DIRECTORY_FILE), File;
    UCHAR Buffer[256];
    IO_STATUS_BLOCK Iosb = {.Status = 77}, Other;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    PUCHAR At = Buffer;

    STATUS(ZwNotifyChangeDirectoryFile(Watched, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, 0, FALSE), STATUS_INVALID_PARAMETER, "no filter");
    STATUS(ZwNotifyChangeDirectoryFile(Watched, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, 0x1000, FALSE), STATUS_INVALID_PARAMETER,
           "no such filter");
    STATUS(ZwNotifyChangeDirectoryFile(Watched, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer,
                                       FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_SIZE, FALSE),
           STATUS_PENDING, "watched");
    is(Iosb.Status, 77, "nothing happens");
    File = Open(L"\\??\\C:\\watched\\new", FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT);
    STATUS(ZwWaitForSingleObject(Watched, FALSE, NULL), 0, "a file is made");
    ok(Iosb.Status == 0 && Says(At, FILE_ACTION_ADDED, L"new"), "and said");
    ZwWriteFile(File, NULL, NULL, NULL, &Other, "x", 1, &Zero, NULL);
    STATUS(NtNotifyChangeDirectoryFile(Watched, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, FILE_NOTIFY_CHANGE_SIZE, FALSE), STATUS_PENDING,
           "its first byte");
    ok(Iosb.Status == 0 && Says(At, FILE_ACTION_MODIFIED, L"new"), "was said before it was asked for");
    ZwClose(File);
    STATUS(ZwNotifyChangeDirectoryFile(Open(L"\\??\\C:\\watched\\new", FILE_OPEN, 0), NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, 1, FALSE),
           STATUS_INVALID_PARAMETER, "a file is not watched");
    Iosb.Status = 77;
    STATUS(ZwNotifyChangeDirectoryFile(Watched, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, FILE_NOTIFY_CHANGE_SIZE, FALSE), STATUS_PENDING,
           "again");
    ZwClose(Watched);
    is(Iosb.Status, STATUS_NOTIFY_CLEANUP, "the handle is closed");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    FsRtlNotifyInitializeSync(&Sync);
    ok(Sync != NULL, "what guards a volume's watches");
    Waiting();
    Overflow();
    Filters();
    FsRtlNotifyUninitializeSync(&Sync);
    ok(Sync == NULL, "is gone");
    OnDriveC();
}

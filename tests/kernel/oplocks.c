/* Opportunistic locks, by a file system that has one file: every request asks the library first. */
#include "kernel/more.h"

NTSTATUS NTAPI FsRtlCheckOplockEx(POPLOCK, PIRP, ULONG, PVOID, POPLOCK_WAIT_COMPLETE_ROUTINE, POPLOCK_FS_PREPOST_IRP);
NTSTATUS NTAPI FsRtlOplockBreakToNone(POPLOCK, PIO_STACK_LOCATION, PIRP, PVOID, POPLOCK_WAIT_COMPLETE_ROUTINE, POPLOCK_FS_PREPOST_IRP);
BOOLEAN NTAPI FsRtlCurrentOplock(POPLOCK);
NTSTATUS NTAPI ZwCancelIoFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwLockFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PLARGE_INTEGER, PLARGE_INTEGER, ULONG, BOOLEAN, BOOLEAN);

#define FSCTL_TO_NONE CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)

static OPLOCK Oplock;
static ULONG Handles, Locks, Posted;

/* ---- The file system ---- */

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Done(PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Irp->IoStatus.Information = Stack->MajorFunction == IRP_MJ_READ || Stack->MajorFunction == IRP_MJ_WRITE ? Stack->Parameters.Read.Length : 0;
    return Complete(Irp, STATUS_SUCCESS);
}

static VOID Prepare(PVOID Context, PIRP Irp) {
    Posted++;
    IoMarkIrpPending(Irp);
}

static VOID Resume(PVOID Context, PIRP Irp) {
    if (NT_SUCCESS(Irp->IoStatus.Status))
        Done(Irp);
    else
        Complete(Irp, Irp->IoStatus.Status);
}

static NTSTATUS Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN Create = Stack->MajorFunction == IRP_MJ_CREATE;
    ULONG Code = Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL ? Stack->Parameters.FileSystemControl.FsControlCode : 0;
    NTSTATUS Status;
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_CLEANUP)
        Handles--;
    if (Stack->MajorFunction == IRP_MJ_CLOSE)
        return Complete(Irp, STATUS_SUCCESS);
    if (Code == FSCTL_TO_NONE)
        Status = FsRtlOplockBreakToNone(&Oplock, NULL, Irp, NULL, Resume, Prepare);
    else if (Code != 0)
        return FsRtlOplockFsctrl(&Oplock, Irp, Code == FSCTL_REQUEST_OPLOCK_LEVEL_2 ? Locks : Handles);
    else if (Create)
        Status = FsRtlCheckOplock(&Oplock, Irp, NULL, NULL, NULL);
    else
        Status = FsRtlCheckOplockEx(&Oplock, Irp, 0, NULL, Resume, Prepare);
    if (Status == STATUS_PENDING)
        return Status;
    if (Create && NT_SUCCESS(Status))
        Handles++;
    return Status == STATUS_SUCCESS ? Done(Irp) : Complete(Irp, Status);
}

/* ---- Its users ---- */

typedef struct _REQUEST {
    HANDLE Event;
    IO_STATUS_BLOCK Io;
} REQUEST;
static REQUEST Lock, Other, Third;

static NTSTATUS OpenFile(PHANDLE File, ACCESS_MASK Access, ULONG Disposition, ULONG Options) {
    IO_STATUS_BLOCK Io;
    *File = NULL;
    return ZwCreateFile(File, Access, Named(U("\\Device\\Oplocks\\file")), &Io, NULL, 0, 7, Disposition, Options, NULL, 0);
}
#define READ_WRITE (FILE_READ_DATA | FILE_WRITE_DATA)

static NTSTATUS Control(HANDLE File, REQUEST *Request, ULONG Code) {
    Request->Io.Status = STATUS_PENDING;
    Request->Io.Information = 0;
    return ZwFsControlFile(File, Request->Event, NULL, NULL, &Request->Io, Code, NULL, 0, NULL, 0);
}
static NTSTATUS Transfer(HANDLE File, REQUEST *Request, BOOLEAN Write) {
    static CHAR Byte;
    LARGE_INTEGER Start = {.QuadPart = 0};
    Request->Io.Status = STATUS_PENDING;
    return (Write ? ZwWriteFile : ZwReadFile)(File, Request->Event, NULL, NULL, &Request->Io, &Byte, 1, &Start, NULL);
}
static NTSTATUS Resize(HANDLE File) {
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = 5};
    IO_STATUS_BLOCK Io;
    return ZwSetInformationFile(File, &Io, &End, sizeof End, FileEndOfFileInformation);
}
static BOOLEAN IsOver(const REQUEST *Request, NTSTATUS Status, ULONG_PTR Information) {
    LARGE_INTEGER Soon = {.QuadPart = -100000};
    return ZwWaitForSingleObject(Request->Event, FALSE, &Soon) == STATUS_SUCCESS && Request->Io.Status == Status &&
           Request->Io.Information == Information;
}

static VOID TestGranting(VOID) {
    HANDLE One, Two, Synchronous;
    OpenFile(&One, READ_WRITE, FILE_OPEN, 0);
    ok(!FsRtlCurrentOplock(&Oplock) && !FsRtlCurrentBatchOplock(&Oplock) && FsRtlOplockIsFastIoPossible(&Oplock), "no oplock");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_INVALID_OPLOCK_PROTOCOL, "nothing to be acknowledged");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_NOTIFY), 0, "nothing to wait for");
    STATUS(Control(One, &Lock, CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0x901, 0, 0)), STATUS_INVALID_PARAMETER, "no request for oplocks");
    STATUS(Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING, "level 1");
    ok(FsRtlCurrentOplock(&Oplock) && !FsRtlCurrentBatchOplock(&Oplock) && FsRtlOplockIsFastIoPossible(&Oplock), "is an oplock, but no batch oplock");
    STATUS(Control(One, &Other, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_OPLOCK_NOT_GRANTED, "no second one beside it");
    STATUS(ZwCancelIoFile(One, &Other.Io), 0, "the request is cancelled");
    ok(IsOver(&Lock, STATUS_CANCELLED, 0) && !FsRtlCurrentOplock(&Oplock), "and the oplock gone");
    STATUS(Control(One, &Lock, FSCTL_REQUEST_BATCH_OPLOCK), STATUS_PENDING, "batch");
    ok(FsRtlCurrentBatchOplock(&Oplock), "FsRtlCurrentBatchOplock");
    ZwClose(One);
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE) && !FsRtlCurrentOplock(&Oplock), "it goes with its handle");

    OpenFile(&One, READ_WRITE, FILE_OPEN, 0);
    OpenFile(&Two, READ_WRITE, FILE_OPEN, 0);
    OpenFile(&Synchronous, READ_WRITE | SYNCHRONIZE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT);
    STATUS(Control(One, &Lock, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_OPLOCK_NOT_GRANTED, "an exclusive one needs the only handle");
    STATUS(Control(Synchronous, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_OPLOCK_NOT_GRANTED, "a synchronous handle has none");
    Locks = 1;
    STATUS(Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_OPLOCK_NOT_GRANTED, "none of level 2 where bytes are locked");
    Locks = 0;
    STATUS(Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_PENDING, "level 2");
    STATUS(Control(Two, &Other, FSCTL_REQUEST_OPLOCK_LEVEL_2), STATUS_PENDING, "of two");
    ok(!FsRtlOplockIsFastIoPossible(&Oplock), "a write has to break them first");
    STATUS(Transfer(One, &Third, FALSE), 0, "a read");
    ok(FsRtlCurrentOplock(&Oplock), "breaks nothing");
    STATUS(Transfer(One, &Third, TRUE), 0, "a write goes on at once");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE) && IsOver(&Other, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE),
       "and breaks both, also its own");
    Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_2);
    ZwClose(Two);
    ZwClose(Synchronous);
    STATUS(Control(One, &Other, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING, "level 1 of who has level 2");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE), "which ends with that");
    ZwClose(One);
}

static VOID TestBreaking(VOID) {
    HANDLE One, Two, Looks;
    OpenFile(&One, READ_WRITE, FILE_OPEN, 0);
    Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_1);
    STATUS(OpenFile(&Looks, FILE_READ_ATTRIBUTES, FILE_OPEN, 0), 0, "an open for attributes breaks nothing");
    STATUS(Transfer(One, &Third, TRUE), 0, "nor does its holder's write");
    STATUS(OpenFile(&Two, FILE_READ_DATA, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED), STATUS_OPLOCK_BREAK_IN_PROGRESS, "FILE_COMPLETE_IF_OPLOCKED");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_LEVEL_2), "its holder is told: to level 2");
    ok(!FsRtlOplockIsFastIoPossible(&Oplock), "it breaks");
    Posted = 0;
    STATUS(Transfer(Looks, &Third, FALSE), STATUS_PENDING, "a read waits for the acknowledgment");
    STATUS(Control(Looks, &Other, FSCTL_OPLOCK_BREAK_NOTIFY), STATUS_PENDING, "so does who asks for that");
    is(Posted, 1, "the read was posted");
    STATUS(Control(Looks, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_INVALID_OPLOCK_PROTOCOL, "which is its holder's");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), STATUS_PENDING, "who has level 2 with that");
    ok(IsOver(&Third, STATUS_SUCCESS, 1) && IsOver(&Other, STATUS_SUCCESS, 0), "and the others go on");
    STATUS(Resize(Looks), 0, "another size");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE), "breaks level 2");
    if (Two)
        ZwClose(Two);
    ZwClose(Looks);
    Handles = 1;

    Control(One, &Lock, FSCTL_REQUEST_BATCH_OPLOCK);
    OpenFile(&Looks, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
    STATUS(Transfer(Looks, &Third, FALSE), STATUS_PENDING, "a read of a batch oplock's file");
    STATUS(Transfer(Looks, &Other, TRUE), STATUS_PENDING, "and a write, which wants more");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_LEVEL_2), "its holder hears of the first");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), 0, "and of the second when it acknowledges");
    is(Lock.Io.Information, FILE_OPLOCK_BROKEN_TO_NONE, "there is nothing left");
    ok(IsOver(&Third, STATUS_SUCCESS, 1) && IsOver(&Other, STATUS_SUCCESS, 1) && !FsRtlCurrentOplock(&Oplock), "both go on");
    ZwClose(Looks);

    Control(One, &Lock, FSCTL_REQUEST_BATCH_OPLOCK);
    OpenFile(&Looks, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
    STATUS(Transfer(Looks, &Third, FALSE), STATUS_PENDING, "a read");
    STATUS(Control(One, &Lock, FSCTL_OPBATCH_ACK_CLOSE_PENDING), 0, "the holder will close its handle");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACK_NO_2), STATUS_INVALID_OPLOCK_PROTOCOL, "and says no more");
    ok(!IsOver(&Third, STATUS_SUCCESS, 1), "the read waits for that");
    ZwClose(One);
    ok(IsOver(&Third, STATUS_SUCCESS, 1), "and goes on then");
    ZwClose(Looks);

    OpenFile(&One, READ_WRITE, FILE_OPEN, 0);
    STATUS(Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_1), STATUS_PENDING, "level 1");
    OpenFile(&Looks, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
    Transfer(Looks, &Third, FALSE);
    STATUS(Control(One, &Lock, FSCTL_OPBATCH_ACK_CLOSE_PENDING), STATUS_INVALID_OPLOCK_PROTOCOL, "is acknowledged otherwise");
    STATUS(ZwCancelIoFile(Looks, &Other.Io), 0, "who waits gives up");
    ok(IsOver(&Third, STATUS_CANCELLED, 0), "and is cancelled");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACK_NO_2), 0, "FSCTL_OPLOCK_BREAK_ACK_NO_2");
    ok(!FsRtlCurrentOplock(&Oplock), "leaves nothing");
    Handles = 1;
    Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_1);
    STATUS(Control(Looks, &Third, FSCTL_TO_NONE), STATUS_PENDING, "FsRtlOplockBreakToNone");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE), "breaks what there is");
    Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
    ok(IsOver(&Third, STATUS_SUCCESS, 0), "and goes on");
    ZwClose(Looks);
    ZwClose(One);
    Handles = 0;
}

static VOID TestFilter(VOID) {
    HANDLE One, Two = NULL;
    LARGE_INTEGER Zero = {.QuadPart = 0}, Bytes = {.QuadPart = 1};
    OpenFile(&One, FILE_READ_DATA, FILE_OPEN, 0);
    STATUS(Control(One, &Lock, FSCTL_REQUEST_FILTER_OPLOCK), STATUS_PENDING, "a filter oplock");
    ok(FsRtlCurrentBatchOplock(&Oplock), "counts as a batch oplock");
    STATUS(OpenFile(&Two, FILE_READ_DATA, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED), 0, "who reads may come");
    STATUS(Transfer(Two, &Third, FALSE), 0, "and read");
    STATUS(ZwLockFile(Two, NULL, NULL, NULL, &Other.Io, &Zero, &Bytes, 0, TRUE, FALSE), 0, "and lock bytes");
    STATUS(Transfer(Two, &Third, TRUE), STATUS_PENDING, "who writes");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE), "breaks it");
    STATUS(Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE), 0, "acknowledged");
    ok(IsOver(&Third, STATUS_SUCCESS, 1), "the write goes on");
    ZwClose(Two);
    Handles = 1;
    Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_1);
    STATUS(OpenFile(&Two, FILE_READ_DATA, FILE_OVERWRITE, FILE_COMPLETE_IF_OPLOCKED), STATUS_OPLOCK_BREAK_IN_PROGRESS, "overwriting");
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE), "breaks level 1 to nothing");
    if (Two)
        ZwClose(Two);
    ZwClose(One);
    Handles = 0;
}

/* ---- Who waits in its own thread ---- */

static VOID Opener(PVOID Status) {
    HANDLE File;
    *(NTSTATUS *)Status = OpenFile(&File, FILE_READ_DATA, FILE_OPEN, 0);
    if (File)
        ZwClose(File);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestBlocking(VOID) {
    LARGE_INTEGER Soon = {.QuadPart = -100000};
    NTSTATUS Status = STATUS_PENDING;
    HANDLE One, Thread;
    OpenFile(&One, READ_WRITE, FILE_OPEN, 0);
    Control(One, &Lock, FSCTL_REQUEST_OPLOCK_LEVEL_1);
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Opener, &Status);
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_LEVEL_2), "an open breaks level 1");
    STATUS(ZwWaitForSingleObject(Thread, FALSE, &Soon), STATUS_TIMEOUT, "and waits");
    Control(One, &Lock, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
    STATUS(ZwWaitForSingleObject(Thread, FALSE, NULL), STATUS_SUCCESS, "until that is acknowledged");
    STATUS(Status, 0, "then the file is open");
    ok(FsRtlCurrentOplock(&Oplock), "and level 2 is what there is");
    ZwClose(Thread);
    FsRtlUninitializeOplock(&Oplock);
    ok(IsOver(&Lock, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE) && Oplock == NULL, "FsRtlUninitializeOplock ends what there is");
    ZwClose(One);
}

static VOID RunTests(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    static const UCHAR Majors[] = {IRP_MJ_CREATE, IRP_MJ_CLEANUP,      IRP_MJ_CLOSE,           IRP_MJ_READ,
                                   IRP_MJ_WRITE,  IRP_MJ_LOCK_CONTROL, IRP_MJ_SET_INFORMATION, IRP_MJ_FILE_SYSTEM_CONTROL};
    REQUEST *Requests[] = {&Lock, &Other, &Third};
    PDEVICE_OBJECT Device;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Majors); Index++)
        Driver->MajorFunction[Majors[Index]] = Dispatch;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Requests); Index++)
        ZwCreateEvent(&Requests[Index]->Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    IoCreateDevice(Driver, 0, U("\\Device\\Oplocks"), FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Device);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Oplock = (PVOID)1;
    FsRtlInitializeOplock(&Oplock);
    is(Oplock, NULL, "FsRtlInitializeOplock");
    TestGranting();
    TestBreaking();
    TestFilter();
    TestBlocking();
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Requests); Index++)
        ZwClose(Requests[Index]->Event);
    IoDeleteDevice(Device);
}

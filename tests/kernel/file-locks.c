/* Byte-range locks: the library's own rules on a FILE_LOCK, and the services on a file of drive C:. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static FILE_LOCK Lock;
static FILE_OBJECT One, Other; /* owners: nobody looks inside */
static ULONG Completed, Unlocked;
static NTSTATUS LastStatus, Verdict;
static PVOID LastContext;
static LARGE_INTEGER LastUnlocked;
static UCHAR SharedContext;

static LARGE_INTEGER Number(LONGLONG Value) { return (LARGE_INTEGER){.QuadPart = Value}; }

static NTSTATUS NTAPI OnComplete(PVOID Context, PIRP Irp) {
    Completed++;
    LastStatus = Irp->IoStatus.Status;
    LastContext = Context;
    return LastStatus == STATUS_SUCCESS ? Verdict : LastStatus;
}

static VOID NTAPI OnUnlock(PVOID Context, PFILE_LOCK_INFO Info) {
    Unlocked++;
    LastContext = Context;
    LastUnlocked = Info->StartingByte;
}

/* 0xFFFFFFFF: FALSE, it would have to wait. */
static NTSTATUS Try(PFILE_OBJECT File, LONGLONG Offset, LONGLONG Length, ULONG Key, BOOLEAN Fail, BOOLEAN Exclusive) {
    LARGE_INTEGER At = Number(Offset), Size = Number(Length);
    IO_STATUS_BLOCK Iosb;
    return FsRtlFastLock(&Lock, File, &At, &Size, PsGetCurrentProcess(), Key, Fail, Exclusive, &Iosb, NULL, FALSE) ? Iosb.Status : (NTSTATUS)-1;
}

static NTSTATUS Undo(PFILE_OBJECT File, LONGLONG Offset, LONGLONG Length, ULONG Key) {
    LARGE_INTEGER At = Number(Offset), Size = Number(Length);
    return FsRtlFastUnlockSingle(&Lock, File, &At, &Size, PsGetCurrentProcess(), Key, NULL, FALSE);
}

static BOOLEAN May(PFILE_OBJECT File, LONGLONG Offset, LONGLONG Length, BOOLEAN Write) {
    LARGE_INTEGER At = Number(Offset), Size = Number(Length);
    return Write ? FsRtlFastCheckLockForWrite(&Lock, &At, &Size, 0, File, PsGetCurrentProcess())
                 : FsRtlFastCheckLockForRead(&Lock, &At, &Size, 0, File, PsGetCurrentProcess());
}

static VOID Rules(VOID) {
    FsRtlInitializeFileLock(&Lock, NULL, OnUnlock);
    ok(!FsRtlAreThereCurrentFileLocks(&Lock) && !FsRtlAreThereCurrentOrInProgressFileLocks(&Lock), "no locks");
    STATUS(Undo(&One, 0, 1, 0), STATUS_RANGE_NOT_LOCKED, "nothing to unlock");
    STATUS(Try(&One, 100, 50, 0, TRUE, TRUE), 0, "an exclusive lock");
    ok(FsRtlAreThereCurrentFileLocks(&Lock) && FsRtlAreThereCurrentOrInProgressFileLocks(&Lock), "now there are");
    STATUS(Try(&Other, 149, 1, 0, TRUE, FALSE), STATUS_LOCK_NOT_GRANTED, "others get none on its last byte");
    STATUS(Try(&Other, 99, 2, 0, FALSE, FALSE), -1, "and would have to wait on its first");
    STATUS(Try(&Other, 150, 10, 0, TRUE, TRUE), 0, "but on the byte behind it");
    STATUS(Try(&One, 120, 1, 0, TRUE, TRUE), STATUS_LOCK_NOT_GRANTED, "exclusive locks do not overlap, whosever they are");
    STATUS(Try(&One, 100, 50, 0, TRUE, FALSE), 0, "its owner's shared one may");
    STATUS(Try(&One, 100, 50, 7, TRUE, FALSE), STATUS_LOCK_NOT_GRANTED, "not with another key");
    ok(May(&One, 100, 10, FALSE) && !May(&One, 100, 10, TRUE) && !May(&Other, 100, 10, FALSE), "then only the owner reads, and nobody writes");
    STATUS(Undo(&One, 100, 49, 0), STATUS_RANGE_NOT_LOCKED, "a part cannot be unlocked");
    STATUS(Undo(&One, 100, 50, 7), STATUS_RANGE_NOT_LOCKED, "nor with another key");
    STATUS(Undo(&Other, 100, 50, 0), STATUS_RANGE_NOT_LOCKED, "nor by another file");
    STATUS(Undo(&One, 100, 50, 0), 0, "the exclusive one goes first");
    ok(Unlocked == 1 && LastUnlocked.QuadPart == 100, "the routine is told");
    ok(May(&Other, 100, 10, FALSE) && !May(&One, 100, 10, TRUE), "a shared one lets all read and none write");
    STATUS(Try(&Other, 110, 10, 0, TRUE, FALSE), 0, "shared locks overlap");
    STATUS(Undo(&One, 100, 50, 0), 0, "the shared one is the second");
    ok(!May(&Other, 115, 1, TRUE) && May(&Other, 120, 1, TRUE) && May(&One, 109, 1, TRUE), "others are as they were");
    STATUS(Undo(&Other, 110, 10, 0), 0, "unlocked");
    STATUS(Undo(&Other, 150, 10, 0), 0, "the last");
    ok(!FsRtlAreThereCurrentFileLocks(&Lock), "none is left");

    STATUS(Try(&One, 10, 0, 0, TRUE, TRUE), 0, "a lock of no bytes");
    STATUS(Try(&Other, 10, 5, 0, TRUE, TRUE), 0, "stands in nobody's way at its side");
    STATUS(Try(&One, 12, 0, 0, TRUE, FALSE), STATUS_LOCK_NOT_GRANTED, "nobody gets one inside of another's");
    STATUS(Try(&One, 0, 0, 0, TRUE, TRUE), 0, "0, 0 meets nothing");
    STATUS(Try(&One, -1, 2, 0, TRUE, TRUE), STATUS_INVALID_LOCK_RANGE, "a range ends before 2^64");
    STATUS(Try(&One, -1, 1, 0, TRUE, TRUE), 0, "the last byte that there can be");
    ok(May(&One, 12, 0, TRUE), "an access of no bytes is always granted");
}

static VOID Walk(VOID) {
    PFILE_LOCK_INFO Info;
    ULONG Count = 0, Sum = 0;
    for (Info = FsRtlGetNextFileLock(&Lock, TRUE); Info != NULL; Info = FsRtlGetNextFileLock(&Lock, FALSE)) {
        Count++;
        Sum += (ULONG)Info->StartingByte.LowPart;
    }
    is(Count, 4, "four locks");
    is(Sum, 10u + 10 + 0 + 0xFFFFFFFF, "of these");
    Info = FsRtlGetNextFileLock(&Lock, TRUE);
    ok(Info != NULL && Info->StartingByte.QuadPart == 0 && Info->ExclusiveLock && Info->FileObject == &One &&
           Info->ProcessId == PsGetCurrentProcess(),
       "the first, and whose");
    STATUS(Undo(&One, 0, 0, 0), 0, "it goes");
    Info = FsRtlGetNextFileLock(&Lock, FALSE);
    ok(Info != NULL && Info->StartingByte.QuadPart == 10, "and the walk goes on behind it");
    Unlocked = 0;
    STATUS(FsRtlFastUnlockAll(&Lock, &One, PsGetCurrentProcess(), &SharedContext), 0, "all of one file's");
    ok(Unlocked == 2 && LastContext == &SharedContext, "are two");
    STATUS(Try(&Other, 1000, 1, 5, TRUE, TRUE), 0, "one with a key");
    STATUS(FsRtlFastUnlockAllByKey(&Lock, &Other, PsGetCurrentProcess(), 5, NULL), 0, "all with that key");
    ok(FsRtlGetNextFileLock(&Lock, TRUE)->StartingByte.QuadPart == 10 && FsRtlGetNextFileLock(&Lock, FALSE) == NULL, "leaves the one without");
    FsRtlUninitializeFileLock(&Lock);
    ok(!FsRtlAreThereCurrentFileLocks(&Lock) && FsRtlGetNextFileLock(&Lock, TRUE) == NULL, "an uninitialised one has none");
    STATUS(FsRtlFastUnlockAll(&Lock, &One, PsGetCurrentProcess(), NULL), STATUS_RANGE_NOT_LOCKED, "and nothing to unlock");
}

/* ---- Requests ---- */
static PIRP MakeIrp(UCHAR Minor, PFILE_OBJECT File, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, UCHAR Flags) {
    PIRP Irp = IoAllocateIrp(1, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Stack->MajorFunction = IRP_MJ_LOCK_CONTROL;
    Stack->MinorFunction = Minor;
    Stack->FileObject = File;
    Stack->Flags = Flags;
    Stack->Parameters.LockControl.ByteOffset = *Offset;
    Stack->Parameters.LockControl.Length = Length;
    IoSetNextIrpStackLocation(Irp);
    return Irp;
}

static VOID Requests(VOID) {
    LARGE_INTEGER Zero = Number(0), Ten = Number(10);
    PFILE_LOCK Own = FsRtlAllocateFileLock(OnComplete, NULL);
    PIRP First = MakeIrp(IRP_MN_LOCK, &One, &Zero, &Ten, SL_EXCLUSIVE_LOCK), Wait1 = MakeIrp(IRP_MN_LOCK, &Other, &Zero, &Ten, SL_EXCLUSIVE_LOCK),
         Wait2 = MakeIrp(IRP_MN_LOCK, &Other, &Zero, &Ten, 0), Fail = MakeIrp(IRP_MN_LOCK, &Other, &Zero, &Ten, SL_FAIL_IMMEDIATELY),
         Unlock = MakeIrp(IRP_MN_UNLOCK_SINGLE, &One, &Zero, &Ten, 0), Access = MakeIrp(0, &Other, &Zero, &Ten, 0);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Access);
    Stack->Parameters.Read.Length = 1;
    Stack->Parameters.Read.Key = 0;
    Stack->Parameters.Read.ByteOffset = Zero;

    ok(Own != NULL && !FsRtlAreThereCurrentFileLocks(Own), "a FILE_LOCK of the library's");
    ok(FsRtlCheckLockForReadAccess(Own, Access) && FsRtlCheckLockForWriteAccess(Own, Access), "which forbids nothing");
    STATUS(FsRtlProcessFileLock(Own, First, &SharedContext), 0, "a request for a lock");
    ok(Completed == 1 && LastStatus == 0 && LastContext == &SharedContext, "is completed by the file system's routine");
    ok(!FsRtlCheckLockForReadAccess(Own, Access) && !FsRtlCheckLockForWriteAccess(Own, Access), "others neither read nor write");
    STATUS(FsRtlProcessFileLock(Own, Fail, NULL), STATUS_LOCK_NOT_GRANTED, "one that does not wait");
    ok(Completed == 2 && LastStatus == STATUS_LOCK_NOT_GRANTED, "completed so");
    STATUS(FsRtlProcessFileLock(Own, Wait1, NULL), STATUS_PENDING, "one that waits");
    STATUS(FsRtlProcessFileLock(Own, Wait2, &SharedContext), STATUS_PENDING, "and another");
    ok(Completed == 2 && FsRtlAreThereCurrentOrInProgressFileLocks(Own), "nothing happens");
    ok(IoCancelIrp(Wait1) && Completed == 3 && LastStatus == STATUS_CANCELLED, "the first is cancelled");
    Verdict = STATUS_SUCCESS;
    STATUS(FsRtlProcessFileLock(Own, Unlock, NULL), 0, "the lock goes");
    ok(Completed == 5 && !FsRtlCheckLockForWriteAccess(Own, Access) && FsRtlCheckLockForReadAccess(Own, Access), "and the second has its own");
    IoGetCurrentIrpStackLocation(Unlock)->MinorFunction = IRP_MN_UNLOCK_ALL;
    IoGetCurrentIrpStackLocation(Unlock)->FileObject = &Other;
    STATUS(FsRtlProcessFileLock(Own, Unlock, NULL), 0, "all of that file's go");
    ok(FsRtlCheckLockForWriteAccess(Own, Access), "so that all may write");
    IoGetCurrentIrpStackLocation(Unlock)->MinorFunction = 99;
    STATUS(FsRtlProcessFileLock(Own, Unlock, NULL), STATUS_INVALID_DEVICE_REQUEST, "no such minor function");
    Verdict = STATUS_INSUFFICIENT_RESOURCES;
    STATUS(FsRtlProcessFileLock(Own, First, NULL), STATUS_INSUFFICIENT_RESOURCES, "the routine refuses a lock");
    ok(!FsRtlAreThereCurrentFileLocks(Own), "which is taken back");
    Verdict = STATUS_SUCCESS;
    FsRtlProcessFileLock(Own, First, NULL);
    Wait2->Cancel = FALSE;
    FsRtlProcessFileLock(Own, Wait2, NULL);
    Completed = 0;
    FsRtlFreeFileLock(Own);
    ok(Completed == 1 && LastStatus == STATUS_RANGE_NOT_LOCKED, "whoever waits for a lock that is freed");
    PIRP All[] = {First, Wait1, Wait2, Fail, Unlock, Access};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(All); Index++)
        IoFreeIrp(All[Index]);
}

/* ---- On drive C: ---- */
static HANDLE Open(ULONG Options) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\locked.txt");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE File = NULL;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    STATUS(ZwCreateFile(&File, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        FILE_OPEN_IF, Options, NULL, 0),
           0, "locked.txt");
    return File;
}

static VOID Services(VOID) {
    LARGE_INTEGER Zero = Number(0), Ten = Number(10);
    IO_STATUS_BLOCK Iosb, Pending = {.Status = 77};
    HANDLE File = Open(FILE_SYNCHRONOUS_IO_NONALERT), Second = Open(FILE_SYNCHRONOUS_IO_NONALERT), Third = Open(0);
    PFILE_OBJECT Object;
    UCHAR Text[16] = "0123456789";

    ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL);
    STATUS(ZwWriteFile(File, NULL, NULL, NULL, &Iosb, Text, 10, &Zero, NULL), 0, "ten bytes");
    ok(!Object->LockOperation, "never locked");
    STATUS(ZwLockFile(File, NULL, NULL, NULL, &Iosb, &Zero, &Ten, 0, TRUE, TRUE), 0, "ZwLockFile");
    ok(Object->LockOperation, "LockOperation");
    ObDereferenceObject(Object);
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, Text, 10, &Zero, NULL), 0, "its owner reads");
    STATUS(ZwReadFile(Second, NULL, NULL, NULL, &Iosb, Text, 1, &Zero, NULL), STATUS_FILE_LOCK_CONFLICT, "another handle does not");
    STATUS(ZwWriteFile(Second, NULL, NULL, NULL, &Iosb, Text, 1, &Zero, NULL), STATUS_FILE_LOCK_CONFLICT, "nor writes");
    STATUS(ZwWriteFile(Second, NULL, NULL, NULL, &Iosb, Text, 1, &Ten, NULL), 0, "but behind it");
    STATUS(ZwLockFile(Second, NULL, NULL, NULL, &Iosb, &Zero, &Ten, 0, TRUE, FALSE), STATUS_LOCK_NOT_GRANTED, "nor gets a lock");
    STATUS(ZwUnlockFile(Second, &Iosb, &Zero, &Ten, 0), STATUS_RANGE_NOT_LOCKED, "nor takes this one away");
    STATUS(NtLockFile(Third, NULL, NULL, NULL, &Pending, &Zero, &Ten, 0, FALSE, FALSE), STATUS_PENDING, "one that waits");
    is(Pending.Status, 77, "and goes on waiting");
    STATUS(NtUnlockFile(File, &Iosb, &Zero, &Ten, 0), 0, "until the lock goes");
    STATUS(ZwWaitForSingleObject(Third, FALSE, NULL), 0, "its file is set");
    is(Pending.Status, 0, "it has it");
    STATUS(ZwWriteFile(File, NULL, NULL, NULL, &Iosb, Text, 1, &Zero, NULL), STATUS_FILE_LOCK_CONFLICT, "a shared lock keeps all from writing");
    ZwClose(Third);
    STATUS(ZwWriteFile(File, NULL, NULL, NULL, &Iosb, Text, 1, &Zero, NULL), 0, "and ends with its handle");
    Ten = Number(-1);
    STATUS(ZwLockFile(File, NULL, NULL, NULL, &Iosb, &Ten, &Ten, 0, TRUE, TRUE), STATUS_INVALID_LOCK_RANGE, "too long");
    ZwClose(File);
    ZwClose(Second);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Rules();
    Walk();
    Requests();
    Services();
}

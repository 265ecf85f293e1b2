/* Fast I/O: when a driver's table is asked, and when the IRP comes all the same; the library's functions that ask it. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static FAST_IO_DISPATCH Table;
static ULONG Fast, Slow, Acquired, Released;
static BOOLEAN Answers;
static NTSTATUS Verdict;
static LONGLONG FastOffset;
static UCHAR Key, CacheMap;
static struct {
    FSRTL_COMMON_FCB_HEADER Header;
    ERESOURCE Resource;
} Fcb;

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_CREATE)
        Stack->FileObject->FsContext = &Fcb;
    else if (Stack->MajorFunction != IRP_MJ_CLEANUP && Stack->MajorFunction != IRP_MJ_CLOSE)
        Slow++;
    if (Stack->MajorFunction == IRP_MJ_QUERY_INFORMATION && Stack->Parameters.QueryFile.FileInformationClass == FileStandardInformation) {
        ((PFILE_STANDARD_INFORMATION)Irp->AssociatedIrp.SystemBuffer)->EndOfFile.QuadPart = 555;
        Irp->IoStatus.Information = sizeof(FILE_STANDARD_INFORMATION);
    } else {
        Irp->IoStatus.Information = 0;
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static BOOLEAN Answer(PIO_STATUS_BLOCK Iosb, ULONG_PTR Information) {
    Fast++;
    Iosb->Status = Verdict;
    Iosb->Information = Information;
    return Answers;
}

static BOOLEAN NTAPI FastRead(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                              PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    FastOffset = Offset->QuadPart;
    Key = (UCHAR)LockKey;
    *(PUCHAR)Buffer = 'f';
    return Wait && Answer(Iosb, 1);
}
static BOOLEAN NTAPI FastWrite(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                               PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    FastOffset = Offset->QuadPart;
    return Answer(Iosb, Length);
}
static BOOLEAN NTAPI FastBasic(PFILE_OBJECT File, BOOLEAN Wait, PFILE_BASIC_INFORMATION Out, PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    Out->FileAttributes = 1;
    return Answer(Iosb, sizeof *Out);
}
static BOOLEAN NTAPI FastStandard(PFILE_OBJECT File, BOOLEAN Wait, PFILE_STANDARD_INFORMATION Out, PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    Out->EndOfFile.QuadPart = 99;
    Out->Directory = Verdict == STATUS_SUCCESS && CacheMap;
    return Answer(Iosb, sizeof *Out);
}
static BOOLEAN NTAPI FastNetwork(PFILE_OBJECT File, BOOLEAN Wait, PFILE_NETWORK_OPEN_INFORMATION Out, PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    Out->EndOfFile.QuadPart = 98;
    return Answer(Iosb, sizeof *Out);
}
static BOOLEAN NTAPI FastLock(PFILE_OBJECT File, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, PEPROCESS Process, ULONG LockKey,
                              BOOLEAN FailImmediately, BOOLEAN Exclusive, PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    FastOffset = Offset->QuadPart;
    return FailImmediately && !Exclusive && Process == PsGetCurrentProcess() && Answer(Iosb, 0);
}
static BOOLEAN NTAPI FastUnlock(PFILE_OBJECT File, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, PEPROCESS Process, ULONG LockKey,
                                PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) {
    return Answer(Iosb, 0);
}
static BOOLEAN NTAPI FastUnlockAll(PFILE_OBJECT File, PEPROCESS Process, PIO_STATUS_BLOCK Iosb, PDEVICE_OBJECT Device) { return Answer(Iosb, 0); }
static VOID NTAPI FastAcquire(PFILE_OBJECT File) { Acquired++; }
static VOID NTAPI FastRelease(PFILE_OBJECT File) { Released++; }

static PDEVICE_OBJECT DetachedFrom;
static VOID NTAPI FastDetach(PDEVICE_OBJECT Source, PDEVICE_OBJECT Target) {
    DetachedFrom = Target;
    IoDetachDevice(Target);
    IoDeleteDevice(Source);
}

static HANDLE Open(ULONG Options) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\FastIoTest");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwOpenFile(&Handle, FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Attributes, &Iosb, 7, Options);
    return Handle;
}

/* What was asked since the last time: tens for the table, ones for IRPs. */
static ULONG Asked(VOID) {
    ULONG Count = Fast * 10 + Slow;
    Fast = Slow = 0;
    return Count;
}

static VOID NTAPI Apc(PVOID Context, PIO_STATUS_BLOCK Iosb, ULONG Reserved) { ++*(PULONG)Context; }

static VOID Transfers(HANDLE File, PFILE_OBJECT Object) {
    LARGE_INTEGER At = {.QuadPart = 7};
    IO_STATUS_BLOCK Iosb;
    UCHAR Byte = 0;
    ULONG LockKey = 5, Apcs = 0;
    HANDLE Asynchronous = Open(0);
    PFILE_OBJECT Other;

    ObReferenceObjectByHandle(Asynchronous, 0, *IoFileObjectType, KernelMode, (PVOID *)&Other, NULL);
    Answers = TRUE;
    ZwReadFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, NULL);
    is(Asked(), 1, "a file without a cache map is read by IRP");
    Object->PrivateCacheMap = Other->PrivateCacheMap = &CacheMap;
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, &LockKey), 0, "one with");
    ok(Asked() == 10 && Byte == 'f' && Iosb.Information == 1 && FastOffset == 7 && Key == 5, "by the table");
    Object->CurrentByteOffset.QuadPart = 33;
    STATUS(ZwWriteFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, NULL, NULL), 0, "written");
    ok(Asked() == 10 && FastOffset == 33 && Iosb.Information == 1, "by the table, at the file's position");
    ZwReadFile(Asynchronous, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, NULL);
    is(Asked(), 1, "an asynchronous file by IRP");
    ZwReadFile(File, NULL, Apc, &Apcs, &Iosb, &Byte, 1, &At, NULL);
    is(Asked(), 1, "a request with an APC by IRP");
    Verdict = STATUS_END_OF_FILE;
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, NULL), STATUS_END_OF_FILE, "the end of the file");
    is(Asked(), 10, "is an answer");
    Verdict = STATUS_INSUFFICIENT_RESOURCES;
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, NULL), 0, "another error");
    is(Asked(), 11, "is none");
    Verdict = STATUS_SUCCESS;
    Answers = FALSE;
    ZwWriteFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, NULL);
    is(Asked(), 11, "nor is FALSE");
    Table.FastIoRead = NULL;
    ZwReadFile(File, NULL, NULL, NULL, &Iosb, &Byte, 1, &At, NULL);
    is(Asked(), 1, "no routine");
    Object->PrivateCacheMap = Other->PrivateCacheMap = NULL;
    ObDereferenceObject(Other);
    ZwClose(Asynchronous);
}

static VOID Queries(HANDLE File, PFILE_OBJECT Object) {
    FILE_BASIC_INFORMATION BasicInformation;
    FILE_STANDARD_INFORMATION StandardInformation;
    FILE_NETWORK_OPEN_INFORMATION NetworkInformation;
    IO_STATUS_BLOCK Iosb;
    LARGE_INTEGER Size;

    Answers = TRUE;
    STATUS(ZwQueryInformationFile(File, &Iosb, &BasicInformation, sizeof BasicInformation, FileBasicInformation), 0, "basic information");
    ok(Asked() == 10 && BasicInformation.FileAttributes == 1 && Iosb.Information == sizeof BasicInformation, "by the table");
    STATUS(ZwQueryInformationFile(File, &Iosb, &StandardInformation, sizeof StandardInformation, FileStandardInformation), 0, "standard information");
    ok(Asked() == 10 && StandardInformation.EndOfFile.QuadPart == 99, "by the table");
    STATUS(ZwQueryInformationFile(File, &Iosb, &NetworkInformation, sizeof NetworkInformation, FileNetworkOpenInformation), 0, "network information");
    ok(Asked() == 10 && NetworkInformation.EndOfFile.QuadPart == 98, "by the table");
    Verdict = STATUS_ACCESS_DENIED;
    STATUS(ZwQueryInformationFile(File, &Iosb, &BasicInformation, sizeof BasicInformation, FileBasicInformation), STATUS_ACCESS_DENIED, "its error");
    is(Asked(), 10, "is the answer");
    Verdict = STATUS_SUCCESS;
    STATUS(FsRtlGetFileSize(Object, &Size), 0, "FsRtlGetFileSize");
    ok(Asked() == 10 && Size.QuadPart == 99, "asks the table");
    CacheMap = 1;
    STATUS(FsRtlGetFileSize(Object, &Size), STATUS_FILE_IS_A_DIRECTORY, "a directory has none");
    CacheMap = 0;
    Answers = FALSE;
    Asked();
    STATUS(FsRtlGetFileSize(Object, &Size), 0, "FALSE");
    ok(Asked() == 11 && Size.QuadPart == 555, "and the IRP is sent");
    Table.SizeOfFastIoDispatch = FIELD_OFFSET(FAST_IO_DISPATCH, FastIoQueryStandardInfo);
    ZwQueryInformationFile(File, &Iosb, &StandardInformation, sizeof StandardInformation, FileStandardInformation);
    ok(Asked() == 1 && StandardInformation.EndOfFile.QuadPart == 555, "a table too short for it is not asked");
    Table.SizeOfFastIoDispatch = sizeof Table;
}

static VOID Locks(HANDLE File, PFILE_OBJECT Object) {
    LARGE_INTEGER At = {.QuadPart = 17};
    IO_STATUS_BLOCK Iosb;
    Answers = TRUE;
    STATUS(ZwLockFile(File, NULL, NULL, NULL, &Iosb, &At, &At, 0, TRUE, FALSE), 0, "a lock");
    ok(Asked() == 10 && FastOffset == 17 && Object->LockOperation, "by the table");
    STATUS(ZwLockFile(File, NULL, NULL, NULL, &Iosb, &At, &At, 0, FALSE, FALSE), 0, "one that would wait");
    is(Asked(), 1, "by IRP");
    STATUS(ZwUnlockFile(File, &Iosb, &At, &At, 0), 0, "unlocked");
    is(Asked(), 10, "by the table");

    FsRtlAcquireFileExclusive(Object);
    ok(Acquired == 1 && KeAreApcsDisabled(), "a file is acquired by the routine that there is for it, in a critical region");
    FsRtlReleaseFile(Object);
    ok(Released == 1 && !KeAreApcsDisabled(), "and released");
    Table.AcquireFileForNtCreateSection = NULL;
    Table.ReleaseFileForNtCreateSection = NULL;
    FsRtlAcquireFileExclusive(Object);
    ok(ExIsResourceAcquiredExclusiveLite(&Fcb.Resource), "or by its resource");
    FsRtlReleaseFile(Object);
    ok(!ExIsResourceAcquiredExclusiveLite(&Fcb.Resource), "which is free again");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\FastIoTest");
    PDEVICE_OBJECT Device;
    PFILE_OBJECT Object;
    HANDLE File;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        DriverObject->MajorFunction[Major] = Dispatch;
    IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    Table = (FAST_IO_DISPATCH){.SizeOfFastIoDispatch = sizeof Table,
                               .FastIoRead = FastRead,
                               .FastIoWrite = FastWrite,
                               .FastIoQueryBasicInfo = FastBasic,
                               .FastIoQueryStandardInfo = FastStandard,
                               .FastIoQueryNetworkOpenInfo = FastNetwork,
                               .FastIoLock = FastLock,
                               .FastIoUnlockSingle = FastUnlock,
                               .FastIoUnlockAll = FastUnlockAll,
                               .AcquireFileForNtCreateSection = FastAcquire,
                               .ReleaseFileForNtCreateSection = FastRelease};
    DriverObject->FastIoDispatch = &Table;
    ExInitializeResourceLite(&Fcb.Resource);
    Fcb.Header.Resource = &Fcb.Resource;
    File = Open(FILE_SYNCHRONOUS_IO_NONALERT);
    ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL);
    Transfers(File, Object);
    Queries(File, Object);
    Locks(File, Object);
    ObDereferenceObject(Object);
    ZwClose(File);
    is(Asked(), 10, "a handle with locks is closed: the table unlocks them");
    ExDeleteResourceLite(&Fcb.Resource);

    PDEVICE_OBJECT Lower, Above;
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Lower);
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Above);
    Lower->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoAttachDeviceToDeviceStack(Above, Lower);
    Table.FastIoDetachDevice = FastDetach;
    IoDeleteDevice(Lower);
    ok(DetachedFrom == Lower && DriverObject->DeviceObject == Device && Device->NextDevice == NULL, "a filter goes with the device below it");
    IoDeleteDevice(Device);
}

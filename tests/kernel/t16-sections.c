/* T16: what a driver does to the memory of the program that calls it. The program of the same name has opened the driver's device. */
#define TAP_PLAN_LATER
#define TAP_OWN_UNLOAD
#include "kernel/more.h"

#define TAG 'ceST'

NTSTATUS NTAPI ZwFlushVirtualMemory(HANDLE, PVOID *, PSIZE_T, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwLockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI ZwUnlockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI ZwSetSystemInformation(ULONG, PVOID, ULONG);

NTSTATUS NTAPI MmCreateSection(PVOID *, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG, ULONG, HANDLE, PFILE_OBJECT);
NTSTATUS NTAPI MmMapViewOfSection(PVOID, PEPROCESS, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER, PSIZE_T, SECTION_INHERIT, ULONG, ULONG);
NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS, PVOID);
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS, PVOID, PEPROCESS, PVOID, SIZE_T, KPROCESSOR_MODE, PSIZE_T);
NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);

PVOID NTAPI RealAllocatePoolWithQuotaTag(POOL_TYPE, SIZE_T, ULONG) __asm__("ExAllocatePoolWithQuotaTag");
NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);
VOID NTAPI PsChargePoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);
VOID NTAPI PsReturnPoolQuota(PEPROCESS, POOL_TYPE, ULONG_PTR);
SIZE_T NTAPI ExQueryPoolBlockSize(PVOID, PBOOLEAN);

#define MEMORY_LISTS 80 /* SystemMemoryListInformation */
#ifndef SEC_IMAGE
#define SEC_IMAGE 0x1000000
#endif

static VOID Trim(VOID) {
    ULONG Command = 2; /* MemoryEmptyWorkingSets */
    STATUS(ZwSetSystemInformation(MEMORY_LISTS, &Command, sizeof Command), 0, "MemoryEmptyWorkingSets");
}

static PULONG UserPages(SIZE_T Pages) {
    PVOID Base = NULL;
    SIZE_T Size = Pages * PAGE_SIZE;
    return NT_SUCCESS(ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)) ? Base : NULL;
}

static VOID Free(PVOID Base) {
    SIZE_T Size = 0;
    ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE);
}

static VOID TestTrimming(VOID) {
    PULONG User = UserPages(3), Paged = ExAllocatePoolWithTag(PagedPool, 100, TAG), NonPaged = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    ULONG Wrong = 99;
    PVOID Base = User;
    SIZE_T Size = PAGE_SIZE, Read = 0;
    User[0] = 1;
    User[PAGE_SIZE / 4] = 2;
    *Paged = 3;
    *NonPaged = 4;
    PMDL Mdl = IoAllocateMdl(&User[PAGE_SIZE / 4], 4, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
    Trim();
    ok(!MmIsAddressValid(User) && MmGetPhysicalAddress(User).QuadPart == 0, "a program's page goes: it has no physical address");
    ok(MmIsAddressValid(&User[PAGE_SIZE / 4]), "one that an MDL locks does not");
    ok(!MmIsAddressValid(Paged), "paged pool goes");
    ok(MmIsAddressValid(NonPaged), "nonpaged pool does not");
    is(*Paged + User[0], 4, "both come back");
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    Trim();
    Mdl = IoAllocateMdl(User, 8, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, UserMode, IoWriteAccess);
    PULONG Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    is(*Mapped, 1, "MmProbeAndLockPages brings in what is out");
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    STATUS(ZwSetSystemInformation(MEMORY_LISTS, &Wrong, sizeof Wrong), STATUS_INVALID_PARAMETER, "a command that there is not");
    STATUS(ZwSetSystemInformation(MEMORY_LISTS, &Wrong, 2), STATUS_INFO_LENGTH_MISMATCH, "half a command");

    STATUS(ZwLockVirtualMemory(NtCurrentProcess(), &Base, &Size, 1), 0, "ZwLockVirtualMemory");
    Trim();
    ok(MmIsAddressValid(User) && Base == User && Size == PAGE_SIZE, "the page stays");
    STATUS(ZwLockVirtualMemory(NtCurrentProcess(), &Base, &Size, 1), STATUS_WAS_LOCKED, "locked once more: it was locked");
    STATUS(ZwUnlockVirtualMemory(NtCurrentProcess(), &Base, &Size, 1), 0, "ZwUnlockVirtualMemory");
    Trim();
    ok(!MmIsAddressValid(User), "the page goes");
    STATUS(ZwUnlockVirtualMemory(NtCurrentProcess(), &Base, &Size, 1), STATUS_NOT_LOCKED, "what is not locked is not unlocked");
    STATUS(MmCopyVirtualMemory(PsGetCurrentProcess(), User, PsGetCurrentProcess(), NonPaged, 4, KernelMode, &Read), 0,
           "MmCopyVirtualMemory from a page that is out");
    is(*NonPaged, 1, "what was in it");
    ExFreePoolWithTag(Paged, TAG);
    ExFreePoolWithTag(NonPaged, TAG);
    Free(User);
}

static VOID TestFiles(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE File = NULL, Section = NULL;
    PFILE_OBJECT Object;
    IO_STATUS_BLOCK Io;
    LARGE_INTEGER Start = {.QuadPart = 0};
    PVOID View = NULL;
    SIZE_T Size = 0;
    CHAR Text[8] = "before";
    InitializeObjectAttributes(&Attributes, U("\\??\\C:\\t16s.dat"), OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    STATUS(ZwCreateFile(&File, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &Attributes, &Io, NULL, 0, 0, FILE_SUPERSEDE,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0),
           0, "a file");
    ZwWriteFile(File, NULL, NULL, NULL, &Io, Text, sizeof Text, &Start, NULL);
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, File), 0, "a writable section of it");
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), &View, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE), 0, "a view");
    RtlCopyMemory(View, "behind", 6);
    Size = 0;
    STATUS(ZwFlushVirtualMemory(NtCurrentProcess(), &View, &Size, &Io), 0, "ZwFlushVirtualMemory");
    ZwReadFile(File, NULL, NULL, NULL, &Io, Text, sizeof Text, &Start, NULL);
    ok(Size == PAGE_SIZE && RtlCompareMemory(Text, "behind", 6) == 6, "writes what was changed");
    if (NT_SUCCESS(ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL))) {
        ok(!MmCanFileBeTruncated(Object->SectionObjectPointer, &Start), "MmCanFileBeTruncated: not below what is mapped");
        ObDereferenceObject(Object);
    }
    ((PCHAR)View)[0] = 'B';
    ZwReadFile(File, NULL, NULL, NULL, &Io, Text, sizeof Text, &Start, NULL);
    is(Text[0], 'B', "who reads the file sees what was written to a view");
    Text[1] = 'E';
    ZwWriteFile(File, NULL, NULL, NULL, &Io, Text, sizeof Text, &Start, NULL);
    is(((PCHAR)View)[1], 'E', "and the view what was written to the file");
    ZwUnmapViewOfSection(NtCurrentProcess(), View);
    STATUS(ZwFlushVirtualMemory(NtCurrentProcess(), &View, &Size, &Io), STATUS_NOT_MAPPED_VIEW, "where no view is");
    ZwClose(Section);
    ZwClose(File);
}

/* What lies in the file itself: paging I/O does not ask the views. */
static NTSTATUS Page(PFILE_OBJECT File, ULONG Function, PCHAR Byte) {
    LARGE_INTEGER Start = {.QuadPart = 0};
    IO_STATUS_BLOCK Io;
    KEVENT Event;
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(Function, Device, Byte, 1, &Start, &Event, &Io);
    Irp->Flags |= IRP_PAGING_IO | IRP_NOCACHE;
    IoGetNextIrpStackLocation(Irp)->FileObject = File;
    if (IoCallDriver(Device, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    return Io.Status;
}

static PCHAR View(PVOID Section) {
    PVOID Base = NULL;
    SIZE_T Size = 0;
    STATUS(MmMapViewOfSection(Section, PsGetCurrentProcess(), &Base, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE), 0, "MmMapViewOfSection");
    return Base;
}

static VOID TestFileSystems(VOID) {
    HANDLE File = NULL;
    PFILE_OBJECT Object;
    PVOID Section = NULL, None = NULL;
    IO_STATUS_BLOCK Io;
    LARGE_INTEGER Start = {.QuadPart = 0}, Large = {.QuadPart = 3 * PAGE_SIZE};
    CHAR Byte = 'a';
    STATUS(ZwCreateFile(&File, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, Named(U("\\??\\C:\\t16f.dat")), &Io, NULL, 0, 0, FILE_SUPERSEDE,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0),
           0, "another file");
    ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL);
    PSECTION_OBJECT_POINTERS Pointers = Object->SectionObjectPointer;
    ZwWriteFile(File, NULL, NULL, NULL, &Io, &Byte, 1, &Start, NULL);
    ok(CcPurgeCacheSection(Pointers, NULL, 0, 0) && MmForceSectionClosed(Pointers, FALSE) && MmCanFileBeTruncated(Pointers, &Start),
       "a file without sections");
    STATUS(MmCreateSection(&None, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_IMAGE, NULL, NULL), STATUS_INVALID_PARAMETER_6,
           "MmCreateSection of an image without a file");
    STATUS(MmCreateSection(&Section, SECTION_ALL_ACCESS, NULL, &Large, PAGE_READWRITE, SEC_COMMIT, NULL, Object), 0,
           "MmCreateSection of a file object, larger than the file");
    FILE_STANDARD_INFORMATION Standard;
    ZwQueryInformationFile(File, &Io, &Standard, sizeof Standard, FileStandardInformation);
    is(Standard.EndOfFile.QuadPart, Large.QuadPart, "which is longer now");
    PCHAR At = View(Section);
    is(At[0], 'a', "the view shows the file");
    At[0] = 'b';
    Page(Object, IRP_MJ_READ, &Byte);
    is(Byte, 'a', "what is written to it is not in the file yet");
    Io.Status = STATUS_UNSUCCESSFUL;
    CcFlushCache(Pointers, &Large, PAGE_SIZE, &Io);
    STATUS(Io.Status, 0, "CcFlushCache behind the end of the file");
    CcFlushCache(Pointers, &Start, 1, &Io);
    Page(Object, IRP_MJ_READ, &Byte);
    is(Byte, 'b', "CcFlushCache: now it is");
    ok(!CcPurgeCacheSection(Pointers, &Start, 1, 0), "CcPurgeCacheSection: not while a program has a view");
    STATUS(MmUnmapViewOfSection(PsGetCurrentProcess(), At), 0, "MmUnmapViewOfSection");
    STATUS(MmUnmapViewOfSection(PsGetCurrentProcess(), At), STATUS_NOT_MAPPED_VIEW, "once");
    Byte = 'c';
    Page(Object, IRP_MJ_WRITE, &Byte);
    At = View(Section);
    is(At[0], 'b', "the section remembers what it has read");
    At[1] = 'x';
    MmUnmapViewOfSection(PsGetCurrentProcess(), At);
    ok(CcPurgeCacheSection(Pointers, &Start, 1, 0), "CcPurgeCacheSection");
    At = View(Section);
    ok(At[0] == 'c' && At[1] == 0, "the file is read anew, and what was not flushed is gone");
    MmUnmapViewOfSection(PsGetCurrentProcess(), At);
    ok(!MmForceSectionClosed(Pointers, FALSE) && !MmCanFileBeTruncated(Pointers, &Start) && MmCanFileBeTruncated(Pointers, &Large),
       "MmForceSectionClosed, MmCanFileBeTruncated: while there is a section");
    ObDereferenceObject(Section);
    ok(MmForceSectionClosed(Pointers, FALSE) && MmCanFileBeTruncated(Pointers, &Start), "not afterwards");
    ok(Pointers->DataSectionObject == NULL, "the pointers say so, too");
    ObDereferenceObject(Object);
    ZwClose(File);
}

static VOID TestImages(VOID) {
    HANDLE File = NULL, Section = NULL, Other = NULL;
    PFILE_OBJECT Object;
    IO_STATUS_BLOCK Io;
    PUNICODE_STRING Name = U("\\SystemRoot\\System32\\version.dll");
    STATUS(ZwOpenFile(&File, FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE, Named(Name), &Io, FILE_SHARE_READ | FILE_SHARE_WRITE,
                      FILE_SYNCHRONOUS_IO_NONALERT),
           0, "an image");
    ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL);
    PSECTION_OBJECT_POINTERS Pointers = Object->SectionObjectPointer;
    ok(MmFlushImageSection(Pointers, MmFlushForWrite) && MmFlushImageSection(Pointers, MmFlushForDelete), "that nobody has mapped may be written");
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, File), 0, "a section of it");
    ok(Pointers->ImageSectionObject && !MmFlushImageSection(Pointers, MmFlushForWrite) && !MmFlushImageSection(Pointers, MmFlushForDelete),
       "MmFlushImageSection: it is in use");
    STATUS(ZwOpenFile(&Other, DELETE, Named(Name), &Io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_DELETE_ON_CLOSE),
           STATUS_CANNOT_DELETE, "and drive C: does not open it to be deleted");
    ZwClose(Section);
    ok(MmFlushImageSection(Pointers, MmFlushForWrite), "until the section goes");
    ObDereferenceObject(Object);
    ZwClose(File);
}

/* How many programs for hardware look at it: \Device\PhysicalMemory in the caller's process. */
static VOID TestPhysicalMemory(VOID) {
    HANDLE Section = NULL;
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    LARGE_INTEGER Offset = {.QuadPart = MmGetPhysicalAddress(Block).QuadPart};
    LONGLONG Wanted = Offset.QuadPart;
    PVOID View = NULL;
    SIZE_T Size = PAGE_SIZE;
    Block[5] = 0x31;
    STATUS(ZwOpenSection(&Section, SECTION_ALL_ACCESS, Named(U("\\Device\\PhysicalMemory"))), 0, "\\Device\\PhysicalMemory");
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), &View, 0, PAGE_SIZE, &Offset, &Size, ViewShare, 0, PAGE_READWRITE | PAGE_NOCACHE), 0,
           "a view of it");
    ok(Offset.QuadPart % 0x10000 == 0 && Offset.QuadPart <= Wanted && Size >= (SIZE_T)(Wanted - Offset.QuadPart) + PAGE_SIZE,
       "begins at the 64 KiB below what was asked for");
    PUCHAR At = (PUCHAR)View + (Wanted - Offset.QuadPart);
    is(At[5], 0x31, "there is what the kernel wrote");
    At[6] = 0x32;
    is(Block[6], 0x32, "and the other way");
    Trim();
    is(At[5], 0x31, "such a view does not go");
    STATUS(ZwUnmapViewOfSection(NtCurrentProcess(), View), 0, "unmapped");
    is(Block[5], 0x31, "what it showed stays whose it was");
    Offset.QuadPart = 0x7FFFFFFF0000;
    View = NULL;
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), &View, 0, PAGE_SIZE, &Offset, &Size, ViewShare, 0, PAGE_READONLY), STATUS_NOT_SUPPORTED,
           "beyond RAM");
    ZwClose(Section);
    ExFreePoolWithTag(Block, TAG);
}

static VOID TestUserMappings(VOID) {
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG), Mapped;
    PMDL Mdl = IoAllocateMdl(Block + 16, PAGE_SIZE, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Size = PAGE_SIZE;
    ULONG Old;
    MmBuildMdlForNonPagedPool(Mdl);
    Block[20] = 0x41;
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    ok(Mapped && (PVOID)Mapped < MmHighestUserAddress && Mapped[4] == 0x41, "MmMapLockedPagesSpecifyCache, UserMode");
    PVOID Base = (PVOID)((ULONG_PTR)Mapped & ~(ULONG_PTR)(PAGE_SIZE - 1));
    STATUS(ZwProtectVirtualMemory(NtCurrentProcess(), &Base, &Size, PAGE_READONLY, &Old), STATUS_INVALID_PAGE_PROTECTION,
           "the program cannot change its protection");
    Size = 0;
    ok(!NT_SUCCESS(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE)), "nor free it");
    __try {
        MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, Base, FALSE, NormalPagePriority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_CONFLICTING_ADDRESSES, "an address that is taken raises");
    MmUnmapLockedPages(Mapped, Mdl);
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, Base, FALSE, NormalPagePriority | 0x80000000);
    ok((PVOID)((ULONG_PTR)Mapped & ~(ULONG_PTR)(PAGE_SIZE - 1)) == Base && Mapped[4] == 0x41, "once it is free it is given");
    Status = STATUS_SUCCESS;
    __try {
        Mapped[4] = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_ACCESS_VIOLATION, "MdlMappingNoWrite: it cannot be written");
    MmUnmapLockedPages(Mapped, Mdl);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static NTSTATUS Protect(PVOID Base, ULONG Protection) {
    SIZE_T Size = PAGE_SIZE;
    ULONG Old;
    return ZwProtectVirtualMemory(NtCurrentProcess(), &Base, &Size, Protection, &Old);
}

static VOID TestSecured(VOID) {
    PUCHAR User = (PUCHAR)UserPages(4);
    PVOID Base = User + PAGE_SIZE;
    SIZE_T Size = PAGE_SIZE;
    HANDLE Write = MmSecureVirtualMemory(User + PAGE_SIZE, 8, PAGE_READWRITE),
           Read = MmSecureVirtualMemory(User + 2 * PAGE_SIZE, PAGE_SIZE, PAGE_READONLY);
    ok(Write && Read, "MmSecureVirtualMemory, to be written and to be read");
    STATUS(Protect(User + PAGE_SIZE, PAGE_READONLY), STATUS_INVALID_PAGE_PROTECTION, "what is secured to be written stays writable");
    STATUS(Protect(User + PAGE_SIZE, PAGE_EXECUTE_READWRITE), 0, "more may be allowed");
    STATUS(Protect(User + 2 * PAGE_SIZE, PAGE_READONLY), 0, "what is secured to be read may become read-only");
    STATUS(Protect(User + 2 * PAGE_SIZE, PAGE_NOACCESS), STATUS_INVALID_PAGE_PROTECTION, "and no less");
    STATUS(Protect(User, PAGE_NOACCESS), 0, "pages beside them are free");
    STATUS(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_DECOMMIT), STATUS_INVALID_PAGE_PROTECTION, "a secured page is not decommitted");
    Base = User + 3 * PAGE_SIZE;
    STATUS(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_DECOMMIT), 0, "another one is");
    MmUnsecureVirtualMemory(Write);
    STATUS(Protect(User + PAGE_SIZE, PAGE_NOACCESS), 0, "MmUnsecureVirtualMemory");
    ok(MmSecureVirtualMemory(User + PAGE_SIZE, 8, PAGE_READONLY) == NULL, "what cannot be read is not secured");
    MmUnsecureVirtualMemory(Read);
    Free(User);
}

/* Of a section that is reserved, a view may commit the beginning. */
static VOID TestCommitted(VOID) {
    LARGE_INTEGER Whole = {.QuadPart = 16 * PAGE_SIZE};
    SIZE_T Size = 0;
    PUCHAR Base = NULL;
    HANDLE Section = NULL;
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, Named(NULL), &Whole, PAGE_READWRITE, SEC_RESERVE, NULL), 0, "a section is reserved");
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&Base, 0, 17 * PAGE_SIZE, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE),
           STATUS_INVALID_PARAMETER_5, "no more is committed than the view has");
    STATUS(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&Base, 0, PAGE_SIZE + 1, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE), 0,
           "a view with two pages committed");
    ok(Size == 16 * PAGE_SIZE && MmIsAddressValid(Base + PAGE_SIZE) && !MmIsAddressValid(Base + 2 * PAGE_SIZE), "it has those, and no third");
    Base[2 * PAGE_SIZE - 1] = 1;
    STATUS(ZwUnmapViewOfSection(NtCurrentProcess(), Base), 0, "unmapped");
    ZwClose(Section);
}

static VOID TestQuota(VOID) {
    PEPROCESS Process = PsGetCurrentProcess();
    ULONG_PTR Limit = 0, Step = 1024 * 1024;
    BOOLEAN Charged = FALSE;
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Block = RealAllocatePoolWithQuotaTag(NonPagedPoolNx, 200, TAG), Big;
    is(ExQueryPoolBlockSize(Block, &Charged), 200, "a block with quota");
    ok(Charged, "is charged");
    while (NT_SUCCESS(PsChargeProcessPoolQuota(Process, NonPagedPoolNx, Step)))
        Limit += Step;
    ok(Limit >= 16 * Step, "PsChargeProcessPoolQuota charges until the limit: %Iu", Limit);
    __try {
        PsChargePoolQuota(Process, NonPagedPoolNx, Step);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_QUOTA_EXCEEDED, "PsChargePoolQuota raises there");
    Status = STATUS_SUCCESS;
    __try {
        RealAllocatePoolWithQuotaTag(NonPagedPoolNx, Step, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_QUOTA_EXCEEDED, "and so does ExAllocatePoolWithQuotaTag");
    ok(RealAllocatePoolWithQuotaTag((POOL_TYPE)(NonPagedPoolNx | 8 /* POOL_QUOTA_FAIL_INSTEAD_OF_RAISE */), Step, TAG) == NULL,
       "but for POOL_QUOTA_FAIL_INSTEAD_OF_RAISE");
    ok(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, Step, TAG) == NULL, "POOL_FLAG_USE_QUOTA: NULL");
    Status = STATUS_SUCCESS;
    __try {
        ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA | POOL_FLAG_RAISE_ON_FAILURE, Step, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    STATUS(Status, STATUS_QUOTA_EXCEEDED, "with POOL_FLAG_RAISE_ON_FAILURE it raises");
    Big = RealAllocatePoolWithQuotaTag(PagedPool, 3 * PAGE_SIZE, TAG);
    ok(Big != NULL, "paged pool has a charge of its own");
    ExQueryPoolBlockSize(Big, &Charged);
    ok(Charged, "of blocks of pages, too");
    ExFreePoolWithTag(Big, TAG);
    PsReturnPoolQuota(Process, NonPagedPoolNx, Limit);
    Big = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, Step, TAG);
    ok(Big != NULL, "PsReturnPoolQuota: there is room again");
    ExFreePoolWithTag(Big, TAG);
    ExFreePoolWithTag(Block, TAG);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 200, TAG);
    ExQueryPoolBlockSize(Block, &Charged);
    ok(!Charged, "a block without quota is not charged");
    ExFreePoolWithTag(Block, TAG);
}

static NTSTATUS Complete(PIRP Irp) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Open(PDEVICE_OBJECT Device, PIRP Irp) { return Complete(Irp); }

static NTSTATUS Control(PDEVICE_OBJECT Device, PIRP Irp) {
    TestTrimming();
    TestFiles();
    TestFileSystems();
    TestImages();
    TestPhysicalMemory();
    TestUserMappings();
    TestSecured();
    TestCommitted();
    TestQuota();
    DbgPrint("1..%u\n", TapCount);
    return Complete(Irp);
}

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    IoDeleteSymbolicLink(U("\\DosDevices\\T16"));
    IoDeleteDevice(DriverObject->DeviceObject);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT Device;
    ok(NT_SUCCESS(IoCreateDevice(DriverObject, 0, U("\\Device\\T16"), FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)) &&
           NT_SUCCESS(IoCreateSymbolicLink(U("\\DosDevices\\T16"), U("\\Device\\T16"))),
       "a device");
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = Open;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
}

/* T16: what a driver does to the memory of the program that calls it. The program of the same name has opened the driver's device. */
#define TAP_PLAN_LATER
#define TAP_OWN_UNLOAD
#include "kernel/more.h"

#define TAG 'ceST'

NTSTATUS NTAPI ZwFlushVirtualMemory(HANDLE, PVOID *, PSIZE_T, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwLockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI ZwUnlockVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI ZwSetSystemInformation(ULONG, PVOID, ULONG);

NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS, PVOID, PEPROCESS, PVOID, SIZE_T, KPROCESSOR_MODE, PSIZE_T);
#define MEMORY_LISTS 80 /* SystemMemoryListInformation */

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
    ZwUnmapViewOfSection(NtCurrentProcess(), View);
    STATUS(ZwFlushVirtualMemory(NtCurrentProcess(), &View, &Size, &Io), STATUS_NOT_MAPPED_VIEW, "where no view is");
    ZwClose(Section);
    ZwClose(File);
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

/* Extended attributes: what the services check, what a driver gets, and what drive C: says. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTSYSAPI NTSTATUS NTAPI NtQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                      PVOID EaList, ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan);
NTSYSAPI NTSTATUS NTAPI NtSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length);

static ULONG Calls, Length, ListLength, Index;
static UCHAR Major, Flags, FirstByte, NameLength;

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_QUERY_EA || Stack->MajorFunction == IRP_MJ_SET_EA) {
        Calls++;
        Major = Stack->MajorFunction;
        Flags = Stack->Flags;
        Length = Stack->Parameters.QueryEa.Length;
        if (Major == IRP_MJ_QUERY_EA) {
            ListLength = Stack->Parameters.QueryEa.EaListLength;
            Index = Stack->Parameters.QueryEa.EaIndex;
            NameLength = ListLength ? ((PFILE_GET_EA_INFORMATION)Stack->Parameters.QueryEa.EaList)->EaNameLength : 0;
            RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, 8, 'q');
            Irp->IoStatus.Information = 8;
        } else {
            FirstByte = ((PFILE_FULL_EA_INFORMATION)Irp->AssociatedIrp.SystemBuffer)->EaNameLength;
        }
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static HANDLE Open(PCWSTR Path, ULONG Disposition) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    ZwCreateFile(&Handle, FILE_READ_EA | FILE_WRITE_EA | FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 7, Disposition,
                 FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    return Handle;
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\EaTest");
    PDEVICE_OBJECT Device;
    IO_STATUS_BLOCK Iosb = {.Information = 77};
    HANDLE File;
    ULONG At = 3;
    union {
        FILE_GET_EA_INFORMATION Get;
        FILE_FULL_EA_INFORMATION Full;
        UCHAR Bytes[64];
    } List = {.Bytes = {0}};
    UCHAR Buffer[32] = {0};

    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function++)
        DriverObject->MajorFunction[Function] = Dispatch;
    IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    File = Open(L"\\Device\\EaTest", FILE_OPEN);
    STATUS(ZwQueryEaFile(File, &Iosb, Buffer, sizeof Buffer, TRUE, NULL, 0, &At, FALSE), 0, "a query from an index on");
    ok(Calls == 1 && Major == IRP_MJ_QUERY_EA && Flags == (SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED) && Index == 3 && Length == sizeof Buffer,
       "as the driver gets it");
    ok(Iosb.Information == 8 && Buffer[7] == 'q' && !Buffer[8], "its answer");
    List.Get.EaNameLength = 4;
    RtlCopyMemory(List.Get.EaName, "NAME", 5);
    STATUS(NtQueryEaFile(File, &Iosb, Buffer, sizeof Buffer, FALSE, &List, 10, NULL, TRUE), 0, "a query by name");
    ok(Flags == SL_RESTART_SCAN && ListLength == 10 && NameLength == 4, "as the driver gets it");
    STATUS(ZwQueryEaFile(File, &Iosb, Buffer, sizeof Buffer, FALSE, &List, 9, NULL, TRUE), STATUS_EA_LIST_INCONSISTENT, "a name that is cut off");
    ok(Iosb.Information == 0 && Iosb.Status == STATUS_EA_LIST_INCONSISTENT && Calls == 2, "is said where it is");
    List.Get.NextEntryOffset = 12;
    STATUS(ZwQueryEaFile(File, &Iosb, Buffer, sizeof Buffer, FALSE, &List, 12, NULL, TRUE), STATUS_EA_LIST_INCONSISTENT, "the second is not there");
    is(Iosb.Information, 12, "where it would be");
    STATUS(ZwQueryEaFile(File, &Iosb, Buffer, sizeof Buffer, FALSE, &List, 0x20000, NULL, TRUE), STATUS_EA_TOO_LARGE, "too many");

    RtlZeroMemory(&List, sizeof List);
    List.Full.EaNameLength = 1;
    List.Full.EaValueLength = 2;
    List.Full.EaName[0] = 'A';
    STATUS(ZwSetEaFile(File, &Iosb, &List, 12), 0, "an attribute is set");
    ok(Calls == 3 && Major == IRP_MJ_SET_EA && Length == 12 && FirstByte == 1, "as the driver gets it");
    STATUS(NtSetEaFile(File, &Iosb, &List, 11), STATUS_EA_LIST_INCONSISTENT, "a value that is cut off");
    is(Calls, 3, "is not set");
    ZwClose(File);
    IoDeleteDevice(Device);

    File = Open(L"\\??\\C:\\ea.txt", FILE_OPEN_IF);
    STATUS(ZwQueryEaFile(File, &Iosb, Buffer, sizeof Buffer, FALSE, NULL, 0, NULL, TRUE), STATUS_EAS_NOT_SUPPORTED, "drive C: has none");
    STATUS(ZwSetEaFile(File, &Iosb, &List, 12), STATUS_EAS_NOT_SUPPORTED, "and takes none");
    ZwClose(File);
}

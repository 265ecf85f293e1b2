/* Names of open files and their volumes; sharing by who may write; packets that drivers post. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTKERNELAPI NTSTATUS NTAPI IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                                             BOOLEAN Quota);
NTSYSAPI NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count);
NTSYSAPI NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                             PLARGE_INTEGER Timeout);

static BOOLEAN Is(PCUNICODE_STRING Name, PCWSTR Text) {
    UNICODE_STRING Wanted;
    RtlInitUnicodeString(&Wanted, Text);
    return RtlEqualUnicodeString(Name, &Wanted, FALSE);
}

static VOID Files(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\names.txt");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;
    PFILE_OBJECT File, Null;
    PDEVICE_OBJECT Device;
    POBJECT_NAME_INFORMATION Dos;
    BOOLEAN Remote = 77;
    struct {
        ULONG Length;
        WCHAR Text[32];
    } Volume;
    UNICODE_STRING NullName = RTL_CONSTANT_STRING(L"\\Device\\Null");
    FILE_OBJECT Nameless = {.Type = 5};

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    STATUS(ZwCreateFile(&Handle, FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 7, FILE_OPEN_IF,
                        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
           0, "a file");
    ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL);
    STATUS(IoQueryFileDosDeviceName(File, &Dos), 0, "its name");
    ok(Is(&Dos->Name, L"C:\\names.txt") && Dos->Name.Buffer[Dos->Name.Length / sizeof(WCHAR)] == 0, "has a drive letter");
    ExFreePool(Dos);
    IoGetDeviceObjectPointer(&NullName, FILE_READ_DATA, &Null, &Device);
    STATUS(IoQueryFileDosDeviceName(Null, &Dos), STATUS_INVALID_DEVICE_REQUEST, "a device has none");
    ok(Dos == NULL, "nor a name");
    ObDereferenceObject(Null);
    STATUS(ZwQueryInformationFile(Handle, &Iosb, &Remote, sizeof Remote, FileIsRemoteDeviceInformation), 0, "is it remote?");
    is(Remote, FALSE, "no");
    STATUS(ZwQueryInformationFile(Handle, &Iosb, &Volume, sizeof Volume, FileVolumeNameInformation), 0, "its volume");
    ok(Volume.Length == 28 && Iosb.Information == 32 && RtlCompareMemory(Volume.Text, L"\\Device\\HostFs", 28) == 28, "is \\Device\\HostFs");
    STATUS(ZwQueryInformationFile(Handle, &Iosb, &Volume, 12, FileVolumeNameInformation), STATUS_BUFFER_OVERFLOW, "in too small a buffer");
    ok(Volume.Length == 28 && Iosb.Information == 12, "as much as fits");
    STATUS(ZwQueryInformationFile(Handle, &Iosb, &Volume, 4, FileVolumeNameInformation), STATUS_INFO_LENGTH_MISMATCH, "not even the structure");

    STATUS(IoReplaceFileObjectName(File, L"\\x", 4), 0, "another name");
    ok(Is(&File->FileName, L"\\x"), "is there");
    STATUS(IoReplaceFileObjectName(File, L"\\a name that is longer than the first", 74), 0, "a long one");
    ok(Is(&File->FileName, L"\\a name that is longer than the first"), "as well");
    STATUS(IoReplaceFileObjectName(&Nameless, L"\\x", 4), STATUS_INVALID_PARAMETER, "where there is no name, there is none to replace");
    ObDereferenceObject(File);
    ZwClose(Handle);
}

static VOID Sharing(VOID) {
    SHARE_ACCESS Share;
    FILE_OBJECT Reader = {.Type = 5}, Other = {.Type = 5};
    BOOLEAN May = FALSE;
    IoSetShareAccessEx(FILE_READ_DATA, 0, &Reader, &Share, &May);
    ok(Share.OpenCount == 1 && Share.SharedRead == 1 && Share.SharedWrite == 0, "who may not write shares reading");
    STATUS(IoCheckShareAccessEx(FILE_READ_DATA, 0, &Other, &Share, TRUE, &May), 0, "another of his kind reads");
    is(Share.Readers, 2, "both do");
    May = TRUE;
    STATUS(IoCheckShareAccessEx(FILE_READ_DATA, 0, &Other, &Share, FALSE, &May), STATUS_SHARING_VIOLATION, "who may write may exclude");
    IoSetShareAccessEx(FILE_READ_DATA, 0, &Reader, &Share, NULL);
    is(Share.SharedRead, 0, "without the question all is as ever");
}

static VOID Packets(VOID) {
    HANDLE Port = NULL;
    PVOID Object, KeyContext = NULL, ApcContext = NULL;
    IO_STATUS_BLOCK Iosb = {.Status = 0};
    LARGE_INTEGER Zero = {.QuadPart = 0};
    KIRQL Irql;
    STATUS(ZwCreateIoCompletion(&Port, 0x1F0003, NULL, 0), 0, "a port");
    ObReferenceObjectByHandle(Port, 0, NULL, KernelMode, &Object, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    STATUS(IoSetIoCompletion(Object, &Zero, &Iosb, STATUS_CANCELLED, 33, TRUE), 0, "a packet from DISPATCH_LEVEL");
    KeLowerIrql(Irql);
    STATUS(ZwRemoveIoCompletion(Port, &KeyContext, &ApcContext, &Iosb, &Zero), 0, "is taken out");
    ok(KeyContext == &Zero && ApcContext == &Iosb && Iosb.Status == STATUS_CANCELLED && Iosb.Information == 33, "as it was posted");
    ObDereferenceObject(Object);
    ZwClose(Port);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    Files();
    Sharing();
    Packets();
}

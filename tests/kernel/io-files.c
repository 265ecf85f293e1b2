/* Files on drive C: through the Zw functions, IoCreateFile and what asks about open files. */
#include "kernel/more.h"

NTSTATUS NTAPI ZwFlushBuffersFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI ZwDeleteFile(POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtClose(HANDLE);
PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT);

#define SYNCHRONOUS (FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE)
#define ACCESS      (GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE)

static IO_STATUS_BLOCK Iosb;

static VOID TestReadWrite(VOID) {
    HANDLE File = NULL;
    CHAR Text[16] = "";
    LARGE_INTEGER Offset = {.QuadPart = 0};
    FILE_STANDARD_INFORMATION Standard = {0};
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = 3};
    UCHAR Volume[64] = {0};
    PFILE_FS_DEVICE_INFORMATION Device = (PVOID)Volume;
    PFILE_OBJECT Object = NULL;
    ULONG Length = 0;
    STATUS(ZwCreateFile(&File, ACCESS, Named(U("\\??\\C:\\one.txt")), &Iosb, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_CREATE, SYNCHRONOUS, NULL, 0), 0,
           "ZwCreateFile");
    is(Iosb.Information, FILE_CREATED, "it has been made");
    STATUS(ZwWriteFile(File, NULL, NULL, NULL, &Iosb, "hello", 5, &Offset, NULL), 0, "ZwWriteFile");
    is(Iosb.Information, 5, "five bytes");
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Iosb, Text, sizeof Text, &Offset, NULL), 0, "ZwReadFile");
    ok(Iosb.Information == 5 && memcmp(Text, "hello", 5) == 0, "the same five");
    Iosb.Status = 99;
    STATUS(ZwFlushBuffersFile(File, &Iosb), 0, "ZwFlushBuffersFile");
    STATUS(Iosb.Status, 0, "it is done");
    STATUS(ZwQueryInformationFile(File, &Iosb, &Standard, sizeof Standard, FileStandardInformation), 0, "ZwQueryInformationFile");
    ok(Standard.EndOfFile.QuadPart == 5 && !Standard.Directory && Standard.NumberOfLinks == 1, "what it says");
    STATUS(ZwSetInformationFile(File, &Iosb, &End, sizeof End, FileEndOfFileInformation), 0, "ZwSetInformationFile");
    ZwQueryInformationFile(File, &Iosb, &Standard, sizeof Standard, FileStandardInformation);
    is(Standard.EndOfFile.QuadPart, 3, "the file is shorter");
    STATUS(ZwQueryVolumeInformationFile(File, &Iosb, Volume, sizeof Volume, FileFsDeviceInformation), 0, "ZwQueryVolumeInformationFile");
    is(Device->DeviceType, FILE_DEVICE_DISK, "a disk");
    STATUS(ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, (PVOID *)&Object, NULL), 0, "its file object");
    ok(IoGetBaseFileSystemDeviceObject(Object) == Object->DeviceObject, "IoGetBaseFileSystemDeviceObject");
    Standard.EndOfFile.QuadPart = 0;
    STATUS(IoQueryFileInformation(Object, FileStandardInformation, sizeof Standard, &Standard, &Length), 0, "IoQueryFileInformation");
    ok(Standard.EndOfFile.QuadPart == 3 && Length == sizeof Standard, "3");
    Device->DeviceType = 0;
    STATUS(IoQueryVolumeInformation(Object, FileFsDeviceInformation, sizeof Volume, Volume, &Length), 0, "IoQueryVolumeInformation");
    is(Device->DeviceType, FILE_DEVICE_DISK, "a disk");
    ObDereferenceObject(Object);
    ZwClose(File);
}

static VOID TestIoCreate(VOID) {
    HANDLE File = NULL;
    STATUS(
        IoCreateFile(&File, ACCESS, Named(U("\\??\\C:\\two.txt")), &Iosb, NULL, 0, 0, FILE_CREATE, SYNCHRONOUS, NULL, 0, CreateFileTypeNone, NULL, 0),
        0, "IoCreateFile");
    ok(File && Iosb.Information == FILE_CREATED, "it has been made");
    ZwClose(File);
    File = NULL;
    STATUS(IoCreateFileEx(&File, ACCESS, Named(U("\\??\\C:\\two.txt")), &Iosb, NULL, 0, 0, FILE_OPEN, SYNCHRONOUS, NULL, 0, CreateFileTypeNone, NULL,
                          0, NULL),
           0, "IoCreateFileEx");
    ok(File && Iosb.Information == FILE_OPENED, "it has been opened");
    ZwClose(File);
    STATUS(ZwDeleteFile(Named(U("\\??\\C:\\two.txt"))), 0, "ZwDeleteFile");
    STATUS(ZwOpenFile(&File, ACCESS, Named(U("\\??\\C:\\two.txt")), &Iosb, 0, SYNCHRONOUS), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
}

static VOID TestDirectory(VOID) {
    HANDLE Directory = NULL;
    UCHAR Buffer[512] = {0};
    PFILE_DIRECTORY_INFORMATION Entry = (PVOID)Buffer;
    STATUS(ZwOpenFile(&Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, Named(U("\\??\\C:\\")), &Iosb, FILE_SHARE_READ | FILE_SHARE_WRITE,
                      FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT),
           0, "the root");
    STATUS(ZwQueryDirectoryFile(Directory, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, FileDirectoryInformation, TRUE, U("one.*"), TRUE), 0,
           "ZwQueryDirectoryFile");
    ok(Entry->FileNameLength == 14 && wcsncmp(Entry->FileName, L"one.txt", 7) == 0 && Entry->EndOfFile.QuadPart == 3, "one.txt");
    STATUS(ZwQueryDirectoryFile(Directory, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, FileDirectoryInformation, TRUE, NULL, FALSE),
           STATUS_NO_MORE_FILES, "no other");
    RtlZeroMemory(Buffer, sizeof Buffer);
    STATUS(NtQueryDirectoryFile(Directory, NULL, NULL, NULL, &Iosb, Buffer, sizeof Buffer, FileDirectoryInformation, TRUE, NULL, TRUE), 0,
           "NtQueryDirectoryFile");
    is(Entry->FileNameLength, 14, "one.txt again");
    ZwClose(Directory);
}

/* From a system thread, whose previous mode is kernel mode. */
static VOID TestNt(VOID) {
    HANDLE File = NULL;
    CHAR Text[8] = "";
    LARGE_INTEGER Offset = {.QuadPart = 0};
    FILE_STANDARD_INFORMATION Standard = {0};
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    FILE_FS_DEVICE_INFORMATION Device = {0};
    STATUS(NtCreateFile(&File, ACCESS, Named(U("\\??\\C:\\nt.txt")), &Iosb, NULL, 0, 0, FILE_CREATE, SYNCHRONOUS, NULL, 0), 0, "NtCreateFile");
    STATUS(NtWriteFile(File, NULL, NULL, NULL, &Iosb, "ring", 4, &Offset, NULL), 0, "NtWriteFile");
    STATUS(NtReadFile(File, NULL, NULL, NULL, &Iosb, Text, 8, &Offset, NULL), 0, "NtReadFile");
    ok(Iosb.Information == 4 && memcmp(Text, "ring", 4) == 0, "ring");
    STATUS(NtQueryInformationFile(File, &Iosb, &Standard, sizeof Standard, FileStandardInformation), 0, "NtQueryInformationFile");
    is(Standard.EndOfFile.QuadPart, 4, "4");
    STATUS(NtQueryVolumeInformationFile(File, &Iosb, &Device, sizeof Device, FileFsDeviceInformation), 0, "NtQueryVolumeInformationFile");
    is(Device.DeviceType, FILE_DEVICE_DISK, "a disk");
    STATUS(NtSetInformationFile(File, &Iosb, &Disposition, sizeof Disposition, FileDispositionInformation), 0, "NtSetInformationFile");
    STATUS(NtClose(File), 0, "NtClose");
    STATUS(NtOpenFile(&File, ACCESS, Named(U("\\??\\C:\\nt.txt")), &Iosb, 0, SYNCHRONOUS), STATUS_OBJECT_NAME_NOT_FOUND, "NtOpenFile: it is gone");
}

static VOID TestSharing(VOID) {
    SHARE_ACCESS Share;
    FILE_OBJECT First = {.Type = IO_TYPE_FILE}, Second = {.Type = IO_TYPE_FILE};
    RtlFillMemory(&Share, sizeof Share, 0xEE);
    IoSetShareAccess(FILE_READ_DATA, FILE_SHARE_READ, &First, &Share);
    ok(Share.OpenCount == 1 && Share.Readers == 1 && Share.SharedRead == 1 && !Share.Writers, "IoSetShareAccess");
    STATUS(IoCheckShareAccess(FILE_WRITE_DATA, FILE_SHARE_READ, &Second, &Share, FALSE), STATUS_SHARING_VIOLATION,
           "IoCheckShareAccess refuses a writer");
    STATUS(IoCheckShareAccess(FILE_READ_DATA, FILE_SHARE_READ, &Second, &Share, FALSE), 0, "and allows a reader");
    is(Share.OpenCount, 1, "that has not opened it");
    IoUpdateShareAccess(&Second, &Share);
    is(Share.OpenCount, 2, "until IoUpdateShareAccess");
    IoRemoveShareAccess(&First, &Share);
    ok(Share.OpenCount == 1 && Share.Readers == 1, "IoRemoveShareAccess");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UCHAR Attributes[] = {0, 0, 0, 0, 0, 1, 3, 0, 'A', 0, 'x', 'y', 'z', 0, 0, 0};
    ULONG Offset = 99;
    TestReadWrite();
    TestIoCreate();
    TestDirectory();
    TestNt();
    TestSharing();
    STATUS(IoCheckEaBufferValidity((PVOID)Attributes, 13, &Offset), 0, "IoCheckEaBufferValidity");
    Attributes[6] = 200;
    STATUS(IoCheckEaBufferValidity((PVOID)Attributes, 13, &Offset), STATUS_EA_LIST_INCONSISTENT, "too long a value");
    STATUS(ZwDeleteFile(Named(U("\\??\\C:\\one.txt"))), 0, "the end");
}

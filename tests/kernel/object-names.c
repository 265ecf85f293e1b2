/* The object manager as drivers use it: names, directories, symbolic links, handles and references. */
#include <ntifs.h>
#include "tap.h"

#ifndef STATUS_REPARSE_POINT_ENCOUNTERED
#define STATUS_REPARSE_POINT_ENCOUNTERED ((NTSTATUS)0xC000050B)
#endif

typedef struct _DIRECTORY_ENTRY { /* OBJECT_DIRECTORY_INFORMATION */
    UNICODE_STRING Name, TypeName;
} DIRECTORY_ENTRY, *PDIRECTORY_ENTRY;

static PDRIVER_OBJECT Driver;

static OBJECT_ATTRIBUTES Attributes;
static UNICODE_STRING AttributesName;

/* Of a name, below Root or absolute. */
static POBJECT_ATTRIBUTES Named(PCWSTR Name, HANDLE Root, ULONG Flags) {
    RtlInitUnicodeString(&AttributesName, Name);
    InitializeObjectAttributes(&Attributes, Name ? &AttributesName : NULL, Flags | OBJ_KERNEL_HANDLE, Root, NULL);
    return &Attributes;
}

static NTSTATUS MakeDirectory(PCWSTR Name, HANDLE Root, PHANDLE Handle) {
    return ZwCreateDirectoryObject(Handle, DIRECTORY_ALL_ACCESS, Named(Name, Root, OBJ_CASE_INSENSITIVE));
}

static NTSTATUS MakeLink(PCWSTR Name, PCWSTR Target, PHANDLE Handle) {
    UNICODE_STRING TargetName;
    RtlInitUnicodeString(&TargetName, Target);
    return ZwCreateSymbolicLinkObject(Handle, SYMBOLIC_LINK_ALL_ACCESS, Named(Name, NULL, OBJ_CASE_INSENSITIVE), &TargetName);
}

/* Opens and closes again: is there a directory of that name? */
static NTSTATUS FindDirectory(PCWSTR Name, HANDLE Root, ULONG Flags) {
    HANDLE Handle;
    NTSTATUS Status = ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY, Named(Name, Root, Flags));
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static NTSTATUS FindFile(PCWSTR Name) {
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    NTSTATUS Status = ZwOpenFile(&Handle, FILE_READ_ATTRIBUTES, Named(Name, NULL, OBJ_CASE_INSENSITIVE), &Iosb, FILE_SHARE_READ, 0);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static NTSTATUS CreateNamedDevice(PCWSTR Name, PDEVICE_OBJECT *Device) {
    UNICODE_STRING DeviceName;
    NTSTATUS Status;
    RtlInitUnicodeString(&DeviceName, Name);
    Status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, Device);
    if (NT_SUCCESS(Status)) {
        (*Device)->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    return Status;
}

static NTSTATUS CreateDosLink(PCWSTR Link, PCWSTR Target) {
    UNICODE_STRING LinkName, TargetName;
    RtlInitUnicodeString(&LinkName, Link);
    RtlInitUnicodeString(&TargetName, Target);
    return IoCreateSymbolicLink(&LinkName, &TargetName);
}

static NTSTATUS DeleteDosLink(PCWSTR Link) {
    UNICODE_STRING LinkName;
    RtlInitUnicodeString(&LinkName, Link);
    return IoDeleteSymbolicLink(&LinkName);
}

/* Does the full name of the object behind a handle read Expected? */
static BOOLEAN NameIs(HANDLE Handle, PCWSTR Expected) {
    UCHAR Buffer[256];
    POBJECT_NAME_INFORMATION Name = (POBJECT_NAME_INFORMATION)Buffer;
    UNICODE_STRING Wanted;
    PVOID Object;
    ULONG Length;
    BOOLEAN Same;
    RtlInitUnicodeString(&Wanted, Expected);
    if (!NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, NULL))) {
        return FALSE;
    }
    Same = NT_SUCCESS(ObQueryNameString(Object, Name, sizeof Buffer, &Length)) && RtlEqualUnicodeString(&Name->Name, &Wanted, FALSE);
    ObDereferenceObject(Object);
    return Same;
}

static VOID TestDirectories(VOID) {
    HANDLE Top, Sub, Same;
    STATUS(MakeDirectory(L"\\NamesTest", NULL, &Top), STATUS_SUCCESS, "a directory in the root");
    STATUS(MakeDirectory(L"\\NamesTest\\Sub", NULL, &Sub), STATUS_SUCCESS, "and one in it");
    STATUS(FindDirectory(L"\\NamesTest\\Sub", NULL, 0), STATUS_SUCCESS, "is found by its full name");
    STATUS(FindDirectory(L"Sub", Top, 0), STATUS_SUCCESS, "and relative to the directory");
    STATUS(FindDirectory(L"\\namestest\\SUB", NULL, OBJ_CASE_INSENSITIVE), STATUS_SUCCESS, "whatever the case");
    ok(NameIs(Sub, L"\\NamesTest\\Sub"), "ObQueryNameString gives the name as it was made");
    STATUS(MakeDirectory(L"\\NAMESTEST\\sub", NULL, &Same), STATUS_OBJECT_NAME_COLLISION, "the name is taken, in any case");
    STATUS(ZwCreateDirectoryObject(&Same, DIRECTORY_QUERY, Named(L"\\NamesTest\\Sub", NULL, OBJ_CASE_INSENSITIVE | OBJ_OPENIF)),
           STATUS_OBJECT_NAME_EXISTS, "OBJ_OPENIF opens what is there");
    ZwClose(Same);
    STATUS(FindDirectory(L"", Top, 0), STATUS_SUCCESS, "an empty name relative to a directory is the directory");

    STATUS(FindDirectory(L"\\NamesTest\\None", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "the last name is not there");
    STATUS(FindDirectory(L"\\NamesTest\\None\\Sub", NULL, 0), STATUS_OBJECT_PATH_NOT_FOUND, "a name on the way is not there");
    STATUS(FindDirectory(L"NamesTest", NULL, 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "no backslash in front");
    STATUS(FindDirectory(L"\\Sub", Top, 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "a backslash in front of a relative name");
    STATUS(FindDirectory(L"\\NamesTest\\\\Sub", NULL, 0), STATUS_OBJECT_NAME_INVALID, "two backslashes in the middle");
    STATUS(FindDirectory(L"\\NamesTest\\Sub\\", NULL, 0), STATUS_OBJECT_NAME_INVALID, "a backslash at the end");
    STATUS(FindDirectory(L"\\", NULL, 0), STATUS_SUCCESS, "the root itself");
    STATUS(FindDirectory(L"", NULL, 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "an empty name");
    STATUS(FindDirectory(NULL, NULL, 0), STATUS_OBJECT_PATH_SYNTAX_BAD, "no name");
    Named(L"\\NamesTest", NULL, 0)->Length = 8;
    STATUS(ZwOpenDirectoryObject(&Same, DIRECTORY_QUERY, &Attributes), STATUS_INVALID_PARAMETER, "OBJECT_ATTRIBUTES of a wrong length");
    STATUS(FindDirectory(L"\\NamesTest", NULL, 0x80000000), STATUS_INVALID_PARAMETER, "an attribute that is none");
    STATUS(FindDirectory(L"x", (HANDLE)0x7FF4, 0), STATUS_INVALID_HANDLE, "relative to a handle that is none");
    STATUS(FindFile(L"\\NamesTest\\Sub"), STATUS_OBJECT_TYPE_MISMATCH, "a directory is no file");

    ZwClose(Sub);
    STATUS(FindDirectory(L"\\NamesTest\\Sub", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "a temporary object's name goes with its last handle");
    STATUS(ZwCreateDirectoryObject(&Sub, DIRECTORY_ALL_ACCESS, Named(L"Sub", Top, OBJ_PERMANENT)), STATUS_SUCCESS, "a permanent one");
    ZwClose(Sub);
    STATUS(ZwOpenDirectoryObject(&Sub, DELETE, Named(L"Sub", Top, 0)), STATUS_SUCCESS, "stays");
    STATUS(ZwMakeTemporaryObject(Sub), STATUS_SUCCESS, "until it is made temporary");
    ZwClose(Sub);
    STATUS(FindDirectory(L"Sub", Top, 0), STATUS_OBJECT_NAME_NOT_FOUND, "and closed");
    ZwClose(Top);
    STATUS(FindDirectory(L"\\NamesTest", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "the first directory is gone too");
}

static VOID TestEnumeration(VOID) {
    static const PCWSTR Expected[] = {L"Alpha", L"beta", L"Gamma"};
    UCHAR Buffer[512];
    PDIRECTORY_ENTRY Entries = (PDIRECTORY_ENTRY)Buffer;
    HANDLE Top, Sub[3];
    ULONG Context, Length, Count = 0;
    UNICODE_STRING Name;
    NTSTATUS Status;
    MakeDirectory(L"\\NamesTest", NULL, &Top);
    STATUS(ZwQueryDirectoryObject(Top, (PVOID)Buffer, sizeof Buffer, FALSE, TRUE, &Context, &Length), STATUS_NO_MORE_ENTRIES, "an empty directory");
    for (ULONG i = 0; i < 3; i++) {
        MakeDirectory(Expected[2 - i], Top, &Sub[i]);
    }
    for (;;) {
        Status = ZwQueryDirectoryObject(Top, (PVOID)Buffer, sizeof Buffer, TRUE, Count == 0, &Context, &Length);
        if (!NT_SUCCESS(Status) || Count == 3) {
            break;
        }
        RtlInitUnicodeString(&Name, Expected[Count++]);
        ok(RtlEqualUnicodeString(&Entries->Name, &Name, FALSE), "entry %u is %wZ", Count, &Name);
        RtlInitUnicodeString(&Name, L"Directory");
        ok(RtlEqualUnicodeString(&Entries->TypeName, &Name, FALSE), "and a %wZ", &Name);
    }
    STATUS(Status, STATUS_NO_MORE_ENTRIES, "three entries and no more");
    STATUS(ZwQueryDirectoryObject(Top, (PVOID)Buffer, 8, TRUE, TRUE, &Context, &Length), STATUS_BUFFER_TOO_SMALL, "a buffer that holds none");
    ok(Length > 8, "the length wanted is told: %u", Length);
    Status = ZwQueryDirectoryObject(Top, (PVOID)Buffer, sizeof Buffer, FALSE, TRUE, &Context, &Length);
    ok(Status == STATUS_SUCCESS && Entries[2].Name.Length && !Entries[3].Name.Length, "all at once, and an empty entry behind them");
    for (ULONG i = 0; i < 3; i++) {
        ZwClose(Sub[i]);
    }
    ZwClose(Top);
}

static VOID TestLinks(VOID) {
    HANDLE Top, First, Second, Loop, Handle;
    WCHAR Buffer[32];
    UNICODE_STRING Target = {0, sizeof Buffer, Buffer}, Expected = RTL_CONSTANT_STRING(L"\\NamesTest");
    ULONG Length;
    MakeDirectory(L"\\NamesTest", NULL, &Top);
    MakeDirectory(L"Sub", Top, &Handle);
    STATUS(MakeLink(L"\\NamesLink", L"\\NamesTest", &First), STATUS_SUCCESS, "a link to a directory");
    STATUS(FindDirectory(L"\\NamesLink", NULL, 0), STATUS_SUCCESS, "leads there");
    STATUS(FindDirectory(L"\\NamesLink\\Sub", NULL, 0), STATUS_SUCCESS, "and through it");
    STATUS(MakeLink(L"\\NamesLink2", L"\\NamesLink", &Second), STATUS_SUCCESS, "a link to a link");
    STATUS(FindDirectory(L"\\NAMESLINK2\\sub", NULL, OBJ_CASE_INSENSITIVE), STATUS_SUCCESS, "leads on");
    STATUS(FindDirectory(L"\\NamesLink2\\None", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "but not to what is not there");
    STATUS(FindDirectory(L"\\NamesLink", NULL, OBJ_DONT_REPARSE), STATUS_REPARSE_POINT_ENCOUNTERED, "OBJ_DONT_REPARSE stops at a link");
    STATUS(ZwQuerySymbolicLinkObject(First, &Target, &Length), STATUS_SUCCESS, "the target can be asked for");
    ok(RtlEqualUnicodeString(&Target, &Expected, FALSE) && Length == Expected.MaximumLength, "and is the one it was made with");
    Target.MaximumLength = 4;
    STATUS(ZwQuerySymbolicLinkObject(First, &Target, &Length), STATUS_BUFFER_TOO_SMALL, "a short buffer");
    is(Length, Expected.MaximumLength, "the length wanted");
    STATUS(MakeLink(L"\\NamesLink", L"\\Other", &Loop), STATUS_OBJECT_NAME_COLLISION, "a second link of the name");
    ZwClose(First);
    STATUS(FindDirectory(L"\\NamesLink2", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND, "a link that leads to nothing any more");
    STATUS(MakeLink(L"\\NamesLink", L"\\NamesLink2", &Loop), STATUS_SUCCESS, "a link back to it: a loop");
    ok(!NT_SUCCESS(FindDirectory(L"\\NamesLink", NULL, 0)), "a loop ends in an error");
    STATUS(ZwOpenSymbolicLinkObject(&First, SYMBOLIC_LINK_QUERY, Named(L"\\NamesLink", NULL, 0)), STATUS_SUCCESS,
           "a link in it can be opened as what it is");
    ZwClose(First);
    STATUS(ZwOpenSymbolicLinkObject(&First, SYMBOLIC_LINK_QUERY, Named(L"\\NamesTest", NULL, 0)), STATUS_OBJECT_TYPE_MISMATCH,
           "a directory is no link");
    ZwClose(Loop);
    ZwClose(Second);
    ZwClose(Handle);
    ZwClose(Top);
}

/* What a driver does in DriverEntry. */
static VOID TestDevices(VOID) {
    PDEVICE_OBJECT Device, Twin = (PDEVICE_OBJECT)1, Lower;
    PFILE_OBJECT File;
    UNICODE_STRING Name;
    HANDLE Handle;
    STATUS(CreateNamedDevice(L"\\Device\\NamesTest", &Device), STATUS_SUCCESS, "a device");
    STATUS(CreateNamedDevice(L"\\Device\\NamesTest", &Twin), STATUS_OBJECT_NAME_COLLISION, "no second one of its name");
    is(Twin, NULL, "and no pointer to it");
    STATUS(CreateNamedDevice(L"\\device\\NAMESTEST", &Twin), STATUS_OBJECT_NAME_COLLISION, "in no case");
    STATUS(CreateNamedDevice(L"NamesTest2", &Twin), STATUS_OBJECT_PATH_SYNTAX_BAD, "a name without a backslash");
    STATUS(CreateNamedDevice(L"\\NoSuchDirectory\\NamesTest", &Twin), STATUS_OBJECT_PATH_NOT_FOUND, "a directory that is not there");
    ok(Driver->DeviceObject == Device && !Device->NextDevice, "what failed is not in the driver's list");

    STATUS(CreateDosLink(L"\\DosDevices\\NamesTest", L"\\Device\\NamesTest"), STATUS_SUCCESS, "a link");
    STATUS(CreateDosLink(L"\\DosDevices\\NamesTest", L"\\Device\\NamesTest"), STATUS_OBJECT_NAME_COLLISION, "no second one");
    STATUS(CreateDosLink(L"\\??\\namestest", L"\\Device\\NamesTest"), STATUS_OBJECT_NAME_COLLISION, "\\?? is the same place");
    STATUS(CreateDosLink(L"\\??\\NamesNowhere", L"\\Device\\NoSuchDevice"), STATUS_SUCCESS, "a link may lead nowhere");
    STATUS(FindFile(L"\\??\\NamesNowhere"), STATUS_OBJECT_NAME_NOT_FOUND, "then there is nothing to open");
    STATUS(DeleteDosLink(L"\\??\\NamesNowhere"), STATUS_SUCCESS, "it is deleted");
    STATUS(DeleteDosLink(L"\\??\\NamesNowhere"), STATUS_OBJECT_NAME_NOT_FOUND, "once");
    STATUS(DeleteDosLink(L"\\Device\\NamesTest"), STATUS_OBJECT_TYPE_MISMATCH, "a device is no link");

    /* The driver has no create routine of its own: an open gets as far as the kernel's for invalid requests. */
    STATUS(FindFile(L"\\Device\\NamesTest"), STATUS_INVALID_DEVICE_REQUEST, "the device by its NT name");
    STATUS(FindFile(L"\\DosDevices\\NamesTest"), STATUS_INVALID_DEVICE_REQUEST, "by its DOS name");
    STATUS(FindFile(L"\\??\\NAMESTEST\\below\\it"), STATUS_INVALID_DEVICE_REQUEST, "with a name behind it");
    STATUS(FindFile(L"\\GLOBAL??\\NamesTest"), STATUS_INVALID_DEVICE_REQUEST, "in the directory where DOS names are");
    STATUS(FindFile(L"\\??\\Global\\NamesTest"), STATUS_INVALID_DEVICE_REQUEST, "through Global");
    STATUS(FindFile(L"\\??\\GLOBALROOT\\Device\\NamesTest"), STATUS_INVALID_DEVICE_REQUEST, "through GLOBALROOT");
    STATUS(FindFile(L"\\??\\GLOBALROOT\\??\\GLOBALROOT\\Device\\NamesTest"), STATUS_INVALID_DEVICE_REQUEST, "and back again");
    STATUS(FindFile(L"\\Device\\NamesTestX"), STATUS_OBJECT_NAME_NOT_FOUND, "a longer name is another");
    STATUS(FindFile(L"\\Device\\NamesTestX\\y"), STATUS_OBJECT_PATH_NOT_FOUND, "and so is what is behind it");
    RtlInitUnicodeString(&Name, L"\\Device\\NamesTest");
    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Lower), STATUS_INVALID_DEVICE_REQUEST,
           "IoGetDeviceObjectPointer opens, and the driver refuses");
    RtlInitUnicodeString(&Name, L"\\Device\\NoSuchDevice");
    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Lower), STATUS_OBJECT_NAME_NOT_FOUND, "of a device that is not there");
    RtlInitUnicodeString(&Name, L"\\??\\NUL");
    STATUS(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Lower), STATUS_SUCCESS, "of the null device, through its link");
    ok(File->Type == IO_TYPE_FILE && File->DeviceObject == Lower && Lower->Type == IO_TYPE_DEVICE, "a file object and its device");
    is(Lower->ReferenceCount > 0, 1, "which is in use");
    ObDereferenceObject(File);
    STATUS(ZwOpenSymbolicLinkObject(&Handle, SYMBOLIC_LINK_QUERY, Named(L"\\DosDevices\\namestest", NULL, OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS,
           "the link as an object");
    ok(NameIs(Handle, L"\\GLOBAL??\\NamesTest"), "has its place in \\GLOBAL??");
    ZwClose(Handle);

    STATUS(DeleteDosLink(L"\\DosDevices\\NamesTest"), STATUS_SUCCESS, "the link is deleted");
    IoDeleteDevice(Device);
    STATUS(FindFile(L"\\Device\\NamesTest"), STATUS_OBJECT_NAME_NOT_FOUND, "a deleted device has no name");
    is(Driver->DeviceObject, NULL, "and is in no list");
    STATUS(CreateNamedDevice(L"\\Device\\NamesTest", &Device), STATUS_SUCCESS, "the name is free again");
    IoDeleteDevice(Device);
}

static VOID TestHandles(VOID) {
    HANDLE Handle, Copy;
    PVOID Object, Again;
    OBJECT_HANDLE_INFORMATION Information;
    OBJECT_BASIC_INFORMATION Basic;
    LONG_PTR Count;
    STATUS(ZwCreateEvent(&Handle, EVENT_MODIFY_STATE, Named(NULL, NULL, 0), NotificationEvent, FALSE), STATUS_SUCCESS, "an event without a name");
    ok((LONG_PTR)Handle < 0, "a kernel handle has its highest bit set");
    STATUS(ObReferenceObjectByHandle(Handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object, &Information), STATUS_SUCCESS,
           "the object behind it");
    is(Information.GrantedAccess, EVENT_MODIFY_STATE, "granted access");
    STATUS(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *ExEventObjectType, KernelMode, &Again, NULL), STATUS_SUCCESS,
           "access is not checked for kernel mode");
    ObDereferenceObject(Again);
    STATUS(ObReferenceObjectByHandle(ZwCurrentProcess(), 0, *PsProcessType, KernelMode, &Again, NULL), STATUS_SUCCESS, "-1 is the current process");
    is(Again, PsGetCurrentProcess(), "really");
    ObDereferenceObject(Again);

    Count = ObReferenceObject(Object);
    is(ObReferenceObject(Object), Count + 1, "a reference more");
    is(ObDereferenceObject(Object), Count, "and one less");
    is(ObDereferenceObject(Object), Count - 1, "and the other");
    STATUS(ObReferenceObjectByPointer(Object, 0, *ExEventObjectType, KernelMode), STATUS_SUCCESS, "ObReferenceObjectByPointer");
    ObDereferenceObject(Object);
    STATUS(ObReferenceObjectByPointer(Object, 0, *IoFileObjectType, UserMode), STATUS_OBJECT_TYPE_MISMATCH, "of a wrong type, for user mode");
    STATUS(ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE, *ExEventObjectType, KernelMode, &Copy), STATUS_SUCCESS,
           "a second handle from the pointer");
    STATUS(ZwQueryObject(Copy, ObjectBasicInformation, &Basic, sizeof Basic, NULL), STATUS_SUCCESS, "ZwQueryObject");
    is(Basic.HandleCount, 2, "two handles");
    is(Basic.GrantedAccess, SYNCHRONIZE, "the second has the access that was asked for");
    STATUS(ZwClose(Copy), STATUS_SUCCESS, "closed");
    STATUS(ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, 0, *IoFileObjectType, KernelMode, &Copy), STATUS_OBJECT_TYPE_MISMATCH,
           "no handle as a file");
    ZwClose(Handle);
    KeSetEvent(Object, IO_NO_INCREMENT, FALSE);
    is(KeReadStateEvent(Object), 1, "the object lives as long as it is referenced");
    is(ObDereferenceObject(Object), 0, "and no longer");

    STATUS(ZwClose((HANDLE)0x7FF4), STATUS_INVALID_HANDLE, "ZwClose of a handle nobody made");
    STATUS(ZwClose(NULL), STATUS_INVALID_HANDLE, "ZwClose of NULL");
    STATUS(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, Named(L"\\NamesEvent", NULL, OBJ_CASE_INSENSITIVE), SynchronizationEvent, FALSE), STATUS_SUCCESS,
           "an event with a name");
    STATUS(FindDirectory(L"\\NamesEvent\\x", NULL, 0), STATUS_OBJECT_TYPE_MISMATCH, "nothing can be below it");
    STATUS(FindDirectory(L"x", Handle, 0), STATUS_INVALID_HANDLE, "or relative to it");
    STATUS(ZwCreateEvent(&Copy, EVENT_ALL_ACCESS, Named(L"\\NamesEvent", NULL, OBJ_CASE_INSENSITIVE), SynchronizationEvent, FALSE),
           STATUS_OBJECT_NAME_COLLISION, "no second one of its name");
    STATUS(MakeDirectory(L"\\NamesEvent", NULL, &Copy), STATUS_OBJECT_NAME_COLLISION, "nor a directory");
    STATUS(ZwCreateDirectoryObject(&Copy, DIRECTORY_QUERY, Named(L"\\NamesEvent", NULL, OBJ_OPENIF)), STATUS_OBJECT_TYPE_MISMATCH,
           "OBJ_OPENIF wants the same type");
    ZwClose(Handle);
}

/* What is there from the start, as System sees it. */
static VOID TestNamespace(VOID) {
    static const PCWSTR Directories[] = {L"\\Device",
                                         L"\\Driver",
                                         L"\\FileSystem",
                                         L"\\GLOBAL??",
                                         L"\\??",
                                         L"\\DosDevices",
                                         L"\\Callback",
                                         L"\\KernelObjects",
                                         L"\\ObjectTypes",
                                         L"\\Security",
                                         L"\\Sessions",
                                         L"\\BaseNamedObjects\\Global",
                                         L"\\BaseNamedObjects\\Local",
                                         L"\\Sessions\\0\\DosDevices",
                                         L"\\Sessions\\1\\BaseNamedObjects",
                                         L"\\BaseNamedObjects\\Session\\1",
                                         L"\\Sessions\\1\\BaseNamedObjects\\Global"};
    HANDLE Handle, Same;
    UNICODE_STRING Target = RTL_CONSTANT_STRING(L"\\Device");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Directories); i++) {
        STATUS(FindDirectory(Directories[i], NULL, OBJ_CASE_INSENSITIVE), STATUS_SUCCESS, "a directory of the system");
    }
    STATUS(ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY, Named(L"\\??", NULL, 0)), STATUS_SUCCESS, "\\?? of the System process");
    ok(NameIs(Handle, L"\\GLOBAL??"), "is \\GLOBAL??");
    ZwClose(Handle);
    STATUS(ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY, Named(L"\\BaseNamedObjects\\Session\\1", NULL, 0)), STATUS_SUCCESS,
           "session 1 by its number");
    ok(NameIs(Handle, L"\\Sessions\\1\\BaseNamedObjects"), "has its own directory");
    STATUS(ZwCreateEvent(&Same, EVENT_ALL_ACCESS, Named(L"\\BaseNamedObjects\\NamesTest", NULL, 0), NotificationEvent, FALSE), STATUS_SUCCESS,
           "an event of all");
    STATUS(FindDirectory(L"NamesTest", Handle, 0), STATUS_OBJECT_NAME_NOT_FOUND, "is not in it");
    ZwClose(Same);
    ZwClose(Handle);
    Target.MaximumLength = Target.Length;
    STATUS(ZwCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, Named(L"\\NamesLink", NULL, 0), &Target), STATUS_SUCCESS,
           "one that fills it needs no zero behind it");
    STATUS(FindDirectory(L"\\NamesLink", NULL, 0), STATUS_SUCCESS, "and leads there");
    ZwClose(Handle);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    TestNamespace();
    TestDirectories();
    TestEnumeration();
    TestLinks();
    TestDevices();
    TestHandles();
}

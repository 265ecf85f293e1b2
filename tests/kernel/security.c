/* Security descriptors of objects: set, merged, queried; access states. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE, PVOID, ACCESS_MASK, PGENERIC_MAPPING);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE);
NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING);
__declspec(dllimport) extern POBJECT_TYPE *IoDeviceObjectType;
typedef struct _HANDLE_FLAGS { /* OBJECT_HANDLE_FLAG_INFORMATION */
    BOOLEAN Inherit, ProtectFromClose;
} HANDLE_FLAGS;
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE, HANDLE_FLAGS *, KPROCESSOR_MODE);

static UCHAR Buffer[512];

static ULONG Query(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR *Descriptor) {
    ULONG Needed = 0;
    NTSTATUS Status = ZwQuerySecurityObject(Handle, Information, Buffer, sizeof Buffer, &Needed);
    *Descriptor = Buffer;
    return NT_SUCCESS(Status) ? Needed : 0;
}

static VOID TestObject(HANDLE Handle, PCSTR What) {
    UCHAR AclBuffer[128];
    PACL Acl = (PACL)AclBuffer, Found;
    SECURITY_DESCRIPTOR New;
    PSECURITY_DESCRIPTOR Read;
    PSID Owner;
    BOOLEAN Present, Defaulted;
    ULONG Needed = 0;

    RtlCreateAcl(Acl, sizeof AclBuffer, ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, GENERIC_ALL, SeExports->SeLocalSystemSid);
    RtlCreateSecurityDescriptor(&New, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&New, TRUE, Acl, FALSE);
    ok(NT_SUCCESS(ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, &New)), "%s: its DACL is set", What);
    STATUS(ZwSetSecurityObject(Handle, OWNER_SECURITY_INFORMATION, &New), STATUS_INVALID_OWNER, "an owner that the descriptor lacks");
    RtlSetOwnerSecurityDescriptor(&New, SeExports->SeAliasAdminsSid, FALSE);
    ok(NT_SUCCESS(ZwSetSecurityObject(Handle, OWNER_SECURITY_INFORMATION, &New)), "%s: its owner is set", What);
    ok(Query(Handle, DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION, &Read) != 0, "%s: both can be read", What);
    ok(RtlValidSecurityDescriptor(Read), "%s: it is a descriptor", What);
    Found = NULL;
    RtlGetDaclSecurityDescriptor(Read, &Present, &Found, &Defaulted);
    ok(Present && Found && Found->AceCount == 1, "%s: with that DACL", What);
    RtlGetOwnerSecurityDescriptor(Read, &Owner, &Defaulted);
    ok(Owner && RtlEqualSid(Owner, SeExports->SeAliasAdminsSid), "%s: and that owner", What);
    Query(Handle, OWNER_SECURITY_INFORMATION, &Read);
    RtlGetDaclSecurityDescriptor(Read, &Present, &Found, &Defaulted);
    ok(!Present, "%s: only what is asked for comes", What);
    STATUS(ZwQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION, Buffer, 4, &Needed), STATUS_BUFFER_TOO_SMALL, "a small buffer");
    ok(Needed > sizeof(SECURITY_DESCRIPTOR_RELATIVE), "%s: says how much it takes", What);
}

static VOID TestDevice(PDRIVER_OBJECT DriverObject) {
    PDEVICE_OBJECT Device;
    PSECURITY_DESCRIPTOR Read = NULL, Before;
    PACCESS_ALLOWED_ACE First;
    PACL Dacl = NULL;
    BOOLEAN Allocated, Present, Defaulted;
    HANDLE Handle;
    if (!NT_SUCCESS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device))) {
        ok(FALSE, "a device");
        return;
    }
    STATUS(ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC | WRITE_OWNER | READ_CONTROL, *IoDeviceObjectType, KernelMode, &Handle),
           0, "a device as an object");
    ok(Query(Handle, DACL_SECURITY_INFORMATION, &Read) > sizeof(SECURITY_DESCRIPTOR_RELATIVE), "a device without a name has a descriptor too");
    RtlGetDaclSecurityDescriptor(Read, &Present, &Dacl, &Defaulted);
    ok(Present && Dacl && Dacl->AceCount == 4, "the default: everybody, System, administrators, restricted code");
    if (Present && Dacl && NT_SUCCESS(RtlGetAce(Dacl, 0, (PVOID *)&First)))
        ok(First->Mask == (FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE) && RtlEqualSid(&First->SidStart, SeExports->SeWorldSid),
           "everybody reads, writes and executes");
    TestObject(Handle, "a device");
    ok(Device->SecurityDescriptor != NULL, "the device object points at it");
    STATUS(ObGetObjectSecurity(Device, &Read, &Allocated), 0, "by pointer");
    ok(Read && Allocated, "there it is");
    Before = Read;
    ObReleaseObjectSecurity(Read, Allocated);
    ObGetObjectSecurity(Device, &Read, &Allocated);
    ok(Read == Before, "what ObReleaseObjectSecurity frees comes again");
    ObReleaseObjectSecurity(Read, Allocated);
    ZwClose(Handle);
    IoDeleteDevice(Device);
}

/* What is set on a key is the key's, not the handle's. */
static VOID TestKey(PUNICODE_STRING RegistryPath) {
    OBJECT_ATTRIBUTES Attributes;
    PSECURITY_DESCRIPTOR Read;
    HANDLE Key;
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenKey(&Key, KEY_ALL_ACCESS, &Attributes), 0, "a key");
    TestObject(Key, "a key");
    ZwClose(Key);
    ZwOpenKey(&Key, KEY_ALL_ACCESS, &Attributes);
    ok(Query(Key, OWNER_SECURITY_INFORMATION, &Read) > sizeof(SECURITY_DESCRIPTOR_RELATIVE), "another handle of the key sees it");
    ZwClose(Key);
}

static VOID TestHandles(VOID) {
    OBJECT_ATTRIBUTES Attributes;
    HANDLE_FLAGS Protect = {FALSE, TRUE}, None = {FALSE, FALSE}, Read = {TRUE, FALSE};
    SECURITY_DESCRIPTOR New;
    PSID Owner = NULL;
    BOOLEAN Defaulted;
    HANDLE Event;
    ULONG Length;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), 0, "an event");
    TestObject(Event, "an event");
    RtlCreateSecurityDescriptor(&New, SECURITY_DESCRIPTOR_REVISION);
    STATUS(NtSetSecurityObject(Event, SACL_SECURITY_INFORMATION, &New), STATUS_SUCCESS, "NtSetSecurityObject");
    STATUS(NtQuerySecurityObject(Event, OWNER_SECURITY_INFORMATION, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "NtQuerySecurityObject");
    RtlSetOwnerSecurityDescriptor(&New, SeExports->SeWorldSid, FALSE);
    STATUS(NtSetSecurityObject(Event, OWNER_SECURITY_INFORMATION, &New), STATUS_SUCCESS, "another owner");
    NtQuerySecurityObject(Event, OWNER_SECURITY_INFORMATION, Buffer, sizeof Buffer, &Length);
    RtlGetOwnerSecurityDescriptor((PSECURITY_DESCRIPTOR)Buffer, &Owner, &Defaulted);
    ok(Owner && RtlEqualSid(Owner, SeExports->SeWorldSid), "is there");
    STATUS(ZwSetSecurityObject(Event, DACL_SECURITY_INFORMATION, NULL), STATUS_ACCESS_VIOLATION, "no descriptor at all");
    STATUS(ObSetHandleAttributes(Event, &Protect, KernelMode), 0, "a handle is protected");
    ZwQueryObject(Event, (OBJECT_INFORMATION_CLASS)4 /* ObjectHandleFlagInformation */, &Read, sizeof Read, NULL);
    ok(Read.ProtectFromClose && !Read.Inherit, "as it says itself");
    STATUS(ObSetHandleAttributes(Event, &None, KernelMode), 0, "and no longer");
    STATUS(ObSetHandleAttributes((HANDLE)0x7FFFFFF0, &None, KernelMode), STATUS_INVALID_HANDLE, "no handle");
    STATUS(ZwClose(Event), 0, "it can be closed");
}

/* The device's own file has the device's descriptor, a file of a volume its own. */
static VOID TestFiles(VOID) {
    UNICODE_STRING Null = RTL_CONSTANT_STRING(L"\\Device\\Null"), Root = RTL_CONSTANT_STRING(L"\\??\\C:\\");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE File;
    ULONG Needed;
    PSID Owner = NULL;
    BOOLEAN Defaulted;
    InitializeObjectAttributes(&Attributes, &Null, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenFile(&File, READ_CONTROL | WRITE_DAC | WRITE_OWNER | FILE_READ_DATA, &Attributes, &Iosb, FILE_SHARE_READ, 0), 0, "the null device");
    TestObject(File, "a device's file");
    ZwClose(File);
    InitializeObjectAttributes(&Attributes, &Root, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenFile(&File, READ_CONTROL | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ, FILE_DIRECTORY_FILE), 0, "a directory");
    STATUS(ZwQuerySecurityObject(File, OWNER_SECURITY_INFORMATION, Buffer, sizeof Buffer, &Needed), 0, "has a descriptor");
    ok(NT_SUCCESS(RtlGetOwnerSecurityDescriptor((PSECURITY_DESCRIPTOR)Buffer, &Owner, &Defaulted)) && RtlValidSid(Owner), "with an owner");
    ZwClose(File);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    GENERIC_MAPPING Mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
    UCHAR Aux[256];
    ACCESS_STATE State;
    UNICODE_STRING Path;

    TestDevice(DriverObject);
    TestKey(RegistryPath);
    TestHandles();
    TestFiles();
    STATUS(SeCreateAccessState(&State, Aux, GENERIC_READ, &Mapping), 0, "an access state");
    is(State.RemainingDesiredAccess, FILE_GENERIC_READ, "with generic rights mapped");
    SeDeleteAccessState(&State);
    STATUS(RtlFormatCurrentUserKeyPath(&Path), 0, "the key of the user who runs");
    ok(Path.Buffer && !wcscmp(Path.Buffer, L"\\REGISTRY\\USER\\S-1-5-18"), "%wZ is System's", &Path);
    RtlFreeUnicodeString(&Path);
}

/* What the functions that drivers call most say to lengths, names and handles that cannot be right, when no verifier is before them. */
// ringside run --verifier off
#include "kernel/more.h"

int wcscpy_s(wchar_t *, size_t, const wchar_t *);
int strcat_s(char *, size_t, const char *);
NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
int sprintf_s(char *, size_t, const char *, ...);

static VOID TestStrings(VOID) {
    static WCHAR Long[40000];
    WCHAR Room[4] = L"ab";
    CHAR Narrow[4] = "";
    UNICODE_STRING String, Small = {4, 6, Room}, Odd = {3, 8, Room};
    ANSI_STRING Ansi = {0, 3, Narrow};
    ULONG Number = 99;
    GUID Guid;
    RtlInitUnicodeString(&String, NULL);
    ok(!String.Length && !String.MaximumLength && !String.Buffer, "RtlInitUnicodeString of NULL");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Long) - 1; i++)
        Long[i] = 'x';
    STATUS(RtlInitUnicodeStringEx(&String, Long), STATUS_NAME_TOO_LONG, "RtlInitUnicodeStringEx of 40,000 characters");
    RtlInitUnicodeString(&String, Long);
    ok(String.Length == 0xFFFC && String.MaximumLength == 0xFFFE, "RtlInitUnicodeString cuts them at 32,766");
    STATUS(RtlAppendUnicodeToString(&Small, L"cd"), STATUS_BUFFER_TOO_SMALL, "RtlAppendUnicodeToString to a full string");
    ok(Small.Length == 4 && Room[0] == 'a' && Room[2] == 0, "which stays as it was");
    RtlCopyUnicodeString(&Small, NULL);
    is(Small.Length, 0, "RtlCopyUnicodeString of NULL");
    STATUS(RtlValidateUnicodeString(0, &Odd), STATUS_INVALID_PARAMETER, "half a character");
    STATUS(RtlUnicodeStringToAnsiString(&Ansi, U("four"), FALSE), STATUS_BUFFER_OVERFLOW, "RtlUnicodeStringToAnsiString into three bytes");
    STATUS(RtlAnsiStringToUnicodeString(&Small, A("text"), FALSE), STATUS_BUFFER_OVERFLOW, "RtlAnsiStringToUnicodeString into six");
    STATUS(RtlUnicodeStringToInteger(U("12"), 7, &Number), STATUS_INVALID_PARAMETER, "RtlUnicodeStringToInteger to base 7");
    STATUS(RtlIntegerToUnicodeString(123456, 10, &Small), STATUS_BUFFER_OVERFLOW, "RtlIntegerToUnicodeString into three characters");
    STATUS(RtlIntegerToUnicodeString(1, 3, &Small), STATUS_INVALID_PARAMETER, "to base 3");
    STATUS(RtlGUIDFromString(U("{12345678-1234-1234-1234-12345678901}"), &Guid), STATUS_INVALID_PARAMETER, "RtlGUIDFromString, a digit short");
    STATUS(RtlGUIDFromString(U("12345678-1234-1234-1234-123456789012"), &Guid), STATUS_INVALID_PARAMETER, "without braces");
    ok(wcscpy_s(Room, 2, L"abc") == 34 /* ERANGE */ && Room[0] == 0, "wcscpy_s into two characters leaves none");
    strcpy(Narrow, "ab");
    ok(strcat_s(Narrow, 4, "cd") == 34 && Narrow[0] == 0, "strcat_s as well");
    ok(sprintf_s(Narrow, 4, "%d", 12345) == -1 && Narrow[0] == 0, "and sprintf_s");
}

static VOID TestNames(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING Relative = RTL_CONSTANT_STRING(L"Relative"), Missing = RTL_CONSTANT_STRING(L"\\Device\\NoSuchThing");
    UNICODE_STRING Directory = RTL_CONSTANT_STRING(L"\\NoSuchDirectory\\Name"), Odd = {17, 18, (PWSTR)L"\\Device\\x"}, Link, Empty = {0, 0, NULL};
    PDEVICE_OBJECT Device = NULL;
    PFILE_OBJECT File = NULL;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Result;
    HANDLE Handle = NULL;
    RtlInitUnicodeString(&Link, L"\\DosDevices\\BadArguments");
    STATUS(IoCreateDevice(DriverObject, 0, &Relative, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_OBJECT_PATH_SYNTAX_BAD,
           "IoCreateDevice by a name without a path");
    STATUS(IoCreateDevice(DriverObject, 0, &Directory, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_OBJECT_PATH_NOT_FOUND,
           "in a directory that is not there");
    STATUS(IoDeleteSymbolicLink(&Link), STATUS_OBJECT_NAME_NOT_FOUND, "IoDeleteSymbolicLink of none");
    STATUS(IoGetDeviceObjectPointer(&Missing, FILE_READ_DATA, &File, &Device), STATUS_OBJECT_NAME_NOT_FOUND, "IoGetDeviceObjectPointer to nothing");
    STATUS(ZwOpenFile(&Handle, GENERIC_READ, Named(&Odd), &Result, 0, 0), STATUS_OBJECT_NAME_INVALID, "a name of an odd length");
    STATUS(ZwOpenKey(&Handle, KEY_READ, Named(&Relative)), STATUS_OBJECT_PATH_SYNTAX_BAD, "ZwOpenKey by a name without a path");
    InitializeObjectAttributes(&Attributes, &Missing, 0, NULL, NULL);
    Attributes.Length = 7;
    STATUS(ZwOpenKey(&Handle, KEY_READ, &Attributes), STATUS_INVALID_PARAMETER, "OBJECT_ATTRIBUTES of seven bytes");
    Attributes.Length = sizeof Attributes;
    Attributes.RootDirectory = (HANDLE)0x7FFFFFF0;
    STATUS(ZwOpenKey(&Handle, KEY_READ, &Attributes), STATUS_INVALID_HANDLE, "below a handle that is none");
    ok(!MmGetSystemRoutineAddress(&Relative) && !MmGetSystemRoutineAddress(&Empty), "MmGetSystemRoutineAddress of what is not there");
}

static VOID TestHandles(VOID) {
    HANDLE Event = NULL, Bad = (HANDLE)0x7FFFFFF0;
    LARGE_INTEGER Now = {.QuadPart = 0};
    IO_STATUS_BLOCK Result;
    PEPROCESS Process = NULL;
    PETHREAD Thread = NULL;
    PVOID Object = (PVOID)1;
    ULONG Length = 0;
    UCHAR Room[8];
    ZwCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL), NotificationEvent, FALSE);
    STATUS(ObReferenceObjectByHandle(Bad, 0, NULL, KernelMode, &Object, NULL), STATUS_INVALID_HANDLE, "ObReferenceObjectByHandle of none");
    ok(Object == NULL, "gives no object");
    STATUS(ObReferenceObjectByHandle(Event, 0, *PsProcessType, KernelMode, &Object, NULL), STATUS_OBJECT_TYPE_MISMATCH, "of another type");
    STATUS(ZwWaitForSingleObject(Bad, FALSE, &Now), STATUS_INVALID_HANDLE, "ZwWaitForSingleObject");
    STATUS(ZwReadFile(Event, NULL, NULL, NULL, &Result, Room, sizeof Room, NULL, NULL), STATUS_OBJECT_TYPE_MISMATCH, "ZwReadFile of an event");
    STATUS(ZwSetEvent(NtCurrentProcess(), NULL), STATUS_OBJECT_TYPE_MISMATCH, "ZwSetEvent of a process");
    STATUS(PsLookupProcessByProcessId((HANDLE)3, &Process), STATUS_INVALID_CID, "PsLookupProcessByProcessId of no id");
    STATUS(PsLookupThreadByThreadId((HANDLE)0x7FFF0, &Thread), STATUS_INVALID_PARAMETER, "PsLookupThreadByThreadId of none");
    STATUS(ZwQuerySystemInformation(0, Room, sizeof Room, &Length), STATUS_INFO_LENGTH_MISMATCH, "ZwQuerySystemInformation into eight bytes");
    STATUS(ZwQuerySystemInformation(9999, Room, sizeof Room, &Length), STATUS_INVALID_INFO_CLASS, "of what?");
    ZwClose(Event);
}

static VOID TestFiles(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\bad-arguments.tmp"), Below = RTL_CONSTANT_STRING(L"\\??\\C:\\none\\bad-arguments.tmp");
    IO_STATUS_BLOCK Result;
    LARGE_INTEGER Far = {.QuadPart = 1000}, Negative = {.QuadPart = -77};
    HANDLE File = NULL;
    UCHAR Room[64];
    STATUS(ZwCreateFile(&File, GENERIC_READ | SYNCHRONIZE, Named(&Name), &Result, NULL, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
           STATUS_OBJECT_NAME_NOT_FOUND, "ZwCreateFile opens no file that is not there");
    STATUS(ZwCreateFile(&File, GENERIC_READ, Named(&Below), &Result, NULL, 0, 0, FILE_CREATE, 0, NULL, 0), STATUS_OBJECT_PATH_NOT_FOUND,
           "in a directory that is not there");
    STATUS(IoCreateFile(&File, GENERIC_READ, Named(&Name), &Result, NULL, 0, 0, 77, 0, NULL, 0, CreateFileTypeNone, NULL, IO_CHECK_CREATE_PARAMETERS),
           STATUS_INVALID_PARAMETER, "IoCreateFile that is to be checked, of a disposition that is none");
    STATUS(IoCreateFile(&File, GENERIC_READ, Named(&Name), &Result, NULL, 0, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0,
                        CreateFileTypeNone, NULL, IO_CHECK_CREATE_PARAMETERS),
           STATUS_INVALID_PARAMETER, "synchronous without SYNCHRONIZE");
    STATUS(ZwCreateFile(&File, GENERIC_ALL | SYNCHRONIZE, Named(&Name), &Result, NULL, 0, 0, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), 0,
           "a file");
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Result, Room, sizeof Room, &Far, NULL), STATUS_END_OF_FILE, "ZwReadFile behind its end");
    STATUS(ZwReadFile(File, NULL, NULL, NULL, &Result, Room, sizeof Room, &Negative, NULL), STATUS_INVALID_PARAMETER, "before its beginning");
    STATUS(ZwQueryInformationFile(File, &Result, Room, 3, FileStandardInformation), STATUS_INFO_LENGTH_MISMATCH,
           "ZwQueryInformationFile into three bytes");
    STATUS(ZwQueryInformationFile(File, &Result, Room, sizeof Room, (FILE_INFORMATION_CLASS)9999), STATUS_INVALID_INFO_CLASS, "of what?");
    STATUS(ZwDeviceIoControlFile(File, NULL, NULL, NULL, &Result, 0x222000, NULL, 0, NULL, 0), STATUS_INVALID_DEVICE_REQUEST,
           "ZwDeviceIoControlFile of a file on drive C:");
    ZwDeleteFile(Named(&Name));
    ZwClose(File);
}

static VOID TestKeys(PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Value = RTL_CONSTANT_STRING(L"BadArguments"), None = RTL_CONSTANT_STRING(L"NoSuchValue");
    UCHAR Room[64];
    ULONG Length = 0;
    HANDLE Key = NULL;
    ZwOpenKey(&Key, KEY_ALL_ACCESS, Named(RegistryPath));
    ZwSetValueKey(Key, &Value, 0, REG_BINARY, "twelve bytes", 12);
    STATUS(ZwQueryValueKey(Key, &None, KeyValuePartialInformation, Room, sizeof Room, &Length), STATUS_OBJECT_NAME_NOT_FOUND,
           "ZwQueryValueKey of none");
    STATUS(ZwQueryValueKey(Key, &Value, KeyValuePartialInformation, NULL, 0, &Length), STATUS_BUFFER_TOO_SMALL, "into nothing");
    is(Length, 12 + FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data), "what it takes");
    STATUS(ZwQueryValueKey(Key, &Value, KeyValuePartialInformation, Room, 16, &Length), STATUS_BUFFER_OVERFLOW, "into too little");
    STATUS(ZwQueryValueKey(Key, &Value, (KEY_VALUE_INFORMATION_CLASS)77, Room, sizeof Room, &Length), STATUS_INVALID_PARAMETER, "of what?");
    STATUS(ZwEnumerateKey(Key, 9999, KeyBasicInformation, Room, sizeof Room, &Length), STATUS_NO_MORE_ENTRIES, "ZwEnumerateKey behind the last");
    STATUS(ZwDeleteValueKey(Key, &None), STATUS_OBJECT_NAME_NOT_FOUND, "ZwDeleteValueKey of none");
    ZwDeleteValueKey(Key, &Value);
    ZwClose(Key);
}

static VOID TestMemory(VOID) {
    LARGE_INTEGER Size = {.QuadPart = PAGE_SIZE}, Zero = {.QuadPart = 0};
    HANDLE Section = NULL;
    UCHAR Room[16];
    SECURITY_DESCRIPTOR Descriptor;
    ok(!ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)1 << 45, 'tseT'), "ExAllocatePoolWithTag of 32 TB");
    ok(!ExAllocatePoolWithTag(PagedPool, ~(SIZE_T)0, 'tseT'), "of all there is");
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, Named(NULL), &Size, 0x12345, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION,
           "ZwCreateSection of a protection that is none");
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, Named(NULL), &Zero, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_INVALID_PARAMETER_4,
           "of no size");
    LARGE_INTEGER Huge = {.QuadPart = 1LL << 56};
    STATUS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, Named(NULL), &Huge, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_SECTION_TOO_BIG,
           "a section of more than a process has room for");
    STATUS(RtlCreateSecurityDescriptor(&Descriptor, 9), STATUS_UNKNOWN_REVISION, "RtlCreateSecurityDescriptor of revision 9");
    STATUS(RtlCreateAcl((PACL)Room, 3, ACL_REVISION), STATUS_BUFFER_TOO_SMALL, "RtlCreateAcl in three bytes");
    RtlCreateAcl((PACL)Room, sizeof Room, ACL_REVISION);
    STATUS(RtlAddAccessAllowedAce((PACL)Room, ACL_REVISION, 1, SeExports->SeLocalSystemSid), STATUS_ALLOTTED_SPACE_EXCEEDED,
           "RtlAddAccessAllowedAce to a full list");
}

/* What Driver Verifier stops at (tests/t10-arguments.t) has an answer without it. */
static VOID TestUnverified(VOID) {
    UNICODE_STRING Half = {3, 4, L"ab"}, Short = {8, 4, L"\\ab"}, Name = RTL_CONSTANT_STRING(L"\\BadArguments");
    OBJECT_ATTRIBUTES Attributes = {.Length = sizeof Attributes, .ObjectName = &Name};
    PVOID First, Second;
    GUID Id = {1, 2, 3, {4}};
    REGHANDLE Provider;
    HANDLE Handle;

    STATUS(ZwDisplayString(&Half), STATUS_INVALID_PARAMETER, "half a character is not shown");
    STATUS(ZwCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, &Attributes, &Short), STATUS_INVALID_PARAMETER,
           "nor is a target longer than its buffer one");
    STATUS(EtwRegister(&Id, NULL, NULL, &Provider), STATUS_SUCCESS, "a provider");
    STATUS(EtwUnregister(Provider), STATUS_SUCCESS, "is unregistered");
    STATUS(EtwUnregister(Provider), STATUS_INVALID_HANDLE, "once");
    STATUS(ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &(OBJECT_ATTRIBUTES){.Length = sizeof Attributes, .Attributes = OBJ_KERNEL_HANDLE},
                         NotificationEvent, FALSE),
           STATUS_SUCCESS, "an event");
    STATUS(ObReferenceObjectByHandle(Handle, 0, NULL, UserMode, &First, NULL), STATUS_INVALID_HANDLE, "a kernel handle is none for user mode");
    is(First, NULL, "and there is no object");
    ZwClose(Handle);
    STATUS(ObReferenceObjectByHandle((HANDLE)0x7FF4, 0, NULL, KernelMode, &First, NULL), STATUS_INVALID_HANDLE, "a handle nobody made");
    STATUS(ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &First, NULL), STATUS_INVALID_HANDLE, "NULL is none");
    First = ExAllocatePoolWithTag(PagedPool, 0, 'dab ');
    Second = ExAllocatePoolWithTag(PagedPool, 0, 'dab ');
    ok(First && Second && First != Second, "blocks of no bytes are blocks all the same");
    ExFreePool(First);
    ExFreePool(Second);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestStrings();
    TestNames(DriverObject);
    TestHandles();
    TestFiles();
    TestKeys(RegistryPath);
    TestMemory();
    TestUnverified();
}

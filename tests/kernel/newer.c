/* Functions that drivers of the 2020s use, and those that only few do: strings, objects, processes, files. */
#include "kernel/more.h"
#undef SeDeleteClientSecurity

VOID NTAPI RtlInitUTF8String(PANSI_STRING, PCSTR);
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING, const ANSI_STRING *, BOOLEAN);
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PANSI_STRING, PCUNICODE_STRING, BOOLEAN);
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN);
PWSTR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN);
ULONG NTAPI RtlCrc32(const VOID *, SIZE_T, ULONG);
BOOLEAN NTAPI RtlIsZeroMemory(PVOID, SIZE_T);
NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG, PCWSTR, PRTL_QUERY_REGISTRY_TABLE, PVOID, PVOID);
PCWSTR NTAPI RtlGetNtSystemRoot(VOID);
NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);
NTSTATUS NTAPI ObLogSecurityDescriptor(PSECURITY_DESCRIPTOR, PSECURITY_DESCRIPTOR *, ULONG);
VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR, ULONG);
VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR, ULONG);
BOOLEAN NTAPI ObFindHandleForObject(PEPROCESS, PVOID, POBJECT_TYPE, POBJECT_HANDLE_INFORMATION, PHANDLE);
BOOLEAN NTAPI SeAuditingHardLinkEventsWithContext(BOOLEAN, PSECURITY_DESCRIPTOR, PSECURITY_SUBJECT_CONTEXT);
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT);
PVOID NTAPI PsGetHostSilo(VOID);
PVOID NTAPI PsGetCurrentSilo(VOID);
PVOID NTAPI PsGetCurrentServerSilo(VOID);
PVOID NTAPI PsGetEffectiveServerSilo(PVOID);
PVOID NTAPI PsGetThreadServerSilo(PETHREAD);
BOOLEAN NTAPI PsIsHostSilo(PVOID);
BOOLEAN NTAPI PsIsCurrentThreadInServerSilo(VOID);
ULONG NTAPI PsGetServerSiloServiceSessionId(PVOID);
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD);
BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS);
NTSTATUS NTAPI IoCreateSystemThread(PVOID, PHANDLE, ULONG, POBJECT_ATTRIBUTES, HANDLE, PCLIENT_ID, PKSTART_ROUTINE, PVOID);
BOOLEAN NTAPI IoIsInitiator32bitProcess(PIRP);
NTSTATUS NTAPI IoSetIoCompletion(PVOID, PVOID, PVOID, NTSTATUS, ULONG_PTR, BOOLEAN);
__declspec(dllimport) extern POBJECT_TYPE *IoCompletionObjectType;
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID);
NTSTATUS NTAPI ZwAllocateLocallyUniqueId(PLUID);
NTSTATUS NTAPI NtQuerySystemInformationEx(ULONG, PVOID, ULONG, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwQuerySystemInformationEx(ULONG, PVOID, ULONG, PVOID, ULONG, PULONG);
VOID NTAPI ExBlockPushLock(PEX_PUSH_LOCK, PVOID);
VOID NTAPI ExWaitForUnblockPushLock(PEX_PUSH_LOCK, PVOID);
NTSTATUS NTAPI ExTimedWaitForUnblockPushLock(PEX_PUSH_LOCK, PVOID, PLARGE_INTEGER);
VOID FASTCALL ExfUnblockPushLock(PEX_PUSH_LOCK, PVOID);
PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE);
NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID *, PVOID *, PIO_STATUS_BLOCK, PLARGE_INTEGER);

NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);

static VOID TestStrings(VOID) {
    ANSI_STRING Utf8, Back = {0};
    UNICODE_STRING Wide = {0}, Full = RTL_CONSTANT_STRING(L"Some Text"), Empty = {0};
    WCHAR Room[4];
    CHAR OemRoom[16];
    OEM_STRING Oem = {0, sizeof OemRoom, OemRoom};
    BOOLEAN Spaces = 9;
    RtlInitUTF8String(&Utf8, "A\xC3\x84\xE2\x82\xAC");
    is(Utf8.Length, 6, "RtlInitUTF8String");
    STATUS(RtlUTF8StringToUnicodeString(&Wide, &Utf8, TRUE), 0, "RtlUTF8StringToUnicodeString");
    ok(Wide.Length == 6 && Wide.Buffer[1] == 0xC4 && Wide.Buffer[2] == 0x20AC && Wide.Buffer[3] == 0, "three characters");
    STATUS(RtlUnicodeStringToUTF8String(&Back, &Wide, TRUE), 0, "RtlUnicodeStringToUTF8String");
    ok(Back.Length == 6 && strcmp(Back.Buffer, Utf8.Buffer) == 0, "and back");
    RtlFreeUnicodeString(&Wide);
    RtlFreeAnsiString(&Back);
    Wide.Buffer = Room;
    Wide.MaximumLength = 6;
    STATUS(RtlUTF8StringToUnicodeString(&Wide, &Utf8, FALSE), STATUS_BUFFER_OVERFLOW, "too little room");
    ok(RtlSuffixUnicodeString(U("TEXT"), &Full, TRUE) && !RtlSuffixUnicodeString(U("TEXT"), &Full, FALSE), "RtlSuffixUnicodeString");
    ok(RtlFindUnicodeSubstring(&Full, U("te"), TRUE) == Full.Buffer + 5, "RtlFindUnicodeSubstring");
    ok(!RtlFindUnicodeSubstring(&Full, U("te"), FALSE), "with case");
    ok(RtlCompareAltitudes(U("321000"), U("40000.5")) > 0 && RtlCompareAltitudes(U("1.50"), U("01.5")) == 0, "RtlCompareAltitudes");
    STATUS(RtlUnicodeStringToCountedOemString(&Oem, U("a\u00C4"), FALSE), 0, "RtlUnicodeStringToCountedOemString");
    ok(Oem.Length == 2 && OemRoom[0] == 'a' && (UCHAR)OemRoom[1] == 0x8E, "two bytes");
    STATUS(RtlUpcaseUnicodeStringToCountedOemString(&Oem, U("a\u00E4"), FALSE), 0, "RtlUpcaseUnicodeStringToCountedOemString");
    ok(OemRoom[0] == 'A' && (UCHAR)OemRoom[1] == 0x8E, "in upper case");
    STATUS(RtlOemStringToCountedUnicodeString(&Wide, &Oem, FALSE), 0, "RtlOemStringToCountedUnicodeString");
    ok(Wide.Length == 4 && Room[0] == 'A' && Room[1] == 0xC4, "and back");
    Oem.Length = 0;
    ok(RtlIsNameLegalDOS8Dot3(U("Name.txt"), &Oem, &Spaces) && !Spaces && Oem.Length == 8 && memcmp(OemRoom, "NAME.TXT", 8) == 0,
       "RtlIsNameLegalDOS8Dot3");
    ok(RtlIsNameLegalDOS8Dot3(U("A B.C"), NULL, &Spaces) && Spaces, "with a space");
    ok(!RtlIsNameLegalDOS8Dot3(U("NineChars.txt"), NULL, NULL) && !RtlIsNameLegalDOS8Dot3(U("a.b.c"), NULL, NULL) &&
           !RtlIsNameLegalDOS8Dot3(U("a.text"), NULL, NULL) && !RtlIsNameLegalDOS8Dot3(U("a?b"), NULL, NULL) &&
           !RtlIsNameLegalDOS8Dot3(U(".a"), NULL, NULL) && !RtlIsNameLegalDOS8Dot3(&Empty, NULL, NULL),
       "and names that are none");
    is(RtlCrc32("123456789", 9, 0), 0xCBF43926, "RtlCrc32");
    is(RtlCrc32("6789", 4, RtlCrc32("12345", 5, 0)), 0xCBF43926, "in two parts");
    ok(RtlIsZeroMemory(&Empty, sizeof Empty) && !RtlIsZeroMemory(&Full, sizeof Full), "RtlIsZeroMemory");
    ok(wcscmp(RtlGetNtSystemRoot(), L"C:\\Windows") == 0, "RtlGetNtSystemRoot");
}

static VOID TestResources(VOID) {
    CM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = {0};
    ULONGLONG Length = 0, Start = 0;
    STATUS(RtlFindClosestEncodableLength(0x100000001ull, &Length), 0, "RtlFindClosestEncodableLength");
    is(Length, 0x100000100ull, "the next multiple of 256");
    STATUS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypeMemory, Length, 0xE0000000), 0, "RtlCmEncodeMemIoResource");
    ok(Descriptor.Type == CmResourceTypeMemoryLarge && Descriptor.Flags == CM_RESOURCE_MEMORY_LARGE_40, "a large one");
    is(RtlCmDecodeMemIoResource(&Descriptor, &Start), Length, "RtlCmDecodeMemIoResource");
    is(Start, 0xE0000000, "where it starts");
    STATUS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypeMemory, 0x100000001ull, 0), STATUS_UNSUCCESSFUL, "a length that cannot be said");
}

/* ---- A table that is listed as a directory ---- */
static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(PRTL_AVL_TABLE Table, PVOID A, PVOID B) {
    return *(PULONG)A < *(PULONG)B ? GenericLessThan : *(PULONG)A > *(PULONG)B ? GenericGreaterThan : GenericEqual;
}
static PVOID NTAPI Allocate(PRTL_AVL_TABLE Table, CLONG Size) { return ExAllocatePoolWithTag(NonPagedPoolNx, (ULONG)Size, 'rwen'); }
static VOID NTAPI Free(PRTL_AVL_TABLE Table, PVOID Block) { ExFreePool(Block); }
static NTSTATUS NTAPI Odd(PRTL_AVL_TABLE Table, PVOID Data, PVOID Limit) {
    return *(PULONG)Data > *(PULONG)Limit ? STATUS_NO_MORE_MATCHES : *(PULONG)Data % 2 ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static VOID TestTable(VOID) {
    RTL_AVL_TABLE Table;
    PVOID Restart = NULL;
    ULONG Deletes = 0, Limit = 8, From = 4, *Found;
    RtlInitializeGenericTableAvl(&Table, Compare, Allocate, Free, NULL);
    for (ULONG i = 0; i < 10; i++)
        RtlInsertElementGenericTableAvl(&Table, &i, sizeof i, NULL);
    Found = RtlEnumerateGenericTableLikeADirectory(&Table, Odd, &Limit, FALSE, &Restart, &Deletes, &From);
    ok(Found && *Found == 5, "RtlEnumerateGenericTableLikeADirectory: the first that matches");
    Found = RtlEnumerateGenericTableLikeADirectory(&Table, Odd, &Limit, TRUE, &Restart, &Deletes, &From);
    ok(Found && *Found == 7, "the next");
    From = 7;
    RtlDeleteElementGenericTableAvl(&Table, &From);
    Found = RtlEnumerateGenericTableLikeADirectory(&Table, NULL, NULL, TRUE, &Restart, &Deletes, &From);
    ok(Found && *Found == 8, "after a deletion from where the name would be");
    ok(!RtlEnumerateGenericTableLikeADirectory(&Table, Odd, &Limit, TRUE, &Restart, &Deletes, &From), "and the end");
    for (ULONG i = 0; i < 10; i++)
        RtlDeleteElementGenericTableAvl(&Table, &i);
}

/* Blocks of paged pool with the object manager's tag, as SystemPoolTagInformation lists them. */
static SIZE_T PoolBlocks(VOID) {
    static UCHAR Tags[0x8000];
    struct {
        ULONG Tag;
        struct {
            ULONG Allocs, Frees;
            SIZE_T Used;
        } Paged, NonPaged;
    } *Entry = (PVOID)(Tags + 8);
    ULONG Size;
    if (!NT_SUCCESS(ZwQuerySystemInformation(22, Tags, sizeof Tags, &Size)))
        return 0;
    for (ULONG i = 0; i < *(PULONG)Tags; i++)
        if (Entry[i].Tag == 'jbOR')
            return Entry[i].Paged.Allocs - Entry[i].Paged.Frees;
    return 0;
}

static VOID TestObjects(VOID) {
    SECURITY_DESCRIPTOR Absolute;
    UCHAR Bytes[256];
    ULONG Size = sizeof Bytes;
    PSECURITY_DESCRIPTOR First = NULL, Second = NULL, Kept = NULL;
    BOOLEAN Allocated, Audited = 9;
    HANDLE Event, Found = NULL;
    PVOID Object = NULL;
    PSID Owner = NULL;
    BOOLEAN Defaulted;
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, Named(U("\\NewerEvent")), NotificationEvent, FALSE), 0, "an event");
    ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &Object, NULL);
    RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Absolute, SeExports->SeLocalServiceSid, FALSE);
    STATUS(ObSetSecurityObjectByPointer(Object, OWNER_SECURITY_INFORMATION, &Absolute), 0, "ObSetSecurityObjectByPointer");
    ObGetObjectSecurity(Object, &Kept, &Allocated);
    RtlGetOwnerSecurityDescriptor(Kept, &Owner, &Defaulted);
    ok(Owner && RtlEqualSid(Owner, SeExports->SeLocalServiceSid), "has a new owner");
    ObReleaseObjectSecurity(Kept, Allocated);
    ok(ObFindHandleForObject(PsGetCurrentProcess(), Object, NULL, NULL, &Found) && Found == Event, "ObFindHandleForObject");
    STATUS(ObQueryObjectAuditingByHandle(Event, &Audited), 0, "ObQueryObjectAuditingByHandle");
    is(Audited, FALSE, "nothing is audited");
    ObDereferenceObject(Object);
    ZwClose(Event);
    STATUS(RtlAbsoluteToSelfRelativeSD(&Absolute, (PSECURITY_DESCRIPTOR)Bytes, &Size), 0, "a descriptor");
    STATUS(ObLogSecurityDescriptor((PSECURITY_DESCRIPTOR)Bytes, &First, 1), 0, "ObLogSecurityDescriptor");
    STATUS(ObLogSecurityDescriptor((PSECURITY_DESCRIPTOR)Bytes, &Second, 1), 0, "the same once more");
    ok(First && First == Second && RtlEqualMemory(First, Bytes, RtlLengthSecurityDescriptor(First)), "is one copy");
    ObReferenceSecurityDescriptor(First, 1);
    ObDereferenceSecurityDescriptor(First, 2);
    ok(RtlValidSecurityDescriptor(First), "ObReferenceSecurityDescriptor: it is still there");
    ObDereferenceSecurityDescriptor(First, 1);
    Bytes[0] = SECURITY_DESCRIPTOR_REVISION;
    SIZE_T Blocks = PoolBlocks();
    STATUS(ObLogSecurityDescriptor((PSECURITY_DESCRIPTOR)Bytes, &First, 1), 0, "a new one");
    is(PoolBlocks(), Blocks + 1, "for the old one is gone");
    ObDereferenceSecurityDescriptor(First, 1);
    is(PoolBlocks(), Blocks, "ObDereferenceSecurityDescriptor: as is this");
}

static VOID TestSecurity(VOID) {
    SECURITY_DESCRIPTOR Descriptor;
    SECURITY_SUBJECT_CONTEXT Subject;
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof Quality, SecurityImpersonation, SECURITY_DYNAMIC_TRACKING, FALSE};
    SECURITY_CLIENT_CONTEXT Client;
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    SeCaptureSubjectContext(&Subject);
    ok(!SeAuditingFileEvents(TRUE, &Descriptor) && !SeAuditingFileEventsWithContext(TRUE, &Descriptor, &Subject) &&
           !SeAuditingFileOrGlobalEvents(TRUE, &Descriptor, &Subject) && !SeAuditingHardLinkEvents(TRUE, &Descriptor) &&
           !SeAuditingHardLinkEventsWithContext(TRUE, &Descriptor, &Subject),
       "nothing is audited");
    ok(!SeTokenIsRestricted(SeQuerySubjectContextToken(&Subject)), "SeTokenIsRestricted: System's is not");
    SeReleaseSubjectContext(&Subject);
    STATUS(SeCreateClientSecurity(PsGetCurrentThread(), &Quality, FALSE, &Client), 0, "a client's context");
    SeDeleteClientSecurity(&Client);
    ok(Client.ClientToken == NULL, "SeDeleteClientSecurity");
}

static PVOID SeenContext;
static VOID NTAPI IoThread(PVOID Context) {
    SeenContext = Context;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestThreads(PDRIVER_OBJECT Driver) {
    HANDLE Handle;
    PVOID Context = (PVOID)1, Routine = (PVOID)2;
    is((ULONG_PTR)PsGetHostSilo() | (ULONG_PTR)PsGetCurrentSilo() | (ULONG_PTR)PsGetCurrentServerSilo() | (ULONG_PTR)PsGetEffectiveServerSilo(NULL) |
           (ULONG_PTR)PsGetThreadServerSilo(PsGetCurrentThread()),
       0, "the host's silo is NULL, and everything is in it");
    ok(PsIsHostSilo(NULL) && !PsIsHostSilo(Driver) && !PsIsCurrentThreadInServerSilo(), "PsIsHostSilo");
    is(PsGetServerSiloServiceSessionId(NULL), 0, "services are in session 0");
    ok(PsGetThreadCreateTime(PsGetCurrentThread()) > PsGetProcessCreateTimeQuadPart(PsInitialSystemProcess), "PsGetThreadCreateTime");
    ok(!PsIsProtectedProcessLight(PsInitialSystemProcess), "PsIsProtectedProcessLight");
    STATUS(PsWrapApcWow64Thread(&Context, &Routine), STATUS_NOT_SUPPORTED, "PsWrapApcWow64Thread: no thread of a 32-bit program");
    ok(Context == (PVOID)1 && Routine == (PVOID)2, "nothing is changed");
    ok(!PsSetCurrentThreadPrefetching(TRUE) && PsIsCurrentThreadPrefetching() && PsSetCurrentThreadPrefetching(FALSE),
       "PsSetCurrentThreadPrefetching");
    ok(IoSetThreadHardErrorMode(FALSE) && !IoSetThreadHardErrorMode(TRUE), "IoSetThreadHardErrorMode");
    ok(!IoIsInitiator32bitProcess(NULL), "IoIsInitiator32bitProcess");
    STATUS(IoCreateSystemThread(Driver, &Handle, SYNCHRONIZE, NULL, NULL, NULL, IoThread, Driver), 0, "IoCreateSystemThread");
    STATUS(ZwWaitForSingleObject(Handle, FALSE, NULL), 0, "runs to its end");
    ok(SeenContext == Driver, "with its context");
    ZwClose(Handle);
}

static VOID NTAPI Unblocker(PVOID Lock) {
    LARGE_INTEGER Moment = {.QuadPart = -100000};
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    ExfUnblockPushLock(Lock, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestExecutive(VOID) {
    EX_PUSH_LOCK Lock = 0;
    UCHAR Block[256];
    LARGE_INTEGER Start, End, Short = {.QuadPart = -10000};
    HANDLE Handle;
    ERESOURCE Resource;
    LUID First = {0}, Second = {0};
    ULONG Relationship = RelationNumaNode, Size = 0;
    USHORT Group = 0;
    UCHAR Buffer[0x200];
    ExBlockPushLock(&Lock, Block);
    STATUS(ExTimedWaitForUnblockPushLock(&Lock, Block, &Short), STATUS_TIMEOUT, "ExTimedWaitForUnblockPushLock: nobody unblocks");
    ExBlockPushLock(&Lock, Block);
    KeQuerySystemTime(&Start);
    PsCreateSystemThread(&Handle, SYNCHRONIZE, NULL, NULL, NULL, Unblocker, &Lock);
    ExWaitForUnblockPushLock(&Lock, Block);
    KeQuerySystemTime(&End);
    ok(End.QuadPart - Start.QuadPart >= 90000, "ExWaitForUnblockPushLock: until somebody does");
    ExBlockPushLock(&Lock, Block);
    ExfUnblockPushLock(&Lock, Block);
    STATUS(ExTimedWaitForUnblockPushLock(&Lock, Block, &Short), 0, "ExfUnblockPushLock: one that does not wait after all");
    ZwClose(Handle);
    ExInitializeResourceLite(&Resource);
    ok(ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(&Resource) != NULL && KeAreApcsDisabled() && ExIsResourceAcquiredSharedLite(&Resource),
       "ExEnterCriticalRegionAndAcquireSharedWaitForExclusive");
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    ExDeleteResourceLite(&Resource);
    ok(ExVerifySuite(SingleUserTS) && !ExVerifySuite(EmbeddedNT), "ExVerifySuite");
    STATUS(NtAllocateLocallyUniqueId(&First), 0, "NtAllocateLocallyUniqueId");
    STATUS(ZwAllocateLocallyUniqueId(&Second), 0, "ZwAllocateLocallyUniqueId");
    ok(First.LowPart && Second.LowPart && (First.LowPart != Second.LowPart || First.HighPart != Second.HighPart), "are unique");
    STATUS(NtQuerySystemInformationEx(107, &Relationship, sizeof Relationship, NULL, 0, &Size), STATUS_INFO_LENGTH_MISMATCH,
           "NtQuerySystemInformationEx");
    is(Size, 0x30, "a node");
    STATUS(ZwQuerySystemInformationEx(107, &Relationship, sizeof Relationship, Buffer, sizeof Buffer, &Size), 0, "ZwQuerySystemInformationEx");
    is(*(PULONG)Buffer, RelationNumaNode, "is told");
    STATUS(ZwQuerySystemInformationEx(8, &Group, sizeof Group, Buffer, sizeof Buffer, &Size), 0, "processors of a group");
    STATUS(ZwQuerySystemInformationEx(0, &Group, sizeof Group, Buffer, sizeof Buffer, &Size), STATUS_INVALID_INFO_CLASS, "a class without groups");
}

static VOID TestFiles(VOID) {
    HANDLE Handle = NULL, Port = NULL;
    IO_STATUS_BLOCK Iosb;
    PFILE_OBJECT File = NULL;
    POBJECT_NAME_INFORMATION Name = NULL;
    PVOID Object = NULL, Key = NULL, Apc = NULL;
    LARGE_INTEGER Now = {0};
    RTL_QUERY_REGISTRY_TABLE Table[2] = {{NULL, RTL_QUERY_REGISTRY_DIRECT, L"CurrentBuildNumber", &(UNICODE_STRING){0}, REG_NONE, NULL, 0}};
    STATUS(ZwOpenFile(&Handle, FILE_READ_DATA | SYNCHRONIZE, Named(U("\\??\\C:\\Windows\\System32\\ntdll.dll")), &Iosb, FILE_SHARE_READ,
                      FILE_SYNCHRONOUS_IO_NONALERT),
           0, "a file");
    ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL);
    STATUS(IoQueryFileDosDeviceName(File, &Name), 0, "IoQueryFileDosDeviceName");
    ok(Name && RtlEqualUnicodeString(&Name->Name, U("C:\\Windows\\System32\\ntdll.dll"), TRUE), "its name with a drive letter");
    if (Name)
        ExFreePool(Name);
    ok(!IoGetTransactionParameterBlock(File), "IoGetTransactionParameterBlock: no transaction");
    ObDereferenceObject(File);
    ZwClose(Handle);
    STATUS(ZwCreateIoCompletion(&Port, 0x1F0003, Named(NULL), 0), 0, "a completion port");
    STATUS(ObReferenceObjectByHandle(Port, 0, *IoCompletionObjectType, KernelMode, &Object, NULL), 0, "is of IoCompletionObjectType");
    STATUS(IoSetIoCompletion(Object, (PVOID)7, (PVOID)8, STATUS_SUCCESS, 99, FALSE), 0, "IoSetIoCompletion");
    STATUS(ZwRemoveIoCompletion(Port, &Key, &Apc, &Iosb, &Now), 0, "is removed");
    ok(Key == (PVOID)7 && Apc == (PVOID)8 && Iosb.Information == 99, "as it was set");
    ObDereferenceObject(Object);
    ZwClose(Port);
    STATUS(RtlQueryRegistryValuesEx(RTL_REGISTRY_WINDOWS_NT, L"", Table, NULL, NULL), 0, "RtlQueryRegistryValuesEx");
    ok(RtlEqualUnicodeString(Table[0].EntryContext, U("19045"), FALSE), "a value");
    RtlFreeUnicodeString(Table[0].EntryContext);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestStrings();
    TestResources();
    TestTable();
    TestObjects();
    TestSecurity();
    TestThreads(DriverObject);
    TestExecutive();
    TestFiles();
}

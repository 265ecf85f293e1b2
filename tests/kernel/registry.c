/* The registry as a driver uses it: its own key, values, subkeys, the rules for buffers, RtlQueryRegistryValues. */
#include "tap.h"

#ifndef RTL_QUERY_REGISTRY_TYPECHECK
#define RTL_QUERY_REGISTRY_TYPECHECK       0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#endif

typedef struct _NAME_INFORMATION { /* KEY_NAME_INFORMATION */
    ULONG NameLength;
    WCHAR Name[1];
} NAME_INFORMATION, *PNAME_INFORMATION;

#define PARTIAL_SIZE FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data)

static UCHAR Buffer[1024];
static HANDLE Key; /* the driver's */
static WCHAR Path[256];

static POBJECT_ATTRIBUTES Named(PCWSTR Name, HANDLE Root) {
    static OBJECT_ATTRIBUTES Attributes;
    static UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    return &Attributes;
}

static NTSTATUS Set(HANDLE Handle, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Size) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return ZwSetValueKey(Handle, &String, 0, Type, (PVOID)Data, Size);
}

static NTSTATUS Delete(HANDLE Handle, PCWSTR Name) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return ZwDeleteValueKey(Handle, &String);
}

static NTSTATUS Query(HANDLE Handle, PCWSTR Name, KEY_VALUE_INFORMATION_CLASS Class, ULONG Length, PULONG Needed) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    RtlFillMemory(Buffer, sizeof Buffer, 0xEE);
    *Needed = 0;
    return ZwQueryValueKey(Handle, &String, Class, Buffer, Length, Needed);
}

static BOOLEAN TextIs(PCWSTR Text, ULONG Length, PCWSTR Expected) {
    UNICODE_STRING Is = {(USHORT)Length, (USHORT)Length, (PWSTR)Text}, Wanted;
    RtlInitUnicodeString(&Wanted, Expected);
    return RtlEqualUnicodeString(&Is, &Wanted, FALSE);
}

static VOID TestOwnKey(PUNICODE_STRING RegistryPath) {
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Buffer;
    OBJECT_ATTRIBUTES Attributes;
    ULONG Length;
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenKey(&Key, KEY_ALL_ACCESS, &Attributes), STATUS_SUCCESS, "the driver's key can be opened");
    STATUS(Query(Key, L"ErrorControl", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "ErrorControl");
    ok(Partial->Type == REG_DWORD && Partial->DataLength == 4, "is a number");
    STATUS(Query(Key, L"START", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "Start, in any case");
    is(*(PULONG)Partial->Data, 3, "is SERVICE_DEMAND_START");
    STATUS(Query(Key, L"ImagePath", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "ImagePath");
    ok(Partial->Type == REG_EXPAND_SZ || Partial->Type == REG_SZ, "is text");
    STATUS(Query(Key, L"Absent", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_OBJECT_NAME_NOT_FOUND, "a value that is not there");
    ok(RegistryPath->Length < sizeof Path, "%wZ is short enough for this test", RegistryPath);
    RtlCopyMemory(Path, RegistryPath->Buffer, min(RegistryPath->Length, sizeof Path - sizeof(WCHAR)));
}

static VOID TestValues(VOID) {
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Buffer;
    PKEY_VALUE_BASIC_INFORMATION Basic = (PVOID)Buffer;
    PKEY_VALUE_FULL_INFORMATION Full = (PVOID)Buffer;
    static const WCHAR Text[] = L"Some text";
    ULONG Number = 0x12345678, Length;
    ULONG64 Big = 0x1122334455667788;

    STATUS(Set(Key, L"Number", REG_DWORD, &Number, sizeof Number), STATUS_SUCCESS, "a number is set");
    STATUS(Query(Key, L"number", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "and read");
    ok(Partial->TitleIndex == 0 && Partial->Type == REG_DWORD && Partial->DataLength == 4 && *(PULONG)Partial->Data == Number, "as it was set");
    is(Length, PARTIAL_SIZE + 4, "the length used");
    STATUS(Set(Key, L"NUMBER", REG_QWORD, &Big, sizeof Big), STATUS_SUCCESS, "and again, with another type and size");
    STATUS(Query(Key, L"Number", KeyValueBasicInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "basic information");
    ok(Basic->Type == REG_QWORD && TextIs(Basic->Name, Basic->NameLength, L"Number"), "the new type, the name as it was first");
    STATUS(Set(Key, L"Text", REG_SZ, Text, sizeof Text), STATUS_SUCCESS, "text");
    STATUS(Query(Key, L"Text", KeyValueFullInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "full information");
    ok(Full->Type == REG_SZ && Full->DataLength == sizeof Text && !wcscmp((PWSTR)(Buffer + Full->DataOffset), Text), "type, length, data");
    ok(TextIs(Full->Name, Full->NameLength, L"Text") && Full->DataOffset + Full->DataLength == Length, "name, and how they lie");

    STATUS(Query(Key, L"Text", KeyValuePartialInformation, 0, &Length), STATUS_BUFFER_TOO_SMALL, "no buffer");
    is(Length, PARTIAL_SIZE + sizeof Text, "the length wanted");
    STATUS(Query(Key, L"Text", KeyValuePartialInformation, PARTIAL_SIZE - 1, &Length), STATUS_BUFFER_TOO_SMALL, "not even the fixed part fits");
    is(Buffer[0], 0xEE, "nothing is stored");
    STATUS(Query(Key, L"Text", KeyValuePartialInformation, PARTIAL_SIZE, &Length), STATUS_BUFFER_OVERFLOW, "the fixed part fits");
    ok(Partial->DataLength == sizeof Text && Length == PARTIAL_SIZE + sizeof Text, "and tells the length of the data");
    STATUS(Query(Key, L"Text", KeyValuePartialInformation, PARTIAL_SIZE + 5, &Length), STATUS_BUFFER_OVERFLOW, "some of the data fit");
    ok(Partial->Data[0] == 'S' && Partial->Data[4] == 'm' && Partial->Data[5] == 0xEE, "as many as there is room for are stored");
    STATUS(Query(Key, L"Text", KeyValuePartialInformation, PARTIAL_SIZE + sizeof Text, &Length), STATUS_SUCCESS, "exactly enough room");
    STATUS(Query(Key, L"Text", (KEY_VALUE_INFORMATION_CLASS)99, sizeof Buffer, &Length), STATUS_INVALID_PARAMETER, "a class that is none");
    STATUS(Query(Key, L"Absent", (KEY_VALUE_INFORMATION_CLASS)99, sizeof Buffer, &Length), STATUS_INVALID_PARAMETER,
           "is looked at before the value is looked for");
    STATUS(ZwEnumerateValueKey(Key, 999, (KEY_VALUE_INFORMATION_CLASS)99, Buffer, sizeof Buffer, &Length), STATUS_INVALID_PARAMETER,
           "by number, too");

    STATUS(Set(Key, L"Empty", REG_BINARY, NULL, 0), STATUS_SUCCESS, "a value without data");
    STATUS(Query(Key, L"Empty", KeyValuePartialInformation, PARTIAL_SIZE, &Length), STATUS_SUCCESS, "is there");
    is(Partial->DataLength, 0, "and empty");
    STATUS(Set(Key, L"", REG_SZ, Text, sizeof Text), STATUS_SUCCESS, "the value without a name");
    STATUS(Query(Key, L"", KeyValueBasicInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "is a value like others");
    is(Basic->NameLength, 0, "with a name of length 0");
    STATUS(Delete(Key, L""), STATUS_SUCCESS, "deleted");
    STATUS(ZwSetValueKey(Key, NULL, 0, REG_SZ, (PVOID)Text, sizeof Text), STATUS_SUCCESS, "no name at all is the same");
    STATUS(Delete(Key, L""), STATUS_SUCCESS, "it was that one");
    STATUS(Delete(Key, L""), STATUS_OBJECT_NAME_NOT_FOUND, "once");
    STATUS(Delete(Key, L"Empty"), STATUS_SUCCESS, "and the other");
}

static VOID TestKeys(VOID) {
    PKEY_BASIC_INFORMATION Basic = (PVOID)Buffer;
    PKEY_FULL_INFORMATION Full = (PVOID)Buffer;
    static const PCWSTR Names[] = {L"beta", L"Gamma", L"Alpha"}, Sorted[] = {L"Alpha", L"beta", L"Gamma"};
    HANDLE Top, Sub, Again;
    ULONG Disposition, Length, Index = 0, Number = 7;
    NTSTATUS Status;

    STATUS(ZwOpenKey(&Top, KEY_READ, Named(L"Parameters", Key)), STATUS_OBJECT_NAME_NOT_FOUND, "a key that is not there");
    STATUS(ZwCreateKey(&Sub, KEY_READ, Named(L"Parameters\\Deep", Key), 0, NULL, 0, &Disposition), STATUS_OBJECT_NAME_NOT_FOUND,
           "one in a key that is not there");
    STATUS(ZwCreateKey(&Top, KEY_ALL_ACCESS, Named(L"Parameters", Key), 0, NULL, REG_OPTION_NON_VOLATILE, &Disposition), STATUS_SUCCESS, "a new key");
    is(Disposition, REG_CREATED_NEW_KEY, "is new");
    STATUS(ZwCreateKey(&Again, KEY_ALL_ACCESS, Named(L"PARAMETERS", Key), 0, NULL, 0, &Disposition), STATUS_SUCCESS, "and again");
    is(Disposition, REG_OPENED_EXISTING_KEY, "is not");
    ZwClose(Again);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Names); i++) {
        ZwCreateKey(&Sub, KEY_ALL_ACCESS, Named(Names[i], Top), 0, NULL, REG_OPTION_VOLATILE, NULL);
        ZwClose(Sub);
    }
    for (; (Status = ZwEnumerateKey(Top, Index, KeyBasicInformation, Buffer, sizeof Buffer, &Length)) == STATUS_SUCCESS && Index < 3; Index++) {
        ok(TextIs(Basic->Name, Basic->NameLength, Sorted[Index]), "subkey %u is %S", Index, Sorted[Index]);
    }
    STATUS(Status, STATUS_NO_MORE_ENTRIES, "there are three of them");
    STATUS(ZwEnumerateKey(Top, 0, KeyBasicInformation, Buffer, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) - 1, &Length), STATUS_BUFFER_TOO_SMALL,
           "no room for the fixed part");
    STATUS(ZwEnumerateKey(Top, 0, KeyBasicInformation, Buffer, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name), &Length), STATUS_BUFFER_OVERFLOW,
           "none for the name");
    is(Length, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + 10, "the length wanted");
    STATUS(ZwEnumerateKey(Top, 0, KeyNameInformation, Buffer, sizeof Buffer, &Length), STATUS_INVALID_PARAMETER, "not every class is of subkeys");
    STATUS(ZwEnumerateKey(Top, 9, KeyCachedInformation, Buffer, sizeof Buffer, &Length), STATUS_INVALID_PARAMETER, "whatever the number");
    Set(Top, L"One", REG_DWORD, &Number, 4);
    Set(Top, L"Second", REG_BINARY, L"123", 6);
    STATUS(ZwQueryKey(Top, KeyFullInformation, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "ZwQueryKey");
    ok(Full->SubKeys == 3 && Full->Values == 2, "three subkeys, two values");
    ok(Full->MaxNameLen == 10 && Full->MaxValueNameLen == 12 && Full->MaxValueDataLen == 6, "the longest of each, in bytes");
    STATUS(ZwEnumerateValueKey(Top, 1, KeyValueBasicInformation, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "the second value");
    ok(TextIs(((PKEY_VALUE_BASIC_INFORMATION)Buffer)->Name, ((PKEY_VALUE_BASIC_INFORMATION)Buffer)->NameLength, L"Second"), "has its name");
    STATUS(ZwEnumerateValueKey(Top, 2, KeyValueBasicInformation, Buffer, sizeof Buffer, &Length), STATUS_NO_MORE_ENTRIES, "there is no third");

    STATUS(ZwOpenKey(&Sub, KEY_ALL_ACCESS, Named(L"Parameters\\beta", Key)), STATUS_SUCCESS, "a key two levels down");
    STATUS(ZwCreateKey(&Again, KEY_READ, Named(L"Child", Sub), 0, NULL, REG_OPTION_NON_VOLATILE, NULL), STATUS_CHILD_MUST_BE_VOLATILE,
           "a stable key cannot be in a volatile one");
    STATUS(ZwDeleteKey(Top), STATUS_CANNOT_DELETE, "a key with subkeys cannot be deleted");
    STATUS(ZwDeleteKey(Sub), STATUS_SUCCESS, "one without can");
    STATUS(ZwQueryKey(Sub, KeyBasicInformation, Buffer, sizeof Buffer, &Length), STATUS_KEY_DELETED, "its handle is good for nothing");
    STATUS(Set(Sub, L"x", REG_DWORD, &Number, 4), STATUS_KEY_DELETED, "nothing at all");
    STATUS(ZwClose(Sub), STATUS_SUCCESS, "but closing");
    STATUS(ZwOpenKey(&Sub, KEY_READ, Named(L"beta", Top)), STATUS_OBJECT_NAME_NOT_FOUND, "the name is gone");
    STATUS(ZwFlushKey(Top), STATUS_SUCCESS, "ZwFlushKey");
    ZwClose(Top);
    STATUS(ZwOpenKey(&Sub, KEY_READ, Named(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services", NULL)), STATUS_SUCCESS, "CurrentControlSet");
    STATUS(ZwQueryKey(Sub, KeyNameInformation, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "is a link");
    ok(TextIs(((PNAME_INFORMATION)Buffer)->Name, ((PNAME_INFORMATION)Buffer)->NameLength, L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services"),
       "to ControlSet001");
    ZwClose(Sub);
    STATUS(ZwOpenKey(&Sub, KEY_READ, Named(L"\\Registry\\Machine\\None", NULL)), STATUS_OBJECT_NAME_NOT_FOUND, "no such hive");
    STATUS(ZwOpenKey(&Sub, KEY_READ, Named(L"Registry\\Machine", NULL)), STATUS_OBJECT_PATH_SYNTAX_BAD, "no backslash in front");
    STATUS(ZwQueryValueKey((HANDLE)0x7FF4, &(UNICODE_STRING){0, 0, NULL}, KeyValueBasicInformation, Buffer, sizeof Buffer, &Length),
           STATUS_INVALID_HANDLE, "a handle that is none");
}

/* ---- RtlQueryRegistryValues ---- */
static ULONG Calls, CallTypes[8];
static WCHAR CallText[8][32];

static NTSTATUS NTAPI Called(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context, PVOID EntryContext) {
    UNREFERENCED_PARAMETER(Name);
    UNREFERENCED_PARAMETER(EntryContext);
    if (Calls < RTL_NUMBER_OF(CallTypes)) {
        CallTypes[Calls] = Type;
        RtlZeroMemory(CallText[Calls], sizeof CallText[0]);
        RtlCopyMemory(CallText[Calls], Data, min(Length, sizeof CallText[0] - sizeof(WCHAR)));
        Calls++;
    }
    return *(NTSTATUS *)Context;
}

static NTSTATUS Ask(PRTL_QUERY_REGISTRY_TABLE Entry) {
    RTL_QUERY_REGISTRY_TABLE Table[2];
    NTSTATUS Answer = STATUS_SUCCESS;
    RtlZeroMemory(Table, sizeof Table);
    Table[0] = *Entry;
    Calls = 0;
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Path, Table, &Answer, NULL);
}

static VOID TestQueryDirect(VOID) {
    ULONG Number = 0;
    UCHAR Binary[16];
    WCHAR Room[32];
    UNICODE_STRING Text = {0, 0, NULL};
    RTL_QUERY_REGISTRY_TABLE Entry = {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Query", .EntryContext = &Number};
    ULONG Value = 42;

    Set(Key, L"Query", REG_DWORD, &Value, sizeof Value);
    STATUS(Ask(&Entry), STATUS_SUCCESS, "a number, direct");
    is(Number, 42, "is stored");
    Entry.Flags |= RTL_QUERY_REGISTRY_TYPECHECK;
    Entry.DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    STATUS(Ask(&Entry), STATUS_OBJECT_TYPE_MISMATCH, "a number is no text");
    Entry.DefaultType = REG_DWORD;
    STATUS(Ask(&Entry), STATUS_OBJECT_TYPE_MISMATCH, "the type of the default is not what is expected");
    Entry.QueryRoutine = Called;
    STATUS(Ask(&Entry), STATUS_INVALID_PARAMETER, "directly, there is nothing to call");
    Entry.QueryRoutine = NULL;
    Entry.DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_DWORD;
    STATUS(Ask(&Entry), STATUS_SUCCESS, "but a number");
    Entry.Name = L"Absent";
    Value = 43;
    Entry.DefaultData = &Value;
    Entry.DefaultLength = sizeof Value;
    STATUS(Ask(&Entry), STATUS_SUCCESS, "an absent value with a default");
    is(Number, 43, "the default is stored");
    Entry.Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    STATUS(Ask(&Entry), STATUS_OBJECT_NAME_NOT_FOUND, "an absent one that is required");

    Set(Key, L"Query", REG_SZ, L"Hello", 12);
    Entry = (RTL_QUERY_REGISTRY_TABLE){.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Query", .EntryContext = &Text};
    STATUS(Ask(&Entry), STATUS_SUCCESS, "text, direct, no buffer");
    ok(Text.Buffer && TextIs(Text.Buffer, Text.Length, L"Hello"), "one is allocated");
    if (Text.Buffer) {
        ExFreePool(Text.Buffer);
    }
    Text = (UNICODE_STRING){0, sizeof Room, Room};
    STATUS(Ask(&Entry), STATUS_SUCCESS, "into a buffer");
    ok(Text.Buffer == Room && TextIs(Room, Text.Length, L"Hello"), "it is there");
    Text.MaximumLength = 6;
    STATUS(Ask(&Entry), STATUS_BUFFER_TOO_SMALL, "a short one");
    Set(Key, L"Query", REG_EXPAND_SZ, L"%SystemRoot%\\x", 30);
    Text = (UNICODE_STRING){0, sizeof Room, Room};
    STATUS(Ask(&Entry), STATUS_SUCCESS, "text to be expanded");
    ok(TextIs(Room, Text.Length, L"C:\\Windows\\x"), "%wZ", &Text);
    Entry.Flags |= RTL_QUERY_REGISTRY_NOEXPAND;
    STATUS(Ask(&Entry), STATUS_SUCCESS, "and not");
    ok(TextIs(Room, Text.Length, L"%SystemRoot%\\x"), "it is as it was");

    Set(Key, L"Query", REG_BINARY, "\1\2\3\4\5\6", 6);
    *(PLONG)Binary = -(LONG)sizeof Binary;
    Entry = (RTL_QUERY_REGISTRY_TABLE){.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Query", .EntryContext = Binary};
    STATUS(Ask(&Entry), STATUS_SUCCESS, "bytes, with a negative length in front");
    ok(Binary[0] == 1 && Binary[5] == 6, "lie at the beginning");
    *(PLONG)Binary = sizeof Binary;
    STATUS(Ask(&Entry), STATUS_SUCCESS, "with a positive length");
    ok(((PULONG)Binary)[0] == 6 && ((PULONG)Binary)[1] == REG_BINARY && Binary[8] == 1 && Binary[13] == 6, "lie behind length and type");
    Delete(Key, L"Query");
}

static VOID TestQueryRoutine(VOID) {
    RTL_QUERY_REGISTRY_TABLE Entry = {.QueryRoutine = Called, .Name = L"Query"}, Table[2];
    NTSTATUS Answer = STATUS_UNSUCCESSFUL;
    ULONG Values = 0, Length;
    Set(Key, L"Query", REG_MULTI_SZ, L"one\0two\0three\0", 30);
    STATUS(Ask(&Entry), STATUS_SUCCESS, "several texts, to a routine");
    ok(Calls == 3 && CallTypes[0] == REG_SZ && CallTypes[2] == REG_SZ, "a call for each");
    ok(!wcscmp(CallText[0], L"one") && !wcscmp(CallText[1], L"two") && !wcscmp(CallText[2], L"three"), "in order");
    Entry.Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    STATUS(Ask(&Entry), STATUS_SUCCESS, "not expanded");
    ok(Calls == 1 && CallTypes[0] == REG_MULTI_SZ, "one call");
    Entry.Flags = 0;
    Set(Key, L"Query", REG_EXPAND_SZ, L"%windir%", 18);
    STATUS(Ask(&Entry), STATUS_SUCCESS, "text to be expanded");
    ok(Calls == 1 && CallTypes[0] == REG_SZ && !wcscmp(CallText[0], L"C:\\Windows"), "comes expanded, as REG_SZ");
    Entry.Name = L"Absent";
    STATUS(Ask(&Entry), STATUS_SUCCESS, "an absent value without a default");
    is(Calls, 0, "no call");
    Entry.DefaultType = REG_SZ;
    Entry.DefaultData = (PVOID)L"default";
    STATUS(Ask(&Entry), STATUS_SUCCESS, "with one");
    ok(Calls == 1 && !wcscmp(CallText[0], L"default"), "a call with it");
    Entry = (RTL_QUERY_REGISTRY_TABLE){.QueryRoutine = Called};
    while (ZwEnumerateValueKey(Key, Values, KeyValueBasicInformation, Buffer, sizeof Buffer, &Length) == STATUS_SUCCESS) {
        Values++;
    }
    STATUS(Ask(&Entry), STATUS_SUCCESS, "no name: all values");
    is(Calls, min(Values, 8), "a call for each");

    Set(Key, L"Query", REG_SZ, L"x", 4);
    RtlZeroMemory(Table, sizeof Table);
    Table[0].QueryRoutine = Called;
    Table[0].Name = L"Query";
    STATUS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Path, Table, &Answer, NULL), STATUS_UNSUCCESSFUL, "an error of the routine ends the query");
    Answer = STATUS_BUFFER_TOO_SMALL;
    STATUS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Path, Table, &Answer, NULL), STATUS_SUCCESS, "but for STATUS_BUFFER_TOO_SMALL");
    Entry = (RTL_QUERY_REGISTRY_TABLE){.QueryRoutine = Called, .Name = L"Query", .Flags = RTL_QUERY_REGISTRY_DELETE};
    STATUS(Ask(&Entry), STATUS_SUCCESS, "RTL_QUERY_REGISTRY_DELETE");
    STATUS(Query(Key, L"Query", KeyValueBasicInformation, sizeof Buffer, &Length), STATUS_OBJECT_NAME_NOT_FOUND, "deletes it");
    RtlZeroMemory(Table, sizeof Table);
    Table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    Table[0].Name = L"Parameters";
    Table[1] = (RTL_QUERY_REGISTRY_TABLE){.QueryRoutine = Called, .Name = L"One", .Flags = RTL_QUERY_REGISTRY_REQUIRED};
    RTL_QUERY_REGISTRY_TABLE Both[3] = {Table[0], Table[1]};
    Calls = 0;
    Answer = STATUS_SUCCESS;
    STATUS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Path, Both, &Answer, NULL), STATUS_SUCCESS, "a value of a subkey");
    ok(Calls == 1 && CallTypes[0] == REG_DWORD, "comes from there");
    STATUS(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"NoSuchService", Table, &Answer, NULL), STATUS_OBJECT_NAME_NOT_FOUND,
           "a service that is not there");
}

static VOID TestRtl(VOID) {
    ULONG Number = 5, Length;
    STATUS(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, Path, L"Written", REG_DWORD, &Number, sizeof Number), STATUS_SUCCESS,
           "RtlWriteRegistryValue");
    STATUS(Query(Key, L"Written", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_SUCCESS, "writes");
    STATUS(RtlDeleteRegistryValue(RTL_REGISTRY_HANDLE, Key, L"Written"), STATUS_SUCCESS, "RtlDeleteRegistryValue, by handle");
    STATUS(Query(Key, L"Written", KeyValuePartialInformation, sizeof Buffer, &Length), STATUS_OBJECT_NAME_NOT_FOUND, "deletes");
    STATUS(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"NoSuchService"), STATUS_OBJECT_NAME_NOT_FOUND, "RtlCheckRegistryKey: not there");
    STATUS(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, Path), STATUS_SUCCESS, "there");
    STATUS(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, L"RegistryTestService"), STATUS_SUCCESS, "RtlCreateRegistryKey");
    STATUS(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"registrytestservice"), STATUS_SUCCESS, "makes it");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    TestOwnKey(RegistryPath);
    TestValues();
    TestKeys();
    TestQueryDirect();
    TestQueryRoutine();
    TestRtl();
    ZwClose(Key);
}

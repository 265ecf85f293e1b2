/* What the registry can do besides: rename, several values at once, write times, flags, volatile keys, links, limits. */
#include "tap.h"

#ifndef REG_OPTION_CREATE_LINK
#define REG_OPTION_CREATE_LINK 2
#endif
NTSYSAPI NTSTATUS NTAPI ZwOpenKeyEx(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwRenameKey(HANDLE, PUNICODE_STRING);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationKey(HANDLE, KEY_SET_INFORMATION_CLASS, PVOID, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryMultipleValueKey(HANDLE, PKEY_VALUE_ENTRY, ULONG, PVOID, PULONG, PULONG);

static UCHAR Buffer[1024];
static HANDLE Key;

static POBJECT_ATTRIBUTES Named(PCWSTR Name, HANDLE Root, ULONG Attributes) {
    static OBJECT_ATTRIBUTES Object;
    static UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | Attributes, Root, NULL);
    return &Object;
}

static HANDLE Make(PCWSTR Name, HANDLE Root, ULONG Options) {
    HANDLE Made = NULL;
    NTSTATUS Status = ZwCreateKey(&Made, KEY_ALL_ACCESS, Named(Name, Root, 0), 0, NULL, Options, NULL);
    ok(NT_SUCCESS(Status), "%S is made: 0x%08X", Name, Status);
    return Made;
}

static NTSTATUS Set(HANDLE Handle, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Size) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return ZwSetValueKey(Handle, &String, 0, Type, (PVOID)Data, Size);
}

static NTSTATUS Rename(HANDLE Handle, PCWSTR Name) {
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Name);
    return ZwRenameKey(Handle, &String);
}

static LONG64 WriteTime(HANDLE Handle) {
    ULONG Length;
    return NT_SUCCESS(ZwQueryKey(Handle, KeyBasicInformation, Buffer, sizeof Buffer, &Length))
               ? ((PKEY_BASIC_INFORMATION)Buffer)->LastWriteTime.QuadPart
               : 0;
}

static VOID TestRename(VOID) {
    PKEY_BASIC_INFORMATION Basic = (PVOID)Buffer;
    HANDLE Old = Make(L"Old", Key, 0), Below = Make(L"Below", Old, 0), Other = Make(L"Other", Key, 0), Again;
    ULONG Length, Number = 5;
    Set(Below, L"Number", REG_DWORD, &Number, sizeof Number);
    STATUS(Rename(Old, L"Other"), STATUS_CANNOT_DELETE, "not to a name that is there");
    STATUS(Rename(Old, L"a\\b"), STATUS_INVALID_PARAMETER, "nor to a path");
    STATUS(Rename(Old, L""), STATUS_INVALID_PARAMETER, "nor to nothing");
    STATUS(Rename(Old, L"A new and longer name"), STATUS_SUCCESS, "but to a new one");
    STATUS(ZwOpenKey(&Again, KEY_READ, Named(L"Old", Key, 0)), STATUS_OBJECT_NAME_NOT_FOUND, "the old name is gone");
    STATUS(ZwOpenKey(&Again, KEY_READ, Named(L"a new AND longer name\\Below", Key, 0)), STATUS_SUCCESS, "the new one leads to what is below");
    ZwClose(Again);
    STATUS(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "in the list of subkeys");
    ok(Basic->NameLength == 42 && Basic->Name[0] == 'A', "it has the place of its new name");
    STATUS(Rename(Old, L"OTHER name"), STATUS_SUCCESS, "and again");
    ZwDeleteKey(Below);
    ZwDeleteKey(Old);
    ZwDeleteKey(Other);
    ZwClose(Below);
    ZwClose(Old);
    ZwClose(Other);
    STATUS(ZwOpenKey(&Again, KEY_ALL_ACCESS, Named(L"\\Registry\\Machine\\Software", NULL, 0)), STATUS_SUCCESS, "a hive");
    STATUS(Rename(Again, L"Hardware"), STATUS_ACCESS_DENIED, "keeps its name");
    ZwClose(Again);
}

static VOID TestTimes(VOID) {
    HANDLE Sub = Make(L"Times", Key, 0);
    KEY_WRITE_TIME_INFORMATION Time = {.LastWriteTime.QuadPart = 0x01D0000000000000};
    LARGE_INTEGER Moment = {.QuadPart = -200000};
    ULONG Number = 1;
    LONG64 First = WriteTime(Sub);
    KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    Set(Sub, L"Number", REG_DWORD, &Number, sizeof Number);
    ok(WriteTime(Sub) > First, "setting a value is a write");
    STATUS(ZwSetInformationKey(Sub, KeyWriteTimeInformation, &Time, sizeof Time), STATUS_SUCCESS, "the time can be set");
    is(WriteTime(Sub), Time.LastWriteTime.QuadPart, "it is what was set");
    Set(Sub, L"Number", REG_DWORD, &Number, sizeof Number);
    is(WriteTime(Sub), Time.LastWriteTime.QuadPart, "setting a value to what it is is no write");
    STATUS(ZwSetInformationKey(Sub, KeyWriteTimeInformation, &Time, 4), STATUS_INFO_LENGTH_MISMATCH, "not with half a time");
    STATUS(ZwSetInformationKey(Sub, KeySetVirtualizationInformation, &Number, 4), STATUS_INVALID_PARAMETER, "nor another class");
    ZwDeleteKey(Sub);
    ZwClose(Sub);
}

static VOID TestMultiple(VOID) {
    UNICODE_STRING Names[3];
    KEY_VALUE_ENTRY Entries[3] = {{.ValueName = &Names[0]}, {.ValueName = &Names[1]}, {.ValueName = &Names[2]}};
    HANDLE Sub = Make(L"Multiple", Key, 0);
    ULONG Length = sizeof Buffer, Required = 0;
    Set(Sub, L"a", REG_BINARY, "123", 3);
    Set(Sub, L"b", REG_SZ, L"text", 10);
    RtlInitUnicodeString(&Names[0], L"A");
    RtlInitUnicodeString(&Names[1], L"b");
    RtlInitUnicodeString(&Names[2], L"c");
    STATUS(ZwQueryMultipleValueKey(Sub, Entries, 2, Buffer, &Length, &Required), STATUS_SUCCESS, "two values at once");
    ok(Entries[0].Type == REG_BINARY && Entries[0].DataLength == 3 && RtlCompareMemory(Buffer + Entries[0].DataOffset, "123", 3) == 3, "the first");
    ok(Entries[1].Type == REG_SZ && Entries[1].DataLength == 10 && !wcscmp((PWSTR)(Buffer + Entries[1].DataOffset), L"text"), "the second");
    ok(Length == 14 && Required == 14, "and their size: %u", Length);
    Length = 8;
    STATUS(ZwQueryMultipleValueKey(Sub, Entries, 2, Buffer, &Length, &Required), STATUS_BUFFER_OVERFLOW, "too little room");
    is(Required, 14, "what is needed");
    Length = sizeof Buffer;
    STATUS(ZwQueryMultipleValueKey(Sub, Entries, 3, Buffer, &Length, NULL), STATUS_OBJECT_NAME_NOT_FOUND, "one is not there");
    ZwDeleteKey(Sub);
    ZwClose(Sub);
}

static VOID TestLinks(VOID) {
    static const WCHAR Target[] = L"\\Registry\\Machine\\Software\\RegistryMoreTarget";
    PULONG Flags = (PVOID)Buffer;
    HANDLE Link = Make(L"Link", Key, REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE), End = Make(Target, NULL, 0), Through;
    ULONG Length;
    STATUS(Set(Link, L"Other", REG_SZ, Target, sizeof Target), STATUS_ACCESS_DENIED, "a link has one value");
    STATUS(Set(Link, L"SymbolicLinkValue", REG_LINK, Target, sizeof Target - sizeof(WCHAR)), STATUS_SUCCESS, "where it leads");
    STATUS(ZwOpenKey(&Through, KEY_READ, Named(L"Link", Key, 0)), STATUS_SUCCESS, "it is opened");
    STATUS(ZwQueryKey(Through, KeyBasicInformation, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "and asked");
    ok(((PKEY_BASIC_INFORMATION)Buffer)->Name[0] == 'R', "it is what it leads to");
    ZwClose(Through);
    STATUS(ZwOpenKeyEx(&Through, KEY_ALL_ACCESS, Named(L"Link", Key, 0), 8), STATUS_SUCCESS, "REG_OPTION_OPEN_LINK");
    STATUS(ZwQueryKey(Through, KeyFlagsInformation, Buffer, sizeof Buffer, &Length), STATUS_SUCCESS, "its flags");
    ok(Length == 12 && Flags[1] == 3, "say that it is volatile and a link");
    STATUS(ZwDeleteKey(Through), STATUS_SUCCESS, "and it can be deleted");
    ZwClose(Through);
    ZwClose(Link);
    STATUS(ZwDeleteKey(End), STATUS_SUCCESS, "its target is still there");
    ZwClose(End);
}

/* 512 levels, as "Registry element size limits" has it. */
static VOID TestDepth(VOID) {
    HANDLE Chain[520];
    ULONG Depth = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    Chain[0] = Key;
    while (Depth + 1 < RTL_NUMBER_OF(Chain)) {
        Status = ZwCreateKey(&Chain[Depth + 1], KEY_ALL_ACCESS, Named(L"k", Chain[Depth], 0), 0, NULL, 0, NULL);
        if (!NT_SUCCESS(Status)) {
            break;
        }
        Depth++;
    }
    ok(Depth > 500 && Depth < 512, "%u levels below the driver's key", Depth);
    STATUS(Status, STATUS_INVALID_PARAMETER, "and not one more");
    for (; Depth > 0; Depth--) {
        ZwDeleteKey(Chain[Depth]);
        ZwClose(Chain[Depth]);
    }
    STATUS(ZwOpenKey(&Chain[1], KEY_READ, Named(L"k", Key, 0)), STATUS_OBJECT_NAME_NOT_FOUND, "all are gone again");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    OBJECT_ATTRIBUTES Attributes;
    UNREFERENCED_PARAMETER(DriverObject);
    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    STATUS(ZwOpenKey(&Key, KEY_ALL_ACCESS, &Attributes), STATUS_SUCCESS, "the driver's key");
    TestRename();
    TestTimes();
    TestMultiple();
    TestLinks();
    TestDepth();
    ZwClose(Key);
}

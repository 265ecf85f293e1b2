/* UNICODE_STRING and STRING functions, conversions between encodings, numbers, GUIDs, times, bit maps. */
#include <ntifs.h>
#include "tap.h"

NTSYSAPI NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING String, PCUNICODE_STRING Chars, PUSHORT Position);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *End);
NTSYSAPI BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING Destination, PCSZ Source);

NTSYSAPI NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source);
NTSYSAPI BOOLEAN NTAPI RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PSTR String);

#define U(text) (&(UNICODE_STRING)RTL_CONSTANT_STRING(L##text))
#define A(text) (&(ANSI_STRING)RTL_CONSTANT_STRING(text))

static BOOLEAN Same(PCUNICODE_STRING String, PCWSTR Text) {
    UNICODE_STRING Other;
    RtlInitUnicodeString(&Other, Text);
    return String->Length == Other.Length && RtlCompareMemory(String->Buffer, Other.Buffer, Other.Length) == Other.Length;
}

static VOID TestInit(VOID) {
    UNICODE_STRING String;
    ANSI_STRING Ansi;
    RtlInitUnicodeString(&String, L"abc");
    ok(String.Length == 6 && String.MaximumLength == 8, "RtlInitUnicodeString counts bytes, and the terminator in MaximumLength");
    RtlInitUnicodeString(&String, NULL);
    ok(String.Length == 0 && String.MaximumLength == 0 && String.Buffer == NULL, "of NULL: empty");
    RtlInitAnsiString(&Ansi, "abcd");
    ok(Ansi.Length == 4 && Ansi.MaximumLength == 5, "RtlInitAnsiString");
    RtlInitString(&Ansi, NULL);
    ok(Ansi.Length == 0 && Ansi.Buffer == NULL, "RtlInitString of NULL");
}

static VOID TestCopyAppend(VOID) {
    WCHAR Buffer[8];
    UNICODE_STRING To = {0, sizeof(Buffer), Buffer};
    CHAR Narrow[6];
    ANSI_STRING NarrowTo = {0, sizeof(Narrow), Narrow};
    RtlFillMemory(Buffer, sizeof(Buffer), 0xFF);
    RtlCopyUnicodeString(&To, U("abc"));
    ok(Same(&To, L"abc") && Buffer[3] == 0, "RtlCopyUnicodeString terminates when there is room");
    RtlCopyUnicodeString(&To, U("abcdefghij"));
    ok(To.Length == 16 && Buffer[7] == L'h', "and cuts off when there is none");
    RtlCopyUnicodeString(&To, NULL);
    is(To.Length, 0, "of NULL: empty");
    is(RtlAppendUnicodeToString(&To, L"abcd"), STATUS_SUCCESS, "RtlAppendUnicodeToString");
    is(RtlAppendUnicodeStringToString(&To, U("efg")), STATUS_SUCCESS, "RtlAppendUnicodeStringToString");
    ok(Same(&To, L"abcdefg") && Buffer[7] == 0, "both, with a terminator");
    is(RtlAppendUnicodeStringToString(&To, U("h")), STATUS_SUCCESS, "one more fits without terminator");
    is((ULONG)RtlAppendUnicodeStringToString(&To, U("i")), (ULONG)STATUS_BUFFER_TOO_SMALL, "another does not");
    ok(Same(&To, L"abcdefgh"), "and changes nothing");
    RtlCopyString(&NarrowTo, A("abc"));
    ok(NarrowTo.Length == 3 && Narrow[0] == 'a', "RtlCopyString");
    is(RtlAppendStringToString(&NarrowTo, A("de")), STATUS_SUCCESS, "RtlAppendStringToString");
    is(RtlAppendAsciizToString(&NarrowTo, "f"), STATUS_SUCCESS, "RtlAppendAsciizToString");
    is((ULONG)RtlAppendAsciizToString(&NarrowTo, "g"), (ULONG)STATUS_BUFFER_TOO_SMALL, "and when it is full");
}

static VOID TestCompare(VOID) {
    ok(RtlCompareUnicodeString(U("abc"), U("abd"), FALSE) < 0 && RtlCompareUnicodeString(U("abd"), U("abc"), FALSE) > 0, "RtlCompareUnicodeString");
    ok(RtlCompareUnicodeString(U("ab"), U("abc"), FALSE) < 0, "the shorter one is less");
    ok(RtlCompareUnicodeString(U("ABC"), U("abc"), FALSE) < 0, "case counts");
    is(RtlCompareUnicodeString(U("ABC"), U("abc"), TRUE), 0, "or not");
    is(RtlCompareUnicodeString(U("\x00E4\x0416\x03B1"), U("\x00C4\x0436\x0391"), TRUE), 0, "beyond ASCII too");
    ok(RtlEqualUnicodeString(U("\\Device\\X"), U("\\DEVICE\\x"), TRUE) && !RtlEqualUnicodeString(U("a"), U("A"), FALSE), "RtlEqualUnicodeString");
    ok(RtlPrefixUnicodeString(U("\\dev"), U("\\Device"), TRUE) && !RtlPrefixUnicodeString(U("\\dev"), U("\\Device"), FALSE) &&
           !RtlPrefixUnicodeString(U("\\Device"), U("\\Dev"), TRUE),
       "RtlPrefixUnicodeString");
    is(RtlCompareString(A("ABC"), A("abc"), TRUE), 0, "RtlCompareString");
    ok(RtlEqualString(A("abc"), A("ABC"), TRUE) && !RtlEqualString(A("abc"), A("ABC"), FALSE), "RtlEqualString");
    is(RtlPrefixString(A("ab"), A("ABC"), TRUE), TRUE, "RtlPrefixString");
    ok(RtlUpcaseUnicodeChar(L'\x00E4') == L'\x00C4' && RtlUpcaseUnicodeChar(L'z') == L'Z' && RtlUpcaseUnicodeChar(L'\x00DF') == L'\x00DF' &&
           RtlUpcaseUnicodeChar(L'1') == L'1',
       "RtlUpcaseUnicodeChar");
    is(RtlDowncaseUnicodeChar(L'\x0416'), 0x0436, "RtlDowncaseUnicodeChar");
    ok(RtlUpperChar('q') == 'Q' && RtlUpperChar('[') == '[', "RtlUpperChar");
}

static VOID TestMake(VOID) {
    UNICODE_STRING String, Copy;
    ULONG Hash1 = 0, Hash2 = 1, Hash3 = 0;
    USHORT Position = 0;
    WCHAR Odd[2];
    UNICODE_STRING Broken = {3, 4, Odd};
    is(RtlUpcaseUnicodeString(&String, U("mixed Case \x00E9"), TRUE), STATUS_SUCCESS, "RtlUpcaseUnicodeString");
    ok(Same(&String, L"MIXED CASE \x00C9"), "into a string of its own");
    RtlFreeUnicodeString(&String);
    ok(String.Buffer == NULL && String.Length == 0, "RtlFreeUnicodeString clears it");
    String = (UNICODE_STRING){0, 2, Odd};
    is((ULONG)RtlUpcaseUnicodeString(&String, U("abc"), FALSE), (ULONG)STATUS_BUFFER_OVERFLOW, "into one that is too small");
    is(RtlDowncaseUnicodeString(&String, U("ABC"), TRUE), STATUS_SUCCESS, "RtlDowncaseUnicodeString");
    ok(Same(&String, L"abc"), "small letters");
    RtlFreeUnicodeString(&String);
    is(RtlCreateUnicodeString(&String, L"made"), TRUE, "RtlCreateUnicodeString");
    is(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &String, &Copy), STATUS_SUCCESS, "RtlDuplicateUnicodeString");
    ok(Same(&Copy, L"made") && Copy.Buffer != String.Buffer && Copy.Buffer[4] == 0, "a copy with a terminator");
    RtlFreeUnicodeString(&Copy);
    RtlFreeUnicodeString(&String);
    is(RtlValidateUnicodeString(0, U("ok")), STATUS_SUCCESS, "RtlValidateUnicodeString");
    is((ULONG)RtlValidateUnicodeString(0, &Broken), (ULONG)STATUS_INVALID_PARAMETER, "of an odd length");
    RtlHashUnicodeString(U("Name"), TRUE, HASH_STRING_ALGORITHM_DEFAULT, &Hash1);
    RtlHashUnicodeString(U("NAME"), TRUE, HASH_STRING_ALGORITHM_DEFAULT, &Hash2);
    RtlHashUnicodeString(U("NAME"), FALSE, HASH_STRING_ALGORITHM_X65599, &Hash3);
    ok(Hash1 == Hash2 && Hash2 == Hash3, "RtlHashUnicodeString without and with case");
    is(Hash3, (((ULONG)'N' * 65599 + 'A') * 65599 + 'M') * 65599 + 'E', "is the x65599 sum");
    is(RtlFindCharInUnicodeString(0, U("C:\\dir\\file"), U("\\/"), &Position), STATUS_SUCCESS, "RtlFindCharInUnicodeString");
    is(Position, 6, "the position behind the character, in bytes");
    is((ULONG)RtlFindCharInUnicodeString(0, U("abc"), U("x"), &Position), (ULONG)STATUS_NOT_FOUND, "none");
}

static VOID TestEncodings(VOID) {
    UNICODE_STRING Wide;
    ANSI_STRING Ansi;
    WCHAR WideBuffer[16];
    CHAR NarrowBuffer[16];
    ULONG Bytes = 0;
    is(RtlAnsiStringToUnicodeString(&Wide, A("caf\xE9 \x80"), TRUE), STATUS_SUCCESS, "RtlAnsiStringToUnicodeString");
    ok(Same(&Wide, L"caf\x00E9 \x20AC"), "in code page 1252");
    is(RtlUnicodeStringToAnsiString(&Ansi, &Wide, TRUE), STATUS_SUCCESS, "RtlUnicodeStringToAnsiString");
    ok(Ansi.Length == 6 && (UCHAR)Ansi.Buffer[3] == 0xE9 && (UCHAR)Ansi.Buffer[5] == 0x80 && Ansi.Buffer[6] == 0, "and back");
    RtlFreeAnsiString(&Ansi);
    is(RtlUnicodeStringToOemString(&Ansi, &Wide, TRUE), STATUS_SUCCESS, "RtlUnicodeStringToOemString");
    is((UCHAR)Ansi.Buffer[3], 0x82, "in code page 437");
    RtlFreeOemString(&Ansi);
    RtlFreeUnicodeString(&Wide);
    RtlUnicodeStringToAnsiString(&Ansi, U("a\x4E2D"), TRUE);
    ok(Ansi.Length == 2 && Ansi.Buffer[1] == '?', "what the code page lacks becomes a question mark");
    RtlFreeAnsiString(&Ansi);
    Ansi = (ANSI_STRING){0, 3, NarrowBuffer};
    is((ULONG)RtlUnicodeStringToAnsiString(&Ansi, U("abc"), FALSE), (ULONG)STATUS_BUFFER_OVERFLOW, "a buffer without room for the terminator");
    is(Ansi.Length, 2, "holds what fits");
    Wide = (UNICODE_STRING){0, sizeof(WideBuffer), WideBuffer};
    is(RtlAnsiStringToUnicodeString(&Wide, A("fits"), FALSE), STATUS_SUCCESS, "into a buffer of the caller's");
    ok(Same(&Wide, L"fits"), "which fits");
    is(RtlUpcaseUnicodeStringToAnsiString(&Ansi, U("up\x00E9"), TRUE), STATUS_SUCCESS, "RtlUpcaseUnicodeStringToAnsiString");
    ok(Ansi.Buffer[0] == 'U' && (UCHAR)Ansi.Buffer[2] == 0xC9, "capitals");
    RtlFreeAnsiString(&Ansi);
    is(RtlCreateUnicodeStringFromAsciiz(&Wide, "asciiz"), TRUE, "RtlCreateUnicodeStringFromAsciiz");
    ok(Same(&Wide, L"asciiz"), "makes one");
    RtlFreeUnicodeString(&Wide);
    is(RtlxAnsiStringToUnicodeSize(A("abc")), 8, "RtlxAnsiStringToUnicodeSize counts the terminator");
    is(RtlxUnicodeStringToAnsiSize(U("abc")), 4, "so does RtlxUnicodeStringToAnsiSize");
    is(RtlMultiByteToUnicodeN(WideBuffer, sizeof(WideBuffer), &Bytes, "xyz", 3), STATUS_SUCCESS, "RtlMultiByteToUnicodeN");
    ok(Bytes == 6 && WideBuffer[2] == L'z', "no terminator");
    is((ULONG)RtlUnicodeToMultiByteN(NarrowBuffer, 2, &Bytes, L"xyz", 6), (ULONG)STATUS_BUFFER_OVERFLOW, "RtlUnicodeToMultiByteN that does not fit");
    is(Bytes, 2, "gives what fits");
    is(RtlUnicodeToMultiByteSize(&Bytes, L"xyz", 6), STATUS_SUCCESS, "RtlUnicodeToMultiByteSize");
    is(Bytes, 3, "three");
    is(RtlUnicodeToUTF8N(NarrowBuffer, sizeof(NarrowBuffer), &Bytes, L"\x00E9\x20AC\xD83D\xDE00", 8), STATUS_SUCCESS, "RtlUnicodeToUTF8N");
    ok(Bytes == 9 && RtlCompareMemory(NarrowBuffer, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9) == 9, "two, three and four bytes");
    is(RtlUTF8ToUnicodeN(WideBuffer, sizeof(WideBuffer), &Bytes, NarrowBuffer, 9), STATUS_SUCCESS, "RtlUTF8ToUnicodeN");
    ok(Bytes == 8 && WideBuffer[3] == 0xDE00, "and back");
    is(RtlUTF8ToUnicodeN(WideBuffer, sizeof(WideBuffer), &Bytes, "a\xFFz", 3), STATUS_SOME_NOT_MAPPED, "what is no UTF-8");
    is(WideBuffer[1], 0xFFFD, "becomes a replacement character");
}

static VOID TestNumbers(VOID) {
    ULONG Value = 0;
    LONG64 Long = 0;
    WCHAR Buffer[24];
    UNICODE_STRING String = {0, sizeof(Buffer), Buffer}, Small = {0, 4, Buffer};
    CHAR Narrow[16];
    GUID Guid;
    static const GUID Wanted = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 8}};
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(U("1234"), 0, &Value)) && Value == 1234, "RtlUnicodeStringToInteger: decimal");
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(U("0x1aF"), 0, &Value)) && Value == 0x1AF, "hexadecimal by its prefix");
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(U("0b101"), 0, &Value)) && Value == 5, "binary");
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(U("0o17"), 0, &Value)) && Value == 15, "octal");
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(U("ff"), 16, &Value)) && Value == 255, "by its base");
    ok(NT_SUCCESS(RtlUnicodeStringToInteger(U("  -12x"), 0, &Value)) && Value == (ULONG)-12, "a sign after spaces, up to what is no digit");
    is((ULONG)RtlUnicodeStringToInteger(U("1"), 3, &Value), (ULONG)STATUS_INVALID_PARAMETER, "base 3 is none");
    ok(NT_SUCCESS(RtlUnicodeStringToInt64(U("-9000000000"), 0, &Long, NULL)) && Long == -9000000000ll, "RtlUnicodeStringToInt64");
    is(RtlIntegerToUnicodeString(4294967295u, 10, &String), STATUS_SUCCESS, "RtlIntegerToUnicodeString");
    ok(Same(&String, L"4294967295"), "decimal");
    RtlIntegerToUnicodeString(0xBEEF, 16, &String);
    ok(Same(&String, L"BEEF"), "hexadecimal in capitals");
    is((ULONG)RtlIntegerToUnicodeString(100000, 10, &Small), (ULONG)STATUS_BUFFER_OVERFLOW, "no room");
    is(RtlInt64ToUnicodeString(0x123456789ABCDEF0ull, 16, &String), STATUS_SUCCESS, "RtlInt64ToUnicodeString");
    ok(Same(&String, L"123456789ABCDEF0"), "64 bits");
    ok(NT_SUCCESS(RtlCharToInteger("077", 8, &Value)) && Value == 63, "RtlCharToInteger");
    ok(NT_SUCCESS(RtlIntegerToChar(255, 2, sizeof(Narrow), Narrow)) && Narrow[0] == '1' && Narrow[7] == '1' && Narrow[8] == 0, "RtlIntegerToChar");
    is(RtlGUIDFromString(U("{12345678-9abc-DEF0-0102-030405060708}"), &Guid), STATUS_SUCCESS, "RtlGUIDFromString");
    is(RtlCompareMemory(&Guid, &Wanted, sizeof(Guid)), sizeof(Guid), "all sixteen bytes");
    is((ULONG)RtlGUIDFromString(U("{12345678-9abc-DEF0-0102-03040506070}"), &Guid), (ULONG)STATUS_INVALID_PARAMETER, "one digit short");
    is(RtlStringFromGUID(&Wanted, &String), STATUS_SUCCESS, "RtlStringFromGUID");
    ok(Same(&String, L"{12345678-9ABC-DEF0-0102-030405060708}"), "in capitals and braces");
    RtlFreeUnicodeString(&String);
}

static VOID TestTimes(VOID) {
    TIME_FIELDS Fields = {2024, 2, 29, 12, 34, 56, 789, 0}, Back;
    LARGE_INTEGER Time, Epoch = {.QuadPart = 116444736000000000ll};
    ULONG Seconds = 1;
    is(RtlTimeFieldsToTime(&Fields, &Time), TRUE, "RtlTimeFieldsToTime of a leap day");
    is(Time.QuadPart, 133536836967890000ll, "is this many 100 ns since 1601");
    RtlTimeToTimeFields(&Time, &Back);
    ok(Back.Year == 2024 && Back.Month == 2 && Back.Day == 29 && Back.Hour == 12 && Back.Minute == 34 && Back.Second == 56 &&
           Back.Milliseconds == 789 && Back.Weekday == 4,
       "RtlTimeToTimeFields: a Thursday");
    Fields.Year = 2023;
    is(RtlTimeFieldsToTime(&Fields, &Time), FALSE, "there is no such day a year before");
    is(RtlTimeToSecondsSince1970(&Epoch, &Seconds), TRUE, "RtlTimeToSecondsSince1970");
    is(Seconds, 0, "begins there");
    RtlSecondsSince1970ToTime(86400, &Time);
    is(Time.QuadPart, Epoch.QuadPart + 864000000000ll, "RtlSecondsSince1970ToTime");
    RtlSecondsSince1980ToTime(0, &Time);
    ok(RtlTimeToSecondsSince1980(&Time, &Seconds) && Seconds == 0, "RtlTimeToSecondsSince1980");
    is(Time.QuadPart, 119600064000000000ll, "RtlSecondsSince1980ToTime");
    ExSystemTimeToLocalTime(&Epoch, &Time);
    ExLocalTimeToSystemTime(&Time, &Time);
    is(Time.QuadPart, Epoch.QuadPart, "to local time and back");
}

static VOID TestBitMaps(VOID) {
    ULONG Bits[4], Run = 0;
    RTL_BITMAP Map;
    RtlInitializeBitMap(&Map, Bits, 100);
    RtlClearAllBits(&Map);
    RtlSetBits(&Map, 10, 50);
    is(RtlNumberOfSetBits(&Map), 50, "RtlSetBits, RtlNumberOfSetBits");
    is(RtlNumberOfClearBits(&Map), 50, "RtlNumberOfClearBits");
    ok(RtlAreBitsSet(&Map, 10, 50) && !RtlAreBitsSet(&Map, 9, 2) && RtlAreBitsClear(&Map, 60, 40) && !RtlAreBitsClear(&Map, 59, 2),
       "RtlAreBitsSet, RtlAreBitsClear");
    is(RtlFindClearBits(&Map, 20, 0), 60, "RtlFindClearBits");
    is(RtlFindClearBitsAndSet(&Map, 10, 0), 0, "RtlFindClearBitsAndSet");
    is(RtlFindClearBits(&Map, 41, 0), 0xFFFFFFFF, "no such run");
    is(RtlFindSetBits(&Map, 60, 0), 0, "RtlFindSetBits");
    is(RtlFindSetBits(&Map, 101, 0), ~0u, "more than there are");
    is(RtlFindSetBitsAndClear(&Map, 5, 16), 16, "RtlFindSetBitsAndClear");
    is(RtlFindNextForwardRunClear(&Map, 0, &Run), 5, "RtlFindNextForwardRunClear");
    is(Run, 16, "from 16");
    is(RtlFindLongestRunClear(&Map, &Run), 40, "RtlFindLongestRunClear");
    is(Run, 60, "from 60");
    RtlSetAllBits(&Map);
    is(RtlNumberOfSetBits(&Map), 100, "RtlSetAllBits");
    RtlClearBit(&Map, 99);
    RtlClearBits(&Map, 0, 2);
    ok(!RtlTestBit(&Map, 99) && RtlTestBit(&Map, 98) && !RtlTestBit(&Map, 1), "RtlTestBit, RtlClearBit, RtlClearBits");
    RtlSetBit(&Map, 99);
    is(RtlTestBit(&Map, 99), TRUE, "RtlSetBit");
    ok(RtlFindLeastSignificantBit(0x50) == 4 && RtlFindMostSignificantBit(0x50) == 6 && RtlFindMostSignificantBit(0) == -1, "the outermost bits");
}

static VOID TestMemory(VOID) {
    UCHAR One[32], Two[32];
    RtlFillMemory(One, 32, 0x11);
    RtlMoveMemory(Two, One, 32);
    Two[20] = 0;
    is(RtlCompareMemory(One, Two, 32), 20, "RtlCompareMemory counts what is equal");
    RtlZeroMemory(One, 32);
    is(RtlCompareMemoryUlong(One, 32, 0), 32, "RtlCompareMemoryUlong");
    for (ULONG i = 0; i < 32; i++) {
        One[i] = (UCHAR)i;
    }
    RtlMoveMemory(One + 4, One, 20);
    ok(One[4] == 0 && One[23] == 19 && One[24] == 24, "RtlMoveMemory upwards within itself");
    RtlMoveMemory(One, One + 4, 20);
    ok(One[0] == 0 && One[19] == 19, "and downwards");
}

static VOID TestSystem(VOID) {
    RTL_OSVERSIONINFOEXW Version = {.dwOSVersionInfoSize = sizeof(Version)};
    ULONG Major = 0, Minor = 9, Build = 0, Seed = 1;
    is(RtlGetVersion((PRTL_OSVERSIONINFOW)&Version), STATUS_SUCCESS, "RtlGetVersion");
    ok(Version.dwMajorVersion == 10 && Version.dwMinorVersion == 0 && Version.dwBuildNumber == 19045, "10.0.19045");
    is(PsGetVersion(&Major, &Minor, &Build, NULL), FALSE, "PsGetVersion: a free build");
    ok(Major == 10 && Minor == 0 && Build == 19045, "of the same version");
    is(RtlVerifyVersionInfo(&Version, VER_MAJORVERSION | VER_BUILDNUMBER,
                            VerSetConditionMask(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), VER_BUILDNUMBER, VER_EQUAL)),
       STATUS_SUCCESS, "RtlVerifyVersionInfo");
    Version.dwMajorVersion = 11;
    is((ULONG)RtlVerifyVersionInfo(&Version, VER_MAJORVERSION, VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL)),
       (ULONG)STATUS_REVISION_MISMATCH, "of a later version");
    is(RtlNtStatusToDosError(STATUS_ACCESS_DENIED), 5, "RtlNtStatusToDosError");
    is(RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND), 2, "of a name");
    ok(RtlRandomEx(&Seed) != RtlRandomEx(&Seed), "RtlRandomEx");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestInit();
    TestCopyAppend();
    TestCompare();
    TestMake();
    TestEncodings();
    TestNumbers();
    TestTimes();
    TestBitMaps();
    TestMemory();
    TestSystem();
}

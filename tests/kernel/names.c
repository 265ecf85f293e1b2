/* File names: wildcards and components. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

static VOID Match(PCWSTR Expression, PCWSTR Name, BOOLEAN IgnoreCase, BOOLEAN Expected) {
    UNICODE_STRING E, N;
    RtlInitUnicodeString(&E, Expression);
    RtlInitUnicodeString(&N, Name);
    ok(FsRtlIsNameInExpression(&E, &N, IgnoreCase, NULL) == Expected, "%ws %s %ws", Expression, Expected ? "matches" : "does not match", Name);
}

static VOID Dissect(PCWSTR Path, PCWSTR First, PCWSTR Rest) {
    UNICODE_STRING P, F, R, WantedFirst, WantedRest;
    RtlInitUnicodeString(&P, Path);
    RtlInitUnicodeString(&WantedFirst, First);
    RtlInitUnicodeString(&WantedRest, Rest);
    FsRtlDissectName(P, &F, &R);
    ok(RtlEqualUnicodeString(&F, &WantedFirst, FALSE) && RtlEqualUnicodeString(&R, &WantedRest, FALSE), "%ws is %ws and %ws", Path, First, Rest);
}

static VOID TestMoreNames(VOID) {
    UNICODE_STRING Plain = RTL_CONSTANT_STRING(L"name.txt"), Upper = RTL_CONSTANT_STRING(L"NAME.TXT"), Wild = RTL_CONSTANT_STRING(L"n?me"),
                   Dos = RTL_CONSTANT_STRING(L"n\"");
    ok(!FsRtlDoesNameContainWildCards(&Plain) && FsRtlDoesNameContainWildCards(&Wild) && FsRtlDoesNameContainWildCards(&Dos), "wildcards");
    ok(FsRtlAreNamesEqual(&Plain, &Upper, TRUE, NULL) && !FsRtlAreNamesEqual(&Plain, &Upper, FALSE, NULL) &&
           !FsRtlAreNamesEqual(&Plain, &Wild, TRUE, NULL),
       "equal names");
    STATUS(FsRtlNormalizeNtstatus(STATUS_ACCESS_VIOLATION, STATUS_UNEXPECTED_IO_ERROR), STATUS_UNEXPECTED_IO_ERROR,
           "an exception that nobody shall see");
    STATUS(FsRtlNormalizeNtstatus(STATUS_DISK_FULL, STATUS_UNEXPECTED_IO_ERROR), STATUS_DISK_FULL, "and one that callers may");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    static WCHAR Long[400];
    for (ULONG i = 0; i < RTL_NUMBER_OF(Long) - 1; i++)
        Long[i] = L'A';
    Match(L"*", L"anything.txt", FALSE, TRUE);
    Match(L"*.SYS", L"example.sys", TRUE, TRUE);
    Match(L"*.SYS", L"example.sys", FALSE, FALSE);
    Match(L"*.sys", L"a.sys.txt", FALSE, FALSE);
    Match(L"EXAMPLE.SYS", L"Example.Sys", TRUE, TRUE);
    Match(L"???", L"abc", FALSE, TRUE);
    Match(L"???", L"ab", FALSE, FALSE);
    Match(L"a*b*c", L"a-b-b-c", FALSE, TRUE);
    Match(L"a*b*c", L"a-c-b", FALSE, FALSE);
    Match(L"", L"", FALSE, TRUE);
    Match(L"", L"a", FALSE, FALSE);
    Match(L"*", L"", FALSE, FALSE);
    Match(L"*\\*", L"dir\\file", FALSE, TRUE);
    Match(L"<.txt", L"a.b.txt", FALSE, TRUE);
    Match(L"<\"*", L"name", FALSE, TRUE);
    Match(L">>>\"txt", L"ab.txt", FALSE, TRUE);
    Match(L">>", L"abc", FALSE, FALSE);
    Match(L"A*A", Long, TRUE, TRUE);
    Match(L"A*B", Long, TRUE, FALSE);
    Dissect(L"\\one\\two\\three", L"one", L"two\\three");
    Dissect(L"one\\two", L"one", L"two");
    Dissect(L"one", L"one", L"");
    Dissect(L"\\", L"", L"");
    Dissect(L"", L"", L"");
    is(FsRtlIsNtstatusExpected(STATUS_DISK_FULL), TRUE, "a full disk is expected");
    is(FsRtlIsNtstatusExpected(STATUS_ACCESS_VIOLATION), FALSE, "an access violation is not");
    TestMoreNames();
}

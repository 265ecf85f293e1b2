/* printf as the kernel has it: sizes, types, widths, NULL, what does not fit, and text that cannot be read. */
#include "tap.h"

int _snprintf(char *, size_t, const char *, ...);
int _snwprintf(wchar_t *, size_t, const wchar_t *, ...);
int sprintf_s(char *, size_t, const char *, ...);

static char Text[256];

#define FORMATS(expected, ...)                                                                                                                       \
    do {                                                                                                                                             \
        int Length = _snprintf(Text, sizeof(Text), __VA_ARGS__);                                                                                     \
        ok(strcmp(Text, expected) == 0 && Length == (int)sizeof(expected) - 1, "\"%s\"", expected);                                                  \
    } while (0)

static VOID TestNumbers(VOID) {
    FORMATS("5 -5 0005 +5  5|5   |   5", "%d %i %04d %+d % d|%-4d|%4d", 5, -5, 5, 5, 5, 5, 5);
    FORMATS("ff FF 0xff 0XFF 00ff 377 0377", "%x %X %#x %#X %.4x %o %#o", 255, 255, 255, 255, 255, 255, 255);
    FORMATS("123456789abcdef 18446744073709551615 -1 4294967295", "%I64x %I64u %I64d %I32u", 0x123456789abcdefull, ~0ull, -1ll, 0xffffffffu);
    FORMATS("ffff 65535 -1 ffffffff", "%hx %hu %hd %lx", 0x1ffff, 0x1ffff, 0xffff, 0xffffffffu);
    FORMATS("18446744073709551615 7", "%llu %Iu", ~0ull, (size_t)7);
    FORMATS("0000000012345ABC", "%p", (PVOID)0x12345abc);
    FORMATS("   -42|-0042|x   |+0042", "%6d|%05d|%*s|%+.4d", -42, -42, -4, "x", 42);
    FORMATS("100% y", "%d%% %y", 100);
    FORMATS("ab", "a%nb", (int *)NULL);
}

static VOID TestStrings(VOID) {
    UNICODE_STRING Wide = RTL_CONSTANT_STRING(L"abcdef"), Null = {0, 0, NULL};
    ANSI_STRING Narrow = RTL_CONSTANT_STRING("xyz");
    Wide.Length = 6;
    Narrow.Length = 2;
    FORMATS("abc|  abc|abc  |ab|ab", "%s|%5s|%-5s|%.2s|%.*s", "abc", "abc", "abc", "abc", 2, "abc");
    FORMATS("(null) (nu (null) (null)", "%s %.3s %wZ %Z", (char *)NULL, (char *)NULL, &Null, (PVOID)NULL);
    FORMATS("abc xy abc  |ab", "%wZ %Z %-5wZ|%.2wZ", &Wide, &Narrow, &Wide, &Wide);
    FORMATS("wide wide wide narrow", "%ws %S %ls %hs", L"wide", L"wide", L"wide", "narrow");
    FORMATS("W W c ?", "%C %lc %c %wc", L'W', L'W', 'c', 0x4E00);
    wchar_t Buffer[64];
    _snwprintf(Buffer, 64, L"%s %S %hs %ws %Z %wZ %c %C %d", L"w", "n", "h", L"w2", &Narrow, &Wide, L'c', 'C', 5);
    ok(wcscmp(Buffer, L"w n h w2 xy abc c C 5") == 0, "the same in wide text");
}

static VOID TestRoom(VOID) {
    ok(_snprintf(Text, 3, "abcdef") == -1 && Text[2] == 'c', "_snprintf: -1 and no terminator when it does not fit");
    Text[3] = 'Z';
    ok(_snprintf(Text, 3, "abc") == 3 && Text[3] == 'Z', "and none when it just fits");
    ok(sprintf_s(Text, 4, "abcd") == -1 && Text[0] == 0, "sprintf_s leaves nothing then");
    ok(sprintf_s(Text, 5, "abcd") == 4, "with room for the terminator it fits");
}

static VOID TestUnreadable(VOID) {
    NTSTATUS Status = STATUS_SUCCESS;
    char *volatile Nowhere = (char *)0x10;
    __try {
        DbgPrint("not ok: half a line %s", Nowhere);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is(Status, STATUS_ACCESS_VIOLATION, "DbgPrint of a string that is not there raises in its caller");
    ok(TRUE, "and prints nothing of it");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    TestNumbers();
    TestStrings();
    TestRoom();
    TestUnreadable();
}

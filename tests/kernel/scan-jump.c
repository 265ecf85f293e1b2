/* sscanf_s and its kin; setjmp and longjmp, also through __finally blocks. */
#include "kernel/more.h"

int sscanf_s(const char *, const char *, ...);
int _snscanf_s(const char *, size_t, const char *, ...);
int swscanf_s(const wchar_t *, const wchar_t *, ...);
int _snwscanf_s(const wchar_t *, size_t, const wchar_t *, ...);
typedef DECLSPEC_ALIGN(16) UCHAR JUMP[256];
int __attribute__((returns_twice)) RealSetjmp(JUMP, void *) __asm__("_setjmp");
int __attribute__((returns_twice)) RealSetjmpEx(JUMP, void *) __asm__("_setjmpex");
void __attribute__((noreturn)) RealLongjmp(JUMP, int) __asm__("longjmp");

static VOID TestIntegers(VOID) {
    int A = 0, B = 0, C = 0, At = 0;
    short Short = 0x7777;
    unsigned char Byte = 0;
    ULONG64 Large = 0;
    is(sscanf_s("12 -7 0x1F", "%d %d %i", &A, &B, &C), 3, "three numbers");
    ok(A == 12 && B == -7 && C == 31, "12, -7, 31");
    is(sscanf_s("a1b2,077", "%x,%i%n", &A, &B, &At), 2, "two and a place");
    ok(A == 0xA1B2 && B == 63 && At == 8, "hexadecimal, octal, 8");
    is(sscanf_s("1234567890123 65535 255", "%I64u %hd %hhu", &Large, &Short, &Byte), 3, "of three sizes");
    ok(Large == 1234567890123 && Short == -1 && Byte == 255, "each into its size");
    is(sscanf_s("12345", "%2d%lld", &A, &Large), 2, "a width");
    ok(A == 12 && Large == 345, "12, 345");
    is(sscanf_s("7 8", "%*d %d", &A), 1, "the first is not stored");
    is(A, 8, "8");
    is(sscanf_s("x", "%d", &A), 0, "no number");
    is(sscanf_s("", "%d", &A), -1, "no text");
    is(sscanf_s("5", "%d %d", &A, &B), 1, "text that ends");
    is(sscanf_s("99999999999999999999", "%d", &A), 1, "too large a number wraps");
    is(sscanf_s("10%", "%d%%%n", &A, &At), 1, "a percent sign");
    is(At, 3, "is taken");
    is(sscanf_s(NULL, "%d", &A), -1, "no text at all");
}

static VOID TestText(VOID) {
    CHAR Word[8] = "", Set[16] = "", One = 0, Two[2] = {0, 0};
    WCHAR Wide[8] = L"";
    int Number = 0;
    is(sscanf_s("  key=value;", "%[a-z]", Set, 16u), 0, "a set takes no space by itself");
    is(sscanf_s("  key=value;", " %[^=]=%7[a-z]", Set, 16u, Word, 8u), 2, "two sets");
    ok(strcmp(Set, "key") == 0 && strcmp(Word, "value") == 0, "key, value");
    is(sscanf_s("verylongword", "%s", Word, 8u), 0, "a word that does not fit");
    is(Word[0], 0, "leaves nothing");
    is(sscanf_s("verylongword", "%7s", Word, 8u), 1, "with a width it fits");
    is(sscanf_s("abc", "%c%2c", &One, 1u, Two, 2u), 2, "characters");
    ok(One == 'a' && Two[0] == 'b' && Two[1] == 'c', "a, bc");
    is(sscanf_s("]x", "%[]]", Set, 16u), 1, "a bracket first in a set is one of it");
    is(sscanf_s("narrow", "%ls", Wide, 8u), 1, "wide from narrow");
    ok(wcscmp(Wide, L"narrow") == 0, "narrow");
    is(_snscanf_s("12345", 3, "%d", &Number), 1, "_snscanf_s");
    is(Number, 123, "takes three characters");
    is(swscanf_s(L"port 80", L"%s %d", Wide, 8u, &Number), 2, "swscanf_s");
    ok(wcscmp(Wide, L"port") == 0 && Number == 80, "port, 80");
    is(swscanf_s(L"abc 7", L"%hs %d", Word, 8u, &Number), 2, "narrow from wide");
    ok(strcmp(Word, "abc") == 0, "abc");
    is(_snwscanf_s(L"98765", 2, L"%d", &Number), 1, "_snwscanf_s");
    is(Number, 98, "takes two characters");
}

static ULONG Finally;

static DECLSPEC_NOINLINE VOID Throw(JUMP Buffer, int Value) {
    __try {
        RealLongjmp(Buffer, Value);
    } __finally {
        Finally++;
    }
}

static DECLSPEC_NOINLINE VOID TestJumps(VOID) {
    static JUMP Buffer;
    volatile ULONG Passes = 0;
    int Value = RealSetjmp(Buffer, NULL);
    Passes++;
    if (Value == 0)
        RealLongjmp(Buffer, 0);
    ok(Passes == 2 && Value == 1, "_setjmp and longjmp; 0 becomes 1");
    Passes = 0;
    Value = RealSetjmpEx(Buffer, __builtin_frame_address(0));
    Passes++;
    if (Value == 0)
        Throw(Buffer, 77);
    ok(Passes == 2 && Value == 77, "_setjmpex and longjmp");
    is(Finally, 1, "the block on the way has run");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestIntegers();
    TestText();
    TestJumps();
}

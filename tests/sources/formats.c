/* Formats as programs for Windows use them: wide %s in wide functions, %ws, %S, %I64d; and what C99 has. */
#include <stdio.h>
#include <windows.h>

int wmain(int argc, wchar_t **argv) {
    wchar_t text[32];

    wprintf(L"%s %hs %ls %S\n", L"wide", "narrow", L"wide", "narrow");
    printf("%s %ws %S %hs\n", "narrow", L"wide", L"wide", "narrow");
    printf("%I64d %I64x %lld %zu %Iu %08X\n", -5ll, 0x123456789abcdefull, 6ll, sizeof(text), (size_t)7, 0xBEEFu);
    swprintf_s(text, 32, L"%s|%c|%5.2f", argv[argc - 1], L'x', 2.5);
    wprintf(L"%ws\n", text);
    return 0;
}

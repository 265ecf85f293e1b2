/* A program's debug output, with and without a handler of its own; and it opens \\.\Origin, whose driver prints. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static unsigned handled;
static DWORD codes[8];

static LONG CALLBACK handler(EXCEPTION_POINTERS *pointers) {
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != 0x40010006 && record->ExceptionCode != 0x4001000A)
        return EXCEPTION_CONTINUE_SEARCH;
    if (handled < 8)
        codes[handled++] = record->ExceptionCode;
    return strstr((const char *)record->ExceptionInformation[1], "kept") != NULL ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

int main(void) {
    char text[1400];
    HANDLE device = CreateFileA("\\\\.\\Origin", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    PVOID vectored;

    OutputDebugStringA("from a program\n");
    OutputDebugStringA("no newline, and ");
    OutputDebugStringA("a line of its own");
    OutputDebugStringW(L"wide \x00E4\x20AC \x4E2D");
    OutputDebugStringA("two\r\nlines\r\n");
    OutputDebugStringA("");
    OutputDebugStringA(NULL);
    OutputDebugStringA("%s%n is no format");
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    OutputDebugStringA(text);
    vectored = AddVectoredExceptionHandler(1, handler);
    OutputDebugStringA("kept in the process");
    OutputDebugStringA("seen on the way");
    OutputDebugStringW(L"seen twice");
    RemoveVectoredExceptionHandler(vectored);
    printf("device %s, handled %u: %08lX %08lX %08lX %08lX\n", device != INVALID_HANDLE_VALUE ? "open" : "closed", handled, codes[0], codes[1],
           codes[2], codes[3]);
    CloseHandle(device);
    return 0;
}

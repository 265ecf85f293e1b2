/* What programs take from the larger system DLLs without wanting a window or an object: text of user32, identifiers and memory of COM and rpcrt4. */
#include "utap.h"
#include <objbase.h>
#include <rpc.h>
#include <userenv.h>
#include <string.h>

static const GUID example = {0x01234567, 0x89AB, 0xCDEF, {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}};
static const char example_text[] = "01234567-89ab-cdef-0123-456789abcdef";
static const WCHAR example_class[] = L"{01234567-89AB-CDEF-0123-456789ABCDEF}";

static void cases(void) {
    char text[] = "stra\xDF"
                  "e \xE4 1",
         copy[16];
    WCHAR wide[] = L"\x00E4\x03B1 z";
    OK(CharUpperA(text) == text && !strcmp(text, "STRA\xDF"
                                                 "E \xC4 1"),
       "CharUpper, in the ANSI code page");
    OK(CharLowerBuffA(text, 4) == 4 && !strcmp(text, "stra\xDF"
                                                     "E \xC4 1"),
       "CharLowerBuff: as many as are asked for");
    OK(!wcscmp(CharUpperW(wide), L"\x00C4\x0391 Z") && (ULONG_PTR)CharLowerW((WCHAR *)(ULONG_PTR)'Q') == 'q', "wide text, and single characters");
    OK(IsCharAlphaA('x') && !IsCharAlphaA('1') && IsCharAlphaNumericW('1') && IsCharUpperW(0x00C4) && !IsCharLowerW(0x00C4), "kinds of characters");
    OK(CharNextA(text) == text + 1 && CharPrevA(text, text + 2) == text + 1 && CharPrevA(text, text) == text, "steps");
    OK(CharNextA(text + strlen(text)) == text + strlen(text), "none over the end");
    OK(CharToOemA("plain", copy) && !strcmp(copy, "plain") && OemToCharA(copy, copy) && !strcmp(copy, "plain"), "the OEM code page and back");
}

static void printing(void) {
    static char narrow[1100];
    static WCHAR wide[1100];
    OK(wsprintfA(narrow, "%d|%5u|%-5d|%05d|%x|%#X|%c|%s", -1, 42u, 42, 42, 255, 255, 'c', "text") == 35 &&
           !strcmp(narrow, "-1|   42|42   |00042|ff|0XFF|c|text"),
       "wsprintf");
    OK(wsprintfA(narrow, "%S|%ls|%hs|%.2s|%%", L"wide", L"too", "narrow", "cut") && !strcmp(narrow, "wide|too|narrow|cu|%"),
       "strings of the other kind");
    OK(wsprintfA(narrow, "%I64d|%lu|%ld|%p", -5000000000ll, 7ul, -7l, (void *)0x1234) && !strcmp(narrow, "-5000000000|7|-7|0000000000001234"),
       "sizes");
    OK(wsprintfW(wide, L"%s %S %d", L"wide", "narrow", 9) == 13 && !wcscmp(wide, L"wide narrow 9"), "in wide text");
    char *longer = memset(malloc(3000), 'x', 3000);
    longer[2999] = 0;
    OK(wsprintfA(narrow, "%s", longer) == 1023 && strlen(narrow) == 1023, "1024 characters at most, with the zero");
    free(longer);
}

static void identifiers(void) {
    GUID guid, other;
    WCHAR text[40], *allocated;
    RPC_CSTR narrow;
    RPC_STATUS status;
    OK(StringFromGUID2(&example, text, 40) == 39 && !wcscmp(text, example_class), "StringFromGUID2");
    OK(StringFromGUID2(&example, text, 38) == 0, "into too little room");
    OK(CLSIDFromString(example_class, &guid) == NOERROR && !memcmp(&guid, &example, sizeof guid), "CLSIDFromString");
    OK(IIDFromString(L"{01234567-89AB-CDEF-0123-456789ABCDE}", &guid) == E_INVALIDARG, "that is none");
    OK(StringFromCLSID(&example, &allocated) == S_OK && !wcscmp(allocated, example_class), "StringFromCLSID");
    CoTaskMemFree(allocated);
    OK(CoCreateGuid(&guid) == S_OK && CoCreateGuid(&other) == S_OK && memcmp(&guid, &other, sizeof guid) && guid.Data3 >> 12 == 4,
       "CoCreateGuid: random ones");
    OK(UuidToStringA((UUID *)&example, &narrow) == RPC_S_OK && !strcmp((char *)narrow, example_text), "UuidToString");
    OK(UuidFromStringA(narrow, &guid) == RPC_S_OK && UuidEqual(&guid, (UUID *)&example, &status), "UuidFromString");
    OK(RpcStringFreeA(&narrow) == RPC_S_OK && !narrow, "RpcStringFree");
    OK(UuidFromStringA((RPC_CSTR) "01234567-89ab", &guid) == RPC_S_INVALID_STRING_UUID, "that is none");
    OK(UuidCreateNil(&guid) == RPC_S_OK && UuidIsNil(&guid, &status) && UuidCompare(&guid, (UUID *)&example, &status) == -1,
       "the nil one is the first");
    OK(UuidCreate(&guid) == RPC_S_OK && !UuidIsNil(&guid, &status), "UuidCreate");
}

static void apartments(void) {
    void *object = &object;
    OK(CoCreateInstance(&example, NULL, CLSCTX_ALL, &example, &object) == CO_E_NOTINITIALIZED && !object, "no object before CoInitialize");
    OK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK && CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_FALSE, "CoInitializeEx, twice");
    OK(CoInitialize(NULL) == RPC_E_CHANGED_MODE, "but of one kind");
    OK(CoCreateInstance(&example, NULL, CLSCTX_INPROC_SERVER, &example, &object) == REGDB_E_CLASSNOTREG && !object, "a class that nobody has");
    CoUninitialize();
    CoUninitialize();
    OK(CoInitialize(NULL) == S_OK, "after as many ends another kind");
    CoUninitialize();
    char *block = CoTaskMemAlloc(10);
    strcpy(block, "kept");
    block = CoTaskMemRealloc(block, 10000);
    OK(block && !strcmp(block, "kept"), "memory of tasks");
    CoTaskMemFree(block);
}

static void profile(void) {
    WCHAR directory[MAX_PATH], variable[MAX_PATH];
    char narrow[MAX_PATH];
    DWORD size = 0, needed;
    HANDLE token;
    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    OK(!GetUserProfileDirectoryW(token, NULL, &size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && size > 3,
       "how long the profile directory's name is");
    needed = size;
    OK(GetUserProfileDirectoryW(token, directory, &size) && size == needed && wcslen(directory) == size - 1, "the name");
    GetEnvironmentVariableW(L"USERPROFILE", variable, MAX_PATH);
    OK(!_wcsicmp(variable, directory), "is USERPROFILE");
    OK(GetUserProfileDirectoryA(token, narrow, &size) && strlen(narrow) == size - 1, "in the ANSI code page");
    CloseHandle(token);
    OK(!GetUserProfileDirectoryW(token, directory, &size) && GetLastError() == ERROR_INVALID_HANDLE, "of no token");
}

int main(int argc, char **argv) {
    if (argc > 1)
        return MessageBoxW(NULL, L"cannot open the driver", L"Example", MB_OK) == 0 && GetLastError() == ERROR_REQUIRES_INTERACTIVE_WINDOWSTATION ? 7
                                                                                                                                                  : 8;
    cases();
    printing();
    identifiers();
    apartments();
    profile();
    return done();
}

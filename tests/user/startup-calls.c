/* What the run-time library of Visual C++ calls when it is linked into a program, besides what every program calls: locale, character types, fiber
   storage, lists, exceptions. */
#include "utap.h"
#include <psapi.h>
#include <string.h>
#include <wchar.h>

static volatile LONG freed;
static void WINAPI on_free(void *value) { freed += (LONG)(LONG_PTR)value; }
static DWORD slot;
static DWORD WINAPI storing(void *value) {
    FlsSetValue(slot, value);
    return FlsGetValue(slot) != value;
}

static void storage(void) {
    HANDLE thread;
    DWORD code;
    slot = FlsAlloc(on_free);
    OK(slot != FLS_OUT_OF_INDEXES && !FlsGetValue(slot) && GetLastError() == NO_ERROR, "FlsAlloc: empty");
    thread = CreateThread(NULL, 0, storing, (void *)5, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    OK(GetExitCodeThread(thread, &code) && code == 0 && freed == 5, "a thread's value is given to the callback when it ends");
    CloseHandle(thread);
    FlsSetValue(slot, (void *)7);
    OK(FlsFree(slot) && freed == 12, "FlsFree calls it for the threads that are there");
    OK(!FlsFree(slot) && GetLastError() == ERROR_INVALID_PARAMETER, "once");
}

static void lists(void) {
    static SLIST_HEADER head;
    static DECLSPEC_ALIGN(16) SLIST_ENTRY entries[3];
    InitializeSListHead(&head);
    OK(!InterlockedPopEntrySList(&head) && QueryDepthSList(&head) == 0, "an empty list");
    for (int i = 0; i < 3; i++)
        InterlockedPushEntrySList(&head, &entries[i]);
    OK(QueryDepthSList(&head) == 3 && InterlockedPopEntrySList(&head) == &entries[2], "last in, first out");
    OK(InterlockedFlushSList(&head) == &entries[1] && QueryDepthSList(&head) == 0, "flushed");
}

static void pointers(void) {
    void *encoded = EncodePointer(&slot);
    ULONG compatibility = 9;
    OK(encoded != &slot && DecodePointer(encoded) == &slot, "EncodePointer");
    OK(IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE) && IsProcessorFeaturePresent(PF_FASTFAIL_AVAILABLE) && !IsDebuggerPresent(),
       "the processor");
    OK(HeapQueryInformation(GetProcessHeap(), HeapCompatibilityInformation, &compatibility, sizeof compatibility, NULL) && compatibility != 9,
       "HeapQueryInformation");
}

static void characters(void) {
    WORD types[5];
    WCHAR mapped[8];
    char narrow[8];
    OK(GetStringTypeW(CT_CTYPE1, L"aZ5 ,", 5, types), "GetStringTypeW");
    OK(types[0] == (C1_LOWER | C1_ALPHA | C1_XDIGIT | C1_DEFINED) && types[1] == (C1_UPPER | C1_ALPHA | C1_DEFINED), "a letter has one case");
    OK((types[0] & (C1_LOWER | C1_ALPHA | C1_XDIGIT)) == (C1_LOWER | C1_ALPHA | C1_XDIGIT) &&
           (types[1] & (C1_UPPER | C1_ALPHA)) == (C1_UPPER | C1_ALPHA),
       "letters");
    OK((types[2] & C1_DIGIT) && (types[3] & (C1_SPACE | C1_BLANK)) == (C1_SPACE | C1_BLANK) && (types[4] & C1_PUNCT), "others");
    OK(!GetStringTypeW(77, L"a", 1, types), "no such kind of type");
    OK(LCMapStringEx(L"en-US", LCMAP_UPPERCASE, L"gr\xFC\xDF", 4, mapped, 8, NULL, NULL, 0) == 4 && !wmemcmp(mapped, L"GR\xDC\xDF", 4),
       "LCMapStringEx");
    OK(LCMapStringW(LOCALE_INVARIANT, LCMAP_LOWERCASE, L"ABC", -1, mapped, 8) == 4 && !wcscmp(mapped, L"abc"), "LCMapStringW, with the terminator");
    OK(LCMapStringA(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, "abc", -1, narrow, 8) == 4 && !strcmp(narrow, "ABC"), "LCMapStringA");
    OK(LCMapStringW(0x409, LCMAP_UPPERCASE, L"abc", 3, NULL, 0) == 3, "the size that is needed");
    OK(!LCMapStringW(0x409, LCMAP_UPPERCASE, L"abc", 3, mapped, 2) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too small");
    OK(!LCMapStringEx(L"xx-YY", LCMAP_UPPERCASE, L"a", 1, mapped, 8, NULL, NULL, 0) && GetLastError() == ERROR_INVALID_PARAMETER, "no such locale");
    unsigned char low[64], high[64];
    int l = LCMapStringW(0x409, LCMAP_SORTKEY, L"abc", -1, (WCHAR *)(void *)low, sizeof low),
        h = LCMapStringW(0x409, LCMAP_SORTKEY, L"abd", -1, (WCHAR *)(void *)high, sizeof high);
    OK(l > 0 && h > 0 && strcmp((char *)low, (char *)high) < 0, "sort keys are in order");
    OK(CompareStringEx(LOCALE_NAME_USER_DEFAULT, NORM_IGNORECASE, L"Alpha", -1, L"alpha", -1, NULL, NULL, 0) == CSTR_EQUAL, "CompareStringEx");
}

static void locale(void) {
    WCHAR text[64];
    DWORD number = 0;
    SYSTEMTIME time = {.wYear = 2026, .wMonth = 3, .wDay = 9, .wHour = 15, .wMinute = 4, .wSecond = 5};
    OK(GetUserDefaultLocaleName(text, 64) == 6 && !wcscmp(text, L"en-US"), "the user's locale");
    OK(IsValidLocaleName(L"en-US") && !IsValidLocaleName(L"de-DE") && IsValidLocale(0x409, LCID_INSTALLED) && !IsValidLocale(0x407, LCID_INSTALLED),
       "valid ones");
    OK(LocaleNameToLCID(L"en-US", 0) == 0x409 && LCIDToLocaleName(0x409, text, 64, 0) == 6, "names and numbers");
    OK(GetLocaleInfoEx(LOCALE_NAME_USER_DEFAULT, LOCALE_SDECIMAL, text, 64) == 2 && !wcscmp(text, L"."), "the decimal point");
    OK(GetLocaleInfoW(0x409, LOCALE_IDEFAULTANSICODEPAGE | LOCALE_RETURN_NUMBER, (WCHAR *)&number, 2) == 2 && number == 1252, "a number");
    OK(GetLocaleInfoW(0x409, LOCALE_SDAYNAME1, NULL, 0) == 7, "the size that is needed");
    OK(!GetLocaleInfoW(0x409, 0xFFFF, text, 64) && GetLastError() == ERROR_INVALID_FLAGS, "no such fact");
    OK(GetDateFormatEx(LOCALE_NAME_USER_DEFAULT, DATE_SHORTDATE, &time, NULL, text, 64, NULL) && !wcscmp(text, L"3/9/2026"), "a short date");
    OK(GetDateFormatW(0x409, DATE_LONGDATE, &time, NULL, text, 64) && !wcscmp(text, L"Monday, March 9, 2026"), "a long one");
    OK(GetDateFormatW(0x409, 0, &time, L"ddd dd MMM yy 'the' yyyy", text, 64) && !wcscmp(text, L"Mon 09 Mar 26 the 2026"), "by a picture");
    OK(GetTimeFormatEx(LOCALE_NAME_USER_DEFAULT, 0, &time, NULL, text, 64) && !wcscmp(text, L"3:04:05 PM"), "a time");
    OK(GetTimeFormatW(0x409, TIME_NOSECONDS, &time, NULL, text, 64) && !wcscmp(text, L"3:04 PM"), "without seconds");
    OK(GetTimeFormatW(0x409, TIME_NOSECONDS | TIME_FORCE24HOURFORMAT | TIME_NOTIMEMARKER, &time, NULL, text, 64) && !wcscmp(text, L"15:04"),
       "of 24 hours");
    OK(!GetDateFormatW(0x409, DATE_LONGDATE, &time, L"d", text, 64), "a picture and a flag that names one");
}

static void files(void) {
    FILE_STANDARD_INFO standard;
    FILE_DISPOSITION_INFO gone = {TRUE};
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = 3};
    WIN32_FIND_DATAA found;
    DWORD size;
    HANDLE search, file = CreateFileA("startup-calls.txt", GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, "12345", 5, &size, NULL);
    OK(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard) && standard.EndOfFile.QuadPart == 5,
       "GetFileInformationByHandleEx");
    OK(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end) && GetFileSize(file, NULL) == 3, "SetFileInformationByHandle");
    search = FindFirstFileExA("startup-calls.t*", FindExInfoStandard, &found, FindExSearchNameMatch, NULL, 0);
    OK(search != INVALID_HANDLE_VALUE && found.nFileSizeLow == 3 && FindClose(search), "FindFirstFileExA");
    OK(!PeekNamedPipe(file, NULL, 0, NULL, &size, NULL), "a file is no pipe");
    OK(!GetFileInformationByHandleEx(file, FileStandardInfo, &standard, 3) && GetLastError() == ERROR_BAD_LENGTH, "too small");
    OK(SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone) && CloseHandle(file), "deleted by its handle");
    OK(GetFileAttributesA("startup-calls.txt") == INVALID_FILE_ATTRIBUTES, "it is gone");
}

static void modules(void) {
    HMODULE all[16];
    MODULEINFO information;
    char name[64];
    DWORD size;
    OK(K32EnumProcessModules(GetCurrentProcess(), all, sizeof all, &size) && all[0] == GetModuleHandleA(NULL) && size >= 3 * sizeof(HMODULE),
       "EnumProcessModules");
    OK(K32GetModuleBaseNameA(GetCurrentProcess(), NULL, name, sizeof name) && !strcmp(name, "startup-calls.exe"), "GetModuleBaseName");
    OK(K32GetModuleInformation(GetCurrentProcess(), GetModuleHandleA("kernel32"), &information, sizeof information) &&
           information.lpBaseOfDll == (void *)GetModuleHandleA("kernel32") && information.SizeOfImage > 0x1000,
       "GetModuleInformation");
    OK(!K32GetModuleInformation(GetCurrentProcess(), (HMODULE)0x1234, &information, sizeof information) && GetLastError() == ERROR_INVALID_HANDLE,
       "of no module");
}

static void messages(void) {
    char text[512];
    struct {
        DWORD code;
        const char *text;
    } some[] = {{7, "The storage control blocks were destroyed.\r\n"},
                {740, "The requested operation requires elevation.\r\n"},
                {1063, "The service process could not connect to the service controller.\r\n"},
                {1072, "The specified service has been marked for deletion.\r\n"},
                {1223, "The operation was canceled by the user.\r\n"},
                {1450, "Insufficient system resources exist to complete the requested service.\r\n"}};
    int good = 1;
    for (unsigned i = 0; i < sizeof some / sizeof *some; i++) {
        text[0] = 0;
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, some[i].code, 0, text, sizeof text, NULL);
        good &= !strcmp(text, some[i].text);
    }
    OK(good, "texts of errors");
    OK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 129, 0, text, sizeof text, NULL) && strstr(text, "%1"),
       "inserts that are ignored stay");
    OK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 4711, 0, text, sizeof text, NULL) && GetLastError() == ERROR_MR_MID_NOT_FOUND,
       "a number without a text");
}

int main(void) {
    storage();
    lists();
    pointers();
    characters();
    locale();
    files();
    modules();
    messages();
    return done();
}

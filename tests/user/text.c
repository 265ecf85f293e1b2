/* Code pages, messages, the environment, calendars. */
#include "utap.h"

int main(void) {
    char narrow[400], *message;
    WCHAR wide[400];
    OK(MultiByteToWideChar(CP_UTF8, 0, "\xE2\x82\xAC\xF0\x9F\x98\x80", -1, wide, 400) == 4 && wide[0] == 0x20AC && wide[1] == 0xD83D &&
           wide[2] == 0xDE00,
       "UTF-8 to UTF-16");
    OK(WideCharToMultiByte(CP_UTF8, 0, wide, -1, narrow, 400, NULL, NULL) == 8 && !strcmp(narrow, "\xE2\x82\xAC\xF0\x9F\x98\x80"), "and back");
    OK(WideCharToMultiByte(CP_ACP, 0, L"\x20AC\x3042", 2, narrow, 400, NULL, NULL) == 2 && (BYTE)narrow[0] == 0x80 && narrow[1] == '?', "1252");
    OK(MultiByteToWideChar(437, 0, "\x82", 1, wide, 4) == 1 && wide[0] == 0xE9, "437");
    OK(!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xC0\x80", 2, wide, 4) && GetLastError() == ERROR_NO_UNICODE_TRANSLATION,
       "overlong UTF-8");
    OK(!MultiByteToWideChar(CP_UTF8, 0, "abc", 3, wide, 2) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "no room");
    OK(MultiByteToWideChar(CP_ACP, 0, "abc", -1, NULL, 0) == 4, "the size asked for");
    OK(GetACP() == 1252 && GetOEMCP() == 437, "the pages");

    DWORD_PTR arguments[] = {(DWORD_PTR) "abc", 42, (DWORD_PTR)L"wide"};
    FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "<%1> <%2!05d!> <%3!S!> %%%n", 0, 0, narrow, 400,
                   (va_list *)arguments);
    OK(!strcmp(narrow, "<abc> <00042> <wide> %\r\n"), "inserts");
    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 2, 0, (LPSTR)&message, 0, NULL);
    OK(!strcmp(message, "The system cannot find the file specified.\r\n"), "a system message");
    OK(!LocalFree(message), "is LocalFree's");
    OK(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 193, 0, wide, 400, NULL) && wide[0] == '%' && wide[1] == '1',
       "inserts left alone");
    OK(!FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 193, 0, wide, 400, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "inserts not given");
    OK(!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x7FFF1234, 0, narrow, 400, NULL) && GetLastError() == ERROR_MR_MID_NOT_FOUND,
       "no such message");
    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | 255, NULL, 5, 0, narrow, 400, NULL);
    OK(!strcmp(narrow, "Access is denied. "), "FORMAT_MESSAGE_MAX_WIDTH_MASK");

    OK(SetEnvironmentVariableA("Foo", "bar"), "a variable is set");
    OK(GetEnvironmentVariableA("FOO", narrow, 400) == 3 && !strcmp(narrow, "bar"), "and found without regard to case");
    OK(GetEnvironmentVariableA("FOO", narrow, 3) == 4, "the size with the terminator");
    OK(ExpandEnvironmentStringsA("%FOO%-%NONE%", narrow, 400) == 11 && !strcmp(narrow, "bar-%NONE%"), "expansion");
    OK(SetEnvironmentVariableA("FOO", NULL) && !GetEnvironmentVariableA("FOO", narrow, 400) && GetLastError() == ERROR_ENVVAR_NOT_FOUND,
       "and removed");

    SYSTEMTIME time = {2024, 2, 0, 29, 12, 34, 56, 789}, back;
    FILETIME file, zero = {0, 0};
    SystemTimeToFileTime(&time, &file);
    OK(((ULONGLONG)file.dwHighDateTime << 32 | file.dwLowDateTime) == 133536836967890000ull, "a leap day as FILETIME");
    OK(FileTimeToSystemTime(&file, &back) && back.wMonth == 2 && back.wDay == 29 && back.wDayOfWeek == 4 && back.wMilliseconds == 789, "and back");
    OK(FileTimeToSystemTime(&zero, &back) && back.wYear == 1601 && back.wMonth == 1 && back.wDay == 1 && back.wDayOfWeek == 1, "the first day");
    time.wYear = 2023;
    OK(!SystemTimeToFileTime(&time, &file) && GetLastError() == ERROR_INVALID_PARAMETER, "no such day");
    return done();
}

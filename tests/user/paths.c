/* Full paths: what RtlGetFullPathName_U makes of each form. */
#include "utap.h"

static void full(const char *path, const char *expected) {
    char buffer[300], what[400], *part;
    DWORD length = GetFullPathNameA(path, sizeof buffer, buffer, &part);
    snprintf(what, sizeof what, "%s is %s", path, expected);
    OK(length == strlen(expected) && !strcmp(buffer, expected), what);
}

int main(void) {
    char buffer[300], *part;
    SetCurrentDirectoryA("C:\\");
    full("x", "C:\\x");
    full("a\\..\\b", "C:\\b");
    full("C:\\a\\.\\b\\..\\..\\..\\c.", "C:\\c");
    full("/a//b/", "C:\\a\\b\\");
    full("..", "C:\\");
    full(".", "C:\\");
    full("a\\..", "C:\\");
    full("C:\\a\\b\\..", "C:\\a");
    full("C:\\a\\.", "C:\\a");
    full("C:\\a\\b\\..\\", "C:\\a\\");
    full("C:\\a\\b\\", "C:\\a\\b\\");
    full("C:foo", "C:\\foo");
    full("D:foo", "D:\\foo");
    full("foo. . ", "C:\\foo");
    full("C:\\a.\\b", "C:\\a\\b");
    full("\\\\.\\Example", "\\\\.\\Example");
    full("\\\\?\\C:\\x\\..\\y", "\\\\?\\C:\\y");
    full("\\\\server\\share\\..\\x", "\\\\server\\share\\x");
    full("con", "\\\\.\\con");
    full("nul.txt", "\\\\.\\nul");
    full("C:\\d\\COM1", "\\\\.\\COM1");
    full("CONIN$", "\\\\.\\CONIN$");
    full("com0", "C:\\com0");
    OK(GetFullPathNameA("abc", 3, buffer, &part) == 7, "a short buffer gets the size with the terminator");
    GetFullPathNameA("C:\\d\\file", sizeof buffer, buffer, &part);
    OK(part == buffer + 5, "the file part");
    OK(GetFullPathNameA("", sizeof buffer, buffer, &part) == 0, "an empty path is none");
    OK(CreateFileA("\\\\server\\share\\f", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_BAD_NETPATH,
       "there is no network");
    OK(CreateFileA("absent", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND,
       "an absent file");
    OK(CreateFileA("\\\\.\\Absent", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND,
       "an absent device");
    OK(CreateFileA("", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND,
       "an empty name");
    return done();
}

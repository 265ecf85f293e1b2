/* Dates and attributes of files on drive C:. */
#include "utap.h"
#include <winternl.h>

static FILETIME at(ULONGLONG ticks) {
    FILETIME time = {(DWORD)ticks, (DWORD)(ticks >> 32)};
    return time;
}
static ULONGLONG of(FILETIME time) { return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime; }
static HANDLE open_file(const char *path, DWORD access) {
    return CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
}
static HANDLE new_file(const char *path, DWORD disposition, DWORD attributes) {
    return CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, disposition, attributes, NULL);
}
static DWORD found(const char *path) {
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA(path, &data);
    if (find == INVALID_HANDLE_VALUE)
        return 0;
    FindClose(find);
    return data.dwFileAttributes;
}

#define Y1995 124334784000000000ull
#define Y2001 126227808000000000ull
#define Y2010 129067776000000000ull

int main(void) {
    FILETIME created = at(Y1995), accessed = at(Y2010 + 1234567), written = at(Y2001 + 7), c, a, w;
    DWORD used;
    HANDLE file = new_file("dated.txt", CREATE_NEW, 0);
    WriteFile(file, "text", 4, &used, NULL);
    OK(SetFileTime(file, &created, &accessed, &written), "three dates are set");
    OK(GetFileTime(file, &c, &a, &w) && of(c) == Y1995 && of(w) == Y2001 + 7, "when it was made and written");
    OK(of(a) == Y2010 + 1234567, "and read");
    created = at(Y2001);
    OK(SetFileTime(file, &created, NULL, NULL) && GetFileTime(file, &c, NULL, &w) && of(c) == Y2001 && of(w) == Y2001 + 7, "one alone");
    WriteFile(file, "more", 4, &used, NULL);
    OK(GetFileTime(file, NULL, NULL, &w) && of(w) > Y2010, "writing sets its date again");
    CloseHandle(file);

    file = open_file("dated.txt", FILE_WRITE_ATTRIBUTES);
    OK(SetFileTime(file, NULL, NULL, &written), "with the right to set alone");
    CloseHandle(file);
    file = open_file("dated.txt", FILE_READ_ATTRIBUTES);
    OK(!SetFileTime(file, NULL, NULL, &written) && GetLastError() == ERROR_ACCESS_DENIED, "without it");
    FILE_BASIC_INFO basic;
    OK(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic) && basic.CreationTime.QuadPart == Y2001 &&
           basic.LastWriteTime.QuadPart == Y2001 + 7,
       "they hold");
    CloseHandle(file);
    WIN32_FILE_ATTRIBUTE_DATA data;
    MoveFileA("dated.txt", "renamed.txt");
    OK(GetFileAttributesExA("renamed.txt", GetFileExInfoStandard, &data) && of(data.ftCreationTime) == Y2001, "also under another name");
    WIN32_FIND_DATAA entry;
    HANDLE find = FindFirstFileA("renamed.*", &entry);
    OK(find != INVALID_HANDLE_VALUE && of(entry.ftCreationTime) == Y2001 && of(entry.ftLastWriteTime) == Y2001 + 7, "and in a listing");
    FindClose(find);
    file = open_file("renamed.txt", FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES);
    basic = (FILE_BASIC_INFO){.ChangeTime.QuadPart = Y1995};
    OK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic) &&
           GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic) && basic.ChangeTime.QuadPart == Y1995,
       "the date of its change");
    basic = (FILE_BASIC_INFO){.LastWriteTime.QuadPart = -3};
    OK(!SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic) && GetLastError() == ERROR_INVALID_PARAMETER, "no date: 87");
    basic = (FILE_BASIC_INFO){.LastWriteTime.QuadPart = -1, .ChangeTime.QuadPart = -2};
    OK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic), "-1 and -2 are no dates");
    CloseHandle(file);

    OK(GetFileAttributesA("renamed.txt") == FILE_ATTRIBUTE_ARCHIVE, "a new file is to be archived");
    OK(SetFileAttributesA("renamed.txt", FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM) &&
           GetFileAttributesA("renamed.txt") == (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM) &&
           found("renamed.txt") == (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM),
       "hidden and system");
    file = new_file("renamed.txt", CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
    OK(file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED, "which is not overwritten by chance: 5");
    file = new_file("renamed.txt", OPEN_EXISTING, 0);
    WriteFile(file, "x", 1, &used, NULL);
    CloseHandle(file);
    OK(GetFileAttributesA("renamed.txt") == (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE),
       "written, it is to be archived");
    OK(SetFileAttributesA("renamed.txt", FILE_ATTRIBUTE_NORMAL) && GetFileAttributesA("renamed.txt") == FILE_ATTRIBUTE_NORMAL, "none");
    OK(SetFileAttributesA("renamed.txt", FILE_ATTRIBUTE_READONLY) && GetFileAttributesA("renamed.txt") == FILE_ATTRIBUTE_READONLY, "read-only");
    OK(open_file("renamed.txt", GENERIC_WRITE) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED, "is not written");
    OK(!DeleteFileA("renamed.txt") && GetLastError() == ERROR_ACCESS_DENIED, "nor deleted");
    OK(SetFileAttributesA("renamed.txt", FILE_ATTRIBUTE_NORMAL) && DeleteFileA("renamed.txt"), "until it is not any more");
    OK(!SetFileAttributesA("renamed.txt", FILE_ATTRIBUTE_NORMAL) && GetLastError() == ERROR_FILE_NOT_FOUND, "a file that is gone: 2");

    file = new_file("made.txt", CREATE_NEW, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN);
    OK(WriteFile(file, "text", 4, &used, NULL), "who makes a read-only file writes it");
    CloseHandle(file);
    OK(GetFileAttributesA("made.txt") == (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE), "it is what was asked for");
    SetFileAttributesA("made.txt", FILE_ATTRIBUTE_NORMAL);
    file = new_file("made.txt", CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN);
    CloseHandle(file);
    OK(GetFileAttributesA("made.txt") == (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE), "overwritten, it is that");
    DeleteFileA("made.txt");

    OK(CreateDirectoryA("folder", NULL) && SetFileAttributesA("folder", FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN) &&
           GetFileAttributesA("folder") == (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_DIRECTORY),
       "a directory");
    CloseHandle(new_file("folder\\inside.txt", CREATE_NEW, 0));
    OK(GetFileAttributesA("folder\\inside.txt") == FILE_ATTRIBUTE_ARCHIVE, "in which files can be made all the same");
    file = open_file("folder", FILE_WRITE_ATTRIBUTES | FILE_READ_ATTRIBUTES);
    OK(SetFileTime(file, &created, &accessed, &written) && GetFileTime(file, &c, NULL, &w) && of(c) == Y2001 && of(w) == Y2001 + 7, "has dates");
    basic = (FILE_BASIC_INFO){.FileAttributes = FILE_ATTRIBUTE_TEMPORARY};
    OK(!SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic) && GetLastError() == ERROR_INVALID_PARAMETER,
       "and is not temporary: 87");
    CloseHandle(file);
    OK(!SetFileAttributesA("C:\\Windows\\System32\\ntdll.dll", FILE_ATTRIBUTE_NORMAL) && GetLastError() == ERROR_ACCESS_DENIED,
       "what Ringside carries stays: 5");
    return done();
}

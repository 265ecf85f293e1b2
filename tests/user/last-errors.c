/* Calls that fail leave the error their pages name: what has no file, no handle or no name. */
#include "utap.h"

#define FAILS(call, error) OK((SetLastError(99999), !(call)) && GetLastError() == (error), #call)

static HANDLE open(const char *name, DWORD access) { return CreateFileA(name, access, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL); }

static void names(void) {
    WIN32_FIND_DATAA data;
    OK(FindFirstFileA("", &data) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND, "nothing is searched");
    OK(FindFirstFileA("errors.txt\\*", &data) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_DIRECTORY, "a file is searched like a directory");
    OK(FindFirstFileA("nowhere\\*", &data) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND, "a directory that is not there");
    FAILS(MoveFileExA("nowhere.txt", "somewhere.txt", 0), ERROR_FILE_NOT_FOUND);
}
static void handles(void) {
    FAILS(TerminateThread(NULL, 1), ERROR_INVALID_HANDLE);
    FAILS(LocalSize(NULL), ERROR_INVALID_HANDLE);
    FAILS(GlobalSize(NULL), ERROR_INVALID_HANDLE);
    FAILS(CloseHandle(NULL), ERROR_INVALID_HANDLE);
}
/* "CreateFileMapping", flProtect: what a file must be open for. */
static void sections(void) {
    char own[MAX_PATH];
    GetModuleFileNameA(NULL, own, sizeof own);
    HANDLE image = open(own, GENERIC_READ), section;
    section = CreateFileMappingA(image, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    OK(section && CloseHandle(section), "an image to read asks for a file to read");
    FAILS(CreateFileMappingA(image, NULL, PAGE_EXECUTE_READ, 0, 0, NULL), ERROR_ACCESS_DENIED);
    CloseHandle(image);
    image = open(own, GENERIC_READ | GENERIC_EXECUTE);
    section = CreateFileMappingA(image, NULL, PAGE_EXECUTE_READ, 0, 0, NULL);
    OK(section && CloseHandle(section), "one to execute asks for both");
    CloseHandle(image);
}
static void stream(void) {
    static union {
        FILE_STREAM_INFO stream;
        char bytes[4096];
    } info;
    HANDLE file = open("errors.txt", GENERIC_READ);
    OK(GetFileInformationByHandleEx(file, FileStreamInfo, &info, sizeof info), "FileStreamInfo");
    OK(info.stream.StreamNameLength == 14 && info.stream.StreamSize.QuadPart == 5, "of the one stream, ::$DATA");
    CloseHandle(file);
}

int main(void) {
    DWORD written;
    HANDLE file = CreateFileA("errors.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(file, "12345", 5, &written, NULL);
    CloseHandle(file);
    names();
    handles();
    sections();
    stream();
    DeleteFileA("errors.txt");
    return done();
}

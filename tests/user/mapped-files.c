/* Files that are mapped, and what may be done to them meanwhile: mapped-files.exe [E:\\], on drive C: by default. */
#include "utap.h"
#include <string.h>

#define DATA "\\mapped.dat"
#define COPY "\\mapped.exe"

static HANDLE open_file(const char *name, DWORD access, DWORD how) {
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how, 0, NULL);
}
static BOOL refused(const char *name, DWORD access, DWORD how, DWORD error) {
    HANDLE file = open_file(name, access, how);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError() == error;
    CloseHandle(file);
    return FALSE;
}
static char byte_at(HANDLE file, DWORD offset) {
    char byte = '?';
    DWORD done;
    SetFilePointer(file, (LONG)offset, NULL, FILE_BEGIN);
    return ReadFile(file, &byte, 1, &done, NULL) && done == 1 ? byte : '!';
}

static void views(void) {
    static char text[10000];
    DWORD done;
    memset(text, 'a', sizeof text);
    HANDLE file = open_file(DATA, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
    WriteFile(file, text, sizeof text, &done, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    OK(view && !memcmp(view, text, sizeof text) && view[sizeof text] == 0, "a view shows the file, and zeroes behind it");
    view[5000] = 'b';
    OK(byte_at(file, 5000) == 'b', "who reads the file has what was written to the view");
    view[9999] = 'c';
    view[10000] = 'd';
    OK(FlushViewOfFile(view, 0) && FlushFileBuffers(file) && GetFileSize(file, NULL) == sizeof text,
       "what is written behind the end makes it no longer");
    OK(!SetFilePointer(file, 100, NULL, FILE_BEGIN) || (!SetEndOfFile(file) && GetLastError() == ERROR_USER_MAPPED_FILE),
       "it does not get shorter: 1224");
    OK(SetFilePointer(file, 10001, NULL, FILE_BEGIN) == 10001 && SetEndOfFile(file), "but longer");
    CloseHandle(section);
    CloseHandle(file);
    view[1] = 'e';
    OK(refused(DATA, GENERIC_WRITE, TRUNCATE_EXISTING, ERROR_USER_MAPPED_FILE), "nor overwritten: 1224");
    OK(UnmapViewOfFile(view), "the view has outlived its handles");
    file = open_file(DATA, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING);
    OK(byte_at(file, 1) == 'e' && byte_at(file, 5000) == 'b' && byte_at(file, 9999) == 'c', "and all that was written to it is in the file");

    section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 20000, NULL);
    OK(section && GetFileSize(file, NULL) == 20000, "a larger section makes the file longer");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK(WriteFile(file, "new", 3, &done, NULL), "the file is written while nobody views it");
    view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 3);
    OK(view && !memcmp(view, "new", 3), "the next view shows it");
    UnmapViewOfFile(view);
    CloseHandle(section);
    view = NULL;
    OK(CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 20001, NULL) == NULL && GetLastError() == ERROR_NOT_ENOUGH_MEMORY,
       "to be read only, it cannot: 8");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    OK(SetEndOfFile(file), "nobody has it mapped: it gets shorter");
    OK(CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL) == NULL && GetLastError() == ERROR_FILE_INVALID, "nothing cannot be mapped: 1006");
    CloseHandle(file);
    OK(DeleteFileA(DATA), "and goes");
}

static void images(const char *own) {
    OK(CopyFileA(own, COPY, FALSE), "a copy of this program");
    HANDLE file = open_file(COPY, GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    CloseHandle(file);
    const IMAGE_DOS_HEADER *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    OK(view && view->e_magic == IMAGE_DOS_SIGNATURE, "is mapped as an image");
    OK(refused(COPY, GENERIC_WRITE, OPEN_EXISTING, ERROR_SHARING_VIOLATION), "and cannot be written: 32");
    OK(!DeleteFileA(COPY) && GetLastError() == ERROR_ACCESS_DENIED, "nor deleted: 5");
    UnmapViewOfFile(view);
    CloseHandle(section);
    OK(!refused(COPY, GENERIC_WRITE, OPEN_EXISTING, 0), "until it is mapped no more");

    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    OK(CreateProcessA(COPY, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &child), "it is a program that runs");
    OK(refused(COPY, GENERIC_WRITE, OPEN_EXISTING, ERROR_SHARING_VIOLATION), "it cannot be written meanwhile: 32");
    OK(!DeleteFileA(COPY) && GetLastError() == ERROR_ACCESS_DENIED, "nor deleted: 5");
    TerminateProcess(child.hProcess, 0);
    WaitForSingleObject(child.hProcess, INFINITE);
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);
    OK(DeleteFileA(COPY), "afterwards it can");
}

int main(int argc, char **argv) {
    char own[MAX_PATH];
    GetModuleFileNameA(NULL, own, sizeof own);
    if (argc > 1)
        SetCurrentDirectoryA(argv[1]);
    views();
    images(own);
    return done();
}

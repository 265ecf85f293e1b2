/* Functions that console programs import often: processors, paths that exist, the console's title, a service without a service manager. */
#include "utap.h"
#include <string.h>
#include <wchar.h>
#include <winsvc.h>

static void processors(void) {
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *all, *end;
    GROUP_AFFINITY affinity = {.Group = 9}, before;
    PROCESSOR_NUMBER number = {.Group = 9};
    DWORD size = 0, cores = 0;
    USHORT machine = 1, native = 1;
    BOOL job = 5;
    OK(!GetLogicalProcessorInformation(NULL, &size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && size,
       "GetLogicalProcessorInformation: the size");
    all = HeapAlloc(GetProcessHeap(), 0, size);
    OK(GetLogicalProcessorInformation(all, &size), "and the answer");
    end = (PVOID)((BYTE *)all + size);
    for (SYSTEM_LOGICAL_PROCESSOR_INFORMATION *at = all; at < end; at++)
        cores += at->Relationship == RelationProcessorCore;
    OK(cores >= 1, "a core");
    OK(GetActiveProcessorGroupCount() >= 1 && GetMaximumProcessorCount(ALL_PROCESSOR_GROUPS) >= GetActiveProcessorCount(ALL_PROCESSOR_GROUPS),
       "groups");
    GetCurrentProcessorNumberEx(&number);
    OK(number.Group == 0 && GetThreadGroupAffinity(GetCurrentThread(), &affinity) && affinity.Mask && affinity.Group == 0, "the thread's processors");
    OK(SetThreadGroupAffinity(GetCurrentThread(), &affinity, &before) && before.Mask == affinity.Mask, "are set");
    OK(IsWow64Process2(GetCurrentProcess(), &machine, &native) && machine == 0 && native == IMAGE_FILE_MACHINE_AMD64, "IsWow64Process2");
    OK(IsProcessInJob(GetCurrentProcess(), NULL, &job) && (job == TRUE || job == FALSE), "IsProcessInJob");
}

static void paths(void) {
    WCHAR own[MAX_PATH], path[MAX_PATH], *part;
    char narrow[MAX_PATH], *end;
    DWORD length;
    GetModuleFileNameW(NULL, own, MAX_PATH);
    length = SearchPathW(NULL, L"common-calls", L".exe", MAX_PATH, path, &part);
    OK(length == wcslen(path) && !_wcsicmp(path, own) && !_wcsicmp(part, L"common-calls.exe"), "SearchPath: beside the program, by its extension");
    OK(SearchPathW(NULL, L"common-calls.exe", L".txt", 3, path, &part) == length + 1, "too little room: what is needed");
    OK(!SearchPathA(NULL, "nothing-like-it", ".exe", sizeof narrow, narrow, &end) && GetLastError() == ERROR_FILE_NOT_FOUND, "not found");
    OK(!SearchPathW(L"C:\\no such folder;C:\\nor this", L"common-calls.exe", NULL, MAX_PATH, path, NULL), "only where the caller says");
    CreateDirectoryW(L"LongName", NULL);
    CloseHandle(CreateFileW(L"LongName\\MixedCase.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    OK(GetLongPathNameW(L"longname\\MIXEDCASE.TXT", path, MAX_PATH) == 22 && !wcscmp(path, L"LongName\\MixedCase.txt"),
       "GetLongPathName: as it is on the disk");
    OK(GetLongPathNameA("longname\\mixedcase.txt", narrow, 5) == 23, "too little room");
    OK(!GetLongPathNameW(L"longname\\none.txt", path, MAX_PATH) && GetLastError() == ERROR_FILE_NOT_FOUND, "nothing there");
    OK(GetShortPathNameW(L"LongName", path, MAX_PATH) && GetFileAttributesW(path) == FILE_ATTRIBUTE_DIRECTORY,
       "GetShortPathName: another name of the same");
    OK(!GetShortPathNameA("none", narrow, sizeof narrow) && GetLastError() == ERROR_FILE_NOT_FOUND, "of what is there");
    OK(GetVolumePathNameA("C:\\Windows\\x", narrow, sizeof narrow) && !_stricmp(narrow, "C:\\"), "GetVolumePathName");
    DeleteFileW(L"LongName\\MixedCase.txt");
    RemoveDirectoryW(L"LongName");
}

static void console(void) {
    WCHAR title[300];
    char narrow[300];
    OK(SetConsoleTitleW(L"A title of ours") && GetConsoleTitleW(title, 300) == 15 && !wcscmp(title, L"A title of ours"), "a title");
    OK(SetConsoleTitleA("Another") && GetConsoleTitleA(narrow, sizeof narrow) == 7 && !strcmp(narrow, "Another"), "in ANSI");
}

static void WINAPI service(DWORD count, LPWSTR *arguments) {}
static void services(void) {
    WCHAR name[] = L"common";
    SERVICE_TABLE_ENTRYW table[] = {{name, service}, {NULL, NULL}};
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};
    OK(!StartServiceCtrlDispatcherW(table) && GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, "nobody started this as a service");
    OK(!SetServiceStatus(NULL, &status) && GetLastError() == ERROR_INVALID_HANDLE, "so that it has no status");
}

static void starting(void) { OK(WinExec("no-such-program-at-all", SW_HIDE) == ERROR_FILE_NOT_FOUND, "WinExec: not found"); }

int main(void) {
    processors();
    paths();
    console();
    services();
    starting();
    return done();
}

/* Who and what is there: snapshots of processes, threads and modules, psapi, drivers. */
#include "utap.h"
#include <psapi.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>

static void processes(void) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    PROCESSENTRY32 narrow = {.dwSize = sizeof narrow};
    THREADENTRY32 thread = {.dwSize = sizeof thread};
    MODULEENTRY32W module = {.dwSize = sizeof module};
    DWORD own = 0, system = 0, count = 0, threads = 0, ids[256], size, again = 0;
    OK(all != INVALID_HANDLE_VALUE, "a snapshot");
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
        count++;
        if (entry.th32ProcessID == GetCurrentProcessId() && entry.cntThreads)
            own += !_wcsicmp(entry.szExeFile, L"snapshot.exe");
        system += !entry.th32ParentProcessID;
    }
    OK(GetLastError() == ERROR_NO_MORE_FILES && own == 1 && count >= 2, "this process is in it once");
    OK(system, "and those that nobody started");
    for (BOOL more = Process32First(all, &narrow); more; more = Process32Next(all, &narrow))
        if (narrow.th32ProcessID == GetCurrentProcessId())
            again += !_stricmp(narrow.szExeFile, "snapshot.exe");
    OK(again == 1, "from the beginning once more, in ANSI");
    for (BOOL more = Thread32First(all, &thread); more; more = Thread32Next(all, &thread))
        threads += thread.th32OwnerProcessID == GetCurrentProcessId() && thread.th32ThreadID == GetCurrentThreadId();
    OK(threads == 1, "its thread");
    OK(!Module32FirstW(all, &module) && GetLastError() == ERROR_NO_MORE_FILES, "no modules: they were not asked for");
    CloseHandle(all);
    OK(!Process32FirstW(all, &entry) && GetLastError() == ERROR_INVALID_HANDLE, "closed");
    OK(EnumProcesses(ids, sizeof ids, &size) && size >= count * sizeof *ids - sizeof *ids, "EnumProcesses");
    own = 0;
    for (DWORD n = 0; n < size / sizeof *ids; n++)
        own += ids[n] == GetCurrentProcessId();
    OK(own == 1 && EnumProcesses(ids, 4, &size) && size == 4, "as many as there is room for");
}

static void modules(void) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, GetCurrentProcessId());
    MODULEENTRY32W entry = {.dwSize = sizeof entry};
    MODULEENTRY32 narrow = {.dwSize = sizeof narrow};
    PROCESSENTRY32W process = {.dwSize = sizeof process};
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll"), list[64];
    DWORD found = 0, size;
    OK(all != INVALID_HANDLE_VALUE && Module32FirstW(all, &entry) && entry.hModule == GetModuleHandleW(NULL) &&
           !_wcsicmp(entry.szModule, L"snapshot.exe"),
       "the first module is the program");
    do
        found += entry.hModule == kernel && entry.modBaseAddr == (BYTE *)kernel && entry.modBaseSize >= 0x10000 && wcschr(entry.szExePath, '\\');
    while (Module32NextW(all, &entry));
    OK(found == 1 && GetLastError() == ERROR_NO_MORE_FILES, "kernel32 is one of them");
    OK(Module32First(all, &narrow) && !_stricmp(narrow.szModule, "snapshot.exe") && strstr(narrow.szExePath, "\\"), "in ANSI");
    OK(!Process32FirstW(all, &process) && GetLastError() == ERROR_NO_MORE_FILES, "no processes in it");
    entry.dwSize = 20;
    OK(!Module32FirstW(all, &entry), "an entry that is too small");
    CloseHandle(all);
    OK(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0xFFFFFF00) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_PARAMETER,
       "no such process");
    OK(EnumProcessModulesEx(GetCurrentProcess(), list, sizeof list, &size, LIST_MODULES_ALL) && size >= 3 * sizeof(HMODULE) &&
           list[0] == GetModuleHandleW(NULL),
       "EnumProcessModulesEx");
}

static void names(void) {
    WCHAR own[MAX_PATH], wide[MAX_PATH];
    char narrow[MAX_PATH];
    DWORD size = MAX_PATH, length = GetModuleFileNameW(NULL, own, MAX_PATH);
    OK(QueryFullProcessImageNameW(GetCurrentProcess(), 0, wide, &size) && size == length && !_wcsicmp(wide, own),
       "QueryFullProcessImageName: the path");
    size = 5;
    OK(!QueryFullProcessImageNameW(GetCurrentProcess(), 0, wide, &size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && size == 5,
       "too little room");
    size = MAX_PATH;
    OK(QueryFullProcessImageNameA(GetCurrentProcess(), PROCESS_NAME_NATIVE, narrow, &size) && !strncmp(narrow, "\\Device\\", 8) &&
           size == strlen(narrow),
       "the native name begins with a device");
    OK(GetProcessImageFileNameA(GetCurrentProcess(), narrow, MAX_PATH) == size && !strncmp(narrow, "\\Device\\", 8), "GetProcessImageFileName");
    OK(!GetProcessImageFileNameW(GetCurrentProcess(), wide, 5) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too little room");
}

static void drivers(void) {
    LPVOID bases[256];
    DWORD size;
    char name[64], path[MAX_PATH];
    WCHAR wide[64];
    OK(EnumDeviceDrivers(bases, sizeof bases, &size) && size >= sizeof *bases && bases[0], "EnumDeviceDrivers");
    OK(GetDeviceDriverBaseNameA(bases[0], name, sizeof name) == strlen(name) && !_stricmp(name, "ntoskrnl.exe"), "the first is the kernel");
    OK(GetDeviceDriverFileNameA(bases[0], path, sizeof path) == strlen(path) && strrchr(path, '\\') && !_stricmp(strrchr(path, '\\') + 1, name),
       "its path");
    OK(GetDeviceDriverBaseNameW(bases[0], wide, 64) == 12 && !_wcsicmp(wide, L"ntoskrnl.exe"), "in UTF-16");
    OK(!GetDeviceDriverBaseNameA((LPVOID)16, name, sizeof name), "nothing is there");
}

int main(void) {
    ULONGLONG kilobytes;
    processes();
    modules();
    names();
    drivers();
    OK(GetPhysicallyInstalledSystemMemory(&kilobytes) && kilobytes >= 1024, "installed memory");
    return done();
}

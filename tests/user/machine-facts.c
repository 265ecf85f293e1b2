/* What programs and the run-time libraries of other languages (Go, Rust) ask about the machine and about their own process when they begin. */
#include "utap.h"
#include <psapi.h>
#include <string.h>

HRESULT WINAPI WerGetFlags(HANDLE process, PDWORD flags);
HRESULT WINAPI WerSetFlags(DWORD flags);

static void modes(void) {
    DWORD flags = 77, old = 77;
    UINT before = SetErrorMode(SEM_FAILCRITICALERRORS);
    OK(GetErrorMode() == SEM_FAILCRITICALERRORS, "GetErrorMode: what was set");
    OK(SetErrorMode(before) == SEM_FAILCRITICALERRORS, "SetErrorMode: what was there");
    OK(SetThreadErrorMode(SEM_NOGPFAULTERRORBOX, NULL) && GetThreadErrorMode() == SEM_NOGPFAULTERRORBOX, "a thread's own mode");
    OK(SetThreadErrorMode(0, &old) && old == SEM_NOGPFAULTERRORBOX && GetThreadErrorMode() == 0, "and back");
    OK(!SetThreadErrorMode(0x40, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "no other bits");
    OK(WerSetFlags(1) == S_OK && WerGetFlags(GetCurrentProcess(), &flags) == S_OK && flags == 1, "flags of fault reporting");
    OK(!IsThreadAFiber(), "the thread is no fiber");
}

static void names(void) {
    static const COMPUTER_NAME_FORMAT same[] = {ComputerNameNetBIOS, ComputerNamePhysicalNetBIOS};
    WCHAR name[64], other[64];
    char narrow[64];
    DWORD size = 64, needed = 0;
    OK(GetComputerNameW(name, &size) && size == wcslen(name) && size, "GetComputerName: length without the zero");
    for (int n = 0; n < 2; n++) {
        size = 64;
        OK(GetComputerNameExW(same[n], other, &size) && !wcscmp(name, other) && size == wcslen(name), "GetComputerNameEx: the same");
    }
    OK(!GetComputerNameExW(ComputerNameDnsHostname, NULL, &needed) && GetLastError() == ERROR_MORE_DATA && needed > 1,
       "how large the buffer must be");
    size = needed;
    OK(GetComputerNameExA(ComputerNameDnsHostname, narrow, &size) && size == needed - 1 && strlen(narrow) == size, "and is large enough");
    size = 64;
    OK(GetComputerNameExA(ComputerNameDnsDomain, narrow, &size) && !size && !*narrow, "in no domain");
    size = 64;
    OK(!GetComputerNameExA(ComputerNameMax, narrow, &size) && GetLastError() == ERROR_INVALID_PARAMETER, "there is no such name");
}

static void memory(void) {
    MEMORYSTATUSEX status = {.dwLength = sizeof status}, later = {.dwLength = sizeof later};
    OK(GlobalMemoryStatusEx(&status), "GlobalMemoryStatusEx");
    OK(status.ullTotalPhys && status.ullAvailPhys <= status.ullTotalPhys && status.ullTotalPageFile >= status.ullTotalPhys,
       "RAM, and more to commit");
    OK(status.dwMemoryLoad <= 100 && status.ullAvailVirtual <= status.ullTotalVirtual, "load and address space");
    char *block = VirtualAlloc(NULL, 64 << 20, MEM_RESERVE, PAGE_NOACCESS);
    OK(GlobalMemoryStatusEx(&later) && later.ullAvailVirtual + (64 << 20) <= status.ullAvailVirtual, "what is reserved is not available");
    VirtualFree(block, 0, MEM_RELEASE);
    status.dwLength = 12;
    OK(!GlobalMemoryStatusEx(&status) && GetLastError() == ERROR_INVALID_PARAMETER, "another size");
    PROCESS_MEMORY_COUNTERS_EX counters = {0};
    PERFORMANCE_INFORMATION all = {0};
    OK(GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters) && counters.cb == sizeof counters &&
           counters.WorkingSetSize && counters.PeakWorkingSetSize >= counters.WorkingSetSize,
       "GetProcessMemoryInfo");
    SIZE_T before = counters.PrivateUsage;
    block = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memset(block, 1, 1 << 20);
    OK(GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters) &&
           counters.PrivateUsage >= before + (1 << 20),
       "a megabyte more is seen");
    VirtualFree(block, 0, MEM_RELEASE);
    OK(!GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&counters, 8) && GetLastError() == ERROR_INSUFFICIENT_BUFFER,
       "into too little room");
    OK(GetPerformanceInfo(&all, sizeof all) && all.PageSize == 0x1000 && all.PhysicalTotal >= all.PhysicalAvailable &&
           all.CommitLimit >= all.CommitTotal && all.ProcessCount && all.ThreadCount >= all.ProcessCount,
       "GetPerformanceInfo");
    OK(!GetPerformanceInfo(&all, 8) && GetLastError() == ERROR_BAD_LENGTH, "of its size only");
    FILETIME idle, kernel, user;
    OK(GetSystemTimes(&idle, &kernel, &user) && CompareFileTime(&idle, &kernel) <= 0, "idle time is part of kernel time");
    OK(*(volatile LONG *)0x7FFE0008 != 0 || *(volatile LONG *)0x7FFE000C != 0, "the machine has been on for a while");
}

static void dates(void) {
    FILETIME time;
    SYSTEMTIME fields;
    WORD date, clock;
    OK(DosDateTimeToFileTime(0x5A6D, 0x7BCF, &time) && FileTimeToSystemTime(&time, &fields), "a date of DOS");
    OK(fields.wYear == 2025 && fields.wMonth == 3 && fields.wDay == 13 && fields.wHour == 15 && fields.wMinute == 30 && fields.wSecond == 30,
       "its fields");
    OK(FileTimeToDosDateTime(&time, &date, &clock) && date == 0x5A6D && clock == 0x7BCF, "and back");
    OK(!DosDateTimeToFileTime(0x5A00, 0, &time), "there is no month 0");
    memset(&time, 0, sizeof time);
    OK(!FileTimeToDosDateTime(&time, &date, &clock) && GetLastError() == ERROR_INVALID_PARAMETER, "1601 is no date of DOS");
    OK(MulDiv(10, 3, 4) == 8 && MulDiv(-10, 3, 4) == -8 && MulDiv(7, 1, -2) == -4 && MulDiv(1, 1, 0) == -1, "MulDiv rounds halves away from zero");
    OK(MulDiv(0x7FFFFFFF, 0x7FFFFFFF, 1) == -1 && MulDiv(0x7FFFFFFF, 2, 2) == 0x7FFFFFFF, "and knows what is too large");
}

static void versions(void) {
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version, .dwMajorVersion = 6};
    DWORDLONG at_least = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), less = VerSetConditionMask(0, VER_MAJORVERSION, VER_LESS);
    OK(VerifyVersionInfoW(&version, VER_MAJORVERSION, at_least), "Vista or later");
    OK(!VerifyVersionInfoW(&version, VER_MAJORVERSION, less) && GetLastError() == ERROR_OLD_WIN_VERSION, "not earlier");
    OK(!VerifyVersionInfoW(&version, 0, 0) && GetLastError() == ERROR_BAD_ARGUMENTS, "nothing to compare");
}

static void final_names(void) {
    WCHAR path[MAX_PATH], final[MAX_PATH], bare[MAX_PATH];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    DWORD length = GetFinalPathNameByHandleW(file, final, MAX_PATH, 0);
    OK(length == wcslen(final) && !wcsncmp(final, L"\\\\?\\", 4) && !_wcsicmp(final + 4, path), "GetFinalPathNameByHandle: the path of the handle");
    OK(GetFinalPathNameByHandleW(file, final, 3, 0) == length + 1, "how large the buffer must be");
    OK(GetFinalPathNameByHandleW(file, bare, MAX_PATH, VOLUME_NAME_NONE) == length - 6 && !_wcsicmp(bare, path + 2), "without its volume");
    OK(GetFinalPathNameByHandleW(file, bare, MAX_PATH, VOLUME_NAME_NT) && !wcsncmp(bare, L"\\Device\\", 8), "as NT has it");
    OK(!GetFinalPathNameByHandleW(file, bare, MAX_PATH, 0x80) && GetLastError() == ERROR_INVALID_PARAMETER, "no other flags");
    CloseHandle(file);
    OK(!GetFinalPathNameByHandleW(file, bare, MAX_PATH, 0) && GetLastError() == ERROR_INVALID_HANDLE, "of no file");
}

/* How run-time libraries list a directory: by its handle. */
static void listings(void) {
    static const FILE_INFO_BY_HANDLE_CLASS classes[][2] = {{FileIdBothDirectoryInfo, FileIdBothDirectoryRestartInfo},
                                                           {FileFullDirectoryInfo, FileFullDirectoryRestartInfo}};
    WCHAR system[64], found[64], label[MAX_PATH], here[MAX_PATH];
    DWORD serial, by_path, longest, flags;
    CreateDirectoryA("listed", NULL);
    CloseHandle(CreateFileA("listed\\one", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    HANDLE directory =
        CreateFileA("listed", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    for (int n = 0; n < 2; n++) {
        char buffer[1024];
        FILE_ID_BOTH_DIR_INFO *both = (void *)buffer;
        FILE_FULL_DIR_INFO *full = (void *)buffer;
        int count[2] = {0, 0};
        for (int again = 0; again < 2; again++)
            for (int restart = n || again; GetFileInformationByHandleEx(directory, classes[n][restart], buffer, sizeof buffer); restart = 0)
                for (char *at = buffer;; at += ((FILE_FULL_DIR_INFO *)at)->NextEntryOffset) {
                    both = (void *)at;
                    full = (void *)at;
                    const WCHAR *name = n == 0 ? both->FileName : full->FileName;
                    count[again] += full->FileNameLength == 6 && !wcsncmp(name, L"one", 3) ? 100 : 1;
                    if (!full->NextEntryOffset)
                        break;
                }
        OK(count[0] == 102 && GetLastError() == ERROR_NO_MORE_FILES, n == 0 ? "the entries of a directory, with ids" : "without");
        OK(count[1] == 102, "from the beginning again");
    }
    OK(GetVolumeInformationByHandleW(directory, label, MAX_PATH, &serial, &longest, &flags, system, 64) && longest == 255, "its volume");
    GetCurrentDirectoryW(MAX_PATH, here);
    here[3] = 0;
    OK(GetVolumeInformationW(here, NULL, 0, &by_path, NULL, NULL, found, 64) && by_path == serial && !wcscmp(system, found),
       "the same as by its path");
    CloseHandle(directory);
    OK(!GetFileInformationByHandleEx(directory, FileIdBothDirectoryInfo, label, sizeof label) && GetLastError() == ERROR_INVALID_HANDLE,
       "of nothing");
    DeleteFileA("listed\\one");
    RemoveDirectoryA("listed");
}

static volatile char *deepest;
static int __attribute__((noinline)) sink(int depth) {
    volatile char page[2048];
    page[0] = (char)depth;
    deepest = page;
    return depth < 0 ? 0 : sink(depth + 1) + page[0];
}
/* What is left below the place where the stack ended. */
static DWORD WINAPI overflow(void *guarantee) {
    ULONG size = (ULONG)(ULONG_PTR)guarantee, low_high[4];
    if (size && !SetThreadStackGuarantee(&size))
        return 0;
    __try {
        return (DWORD)sink(0);
    } __except (GetExceptionCode() == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        GetCurrentThreadStackLimits((PULONG_PTR)low_high, (PULONG_PTR)(low_high + 2));
        return (DWORD)((ULONG_PTR)deepest - *(ULONG_PTR *)low_high);
    }
}
static DWORD left_with(ULONG guarantee) {
    DWORD left = 0;
    HANDLE thread = CreateThread(NULL, 1 << 20, overflow, (void *)(ULONG_PTR)guarantee, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &left);
    CloseHandle(thread);
    return left;
}
static void guarantee(void) {
    ULONG size = 0;
    OK(SetThreadStackGuarantee(&size) && size == 0, "no guarantee yet");
    size = 20000;
    OK(SetThreadStackGuarantee(&size) && size == 0, "one is given");
    size = 0;
    OK(SetThreadStackGuarantee(&size) && size >= 20000 && size % 4096 == 0, "in whole pages");
    size = 0x7FFFFFFF;
    OK(!SetThreadStackGuarantee(&size) && GetLastError() == ERROR_INVALID_PARAMETER, "no more than there is");
    DWORD without = left_with(0), with = left_with(128 << 10);
    OK(without < 64 << 10, "an overflow is found at the end of the stack");
    OK(with >= 128 << 10 && with < 192 << 10, "with a guarantee, that much before it");
}

int main(int argc, char **argv) {
    if (argc > 1) {
        EXCEPTION_RECORD record = {.ExceptionCode = 0xE0000123};
        __try {
            RaiseFailFastException(!strcmp(argv[1], "own") ? &record : NULL, NULL, 0);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return 5;
        }
        return 6;
    }
    modes();
    names();
    memory();
    dates();
    versions();
    final_names();
    listings();
    guarantee();
    return done();
}

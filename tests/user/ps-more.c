/* The process that the driver of the same name looks at, and a child that it watches and ends. */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>
#include "../kernel/ps-more.h"

int main(int argc, char **argv) {
    DWORD size;
    if (argc > 1) {
        Sleep(INFINITE);
        return 1;
    }
    HANDLE device = CreateFileW(L"\\\\.\\PsMore", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    PS_MORE facts = {.Peb = NtCurrentTeb()->ProcessEnvironmentBlock, .Teb = NtCurrentTeb(), .Image = GetModuleHandleW(NULL)};
    PROCESS_INFORMATION child;
    STARTUPINFOA startup = {.cb = sizeof startup};
    char path[300], line[320];

    facts.Process = GetCurrentProcessId();
    facts.Thread = GetCurrentThreadId();
    facts.Memory = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    strcpy(facts.Memory, "hello");
    if (device == INVALID_HANDLE_VALUE || !DeviceIoControl(device, PS_MORE_FACTS, &facts, sizeof facts, NULL, 0, &size, NULL)) {
        printf("not ok - the driver's device: error %lu\n", GetLastError());
        return 1;
    }
    GetModuleFileNameA(NULL, path, sizeof path);
    snprintf(line, sizeof line, "\"%s\" child", path);
    if (!CreateProcessA(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child)) {
        printf("not ok - a child: error %lu\n", GetLastError());
        return 1;
    }
    facts.Child = child.dwProcessId;
    facts.Thread = child.dwThreadId;
    DeviceIoControl(device, PS_MORE_CHILD, &facts, sizeof facts, NULL, 0, &size, NULL);
    if (WaitForSingleObject(child.hProcess, 10000) != WAIT_OBJECT_0 || !GetExitCodeProcess(child.hProcess, &size) || size != 0x77)
        printf("not ok - the child: ended with %lu\n", size);
    DeviceIoControl(device, PS_MORE_PLAN, NULL, 0, NULL, 0, &size, NULL);
    return 0;
}

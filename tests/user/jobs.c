/* Gives the driver of the same name a process to work on: a child that is suspended. */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>

int main(void) {
    DWORD size;
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    WCHAR own[MAX_PATH];
    GetModuleFileNameW(NULL, own, MAX_PATH);
    HANDLE device = CreateFileW(L"\\\\.\\Jobs", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE || !CreateProcessW(own, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &child) ||
        !DeviceIoControl(device, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), &child.dwProcessId, 4, NULL, 0, &size,
                         NULL)) {
        printf("not ok - the driver's device: error %lu\n", GetLastError());
        return 1;
    }
    return 0;
}

/* A process for the driver of the same name to look into. */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>

int main(void) {
    DWORD size;
    HANDLE device = CreateFileW(L"\\\\.\\NtServices", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    char *memory = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    lstrcpyA(memory, "hello");
    if (device == INVALID_HANDLE_VALUE || !DeviceIoControl(device, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), &memory,
                                                           sizeof memory, NULL, 0, &size, NULL)) {
        printf("not ok - the driver's device: error %lu\n", GetLastError());
        return 1;
    }
    return 0;
}

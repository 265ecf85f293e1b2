/* The process that the driver of the same name works in. */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>

int main(void) {
    DWORD size;
    HANDLE device = CreateFileW(L"\\\\.\\T16", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE ||
        !DeviceIoControl(device, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, NULL, 0, &size, NULL)) {
        printf("not ok - the driver's device: error %lu\n", GetLastError());
        return 1;
    }
    return 0;
}

/* Finds the device of tests/kernel/pnp-bus.c and has it run its tests, whose results the driver prints. */
#include <windows.h>

int main(void) {
    DWORD failed = 1, size = 0;
    HANDLE device = CreateFileA("\\\\.\\PnpBusTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE)
        return 1;
    if (!DeviceIoControl(device, 0x222000, NULL, 0, &failed, sizeof failed, &size, NULL))
        failed = 2;
    CloseHandle(device);
    return (int)failed;
}

/* What a program should not do, and what it gets for it. */
#include <windows.h>
#include "tap.h"

int main(void) {
    HANDLE Device = CreateFileA("\\\\.\\Counter", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    char Small[7];
    DWORD Length;

    Ok(Device != INVALID_HANDLE_VALUE, "open");
    Ok(!ReadFile(Device, Small, sizeof(Small), &Length, NULL) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "a buffer that is too small");
    Ok(!WriteFile(Device, (void *)16, 8, &Length, NULL) && GetLastError() == ERROR_NOACCESS, "memory that is not there");
    Ok(WriteFile(Device, Small, 0, &Length, NULL) && Length == 0, "nothing at all");
    Ok(!DeviceIoControl(Device, 0x222000, NULL, 0, NULL, 0, &Length, NULL) && GetLastError() == ERROR_INVALID_FUNCTION, "an IO control");
    return Done();
}

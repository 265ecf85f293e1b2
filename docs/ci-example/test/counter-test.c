/* The counter counts. */
#include <windows.h>
#include "tap.h"

int main(void) {
    HANDLE Device = CreateFileA("\\\\.\\Counter", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    LONG64 Sum = -1;
    DWORD Length;

    Ok(Device != INVALID_HANDLE_VALUE, "open");
    Ok(ReadFile(Device, &Sum, sizeof(Sum), &Length, NULL) && Length == sizeof(Sum) && Sum == 0, "it begins with 0");
    Ok(WriteFile(Device, "\x01\x02\xFF", 3, &Length, NULL) && Length == 3, "write");
    Ok(ReadFile(Device, &Sum, sizeof(Sum), &Length, NULL) && Sum == 258, "the sum of the bytes");
    Ok(CloseHandle(Device), "close");
    return Done();
}

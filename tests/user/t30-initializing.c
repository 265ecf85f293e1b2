/* T30, after DriverEntry: tests/kernel/t30-initializing.c. */
#include "utap.h"

static HANDLE open(const char *name) { return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL); }

int main(void) {
    HANDLE first = open("\\\\.\\T30"), later;
    DWORD size;
    tests = 3; /* those of the driver */
    OK(first != INVALID_HANDLE_VALUE, "after DriverEntry its device can be opened");
    OK(open("\\\\.\\T30Later") == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "a second one is not there yet");
    OK(WriteFile(first, "x", 1, &size, NULL), "it is made");
    OK(open("\\\\.\\T30Later") == INVALID_HANDLE_VALUE, "and stays closed: nobody clears the flag for it");
    OK(WriteFile(first, "xx", 2, &size, NULL), "its driver clears the flag");
    later = open("\\\\.\\T30Later");
    OK(later != INVALID_HANDLE_VALUE, "and it can be opened");
    CloseHandle(later);
    CloseHandle(first);
    return done();
}

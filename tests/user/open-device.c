/* The ways to open a driver's device: tests/t44-open.t runs it with the Example driver. */
#include "utap.h"

static HANDLE open_device(const char *name) { return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL); }

static void takes(const char *name, const char *text) {
    DWORD count = 0;
    char what[200];
    HANDLE device = open_device(name);
    snprintf(what, sizeof what, "%s opens, takes a message and closes", name);
    OK(device != INVALID_HANDLE_VALUE && WriteFile(device, text, (DWORD)strlen(text) + 1, &count, NULL) && count == strlen(text) + 1 &&
           CloseHandle(device),
       what);
}

static void is_absent(const char *name, DWORD error) {
    char what[200];
    SetLastError(0);
    HANDLE device = open_device(name);
    snprintf(what, sizeof what, "%s is INVALID_HANDLE_VALUE with error %lu", name, error);
    OK(device == INVALID_HANDLE_VALUE && device != NULL && GetLastError() == error, what);
}

int main(void) {
    takes("\\\\.\\Example", "by its link");
    takes("\\\\.\\EXAMPLE", "in capitals");
    takes("\\\\?\\Example", "by the other prefix");
    takes("\\\\.\\Global\\Example", "by the global link");
    takes("\\\\.\\GLOBALROOT\\Device\\Example", "by its NT name");
    takes("\\\\?\\GLOBALROOT\\Device\\Example", "by its NT name as well");
    takes("\\\\.\\GLOBALROOT\\GLOBAL??\\Example", "by the link's NT name");
    takes("\\\\.\\GLOBALROOT\\DosDevices\\Example", "by the old name of the directory");
    is_absent("\\\\.\\Exampl", ERROR_FILE_NOT_FOUND);
    is_absent("\\\\.\\GLOBALROOT\\Device\\Exampl", ERROR_FILE_NOT_FOUND);
    is_absent("\\\\.\\GLOBALROOT\\Devic\\Example", ERROR_PATH_NOT_FOUND);
    is_absent("\\\\.\\Exampl\\below", ERROR_PATH_NOT_FOUND);
    OK(!CloseHandle(NULL) && GetLastError() == ERROR_INVALID_HANDLE, "what a test for NULL would let through cannot be used");
    return done();
}

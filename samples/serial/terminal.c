/* Terminal: says a line to COM1 and shows what comes back. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what) {
    printf("%s: error %lu\n", what, GetLastError());
    return 1;
}

int main(int argc, char **argv) {
    const char *line = argc > 1 ? argv[1] : "Hello, COM1";
    COMMTIMEOUTS timeouts = {.ReadIntervalTimeout = 50, .ReadTotalTimeoutConstant = 500};
    DCB state = {.DCBlength = sizeof state};
    char answer[256];
    DWORD count;
    HANDLE port;

    port = CreateFileA("COM1", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (port == INVALID_HANDLE_VALUE) {
        return fail("COM1");
    }
    if (!GetCommState(port, &state) || !BuildCommDCBA("115200,n,8,1", &state) || !SetCommState(port, &state)) {
        return fail("SetCommState");
    }
    if (!SetCommTimeouts(port, &timeouts) || !PurgeComm(port, PURGE_RXCLEAR | PURGE_TXCLEAR)) {
        return fail("SetCommTimeouts");
    }
    if (!WriteFile(port, line, (DWORD)strlen(line), &count, NULL)) {
        return fail("WriteFile");
    }
    printf("said  %lu bytes at %lu baud\n", count, state.BaudRate);
    if (!ReadFile(port, answer, sizeof answer - 1, &count, NULL)) {
        return fail("ReadFile");
    }
    answer[count] = 0;
    printf("heard '%s'\n", answer);
    if (!ReadFile(port, answer, sizeof answer - 1, &count, NULL)) {
        return fail("ReadFile");
    }
    printf("then  %lu bytes: nobody says more\n", count);
    CloseHandle(port);
    return 0;
}

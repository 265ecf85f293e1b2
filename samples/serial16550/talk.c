/* Sends a line over the serial port and prints the line that comes back. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int argc, char **argv) {
    char answer[4096], *text = argc > 1 ? argv[1] : "AT";
    DWORD done, length = 0;
    HANDLE port = CreateFileA("\\\\.\\UART1", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (port == INVALID_HANDLE_VALUE) {
        printf("UART1: error %lu\n", GetLastError());
        return 1;
    }
    if (!WriteFile(port, text, (DWORD)strlen(text), &done, NULL) || !WriteFile(port, "\r\n", 2, &done, NULL)) {
        printf("sending: error %lu\n", GetLastError());
        return 1;
    }
    while (length < sizeof answer && (length == 0 || answer[length - 1] != '\n')) {
        if (!ReadFile(port, answer + length, sizeof answer - length, &done, NULL)) {
            printf("receiving: error %lu\n", GetLastError());
            return 1;
        }
        length += done;
    }
    printf("%.*s", (int)length, answer);
    CloseHandle(port);
    return 0;
}

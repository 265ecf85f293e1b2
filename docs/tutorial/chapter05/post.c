#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int argc, char **argv) {
    HANDLE Box = CreateFileA("\\\\.\\Postbox", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    DWORD Written;

    if (Box == INVALID_HANDLE_VALUE) {
        printf("no postbox: error %lu\n", GetLastError());
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (!WriteFile(Box, argv[i], (DWORD)strlen(argv[i]) + 1, &Written, NULL)) {
            printf("WriteFile: error %lu\n", GetLastError());
            return 2;
        }
        printf("posted %lu bytes\n", Written);
    }
    CloseHandle(Box);
    return 0;
}

/* Opens the device that its first argument names and writes the second to it, terminator included; without a second, from an address that is not there. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int _cdecl main(int argc, char **argv) {
    HANDLE hFile = CreateFile(argv[1], GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    const char *pszText = argc > 2 ? argv[2] : (const char *)0x300000000000;
    DWORD dwReturn;

    if (hFile == INVALID_HANDLE_VALUE) {
        printf("CreateFile: %lu\n", GetLastError());
        return 2;
    }
    if (!WriteFile(hFile, pszText, argc > 2 ? (DWORD)strlen(pszText) + 1 : 16, &dwReturn, NULL)) {
        printf("WriteFile: %lu\n", GetLastError());
        return 1;
    }
    CloseHandle(hFile);
    return 0;
}

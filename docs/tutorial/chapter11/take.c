/* take.exe [COUNT]: takes so many notes, or one. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(int argc, char **argv) {
    HANDLE Box = CreateFileA("\\\\.\\Postbox", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    char Text[1001];
    DWORD Length;

    if (Box == INVALID_HANDLE_VALUE) {
        printf("no postbox: error %lu\n", GetLastError());
        return 1;
    }
    for (int i = argc > 1 ? atoi(argv[1]) : 1; i > 0; i--) {
        if (!ReadFile(Box, Text, sizeof(Text) - 1, &Length, NULL)) {
            printf("ReadFile: error %lu\n", GetLastError());
            return 2;
        }
        Text[Length] = '\0';
        if (Length == 0)
            printf("the postbox is empty\n");
        else
            printf("took: %s\n", Text);
    }
    CloseHandle(Box);
    return 0;
}

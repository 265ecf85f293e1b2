/* Asks the disk below E: for sectors here and there, all at the same time, and tells in which order they come: seek.exe [CYLINDER...] */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define SECTOR           512
#define CYLINDER_SECTORS 256 /* of the disk of docs/devices.md */
#define MOST             32

int main(int argc, char **argv) {
    static const int usual[] = {5, 12, 3, 9, 1, 15, 7};
    static OVERLAPPED reads[MOST];
    static char data[MOST][SECTOR];
    int cylinders[MOST], count = 0;
    DWORD size;
    ULONG_PTR key;
    OVERLAPPED *done;
    if (argc == 1)
        for (; count < (int)(sizeof usual / sizeof *usual); count++)
            cylinders[count] = usual[count];
    for (int i = 1; i < argc && count < MOST; i++)
        cylinders[count++] = atoi(argv[i]);
    HANDLE disk = CreateFileA("\\\\.\\E:", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE port = disk != INVALID_HANDLE_VALUE ? CreateIoCompletionPort(disk, NULL, 0, 0) : NULL;
    if (port == NULL) {
        printf("E: error %lu\n", GetLastError());
        return 1;
    }
    printf("asked:");
    for (int i = 0; i < count; i++) {
        reads[i].Offset = (DWORD)cylinders[i] * CYLINDER_SECTORS * SECTOR;
        if (!ReadFile(disk, data[i], SECTOR, NULL, &reads[i]) && GetLastError() != ERROR_IO_PENDING) {
            printf(" error %lu\n", GetLastError());
            return 1;
        }
        printf(" %d", cylinders[i]);
    }
    printf("\ncame: ");
    for (int i = 0; i < count; i++) {
        if (!GetQueuedCompletionStatus(port, &size, &key, &done, INFINITE)) {
            printf(" error %lu\n", GetLastError());
            return 1;
        }
        printf(" %d", cylinders[done - reads]);
    }
    printf("\n");
    return 0;
}

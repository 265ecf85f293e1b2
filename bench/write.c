/* write.exe COUNT: as many WriteFile calls of 22 bytes to \\.\Sink. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    HANDLE device = CreateFileA("\\\\.\\Sink", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Sink: error %lu\n", GetLastError());
        return 1;
    }
    DWORD written;
    for (unsigned long i = 0; i < count; i++) {
        if (!WriteFile(device, "Hello from user mode!", 22, &written, NULL) || written != 22) {
            printf("write %lu: error %lu\n", i, GetLastError());
            return 1;
        }
    }
    CloseHandle(device);
    return 0;
}

/* open.exe NAME...: opens each, and keeps it open while the next ones are tried. */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        HANDLE File = CreateFileA(argv[i], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);

        if (File == INVALID_HANDLE_VALUE)
            printf("%s: error %lu\n", argv[i], GetLastError());
        else
            printf("%s: open\n", argv[i]);
    }
    return 0;
}

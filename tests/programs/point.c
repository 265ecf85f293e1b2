/* Points a name elsewhere: point.exe E: \Device\Example, point.exe E: \\server\share, point.exe E: (the last definition goes). */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv) {
    const char *target = argc > 2 ? argv[2] : NULL;
    DWORD flags = target == NULL ? DDD_REMOVE_DEFINITION : target[1] != '\\' ? DDD_RAW_TARGET_PATH : 0;
    if (argc < 2 || !DefineDosDeviceA(flags, argv[1], target)) {
        printf("%s: error %lu\n", argc < 2 ? "usage" : argv[1], GetLastError());
        return 1;
    }
    return 0;
}

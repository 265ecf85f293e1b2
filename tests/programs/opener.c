/* Opens what it is told to, and says what came of it: opener.exe ACCESS NAME... (ACCESS: r, w, rw, a: attributes, m: MAXIMUM_ALLOWED, d: WRITE_DAC),
   and what control codes the handle is good for. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#define IOCTL_READ  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)
#define IOCTL_WRITE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define IOCTL_ANY   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)

static DWORD try_code(HANDLE device, DWORD code) {
    DWORD returned;
    return DeviceIoControl(device, code, NULL, 0, NULL, 0, &returned, NULL) ? 0 : GetLastError();
}

int main(int argc, char **argv) {
    DWORD access = 0;
    if (argc < 3)
        return 2;
    for (const char *c = argv[1]; *c; c++)
        access |= *c == 'r' ? GENERIC_READ : *c == 'w' ? GENERIC_WRITE : *c == 'm' ? MAXIMUM_ALLOWED : *c == 'd' ? WRITE_DAC : 0;
    for (int i = 2; i < argc; i++) {
        HANDLE device = CreateFileA(argv[i], access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
        if (device == INVALID_HANDLE_VALUE)
            printf("%s %s: error %lu\n", argv[1], argv[i], GetLastError());
        else
            printf("%s %s: opened; read %lu, write %lu, any %lu\n", argv[1], argv[i], try_code(device, IOCTL_READ), try_code(device, IOCTL_WRITE),
                   try_code(device, IOCTL_ANY));
        if (device != INVALID_HANDLE_VALUE)
            CloseHandle(device);
    }
    return 0;
}

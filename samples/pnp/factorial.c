/*
 * Finds every abacus and asks it for factorials. factorial.exe NUMBER...
 * factorial.exe --break NUMBER...: asks, breaks the device while it computes, and looks what becomes of that.
 */
#include <windows.h>
#include <winioctl.h>
#include <setupapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sums.h"

#define MOST 64

/* The path of the interface with this number, or nothing. The caller frees it. */
static SP_DEVICE_INTERFACE_DETAIL_DATA_A *find(HDEVINFO set, DWORD number) {
    SP_DEVICE_INTERFACE_DATA data = {.cbSize = sizeof data};
    SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail;
    DWORD size = 0;
    if (!SetupDiEnumDeviceInterfaces(set, NULL, &AbacusInterface, number, &data))
        return NULL;
    SetupDiGetDeviceInterfaceDetailA(set, &data, NULL, 0, &size, NULL);
    detail = malloc(size);
    if (detail == NULL)
        return NULL;
    detail->cbSize = sizeof *detail;
    if (SetupDiGetDeviceInterfaceDetailA(set, &data, detail, size, NULL, NULL))
        return detail;
    free(detail);
    return NULL;
}

static int count_devices(void) {
    HDEVINFO set = SetupDiGetClassDevsA(&AbacusInterface, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVICE_INTERFACE_DATA data = {.cbSize = sizeof data};
    int count = 0;
    while (SetupDiEnumDeviceInterfaces(set, NULL, &AbacusInterface, (DWORD)count, &data))
        count++;
    SetupDiDestroyDeviceInfoList(set);
    return count;
}

/* All at once: they wait for each other in the driver. */
static void ask(HANDLE device, int count, char **numbers, int breaks) {
    OVERLAPPED asked[MOST];
    ULONG in[MOST], out[MOST];
    DWORD size;
    for (int i = 0; i < count; i++) {
        asked[i] = (OVERLAPPED){.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
        in[i] = strtoul(numbers[i], NULL, 10);
        DeviceIoControl(device, IOCTL_ABACUS_FACTORIAL, &in[i], sizeof in[i], &out[i], sizeof out[i], NULL, &asked[i]);
    }
    if (breaks) {
        OVERLAPPED broken = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
        DeviceIoControl(device, IOCTL_ABACUS_BREAK, NULL, 0, NULL, 0, NULL, &broken);
        GetOverlappedResult(device, &broken, &size, TRUE);
        CloseHandle(broken.hEvent);
    }
    for (int i = 0; i < count; i++) {
        if (GetOverlappedResult(device, &asked[i], &size, TRUE))
            printf("  %lu! = %lu\n", in[i], out[i]);
        else
            printf("  %lu: error %lu\n", in[i], GetLastError());
        CloseHandle(asked[i].hEvent);
    }
}

static int use(const char *path, int count, char **numbers, int breaks) {
    HANDLE device = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("%s: error %lu\n", path, GetLastError());
        return 1;
    }
    printf("%.24s...\n", path); /* the rest is where it is plugged in, and the class */
    ask(device, count, numbers, breaks);
    CloseHandle(device);
    return 0;
}

int main(int argc, char **argv) {
    int breaks = argc > 1 && strcmp(argv[1], "--break") == 0, first = 1 + breaks, count = argc - first, result = 0;
    SP_DEVICE_INTERFACE_DETAIL_DATA_A *detail;
    HDEVINFO set = SetupDiGetClassDevsA(&AbacusInterface, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    if (count < 1 || count > MOST) {
        printf("factorial.exe [--break] NUMBER...\n");
        return 2;
    }
    for (DWORD number = 0; (detail = find(set, number)) != NULL; number++) {
        result |= use(detail->DevicePath, count, argv + first, breaks);
        free(detail);
    }
    SetupDiDestroyDeviceInfoList(set);
    printf("%d found afterwards\n", count_devices());
    return result;
}

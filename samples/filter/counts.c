/* Asks the filter what has passed. counts.exe */
#include <stdio.h>
#include <windows.h>
#include <winioctl.h>

#define IRP_MJ_MAXIMUM_FUNCTION 0x1B
#include "shout.h"

int main(void) {
    static const struct {
        int major;
        const char *name;
    } names[] = {{0x00, "creates"}, {0x12, "cleanups"}, {0x02, "closes"}, {0x03, "reads"}, {0x04, "writes"}, {0x0E, "controls"}};
    SHOUT_COUNTS counts;
    DWORD size;
    HANDLE filter = CreateFileA("\\\\.\\Shout", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (filter == INVALID_HANDLE_VALUE) {
        printf("Shout: error %lu\n", GetLastError());
        return 1;
    }
    if (!DeviceIoControl(filter, IOCTL_SHOUT_COUNTS, NULL, 0, &counts, sizeof counts, &size, NULL)) {
        printf("IOCTL_SHOUT_COUNTS: error %lu\n", GetLastError());
        return 1;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        printf("%s: %lu\n", names[i].name, counts.Requests[names[i].major]);
    printf("bytes read as capitals: %lu\n", counts.Altered);
    printf("bytes passed as they were: %lu\n", counts.Unaltered);
    CloseHandle(filter);
    return 0;
}

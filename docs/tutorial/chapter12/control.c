#include <stdio.h>
#include <string.h>
#include <windows.h>
#include "postbox.h"

static HANDLE Open(DWORD Access) { return CreateFileA("\\\\.\\Postbox", Access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL); }

/* Sends the control and says how it went; TRUE if it was done. */
static BOOL Control(HANDLE Box, const char *Name, DWORD Code, const void *In, DWORD InLength, void *Out, DWORD OutLength) {
    DWORD Length;
    BOOL Done = DeviceIoControl(Box, Code, (void *)In, InLength, Out, OutLength, &Length, NULL);

    if (Done)
        printf("%-7s0x%08lX: %lu bytes\n", Name, Code, Length);
    else
        printf("%-7s0x%08lX: error %lu\n", Name, Code, GetLastError());
    return Done;
}

int main(void) {
    HANDLE Box = Open(GENERIC_READ | GENERIC_WRITE);
    char Text[100] = "";
    ULONG Number;

    if (Box == INVALID_HANDLE_VALUE) {
        printf("no postbox: error %lu\n", GetLastError());
        return 1;
    }
    Control(Box, "signed", IOCTL_POSTBOX_SIGNED, "Ada", 3, "tea at four", 12);
    Control(Box, "signed", IOCTL_POSTBOX_SIGNED, "Bo", 2, "agreed", 7);
    if (Control(Box, "count", IOCTL_POSTBOX_COUNT, NULL, 0, &Number, sizeof(Number)))
        printf("  %lu notes\n", Number);
    if (Control(Box, "peek", IOCTL_POSTBOX_PEEK, NULL, 0, Text, sizeof(Text)))
        printf("  the oldest is: %s\n", Text);
    if (Control(Box, "find", IOCTL_POSTBOX_FIND, "B", 1, &Number, sizeof(Number)))
        printf("  %lu from B\n", Number);
    Control(Box, "find", IOCTL_POSTBOX_FIND, (void *)16, 1, &Number, sizeof(Number));
    Control(Box, "peek", IOCTL_POSTBOX_PEEK, NULL, 0, Text, 4);
    Control(Box, "what", 0x80012FFC, NULL, 0, NULL, 0);
    CloseHandle(Box);

    printf("opened for reading only:\n");
    Box = Open(GENERIC_READ);
    Control(Box, "peek", IOCTL_POSTBOX_PEEK, NULL, 0, Text, sizeof(Text));
    Control(Box, "signed", IOCTL_POSTBOX_SIGNED, "Eve", 3, "never mind", 11);
    CloseHandle(Box);

    printf("opened for nothing:\n");
    Box = Open(0);
    Control(Box, "count", IOCTL_POSTBOX_COUNT, NULL, 0, &Number, sizeof(Number));
    Control(Box, "peek", IOCTL_POSTBOX_PEEK, NULL, 0, Text, sizeof(Text));
    CloseHandle(Box);
    return 0;
}

/* Waits for alarms, by an event of its own and by the driver's. */
#include <stdio.h>
#include <windows.h>
#include <winioctl.h>
#include "alarm.h"

static HANDLE clock_file;

static DWORD give(HANDLE file, HANDLE event) {
    ALARM_REGISTER input = {(ULONG64)(ULONG_PTR)event};
    DWORD count;
    return DeviceIoControl(file, IOCTL_ALARM_REGISTER, &input, sizeof input, NULL, 0, &count, NULL) ? ERROR_SUCCESS : GetLastError();
}

static DWORD set(HANDLE file, ULONG milliseconds) {
    DWORD count;
    return DeviceIoControl(file, IOCTL_ALARM_SET, &milliseconds, sizeof milliseconds, NULL, 0, &count, NULL) ? ERROR_SUCCESS : GetLastError();
}

static ULONG count_of(HANDLE file) {
    ULONG alarms = 0;
    DWORD count;
    DeviceIoControl(file, IOCTL_ALARM_COUNT, NULL, 0, &alarms, sizeof alarms, &count, NULL);
    return alarms;
}

static HANDLE open_clock(void) {
    return CreateFileA("\\\\.\\Alarm", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static const char *wait_for(HANDLE event, DWORD milliseconds) {
    switch (WaitForSingleObject(event, milliseconds)) {
    case WAIT_OBJECT_0: return "ok";
    case WAIT_TIMEOUT: return "error, time is up";
    default: return "error";
    }
}

int main(void) {
    HANDLE own, named, weak, other = CreateSemaphoreA(NULL, 0, 1, NULL), second;

    clock_file = open_clock();
    if (clock_file == INVALID_HANDLE_VALUE) {
        printf("Alarm: error %lu\n", GetLastError());
        return 1;
    }
    named = OpenEventA(SYNCHRONIZE, FALSE, ALARM_EVENT);
    printf("opening the driver's event to wait for it: error %lu\n", named != NULL ? 0 : GetLastError());
    printf("nothing has rung yet: %s\n", WaitForSingleObject(named, 0) == WAIT_TIMEOUT ? "ok" : "error");

    own = CreateEventA(NULL, FALSE, FALSE, NULL);
    DuplicateHandle(GetCurrentProcess(), own, GetCurrentProcess(), &weak, SYNCHRONIZE, FALSE, 0);
    printf("an alarm without an event: error %lu\n", set(clock_file, 1));
    printf("a handle that is none: error %lu\n", give(clock_file, (HANDLE)(ULONG_PTR)0xABCD0));
    printf("a semaphore's: error %lu\n", give(clock_file, other));
    printf("one that may only wait: error %lu\n", give(clock_file, weak));
    printf("one of the kernel's: error %lu\n", give(clock_file, (HANDLE)(LONG_PTR)-0x7FFFFFFC));
    printf("one that may set it: error %lu\n", give(clock_file, own));
    printf("an alarm: error %lu\n", set(clock_file, 20));
    printf("it rings: %s\n", wait_for(own, 5000));
    printf("and the driver's event with it: %s\n", wait_for(named, 0));
    printf("alarms: %lu\n", count_of(clock_file));

    set(clock_file, 20);
    CloseHandle(own); /* the driver has a reference: the event lives on, and whoever has another handle still hears it */
    printf("the handle given is closed, and it rings: %s\n", wait_for(weak, 5000));

    second = open_clock();
    own = CreateEventA(NULL, FALSE, FALSE, NULL);
    give(second, own);
    set(second, 50);
    CloseHandle(second);
    printf("a file that is closed rings no more: %s\n", WaitForSingleObject(own, 200) == WAIT_TIMEOUT ? "ok" : "error");
    printf("alarms: %lu\n", count_of(clock_file));
    set(clock_file, 3600000); /* nobody waits for this one; the clean-up stops it */
    return 0;
}

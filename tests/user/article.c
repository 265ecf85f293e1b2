/* Works with a driver that completes nothing; a number as argument: writes so many times 4 KiB. */
#include "utap.h"
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    static char page[4096];
    unsigned long times = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, done_times = 0;
    DWORD size = 99;
    HANDLE file = CreateFileA("\\\\.\\Article", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(file != INVALID_HANDLE_VALUE, "opened");
    OK(WriteFile(file, "Read all about it", 18, &size, NULL), "written");
    OK(size == 0, "no bytes, for the driver has not said how many");
    OK(WriteFile(file, "", 0, &size, NULL), "nothing written");
    OK(!ReadFile(file, page, 10, &size, NULL) || size == 0, "nothing read");
    memset(page, 'x', sizeof page);
    while (done_times < times && WriteFile(file, page, sizeof page, &size, NULL))
        done_times++;
    OK(done_times == times, "written many times");
    OK(CloseHandle(file), "closed");
    OK(CreateFileA("\\\\.\\Article\\name", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_FILE_NOT_FOUND,
       "the status that the create routine returns counts");
    file = CreateFileA("\\\\.\\Article", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    OK(file != INVALID_HANDLE_VALUE, "opened for overlapped I/O");
    OK(WriteFile(file, "Second edition", 15, NULL, &overlapped), "a write is done at once");
    OK(GetOverlappedResult(file, &overlapped, &size, FALSE) && size == 0, "and has its result");
    CloseHandle(overlapped.hEvent);
    OK(CloseHandle(file), "closed");
    return done();
}

/* Overlapped reads that wait in a driver: completed, cancelled one by one and all at once, ended with their handle and with their thread. */
#include "utap.h"
#include <string.h>

static HANDLE file;
static char buffers[4][8];
static OVERLAPPED reads[4];

static int start(HANDLE from, int i) {
    HANDLE event = reads[i].hEvent;
    memset(&reads[i], 0, sizeof reads[i]);
    reads[i].hEvent = event;
    memset(buffers[i], 0, sizeof buffers[i]);
    return !ReadFile(from, buffers[i], sizeof buffers[i], NULL, &reads[i]) && GetLastError() == ERROR_IO_PENDING;
}

static int is_cancelled(HANDLE from, int i) {
    DWORD size;
    return !GetOverlappedResult(from, &reads[i], &size, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED;
}

static int is_pending(int i) {
    DWORD size;
    return !GetOverlappedResult(file, &reads[i], &size, FALSE) && GetLastError() == ERROR_IO_INCOMPLETE;
}

static DWORD WINAPI reader(void *parameter) {
    (void)parameter;
    return !start(file, 3);
}

int main(void) {
    OVERLAPPED write = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE thread, second;
    DWORD size, code;
    for (int i = 0; i < 4; i++)
        reads[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    file = CreateFileA("\\\\.\\CancelTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OK(file != INVALID_HANDLE_VALUE, "opened");
    OK(!WriteFile(file, "x", 1, NULL, &write) && GetLastError() == ERROR_NOT_READY, "nobody waits");
    OK(start(file, 0) && start(file, 1), "two reads wait");
    OK(is_pending(0) && WaitForSingleObject(reads[0].hEvent, 0) == WAIT_TIMEOUT, "their events are not set");
    OK(WriteFile(file, "first", 5, NULL, &write), "a write");
    OK(GetOverlappedResult(file, &reads[0], &size, TRUE) && size == 5 && !memcmp(buffers[0], "first", 6), "completes the first");
    OK(is_pending(1), "and not the second");
    OK(CancelIo(file), "CancelIo");
    OK(is_cancelled(file, 1), "cancels it");
    OK(reads[1].Internal == 0xC0000120 && WaitForSingleObject(reads[1].hEvent, 0) == WAIT_OBJECT_0, "STATUS_CANCELLED in the block, the event set");
    OK(CancelIo(file), "CancelIo with nothing to cancel");
    OK(!CancelIoEx(file, NULL) && GetLastError() == ERROR_NOT_FOUND, "CancelIoEx with nothing to cancel");
    OK(start(file, 0) && start(file, 1) && start(file, 2), "three reads");
    OK(CancelIoEx(file, &reads[1]), "CancelIoEx of the second");
    OK(is_cancelled(file, 1) && is_pending(0) && is_pending(2), "cancels that one");
    OK(!CancelIoEx(file, &reads[1]) && GetLastError() == ERROR_NOT_FOUND, "once");
    OK(CancelIoEx(file, NULL), "CancelIoEx of all");
    OK(is_cancelled(file, 0) && is_cancelled(file, 2), "cancels the others");

    thread = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    OK(GetExitCodeThread(thread, &code) && code == 0, "a thread that leaves a read behind");
    OK(is_cancelled(file, 3), "takes it with it when it ends");
    CloseHandle(thread);

    second = CreateFileA("\\\\.\\CancelTest", GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OK(start(second, 0) && start(file, 1), "a read on each of two handles");
    CloseHandle(second);
    OK(WaitForSingleObject(reads[0].hEvent, 0) == WAIT_OBJECT_0 && reads[0].Internal == 0xC0000120, "one handle closed: its read ends");
    OK(is_pending(1), "the other waits");
    OK(WriteFile(file, "last", 4, NULL, &write) && GetOverlappedResult(file, &reads[1], &size, TRUE) && size == 4, "and is completed");
    OK(start(file, 0), "a read that waits when the program ends");
    return done();
}

/*
 * cancel-race HOW: a read that \\.\CancelTest keeps, while one thread writes, which completes it, and another ends it: cancelex, cancel (in the reader), close, exit (of the
 * reader's thread), synchronous. It must end once, by one of them, and whoever is told that it ended it did. Exit code 0: so it was.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE reading, writing, go, started;
static OVERLAPPED overlapped;
static char buffer[16];
static const char *how;
static volatile LONG wrote, cancelled;
static BOOL read_result;
static DWORD read_error;

static int wrong(const char *what) {
    printf("%s: %s: wrote %ld, cancelled %ld, status %08lx, %lu bytes, error %lu\n", how, what, (long)wrote, (long)cancelled,
           (unsigned long)overlapped.Internal, (unsigned long)overlapped.InternalHigh, (unsigned long)read_error);
    return 1;
}

static DWORD WINAPI reader(void *unused) {
    DWORD got;

    (void)unused;
    WaitForSingleObject(go, INFINITE);
    read_result =
        ReadFile(reading, buffer, sizeof buffer, strcmp(how, "synchronous") == 0 ? &got : NULL, strcmp(how, "synchronous") == 0 ? NULL : &overlapped);
    read_error = read_result ? 0 : GetLastError();
    SetEvent(started);
    if (strcmp(how, "cancel") == 0)
        cancelled = CancelIo(reading);
    if (strcmp(how, "exit") != 0 && strcmp(how, "synchronous") != 0)
        WaitForSingleObject(overlapped.hEvent, INFINITE); /* its requests would go with it */
    return 0;
}

static DWORD WINAPI writer(void *unused) {
    DWORD count;

    (void)unused;
    WaitForSingleObject(go, INFINITE);
    wrote = WriteFile(writing, "hello", 5, &count, NULL);
    return 0;
}

static DWORD WINAPI ender(void *thread) {
    WaitForSingleObject(go, INFINITE);
    if (strcmp(how, "cancelex") == 0) {
        do
            cancelled = CancelIoEx(reading, &overlapped);
        while (!cancelled && WaitForSingleObject(overlapped.hEvent, 1) == WAIT_TIMEOUT);
    } else if (strcmp(how, "synchronous") == 0) {
        do
            cancelled = CancelSynchronousIo(thread);
        while (!cancelled && WaitForSingleObject(started, 1) == WAIT_TIMEOUT);
    } else if (strcmp(how, "close") == 0) {
        WaitForSingleObject(started, INFINITE);
        CloseHandle(reading);
    }
    return 0;
}

int main(int argc, char **argv) {
    HANDLE threads[3];

    how = argc > 1 ? argv[1] : "cancelex";
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    started = CreateEventA(NULL, TRUE, FALSE, NULL);
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    reading = CreateFileA("\\\\.\\CancelTest", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                          strcmp(how, "synchronous") == 0 ? 0 : FILE_FLAG_OVERLAPPED, NULL);
    writing = CreateFileA("\\\\.\\CancelTest", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (reading == INVALID_HANDLE_VALUE || writing == INVALID_HANDLE_VALUE)
        return wrong("the device cannot be opened");
    threads[0] = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    threads[1] = CreateThread(NULL, 0, writer, NULL, 0, NULL);
    threads[2] = CreateThread(NULL, 0, ender, threads[0], 0, NULL);
    SetEvent(go);
    WaitForMultipleObjects(3, threads, TRUE, INFINITE);
    if (strcmp(how, "synchronous") == 0) {
        if (read_result ? !wrote : read_error != ERROR_OPERATION_ABORTED || wrote || !cancelled)
            return wrong("a synchronous read");
        return 0;
    }
    WaitForSingleObject(overlapped.hEvent, INFINITE);
    if (!read_result && read_error != ERROR_IO_PENDING)
        return wrong("ReadFile");
    if (overlapped.Internal == 0 ? !wrote || overlapped.InternalHigh != 5 || memcmp(buffer, "hello", 5) != 0 : wrote != 0)
        return wrong("the read and the write do not agree");
    if (overlapped.Internal != 0 && overlapped.Internal != 0xC0000120)
        return wrong("the read's status");
    return 0;
}

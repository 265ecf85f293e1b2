/* Waits at the door in every way in which a wait can end. visitors.exe [ROUNDS of the race] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>
#include "doorbell.h"

typedef struct {
    OVERLAPPED state;
    char text[32];
} WAIT;

static HANDLE door;

static HANDLE open_door(void) {
    HANDLE file = CreateFileA("\\\\.\\Doorbell", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("Doorbell: error %lu\n", GetLastError());
        exit(1);
    }
    return file;
}

static void make_wait(WAIT *wait) {
    memset(wait, 0, sizeof *wait);
    wait->state.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
}

/* A read is begun: ERROR_IO_PENDING while it waits. */
static DWORD begin(HANDLE file, WAIT *wait) {
    return ReadFile(file, wait->text, sizeof wait->text - 1, NULL, &wait->state) ? ERROR_SUCCESS : GetLastError();
}

/* How it ended. The handle may be closed already: what is known of the end is in the OVERLAPPED, and its event tells when. */
static DWORD end(HANDLE file, WAIT *wait) {
    DWORD count;
    WaitForSingleObject(wait->state.hEvent, INFINITE);
    return GetOverlappedResult(file, &wait->state, &count, FALSE) ? ERROR_SUCCESS : GetLastError();
}

static int is_waiting(WAIT *wait) { return WaitForSingleObject(wait->state.hEvent, 0) == WAIT_TIMEOUT; }

static DWORD ring(const char *text) {
    WAIT wait;
    DWORD count, error = ERROR_SUCCESS;
    make_wait(&wait);
    if (!WriteFile(door, text, (DWORD)strlen(text), NULL, &wait.state) && GetLastError() != ERROR_IO_PENDING)
        error = GetLastError();
    else if (!GetOverlappedResult(door, &wait.state, &count, TRUE))
        error = GetLastError();
    CloseHandle(wait.state.hEvent);
    return error;
}

static DWORD WINAPI leaver(void *parameter) { return begin(door, parameter); }

static DWORD WINAPI stayer(void *parameter) {
    char text[32];
    DWORD count;
    HANDLE file = CreateFileA("\\\\.\\Doorbell", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL); /* synchronous */
    (void)parameter;
    DWORD error = ReadFile(file, text, sizeof text, &count, NULL) ? ERROR_SUCCESS : GetLastError();
    CloseHandle(file);
    return error;
}

static DOORBELL_COUNTS ask(void) {
    DOORBELL_COUNTS counts = {0};
    WAIT wait;
    DWORD count;
    make_wait(&wait);
    if (!DeviceIoControl(door, IOCTL_DOORBELL_COUNTS, NULL, 0, &counts, sizeof counts, NULL, &wait.state) && GetLastError() == ERROR_IO_PENDING)
        GetOverlappedResult(door, &wait.state, &count, TRUE);
    CloseHandle(wait.state.hEvent);
    return counts;
}

static DWORD join(HANDLE thread) {
    DWORD code;
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

/* ---- One ringing, one cancelling: each read ends once, in one of two ways ---- */

static WAIT racing;

static DWORD WINAPI canceller(void *parameter) {
    (void)parameter;
    CancelIoEx(door, &racing.state);
    return 0;
}

static DWORD WINAPI ringer(void *parameter) {
    (void)parameter;
    return ring("race");
}

static void race(long rounds) {
    long answered = 0, cancelled = 0, wrong = 0;
    make_wait(&racing);
    for (long round = 0; round < rounds; round++) {
        BOOL first = round % 2 == 0;
        wrong += begin(door, &racing) != ERROR_IO_PENDING;
        HANDLE one = CreateThread(NULL, 0, first ? canceller : ringer, NULL, 0, NULL),
               other = CreateThread(NULL, 0, first ? ringer : canceller, NULL, 0, NULL);
        DWORD rung = join(first ? other : one), result;
        join(first ? one : other);
        result = end(door, &racing);
        answered += result == ERROR_SUCCESS && rung == ERROR_SUCCESS;
        cancelled += result == ERROR_OPERATION_ABORTED && rung == ERROR_NOT_READY;
    }
    CloseHandle(racing.state.hEvent);
    printf("race: %s\n", wrong == 0 && answered + cancelled == rounds ? "ok, each read ended in one way" : "error");
    fprintf(stderr, "race: %ld answered, %ld cancelled\n", answered, cancelled);
}

int main(int argc, char **argv) {
    static WAIT first, second, many[DOORBELL_MOST_WAITING];
    long rounds = argc > 1 ? atol(argv[1]) : 100;
    HANDLE file;
    DOORBELL_COUNTS before, after;

    door = open_door();
    make_wait(&first);
    make_wait(&second);
    printf("ringing when nobody waits: error %lu\n", ring("hello"));
    printf("one waits: %lu\n", begin(door, &first));
    printf("and another: %lu\n", begin(door, &second));
    printf("ringing: error %lu\n", ring("hello"));
    printf("the first hears '%s': error %lu\n", first.text, end(door, &first));
    printf("the second still waits: %s\n", is_waiting(&second) ? "ok" : "error");

    begin(door, &first);
    printf("CancelIoEx of one: error %lu\n", CancelIoEx(door, &second.state) ? 0 : GetLastError());
    printf("it ends with: error %lu\n", end(door, &second));
    printf("the other still waits: %s\n", is_waiting(&first) ? "ok" : "error");
    printf("CancelIoEx of one that has ended: error %lu\n", CancelIoEx(door, &second.state) ? 0 : GetLastError());
    printf("CancelIoEx of all: error %lu\n", CancelIoEx(door, NULL) ? 0 : GetLastError());
    printf("the other ends with: error %lu\n", end(door, &first));

    file = open_door();
    begin(file, &first);
    begin(door, &second);
    CloseHandle(file);
    printf("CloseHandle: error %lu\n", end(door, &first));
    printf("another file's still waits: %s\n", is_waiting(&second) ? "ok" : "error");

    HANDLE thread = CreateThread(NULL, 0, leaver, &first, 0, NULL);
    printf("a thread that leaves a read behind: %lu\n", join(thread));
    printf("its read ends with: error %lu\n", end(door, &first));
    printf("another thread's still waits: %s\n", is_waiting(&second) ? "ok" : "error");
    printf("CancelIo of this thread's: error %lu\n", CancelIo(door) ? 0 : GetLastError());
    printf("it ends with: error %lu\n", end(door, &second));

    thread = CreateThread(NULL, 0, stayer, NULL, 0, NULL);
    while (ask().Waiting == 0)
        Sleep(1);
    printf("CancelSynchronousIo: error %lu\n", CancelSynchronousIo(thread) ? 0 : GetLastError());
    printf("the thread that waited has: error %lu\n", join(thread));

    for (int i = 0; i < DOORBELL_MOST_WAITING; i++) {
        make_wait(&many[i]);
        begin(door, &many[i]);
    }
    begin(door, &first);
    printf("one too many: error %lu\n", end(door, &first));
    CancelIoEx(door, NULL);
    for (int i = 0; i < DOORBELL_MOST_WAITING; i++)
        end(door, &many[i]);

    before = ask();
    race(rounds);
    after = ask();
    printf("counts of the race: %s\n", after.Answered + after.Cancelled - before.Answered - before.Cancelled == (ULONG)rounds ? "ok" : "error");
    printf("waiting: %lu\n", after.Waiting);
    begin(door, &first); /* the end of the process closes the file */
    return 0;
}

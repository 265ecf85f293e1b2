/*
 * Drives tests/kernel/lives.c. Without an argument: in which process CLEANUP and CLOSE of a file run. `live SEED`: opens, writes, reads and closes at random
 * for ever. `wait`: waits in a read. `count`: says what the driver has counted, and how many handles this process has.
 */
#include "utap.h"
#include <stdlib.h>
#include <string.h>
#include "../kernel/lives.h"

static HANDLE open_it(void) {
    return CreateFileA(LIVES_NAME, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static LIVES lives(HANDLE file) {
    LIVES now = {0};
    DWORD done;
    ReadFile(file, &now, sizeof now, &done, NULL);
    return now;
}

static int live(unsigned long random) {
    HANDLE files[8] = {0};
    char text[64];
    LIVES now;
    DWORD done;

    puts("alive");
    fflush(stdout);
    for (;;) {
        random = random * 1103515245u + 12345u;
        HANDLE *file = &files[(random >> 16) & 7];
        if (*file == NULL || *file == INVALID_HANDLE_VALUE) {
            *file = open_it();
            if (*file == INVALID_HANDLE_VALUE)
                return 3;
        } else if ((random >> 20) % 4 == 0) {
            CloseHandle(*file);
            *file = NULL;
        } else if ((random >> 20) % 4 == 1) {
            WriteFile(*file, text, sizeof text, &done, NULL);
        } else {
            ReadFile(*file, &now, sizeof now, &done, NULL);
        }
        if ((random >> 24) % 16 == 0)
            Sleep((random >> 8) % 20);
    }
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    HANDLE file, watch;
    char byte;
    DWORD done_bytes;
    LIVES now;

    if (strcmp(verb, "live") == 0)
        return live(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
    if (strcmp(verb, "wait") == 0) {
        file = open_it();
        puts("waiting");
        fflush(stdout);
        printf("read: %d, error %lu\n", ReadFile(file, &byte, 1, &done_bytes, NULL), GetLastError());
        return 1;
    }
    watch = open_it();
    if (strcmp(verb, "count") == 0) {
        now = lives(watch);
        printf("%lu creates, %lu cleanups, %lu closes\n", now.Creates - 1, now.Cleanups, now.Closes);
        CloseHandle(watch);
        return now.Creates - 1 == now.Cleanups && now.Cleanups == now.Closes ? 0 : 1;
    }
    OK(watch != INVALID_HANDLE_VALUE, "a second file, to watch the first");
    file = open_it();
    CloseHandle(file);
    now = lives(watch);
    OK(now.Creates == 2 && now.Cleanups == 1 && now.Closes == 1, "one file less: a cleanup and a close");
    OK(now.LastCleanupProcess == GetCurrentProcessId() && now.LastCleanupThread == GetCurrentThreadId(), "the cleanup in the context of who closed");
    file = open_it();
    WriteFile(file, "x", 1, &done_bytes, NULL);
    CloseHandle(file);
    now = lives(watch);
    OK(now.Cleanups == 2 && now.Closes == 1, "a file that the driver still references: the cleanup only");
    OK(now.LastCleanupProcess == GetCurrentProcessId(), "in the context of who closed");
    Sleep(100);
    now = lives(watch);
    OK(now.Closes == 2, "the close when the last reference goes");
    OK(now.LastOpener == GetCurrentProcessId() && now.LastCloseProcess == 4, "in the System process, where that was");
    OK(now.CleanupElsewhere == 0 && now.CloseElsewhere == 1, "as the driver counts it");
    CloseHandle(watch);
    return done();
}

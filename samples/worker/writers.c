/* Several threads write lines at the same time; then the log is read. writers.exe [THREADS [LINES]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define MOST_THREADS 60

static long lines = 20;

static HANDLE open_scribe(DWORD flags) {
    HANDLE file = CreateFileA("\\\\.\\Scribe", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, flags, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("Scribe: error %lu\n", GetLastError());
        exit(1);
    }
    return file;
}

static DWORD WINAPI writer(void *parameter) {
    HANDLE file = open_scribe(0);
    DWORD count, failed = 0;
    char line[64];
    for (long i = 0; i < lines; i++) {
        int length = snprintf(line, sizeof line, "thread %d line %ld", (int)(INT_PTR)parameter, i);
        failed += !WriteFile(file, line, (DWORD)length, &count, NULL) || count != (DWORD)length;
    }
    failed += !FlushFileBuffers(file);
    CloseHandle(file);
    return failed;
}

/* Each line is whole and there once, and each thread's lines are in their order. */
static int check(int threads) {
    long next[MOST_THREADS] = {0}, total = 0, number;
    char line[128];
    int thread;
    FILE *log = fopen("C:\\scribe.log", "r");
    if (log == NULL)
        return 0;
    while (fgets(line, sizeof line, log) != NULL) {
        if (sscanf(line, "thread %d line %ld", &thread, &number) == 2 && thread >= 0 && thread < threads && number == next[thread]) {
            next[thread]++;
            total++;
        }
    }
    fclose(log);
    return total == threads * lines;
}

/* What is still in the queue when its file is closed is taken back; what the thread has begun is done. Either way it ends. */
static void leave(void) {
    static OVERLAPPED states[30];
    static char text[] = "in a hurry";
    int written = 0, cancelled = 0;
    HANDLE file = open_scribe(FILE_FLAG_OVERLAPPED);
    for (int i = 0; i < 30; i++) {
        states[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        WriteFile(file, text, sizeof text - 1, NULL, &states[i]);
    }
    CloseHandle(file);
    for (int i = 0; i < 30; i++) {
        DWORD count;
        WaitForSingleObject(states[i].hEvent, INFINITE);
        if (GetOverlappedResult(file, &states[i], &count, FALSE))
            written += count == sizeof text - 1;
        else
            cancelled += GetLastError() == ERROR_OPERATION_ABORTED;
    }
    printf("a file closed in a hurry: %s\n", written + cancelled == 30 ? "ok" : "error");
}

int main(int argc, char **argv) {
    HANDLE threads[MOST_THREADS], file;
    static char large[5000];
    DWORD failed = 0, code, count;
    int number = argc > 1 ? atoi(argv[1]) : 4;
    if (argc > 2)
        lines = atol(argv[2]);
    if (number < 1 || number > MOST_THREADS)
        return 2;
    DeleteFileA("C:\\scribe.log");
    for (int i = 0; i < number; i++)
        threads[i] = CreateThread(NULL, 0, writer, (void *)(INT_PTR)i, 0, NULL);
    WaitForMultipleObjects((DWORD)number, threads, TRUE, INFINITE);
    for (int i = 0; i < number; i++) {
        GetExitCodeThread(threads[i], &code);
        failed += code;
        CloseHandle(threads[i]);
    }
    printf("writes and flushes that failed: %lu\n", failed);
    printf("the log has each line once, whole, in order: %s\n", check(number) ? "ok" : "error");
    file = open_scribe(0);
    printf("a line of nothing: error %lu\n", WriteFile(file, large, 0, &count, NULL) ? 0 : GetLastError());
    printf("one that is too long: error %lu\n", WriteFile(file, large, sizeof large, &count, NULL) ? 0 : GetLastError());
    CloseHandle(file);
    leave();
    return 0;
}

/* I/O completion ports: packets posted by hand, packets of requests that pend and that do not, several at a time, threads that wait, and what a
   port refuses. */
#include "utap.h"
#include <string.h>

#define KEY 0x1234567890ull

static HANDLE port;
static DWORD bytes;
static ULONG_PTR key;
static OVERLAPPED *request;
static volatile LONG apcs;

static int empty(void) {
    request = (OVERLAPPED *)1;
    return !GetQueuedCompletionStatus(port, &bytes, &key, &request, 0) && GetLastError() == WAIT_TIMEOUT && !request;
}

static DWORD WINAPI taker(void *parameter) {
    OVERLAPPED *got = NULL;
    DWORD size;
    ULONG_PTR its_key = 0;
    (void)parameter;
    if (!GetQueuedCompletionStatus(port, &size, &its_key, &got, INFINITE))
        return got ? 1000 : GetLastError();
    return (DWORD)its_key;
}

static void CALLBACK apc(ULONG_PTR data) { apcs += (LONG)data; }

static void by_hand(void) {
    OVERLAPPED mine;
    OVERLAPPED_ENTRY entries[40];
    ULONG removed = 99;
    HANDLE threads[3];
    DWORD codes[3], started = GetTickCount();
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OK(port != NULL, "a port without a file");
    OK(empty(), "nothing is in it: WAIT_TIMEOUT, and no OVERLAPPED");
    OK(!GetQueuedCompletionStatus(port, &bytes, &key, &request, 30) && GetTickCount() - started >= 15, "a time-out is waited for");
    OK(PostQueuedCompletionStatus(port, 7, KEY, &mine) && PostQueuedCompletionStatus(port, 8, KEY + 1, NULL), "two packets posted");
    OK(GetQueuedCompletionStatus(port, &bytes, &key, &request, INFINITE) && bytes == 7 && key == KEY && request == &mine, "the first comes first");
    OK(GetQueuedCompletionStatus(port, &bytes, &key, &request, 0) && bytes == 8 && key == KEY + 1 && !request, "then the second");
    OK(empty(), "that was all");

    for (ULONG_PTR i = 0; i < 35; i++)
        PostQueuedCompletionStatus(port, (DWORD)i, i * 3, NULL);
    OK(GetQueuedCompletionStatusEx(port, entries, 40, &removed, INFINITE, FALSE) && removed == 35, "GetQueuedCompletionStatusEx takes all there are");
    OK(entries[34].lpCompletionKey == 34 * 3 && entries[34].dwNumberOfBytesTransferred == 34 && entries[34].Internal == 0, "in their order");
    OK(!GetQueuedCompletionStatusEx(port, entries, 40, &removed, 0, FALSE) && GetLastError() == WAIT_TIMEOUT, "and none when there is none");
    QueueUserAPC(apc, GetCurrentThread(), 5);
    OK(!GetQueuedCompletionStatusEx(port, entries, 40, &removed, 1000, FALSE) && GetLastError() == WAIT_TIMEOUT && apcs == 0,
       "no APC in a wait that is not alertable");
    OK(!GetQueuedCompletionStatusEx(port, entries, 40, &removed, INFINITE, TRUE) && GetLastError() == WAIT_IO_COMPLETION && apcs == 5,
       "an APC ends one that is");

    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, taker, NULL, 0, NULL);
    Sleep(10);
    for (ULONG_PTR i = 1; i <= 3; i++)
        PostQueuedCompletionStatus(port, 0, i, NULL);
    OK(WaitForMultipleObjects(3, threads, TRUE, 5000) == WAIT_OBJECT_0, "three threads wait and get a packet each");
    for (int i = 0; i < 3; i++)
        GetExitCodeThread(threads[i], &codes[i]), CloseHandle(threads[i]);
    OK(codes[0] + codes[1] + codes[2] == 6 && codes[0] != codes[1] && codes[1] != codes[2], "each another one");

    threads[0] = CreateThread(NULL, 0, taker, NULL, 0, NULL);
    Sleep(10);
    CloseHandle(port);
    OK(WaitForSingleObject(threads[0], 5000) == WAIT_OBJECT_0 && GetExitCodeThread(threads[0], codes) && codes[0] == ERROR_ABANDONED_WAIT_0,
       "who waits when the last handle is closed is sent away: ERROR_ABANDONED_WAIT_0");
    CloseHandle(threads[0]);
}

static void refusals(HANDLE file) {
    HANDLE other, event = CreateEventA(NULL, TRUE, FALSE, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 4);
    OK(!CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0) && GetLastError() == ERROR_INVALID_PARAMETER, "a port and no file");
    OK(!CreateIoCompletionPort(file, event, 0, 0) && GetLastError() == ERROR_INVALID_HANDLE, "an event is no port");
    OK(!CreateIoCompletionPort(event, port, 0, 0), "and no file");
    OK(!PostQueuedCompletionStatus(event, 0, 0, NULL) && GetLastError() == ERROR_INVALID_HANDLE, "nothing is posted to an event");
    OK(CreateIoCompletionPort(file, port, KEY, 0) == port, "a file is tied to the port");
    OK(!CreateIoCompletionPort(file, port, KEY, 0) && GetLastError() == ERROR_INVALID_PARAMETER, "once");
    other = CreateFileA("\\\\.\\CompletionTest", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(!CreateIoCompletionPort(other, port, KEY, 0) && GetLastError() == ERROR_INVALID_PARAMETER, "a synchronous file is not");
    CloseHandle(other);
    CloseHandle(event);
}

static int next_is(OVERLAPPED *wanted, DWORD size) {
    return GetQueuedCompletionStatus(port, &bytes, &key, &request, 5000) && request == wanted && key == KEY && bytes == size;
}

static void requests(HANDLE file) {
    char buffer[3][8] = {{0}};
    OVERLAPPED reads[3] = {{0}}, write = {0};
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD size;
    OK(!ReadFile(file, buffer[0], 8, NULL, &reads[0]) && GetLastError() == ERROR_IO_PENDING, "a read pends");
    OK(empty(), "and has posted nothing yet");
    OK(WriteFile(file, "hello", 5, NULL, &write), "a write is done at once");
    OK(next_is(&reads[0], 5) && !memcmp(buffer[0], "hello", 5), "the read's packet");
    OK(next_is(&write, 5), "the write's: a request that is done at once posts one, too");
    OK(!WriteFile(file, "nobody", 6, NULL, &write) && GetLastError() == ERROR_NOT_READY && empty(), "one that fails at once does not");

    reads[1].hEvent = (HANDLE)((ULONG_PTR)event | 1);
    OK(!ReadFile(file, buffer[1], 8, NULL, &reads[1]) && GetLastError() == ERROR_IO_PENDING, "the event's lowest bit set");
    write.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    OK(WriteFile(file, "quiet", 5, NULL, &write) && empty(), "keeps its packet away");
    OK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && GetOverlappedResult(file, &reads[1], &size, TRUE) && size == 5,
       "the event is set all the same");
    write.hEvent = NULL;

    OK(!ReadFile(file, buffer[2], 8, NULL, &reads[2]) && GetLastError() == ERROR_IO_PENDING && CancelIoEx(file, &reads[2]), "a read is cancelled");
    OK(!GetQueuedCompletionStatus(port, &bytes, &key, &request, 5000) && GetLastError() == ERROR_OPERATION_ABORTED && request == &reads[2] &&
           key == KEY,
       "its packet says so: FALSE, with an OVERLAPPED");
    OK(!ReadFileEx(file, buffer[0], 8, &reads[0], (LPOVERLAPPED_COMPLETION_ROUTINE)(void *)apc) && GetLastError() == ERROR_INVALID_PARAMETER,
       "no completion routine beside a port");

    OK(SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), "FILE_SKIP_COMPLETION_PORT_ON_SUCCESS");
    OK(!ReadFile(file, buffer[0], 8, NULL, &reads[0]) && GetLastError() == ERROR_IO_PENDING && WriteFile(file, "skip", 4, &size, &write) && size == 4,
       "a read and a write");
    OK(next_is(&reads[0], 4) && empty(), "only what pended posts");
    OK(WaitForSingleObject(file, 0) == WAIT_OBJECT_0, "the file is signaled");
    OK(SetFileCompletionNotificationModes(file, FILE_SKIP_SET_EVENT_ON_HANDLE), "FILE_SKIP_SET_EVENT_ON_HANDLE");
    OK(!ReadFile(file, buffer[0], 8, NULL, &reads[0]) && WriteFile(file, "skip", 4, NULL, &write) && next_is(&reads[0], 4), "another pair");
    OK(WaitForSingleObject(file, 0) == WAIT_TIMEOUT, "the file is not signaled any more");
    OK(!SetFileCompletionNotificationModes(file, 0x80) && GetLastError() == ERROR_INVALID_PARAMETER, "an unknown mode");
    OK(!ReadFile(file, buffer[0], 8, NULL, &reads[0]) && CloseHandle(file), "the file is closed under a read");
    OK(!GetQueuedCompletionStatus(port, &bytes, &key, &request, 5000) && GetLastError() == ERROR_OPERATION_ABORTED && request == &reads[0],
       "whose packet comes");
    WriteFile(file, "", 0, NULL, &write);
    CloseHandle(event);
}

int main(void) {
    HANDLE file;
    by_hand();
    file = CreateFileA("\\\\.\\CompletionTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OK(file != INVALID_HANDLE_VALUE, "the driver's device");
    refusals(file);
    requests(file);
    PostQueuedCompletionStatus(port, 1, 2, NULL);
    OK(CloseHandle(port), "a port is closed with a packet in it");
    return done();
}

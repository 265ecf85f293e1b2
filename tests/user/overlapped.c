/* Overlapped I/O with completion routines, APCs, waitable timers, synchronous handles and their cancellation, console control events; offsets in
   files. */
#include "utap.h"
#include <string.h>

static HANDLE file;
static DWORD result_error, result_size;
static OVERLAPPED *result_request;
static int calls;

static void WINAPI completed(DWORD error, DWORD size, OVERLAPPED *request) {
    result_error = error;
    result_size = size;
    result_request = request;
    calls++;
}

static void routines(void) {
    char buffer[8] = {0};
    OVERLAPPED read = {0}, write = {0}, ex = {0};
    file = CreateFileA("\\\\.\\CompletionTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OK(file != INVALID_HANDLE_VALUE, "opened");
    OK(ReadFileEx(file, buffer, sizeof buffer, &read, completed), "ReadFileEx");
    OK(SleepEx(0, TRUE) == 0 && !calls && !HasOverlappedIoCompleted(&read), "its routine is not called before it is done");
    OK(WriteFile(file, "abc", 3, NULL, &write) && HasOverlappedIoCompleted(&read), "done");
    OK(!calls, "and not before an alertable wait");
    Sleep(1);
    OK(!calls && SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION, "which it ends");
    OK(calls == 1 && result_error == 0 && result_size == 3 && result_request == &read && !memcmp(buffer, "abc", 3), "called with what the read gave");
    OK(ReadFileEx(file, buffer, sizeof buffer, &read, completed) && CancelIo(file), "a read with a routine, cancelled");
    OK(WaitForSingleObjectEx(GetCurrentProcess(), INFINITE, TRUE) == WAIT_IO_COMPLETION && calls == 2 && result_error == ERROR_OPERATION_ABORTED &&
           result_size == 0,
       "the routine gets ERROR_OPERATION_ABORTED");
    OK(!WriteFileEx(file, "x", 1, &ex, completed) && GetLastError() == ERROR_NOT_READY, "WriteFileEx that fails at once");
    OK(SleepEx(0, TRUE) == 0 && calls == 2, "calls nothing");
    OK(ReadFileEx(file, buffer, sizeof buffer, &read, completed) && WriteFileEx(file, "xy", 2, &ex, completed), "both");
    OK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && calls == 4, "are two calls in one wait");
}

static void results(void) {
    char buffer[8];
    OVERLAPPED read = {.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL)}, write = {0}, bare = {0};
    DWORD size = 77;
    OK(!ReadFile(file, buffer, 8, &size, &read) && GetLastError() == ERROR_IO_PENDING && size == 0, "a read pends and has read nothing");
    OK(WaitForSingleObject(read.hEvent, 0) == WAIT_TIMEOUT, "its event has been reset");
    OK(!GetOverlappedResult(file, &read, &size, FALSE) && GetLastError() == ERROR_IO_INCOMPLETE, "GetOverlappedResult: ERROR_IO_INCOMPLETE");
    OK(!GetOverlappedResultEx(file, &read, &size, 20, FALSE) && GetLastError() == WAIT_TIMEOUT, "GetOverlappedResultEx waits so long: WAIT_TIMEOUT");
    OK(WriteFile(file, "1234", 4, NULL, &write) && WaitForSingleObject(read.hEvent, 0) == WAIT_OBJECT_0, "the event is set when it is done");
    OK(GetOverlappedResult(file, &read, &size, FALSE) && size == 4, "GetOverlappedResult");
    OK(!ReadFile(file, buffer, 8, NULL, &bare) && WaitForSingleObject(file, 0) == WAIT_TIMEOUT, "without an event the file");
    OK(WriteFile(file, "1", 1, NULL, &write) && WaitForSingleObject(file, 0) == WAIT_OBJECT_0, "is what is set");
    CloseHandle(read.hEvent);
}

static volatile LONG reader_error;
static HANDLE synchronous;
static DWORD WINAPI reader(void *parameter) {
    char buffer[8];
    DWORD size;
    (void)parameter;
    reader_error = ReadFile(synchronous, buffer, sizeof buffer, &size, NULL) ? 0 : (LONG)GetLastError();
    return 0;
}

static void synchronous_reads(void) {
    OVERLAPPED write = {0};
    HANDLE thread, device = CreateFileA("\\\\.\\CompletionTest", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    synchronous = device;
    thread = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    Sleep(10);
    OK(WaitForSingleObject(thread, 0) == WAIT_TIMEOUT, "a thread waits in a synchronous read");
    OK(CancelSynchronousIo(thread), "CancelSynchronousIo");
    OK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0 && reader_error == ERROR_OPERATION_ABORTED, "ends it: ERROR_OPERATION_ABORTED");
    OK(!CancelSynchronousIo(GetCurrentThread()) && GetLastError() == ERROR_NOT_FOUND, "there is nothing to cancel in a thread that does not wait");
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    Sleep(10);
    OK(WriteFile(file, "go on", 5, NULL, &write) && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0 && reader_error == 0,
       "another one is completed");
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    Sleep(10);
    OK(TerminateThread(thread, 5) && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0, "a thread that waits in one is terminated");
    OK(!WriteFile(file, "nobody", 6, NULL, &write) && GetLastError() == ERROR_NOT_READY, "and its read has gone with it");
    CloseHandle(thread);
    CloseHandle(device);
    CloseHandle(file);
}

static void offsets(void) {
    char buffer[8];
    OVERLAPPED at = {.Offset = 3};
    DWORD size;
    HANDLE text = CreateFileA("overlapped.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    OK(WriteFile(text, "0123456789", 10, &size, NULL) && size == 10, "a file");
    OK(ReadFile(text, buffer, 4, &size, &at) && size == 4 && !memcmp(buffer, "3456", 4), "an OVERLAPPED on a synchronous handle says where");
    OK(SetFilePointer(text, 0, NULL, FILE_CURRENT) == 7, "and the position follows");
    at.Offset = 10;
    OK(!ReadFile(text, buffer, 4, &size, &at) && GetLastError() == ERROR_HANDLE_EOF && size == 0, "behind the end: ERROR_HANDLE_EOF");
    OK(ReadFile(text, buffer, 4, &size, NULL) && size == 3, "without one the position says where");
    OK(ReadFile(text, buffer, 4, &size, NULL) && size == 0, "and the end is no error");
    at.Offset = at.OffsetHigh = 0xFFFFFFFF;
    OK(WriteFile(text, "A", 1, &size, &at) && GetFileSize(text, NULL) == 11, "an offset of all ones appends");
    CloseHandle(text);
}

static ULONG64 timer_time;
static void *timer_argument;
static void CALLBACK timer_routine(void *argument, DWORD low, DWORD high) {
    timer_argument = argument;
    timer_time = (ULONG64)high << 32 | low;
    calls++;
}
static DWORD WINAPI timer_thread(void *timer) {
    LARGE_INTEGER due = {.QuadPart = -100000};
    SetWaitableTimer(timer, &due, 0, timer_routine, NULL, FALSE);
    return 0;
}

static void timers(void) {
    LARGE_INTEGER due = {.QuadPart = -200000};
    FILETIME now;
    HANDLE thread, manual = CreateWaitableTimerA(NULL, TRUE, "OverlappedTimer"), again, automatic = CreateWaitableTimerA(NULL, FALSE, NULL);
    OK(manual && automatic, "two timers");
    again = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "OverlappedTimer");
    OK(again && CloseHandle(again), "one opened by its name");
    again = CreateWaitableTimerA(NULL, TRUE, "OverlappedTimer");
    OK(again && GetLastError() == ERROR_ALREADY_EXISTS && CloseHandle(again), "or created again: ERROR_ALREADY_EXISTS");
    OK(WaitForSingleObject(manual, 30) == WAIT_TIMEOUT, "not signaled before it is set");
    OK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE) && WaitForSingleObject(manual, 0) == WAIT_TIMEOUT, "nor before it is due");
    OK(WaitForSingleObject(manual, 5000) == WAIT_OBJECT_0 && WaitForSingleObject(manual, 0) == WAIT_OBJECT_0, "a manual-reset timer stays signaled");
    OK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE) && WaitForSingleObject(manual, 0) == WAIT_TIMEOUT, "until it is set again");
    OK(CancelWaitableTimer(manual) && WaitForSingleObject(manual, 50) == WAIT_TIMEOUT, "cancelled, it does not go off");
    OK(SetWaitableTimer(automatic, &due, 10, NULL, NULL, FALSE), "a period");
    OK(WaitForSingleObject(automatic, 5000) == WAIT_OBJECT_0 && WaitForSingleObject(automatic, 5000) == WAIT_OBJECT_0 &&
           WaitForSingleObject(automatic, 5000) == WAIT_OBJECT_0,
       "goes off again and again");
    OK(CancelWaitableTimer(automatic), "until cancelled");
    OK(!SetWaitableTimer(automatic, &due, -1, NULL, NULL, FALSE) && GetLastError() == ERROR_INVALID_PARAMETER, "a negative period");
    calls = 0;
    OK(SetWaitableTimer(automatic, &due, 0, timer_routine, &due, FALSE) && SleepEx(5000, TRUE) == WAIT_IO_COMPLETION,
       "a routine ends an alertable wait");
    GetSystemTimeAsFileTime(&now);
    OK(calls == 1 && timer_argument == &due && timer_time && timer_time <= ((ULONG64)now.dwHighDateTime << 32 | now.dwLowDateTime),
       "and is told its argument and when it was");
    OK(SetWaitableTimer(automatic, &due, 0, timer_routine, &due, FALSE) && CancelWaitableTimer(automatic) && SleepEx(50, TRUE) == 0 && calls == 1,
       "a timer cancelled calls nothing");
    OK(SetWaitableTimer(automatic, &due, 0, timer_routine, &due, FALSE), "one that is due");
    Sleep(50);
    OK(CancelWaitableTimer(automatic) && SleepEx(0, TRUE) == 0 && calls == 1, "takes its queued routine with it when it is cancelled");
    thread = CreateThread(NULL, 0, timer_thread, automatic, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    OK(WaitForSingleObject(automatic, 50) == WAIT_TIMEOUT, "the end of the thread that has set it with a routine cancels a timer");
    OK(SetWaitableTimer(automatic, &due, 0, timer_routine, &due, FALSE) && CloseHandle(automatic) && SleepEx(50, TRUE) == 0 && calls == 1,
       "and so does closing it");
    CloseHandle(manual);
}

static char order[8];
static WINBOOL WINAPI first(DWORD event) {
    strcat(order, event == CTRL_BREAK_EVENT ? "1" : "c");
    return TRUE;
}
static WINBOOL WINAPI second(DWORD event) {
    strcat(order, "2");
    return FALSE;
}
static void control(void) {
    OK(SetConsoleCtrlHandler(first, TRUE) && SetConsoleCtrlHandler(second, TRUE), "two handlers");
    OK(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0), "Ctrl+Break");
    Sleep(50);
    OK(!strcmp(order, "21"), "the newest is called first, the first that says TRUE is the last");
    OK(SetConsoleCtrlHandler(NULL, TRUE) && GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0), "Ctrl+C that is ignored");
    Sleep(50);
    OK(!strcmp(order, "21"), "reaches nobody");
    OK(SetConsoleCtrlHandler(NULL, FALSE) && SetConsoleCtrlHandler(second, FALSE) && GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0), "and heard again");
    Sleep(50);
    OK(!strcmp(order, "21c"), "by the handler that is left");
    OK(!SetConsoleCtrlHandler(second, FALSE) && GetLastError() == ERROR_INVALID_PARAMETER, "one that is not there cannot be removed");
    SetConsoleCtrlHandler(first, FALSE);
}

int main(void) {
    routines();
    results();
    synchronous_reads();
    offsets();
    timers();
    control();
    return done();
}

/* The thread pool: work, timers, waits, I/O, and what was there before it. */
#include "utap.h"

static volatile LONG ran, fired, timed, waited;
static HANDLE gate, over;
static CRITICAL_SECTION section;

static VOID CALLBACK add(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) { InterlockedAdd(&ran, (LONG)(LONG_PTR)context); }
static VOID CALLBACK hold(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    WaitForSingleObject(gate, INFINITE);
    InterlockedIncrement(&ran);
}
static VOID CALLBACK simple(PTP_CALLBACK_INSTANCE instance, void *context) {
    EnterCriticalSection(&section);
    LeaveCriticalSectionWhenCallbackReturns(instance, &section);
    SetEventWhenCallbackReturns(instance, over);
    InterlockedIncrement(&ran);
}
static VOID CALLBACK on_timer(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer) {
    if (InterlockedIncrement(&timed) == 3)
        SetEvent(over);
}
static VOID CALLBACK on_wait(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WAIT wait, TP_WAIT_RESULT result) {
    waited = (LONG)result + 100;
    SetEvent(over);
}
static DWORD error_seen, bytes_seen;
static VOID CALLBACK on_io(PTP_CALLBACK_INSTANCE instance, void *context, void *request, ULONG result, ULONG_PTR bytes, PTP_IO io) {
    error_seen = result;
    bytes_seen = (DWORD)bytes;
    SetEvent(over);
}
static VOID CALLBACK on_bound(DWORD error, DWORD bytes, LPOVERLAPPED request) {
    bytes_seen = bytes;
    SetEvent(over);
}
static DWORD WINAPI item(void *context) {
    InterlockedIncrement(&ran);
    SetEvent(context);
    return 0;
}
static VOID CALLBACK on_registered(void *context, BOOLEAN timeout) {
    InterlockedIncrement(timeout ? &timed : &fired);
    SetEvent(context);
}
static VOID CALLBACK cancelled(void *object, void *context) { InterlockedIncrement((LONG *)context); }
static FILETIME after(int milliseconds) {
    LONGLONG time = -milliseconds * 10000ll;
    FILETIME due;
    memcpy(&due, &time, sizeof due);
    return due;
}

static void work(void) {
    PTP_WORK adds = CreateThreadpoolWork(add, (void *)2, NULL);
    for (int n = 0; n < 100; n++)
        SubmitThreadpoolWork(adds);
    WaitForThreadpoolWorkCallbacks(adds, FALSE);
    OK(ran == 200, "a hundred callbacks");
    CloseThreadpoolWork(adds);
    OK(!CreateThreadpoolWork(NULL, NULL, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "none without a callback: 87");

    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    LONG told = 0;
    SetThreadpoolThreadMaximum(pool, 1);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    SetThreadpoolCallbackCleanupGroup(&environment, group, cancelled);
    PTP_WORK holds = CreateThreadpoolWork(hold, NULL, &environment);
    ran = 0;
    SubmitThreadpoolWork(holds);
    SubmitThreadpoolWork(holds);
    Sleep(20);
    OK(ran == 0, "a pool with one thread, which waits");
    SubmitThreadpoolWork(holds);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(holds, FALSE);
    OK(ran == 3, "goes on with the next");
    ResetEvent(gate);
    SubmitThreadpoolWork(holds);
    Sleep(20);
    for (int n = 0; n < 5; n++)
        SubmitThreadpoolWork(holds);
    HANDLE opener = gate;
    PTP_WORK last = CreateThreadpoolWork(add, (void *)1000, &environment);
    SubmitThreadpoolWork(last);
    WaitForThreadpoolWorkCallbacks(last, TRUE);
    OK(ran == 3, "what has not begun can be taken back");
    SetEvent(opener);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, &told);
    OK(ran >= 4 && ran <= 9 && told == 2, "a group is closed as one");
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);

    ran = 0;
    OK(TrySubmitThreadpoolCallback(simple, NULL, NULL) && WaitForSingleObject(over, 5000) == WAIT_OBJECT_0,
       "a simple callback, and an event at its end");
    EnterCriticalSection(&section);
    LeaveCriticalSection(&section);
    ResetEvent(over);
    OK(QueueUserWorkItem(item, over, WT_EXECUTEDEFAULT) && WaitForSingleObject(over, 5000) == WAIT_OBJECT_0 && ran == 2, "QueueUserWorkItem");
    ResetEvent(over);
}

static void timers(void) {
    PTP_TIMER timer = CreateThreadpoolTimer(on_timer, NULL, NULL);
    FILETIME due = after(5);
    OK(!IsThreadpoolTimerSet(timer), "a timer that is not set");
    SetThreadpoolTimer(timer, &due, 5, 0);
    OK(IsThreadpoolTimerSet(timer) && WaitForSingleObject(over, 5000) == WAIT_OBJECT_0 && timed >= 3, "a timer that comes again and again");
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    LONG now = timed;
    Sleep(30);
    OK(timed == now && !IsThreadpoolTimerSet(timer), "until it is stopped");
    CloseThreadpoolTimer(timer);

    ResetEvent(over);
    HANDLE queue = CreateTimerQueue(), old;
    fired = timed = 0;
    OK(CreateTimerQueueTimer(&old, queue, on_registered, over, 5, 5, 0) && WaitForSingleObject(over, 5000) == WAIT_OBJECT_0, "a timer of a queue");
    OK(ChangeTimerQueueTimer(queue, old, 5, 0), "that is changed");
    OK(DeleteTimerQueueTimer(queue, old, INVALID_HANDLE_VALUE) && timed > 0 && !fired, "and deleted");
    OK(!DeleteTimerQueueTimer(queue, NULL, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "but not twice: 87");
    CreateTimerQueueTimer(&old, queue, on_registered, over, 1000000, 0, 0);
    OK(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE), "a queue goes with its timers");
    ResetEvent(over);
}

static void waits(void) {
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), registered;
    PTP_WAIT wait = CreateThreadpoolWait(on_wait, NULL, NULL);
    FILETIME due = after(5);
    SetThreadpoolWait(wait, event, NULL);
    SetEvent(event);
    OK(WaitForSingleObject(over, 5000) == WAIT_OBJECT_0 && waited == 100 + WAIT_OBJECT_0, "a wait for an event");
    ResetEvent(over);
    SetThreadpoolWait(wait, event, &due);
    OK(WaitForSingleObject(over, 5000) == WAIT_OBJECT_0 && waited == 100 + WAIT_TIMEOUT, "for some time only");
    ResetEvent(over);
    waited = 0;
    SetThreadpoolWait(wait, event, NULL);
    SetThreadpoolWait(wait, NULL, NULL);
    SetEvent(event);
    Sleep(20);
    OK(!waited && WaitForSingleObject(event, 0) == WAIT_OBJECT_0, "and not any more");
    CloseThreadpoolWait(wait);

    fired = timed = 0;
    OK(RegisterWaitForSingleObject(&registered, event, on_registered, over, INFINITE, WT_EXECUTEDEFAULT), "a registered wait");
    for (int n = 0; n < 3; n++) {
        ResetEvent(over);
        SetEvent(event);
        WaitForSingleObject(over, 5000);
        Sleep(5);
    }
    OK(fired == 3 && !timed, "goes on");
    OK(UnregisterWaitEx(registered, INVALID_HANDLE_VALUE), "until it is given up");
    ResetEvent(over);
    OK(RegisterWaitForSingleObject(&registered, event, on_registered, over, 5, WT_EXECUTEONLYONCE) &&
           WaitForSingleObject(over, 5000) == WAIT_OBJECT_0,
       "or once");
    Sleep(20);
    OK(timed == 1 && UnregisterWait(registered), "if only that the time is over");
    OK(!UnregisterWait(NULL) && GetLastError() == ERROR_INVALID_HANDLE, "none: 6");
    CloseHandle(event);
    ResetEvent(over);
}

static void requests(void) {
    HANDLE server = CreateNamedPipeA("\\\\.\\pipe\\pool", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 64, 64, 0, NULL);
    HANDLE client = CreateFileA("\\\\.\\pipe\\pool", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    OVERLAPPED request = {0}, second = {0};
    char text[16], other[16];
    DWORD used;
    PTP_IO io = CreateThreadpoolIo(server, on_io, NULL, NULL);
    OK(io != NULL, "a file of the pool");
    StartThreadpoolIo(io);
    OK(!ReadFile(server, text, sizeof text, NULL, &request) && GetLastError() == ERROR_IO_PENDING, "a read");
    OK(BindIoCompletionCallback(client, on_bound, 0), "a file bound as of old");
    WriteFile(client, "12345", 5, NULL, &second);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    OK(WaitForSingleObject(over, 5000) == WAIT_OBJECT_0 && !error_seen && bytes_seen == 5 && !memcmp(text, "12345", 5), "that ends in a callback");
    Sleep(20);
    ResetEvent(over);
    bytes_seen = 0;
    memset(&second, 0, sizeof second);
    ReadFile(client, other, sizeof other, NULL, &second);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    memset(&request, 0, sizeof request);
    request.hEvent = (HANDLE)((ULONG_PTR)event | 1); /* not for the port */
    WriteFile(server, "123", 3, NULL, &request);
    OK(GetOverlappedResult(server, &request, &used, TRUE) && WaitForSingleObject(over, 5000) == WAIT_OBJECT_0 && bytes_seen == 3,
       "also the one of old");
    OK(!CreateThreadpoolIo(NULL, on_io, NULL, NULL), "no file");
    CloseThreadpoolIo(io);
    CloseHandle(server);
    CloseHandle(client);
    CloseHandle(event);
}

int main(void) {
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    over = CreateEventA(NULL, TRUE, FALSE, NULL);
    InitializeCriticalSection(&section);
    work();
    timers();
    waits();
    requests();
    return done();
}

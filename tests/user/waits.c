/* Waits and user APCs as documentation has them: which object, which answer, what is refused, what runs when. */
#include "utap.h"

NTSYSAPI NTSTATUS NTAPI NtAlertThread(HANDLE);
NTSYSAPI NTSTATUS NTAPI NtTestAlert(void);
NTSYSAPI NTSTATUS NTAPI NtDelayExecution(BOOLEAN, LARGE_INTEGER *);
NTSYSAPI NTSTATUS NTAPI NtWaitForSingleObject(HANDLE, BOOLEAN, LARGE_INTEGER *);
#define STATUS_ALERTED 0x101

static HANDLE event(BOOL manual, BOOL set) { return CreateEventA(NULL, manual, set, NULL); }
static BOOL fails(DWORD answer, DWORD error) {
    DWORD last = GetLastError();
    if (answer != WAIT_FAILED || last != error)
        printf("# %lx, %lu\n", answer, last);
    return answer == WAIT_FAILED && last == error;
}

static void many(void) {
    HANDLE set[MAXIMUM_WAIT_OBJECTS + 1];
    for (int n = 0; n <= MAXIMUM_WAIT_OBJECTS; n++)
        set[n] = event(FALSE, n == 3 || n == 5);
    OK(WaitForMultipleObjects(64, set, FALSE, 0) == WAIT_OBJECT_0 + 3, "of several that are signaled the one with the smallest index");
    OK(WaitForMultipleObjects(64, set, FALSE, 0) == WAIT_OBJECT_0 + 5, "and that one alone is changed");
    OK(WaitForMultipleObjects(64, set, FALSE, 0) == WAIT_TIMEOUT, "none is left");
    OK(fails(WaitForMultipleObjects(65, set, FALSE, 0), ERROR_INVALID_PARAMETER), "more than there may be");
    OK(fails(WaitForMultipleObjects(0, set, FALSE, 0), ERROR_INVALID_PARAMETER), "none at all");
    set[7] = set[6];
    OK(fails(WaitForMultipleObjects(8, set, TRUE, 0), ERROR_INVALID_PARAMETER), "one twice in a wait for all");
    SetEvent(set[6]);
    OK(WaitForMultipleObjects(8, set, FALSE, 0) == WAIT_OBJECT_0 + 6, "is allowed in a wait for any");
    SetEvent(set[0]);
    OK(WaitForMultipleObjects(2, set, TRUE, 20) == WAIT_TIMEOUT && WaitForSingleObject(set[0], 0) == WAIT_OBJECT_0,
       "a wait for all that is not satisfied changes nothing");
    SetEvent(set[0]);
    SetEvent(set[1]);
    OK(WaitForMultipleObjects(2, set, TRUE, 0) == WAIT_OBJECT_0 && WaitForMultipleObjects(2, set, FALSE, 0) == WAIT_TIMEOUT,
       "one that is changes all of them");
    set[1] = GetCurrentProcess();
    OK(WaitForMultipleObjects(2, set, FALSE, 0) == WAIT_TIMEOUT, "a process is waited for");
}

static HANDLE mutexes[2];
static DWORD WINAPI owner(void *context) { return WaitForMultipleObjects(2, mutexes, TRUE, INFINITE); }
static void abandon(void) {
    HANDLE thread = CreateThread(NULL, 0, owner, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
static void abandoned(void) {
    HANDLE objects[3] = {event(FALSE, FALSE), mutexes[0] = CreateMutexA(NULL, FALSE, NULL), mutexes[1] = CreateMutexA(NULL, FALSE, NULL)};
    abandon();
    OK(WaitForMultipleObjects(3, objects, FALSE, 0) == WAIT_ABANDONED_0 + 1, "an abandoned mutex, with its index");
    OK(WaitForSingleObject(mutexes[1], 0) == WAIT_ABANDONED, "and by itself");
    OK(WaitForSingleObject(mutexes[1], 0) == WAIT_OBJECT_0, "once");
    OK(ReleaseMutex(mutexes[1]) && ReleaseMutex(mutexes[1]) && !ReleaseMutex(mutexes[1]) && GetLastError() == ERROR_NOT_OWNER,
       "it is released as often as it was had, and not more often");
    ReleaseMutex(mutexes[0]);
    abandon();
    SetEvent(objects[0]);
    OK(WaitForMultipleObjects(3, objects, TRUE, 0) == WAIT_ABANDONED_0, "a wait for all says that one or more were abandoned");
    ReleaseMutex(mutexes[0]);
    ReleaseMutex(mutexes[1]);
}

static DWORD WINAPI releases(void *mutex) { return ReleaseMutex(mutex) ? 0 : GetLastError(); }
static void refused(void) {
    HANDLE key, weak, mutex = CreateMutexA(NULL, TRUE, NULL), semaphore = CreateSemaphoreA(NULL, 1, 2, NULL), thread;
    DWORD code = 0;
    LONG before = 77;
    RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE", 0, KEY_READ, (PHKEY)&key);
    OK(fails(WaitForSingleObject(key, 0), ERROR_ACCESS_DENIED) || fails(WaitForSingleObject(key, 0), ERROR_INVALID_HANDLE), "nothing to wait for");
    DuplicateHandle(GetCurrentProcess(), mutex, GetCurrentProcess(), &weak, MUTEX_MODIFY_STATE, FALSE, 0);
    OK(fails(WaitForSingleObject(weak, 0), ERROR_ACCESS_DENIED), "a handle without SYNCHRONIZE");
    OK(fails(WaitForSingleObject(NULL, 0), ERROR_INVALID_HANDLE), "no handle");
    thread = CreateThread(NULL, 0, releases, mutex, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    OK(GetExitCodeThread(thread, &code) && code == ERROR_NOT_OWNER, "another thread's mutex is not released");
    OK(!ReleaseSemaphore(semaphore, 2, &before) && GetLastError() == ERROR_TOO_MANY_POSTS && before == 77, "a semaphore has a limit");
    OK(!ReleaseSemaphore(semaphore, 0, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "and is released by more than nothing");
    OK(ReleaseSemaphore(semaphore, 1, &before) && before == 1, "it tells how much there was");
    OK(!CreateSemaphoreA(NULL, 3, 2, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "a limit is one from the beginning");
    OK(SignalObjectAndWait(mutex, mutex, 0, FALSE) == WAIT_OBJECT_0, "SignalObjectAndWait gives up and takes");
    OK(fails(SignalObjectAndWait(thread, mutex, 0, FALSE), ERROR_INVALID_HANDLE), "what cannot be signaled");
}

/* ---- APCs ---------------------------------------------------------------------------------------------------------------------------------- */
static char order[32];
static void note(char letter) {
    size_t length = strlen(order);
    order[length] = letter;
    order[length + 1] = 0;
}
static BOOL ran(const char *expected) {
    BOOL same = !strcmp(order, expected);
    if (!same)
        printf("# ran %s\n", order);
    order[0] = 0;
    return same;
}
static void CALLBACK apc(ULONG_PTR letter) { note((char)letter); }
static void CALLBACK queues(ULONG_PTR letter) {
    note((char)letter);
    QueueUserAPC(apc, GetCurrentThread(), letter + 1);
}
static void queue(char letter) { QueueUserAPC(apc, GetCurrentThread(), letter); }

static DWORD WINAPI starts(void *context) {
    note('s');
    SleepEx(0, TRUE);
    return 0;
}
static void threads(void) {
    HANDLE thread = CreateThread(NULL, 0, starts, NULL, CREATE_SUSPENDED, NULL);
    OK(QueueUserAPC(apc, thread, 'a') && QueueUserAPC(apc, thread, 'b'), "APCs for a thread that has not begun");
    ResumeThread(thread);
    WaitForSingleObject(thread, INFINITE);
    OK(ran("abs"), "are what it begins with");
    OK(!QueueUserAPC(apc, thread, 'c') && GetLastError() == ERROR_GEN_FAILURE, "one that has ended takes none");
    CloseHandle(thread);
}

static void alertable(void) {
    HANDLE set = event(TRUE, TRUE), clear = event(FALSE, FALSE), handles[2] = {clear, clear};
    queue('a');
    queue('b');
    OK(SleepEx(0, FALSE) == 0 && ran(""), "a delay that is not alertable runs none");
    OK(WaitForSingleObjectEx(clear, 10, FALSE) == WAIT_TIMEOUT && ran(""), "nor does such a wait");
    OK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && ran("ab"), "an alertable one is ended by them, and all have run, in their order");
    OK(SleepEx(0, TRUE) == 0, "without any it is an ordinary one");
    queue('a');
    OK(WaitForSingleObjectEx(clear, INFINITE, TRUE) == WAIT_IO_COMPLETION && ran("a"), "so is an alertable wait");
    queue('a');
    OK(WaitForMultipleObjectsEx(1, handles, FALSE, 0, TRUE) == WAIT_IO_COMPLETION && ran("a"), "even one that does not last");
    queue('a');
    OK(SignalObjectAndWait(set, clear, INFINITE, TRUE) == WAIT_IO_COMPLETION && ran("a"), "and SignalObjectAndWait");
    QueueUserAPC(queues, GetCurrentThread(), 'a');
    OK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && ran("ab"), "one that an APC has queued runs too");
    CloseHandle(set);
    CloseHandle(clear);
}

static void alerted(void) {
    HANDLE clear = event(FALSE, FALSE);
    LARGE_INTEGER none = {.QuadPart = 0}, second = {.QuadPart = -10000000};
    NtAlertThread(GetCurrentThread());
    OK(NtTestAlert() == STATUS_ALERTED && NtTestAlert() == 0, "an alert is remembered until it is tested");
    NtAlertThread(GetCurrentThread());
    OK(NtWaitForSingleObject(clear, TRUE, &second) == STATUS_ALERTED, "or ends an alertable wait");
    NtAlertThread(GetCurrentThread());
    OK(NtDelayExecution(TRUE, &none) == STATUS_ALERTED, "or a delay");
    NtAlertThread(GetCurrentThread());
    OK(WaitForSingleObjectEx(clear, 10, TRUE) == WAIT_TIMEOUT, "WaitForSingleObjectEx has no answer for an alert, and waits on");
    queue('a');
    OK(NtTestAlert() == 0 && ran("a"), "NtTestAlert runs APCs");
    CloseHandle(clear);
}

/* ---- Timers -------------------------------------------------------------------------------------------------------------------------------- */
static void CALLBACK timer_apc(void *context, DWORD low, DWORD high) { note('t'); }
static void timers(void) {
    HANDLE manual = CreateWaitableTimerA(NULL, TRUE, NULL), automatic = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER past = {.QuadPart = 1}, soon = {.QuadPart = -10000}, later = {.QuadPart = -100000000};
    OK(SetWaitableTimer(manual, &past, 0, NULL, NULL, FALSE) && WaitForSingleObject(manual, 1000) == WAIT_OBJECT_0, "a time that is past is now");
    OK(WaitForSingleObject(manual, 0) == WAIT_OBJECT_0, "a manual-reset timer stays signaled");
    OK(SetWaitableTimer(manual, &later, 0, NULL, NULL, FALSE) && WaitForSingleObject(manual, 0) == WAIT_TIMEOUT, "until it is set again");
    OK(SetWaitableTimer(automatic, &soon, 0, NULL, NULL, FALSE) && WaitForSingleObject(automatic, 1000) == WAIT_OBJECT_0 &&
           WaitForSingleObject(automatic, 0) == WAIT_TIMEOUT,
       "another one is for one wait");
    OK(SetWaitableTimer(automatic, &soon, 1, NULL, NULL, FALSE) && WaitForSingleObject(automatic, 1000) == WAIT_OBJECT_0 &&
           WaitForSingleObject(automatic, 1000) == WAIT_OBJECT_0,
       "one with a period comes again");
    OK(CancelWaitableTimer(automatic), "until it is canceled");
    WaitForSingleObject(automatic, 0);
    OK(WaitForSingleObject(automatic, 20) == WAIT_TIMEOUT, "then it does not");
    OK(SetWaitableTimer(manual, &soon, 0, timer_apc, NULL, FALSE) && SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && ran("t"),
       "its completion routine is an APC");
    SetWaitableTimer(manual, &soon, 0, timer_apc, NULL, FALSE);
    WaitForSingleObject(manual, 1000);
    CancelWaitableTimer(manual);
    OK(SleepEx(0, TRUE) == 0 && ran(""), "which goes with it when the timer is canceled");
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    many();
    abandoned();
    refused();
    threads();
    alertable();
    timers();
    alerted();
    return done();
}

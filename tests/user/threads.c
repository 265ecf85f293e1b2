/* Threads, their storage, and the locks between them. */
#include "utap.h"

#define THREADS 4
#define ROUNDS  2000

static _Thread_local int own = 5;
static CRITICAL_SECTION section;
static SRWLOCK slim;
static CONDITION_VARIABLE filled;
static int counted, read_wrong, written, queue, taken;
static volatile LONG arrived;
static DWORD slot;

static DWORD WINAPI count(void *argument) {
    own += (int)(INT_PTR)argument;
    TlsSetValue(slot, argument);
    for (int n = 0; n < ROUNDS; n++) {
        EnterCriticalSection(&section);
        int before = counted;
        if (n % 100 == 0)
            Sleep(0);
        counted = before + 1;
        LeaveCriticalSection(&section);
        if (n % 10) {
            AcquireSRWLockShared(&slim);
            read_wrong += written & 1;
            ReleaseSRWLockShared(&slim);
        } else {
            AcquireSRWLockExclusive(&slim);
            written++;
            if (n % 50 == 0)
                SwitchToThread();
            written++;
            ReleaseSRWLockExclusive(&slim);
        }
    }
    InterlockedIncrement(&arrived);
    return TlsGetValue(slot) == argument && own == 5 + (int)(INT_PTR)argument ? (DWORD)(INT_PTR)argument : 999;
}
static DWORD WINAPI take(void *argument) {
    EnterCriticalSection(&section);
    while (!queue)
        SleepConditionVariableCS(&filled, &section, INFINITE);
    queue--;
    taken++;
    LeaveCriticalSection(&section);
    return 0;
}
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static int initialized;
static BOOL CALLBACK initialize(PINIT_ONCE self, void *parameter, void **context) {
    Sleep(1);
    initialized++;
    *context = (void *)0x40;
    return TRUE;
}
static DWORD WINAPI use_once(void *argument) {
    void *context = NULL;
    return InitOnceExecuteOnce(&once, initialize, NULL, &context) && context == (void *)0x40;
}
static int called;
static VOID CALLBACK apc(ULONG_PTR value) { called = (int)value; }
static int released;
static VOID WINAPI release(void *value) { released++; }
static DWORD fls;
static DWORD WINAPI use_fls(void *argument) { return (DWORD)FlsSetValue(fls, &fls); }

static int all(LPTHREAD_START_ROUTINE routine, DWORD *codes) {
    HANDLE threads[THREADS];
    for (int n = 0; n < THREADS; n++)
        threads[n] = CreateThread(NULL, 0, routine, (void *)(INT_PTR)(n + 1), 0, NULL);
    DWORD waited = WaitForMultipleObjects(THREADS, threads, TRUE, 60000);
    for (int n = 0; n < THREADS; n++) {
        GetExitCodeThread(threads[n], &codes[n]);
        CloseHandle(threads[n]);
    }
    return waited == WAIT_OBJECT_0;
}

int main(void) {
    DWORD codes[THREADS];
    InitializeCriticalSection(&section);
    slot = TlsAlloc();
    OK(all(count, codes), "threads run and end");
    OK(counted == THREADS * ROUNDS, "a critical section excludes");
    OK(!read_wrong && written == 2 * THREADS * ROUNDS / 10, "a slim lock too");
    OK(codes[0] == 1 && codes[3] == 4, "each has its own storage and exit code");
    OK(own == 5, "the first thread's stayed");

    HANDLE taker = CreateThread(NULL, 0, take, NULL, 0, NULL);
    OK(WaitForSingleObject(taker, 10) == WAIT_TIMEOUT, "a condition is waited for");
    EnterCriticalSection(&section);
    queue++;
    LeaveCriticalSection(&section);
    WakeConditionVariable(&filled);
    OK(WaitForSingleObject(taker, 60000) == WAIT_OBJECT_0 && taken == 1, "and met");
    CloseHandle(taker);
    EnterCriticalSection(&section);
    OK(!SleepConditionVariableCS(&filled, &section, 10) && GetLastError() == ERROR_TIMEOUT, "or not in time");
    LeaveCriticalSection(&section);

    OK(all(use_once, codes) && initialized == 1 && codes[0] && codes[3], "one-time initialization");
    OK(QueueUserAPC(apc, GetCurrentThread(), 42) && SleepEx(1000, TRUE) == WAIT_IO_COMPLETION && called == 42, "a user APC");
    fls = FlsAlloc(release);
    OK(all(use_fls, codes) && released == THREADS, "FLS callbacks at a thread's end");

    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "tests-event");
    OK(event && GetLastError() == NO_ERROR, "a named event");
    HANDLE same = CreateEventA(NULL, FALSE, FALSE, "tests-event");
    OK(same && GetLastError() == ERROR_ALREADY_EXISTS, "is there once");
    SetEvent(same);
    OK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "signaled and reset");
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    OK(ReleaseMutex(mutex) && !ReleaseMutex(mutex) && GetLastError() == ERROR_NOT_OWNER, "a mutex is its owner's");
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    LONG before;
    OK(ReleaseSemaphore(semaphore, 1, &before) && before == 1 && !ReleaseSemaphore(semaphore, 1, NULL) && GetLastError() == ERROR_TOO_MANY_POSTS,
       "a semaphore has a limit");
    int disabled = 7;
    OK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL) && GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_TIME_CRITICAL,
       "the highest priority is told as it was set");
    OK(SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS) && GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_TIME_CRITICAL,
       "in another class as well");
    OK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_IDLE) && GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_IDLE,
       "the lowest, too");
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
    OK(GetThreadPriorityBoost(GetCurrentThread(), &disabled) && disabled == FALSE, "a thread is boosted");
    OK(SetThreadPriorityBoost(GetCurrentThread(), TRUE) && GetThreadPriorityBoost(GetCurrentThread(), &disabled) && disabled == TRUE,
       "unless that is disabled");
    OK(SetProcessPriorityBoost(GetCurrentProcess(), FALSE) && GetThreadPriorityBoost(GetCurrentThread(), &disabled) && disabled == FALSE,
       "which the process decides for all its threads");
    return done();
}

/* Timers and waits of the thread pool, and the functions that are older than it. */
#include "threadpool.h"

#define WATCHED_HANDLES 62u /* MAXIMUM_WAIT_OBJECTS without the event that wakes the watcher */

typedef struct _POOL_WATCHER {
    struct _POOL_WATCHER *Next;
    LIST_ENTRY Objects; /* of POOL_OBJECT.Watched */
    ULONG Handles;
    HANDLE Wake;
} POOL_WATCHER;

static POOL_WATCHER *Watchers;

ULONGLONG PoolAfter(DWORD Milliseconds) {
    ULONGLONG now;
    if (Milliseconds == INFINITE)
        return MAXULONGLONG;
    QueryInterruptTime(&now);
    return now + Milliseconds * 10000ull;
}
ULONGLONG PoolDueTime(const FILETIME *Time) {
    LONGLONG time;
    ULONGLONG now;
    FILETIME system;
    if (!Time)
        return MAXULONGLONG;
    memcpy(&time, Time, sizeof time);
    QueryInterruptTime(&now);
    if (time <= 0)
        return now + (ULONGLONG)-time;
    GetSystemTimeAsFileTime(&system);
    time -= (LONGLONG)((ULONGLONG)system.dwHighDateTime << 32 | system.dwLowDateTime);
    return time > 0 ? now + (ULONGLONG)time : now;
}

/* ---- Watchers --------------------------------------------------------------------------------------------------------------------------------- */
static VOID Fire(POOL_OBJECT *Object, TP_WAIT_RESULT Result) {
    if ((Object->Kind == PoolTimer || Object->Kind == PoolQueueTimer) && Object->Period) {
        Object->Due += Object->Period * 10000ull;
        if (Object->Pending) /* the one before has not begun yet */
            return;
    } else {
        PoolDisarm(Object);
    }
    Object->Result = Result;
    PoolPost(Object);
}

/* Those that are due; the time of the next. */
static ULONGLONG FireDue(POOL_WATCHER *Watcher) {
    ULONGLONG now, next = MAXULONGLONG;
    QueryInterruptTime(&now);
    for (PLIST_ENTRY link = Watcher->Objects.Flink, after; link != &Watcher->Objects; link = after) {
        POOL_OBJECT *object = CONTAINING_RECORD(link, POOL_OBJECT, Watched);
        after = link->Flink;
        if (object->Due <= now)
            Fire(object, WAIT_TIMEOUT);
        if (object->Armed && object->Due < next)
            next = object->Due;
    }
    return next;
}

/* A handle that somebody has closed would end every wait: whoever waits for it waits in vain. */
static VOID DropInvalid(POOL_WATCHER *Watcher) {
    LARGE_INTEGER none = {.QuadPart = 0};
    for (PLIST_ENTRY link = Watcher->Objects.Flink, after; link != &Watcher->Objects; link = after) {
        POOL_OBJECT *object = CONTAINING_RECORD(link, POOL_OBJECT, Watched);
        after = link->Flink;
        if (object->Handle && NT_ERROR(NtWaitForSingleObject(object->Handle, FALSE, &none)))
            PoolDisarm(object);
    }
}

static DWORD WINAPI Watch(LPVOID Context) {
    POOL_WATCHER *watcher = Context;
    PoolAcquire();
    for (;;) {
        HANDLE handles[WATCHED_HANDLES + 1] = {watcher->Wake};
        POOL_OBJECT *objects[WATCHED_HANDLES + 1] = {NULL};
        ULONG count = 1;
        ULONGLONG next = FireDue(watcher), now;
        LARGE_INTEGER timeout;
        for (PLIST_ENTRY link = watcher->Objects.Flink; link != &watcher->Objects; link = link->Flink) {
            POOL_OBJECT *object = CONTAINING_RECORD(link, POOL_OBJECT, Watched);
            if (object->Handle) {
                objects[count] = object;
                handles[count++] = object->Handle;
            }
        }
        QueryInterruptTime(&now);
        timeout.QuadPart = next <= now ? 0 : -(LONGLONG)(next - now);
        PoolRelease();
        NTSTATUS status = NtWaitForMultipleObjects(count, handles, 1 /* WaitAny */, FALSE, next == MAXULONGLONG ? NULL : &timeout);
        PoolAcquire();
        ULONG index = status < STATUS_ABANDONED_WAIT_0 ? (ULONG)status : (ULONG)status - STATUS_ABANDONED_WAIT_0;
        if (NT_ERROR(status)) {
            DropInvalid(watcher);
        } else if (index && index < count) { /* is it still there, and does it still wait for that? */
            for (PLIST_ENTRY link = watcher->Objects.Flink; link != &watcher->Objects; link = link->Flink)
                if (CONTAINING_RECORD(link, POOL_OBJECT, Watched) == objects[index] && objects[index]->Handle == handles[index]) {
                    Fire(objects[index], WAIT_OBJECT_0);
                    break;
                }
        }
    }
    return 0;
}

static POOL_WATCHER *FindWatcher(BOOL Handle) {
    POOL_WATCHER *watcher = Watchers;
    while (watcher && Handle && watcher->Handles == WATCHED_HANDLES)
        watcher = watcher->Next;
    if (watcher)
        return watcher;
    watcher = BaseAllocate(sizeof *watcher);
    if (!watcher) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *watcher = (POOL_WATCHER){.Next = Watchers, .Objects = {&watcher->Objects, &watcher->Objects}, .Wake = CreateEventW(NULL, FALSE, FALSE, NULL)};
    HANDLE thread = watcher->Wake ? CreateThread(NULL, 0, Watch, watcher, 0, NULL) : NULL;
    if (!thread) {
        if (watcher->Wake)
            NtClose(watcher->Wake);
        BaseFree(watcher);
        return NULL;
    }
    NtClose(thread);
    return Watchers = watcher;
}

BOOL PoolArm(POOL_OBJECT *Object, ULONGLONG Due) {
    PoolDisarm(Object);
    POOL_WATCHER *watcher = FindWatcher(Object->Handle != NULL);
    if (!watcher)
        return FALSE;
    Object->Due = Due;
    Object->Armed = TRUE;
    Object->Watcher = watcher;
    RtlpInsertTail(&watcher->Objects, &Object->Watched);
    if (Object->Handle)
        watcher->Handles++;
    SetEvent(watcher->Wake);
    return TRUE;
}
VOID PoolDisarm(POOL_OBJECT *Object) {
    if (!Object->Armed)
        return;
    Object->Armed = FALSE;
    RtlpRemove(&Object->Watched);
    if (Object->Handle)
        Object->Watcher->Handles--;
    SetEvent(Object->Watcher->Wake);
}

/* ---- Timers ------------------------------------------------------------------------------------------------------------------------------------ */
PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    return (PTP_TIMER)PoolNew(PoolTimer, (PVOID)(ULONG_PTR)Callback, Context, Environment);
}
WINBOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER Timer, PFILETIME Due, DWORD Period, DWORD Window) {
    POOL_OBJECT *object = (POOL_OBJECT *)Timer;
    PoolAcquire();
    BOOL was = object->Armed;
    object->Period = Period;
    if (Due)
        PoolArm(object, PoolDueTime(Due));
    else
        PoolDisarm(object);
    PoolRelease();
    return was;
}
VOID WINAPI SetThreadpoolTimer(PTP_TIMER Timer, PFILETIME Due, DWORD Period, DWORD Window) { SetThreadpoolTimerEx(Timer, Due, Period, Window); }
WINBOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER Timer) {
    PoolAcquire();
    BOOL set = ((POOL_OBJECT *)Timer)->Armed;
    PoolRelease();
    return set;
}
VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER Timer, WINBOOL Cancel) { PoolDrain((POOL_OBJECT *)Timer, Cancel); }
VOID WINAPI CloseThreadpoolTimer(PTP_TIMER Timer) { PoolClose((POOL_OBJECT *)Timer); }

/* ---- Waits ------------------------------------------------------------------------------------------------------------------------------------- */
PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    return (PTP_WAIT)PoolNew(PoolWait, (PVOID)(ULONG_PTR)Callback, Context, Environment);
}
WINBOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT Wait, HANDLE Handle, PFILETIME Timeout, PVOID Reserved) {
    POOL_OBJECT *object = (POOL_OBJECT *)Wait;
    PoolAcquire();
    BOOL was = object->Armed;
    PoolDisarm(object);
    object->Handle = Handle;
    if (Handle)
        PoolArm(object, PoolDueTime(Timeout));
    PoolRelease();
    return was;
}
VOID WINAPI SetThreadpoolWait(PTP_WAIT Wait, HANDLE Handle, PFILETIME Timeout) { SetThreadpoolWaitEx(Wait, Handle, Timeout, NULL); }
VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT Wait, WINBOOL Cancel) { PoolDrain((POOL_OBJECT *)Wait, Cancel); }
VOID WINAPI CloseThreadpoolWait(PTP_WAIT Wait) { PoolClose((POOL_OBJECT *)Wait); }

/* ---- Registered waits and timer queues ------------------------------------------------------------------------------------------------------------- */
WINBOOL WINAPI RegisterWaitForSingleObject(PHANDLE New, HANDLE Handle, WAITORTIMERCALLBACK Callback, PVOID Context, ULONG Milliseconds, ULONG Flags) {
    POOL_OBJECT *object = PoolNew(PoolRegisteredWait, (PVOID)(ULONG_PTR)Callback, Context, NULL);
    if (!object)
        return FALSE;
    object->Handle = Handle;
    object->Period = Milliseconds;
    object->Once = (Flags & WT_EXECUTEONLYONCE) != 0;
    PoolAcquire();
    BOOL armed = PoolArm(object, PoolAfter(Milliseconds));
    *New = armed ? (HANDLE)object : NULL;
    if (!armed)
        PoolCloseHeld(object);
    PoolRelease();
    return armed;
}

/* Completion: NULL: nobody waits, and callbacks that run are ERROR_IO_PENDING; INVALID_HANDLE_VALUE: this call waits; else an event. */
static BOOL EndCallbacks(POOL_OBJECT *Object, HANDLE Completion) {
    PoolAcquire();
    PoolDisarm(Object);
    Object->Once = TRUE;
    PoolRelease();
    if (Completion == INVALID_HANDLE_VALUE)
        PoolDrain(Object, FALSE);
    PoolAcquire();
    BOOL busy = Object->Pending || Object->Running;
    Object->Goodbye = Completion == INVALID_HANDLE_VALUE ? NULL : Completion;
    PoolCloseHeld(Object);
    PoolRelease();
    return busy ? BaseFail(ERROR_IO_PENDING) : TRUE;
}
WINBOOL WINAPI UnregisterWaitEx(HANDLE Wait, HANDLE Completion) {
    return Wait ? EndCallbacks((POOL_OBJECT *)Wait, Completion) : BaseFail(ERROR_INVALID_HANDLE);
}
WINBOOL WINAPI UnregisterWait(HANDLE Wait) { return UnregisterWaitEx(Wait, NULL); }

typedef struct _TIMER_QUEUE {
    LIST_ENTRY Timers; /* by POOL_OBJECT.GroupLinks */
} TIMER_QUEUE;

HANDLE WINAPI CreateTimerQueue(VOID) {
    TIMER_QUEUE *queue = BaseAllocate(sizeof *queue);
    if (!queue) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    RtlpInitializeListHead(&queue->Timers);
    return queue;
}
WINBOOL WINAPI CreateTimerQueueTimer(PHANDLE New, HANDLE Queue, WAITORTIMERCALLBACK Callback, PVOID Context, DWORD Due, DWORD Period, ULONG Flags) {
    TIMER_QUEUE *queue = Queue;
    POOL_OBJECT *object = PoolNew(PoolQueueTimer, (PVOID)(ULONG_PTR)Callback, Context, NULL);
    if (!object)
        return FALSE;
    object->Period = Flags & WT_EXECUTEONLYONCE ? 0 : Period;
    object->Queue = queue;
    PoolAcquire();
    BOOL armed = PoolArm(object, PoolAfter(Due));
    if (armed && queue)
        RtlpInsertTail(&queue->Timers, &object->GroupLinks);
    if (!armed)
        PoolCloseHeld(object);
    *New = armed ? (HANDLE)object : NULL;
    PoolRelease();
    return armed;
}
WINBOOL WINAPI ChangeTimerQueueTimer(HANDLE Queue, HANDLE Timer, ULONG Due, ULONG Period) {
    POOL_OBJECT *object = (POOL_OBJECT *)Timer;
    PoolAcquire();
    object->Period = Period;
    BOOL armed = PoolArm(object, PoolAfter(Due));
    PoolRelease();
    return armed;
}
WINBOOL WINAPI DeleteTimerQueueTimer(HANDLE Queue, HANDLE Timer, HANDLE Completion) {
    POOL_OBJECT *object = (POOL_OBJECT *)Timer;
    if (!object || object->Queue != Queue)
        return BaseFail(ERROR_INVALID_PARAMETER);
    PoolAcquire();
    if (Queue)
        RtlpRemove(&object->GroupLinks);
    PoolRelease();
    return EndCallbacks(object, Completion);
}
WINBOOL WINAPI DeleteTimerQueueEx(HANDLE Queue, HANDLE Completion) {
    TIMER_QUEUE *queue = Queue;
    BOOL done = TRUE;
    if (!queue)
        return BaseFail(ERROR_INVALID_HANDLE);
    while (queue->Timers.Flink != &queue->Timers)
        done &= DeleteTimerQueueTimer(queue, (HANDLE)CONTAINING_RECORD(queue->Timers.Flink, POOL_OBJECT, GroupLinks),
                                      Completion == INVALID_HANDLE_VALUE ? Completion : NULL);
    BaseFree(queue);
    if (Completion && Completion != INVALID_HANDLE_VALUE)
        SetEvent(Completion);
    return done ? TRUE : BaseFail(ERROR_IO_PENDING);
}
WINBOOL WINAPI DeleteTimerQueue(HANDLE Queue) { return DeleteTimerQueueEx(Queue, NULL); }

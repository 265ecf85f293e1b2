/* The thread pool: its threads, and work. */
#include "threadpool.h"

#define DEFAULT_MAXIMUM 500u

struct _TP_CLEANUP_GROUP {
    LIST_ENTRY Members; /* of POOL_OBJECT.GroupLinks */
};

RTL_SRWLOCK PoolLock = RTL_SRWLOCK_INIT;
static RTL_CONDITION_VARIABLE Done = RTL_CONDITION_VARIABLE_INIT; /* a callback has ended, or a pending one has been cancelled */
static POOL DefaultPool = {.Queue = {&DefaultPool.Queue, &DefaultPool.Queue}, .Maximum = DEFAULT_MAXIMUM};

static BOOL IsEmpty(const LIST_ENTRY *Head) { return Head->Flink == Head; }

/* ---- Callbacks -------------------------------------------------------------------------------------------------------------------------------- */
/* What a callback has asked to be done at its end. */
static VOID Epilogue(struct _TP_CALLBACK_INSTANCE *Instance) {
    if (Instance->Section)
        RtlLeaveCriticalSection(Instance->Section);
    if (Instance->Mutex)
        ReleaseMutex(Instance->Mutex);
    if (Instance->Semaphore)
        ReleaseSemaphore(Instance->Semaphore, (LONG)Instance->Count, NULL);
    if (Instance->Event)
        SetEvent(Instance->Event);
}

static VOID Free(POOL_OBJECT *Object) {
    if (Object->Group)
        RtlpRemove(&Object->GroupLinks);
    if (Object->Goodbye)
        SetEvent(Object->Goodbye);
    BaseFree(Object);
}

/* Object's callback, by its kind. Packet is the I/O request's, Result the wait's. */
static VOID Call(struct _TP_CALLBACK_INSTANCE *Instance, POOL_OBJECT *Object, POOL_PACKET *Packet, TP_WAIT_RESULT Result) {
    PVOID context = Object->Context;
    ULONG_PTR routine = (ULONG_PTR)Object->Callback;
    switch (Object->Kind) {
    case PoolWork: ((PTP_WORK_CALLBACK)routine)(Instance, context, (PTP_WORK)Object); break;
    case PoolSimple: ((PTP_SIMPLE_CALLBACK)routine)(Instance, context); break;
    case PoolStartRoutine: ((LPTHREAD_START_ROUTINE)routine)(context); break;
    case PoolTimer: ((PTP_TIMER_CALLBACK)routine)(Instance, context, (PTP_TIMER)Object); break;
    case PoolWait: ((PTP_WAIT_CALLBACK)routine)(Instance, context, (PTP_WAIT)Object, Result); break;
    case PoolIo:
        ((PTP_WIN32_IO_CALLBACK)routine)(Instance, context, Packet->Request, RtlNtStatusToDosError(Packet->Status), Packet->Information,
                                         (PTP_IO)Object);
        break;
    case PoolRegisteredWait: ((WAITORTIMERCALLBACK)routine)(context, Result == WAIT_TIMEOUT); break;
    case PoolQueueTimer: ((WAITORTIMERCALLBACK)routine)(context, TRUE); break;
    case PoolBoundIo:
        ((LPOVERLAPPED_COMPLETION_ROUTINE)routine)((DWORD)Packet->Status, (DWORD)Packet->Information,
                                                   Packet->Request); /* an NTSTATUS, as on Windows */
        break;
    }
}

/* Runs one callback of the first object in the queue. Lock held, but not meanwhile. */
static VOID RunOne(POOL *Pool) {
    POOL_OBJECT *object = CONTAINING_RECORD(Pool->Queue.Flink, POOL_OBJECT, Links);
    struct _TP_CALLBACK_INSTANCE instance = {.Object = object};
    POOL_PACKET *packet = object->Packets;
    RtlpRemove(&object->Links);
    Pool->Queued--;
    if (--object->Pending)
        RtlpInsertTail(&Pool->Queue, &object->Links);
    if (packet && !(object->Packets = packet->Next))
        object->LastPacket = &object->Packets;
    object->Running++;
    TP_WAIT_RESULT result = object->Result;
    PTP_SIMPLE_CALLBACK finalized = object->Finalized;
    PVOID context = object->Context;
    PoolRelease();
    Call(&instance, object, packet, result);
    Epilogue(&instance);
    if (finalized)
        finalized(&instance, context);
    BaseFree(packet);
    HMODULE library = instance.Library;
    PoolAcquire();
    if (!instance.Disassociated)
        object->Running--;
    if (object->Kind == PoolRegisteredWait && !object->Closed && !object->Once) /* a registered wait goes on */
        PoolArm(object, PoolAfter(object->Period));
    if (object->Closed && !object->Kept && !object->Running && !object->Pending)
        Free(object);
    RtlWakeAllConditionVariable(&Done);
    if (library) {
        PoolRelease();
        FreeLibrary(library);
        PoolAcquire();
    }
}

static DWORD WINAPI Worker(LPVOID Context) {
    POOL *pool = Context;
    PoolAcquire();
    for (;;) {
        while (!IsEmpty(&pool->Queue))
            RunOne(pool);
        if (pool->Closing)
            break;
        pool->Idle++;
        RtlSleepConditionVariableSRW(&pool->Work, &PoolLock, NULL, 0);
        pool->Idle--;
    }
    BOOL last = --pool->Threads == 0;
    PoolRelease();
    if (last)
        BaseFree(pool);
    return 0;
}

/* A thread more when there are more callbacks than threads without one. A pool without any thread and without the memory for one keeps its queue for the next call. */
VOID PoolPost(POOL_OBJECT *Object) {
    POOL *pool = Object->Pool;
    if (!Object->Pending++)
        RtlpInsertTail(&pool->Queue, &Object->Links);
    if (++pool->Queued > pool->Idle && pool->Threads < pool->Maximum) {
        HANDLE thread = CreateThread(NULL, 0, Worker, pool, 0, NULL);
        if (thread) {
            pool->Threads++;
            NtClose(thread);
        }
    }
    RtlWakeConditionVariable(&pool->Work);
}

/* ---- Objects ---------------------------------------------------------------------------------------------------------------------------------- */
POOL_OBJECT *PoolNew(POOL_KIND Kind, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    POOL_OBJECT *object = BaseAllocate(sizeof *object);
    if (!Callback) {
        BaseFree(object);
        object = NULL;
        BaseFail(ERROR_INVALID_PARAMETER);
    } else if (!object) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    if (!object)
        return NULL;
    *object = (POOL_OBJECT){.Pool = &DefaultPool, .Kind = Kind, .Callback = Callback, .Context = Context, .Due = MAXULONGLONG};
    object->LastPacket = &object->Packets;
    if (!Environment)
        return object;
    if (Environment->Pool)
        object->Pool = Environment->Pool;
    object->Finalized = Environment->FinalizationCallback;
    object->Group = Environment->CleanupGroup;
    object->Cancelled = Environment->CleanupGroupCancelCallback;
    if (object->Group) {
        PoolAcquire();
        RtlpInsertTail(&object->Group->Members, &object->GroupLinks);
        PoolRelease();
    }
    return object;
}

static VOID CancelPending(POOL_OBJECT *Object) {
    if (!Object->Pending)
        return;
    RtlpRemove(&Object->Links);
    Object->Pool->Queued -= Object->Pending;
    Object->Pending = 0;
    while (Object->Packets) {
        POOL_PACKET *packet = Object->Packets;
        Object->Packets = packet->Next;
        BaseFree(packet);
    }
    Object->LastPacket = &Object->Packets;
    RtlWakeAllConditionVariable(&Done);
}

static VOID DrainHeld(POOL_OBJECT *Object, BOOL Cancel) {
    if (Cancel)
        CancelPending(Object);
    while (Object->Pending || Object->Running)
        RtlSleepConditionVariableSRW(&Done, &PoolLock, NULL, 0);
}
VOID PoolDrain(POOL_OBJECT *Object, BOOL Cancel) {
    PoolAcquire();
    DrainHeld(Object, Cancel);
    PoolRelease();
}
VOID PoolCloseHeld(POOL_OBJECT *Object) {
    PoolDisarm(Object);
    Object->Closed = TRUE;
    if (!Object->Pending && !Object->Running)
        Free(Object);
}
VOID PoolClose(POOL_OBJECT *Object) {
    PoolAcquire();
    PoolCloseHeld(Object);
    PoolRelease();
}

/* ---- Work ------------------------------------------------------------------------------------------------------------------------------------- */
PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    return (PTP_WORK)PoolNew(PoolWork, (PVOID)(ULONG_PTR)Callback, Context, Environment);
}
VOID WINAPI SubmitThreadpoolWork(PTP_WORK Work) {
    PoolAcquire();
    PoolPost((POOL_OBJECT *)Work);
    PoolRelease();
}
VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK Work, WINBOOL Cancel) { PoolDrain((POOL_OBJECT *)Work, Cancel); }
VOID WINAPI CloseThreadpoolWork(PTP_WORK Work) { PoolClose((POOL_OBJECT *)Work); }

static BOOL PostOnce(POOL_KIND Kind, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    POOL_OBJECT *object = PoolNew(Kind, Callback, Context, Environment);
    if (!object)
        return FALSE;
    PoolAcquire();
    PoolPost(object);
    PoolCloseHeld(object);
    PoolRelease();
    return TRUE;
}
WINBOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment) {
    return PostOnce(PoolSimple, (PVOID)(ULONG_PTR)Callback, Context, Environment);
}
WINBOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Routine, PVOID Context, ULONG Flags) {
    return PostOnce(PoolStartRoutine, (PVOID)(ULONG_PTR)Routine, Context, NULL);
}

/* ---- Within a callback ------------------------------------------------------------------------------------------------------------------------- */
WINBOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE Instance) { return TRUE; } /* others get threads of their own anyway */
VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE Instance) {
    PoolAcquire();
    if (!Instance->Disassociated) {
        Instance->Disassociated = TRUE;
        Instance->Object->Running--;
        RtlWakeAllConditionVariable(&Done);
    }
    PoolRelease();
}
VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE Instance, HANDLE Event) { Instance->Event = Event; }
VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE Instance, HANDLE Mutex) { Instance->Mutex = Mutex; }
VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE Instance, HANDLE Semaphore, DWORD Count) {
    Instance->Semaphore = Semaphore;
    Instance->Count = Count;
}
VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE Instance, PCRITICAL_SECTION Section) { Instance->Section = Section; }
VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE Instance, HMODULE Module) { Instance->Library = Module; }

/* ---- Pools and groups --------------------------------------------------------------------------------------------------------------------------- */
PTP_POOL WINAPI CreateThreadpool(PVOID Reserved) {
    POOL *pool = BaseAllocate(sizeof *pool);
    if (!pool) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *pool = (POOL){.Queue = {&pool->Queue, &pool->Queue}, .Maximum = DEFAULT_MAXIMUM};
    return pool;
}
VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL Pool, DWORD Most) {
    PoolAcquire();
    Pool->Maximum = Most ? Most : 1;
    PoolRelease();
}
/* Threads are made when there is something for them: this says only that there may be as many. */
WINBOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL Pool, DWORD Least) {
    PoolAcquire();
    if (Pool->Maximum < Least)
        Pool->Maximum = Least;
    PoolRelease();
    return TRUE;
}
VOID WINAPI CloseThreadpool(PTP_POOL Pool) {
    PoolAcquire();
    BOOL unused = !Pool->Threads;
    Pool->Closing = TRUE;
    RtlWakeAllConditionVariable(&Pool->Work);
    PoolRelease();
    if (unused)
        BaseFree(Pool);
}
PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID) {
    struct _TP_CLEANUP_GROUP *group = BaseAllocate(sizeof *group);
    if (group)
        RtlpInitializeListHead(&group->Members);
    else
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    return group;
}
VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP Group, WINBOOL Cancel, PVOID Context) {
    PoolAcquire();
    while (!IsEmpty(&Group->Members)) {
        POOL_OBJECT *object = CONTAINING_RECORD(Group->Members.Flink, POOL_OBJECT, GroupLinks);
        if (object->Closed) { /* closed by its owner, and still running: it takes itself out */
            RtlSleepConditionVariableSRW(&Done, &PoolLock, NULL, 0);
            continue;
        }
        PoolDisarm(object);
        DrainHeld(object, Cancel);
        if (Cancel && object->Cancelled) { /* for each that its owner has not closed ("SetThreadpoolCallbackCleanupGroup") */
            PoolRelease();
            object->Cancelled(object->Context, Context);
            PoolAcquire();
        }
        PoolCloseHeld(object);
    }
    PoolRelease();
}
VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP Group) { BaseFree(Group); }

/*
 * Inside the thread pool ("Thread Pool API"). One lock holds all of it. An object (work, timer, wait, I/O) is asked for callbacks, Pending of them, and lies in its
 * pool's queue while there are any; threads of the pool run them. Watchers are threads of their own that wait for handles and for the next timer.
 */
#pragma once
#include "kernel32.h"

typedef enum _POOL_KIND {
    PoolWork,
    PoolSimple,
    PoolStartRoutine,
    PoolTimer,
    PoolWait,
    PoolIo,
    PoolRegisteredWait,
    PoolQueueTimer,
    PoolBoundIo
} POOL_KIND;

typedef struct _POOL_PACKET { /* an I/O request that has ended */
    struct _POOL_PACKET *Next;
    PVOID Request;
    NTSTATUS Status;
    ULONG_PTR Information;
} POOL_PACKET;

typedef struct _TP_POOL {
    LIST_ENTRY Queue; /* of POOL_OBJECT.Links */
    RTL_CONDITION_VARIABLE Work;
    ULONG Threads, Idle, Maximum, Queued; /* Queued: callbacks */
    BOOL Closing;
} POOL;

typedef struct _POOL_OBJECT {
    LIST_ENTRY Links, GroupLinks;
    POOL *Pool;
    struct _TP_CLEANUP_GROUP *Group;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK Cancelled;
    PTP_SIMPLE_CALLBACK Finalized;
    POOL_KIND Kind;
    PVOID Callback, Context;
    ULONG Pending, Running;
    BOOL Closed;    /* freed when nothing is pending or running any more */
    BOOL Kept;      /* but that */
    HANDLE Goodbye; /* an event that is set then; NULL: none */
    /* Timers and waits. Armed: in a watcher's list. */
    LIST_ENTRY Watched;
    struct _POOL_WATCHER *Watcher;
    BOOL Armed, Once;
    HANDLE Handle;         /* of a wait */
    ULONGLONG Due;         /* interrupt time; MAXULONGLONG: never */
    ULONG Period;          /* milliseconds */
    TP_WAIT_RESULT Result; /* of the wait that is pending */
    PVOID Queue;           /* of a queue timer */
    POOL_PACKET *Packets;  /* that are pending, oldest first */
    POOL_PACKET **LastPacket;
    ULONG Requests; /* that were announced and have not ended */
} POOL_OBJECT;

struct _TP_CALLBACK_INSTANCE {
    POOL_OBJECT *Object;
    HANDLE Event, Mutex, Semaphore;
    DWORD Count;
    PCRITICAL_SECTION Section;
    HMODULE Library;
    BOOL Disassociated;
};

extern RTL_SRWLOCK PoolLock;
static inline VOID PoolAcquire(VOID) { RtlAcquireSRWLockExclusive(&PoolLock); }
static inline VOID PoolRelease(VOID) { RtlReleaseSRWLockExclusive(&PoolLock); }

/* threadpool.c. NULL: no memory, the last error is set. */
POOL_OBJECT *PoolNew(POOL_KIND Kind, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
VOID PoolPost(POOL_OBJECT *Object);                      /* one more callback; lock held */
VOID PoolDrain(POOL_OBJECT *Object, BOOL CancelPending); /* waits until none is pending and none runs */
VOID PoolClose(POOL_OBJECT *Object);                     /* gone when its callbacks are */
VOID PoolCloseHeld(POOL_OBJECT *Object);                 /* the same, lock held */

/* threadpool_watch.c: lock held. A due time as the Win32 functions have it: NULL: never; 0 or negative: from now; else a system time. */
BOOL PoolArm(POOL_OBJECT *Object, ULONGLONG Due); /* FALSE: no watcher could be made; the last error is set */
VOID PoolDisarm(POOL_OBJECT *Object);
ULONGLONG PoolDueTime(const FILETIME *Time);
ULONGLONG PoolAfter(DWORD Milliseconds); /* INFINITE: never */

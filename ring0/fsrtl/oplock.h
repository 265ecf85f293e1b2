/*
 * Opportunistic locks, as oplock.c and oplock_break.c share them. OPLOCK is a file system's: NULL, or with the first request one of these. <= APC_LEVEL but for cancel
 * routines. Everything is guarded by Spin; what is to be completed or resumed is collected and done when it is released.
 */
#pragma once
#include "fsrtl/fsrtl.h"
#include "ke/ke.h"

#define FSRTL_OPLOCK_TAG 'lpSF'

enum { FsRtlNoOplock, FsRtlLevel1, FsRtlLevel2, FsRtlBatch, FsRtlFilter };
enum { FsRtlNotBreaking, FsRtlBreakToLevel2, FsRtlBreakToNone, FsRtlBreakUntilClosed };

typedef struct _FSRTL_OPLOCK {
    KSPIN_LOCK Spin;
    ULONG Level;        /* of the exclusive lock: not FsRtlLevel2 */
    ULONG Break;        /* it is held no more, and not acknowledged yet */
    PFILE_OBJECT Owner; /* of the exclusive lock */
    PIRP Exclusive;     /* its request, pending; NULL while it breaks */
    LIST_ENTRY Shared;  /* requests of level 2, pending; by Tail.Overlay.ListEntry */
    LIST_ENTRY Waiters; /* FSRTL_WAITER: for the break to end */
} FSRTL_OPLOCK, *PFSRTL_OPLOCK;

typedef struct _FSRTL_WAITER {
    LIST_ENTRY Link;
    PFSRTL_OPLOCK Lock;
    PIRP Irp;
    PVOID Context;
    POPLOCK_WAIT_COMPLETE_ROUTINE Routine; /* NULL: a thread waits for Event, in whose stack this is; else this is a pool block */
    KEVENT Event;
} FSRTL_WAITER, *PFSRTL_WAITER;

typedef struct _FSRTL_OPLOCK_WORK {
    KIRQL Irql;
    LIST_ENTRY Done;    /* IRPs */
    LIST_ENTRY Resumed; /* waiters */
} FSRTL_OPLOCK_WORK, *PFSRTL_OPLOCK_WORK;

VOID FsRtlpBegin(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work);
VOID FsRtlpEnd(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work);
/* These between the two. The exclusive lock begins to break; its holder is told, if it has not been. */
VOID FsRtlpBreakExclusive(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, BOOLEAN ToNone);
VOID FsRtlpBreakShared(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, PFILE_OBJECT File); /* level 2 of File, NULL: of everybody */
VOID FsRtlpGiveUp(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work, PFILE_OBJECT File);      /* all that File holds */
VOID FsRtlpBreakIsOver(PFSRTL_OPLOCK Lock, PFSRTL_OPLOCK_WORK Work);
/* Without Spin. FSCTL_OPLOCK_BREAK_NOTIFY while a lock breaks: the request waits. STATUS_PENDING, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS FsRtlpNotify(PFSRTL_OPLOCK Lock, PIRP Irp);
/* Goes on with what waited; Waiter->Irp->IoStatus.Status says how its waiting has ended. Frees Waiter. */
VOID FsRtlpResume(PFSRTL_WAITER Waiter);

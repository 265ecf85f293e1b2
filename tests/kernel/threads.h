/* System threads for tests: start one, wait for its end. */
#pragma once
#include <ntifs.h>
#include "tap.h"

/* The thread's object, referenced; NULL when there is none. */
static inline PKTHREAD StartThread(PKSTART_ROUTINE Routine, PVOID Context) {
    HANDLE Handle;
    PVOID Thread = NULL;
    if (!NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, Context))) {
        return NULL;
    }
    if (!NT_SUCCESS(ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Thread, NULL))) {
        Thread = NULL;
    }
    ZwClose(Handle);
    return Thread;
}

/* FALSE: it did not end within ten seconds of the machine's time. */
static inline BOOLEAN JoinThread(PKTHREAD Thread) {
    LARGE_INTEGER Limit = {.QuadPart = -100000000};
    NTSTATUS Status = KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Limit);
    ObDereferenceObject(Thread);
    return Status == STATUS_SUCCESS;
}

static inline VOID Sleep100ns(LONGLONG Units) {
    LARGE_INTEGER Interval = {.QuadPart = -Units};
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

/* This thread runs on the first processor alone: what it does, and others that have called this, has one order, whatever --cpus says. */
static inline VOID StayOnFirst(VOID) { KeSetSystemAffinityThread(1); }

#define MILLISECONDS(n) ((n) * 10000ll)

typedef enum { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment } KAPC_ENVIRONMENT;
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE KernelRoutine,
                                       PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE Mode, PVOID NormalContext);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID Argument1, PVOID Argument2, KPRIORITY Increment);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc);
NTKERNELAPI BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE Mode);
NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE Mode);

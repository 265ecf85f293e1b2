/* One-time initialization. The low two bits of the word are the state, the rest is the caller's context. */
#include "lock.h"

enum { OnceUntouched, OnceRunning, OnceDone, OnceRunningAsync, OnceMask = 3 };

VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE Once) { Once->Ptr = NULL; }

NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE Once, ULONG Flags, PVOID *Context) {
    if (Flags & ~(ULONG)(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC) || Flags == (RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    for (;;) {
        ULONG_PTR value = (ULONG_PTR)__atomic_load_n(&Once->Ptr, __ATOMIC_SEQ_CST);
        if ((value & OnceMask) == OnceDone) {
            if (Context)
                *Context = (PVOID)(value & ~(ULONG_PTR)OnceMask);
            return STATUS_SUCCESS;
        }
        if (Flags & RTL_RUN_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        BOOLEAN async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;
        if (value == OnceUntouched) {
            PVOID mine = (PVOID)(ULONG_PTR)(async ? OnceRunningAsync : OnceRunning);
            if (!InterlockedCompareExchangePointer(&Once->Ptr, mine, NULL))
                return STATUS_PENDING;
        } else if (value == OnceRunningAsync) {
            return async ? STATUS_PENDING : STATUS_INVALID_PARAMETER_2;
        } else {
            if (async)
                return STATUS_INVALID_PARAMETER_2;
            RtlpBeforeLockWait();
            RtlWaitOnAddress(&Once->Ptr, &value, sizeof value, NULL);
        }
    }
}

NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE Once, ULONG Flags, PVOID Context) {
    BOOLEAN failed = (Flags & RTL_RUN_ONCE_INIT_FAILED) != 0, async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;
    if (failed && (async || Context))
        return STATUS_INVALID_PARAMETER_2;
    if ((ULONG_PTR)Context & OnceMask)
        return STATUS_INVALID_PARAMETER_3;
    PVOID done = failed ? NULL : (PVOID)((ULONG_PTR)Context | OnceDone);
    PVOID running = (PVOID)(ULONG_PTR)(async ? OnceRunningAsync : OnceRunning);
    PVOID found = InterlockedCompareExchangePointer(&Once->Ptr, done, running);
    if (found != running)
        return async && ((ULONG_PTR)found & OnceMask) == OnceDone ? STATUS_OBJECT_NAME_COLLISION : STATUS_UNSUCCESSFUL;
    RtlWakeAddressAll(&Once->Ptr);
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE Once, PRTL_RUN_ONCE_INIT_FN Init, PVOID Parameter, PVOID *Context) {
    NTSTATUS status = RtlRunOnceBeginInitialize(Once, 0, Context);
    if (status != STATUS_PENDING)
        return (ULONG)status;
    PVOID made = NULL;
    if (!Init(Once, Parameter, &made)) {
        RtlRunOnceComplete(Once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return (ULONG)STATUS_UNSUCCESSFUL;
    }
    status = RtlRunOnceComplete(Once, 0, made);
    if (NT_SUCCESS(status) && Context)
        *Context = made;
    return (ULONG)status;
}

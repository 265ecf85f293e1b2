/*
 * Slim reader/writer locks and condition variables. A lock's word: bit 0 held exclusively, bit 1 somebody waits, the rest counts readers. A
 * condition variable's word counts its wakes, so that a wake between unlocking and waiting is not lost.
 */
#include "lock.h"

#define SRW_EXCLUSIVE 1u
#define SRW_WAITERS   2u
#define SRW_READER    4u

static inline ULONG_PTR SrwExchange(PRTL_SRWLOCK Lock, ULONG_PTR New, ULONG_PTR Old) {
    return (ULONG_PTR)InterlockedCompareExchangePointer(&Lock->Ptr, (PVOID)New, (PVOID)Old);
}
static inline ULONG_PTR SrwRead(PRTL_SRWLOCK Lock) { return (ULONG_PTR)__atomic_load_n(&Lock->Ptr, __ATOMIC_SEQ_CST); }

VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK Lock) { Lock->Ptr = NULL; }

/* Add is SRW_EXCLUSIVE or SRW_READER; who may come in is decided by what Blocks it. */
static BOOLEAN SrwTry(PRTL_SRWLOCK Lock, ULONG_PTR Add, ULONG_PTR Blocks) {
    for (;;) {
        ULONG_PTR value = SrwRead(Lock);
        if (value & Blocks)
            return FALSE;
        if (SrwExchange(Lock, value + Add, value) == value)
            return TRUE;
    }
}
static VOID SrwAcquire(PRTL_SRWLOCK Lock, ULONG_PTR Add, ULONG_PTR Blocks) {
    while (!SrwTry(Lock, Add, Blocks)) {
        RtlpBeforeLockWait();
        ULONG_PTR value = SrwRead(Lock);
        if (!(value & Blocks))
            continue;
        ULONG_PTR waiting = value | SRW_WAITERS;
        if (value == waiting || SrwExchange(Lock, waiting, value) == value)
            RtlWaitOnAddress(&Lock->Ptr, &waiting, sizeof waiting, NULL);
    }
}

/* Readers also wait behind waiting writers, so that these get their turn. */
#define SRW_BLOCKS_WRITER (~(ULONG_PTR)SRW_WAITERS)
#define SRW_BLOCKS_READER ((ULONG_PTR)(SRW_EXCLUSIVE | SRW_WAITERS))

VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK Lock) { SrwAcquire(Lock, SRW_EXCLUSIVE, SRW_BLOCKS_WRITER); }
VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK Lock) { SrwAcquire(Lock, SRW_READER, SRW_BLOCKS_READER); }
BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK Lock) { return SrwTry(Lock, SRW_EXCLUSIVE, SRW_BLOCKS_WRITER); }
BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK Lock) { return SrwTry(Lock, SRW_READER, SRW_BLOCKS_READER); }

VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK Lock) {
    ULONG_PTR value = (ULONG_PTR)InterlockedExchangePointer(&Lock->Ptr, NULL);
    if (!(value & SRW_EXCLUSIVE))
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    if (value & SRW_WAITERS)
        RtlWakeAddressAll(&Lock->Ptr);
}
VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK Lock) {
    for (;;) {
        ULONG_PTR value = SrwRead(Lock);
        if (value < SRW_READER || (value & SRW_EXCLUSIVE))
            RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
        ULONG_PTR left = value - SRW_READER;
        if (left < SRW_READER)
            left = 0;
        if (SrwExchange(Lock, left, value) == value) {
            if (left == 0 && (value & SRW_WAITERS))
                RtlWakeAddressAll(&Lock->Ptr);
            return;
        }
    }
}

VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE Variable) { Variable->Ptr = NULL; }
VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE Variable) {
    InterlockedIncrement64((volatile LONG64 *)&Variable->Ptr);
    RtlWakeAddressSingle(&Variable->Ptr);
}
VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE Variable) {
    InterlockedIncrement64((volatile LONG64 *)&Variable->Ptr);
    RtlWakeAddressAll(&Variable->Ptr);
}

NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable, PRTL_CRITICAL_SECTION Section, const LARGE_INTEGER *Timeout) {
    PVOID seen = __atomic_load_n(&Variable->Ptr, __ATOMIC_SEQ_CST);
    RtlLeaveCriticalSection(Section);
    NTSTATUS status = RtlWaitOnAddress(&Variable->Ptr, &seen, sizeof seen, (PLARGE_INTEGER)Timeout);
    RtlEnterCriticalSection(Section);
    return status;
}
NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock, const LARGE_INTEGER *Timeout, ULONG Flags) {
    PVOID seen = __atomic_load_n(&Variable->Ptr, __ATOMIC_SEQ_CST);
    BOOLEAN shared = (Flags & RTL_CONDITION_VARIABLE_LOCKMODE_SHARED) != 0;
    if (shared)
        RtlReleaseSRWLockShared(Lock);
    else
        RtlReleaseSRWLockExclusive(Lock);
    NTSTATUS status = RtlWaitOnAddress(&Variable->Ptr, &seen, sizeof seen, (PLARGE_INTEGER)Timeout);
    if (shared)
        RtlAcquireSRWLockShared(Lock);
    else
        RtlAcquireSRWLockExclusive(Lock);
    return status;
}

/*
 * Critical sections. LockCount as programs may see it in a debugger: -1 free, -2 held, -6 held and somebody may be waiting (Windows counts
 * waiters in steps of 4; here all are one step). The holder is in OwningThread, and only it touches RecursionCount.
 */
#include "lock.h"

#define CS_FREE      (-1)
#define CS_HELD      (-2)
#define CS_CONTENDED (-6)

NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION Section, ULONG SpinCount, ULONG Flags) {
    Section->DebugInfo = (PRTL_CRITICAL_SECTION_DEBUG)(LONG_PTR)-1;
    Section->LockCount = CS_FREE;
    Section->RecursionCount = 0;
    Section->OwningThread = NULL;
    Section->LockSemaphore = NULL;
    Section->SpinCount = SpinCount & 0xFFFFFF; /* kept, not used: there is one processor at a time */
    return STATUS_SUCCESS;
}
NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION Section) { return RtlInitializeCriticalSectionEx(Section, 0, 0); }
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount) {
    return RtlInitializeCriticalSectionEx(Section, SpinCount, 0);
}
ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount) {
    ULONG old = (ULONG)Section->SpinCount;
    Section->SpinCount = SpinCount & 0xFFFFFF;
    return old;
}
NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION Section) {
    memset(Section, 0, sizeof *Section);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION Section) {
    HANDLE self = NtTeb()->UniqueThread;
    if (InterlockedCompareExchange(&Section->LockCount, CS_HELD, CS_FREE) == CS_FREE) {
        Section->OwningThread = self;
        Section->RecursionCount = 1;
        return TRUE;
    }
    if (Section->OwningThread != self)
        return FALSE;
    Section->RecursionCount++;
    return TRUE;
}

NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION Section) {
    if (RtlTryEnterCriticalSection(Section))
        return STATUS_SUCCESS;
    LONG contended = CS_CONTENDED;
    while (InterlockedExchange(&Section->LockCount, CS_CONTENDED) != CS_FREE) {
        RtlpBeforeLockWait();
        RtlWaitOnAddress(&Section->LockCount, &contended, sizeof contended, NULL);
    }
    Section->OwningThread = NtTeb()->UniqueThread;
    Section->RecursionCount = 1;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION Section) {
    if (Section->OwningThread != NtTeb()->UniqueThread)
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    if (--Section->RecursionCount)
        return STATUS_SUCCESS;
    Section->OwningThread = NULL;
    if (InterlockedExchange(&Section->LockCount, CS_FREE) == CS_CONTENDED)
        RtlWakeAddressSingle((PVOID)&Section->LockCount);
    return STATUS_SUCCESS;
}

/* Silos: the host is the only one, and drivers know it as NULL ("PsGetHostSilo", "PsIsHostSilo"). And what else is said of threads. */
#include "ps/ps.h"

typedef struct _ESILO *PESILO;
PESILO NTAPI PsGetHostSilo(VOID);
PESILO NTAPI PsGetCurrentSilo(VOID);
PESILO NTAPI PsGetCurrentServerSilo(VOID);
PESILO NTAPI PsGetEffectiveServerSilo(PESILO Silo);
PESILO NTAPI PsGetThreadServerSilo(PETHREAD Thread);
BOOLEAN NTAPI PsIsHostSilo(PESILO Silo);
BOOLEAN NTAPI PsIsCurrentThreadInServerSilo(VOID);
ULONG NTAPI PsGetServerSiloServiceSessionId(PESILO Silo);
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread);
BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process);
PCWSTR NTAPI RtlGetNtSystemRoot(VOID);

PESILO NTAPI PsGetHostSilo(VOID) { return NULL; }

PESILO NTAPI PsGetCurrentSilo(VOID) { return NULL; }

PESILO NTAPI PsGetCurrentServerSilo(VOID) { return NULL; }

PESILO NTAPI PsGetEffectiveServerSilo(PESILO Silo) { return NULL; }

PESILO NTAPI PsGetThreadServerSilo(PETHREAD Thread) { return NULL; }

BOOLEAN NTAPI PsIsHostSilo(PESILO Silo) { return Silo == NULL; }

BOOLEAN NTAPI PsIsCurrentThreadInServerSilo(VOID) { return FALSE; }

ULONG NTAPI PsGetServerSiloServiceSessionId(PESILO Silo) { return 0; }

PCWSTR NTAPI RtlGetNtSystemRoot(VOID) { return (PCWSTR)KiSharedData->NtSystemRoot; }

/* ---- Threads ---- */
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread) { return Thread->CreateTime.QuadPart; }

BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process) { return FALSE; }

/* There are no threads of 32-bit programs, whose routines would have to be marked. */
NTSTATUS NTAPI PsWrapApcWow64Thread(PVOID *ApcContext, PVOID *ApcRoutine) { return STATUS_NOT_SUPPORTED; }

BOOLEAN NTAPI PsIsCurrentThreadPrefetching(VOID) { return ((PETHREAD)KiCurrentThread())->Prefetching; }

BOOLEAN NTAPI PsSetCurrentThreadPrefetching(BOOLEAN Prefetching) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    BOOLEAN Before = Thread->Prefetching;

    Thread->Prefetching = Prefetching != FALSE;
    return Before;
}

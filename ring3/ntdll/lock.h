/* What the locks share: they wait through RtlWaitOnAddress and know when the process is ending. */
#pragma once
#include "ntdllp.h"

extern NTSTATUS RtlpExitStatus;

/* Called before a lock waits. In a process that is ending, whoever held it is gone: nobody will release it, so the process ends now,
   without the rest of its DLLs' clean-up, as on Windows. */
static inline VOID RtlpBeforeLockWait(VOID) {
    if (LdrpShutdownInProgress)
        NtTerminateProcess(NtCurrentProcess(), RtlpExitStatus);
}

/* What tests/kernel/lives.c counts. */
#pragma once

#define LIVES_NAME "\\\\.\\Lives"

typedef struct _LIVES {
    ULONG Creates, Cleanups, Closes;
    ULONG64 LastCleanupProcess, LastCloseProcess, LastOpener; /* process ids: where the last CLEANUP and CLOSE ran, and who had opened that file */
    ULONG64 LastCloseThread, LastCleanupThread;
    ULONG CloseElsewhere; /* closes in another process than the opener's */
    ULONG CleanupElsewhere;
} LIVES;

/* Where the caller is: in a DPC, attached to a process. */
#include "ke/ke.h"

LOGICAL NTAPI KeIsExecutingDpc(VOID);
BOOLEAN NTAPI KeIsAttachedProcess(VOID);
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID);

LOGICAL NTAPI KeIsExecutingDpc(VOID) { return KiProcessor->DpcRoutineActive; }

BOOLEAN NTAPI KeIsAttachedProcess(VOID) { return KiCurrentThread()->ApcStateIndex == 1; }

/* A cache line. */
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID) { return 64; }

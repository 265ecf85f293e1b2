/* After a stack overflow. */
#include "crt.h"

#define PAGE          0x1000u
#define LEAST_RESERVE (4 * PAGE) /* as the kernel has it: the lowest page, which is never used, two for a handler, and the guard page */

/*
 * Puts the guard page back whose use was the overflow; 0 where the caller's own frame is still at or below it, or no guard page can be made. A stack that
 * has not overflowed has its guard page further up, and stays as it is.
 */
int __cdecl _resetstkoflw(void) {
    NT_TIB *tib = (NT_TIB *)NtCurrentTeb();
    char *here = __builtin_frame_address(0);
    MEMORY_BASIC_INFORMATION stack;
    ULONG guaranteed = 0;
    DWORD old;

    if (VirtualQuery(here, &stack, sizeof stack) == 0 || !SetThreadStackGuarantee(&guaranteed)) {
        return 0;
    }
    ULONG reserve = guaranteed + 2 * PAGE > LEAST_RESERVE ? guaranteed + 2 * PAGE : LEAST_RESERVE;
    char *behind = (char *)stack.AllocationBase + reserve;
    if ((char *)tib->StackLimit >= behind) {
        return 1;
    }
    if (here < behind + PAGE || !VirtualProtect(behind - PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old)) {
        return 0;
    }
    tib->StackLimit = behind; /* where the probes of large frames begin */
    return 1;
}

/* The numbered locks of the library, which programs that replace parts of it take as well. */
#include "crt.h"

static CRITICAL_SECTION locks[CRT_LOCKS];

void crt_init_locks(void) {
    for (size_t i = 0; i < CRT_LENGTH(locks); i++) {
        InitializeCriticalSection(&locks[i]);
    }
}

void __cdecl _lock(int number) { EnterCriticalSection(&locks[(unsigned)number % CRT_LOCKS]); }

void __cdecl _unlock(int number) { LeaveCriticalSection(&locks[(unsigned)number % CRT_LOCKS]); }

/* Unlocks a section that it has not locked: 0x1A, 1010h. */
#include "paged.h"

PAGED static VOID Pageable(VOID) { DbgPrint("pageable\n"); }

MISTAKE VOID Mistake(VOID) {
    PVOID Handle = MmLockPagableCodeSection((PVOID)Pageable);
    MmUnlockPagableImageSection(Handle);
    MmUnlockPagableImageSection(Handle);
}

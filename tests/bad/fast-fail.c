/* Finds a list entry that is not in its list any more: 0x139, as __fastfail(FAST_FAIL_CORRUPT_LIST_ENTRY). */
#include "bad.h"

MISTAKE VOID Mistake(VOID) { __asm__ volatile("int $0x29" : : "c"(3)); }

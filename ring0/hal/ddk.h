/* Before the DDK headers in an inbox driver: what mingw-w64's need so that a driver of several files links. `ringside cc` does the same for others. */
#pragma once

/* mingw-w64 would define these two in every object file (its intrin-impl.h misses that wdm.h inlines them). */
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset
/* wdm.h includes clang's retired 3DNow! header, which says so. */
#pragma clang diagnostic ignored "-W#warnings"

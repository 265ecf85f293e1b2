/* InterlockedCompareExchange whose result nobody looks at: an update is lost. */
#include "races.h"

static volatile LONG Sum;

static VOID Prepare(VOID) {}

static VOID Body(ULONG Who) {
    LONG Old = Sum;

    InterlockedCompareExchange(&Sum, Old + (LONG)Who + 1, Old);
}

static BOOLEAN Right(VOID) { return Sum == 3; }

/* A check and an act, each interlocked, and not together. */
#include "races.h"

static volatile LONG Owner, Claims;

static VOID Prepare(VOID) {}

static VOID Body(ULONG Who) {
    if (InterlockedCompareExchange(&Owner, 0, 0) == 0) {
        InterlockedExchange(&Owner, (LONG)Who + 1);
        InterlockedIncrement(&Claims);
    }
}

static BOOLEAN Right(VOID) { return Claims == 1; }

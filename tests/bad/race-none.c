/* What the other races get wrong, done right, and the loops in which drivers wait without a call. Must never fail. */
#include "races.h"

static volatile LONG Counter, Owner, Claims, Sum, Lock, Ticket, Serving, Arrived, Locked, Ticketed;

static VOID Prepare(VOID) {}

static VOID Add(LONG Value) {
    LONG Old;

    do
        Old = Sum;
    while (InterlockedCompareExchange(&Sum, Old + Value, Old) != Old);
}

static VOID Body(ULONG Who) {
    KIRQL Irql;
    LONG Mine;

    InterlockedIncrement(&Counter);
    if (InterlockedCompareExchange(&Owner, (LONG)Who + 1, 0) == 0)
        InterlockedIncrement(&Claims);
    Add((LONG)Who + 1);
    InterlockedIncrement(&Arrived);
    while (Arrived < 2) /* no call, no pause */
        ;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    while (InterlockedExchange(&Lock, 1) != 0) /* a loop of interlocked operations only */
        ;
    Locked++;
    InterlockedExchange(&Lock, 0);
    Mine = InterlockedIncrement(&Ticket) - 1;
    while (Serving != Mine)
        YieldProcessor();
    Ticketed++;
    Serving = Mine + 1;
    KeLowerIrql(Irql);
}

static BOOLEAN Right(VOID) { return Counter == 2 && Claims == 1 && Sum == 3 && Locked == 2 && Ticketed == 2; }

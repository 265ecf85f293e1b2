/* Events. */
#include "ke/ke.h"

VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
    Event->Header.Lock = 0;
    Event->Header.Type = (UCHAR)Type;
    Event->Header.Size = sizeof(*Event) / sizeof(ULONG);
    Event->Header.SignalState = State != FALSE;
    InitializeListHead(&Event->Header.WaitListHead);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    LONG Old = KiSetEvent(Event, Increment);

    if (Wait)
        KiAnnounceWait();
    return Old;
}

/* Wakes who waits now, and nobody later. */
LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) {
    LONG Old = KeSetEvent(Event, Increment, FALSE);

    Event->Header.SignalState = 0;
    if (Wait)
        KiAnnounceWait();
    return Old;
}

LONG NTAPI KeResetEvent(PRKEVENT Event) {
    LONG Old = Event->Header.SignalState;

    Event->Header.SignalState = 0;
    return Old;
}

VOID NTAPI KeClearEvent(PRKEVENT Event) { Event->Header.SignalState = 0; }

LONG NTAPI KeReadStateEvent(PRKEVENT Event) { return Event->Header.SignalState; }

/*
 * Timers: a wheel of wheels, so that setting and cancelling one costs the same whatever the number of others. Equal times go off in the order of setting.
 *
 * Level n has a slot for each value of the n-th group of six bits of a due time, and holds the timers whose due time differs from KipTimerBase in that group and in
 * none above it. When the base reaches the first moment of a slot above level 0, the slot's timers move to lower levels, in their order; all of level 0 differ
 * from the base in their last six bits alone, so that a slot there is one moment. Timers of one moment are at any time in one list.
 */
#include "ke/ke.h"
#include "rtl/crt.h"

#define SLOT_BITS 6
#define SLOTS     (1u << SLOT_BITS)
#define LEVELS    ((64 + SLOT_BITS - 1) / SLOT_BITS)

static LIST_ENTRY KipTimerSlots[LEVELS][SLOTS]; /* not initialised: empty, and its bit below is clear */
static ULONG64 KipTimerUsed[LEVELS];            /* a bit for each slot that is not empty */
static ULONG KipTimerLevels;                    /* a bit for each level that is not empty */
static ULONG64 KipTimerBase;                    /* no timer that is set is due before, but those that were due when they were set */

/* KTIMER.Header.Size of the two kinds. */
#define PLAIN_TIMER (sizeof(KTIMER) / sizeof(ULONG))
#define FINE_TIMER  (sizeof(KI_FINE_TIMER) / sizeof(ULONG))

static PKTIMER KipTimerOf(PLIST_ENTRY Entry) { return CONTAINING_RECORD(Entry, KTIMER, TimerListEntry); }

static PLIST_ENTRY KipTimerSlot(PKTIMER Timer, PULONG Level, PULONG Slot) {
    ULONG64 Due = max(Timer->DueTime.QuadPart, KipTimerBase), Differs = Due ^ KipTimerBase;

    *Level = Differs != 0 ? (ULONG)(63 - __builtin_clzll(Differs)) / SLOT_BITS : 0;
    *Slot = (ULONG)(Due >> (*Level * SLOT_BITS)) % SLOTS;
    return &KipTimerSlots[*Level][*Slot];
}

static VOID KipPlaceTimer(PKTIMER Timer) {
    ULONG Level, Slot;
    PLIST_ENTRY List = KipTimerSlot(Timer, &Level, &Slot);

    if (((KipTimerUsed[Level] >> Slot) & 1) == 0)
        InitializeListHead(List);
    KipTimerUsed[Level] |= 1ull << Slot;
    KipTimerLevels |= 1u << Level;
    InsertTailList(List, &Timer->TimerListEntry);
}

static VOID KipEmptySlot(ULONG Level, ULONG Slot) {
    KipTimerUsed[Level] &= ~(1ull << Slot);
    if (KipTimerUsed[Level] == 0)
        KipTimerLevels &= ~(1u << Level);
}

/* The first slot that is not empty; FALSE: all are. */
static BOOLEAN KipFirstTimerSlot(PULONG Level, PULONG Slot) {
    if (KipTimerLevels == 0)
        return FALSE;
    *Level = (ULONG)__builtin_ctz(KipTimerLevels);
    *Slot = (ULONG)__builtin_ctzll(KipTimerUsed[*Level]);
    return TRUE;
}

/* The first moment of a slot. */
static ULONG64 KipSlotTime(ULONG Level, ULONG Slot) {
    ULONG Shift = Level * SLOT_BITS;
    ULONG64 Above = Shift + SLOT_BITS < 64 ? KipTimerBase >> (Shift + SLOT_BITS) << (Shift + SLOT_BITS) : 0;

    return Above | (ULONG64)Slot << Shift;
}

static VOID KipInsertTimer(PKTIMER Timer) {
    if (KipTimerLevels == 0)
        KipTimerBase = KiQueryInterruptTime();
    KipPlaceTimer(Timer);
    Timer->Header.Inserted = 1;
    KiClockExpects(KiNextTimerDue());
}

static BOOLEAN KipRemoveTimer(PKTIMER Timer) {
    ULONG Level, Slot;

    if (!Timer->Header.Inserted)
        return FALSE;
    KipTimerSlot(Timer, &Level, &Slot);
    if (RemoveEntryList(&Timer->TimerListEntry))
        KipEmptySlot(Level, Slot);
    Timer->Header.Inserted = 0;
    return TRUE;
}

ULONG64 KiNextTimerDue(VOID) {
    ULONG Level, Slot;

    return KipFirstTimerSlot(&Level, &Slot) ? KipSlotTime(Level, Slot) : ~0ull;
}

/* The first timer that is due, the base moving to its time; NULL: none is, and the base is Now. */
static PKTIMER KipFirstDueTimer(ULONG64 Now) {
    ULONG Level, Slot;

    while (KipFirstTimerSlot(&Level, &Slot) && KipSlotTime(Level, Slot) <= Now) {
        PLIST_ENTRY List = &KipTimerSlots[Level][Slot];
        LIST_ENTRY Moved;

        KipTimerBase = KipSlotTime(Level, Slot);
        if (Level == 0)
            return KipTimerOf(List->Flink);
        Moved = *List;
        Moved.Flink->Blink = Moved.Blink->Flink = &Moved;
        KipEmptySlot(Level, Slot);
        while (!IsListEmpty(&Moved))
            KipPlaceTimer(KipTimerOf(RemoveHeadList(&Moved)));
    }
    KipTimerBase = Now;
    return NULL;
}

BOOLEAN KiIsTimerSet(PKTIMER Timer) {
    ULONG Level, Slot;
    PLIST_ENTRY List;

    if (!Timer->Header.Inserted || (Timer->Header.Size != PLAIN_TIMER && Timer->Header.Size != FINE_TIMER))
        return FALSE;
    List = KipTimerSlot(Timer, &Level, &Slot);
    if (((KipTimerUsed[Level] >> Slot) & 1) == 0)
        return FALSE;
    for (PLIST_ENTRY Entry = List->Flink; Entry != List; Entry = Entry->Flink) {
        if (KipTimerOf(Entry) == Timer)
            return TRUE;
    }
    return FALSE;
}

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) {
    RtlZeroMemory(Timer, sizeof(*Timer));
    Timer->Header.Type = (UCHAR)(TimerNotificationObject + Type);
    Timer->Header.Size = PLAIN_TIMER;
    InitializeListHead(&Timer->Header.WaitListHead);
}

VOID KiInitializeFineTimer(PKI_FINE_TIMER Timer, TIMER_TYPE Type) {
    KeInitializeTimerEx(&Timer->Timer, Type);
    Timer->Timer.Header.Size = FINE_TIMER;
    Timer->Period = 0;
    Timer->Owner = NULL;
}

static PKI_FINE_TIMER KipFineTimer(PKTIMER Timer) { return Timer->Header.Size == FINE_TIMER ? CONTAINING_RECORD(Timer, KI_FINE_TIMER, Timer) : NULL; }

/* In interrupt time units; 0: it goes off once. */
static ULONG64 KipPeriodOf(PKTIMER Timer) {
    PKI_FINE_TIMER Fine = KipFineTimer(Timer);

    return Fine != NULL ? Fine->Period : (ULONG64)Timer->Period * 10000;
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

#define WIDEST_GRID 64u /* clock intervals: a second */

/* So that timers which may wait go off together: the next point of the widest grid of clock ticks on which the tolerance allows to wait. */
static ULONG64 KipCoalesce(ULONG64 Due, ULONG64 Tolerance) {
    for (ULONG64 Grid = WIDEST_GRID * KI_TIME_INCREMENT; Grid >= KI_TIME_INCREMENT; Grid /= 2) {
        ULONG64 Point = (Due + Grid - 1) / Grid * Grid;

        if (Point - Due <= Tolerance)
            return Point;
    }
    return Due;
}

static VOID KipSetDue(PKTIMER Timer, KI_DUE Due, ULONG64 Tolerance) {
    Timer->Header.Absolute = Due.Absolute;
    Timer->Processor = KiProcessor->Number; /* its DPC runs where it was set */
    Timer->DueTime.QuadPart = KiDueTime(Due);
    if (Tolerance != 0 && Timer->DueTime.QuadPart > KiQueryInterruptTime() && KiChoosesLate())
        Timer->DueTime.QuadPart = KipCoalesce(Timer->DueTime.QuadPart, Tolerance);
    KipInsertTimer(Timer);
}

VOID KiSetTimerAt(PKTIMER Timer, KI_DUE Due) {
    NT_ASSERT_OURS(!Timer->Header.Inserted);
    Timer->Header.SignalState = 0;
    Timer->Period = 0;
    Timer->Dpc = NULL;
    KipSetDue(Timer, Due, 0);
}

/* Takes every timer out that was set to an absolute time, and appends them to a list. */
static VOID KipTakeAbsoluteTimers(PLIST_ENTRY Taken) {
    for (ULONG Level = 0; Level < LEVELS; Level++) {
        for (ULONG64 Used = KipTimerUsed[Level]; Used != 0; Used &= Used - 1) {
            PLIST_ENTRY List = &KipTimerSlots[Level][__builtin_ctzll(Used)];

            for (PLIST_ENTRY Entry = List->Flink, Next; Entry != List; Entry = Next) {
                PKTIMER Timer = KipTimerOf(Entry);

                Next = Entry->Flink;
                if (!Timer->Header.Absolute)
                    continue;
                KipRemoveTimer(Timer);
                InsertTailList(Taken, &Timer->TimerListEntry);
            }
        }
    }
}

VOID KiMoveAbsoluteTimers(LONG64 Forward) {
    LIST_ENTRY Taken;

    InitializeListHead(&Taken);
    KipTakeAbsoluteTimers(&Taken);
    while (!IsListEmpty(&Taken)) {
        PKTIMER Timer = KipTimerOf(RemoveHeadList(&Taken));
        BOOLEAN Passed = Forward > 0 && Timer->DueTime.QuadPart < (ULONG64)Forward;

        Timer->DueTime.QuadPart = Passed ? 0 : Timer->DueTime.QuadPart - (ULONG64)Forward;
        KipInsertTimer(Timer);
    }
}

static BOOLEAN KipSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, ULONG Tolerance, PKDPC Dpc) {
    BOOLEAN WasSet = KipRemoveTimer(Timer);

    Timer->Header.SignalState = 0;
    Timer->Period = Period > 0 ? (ULONG)Period : 0;
    Timer->Dpc = Dpc;
    KipSetDue(Timer, KiTimeoutToDue(&DueTime), (ULONG64)Tolerance * 10000);
    /* What is due already goes off now. */
    if (KiPending != 0 && KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
    return WasSet;
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) { return KipSetTimer(Timer, DueTime, Period, 0, Dpc); }

BOOLEAN KiSetFineTimer(PKI_FINE_TIMER Timer, LARGE_INTEGER DueTime, ULONG64 Period, PKDPC Dpc) {
    Timer->Period = Period;
    return KeSetTimerEx(&Timer->Timer, DueTime, 0, Dpc);
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) { return KeSetTimerEx(Timer, DueTime, 0, Dpc); }

/* The tolerance is leave to be late by as much, which is taken or not by the seed. Of a periodic timer it is the first time that is late: the others follow at the
   period, which is within the tolerance as well. */
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc) {
    return KipSetTimer(Timer, DueTime, (LONG)Period, TolerableDelay, Dpc);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer) { return KipRemoveTimer(Timer); }

static VOID KipCheckTimer(PKTIMER Timer, const VOID *Start, SIZE_T Size, PCSTR Owner) {
    static CHAR Message[160];
    PKDPC Dpc = Timer->Dpc;
    PKI_FINE_TIMER Fine = KipFineTimer(Timer);

    if ((Fine != NULL && (ULONG_PTR)Fine->Owner - (ULONG_PTR)Start < Size) || (ULONG_PTR)Timer - (ULONG_PTR)Start < Size ||
        (ULONG_PTR)Dpc - (ULONG_PTR)Start < Size || (Dpc != NULL && (ULONG_PTR)Dpc->DeferredRoutine - (ULONG_PTR)Start < Size)) {
        _snprintf(Message, sizeof(Message) - 1,
                  "%s is unloaded while a timer of its own is set: call KeCancelTimer, or ExDeleteTimer, in DriverUnload", Owner);
        KiBugCheck(KI_TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, (ULONG_PTR)Start, (ULONG_PTR)Start + Size, NULL, Message);
    }
}

VOID KiCheckNoTimer(const VOID *Start, SIZE_T Size, PCSTR Owner) {
    for (ULONG Level = 0; Level < LEVELS; Level++) {
        for (ULONG64 Used = KipTimerUsed[Level]; Used != 0; Used &= Used - 1) {
            PLIST_ENTRY List = &KipTimerSlots[Level][__builtin_ctzll(Used)];

            for (PLIST_ENTRY Entry = List->Flink; Entry != List; Entry = Entry->Flink)
                KipCheckTimer(KipTimerOf(Entry), Start, Size, Owner);
        }
    }
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer) { return Timer->Header.SignalState != 0; }

/* DPCs are queued, not called: all timers of this moment go off before the first of them runs. */
VOID KiExpireTimers(VOID) {
    ULONG64 Now = KiQueryInterruptTime();
    LARGE_INTEGER System = {.QuadPart = (LONGLONG)KiQuerySystemTime()};
    PKTIMER Timer;

    while ((Timer = KipFirstDueTimer(Now)) != NULL) {
        ULONG64 Period = KipPeriodOf(Timer);

        KipRemoveTimer(Timer);
        if (Period != 0) {
            Timer->Header.Absolute = FALSE; /* what is absolute is the first time */
            Timer->DueTime.QuadPart += Period;
            if (Timer->DueTime.QuadPart <= Now) /* real time ran ahead: periods that were missed are not made up for */
                Timer->DueTime.QuadPart = Now + Period;
            KipInsertTimer(Timer);
        }
        Timer->Header.SignalState = 1;
        if (Timer->Dpc != NULL && !KiIsDpc(Timer->Dpc))
            KiBugCheck(KI_TIMER_OR_DPC_INVALID, 1, (ULONG_PTR)Timer->Dpc, (ULONG_PTR)Timer->Dpc, (ULONG_PTR)(Timer->Dpc + 1), NULL,
                       "a timer goes off whose DPC is none any more: its memory has been freed or written over while the timer was set");
        if (Timer->Dpc != NULL)
            KiInsertQueueDpc(Timer->Dpc, UlongToPtr(System.LowPart), UlongToPtr((ULONG)System.HighPart), &KiProcessors[Timer->Processor]);
        if (!IsListEmpty(&Timer->Header.WaitListHead))
            KiWaitTest(Timer, 0);
    }
    KiClockExpects(KiNextTimerDue());
}

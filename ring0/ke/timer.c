/* Timers: one list of all that are set, by due time; equal times in the order of setting. */
#include "ke/ke.h"
#include "rtl/crt.h"

static LIST_ENTRY KipTimerList = {&KipTimerList, &KipTimerList};

/* KTIMER.Header.Size of the two kinds. */
#define PLAIN_TIMER (sizeof(KTIMER) / sizeof(ULONG))
#define FINE_TIMER  (sizeof(KI_FINE_TIMER) / sizeof(ULONG))

static PKTIMER KipTimerOf(PLIST_ENTRY Entry) { return CONTAINING_RECORD(Entry, KTIMER, TimerListEntry); }

/* From the tail: most timers are set for later than those that are set already. */
static VOID KipInsertTimer(PKTIMER Timer) {
    PLIST_ENTRY After = KipTimerList.Blink;

    while (After != &KipTimerList && KipTimerOf(After)->DueTime.QuadPart > Timer->DueTime.QuadPart)
        After = After->Blink;
    InsertHeadList(After, &Timer->TimerListEntry);
    Timer->Header.Inserted = 1;
    KiClockExpects(KipTimerOf(KipTimerList.Flink)->DueTime.QuadPart);
}

static BOOLEAN KipRemoveTimer(PKTIMER Timer) {
    if (!Timer->Header.Inserted)
        return FALSE;
    RemoveEntryList(&Timer->TimerListEntry);
    Timer->Header.Inserted = 0;
    return TRUE;
}

ULONG64 KiNextTimerDue(VOID) { return IsListEmpty(&KipTimerList) ? ~0ull : KipTimerOf(KipTimerList.Flink)->DueTime.QuadPart; }

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

VOID KiSetTimerAt(PKTIMER Timer, ULONG64 Due) {
    NT_ASSERT_OURS(!Timer->Header.Inserted);
    Timer->Header.SignalState = 0;
    Timer->Period = 0;
    Timer->Dpc = NULL;
    Timer->DueTime.QuadPart = Due;
    KipInsertTimer(Timer);
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) {
    BOOLEAN WasSet = KipRemoveTimer(Timer);

    Timer->Header.SignalState = 0;
    Timer->Header.Absolute = DueTime.QuadPart > 0;
    Timer->Period = Period > 0 ? (ULONG)Period : 0;
    Timer->Dpc = Dpc;
    Timer->DueTime.QuadPart = KiTimeoutToDue(&DueTime);
    KipInsertTimer(Timer);
    /* What is due already goes off now. */
    if (KiPending != 0 && KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
    return WasSet;
}

BOOLEAN KiSetFineTimer(PKI_FINE_TIMER Timer, LARGE_INTEGER DueTime, ULONG64 Period, PKDPC Dpc) {
    Timer->Period = Period;
    return KeSetTimerEx(&Timer->Timer, DueTime, 0, Dpc);
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) { return KeSetTimerEx(Timer, DueTime, 0, Dpc); }

/* The tolerance is leave to be late, and nothing is late here. */
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc) {
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer) { return KipRemoveTimer(Timer); }

VOID KiCheckNoTimer(const VOID *Start, SIZE_T Size, PCSTR Owner) {
    static CHAR Message[160];

    for (PLIST_ENTRY Entry = KipTimerList.Flink; Entry != &KipTimerList; Entry = Entry->Flink) {
        PKTIMER Timer = KipTimerOf(Entry);
        PKDPC Dpc = Timer->Dpc;
        PKI_FINE_TIMER Fine = KipFineTimer(Timer);

        if ((Fine != NULL && (ULONG_PTR)Fine->Owner - (ULONG_PTR)Start < Size) || (ULONG_PTR)Timer - (ULONG_PTR)Start < Size ||
            (ULONG_PTR)Dpc - (ULONG_PTR)Start < Size || (Dpc != NULL && (ULONG_PTR)Dpc->DeferredRoutine - (ULONG_PTR)Start < Size)) {
            _snprintf(Message, sizeof(Message) - 1,
                      "%s is unloaded while a timer of its own is set: call KeCancelTimer, or ExDeleteTimer, in DriverUnload", Owner);
            KiBugCheck(0xC7, 0, (ULONG_PTR)Timer, (ULONG_PTR)Start, (ULONG_PTR)Start + Size, NULL, Message);
        }
    }
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer) { return Timer->Header.SignalState != 0; }

/* DPCs are queued, not called: all timers of this moment go off before the first of them runs. */
VOID KiExpireTimers(VOID) {
    ULONG64 Now = KiQueryInterruptTime();
    LARGE_INTEGER System = {.QuadPart = (LONGLONG)KiQuerySystemTime()};

    while (KiNextTimerDue() <= Now) {
        PKTIMER Timer = KipTimerOf(KipTimerList.Flink);
        ULONG64 Period = KipPeriodOf(Timer);

        KipRemoveTimer(Timer);
        if (Period != 0) {
            Timer->DueTime.QuadPart += Period;
            if (Timer->DueTime.QuadPart <= Now) /* real time ran ahead: periods that were missed are not made up for */
                Timer->DueTime.QuadPart = Now + Period;
            KipInsertTimer(Timer);
        }
        Timer->Header.SignalState = 1;
        if (Timer->Dpc != NULL)
            KeInsertQueueDpc(Timer->Dpc, UlongToPtr(System.LowPart), UlongToPtr((ULONG)System.HighPart));
        if (!IsListEmpty(&Timer->Header.WaitListHead))
            KiWaitTest(Timer, 0);
    }
    KiClockExpects(KiNextTimerDue());
}

/* Interrupt objects: connected to lines, called at their levels, synchronized with by their locks. */
#include "ke/interrupt.h"
#include "ke/ke.h"
#include "vf/vf.h"

#define HARDWARE_INTERRUPT_STORM_CODE 0xF2u
#define STORM_LIMIT                   10000u /* deliveries of one line in a row of which nobody made the line go down */

static LIST_ENTRY KipLines[KI_LINES + KI_MESSAGES]; /* KINTERRUPT.Link; Flink NULL: never used */
static ULONG KipConnected;                          /* a bit per line that somebody is connected to: the others are masked */
static ULONG KipLatched;                            /* of these, those that listen to edges */
static ULONG KipActive;                             /* a service routine of this line runs on some processor */
static ULONG KipStormLine, KipStormCount;
KIRQL KiDeviceIrql;

static ULONG KipWaiting(VOID) {
    return KipConnected & ~KipActive & ((KiMachine->device_lines & ~KipLatched) | (KiMachine->device_edges & KipLatched));
}

/* The lowest line has the highest level. */
static VOID KipFindHighest(VOID) {
    ULONG Waiting = KipWaiting();

    KiDeviceIrql = Waiting != 0 ? KI_LINE_IRQL((ULONG)__builtin_ctz(Waiting)) : 0;
}

VOID KiLookAtDevices(VOID) {
    KipFindHighest();
    if (KiMachine->device_due != ~0ull)
        KiClockExpects(KiMachine->device_due);
}

BOOLEAN KiConnectInterrupt(PKINTERRUPT Interrupt) {
    PLIST_ENTRY Head = &KipLines[Interrupt->Line];
    ULONG Bit = 1u << Interrupt->Line;

    if (Head->Flink == NULL)
        InitializeListHead(Head);
    if (!IsListEmpty(Head)) {
        PKINTERRUPT First = CONTAINING_RECORD(Head->Flink, struct _KINTERRUPT, Link);

        if (!First->ShareVector || !Interrupt->ShareVector || First->Mode != Interrupt->Mode)
            return FALSE;
    } else {
        KiMachine->device_edges &= ~Bit; /* what came before anybody listened */
    }
    InsertTailList(Head, &Interrupt->Link);
    KipConnected |= Bit;
    KipLatched = Interrupt->Mode == Latched ? KipLatched | Bit : KipLatched & ~Bit;
    KipFindHighest();
    if (KiHasPending())
        KiDeliverPending(KiCurrentIrql());
    return TRUE;
}

/* It may have been disconnected, and freed, before: it is looked for without being looked at. */
static BOOLEAN KipIsConnected(PKINTERRUPT Interrupt) {
    for (ULONG Line = 0; Line < RTL_NUMBER_OF(KipLines); Line++) {
        if (((KipConnected >> Line) & 1) == 0)
            continue;
        for (PLIST_ENTRY Link = KipLines[Line].Flink; Link != &KipLines[Line]; Link = Link->Flink) {
            if (CONTAINING_RECORD(Link, struct _KINTERRUPT, Link) == Interrupt)
                return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN KiDisconnectInterrupt(PKINTERRUPT Interrupt) {
    if (!KipIsConnected(Interrupt))
        return FALSE;
    RemoveEntryList(&Interrupt->Link);
    if (IsListEmpty(&KipLines[Interrupt->Line]))
        KipConnected &= ~(1u << Interrupt->Line);
    KipFindHighest();
    return TRUE;
}

/* ---- Delivery ---- */

static VOID KipTakeLock(PKINTERRUPT Interrupt) {
    KfRaiseIrql(Interrupt->SynchronizeIrql);
    KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
}

/* 0xC4 with 0x111 is the verifier's code for what is 0xC8 without it. */
static DECLSPEC_NORETURN VOID KipStopServiceRoutine(PKINTERRUPT Interrupt) {
    PVOID Routine = (PVOID)(ULONG_PTR)Interrupt->ServiceRoutine;
    PCSTR Sentence = "an interrupt service routine returned at another IRQL than it was called at";

    if (VfIsOn())
        KiBugCheckInRoutine(0xC4 /* DRIVER_VERIFIER_DETECTED_VIOLATION */, 0x111, (ULONG_PTR)Routine, Interrupt->SynchronizeIrql, KiCurrentIrql(),
                            Routine, Sentence);
    KiBugCheckInRoutine(IRQL_UNEXPECTED_VALUE, KI_UNEXPECTED_IRQL(Interrupt->SynchronizeIrql), 0, 0, 0, Routine, Sentence);
}

static BOOLEAN KipCallServiceRoutine(PKINTERRUPT Interrupt) {
    __try {
        return Interrupt->ServiceRoutine(Interrupt, Interrupt->ServiceContext);
    } __except (KiUnhandledException(GetExceptionInformation())) {
        return FALSE;
    }
}

static BOOLEAN KipCallRoutine(PKINTERRUPT Interrupt) {
    BOOLEAN Claimed;

    KipTakeLock(Interrupt);
    KiDriverIsCalled(Interrupt->MessageRoutine != NULL ? (PVOID)Interrupt->MessageRoutine : (PVOID)Interrupt->ServiceRoutine);
    Claimed = KipCallServiceRoutine(Interrupt);
    if (KiCurrentIrql() != Interrupt->SynchronizeIrql)
        KipStopServiceRoutine(Interrupt);
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KiSetIrql(Interrupt->Irql);
    return Claimed;
}

/*
 * A level-triggered line is done with the first routine that claims the interrupt: if another device holds it too, it interrupts again. Between edges
 * nothing can be told apart, so all routines of a latched line are asked until a round in which none claims.
 */
static VOID KipCallChain(ULONG Line) {
    BOOLEAN Shared = KipLines[Line].Flink->Flink != &KipLines[Line], Latch = (KipLatched >> Line) & 1, Claimed;

    do {
        Claimed = FALSE;
        for (PLIST_ENTRY Link = KipLines[Line].Flink; Link != &KipLines[Line] && (Latch || !Claimed); Link = Link->Flink)
            Claimed |= KipCallRoutine(CONTAINING_RECORD(Link, struct _KINTERRUPT, Link));
    } while (Latch && Shared && Claimed);
}

/* Nothing that a processor does between two deliveries lowers the line: it would never do anything else again. */
static VOID KipCheckStorm(ULONG Line) {
    PKINTERRUPT First = CONTAINING_RECORD(KipLines[Line].Flink, struct _KINTERRUPT, Link);

    if (((KiMachine->device_lines & ~KipLatched) >> Line & 1) == 0 || KipStormLine != Line)
        KipStormCount = 0;
    KipStormLine = Line;
    if (++KipStormCount == STORM_LIMIT)
        KiBugCheck(HARDWARE_INTERRUPT_STORM_CODE, (ULONG_PTR)First->ServiceRoutine, (ULONG_PTR)First->ServiceContext, (ULONG_PTR)First,
                   First->Link.Flink == &KipLines[Line] ? 1 : 2, NULL,
                   "a device holds its interrupt line, and no service routine makes it let go: a routine must acknowledge its device's interrupt");
}

BOOLEAN KiDeliverDeviceInterrupt(KIRQL Irql) {
    ULONG Line;

    if (KiDeviceIrql <= Irql)
        return FALSE;
    Line = (ULONG)__builtin_ctz(KipWaiting());
    /* Another processor takes it when it goes on. */
    if (((CONTAINING_RECORD(KipLines[Line].Flink, struct _KINTERRUPT, Link)->Affinity >> KiProcessor->Number) & 1) == 0)
        return FALSE;
    KiMachine->device_edges &= ~(1u << Line);
    KipActive |= 1u << Line;
    KipFindHighest();
    KiSetIrql(KI_LINE_IRQL(Line));
    KipCallChain(Line);
    KipActive &= ~(1u << Line);
    KipFindHighest();
    if (!IsListEmpty(&KipLines[Line]))
        KipCheckStorm(Line);
    KiSetIrql(Irql);
    return TRUE;
}

/* ---- For drivers ---- */

BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine, PVOID SynchronizeContext) {
    KiDriverRaises(__builtin_return_address(0), Interrupt->SynchronizeIrql);
    KIRQL Old = KeAcquireInterruptSpinLock(Interrupt);
    BOOLEAN Result = SynchronizeRoutine(SynchronizeContext);

    KeReleaseInterruptSpinLock(Interrupt, Old);
    return Result;
}

KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) {
    KiDriverRaises(__builtin_return_address(0), Interrupt->SynchronizeIrql);
    KIRQL Old = KfRaiseIrql(Interrupt->SynchronizeIrql);

    KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
    return Old;
}

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql) {
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KeLowerIrql(OldIrql);
}

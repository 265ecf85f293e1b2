/* What a processor does when no thread is ready: time jumps, the outside world is waited for, or the machine is at its end. */
#include "ke/ke.h"
#include "ke/init.h"
#include "ke/interrupt.h"
#include "kd/kd.h"
#include "mm/mm.h"
#include "mon/mon.h"
#include "ps/ps.h"
#include "vf/vf.h"

#define MAXIMUM_SOURCES   8
#define BLOCK_SIZE        0x200 /* of an idle thread's block only the KPCR fields are ever used */
#define CONTROL_INTERRUPT 1
#define CONTROL_THREADS   2
#define CONTROL_TIMEOUT   3
#define CONTROL_CLOSE     4

typedef struct _EVENT_SOURCE {
    ULONG Mask;
    VOID (*Interrupt)(PVOID Context);
    PVOID Context;
} EVENT_SOURCE;

static EVENT_SOURCE KipSources[MAXIMUM_SOURCES];
static ULONG KipSourceCount;
static LONG KipInterest[32]; /* by bit number */
static LIST_ENTRY KipQuietWaiters = {&KipQuietWaiters, &KipQuietWaiters};
static VOID KipIdleStep(VOID);

/* Before there are objects and pools: the boot thread of the System process, and a thread for each processor that stands for having none. */
static struct _EPROCESS KipBootProcess;
static struct _ETHREAD KipBootThread;
static struct _ETHREAD KipIdleThreads[RTL_NUMBER_OF(KiProcessors)];
static UCHAR KipBlocks[RTL_NUMBER_OF(KiProcessors) + 1][BLOCK_SIZE] __attribute__((aligned(64)));

/* Not inlined, so that no checker of object sizes sees that the NT_TEB ends early. */
static __attribute__((noinline)) NT_TEB *KipBlock(ULONG Number) { return (NT_TEB *)KipBlocks[Number]; }

static VOID KipInitializeBootThread(PKTHREAD Thread, NT_TEB *Block) {
    Thread->Header.Type = ThreadObject;
    InitializeListHead(&Thread->Header.WaitListHead);
    for (ULONG Mode = 0; Mode < MaximumMode; Mode++)
        InitializeListHead(&Thread->ApcState.ApcListHead[Mode]);
    InitializeListHead(&Thread->MutantListHead);
    Thread->Process = Thread->ApcState.Process = &KipBootProcess.Pcb;
    Thread->SystemThread = TRUE;
    Thread->State = Running;
    Thread->Affinity = KeQueryActiveProcessors();
    Thread->Block = Block;
    Block->SubSystemTib = Block;
    Block->PcrCurrentThread = Thread;
}

VOID KiInitializeProcessors(VOID) {
    PKTHREAD Boot = &KipBootThread.Tcb;

    NT_ASSERT_OURS(KiMachine->cpus >= 1 && KiMachine->cpus <= RTL_NUMBER_OF(KiProcessors));
    KeNumberProcessors = (CCHAR)KiMachine->cpus;
    KiInitializeReadyLists();
    for (ULONG Number = 0; Number < KiMachine->cpus; Number++) {
        PKPROCESSOR Processor = &KiProcessors[Number];

        Processor->Number = (UCHAR)Number;
        Processor->CurrentThread = Processor->IdleThread = &KipIdleThreads[Number].Tcb;
        KipIdleThreads[Number].Process = &KipBootProcess;
        InitializeListHead(&KipIdleThreads[Number].IrpList);
        InitializeListHead(&Processor->DpcListHead);
        InitializeListHead(&Processor->ThreadedDpcListHead);
        KeInitializeEvent(&Processor->ThreadedDpcEvent, SynchronizationEvent, FALSE);
        KipInitializeBootThread(Processor->IdleThread, KipBlock(Number));
        Processor->IdleThread->Processor = (UCHAR)Number;
        Processor->IdleThread->Block->PcrProcessorNumber = Processor->IdleThread->Block->PcrNumber = Number;
    }
    KiProcessor = &KiProcessors[0];
    KiInitializeProcess(&KipBootProcess.Pcb, 8);
    KipInitializeBootThread(Boot, KipBlock(RTL_NUMBER_OF(KiProcessors)));
    KipBootThread.Process = &KipBootProcess;
    InitializeListHead(&KipBootThread.IrpList);
    Boot->Priority = Boot->BasePriority = 8;
    Boot->Quantum = KI_QUANTUM;
    Boot->StackTop = (ULONG64)KiBootStack + KERNEL_STACK_SIZE;
    Boot->StackLimit = (ULONG64)KiBootStack;
    InsertTailList(&KipBootProcess.Pcb.ThreadListHead, &Boot->ThreadListEntry);
    KiMachine->kernel_stack_top = Boot->StackTop;
    KiMachine->kernel_stack_limit = Boot->StackLimit;
    KiProcessor->CurrentThread = Boot;
    KiLoadBlock(Boot->Block);
}

/* The waiting thread's stack is borrowed; to DPCs and interrupts the idle thread is the current one. */
PKTHREAD KiIdleUntilReady(VOID) {
    PKTHREAD Idle = KiProcessor->IdleThread, Next;

    KiProcessor->CurrentThread = Idle;
    KiLoadBlock(Idle->Block);
    KiReapThreads();
    while ((Next = KiSelectThread()) == NULL)
        KipIdleStep();
    return Next;
}

/* A processor that has nothing to do lets another one go on; the last that has nothing to do waits for all. */
VOID NTAPI KiIdleLoop(PVOID Context) {
    for (;;) {
        KiReapThreads();
        KiServeIpi();
        KiProcessor->DispatchRequested = FALSE;
        if ((KiPending | KiProcessor->DpcCount) != 0)
            KiRetireDpcs();
        else if (KiIsReadyFor(KiProcessor))
            KiSwapThread();
        else if (KiDeliverDeviceInterrupt(DISPATCH_LEVEL))
            continue;
        else if (KiMachine->pending_events != 0 || !KiYieldProcessor())
            KipIdleStep();
    }
}

/* The boot thread has done its work: what remains of it is the idle loop of whoever waits last. */
VOID KiIdle(VOID) {
    KfRaiseIrql(DISPATCH_LEVEL);
    KiCurrentThread()->State = Waiting;
    KiSwapThread();
    KiFatal("the boot thread was woken");
}

VOID KiRegisterEventSource(ULONG HalEventMask, VOID (*Interrupt)(PVOID Context), PVOID Context) {
    NT_ASSERT_OURS(KipSourceCount < MAXIMUM_SOURCES);
    KipSources[KipSourceCount++] = (EVENT_SOURCE){HalEventMask, Interrupt, Context};
}

VOID KiEventInterest(ULONG HalEventMask, BOOLEAN Interested) {
    for (ULONG Bit = 0; Bit < RTL_NUMBER_OF(KipInterest); Bit++) {
        if ((HalEventMask >> Bit) & 1) {
            KipInterest[Bit] += Interested ? 1 : -1;
            NT_ASSERT_OURS(KipInterest[Bit] >= 0);
        }
    }
}

static ULONG KipInterestMask(VOID) {
    ULONG Mask = 0;

    for (ULONG Bit = 0; Bit < RTL_NUMBER_OF(KipInterest); Bit++)
        Mask |= KipInterest[Bit] != 0 ? 1u << Bit : 0;
    return Mask;
}

/* What the user asked for from outside. Until there is a monitor, Ctrl+C ends the machine. */
static VOID KipControl(VOID) {
    ULONG Request = KiMachine->control_request;

    if (Request == CONTROL_THREADS) {
        KiMachine->control_request = 0;
        KiListThreads();
    } else if (Request == CONTROL_TIMEOUT) {
        KiStop("the time limit (--timeout) has passed; the threads above were still there");
    } else if ((Request == CONTROL_INTERRUPT || Request == CONTROL_CLOSE) && KiMonitorThread != NULL) {
        KiMachine->control_request = 0;
        MonRequestControl(Request == CONTROL_CLOSE ? 2 : 0);
    } else if (Request == CONTROL_INTERRUPT || Request == CONTROL_CLOSE) {
        KdFlush();
        VfFlushTrace();
        HalOps->exit((ULONG)STATUS_CONTROL_C_EXIT);
        __builtin_unreachable();
    }
}

VOID KiDeliverInterrupts(VOID) {
    ULONG Events = __atomic_exchange_n(&KiMachine->pending_events, 0, __ATOMIC_SEQ_CST);

    for (ULONG Index = 0; Index < KipSourceCount; Index++) {
        if (KipSources[Index].Mask & Events)
            KipSources[Index].Interrupt(KipSources[Index].Context);
    }
    if (Events & HAL_EVENT_CONTROL)
        KipControl();
}

VOID KiStop(PCSTR Sentence) {
    KiListThreads();
    KdFlush();
    VfFlushTrace();
    HalOps->stop(124, Sentence);
    __builtin_unreachable();
}

VOID KiBeginQuietWait(PKI_QUIET_WAITER Waiter) {
    KeInitializeEvent(&Waiter->Event, NotificationEvent, FALSE);
    InsertTailList(&KipQuietWaiters, &Waiter->Link);
}

VOID KiEndQuietWait(PKI_QUIET_WAITER Waiter) { RemoveEntryList(&Waiter->Link); }

/* The first in line that has not been told yet. */
static BOOLEAN KipTellQuietWaiter(VOID) {
    for (PLIST_ENTRY Link = KipQuietWaiters.Flink; Link != &KipQuietWaiters; Link = Link->Flink) {
        PKI_QUIET_WAITER Waiter = CONTAINING_RECORD(Link, KI_QUIET_WAITER, Link);

        if (KeReadStateEvent(&Waiter->Event) == 0) {
            KeSetEvent(&Waiter->Event, 0, FALSE);
            return TRUE;
        }
    }
    return FALSE;
}

static DECLSPEC_NORETURN VOID KipStopDeadlocked(VOID) {
    KdMessage("every thread waits, and nothing is left that could wake one:");
    KiStop("all threads wait for ever (see above): a request was never completed, an event never set, or a lock never released");
}

/* DISPATCH_LEVEL, nobody is ready. One step: whatever comes next happens. */
static VOID KipIdleStep(VOID) {
    ULONG Interest = KipInterestMask();
    ULONG64 Due = KiNextTimerDue(), Now = KiQueryInterruptTime(), Nanoseconds = ~0ull;
    int64_t Events = 0;

    if (KiDeliverDeviceInterrupt(DISPATCH_LEVEL))
        return;
    Due = KiMachine->device_due < Due ? KiMachine->device_due : Due;
    if (KiMachine->pending_events == 0 && (KiPending | KiProcessor->DpcCount) != 0) {
        KiRetireDpcs();
        return;
    }
    if (KiMachine->pending_events == 0) {
        if (((Interest & HAL_EVENT_CONSOLE) || Due == ~0ull) && KipTellQuietWaiter())
            return;
        if (Due == ~0ull && Interest == 0)
            KipStopDeadlocked();
        if (Due != ~0ull)
            Nanoseconds = KiMachine->realtime && Due > Now ? (Due - Now) * 100 : 0;
        if ((Interest & HAL_EVENT_CONSOLE) && !KiMachine->stays_up && (HalOps->console_terminals(0) & 1) == 0) {
            Events = HAL_EVENT_CONSOLE; /* a pipe's or file's input counts as there: its reader waits for the host */
        } else if (KiMachine->realtime || Interest != 0) {
            if (KiMachine->stays_up || HalOps->console_terminals(0) != 0)
                KdFlush();
            Events = HalOps->wait(Interest | HAL_EVENT_CONTROL, Nanoseconds);
        }
        if (Events > 0)
            __atomic_fetch_or(&KiMachine->pending_events, (ULONG)Events, __ATOMIC_SEQ_CST);
        else if (Due != ~0ull && KiMachine->pending_events == 0)
            KiMoveClockTo(Due);
    }
    if (KiMachine->pending_events != 0) {
        KiMoveClockTo(Now);
        KiSetIrql(KI_DEVICE_IRQL);
        KiDeliverInterrupts();
        KiSetIrql(DISPATCH_LEVEL);
    }
}

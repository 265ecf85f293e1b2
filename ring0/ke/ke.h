/*
 * The kernel's core: virtual processors, IRQL, threads, dispatcher objects, time, traps, system calls, bug checks.
 *
 * One Linux thread runs everything. Kernel code (ntoskrnl.exe itself) is never preempted: another thread runs only when this one calls
 * KiSwapThread, that is: in a wait, a delay, a yield, or when lowering IRQL or leaving the kernel makes a better thread run.
 * So nothing below needs a lock, and everything between two such calls is atomic. User code, and driver code below DISPATCH_LEVEL that
 * spins without calling anything, is preempted by HAL_TRAP_PREEMPT.
 */
#pragma once
#include "nt/nt.h"
#include "nt/user.h"

/* What wdm.h inlines as CR8 accesses or as loads from 0xFFFFF78000000000, which would trap, are calls in here. */
#undef KeQueryInterruptTime
#undef KeQuerySystemTime
#undef KeQueryTickCount
#define KeRaiseIrqlToDpcLevel   KiRaiseIrqlToDpcLevel
#define KeRaiseIrqlToSynchLevel KiRaiseIrqlToSynchLevel
KIRQL NTAPI KiRaiseIrqlToDpcLevel(VOID);
KIRQL NTAPI KiRaiseIrqlToSynchLevel(VOID);

/* ---- Processors: ke/processor.c ------------------------------------------------------------------------------------------ */
typedef struct _KPROCESSOR {
    KIRQL Irql;
    UCHAR Number;
    BOOLEAN DpcRoutineActive;
    BOOLEAN DispatchRequested;  /* a better thread is ready: switch when IRQL drops below DISPATCH_LEVEL */
    BOOLEAN InterruptsDisabled; /* after cli */
    PKTHREAD CurrentThread;
    PKTHREAD IdleThread;
    LIST_ENTRY DpcListHead;
    ULONG DpcCount;
    PKDPC CurrentDpc;   /* while DpcRoutineActive */
    BOOLEAN QuantumEnd; /* the current thread's turn is over: it goes to the tail of its queue */
    /* Only with more than one processor: */
    const volatile LONG *SpinsOn; /* not NULL: it waits for this number to change from SpinValue */
    LONG SpinValue;
    ULONG Looks;                       /* at KiSpinPoint, since a processor did anything else */
    ULONG64 LooksSince, LooksProgress; /* when the first of them was, and what KipProgress was */
    ULONG SpinTicks;                   /* preempted at DISPATCH_LEVEL or above so often since its last call of the kernel */
    PKIPI_BROADCAST_WORKER IpiRoutine; /* to be called at IPI_LEVEL; NULL: none */
    LIST_ENTRY ThreadedDpcListHead;
    KEVENT ThreadedDpcEvent;
    BOOLEAN HasThreadedDpcThread;
    PKDPC CurrentThreadedDpc; /* while its routine runs */
} KPROCESSOR, *PKPROCESSOR;

extern KPROCESSOR KiProcessors[64];
extern PKPROCESSOR KiProcessor; /* the one that is running */
extern hal_machine *KiMachine;  /* what the host told at boot */
extern const hal_ops *HalOps;
extern KIRQL KiNoPreemptLevel; /* from here on code that spins is left alone: DISPATCH_LEVEL, or none if another processor could help it */

/* Inside the kernel, the current thread and level without a call. */
#define KiCurrentThread() (KiProcessor->CurrentThread)
#define KiCurrentIrql()   (KiProcessor->Irql)

/* The level of the running processor, without delivering anything. */
static inline VOID KiSetIrql(KIRQL Irql) {
    KiProcessor->Irql = Irql;
    KiMachine->no_preempt = Irql >= KiNoPreemptLevel;
}

/* For the exports that raise IRQL, before they do: under the verifier pageable memory goes when a driver leaves the levels at which it can come back. */
extern BOOLEAN MmHasSeenPages;
VOID MmHidePageable(VOID);
static inline BOOLEAN KiIsDriverCode(PVOID Address) { return (ULONG64)Address - HAL_DRIVER_START < HAL_DRIVER_END - HAL_DRIVER_START; }
static inline VOID KiDriverRaises(PVOID Caller, KIRQL NewIrql) {
    if (MmHasSeenPages && NewIrql >= DISPATCH_LEVEL && KiProcessor->Irql < DISPATCH_LEVEL && KiIsDriverCode(Caller))
        MmHidePageable();
}
/* The same, for a routine of a driver's that is about to be called at DISPATCH_LEVEL. */
static inline VOID KiDriverIsCalled(PVOID Routine) {
    if (MmHasSeenPages && KiIsDriverCode(Routine))
        MmHidePageable();
}

/* ---- Several processors: ke/interleave.c, schedule.c ---------------------------------------------------------------------- */
/*
 * Which processor goes on at a point where another one may. Begin is called once. Choose gets the processors that can go on, a bit each, not 0; Current may
 * be among them; returns one of them. What it returns depends on nothing but its arguments of this boot: that makes a run repeatable.
 */
typedef struct _KI_SCHEDULE {
    PCSTR Name;
    VOID (*Begin)(ULONG64 Seed, ULONG Depth);
    ULONG (*Choose)(ULONG64 Runnable, ULONG Current);
    VOID (*GiveWay)(ULONG Current); /* this one only waits for others; NULL: Choose is fair anyway */
} KI_SCHEDULE;
extern const KI_SCHEDULE KiSchedules[]; /* by hal_machine.schedule */
/* Whether what may be late is late, this time: half of the times, by the seed; with seed 0 never. Any IRQL. */
BOOLEAN KiChoosesLate(VOID);

extern BOOLEAN KiInterleaves; /* more than one processor, and the machine is not at its end */
/* Before the first system thread, after Mm: gives idle threads their stacks, if there are several processors. */
VOID KiStartProcessors(VOID);
/* Here another processor may go on, and what came for this one meanwhile is delivered as far as its IRQL lets it. Any IRQL, in kernel code that has nothing
   half done. Without effect unless KiInterleaves. */
VOID KiSchedulePoint(VOID);
/* The same where the code looks again and again for what another processor does: others go on, and when they, too, only look, time passes ever faster.
   FALSE: nothing has come of it, at DISPATCH_LEVEL or above, within the watchdog's time. */
BOOLEAN KiSpinPoint(VOID);
/* Another processor goes on, if one can: else FALSE. Comes back when this one is chosen again. */
BOOLEAN KiYieldProcessor(VOID);
/* Others go on until *Number is no longer Value. FALSE: it is still, and no other processor can ever change it. IPIs are served meanwhile. Any IRQL. */
BOOLEAN KiSpinWhile(const volatile LONG *Number, LONG Value);
/* This processor does not go on until it is chosen; To does. */
VOID KiRunProcessor(PKPROCESSOR To);
/* A call on every processor that came for this one; below IPI_LEVEL. everywhere.c. */
VOID KiServeIpi(VOID);
/* The idle thread of each processor when there are several; DISPATCH_LEVEL. idle.c. */
VOID NTAPI KiIdleLoop(PVOID Context);

/*
 * The beginning: KiInitializeProcessors makes processors, idle threads and, on the stack KiBootStack, the boot thread, so that KiCurrentThread() and
 * IRQL work from there on (PASSIVE_LEVEL; the boot thread is no object yet: PsInitSystem replaces it). KiInitializeClock wants KiSharedData.
 */
VOID KiInitializeProcessors(VOID);
VOID KiInitializeClock(VOID);

/* Runs what a drop to NewIrql lets through: device interrupts, DPCs (retired at DISPATCH_LEVEL), a pending thread switch, kernel APCs.
   Returns at NewIrql. Other threads may have run when it returns. */
VOID KiDeliverPending(KIRQL NewIrql);

/* Work that waits for some processor's IRQL to drop; KI_PENDING_ bits. Together with the processor's DPCs and DispatchRequested, the machine's
   pending_events and the thread's kernel APCs this is what KiHasPending looks at. */
#define KI_PENDING_TIMERS 1u /* a timer is due */
extern ULONG KiPending;
extern KIRQL KiDeviceIrql; /* ke/interrupt.h: the level of the highest device interrupt that waits; 0: none */
#define KiHasPending()                                                                                                                               \
    ((KiPending | KiMachine->pending_events | (ULONG)KiProcessor->DispatchRequested | KiProcessor->DpcCount |                                        \
      (ULONG)KiProcessor->CurrentThread->ApcState.KernelApcPending | (ULONG)(KiDeviceIrql > KiProcessor->Irql)) != 0)

/* ---- Devices of the machine: ke/idle.c ------------------------------------------------------------------------------------ */
#define KI_DEVICE_IRQL 8 /* the level at which the machine's own devices interrupt */
/* Interrupt(Context) is called at KI_DEVICE_IRQL, in an arbitrary thread, when one of these HAL_EVENT_ bits comes. Up to eight sources; for boot. */
VOID KiRegisterEventSource(ULONG HalEventMask, VOID (*Interrupt)(PVOID Context), PVOID Context);
/* While somebody is interested, an idle machine waits for these events instead of being at its end. Calls nest; any IRQL. */
VOID KiEventInterest(ULONG HalEventMask, BOOLEAN Interested);
/* Prints each thread, what it waits for and its IRPs, as messages. */
VOID KiListThreads(VOID); /* mon/threads.c */
/* Where a thread that does not run goes on, as an unwinder wants it. */
VOID KiContextOfSwitchedThread(PKTHREAD Thread, PCONTEXT Context);
/* Lists the threads and ends the machine with exit code 124 and one sentence. */
DECLSPEC_NORETURN VOID KiStop(PCSTR Sentence);

/* ---- Threads: ke/thread.c, ke/switch.S ------------------------------------------------------------------------------------ */
/* KERNEL_STACK_SIZE (the DDK's): 24 KiB, as on Windows x64, with a guard page below. */

#define KI_SYSTEM_BLOCK_SIZE 0x200u /* of an NT_TEB that is only a KPCR */
#define KI_PRCB_OFFSET       0x180u /* KPCR.Prcb; at 20h a KPCR points at it */

enum _KTHREAD_STATE_ { Initialized, Ready, Running, Standby, Terminated, Waiting, Transition, DeferredReady };

struct _KPROCESS {
    DISPATCHER_HEADER Header;               /* ProcessObject: signaled when the process ends */
    LIST_ENTRY ThreadListHead;              /* KTHREAD.ThreadListEntry */
    struct _MM_ADDRESS_SPACE *AddressSpace; /* NULL: the System process, which has no user memory */
    KAFFINITY Affinity;
    SCHAR BasePriority;
    BOOLEAN DisableBoost; /* of threads to come */
};

struct _KTHREAD {
    DISPATCHER_HEADER Header;   /* ThreadObject: signaled when the thread ends */
    ULONG64 KernelStackPointer; /* switch.S: rsp while not running */
    ULONG64 StackTop;           /* bounds of the kernel stack */
    ULONG64 StackLimit;
    NT_TEB *Block;       /* kernel address of the thread's KPCR/TEB block: what GS holds */
    NT_TEB *Teb;         /* its user address; NULL for a system thread */
    PKPROCESS Process;   /* whose thread it is */
    KAPC_STATE ApcState; /* .Process is the process it is attached to */
    KAPC_STATE SavedApcState;
    UCHAR ApcStateIndex; /* 1 while attached */
    KPROCESSOR_MODE PreviousMode;
    UCHAR State; /* enum _KTHREAD_STATE_ */
    BOOLEAN Alertable;
    BOOLEAN Alerted[2];
    KPROCESSOR_MODE WaitMode;
    UCHAR WaitReason;
    KIRQL WaitIrql;
    BOOLEAN TerminateRequested; /* ends at the next exit to user mode, or alerts a UserMode wait */
    BOOLEAN SystemThread;
    BOOLEAN ApcQueueable;
    SHORT KernelApcDisable;  /* negative inside a critical region */
    SHORT SpecialApcDisable; /* negative inside a guarded region */
    SCHAR Priority;
    SCHAR BasePriority;
    KAFFINITY Affinity;
    NTSTATUS WaitStatus;
    PKWAIT_BLOCK WaitBlockList;
    KWAIT_BLOCK WaitBlock[THREAD_WAIT_OBJECTS + 1]; /* the last is the wait's timer */
    KTIMER Timer;
    LIST_ENTRY ReadyListEntry;
    LIST_ENTRY QueueListEntry; /* in KQUEUE.ThreadListHead of the queue it serves */
    LIST_ENTRY ThreadListEntry;
    LIST_ENTRY MutantListHead;
    PKQUEUE Queue;
    struct _KTRAP_CONTEXT *UserFrame; /* registers of user mode at the innermost entry from it; ke/trap.h */
    PKSTART_ROUTINE StartRoutine;
    PVOID StartContext;
    ULONG64 KernelTime, UserTime, ContextSwitches;
    CONTEXT *ResumeContext; /* room above StackTop for what KTRAP_CONTEXT.ResumeContext points at */
    KAPC SuspendApc;        /* a suspended thread waits on the semaphore in this APC's normal routine */
    KSEMAPHORE SuspendSemaphore;
    CHAR SuspendCount;
    CHAR Quantum;             /* clock ticks left of its turn */
    BOOLEAN WaitNext;         /* the caller of KeSetEvent and its kin announced a wait: the level is still raised */
    BOOLEAN AlertedById;      /* NtAlertThreadByThreadId came before the wait */
    BOOLEAN ApcInterruptible; /* in a wait that a kernel APC may interrupt */
    SCHAR Saturation;         /* base priority pinned by KeSetBasePriorityThread(+-16): 1, -1, else 0 */
    BOOLEAN DisableBoost;     /* SetThreadPriorityBoost, or its process's */
    BOOLEAN Starved;          /* its priority is that of a thread that was ready for long, or that keeps a lock from a better one: ready.c */
    ULONG ReadySince;         /* the tick at which it became ready */
    UCHAR Processor;          /* on which it runs or ran last */
    UCHAR IdealProcessor;
    BOOLEAN StackSwapDisabled;
    KAFFINITY UserAffinity; /* what KeRevertToUserAffinityThread restores */
    BOOLEAN SystemAffinity;
    PLIST_ENTRY QueueEntry;    /* what KeInsertQueue handed to it while it waited */
    struct _KTHREAD *NextDead; /* ended, waiting for its own reference to be dropped */
};

VOID KiInitializeProcess(PKPROCESS Process, SCHAR BasePriority);
/* Makes a thread that will run Start(Context) at PASSIVE_LEVEL on a new kernel stack; it does not run until KiReadyThread. */
NTSTATUS KiInitializeThread(PKTHREAD Thread, PKPROCESS Process, PKSTART_ROUTINE Start, PVOID Context, NT_TEB *Block);
/* Makes Block what GS points at while Thread runs; immediately, if it is the current one. */
VOID KiSetThreadBlock(PKTHREAD Thread, NT_TEB *Block);
/* The kernel stack that the current thread was started on without KiInitializeThread is Thread's from now on: how the boot thread becomes an
   object. */
VOID KiAdoptBootThread(PKTHREAD Thread, PKPROCESS Process, NT_TEB *Block);
/* Takes the next thread that has ended and whose stack is no longer in use, for PspReapThreads; NULL: none left. */
PKTHREAD KiTakeDeadThread(VOID);
/* Nothing else is to be done: whatever has ended is reaped. DISPATCH_LEVEL. */
VOID KiReapThreads(VOID);
/* Frees the stack of a thread that has ended (called by the object's deletion, never on that stack). */
VOID KiDeleteThread(PKTHREAD Thread);
VOID KiReadyThread(PKTHREAD Thread);
/* Gives the processor away; the caller has set its State (Ready threads queue themselves). Returns its WaitStatus when it runs again. */
NTSTATUS KiSwapThread(VOID);
DECLSPEC_NORETURN VOID KiExitThread(VOID); /* the current thread is done: signals its header and never comes back */
/* Ends or alerts a wait from outside: an APC, termination. */
VOID KiUnwaitThread(PKTHREAD Thread, NTSTATUS WaitStatus, KPRIORITY Increment);
VOID KiDeliverApc(KPROCESSOR_MODE Mode);
/* Registers of user mode at the current thread's innermost entry, and what they shall be at the return. Control and integer registers for a
   system call, everything for a trap. Context: kernel memory. */
VOID KiGetUserContext(PKTHREAD Thread, PCONTEXT Context);
VOID KiSetUserContext(PKTHREAD Thread, const CONTEXT *Context);
VOID KiSuspendThread(PKTHREAD Thread);
/* Returns the count before. */
ULONG KiResumeThread(PKTHREAD Thread);
VOID KiChangePriority(PKTHREAD Thread, KPRIORITY Priority);
/* What KeSetBasePriorityThread would return. */
LONG KiQueryBasePriority(PKTHREAD Thread);
/* For a turn the thread's priority is this, if it is below and the thread's are boosted at all. */
VOID KiBoostThread(PKTHREAD Thread, KPRIORITY Priority);
/* At each return to user mode: termination, user APCs, preemption. Called by trap and system call exit. */
VOID KiServeReturnToUser(struct _KTRAP_CONTEXT *Frame); /* when there is something */
static inline VOID KiPrepareReturnToUser(struct _KTRAP_CONTEXT *Frame) {
    PKTHREAD Thread = KiCurrentThread();
    if (KiHasPending() || Thread->TerminateRequested || Thread->ApcState.UserApcPending)
        KiServeReturnToUser(Frame);
}

/* Between the files of ke/. */
#define KI_QUANTUM 2 /* clock ticks: six quantum units, as a workstation's Windows gives them */
VOID KiInitializeReadyLists(VOID);
PKTHREAD KiSelectThread(VOID);               /* out of the ready queues, for the running processor; NULL when there is none */
PKTHREAD KiIdleUntilReady(VOID);             /* DISPATCH_LEVEL; the same, but waits until there is one; for a machine with one processor */
BOOLEAN KiIsReadyFor(PKPROCESSOR Processor); /* whether a thread is ready that may run there */
VOID KiPreemptThread(VOID);                  /* DISPATCH_LEVEL */
VOID KiChargeTick(PKPROCESSOR Processor);
VOID KiLoadBlock(NT_TEB *Block);
/* The kernel's view of who runs on KiProcessor becomes Thread: GS, stack bounds, user memory. */
VOID KiBecomeThread(PKTHREAD Thread);
VOID KiSwapContext(PKTHREAD Old, PKTHREAD New);
/* A stack for a thread whose first code is Start(Context) at the level Thread->WaitIrql. */
NTSTATUS KiMakeStack(PKTHREAD Thread, PKSTART_ROUTINE Start, PVOID Context);
#define KI_THREADED_DPC 24 /* KDPC.Type of a DPC whose routine runs in a thread: threaded_dpc.c */
VOID KiQueueThreadedDpc(PKPROCESSOR Processor, PKDPC Dpc);
BOOLEAN KiIsDpc(const KDPC *Dpc);
/* As KeInsertQueueDpc; Processor is for a DPC that is not meant for another. */
BOOLEAN KiInsertQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2, PKPROCESSOR Processor);
/* A queued DPC that lies in this memory, or whose routine does, and which of the two: parameter 1 of bug check 0xC7. NULL: none. */
PKDPC KiFindQueuedDpc(const VOID *Start, SIZE_T Size, PULONG What);
#define KI_DPC_OBJECT  1u
#define KI_DPC_ROUTINE 2u
VOID KiRetireDpcs(VOID);                         /* DISPATCH_LEVEL: due timers, and queued DPCs of the running processor */
VOID KiDeliverInterrupts(VOID);                  /* KI_DEVICE_IRQL: what pending_events says */
BOOLEAN KiKernelApcDeliverable(PKTHREAD Thread); /* at PASSIVE_LEVEL */

/* APC functions that drivers declare themselves, for the DDK does not. */
typedef enum _KAPC_ENVIRONMENT { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment, InsertApcEnvironment } KAPC_ENVIRONMENT;
VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                           PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE Mode, PVOID NormalContext);
BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc);
BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE Mode);
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE Mode);

/* ---- Dispatcher objects: ke/wait.c, event.c, semaphore.c, mutant.c, timer.c, queue.c ---------------------------------------- */
/* KeLowerIrql by the kernel itself, to where it came from. */
static inline VOID KiLowerIrql(KIRQL Irql) {
    KiSetIrql(Irql);
    if (KiHasPending())
        KiDeliverPending(Irql);
}

/* What drivers get by the names of KeSetEvent and its kin, whose kernel-internal forms let a woken thread wait until the caller is done: at the end a better
   thread runs at once, if the level is below DISPATCH_LEVEL. */
static inline VOID KiExitDispatcher(VOID) {
    if (KiProcessor->DispatchRequested && KiProcessor->Irql < DISPATCH_LEVEL)
        KiDeliverPending(KiProcessor->Irql);
}
/* Wakes what an object that has just become signaled can satisfy. */
VOID KiWaitTest(PVOID Object, KPRIORITY Increment);
/* KeSetEvent without announcing a wait. Returns whether it was set. */
static inline LONG KiSetEvent(PRKEVENT Event, KPRIORITY Increment) {
    LONG Old = Event->Header.SignalState;
    Event->Header.SignalState = 1;
    if (Old == 0 && !IsListEmpty(&Event->Header.WaitListHead))
        KiWaitTest(Event, Increment);
    return Old;
}

/* When a wait or a timer ends. Absolute: Time is a system time, and the moment moves when the system time is set; else an interrupt time, ~0 for never. */
typedef struct _KI_DUE {
    ULONG64 Time;
    BOOLEAN Absolute;
} KI_DUE;
/* Blocks the current thread on wait blocks that are linked into WaitBlockList already (Count of them, perhaps none) and a timer at Due, if that is ever. Called at DISPATCH_LEVEL, Irql is the level to return to; returns at Irql. */
NTSTATUS KiBlockThread(PKWAIT_BLOCK Blocks, ULONG Count, KI_DUE Due, KIRQL Irql, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable);
/* Whether an alert, a user APC or termination ends a wait before it begins: STATUS_SUCCESS if not. */
NTSTATUS KiTestWaitAlert(PKTHREAD Thread, KPROCESSOR_MODE Mode, BOOLEAN Alertable);
/* The end of a wait that begins now: never for NULL, at once for 0. */
KI_DUE KiTimeoutToDue(PLARGE_INTEGER Timeout);
/* The interrupt time at which that is, by the system time of now. */
ULONG64 KiDueTime(KI_DUE Due);
/* Bug checks when a wait that may block begins where none may. */
VOID KiCheckWaitIrql(PVOID Object);
/* For the Wait parameter of KeSetEvent and its kin: the next call is a wait, and nothing happens in between. */
VOID KiAnnounceWait(VOID);
enum _KOBJECT_TYPE_ {
    NotificationEventObject,
    SynchronizationEventObject,
    MutantObject,
    ProcessObject,
    QueueObject,
    SemaphoreObject,
    ThreadObject,
    GateObject,
    TimerNotificationObject,
    TimerSynchronizationObject
};
/* Signals the mutants that a thread leaves behind as abandoned. */
VOID KiAbandonMutants(PKTHREAD Thread);
VOID KiExpireTimers(VOID); /* DISPATCH_LEVEL */
/* A timer whose period is in interrupt time units. Owner: code that it is set for, or NULL: KiCheckNoTimer. */
typedef struct _KI_FINE_TIMER {
    KTIMER Timer;
    ULONG64 Period;
    PVOID Owner;
} KI_FINE_TIMER, *PKI_FINE_TIMER;
/* For memory that may or may not be a timer. */
BOOLEAN KiIsTimerSet(PKTIMER Timer);
VOID KiInitializeFineTimer(PKI_FINE_TIMER Timer, TIMER_TYPE Type);
/* As KeSetTimerEx; Period 0: once. */
BOOLEAN KiSetFineTimer(PKI_FINE_TIMER Timer, LARGE_INTEGER DueTime, ULONG64 Period, PKDPC Dpc);
VOID KiSetTimerAt(PKTIMER Timer, KI_DUE Due); /* one shot; the timer is not set */
/* The system time has been put forward by so much: the timers that were set to an absolute time go off so much earlier. */
VOID KiMoveAbsoluteTimers(LONG64 Forward);
/* Bug check 0xC7 if a timer is set that lies in this memory, which is about to go, or whose DPC or its routine does ("Bug Check 0xC7"). */
VOID KiCheckNoTimer(const VOID *Start, SIZE_T Size, PCSTR Owner);
/* No timer is due before this interrupt time, and KiExpireTimers has something to do then; ~0: none is set. */
ULONG64 KiNextTimerDue(VOID);
VOID KiQueueServerBlocks(PKTHREAD Thread); /* a thread that serves a KQUEUE stops running: another may take its place */
VOID KiLeaveQueue(PKTHREAD Thread);
extern ULONG KiHandedOver; /* threads that have been given an entry (KTHREAD.QueueEntry) and have not run since */
/* Waits for an entry and takes up to Count (not 0) that are there then. Entries and *Removed are for STATUS_SUCCESS; else STATUS_TIMEOUT,
   STATUS_USER_APC,
   STATUS_ALERTED or STATUS_ABANDONED. <= APC_LEVEL, or DISPATCH_LEVEL with a timeout of 0. */
NTSTATUS KiRemoveQueue(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY *Entries, ULONG Count,
                       PULONG Removed);

/* ---- Time: ke/clock.c ------------------------------------------------------------------------------------------------------- */
#define KI_TIME_INCREMENT        156250u /* 15.625 ms: KeQueryTimeIncrement */
#define KI_PERFORMANCE_FREQUENCY 10000000ull
#define KI_ENTRY_TIME            10u /* 1 us: what an entry into the kernel takes */
extern ULONG64 KiNow, KiDue;         /* interrupt time; when a clock interrupt has something to do */
VOID KiClockInterrupt(VOID);         /* KiNow has reached KiDue */
VOID KiFollowHostClock(VOID);
/* Each entry moves virtual time by a fixed step and expires timers. */
static inline VOID KiAdvanceClockOnEntry(VOID) {
    if (KiMachine->realtime)
        KiFollowHostClock();
    else if ((KiNow += KI_ENTRY_TIME) >= KiDue)
        KiClockInterrupt();
}
/*
 * 100 ns units. The interrupt time counts from power-on, and the boot has taken a tick of it: programs take an interrupt time or a tick count of 0, which
 * no program on Windows has ever seen, for a clock that does not run (Go's run-time library does). Up time begins with the kernel; records show it.
 */
#define KI_BOOT_TIME KI_TIME_INCREMENT
static inline ULONG64 KiQueryInterruptTime(VOID) { return KiNow; }
ULONG64 KiQueryUpTime(VOID);
ULONG64 KiQuerySystemTime(VOID); /* 100 ns units since 1601, UTC */
LONG64 KiQueryBootTime(VOID);    /* the system time of interrupt time 0; setting the system time moves it */
/* Sets the system time; absolute timers follow. Returns what it was. Timers that are due now are pending afterwards. */
ULONG64 KiSetSystemTime(ULONG64 SystemTime);
VOID KiSetClockInterval(ULONG Interval);   /* how often KUSER_SHARED_DATA is brought up to date; KI_TIME_INCREMENT at most */
VOID KiMoveClockTo(ULONG64 InterruptTime); /* virtual time only: the idle loop */
VOID KiClockExpects(ULONG64 Due);          /* a timer was set: look at it then */
ULONGLONG NTAPI KeQueryInterruptTime(VOID);
VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime);
VOID NTAPI KeQueryTickCount(PLARGE_INTEGER Count);
ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NTSTATUS NTAPI NtYieldExecution(VOID);
/* The bug check for a lock that KiSpinWhile has given up. */
DECLSPEC_NORETURN VOID KiSpinLockNeverFree(PVOID Lock);
/* Comes back when the lock is free. Any IRQL at which no other code of this processor can hold it. */
VOID KiAwaitSpinLock(PKSPIN_LOCK SpinLock);
VOID NTAPI KiInitializeSpinLock(PKSPIN_LOCK SpinLock);
KAFFINITY NTAPI KeSetAffinityThread(PKTHREAD Thread, KAFFINITY Affinity);
/* The boot thread's last call. Whenever nobody is ready, virtual time jumps to the next timer, or the outside world is waited for, or the
   machine is stopped as deadlocked. */
DECLSPEC_NORETURN VOID KiIdle(VOID);
extern KUSER_SHARED_DATA *KiSharedData; /* the kernel's writable address of the page at HAL_KUSER_USER */

/* ---- Traps and exceptions: ke/trap_entry.S, trap.c, exception.c --------------------------------------------------------------------- */
#include "ke/trap.h"

/* ---- System calls: ke/syscall_entry.S, generated table; services.tbl --------------------------------------------------------------- */
typedef struct _KSERVICE {
    PVOID Routine;
    const char *Name;
    ULONG Arguments; /* how many 8-byte slots */
} KSERVICE;
extern const KSERVICE KiServiceTable[];
extern const ULONG KiServiceLimit;

/* KeGetPreviousMode as drivers know it: ExGetPreviousMode(). */
#define KiPreviousMode() (KiProcessor->CurrentThread->PreviousMode)

/* A service's parameters and results: from and to the caller's memory, which is probed when the previous mode is user mode.
   STATUS_ACCESS_VIOLATION. */
static inline NTSTATUS KiCopyIn(PVOID To, const VOID *From, SIZE_T Size) {
    if (KiPreviousMode() == UserMode)
        return KiCopyFromUser(To, From, Size) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
    RtlCopyMemory(To, From, Size);
    return STATUS_SUCCESS;
}
static inline NTSTATUS KiCopyOut(PVOID To, const VOID *From, SIZE_T Size) {
    if (KiPreviousMode() == UserMode)
        return KiCopyToUser(To, From, Size) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
    RtlCopyMemory(To, From, Size);
    return STATUS_SUCCESS;
}
/* As KiCopyOut, for what the caller need not want. */
static inline NTSTATUS KiCopyOutOptional(PVOID To, const VOID *From, SIZE_T Size) { return To != NULL ? KiCopyOut(To, From, Size) : STATUS_SUCCESS; }

/* ---- Bug checks: ke/bugcheck.c ---------------------------------------------------------------------------------------------------- */
extern BOOLEAN KiInBugCheck; /* from then on pages are brought in at any level: the screen shows what lies in them */
/* As KeBugCheckEx, with the stack of Context instead of the caller's and a sentence for the screen. */
DECLSPEC_NORETURN VOID KiBugCheck(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PCONTEXT Context, PCSTR Message);
/* Parameter 1 of bug check 0xC8 for what is no APC: the last byte, "UniqueValue", is neither 0 nor 1, and the other parameters are 0 ("Bug Check 0xC8"). */
#define KI_UNEXPECTED_IRQL(Expected) (((ULONG)KiCurrentIrql() << 16) | ((ULONG)(Expected) << 8) | 2)
/* For what is found when a driver's routine has returned: the stack on the screen is that of the caller, with the routine on top. */
DECLSPEC_NORETURN VOID KiBugCheckInRoutine(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PVOID Routine, PCSTR Message);
/* What the parameters mean of a bug check that follows at once, for codes whose parameters depend on the first. */
VOID KiNameParameters(const PCSTR Names[4]);
/* For the codes that report an unhandled exception: 1E, 3B, 7E. Their first two parameters are the exception's code and address. */
DECLSPEC_NORETURN VOID KiBugCheckException(ULONG Code, ULONG_PTR P3, ULONG_PTR P4, PEXCEPTION_POINTERS Pointers, PCSTR Where);
/* Calls what drivers have registered for bug checks; HIGH_LEVEL. bugcheck_callback.c. */
VOID KiRunBugCheckCallbacks(VOID);
#define KI_SECURITY_CHECK_FAILURE                                                                                                                    \
    0x139u /* parameter 1: what __fastfail would have been given; for arguments with which pages say "bug checks", but not how */
#define KI_FAIL_INVALID_ARGUMENT 5u
#define KI_TIMER_OR_DPC_INVALID  0xC7u
#define KI_DPC_WATCHDOG          0x133u /* DPC_WATCHDOG_VIOLATION; parameter 1: 0 one routine, 1 all of them together take too long at DISPATCH_LEVEL */
/* An assertion of our own: "Ringside's own mistake", exit 125. */
DECLSPEC_NORETURN VOID KiFatal(PCSTR Format, ...);
#define NT_ASSERT_OURS(e) ((e) ? (void)0 : KiFatal("%s:%d: %s", __FILE_NAME__, __LINE__, #e))

/* Exported functions that the DDK headers do not declare. */
VOID NTAPI KeFlushEntireTb(BOOLEAN Invalid, BOOLEAN AllProcessors);
DECLSPEC_NORETURN VOID _purecall(VOID);

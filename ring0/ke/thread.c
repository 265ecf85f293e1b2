/* Kernel threads: their stacks, the switch between them, their end. Objects and user mode are ps/. */
#include "ke/ke.h"
#include "mm/mm.h"
#include "ps/ps.h"

VOID KiThreadStart(VOID);
DECLSPEC_NORETURN VOID KiThreadStartup(VOID);

_Static_assert(offsetof(struct _KTHREAD, KernelStackPointer) == 0x18, "switch.S: THREAD_KERNEL_STACK_POINTER");

/* Room above StackTop: a CONTEXT that outlives the frames of the kernel's C code, and 16 bytes that stay zero. */
#define RESUME_AREA ((sizeof(CONTEXT) + 16 + 15) & ~15ull)

static PKTHREAD KipDeadThreads; /* ended threads whose stacks are no longer in use */
static ULONG KipDeadCount;
static BOOLEAN KipReapNow;

#define DEAD_ENOUGH 16u

/*
 * Dead threads are taken away by a worker, and to let it run the memory of the process must go and come again, which costs the more the more threads it has. So threads
 * that leave others of their process behind wait until there are enough of them, or until nothing else is to be done.
 */
static VOID KipBuryThread(PKTHREAD Thread) {
    Thread->NextDead = KipDeadThreads;
    KipDeadThreads = Thread;
    KipDeadCount++;
    KipReapNow = KipReapNow || Thread->Process->AddressSpace == NULL ||
                 (KipDeadCount >= DEAD_ENOUGH && KipDeadCount >= ((PEPROCESS)Thread->Process)->ActiveThreads / 8);
}

VOID KiReapThreads(VOID) {
    if (KipDeadThreads != NULL)
        PspReapThreads();
}

/* What KiSwapContext pops. */
typedef struct _SWITCH_FRAME {
    ULONG Mxcsr;
    USHORT X87Control;
    UCHAR Unused[10];
    M128A Xmm6To15[10];
    ULONG64 Padding;
    ULONG64 R15, R14, R13, R12, Rdi, Rsi, Rbx, Rbp;
    VOID (*Return)(VOID);
    ULONG64 ReturnOfReturn;
} SWITCH_FRAME;
_Static_assert(offsetof(SWITCH_FRAME, R15) == 0xB8 && offsetof(SWITCH_FRAME, ReturnOfReturn) % 16 == 0, "switch.S");

VOID KiContextOfSwitchedThread(PKTHREAD Thread, PCONTEXT Context) {
    const SWITCH_FRAME *Frame = (const SWITCH_FRAME *)Thread->KernelStackPointer;

    *Context = (CONTEXT){.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER,
                         .R15 = Frame->R15,
                         .R14 = Frame->R14,
                         .R13 = Frame->R13,
                         .R12 = Frame->R12,
                         .Rdi = Frame->Rdi,
                         .Rsi = Frame->Rsi,
                         .Rbx = Frame->Rbx,
                         .Rbp = Frame->Rbp,
                         .Rip = (ULONG64)(ULONG_PTR)Frame->Return,
                         .Rsp = (ULONG64)(ULONG_PTR)&Frame->ReturnOfReturn};
}

VOID KiInitializeProcess(PKPROCESS Process, SCHAR BasePriority) {
    Process->Header.Type = ProcessObject;
    Process->Header.Size = sizeof(*Process) / sizeof(ULONG);
    InitializeListHead(&Process->Header.WaitListHead);
    InitializeListHead(&Process->ThreadListHead);
    Process->Affinity = KeQueryActiveProcessors();
    Process->BasePriority = BasePriority;
}

static VOID NTAPI KipSuspendKernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1,
                                          PVOID *SystemArgument2) {}

static VOID NTAPI KipSuspendNormalRoutine(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2) {
    KeWaitForSingleObject(&KiCurrentThread()->SuspendSemaphore, Suspended, KernelMode, FALSE, NULL);
}

static VOID KipInitializeThreadObject(PKTHREAD Thread, PKPROCESS Process, NT_TEB *Block) {
    Thread->Header.Type = ThreadObject;
    Thread->Header.Size = (UCHAR)MAXUCHAR;
    InitializeListHead(&Thread->Header.WaitListHead);
    for (ULONG Mode = 0; Mode < MaximumMode; Mode++) {
        InitializeListHead(&Thread->ApcState.ApcListHead[Mode]);
        InitializeListHead(&Thread->SavedApcState.ApcListHead[Mode]);
    }
    Thread->Process = Thread->ApcState.Process = Process;
    Thread->ApcQueueable = TRUE;
    Thread->Block = Block;
    Thread->Priority = Thread->BasePriority = Process->BasePriority;
    Thread->Affinity = Thread->UserAffinity = Process->Affinity;
    Thread->DisableBoost = Process->DisableBoost;
    Thread->Quantum = KI_QUANTUM;
    InitializeListHead(&Thread->MutantListHead);
    KeInitializeTimerEx(&Thread->Timer, NotificationTimer);
    KeInitializeApc(&Thread->SuspendApc, Thread, OriginalApcEnvironment, KipSuspendKernelRoutine, NULL, KipSuspendNormalRoutine, KernelMode, NULL);
    KeInitializeSemaphore(&Thread->SuspendSemaphore, 0, 2);
    InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
}

static VOID KipPrepareBlock(PKTHREAD Thread, NT_TEB *Block) {
    Block->SubSystemTib = Block;
    Block->PcrCurrentThread = Thread;
}

NTSTATUS KiMakeStack(PKTHREAD Thread, PKSTART_ROUTINE Start, PVOID Context) {
    PVOID Top = MmCreateKernelStackView(KERNEL_STACK_SIZE);
    SWITCH_FRAME *Frame;

    if (Top == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Thread->StartRoutine = Start;
    Thread->StartContext = Context;
    Thread->StackTop = (ULONG64)Top - RESUME_AREA;
    Thread->StackLimit = (ULONG64)Top - KERNEL_STACK_SIZE;
    Thread->ResumeContext = (CONTEXT *)Thread->StackTop;
    Frame = (SWITCH_FRAME *)(Thread->StackTop - 16 - offsetof(SWITCH_FRAME, ReturnOfReturn));
    RtlZeroMemory(Frame, sizeof(*Frame));
    Frame->Mxcsr = INITIAL_MXCSR;
    Frame->X87Control = INITIAL_FPCSR;
    Frame->Return = KiThreadStart;
    Thread->KernelStackPointer = (ULONG64)Frame;
    return STATUS_SUCCESS;
}

NTSTATUS KiInitializeThread(PKTHREAD Thread, PKPROCESS Process, PKSTART_ROUTINE Start, PVOID Context, NT_TEB *Block) {
    NTSTATUS Status = KiMakeStack(Thread, Start, Context);

    if (!NT_SUCCESS(Status))
        return Status;
    KipInitializeThreadObject(Thread, Process, Block);
    Thread->State = Initialized;
    KipPrepareBlock(Thread, Block);
    return STATUS_SUCCESS;
}

VOID KiAdoptBootThread(PKTHREAD Thread, PKPROCESS Process, NT_TEB *Block) {
    PKTHREAD Boot = KiCurrentThread();

    NT_ASSERT_OURS(IsListEmpty(&Boot->ApcState.ApcListHead[KernelMode]) && Boot->KernelApcDisable == 0 && IsListEmpty(&Boot->MutantListHead));
    KipInitializeThreadObject(Thread, Process, Block);
    RemoveEntryList(&Thread->ThreadListEntry); /* it is nobody's thread in lists: the idle loop */
    Thread->StackTop = Boot->StackTop;
    Thread->StackLimit = Boot->StackLimit;
    Thread->SystemThread = TRUE;
    Thread->Processor = Boot->Processor;
    Thread->State = Running;
    KipPrepareBlock(Thread, Block);
    KiProcessor->CurrentThread = Thread;
    KiSetThreadBlock(Thread, Block);
}

VOID KiSetThreadBlock(PKTHREAD Thread, NT_TEB *Block) {
    KipPrepareBlock(Thread, Block);
    Thread->Block = Block;
    if (Thread == KiCurrentThread())
        KiLoadBlock(Block);
}

VOID KiLoadBlock(NT_TEB *Block) {
    Block->PcrProcessorNumber = Block->PcrNumber = KiProcessor->Number;
    if (KiMachine->has_fsgsbase)
        __asm__ volatile("wrgsbase %0" : : "r"(Block));
    else
        HalOps->set_gs((ULONG64)Block);
}

VOID KiBecomeThread(PKTHREAD Thread) {
    PMM_ADDRESS_SPACE Space = Thread->ApcState.Process->AddressSpace;

    KiProcessor->CurrentThread = Thread;
    KiMachine->kernel_stack_top = Thread->StackTop;
    KiMachine->kernel_stack_limit = Thread->StackLimit;
    KiLoadBlock(Thread->Block);
    if (Space != MmCurrentAddressSpace && Thread != KiProcessor->IdleThread)
        MmSwitchAddressSpace(Space);
}

NTSTATUS KiSwapThread(VOID) {
    PKTHREAD Old = KiCurrentThread(), New;

    NT_ASSERT_OURS(KiProcessor->Irql >= DISPATCH_LEVEL && !KiProcessor->DpcRoutineActive);
    if (Old->Queue != NULL && Old->State == Waiting)
        KiQueueServerBlocks(Old);
    New = KiSelectThread();
    if (New == NULL)
        New = KiInterleaves ? KiProcessor->IdleThread : KiIdleUntilReady();
    KiProcessor->DispatchRequested = FALSE;
    KiProcessor->QuantumEnd = FALSE;
    New->State = Running;
    if (New != KiCurrentThread())
        KiBecomeThread(New);
    if (New != Old) {
        New->ContextSwitches++;
        if (Old->State == Terminated)
            KipBuryThread(Old);
        KiSwapContext(Old, New);
        if (KipReapNow)
            PspReapThreads();
    }
    return Old->WaitStatus;
}

PKTHREAD KiTakeDeadThread(VOID) {
    PKTHREAD Thread = KipDeadThreads;

    if (Thread != NULL) {
        KipDeadThreads = Thread->NextDead;
        KipDeadCount--;
    } else {
        KipReapNow = FALSE;
    }
    return Thread;
}

/* The first code of every thread. What KiSwapThread does after the switch is done here for a thread that never called it. */
VOID KiThreadStartup(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    if (KipReapNow)
        PspReapThreads();
    KeLowerIrql(Thread->WaitIrql);
    Thread->StartRoutine(Thread->StartContext);
    KiFatal("the start routine of a thread returned");
}

VOID KiExitThread(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    KfRaiseIrql(DISPATCH_LEVEL);
    KiAbandonMutants(Thread);
    KiLeaveQueue(Thread);
    KeCancelTimer(&Thread->Timer);
    RemoveEntryList(&Thread->ThreadListEntry);
    Thread->ApcQueueable = FALSE;
    Thread->State = Terminated;
    Thread->Header.SignalState = 1;
    if (!IsListEmpty(&Thread->Header.WaitListHead))
        KiWaitTest(Thread, 0);
    KiSwapThread();
    KiFatal("a thread that has ended runs again");
}

VOID KiDeleteThread(PKTHREAD Thread) {
    NT_ASSERT_OURS(Thread != KiCurrentThread() && (Thread->State == Terminated || Thread->State == Initialized));
    if (Thread->ResumeContext != NULL)
        MmDeleteKernelStackView((PVOID)(Thread->StackTop + RESUME_AREA));
}

VOID KiSuspendThread(PKTHREAD Thread) {
    if (Thread->SuspendCount++ == 0) {
        Thread->SuspendSemaphore.Header.SignalState = 0;
        KeInsertQueueApc(&Thread->SuspendApc, NULL, NULL, 0);
    }
}

ULONG KiResumeThread(PKTHREAD Thread) {
    ULONG Before = (ULONG)Thread->SuspendCount;

    if (Before != 0 && --Thread->SuspendCount == 0) {
        /* Resumed before it noticed: there is nothing to wake. */
        if (Thread->SuspendApc.Inserted)
            KeRemoveQueueApc(&Thread->SuspendApc);
        else
            KeReleaseSemaphore(&Thread->SuspendSemaphore, 0, 1, FALSE);
    }
    return Before;
}

/* Rounds go on until nothing is left, for each may bring the next. */
VOID KiServeReturnToUser(PKTRAP_CONTEXT Frame) {
    PKTHREAD Thread = KiCurrentThread();

    for (;;) {
        if (KiHasPending())
            KiDeliverPending(PASSIVE_LEVEL);
        if (Thread->TerminateRequested)
            PspExitForTermination(Thread);
        if (!Thread->ApcState.UserApcPending)
            return;
        KfRaiseIrql(APC_LEVEL);
        Thread->UserFrame = Frame;
        KiDeliverApc(UserMode);
        KeLowerIrql(PASSIVE_LEVEL);
    }
}

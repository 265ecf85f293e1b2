/* Asynchronous procedure calls: special and normal ones in kernel mode, and those of user mode. */
#include "ke/ke.h"
#include "ps/ps.h"
#include "ke/offsets.h"

/*
 * A thread has a list of kernel and a list of user APCs for its own process, and while it is attached to another one, a second pair. In the
 * kernel list special APCs (without a NormalRoutine) stand before normal ones. A special APC runs at APC_LEVEL whenever the thread is at
 * PASSIVE_LEVEL outside a guarded region; a normal one also wants no critical region and no other normal one in progress, and runs its
 * NormalRoutine at PASSIVE_LEVEL. User APCs run when the thread returns to user mode after it waited alertably.
 */

#define APC_OBJECT 18

VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                           PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE Mode, PVOID NormalContext) {
    RtlZeroMemory(Apc, sizeof(*Apc));
    Apc->Type = APC_OBJECT;
    Apc->Size = sizeof(*Apc);
    Apc->Thread = Thread;
    Apc->ApcStateIndex = (CCHAR)(Environment == CurrentApcEnvironment ? Thread->ApcStateIndex : Environment);
    Apc->KernelRoutine = KernelRoutine;
    Apc->RundownRoutine = RundownRoutine;
    Apc->NormalRoutine = NormalRoutine;
    Apc->ApcMode = NormalRoutine != NULL ? Mode : KernelMode;
    Apc->NormalContext = NormalRoutine != NULL ? NormalContext : NULL;
}

BOOLEAN KiKernelApcDeliverable(PKTHREAD Thread) {
    PLIST_ENTRY List = &Thread->ApcState.ApcListHead[KernelMode];

    if (!Thread->ApcState.KernelApcPending || Thread->SpecialApcDisable != 0 || IsListEmpty(List))
        return FALSE;
    return CONTAINING_RECORD(List->Flink, KAPC, ApcListEntry)->NormalRoutine == NULL ||
           (Thread->KernelApcDisable == 0 && !Thread->ApcState.KernelApcInProgress);
}

static VOID KipLinkApc(PKAPC Apc, PLIST_ENTRY List) {
    PLIST_ENTRY Before = List;

    /* A special APC goes behind the special ones that are there already, of which there may be many more than of normal ones. */
    if (Apc->NormalRoutine == NULL) {
        while (Before->Blink != List && CONTAINING_RECORD(Before->Blink, KAPC, ApcListEntry)->NormalRoutine != NULL)
            Before = Before->Blink;
    }
    InsertTailList(Before, &Apc->ApcListEntry);
    Apc->Inserted = TRUE;
}

/* Makes the thread notice, if it can. */
static VOID KipSignalApc(PKTHREAD Thread, KPROCESSOR_MODE Mode, KPRIORITY Increment) {
    if (Mode == UserMode) {
        if (Thread->State == Waiting && Thread->WaitMode == UserMode && (Thread->Alertable || Thread->ApcState.UserApcPending)) {
            Thread->ApcState.UserApcPending = TRUE;
            KiUnwaitThread(Thread, STATUS_USER_APC, Increment);
        }
        return;
    }
    Thread->ApcState.KernelApcPending = TRUE;
    if (Thread->State == Waiting && Thread->WaitIrql == PASSIVE_LEVEL && KiKernelApcDeliverable(Thread))
        KiUnwaitThread(Thread, STATUS_KERNEL_APC, Increment);
}

BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment) {
    PKTHREAD Thread = Apc->Thread;
    PKAPC_STATE State;

    if (!Thread->ApcQueueable || Apc->Inserted)
        return FALSE;
    Apc->SystemArgument1 = SystemArgument1;
    Apc->SystemArgument2 = SystemArgument2;
    if (Apc->ApcStateIndex == InsertApcEnvironment)
        Apc->ApcStateIndex = (CCHAR)Thread->ApcStateIndex;
    State = Apc->ApcStateIndex == Thread->ApcStateIndex ? &Thread->ApcState : &Thread->SavedApcState;
    KipLinkApc(Apc, &State->ApcListHead[(UCHAR)Apc->ApcMode]);
    if (State == &Thread->ApcState)
        KipSignalApc(Thread, Apc->ApcMode, Increment);
    else if (Apc->ApcMode == KernelMode)
        State->KernelApcPending = TRUE;
    if (Thread == KiCurrentThread() && KiProcessor->Irql == PASSIVE_LEVEL && KiKernelApcDeliverable(Thread))
        KiDeliverPending(PASSIVE_LEVEL);
    return TRUE;
}

BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc) {
    if (!Apc->Inserted)
        return FALSE;
    Apc->Inserted = FALSE;
    RemoveEntryList(&Apc->ApcListEntry);
    return TRUE;
}

static VOID KipRunKernelApcs(PKTHREAD Thread) {
    PLIST_ENTRY List = &Thread->ApcState.ApcListHead[KernelMode];

    Thread->ApcState.KernelApcPending = FALSE;
    while (!IsListEmpty(List)) {
        PKAPC Apc = CONTAINING_RECORD(List->Flink, KAPC, ApcListEntry);
        PKKERNEL_ROUTINE KernelRoutine = Apc->KernelRoutine;
        PKNORMAL_ROUTINE NormalRoutine = Apc->NormalRoutine;
        PVOID Context = Apc->NormalContext, Argument1 = Apc->SystemArgument1, Argument2 = Apc->SystemArgument2;
        BOOLEAN Special = NormalRoutine == NULL;

        if (Thread->SpecialApcDisable != 0 || (NormalRoutine != NULL && (Thread->KernelApcDisable != 0 || Thread->ApcState.KernelApcInProgress))) {
            Thread->ApcState.KernelApcPending = TRUE;
            return;
        }
        KeRemoveQueueApc(Apc);
        KernelRoutine(Apc, &NormalRoutine, &Context, &Argument1, &Argument2); /* may free the APC */
        if (KiProcessor->Irql != APC_LEVEL)
            KiBugCheckInRoutine(IRQL_UNEXPECTED_VALUE, ((ULONG)KiProcessor->Irql << 16) | (APC_LEVEL << 8), (ULONG_PTR)KernelRoutine, (ULONG_PTR)Apc,
                                (ULONG_PTR)NormalRoutine, (PVOID)(ULONG_PTR)KernelRoutine,
                                "the kernel routine of an APC returned at another IRQL than APC_LEVEL");
        /* A kernel routine may take a normal routine away, not give a special APC one: that would run where none may. */
        if (!Special && NormalRoutine != NULL) {
            Thread->ApcState.KernelApcInProgress = TRUE;
            KeLowerIrql(PASSIVE_LEVEL);
            NormalRoutine(Context, Argument1, Argument2);
            KfRaiseIrql(APC_LEVEL);
            Thread->ApcState.KernelApcInProgress = FALSE;
        }
    }
}

VOID KiGetUserContext(PKTHREAD Thread, PCONTEXT Context) {
    PKTRAP_CONTEXT Frame = Thread->UserFrame;

    if (Frame->ResumeContext != NULL) {
        if (Context != Frame->ResumeContext)
            RtlCopyMemory(Context, Frame->ResumeContext, sizeof(*Context));
        return;
    }
    if (Frame->Trap != NULL) {
        KiTrapFrameToContext(Frame->Trap, Context);
        return;
    }
    /* A system call: volatile registers are dead, and the non-volatile XMM registers are those of the processor or on the kernel stack. */
    RtlZeroMemory(Context, sizeof(*Context));
    Context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    Context->SegCs = SELECTOR_USER_CODE;
    Context->SegSs = Context->SegDs = Context->SegEs = SELECTOR_USER_DATA;
    Context->EFlags = 0x202;
    Context->Rip = Frame->Rip;
    Context->Rsp = Frame->Rsp;
    Context->Rbp = Frame->Rbp;
    Context->Rbx = Frame->Rbx;
    Context->Rsi = Frame->Rsi;
    Context->Rdi = Frame->Rdi;
    Context->R12 = Frame->R12;
    Context->R13 = Frame->R13;
    Context->R14 = Frame->R14;
    Context->R15 = Frame->R15;
    Context->Rax = Frame->ReturnValue;
    __asm__ volatile("fxsave64 %0" : "=m"(Context->FltSave));
    Context->MxCsr = Context->FltSave.MxCsr;
}

VOID KiSetUserContext(PKTHREAD Thread, const CONTEXT *Context) {
    PKTRAP_CONTEXT Frame = Thread->UserFrame;

    if (Thread->ResumeContext != Context)
        RtlCopyMemory(Thread->ResumeContext, Context, sizeof(*Context));
    Frame->ResumeContext = Thread->ResumeContext;
}

/*
 * Sends the thread to ntdll!KiUserApcDispatcher, with a CONTEXT at rsp from which it goes on afterwards (NtContinue). The call's four
 * values lie in the CONTEXT's home fields and in rcx, rdx, r8; r9 is the CONTEXT's address.
 */
static VOID KipEnterUserApc(PKTHREAD Thread, PKNORMAL_ROUTINE Routine, PVOID NormalContext, PVOID Argument1, PVOID Argument2) {
    PETHREAD Owner = CONTAINING_RECORD(Thread, struct _ETHREAD, Tcb);
    PCONTEXT Context = Thread->ResumeContext;
    PVOID Dispatcher = PspNtdllRoutine(Owner->Process, "KiUserApcDispatcher");
    ULONG64 Stack;

    KiGetUserContext(Thread, Context);
    Stack = (Context->Rsp - sizeof(CONTEXT)) & ~15ull;
    Context->P1Home = (ULONG64)NormalContext;
    Context->P2Home = (ULONG64)Argument1;
    Context->P3Home = (ULONG64)Argument2;
    Context->P4Home = (ULONG64)Routine;
    if (Dispatcher == NULL || !KiCopyToUser((PVOID)Stack, Context, sizeof(*Context))) {
        Owner->ExitStatus = STATUS_STACK_OVERFLOW;
        Thread->TerminateRequested = TRUE;
        return;
    }
    Context->Rip = (ULONG64)Dispatcher;
    Context->Rsp = Stack;
    Context->Rcx = (ULONG64)NormalContext;
    Context->Rdx = (ULONG64)Argument1;
    Context->R8 = (ULONG64)Argument2;
    Context->R9 = Stack;
    KiSetUserContext(Thread, Context);
}

static VOID KipRunUserApc(PKTHREAD Thread) {
    PLIST_ENTRY List = &Thread->ApcState.ApcListHead[UserMode];
    PKAPC Apc;
    PKNORMAL_ROUTINE NormalRoutine;
    PVOID Context, Argument1, Argument2;

    Thread->ApcState.UserApcPending = FALSE;
    if (IsListEmpty(List))
        return;
    Apc = CONTAINING_RECORD(List->Flink, KAPC, ApcListEntry);
    NormalRoutine = Apc->NormalRoutine;
    Context = Apc->NormalContext;
    Argument1 = Apc->SystemArgument1;
    Argument2 = Apc->SystemArgument2;
    KeRemoveQueueApc(Apc);
    Apc->KernelRoutine(Apc, &NormalRoutine, &Context, &Argument1, &Argument2);
    if (NormalRoutine == NULL)
        KeTestAlertThread(UserMode);
    else
        KipEnterUserApc(Thread, NormalRoutine, Context, Argument1, Argument2);
}

/* At APC_LEVEL. One user APC at a time: the next is taken when NtContinue returns from this one. */
VOID KiDeliverApc(KPROCESSOR_MODE Mode) {
    PKTHREAD Thread = KiCurrentThread();

    KipRunKernelApcs(Thread);
    if (Mode == UserMode && Thread->ApcState.UserApcPending)
        KipRunUserApc(Thread);
}

BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE Mode) {
    BOOLEAN Old = Thread->Alerted[(UCHAR)Mode];

    if (Old)
        return TRUE;
    if (Thread->State == Waiting && Thread->Alertable && Mode <= Thread->WaitMode)
        KiUnwaitThread(Thread, STATUS_ALERTED, 0);
    else
        Thread->Alerted[(UCHAR)Mode] = TRUE;
    return FALSE;
}

BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE Mode) {
    PKTHREAD Thread = KiCurrentThread();
    BOOLEAN Old = Thread->Alerted[(UCHAR)Mode];

    Thread->Alerted[(UCHAR)Mode] = FALSE;
    if (!Old && Mode == UserMode && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode]))
        Thread->ApcState.UserApcPending = TRUE;
    return Old;
}

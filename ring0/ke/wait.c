/* Waiting for dispatcher objects. */
#include "ke/ke.h"

/*
 * A waiting thread has a wait block in the list of each object it waits for, and one in the list of its own timer if the wait has an
 * end. The blocks form a ring through NextWaitBlock. Whoever signals an object calls KiWaitTest, which satisfies waits for as long as the
 * object stays signaled; a satisfied wait takes all blocks of its thread out of their lists. What ends a wait without its objects (APCs, alerts,
 * termination) calls KiUnwaitThread.
 */

static BOOLEAN KipIsSignaled(PDISPATCHER_HEADER Header, PKTHREAD Thread) {
    return Header->SignalState > 0 || (Header->Type == MutantObject && ((PKMUTANT)Header)->OwnerThread == Thread);
}

/* What the object changes in because a wait for it ends. An abandoned mutant marks the status. */
static VOID KipSatisfy(PDISPATCHER_HEADER Header, PKTHREAD Thread, NTSTATUS *Status) {
    PKMUTANT Mutant;

    switch (Header->Type) {
    case SynchronizationEventObject:
    case TimerSynchronizationObject: Header->SignalState = 0; break;
    case SemaphoreObject: Header->SignalState--; break;
    case MutantObject:
        Mutant = (PKMUTANT)Header;
        if (--Header->SignalState != 0)
            break;
        Mutant->OwnerThread = Thread;
        Thread->KernelApcDisable -= Mutant->ApcDisable;
        InsertTailList(&Thread->MutantListHead, &Mutant->MutantListEntry);
        if (Mutant->Abandoned) {
            Mutant->Abandoned = FALSE;
            *Status |= STATUS_ABANDONED;
        }
        break;
    default: break;
    }
}

static BOOLEAN KipAllSignaled(PKTHREAD Thread) {
    PKWAIT_BLOCK First = Thread->WaitBlockList, Block = First;

    do {
        if (Block->WaitType == WaitAll && !KipIsSignaled(Block->Object, Thread))
            return FALSE;
        Block = Block->NextWaitBlock;
    } while (Block != First);
    return TRUE;
}

static NTSTATUS KipSatisfyAll(PKTHREAD Thread) {
    PKWAIT_BLOCK First = Thread->WaitBlockList, Block = First;
    NTSTATUS Status = STATUS_SUCCESS;

    do {
        if (Block->WaitType == WaitAll)
            KipSatisfy(Block->Object, Thread, &Status);
        Block = Block->NextWaitBlock;
    } while (Block != First);
    return Status;
}

VOID KiWaitTest(PVOID Object, KPRIORITY Increment) {
    PDISPATCHER_HEADER Header = Object;
    PLIST_ENTRY Entry = Header->WaitListHead.Flink;

    while (Entry != &Header->WaitListHead && Header->SignalState > 0) {
        PKWAIT_BLOCK Block = CONTAINING_RECORD(Entry, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD Thread = Block->Thread;
        NTSTATUS Status;

        if (Block->WaitType == WaitAny) {
            Status = Block->WaitKey;
            KipSatisfy(Header, Thread, &Status);
        } else if (KipAllSignaled(Thread)) {
            Status = KipSatisfyAll(Thread);
        } else {
            Entry = Entry->Flink;
            continue;
        }
        /* The thread may have had several blocks in this list: nothing of the walk is valid any more. */
        KiUnwaitThread(Thread, Status, Increment);
        Entry = Header->WaitListHead.Flink;
    }
}

/* A thread that has waited gets a head start over those that compute, as far as dynamic priorities reach. */
static VOID KipBoost(PKTHREAD Thread, KPRIORITY Increment) {
    KPRIORITY Boosted = Thread->BasePriority + Increment;

    Thread->Quantum = KI_QUANTUM;
    if (Increment <= 0 || Thread->DisableBoost || Thread->Priority >= LOW_REALTIME_PRIORITY)
        return;
    if (Boosted >= LOW_REALTIME_PRIORITY)
        Boosted = LOW_REALTIME_PRIORITY - 1;
    if (Boosted > Thread->Priority)
        Thread->Priority = (SCHAR)Boosted;
}

VOID KiUnwaitThread(PKTHREAD Thread, NTSTATUS WaitStatus, KPRIORITY Increment) {
    PKWAIT_BLOCK First = Thread->WaitBlockList, Block = First;

    NT_ASSERT_OURS(Thread->State == Waiting);
    if (First != NULL) {
        do {
            RemoveEntryList(&Block->WaitListEntry);
            Block = Block->NextWaitBlock;
        } while (Block != First);
    }
    if (Thread->Timer.Header.Inserted)
        KeCancelTimer(&Thread->Timer);
    Thread->WaitBlockList = NULL;
    Thread->WaitStatus = WaitStatus;
    if (Thread->Queue != NULL)
        Thread->Queue->CurrentCount++;
    KipBoost(Thread, Increment);
    KiReadyThread(Thread);
}

NTSTATUS KiTestWaitAlert(PKTHREAD Thread, KPROCESSOR_MODE Mode, BOOLEAN Alertable) {
    if (Mode == UserMode && (Thread->TerminateRequested || (!Alertable && Thread->ApcState.UserApcPending)))
        return STATUS_USER_APC;
    if (!Alertable)
        return STATUS_SUCCESS;
    if (Thread->Alerted[(UCHAR)Mode]) {
        Thread->Alerted[(UCHAR)Mode] = FALSE;
        return STATUS_ALERTED;
    }
    if (Mode == UserMode && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
        Thread->ApcState.UserApcPending = TRUE;
        return STATUS_USER_APC;
    }
    if (Thread->Alerted[KernelMode]) {
        Thread->Alerted[KernelMode] = FALSE;
        return STATUS_ALERTED;
    }
    return STATUS_SUCCESS;
}

KI_DUE KiTimeoutToDue(PLARGE_INTEGER Timeout) {
    if (Timeout == NULL)
        return (KI_DUE){.Time = ~0ull};
    if (Timeout->QuadPart > 0)
        return (KI_DUE){.Time = (ULONG64)Timeout->QuadPart, .Absolute = TRUE};
    return (KI_DUE){.Time = Timeout->QuadPart != 0 ? KiQueryInterruptTime() + (0 - (ULONG64)Timeout->QuadPart) : 0};
}

ULONG64 KiDueTime(KI_DUE Due) {
    LONG64 Boot = KiQueryBootTime();

    if (!Due.Absolute)
        return Due.Time;
    return Boot > 0 && Due.Time < (ULONG64)Boot ? 0 : Due.Time - (ULONG64)Boot;
}

VOID KiCheckWaitIrql(PVOID Object) {
    PKTHREAD Thread = KiCurrentThread();

    if (KiProcessor->Irql < DISPATCH_LEVEL || Thread->WaitNext)
        return;
    if (KiProcessor->DpcRoutineActive)
        KiBugCheck(ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)Thread, (ULONG_PTR)KiProcessor->IdleThread, Thread->StackTop, 0, NULL,
                   "a DPC routine waits; only a wait with a timeout of zero is allowed at DISPATCH_LEVEL");
    KiBugCheck(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Object, KiProcessor->Irql, 0, (ULONG_PTR)__builtin_return_address(0), NULL,
               "a wait at DISPATCH_LEVEL or above; only one with a timeout of zero is allowed there");
}

VOID KiAnnounceWait(VOID) {
    PKTHREAD Thread = KiCurrentThread();

    Thread->WaitIrql = KfRaiseIrql(DISPATCH_LEVEL);
    Thread->WaitNext = TRUE;
}

/* Raises to where waits are decided; a wait that was announced is there already. */
static KIRQL KipBeginWait(PKTHREAD Thread) {
    if (Thread->WaitNext) {
        Thread->WaitNext = FALSE;
        return Thread->WaitIrql;
    }
    return KfRaiseIrql(DISPATCH_LEVEL);
}

NTSTATUS KiBlockThread(PKWAIT_BLOCK Blocks, ULONG Count, KI_DUE Due, KIRQL Irql, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable) {
    PKTHREAD Thread = KiCurrentThread();
    PKWAIT_BLOCK Timer = &Thread->WaitBlock[THREAD_WAIT_OBJECTS];
    NTSTATUS Status;

    for (ULONG Index = 0; Index < Count; Index++) {
        PDISPATCHER_HEADER Header = Blocks[Index].Object;

        Blocks[Index].Thread = Thread;
        Blocks[Index].NextWaitBlock = &Blocks[Index + 1 < Count ? Index + 1 : 0];
        InsertTailList(&Header->WaitListHead, &Blocks[Index].WaitListEntry);
    }
    Thread->WaitBlockList = Count != 0 ? Blocks : NULL;
    if (Due.Time != ~0ull) {
        Timer->Thread = Thread;
        Timer->Object = &Thread->Timer;
        Timer->WaitType = WaitAny;
        Timer->WaitKey = STATUS_TIMEOUT;
        Timer->NextWaitBlock = Count != 0 ? Blocks : Timer;
        if (Count != 0)
            Blocks[Count - 1].NextWaitBlock = Timer;
        else
            Thread->WaitBlockList = Timer;
        InsertTailList(&Thread->Timer.Header.WaitListHead, &Timer->WaitListEntry);
        KiSetTimerAt(&Thread->Timer, Due);
    }
    Thread->State = Waiting;
    Thread->WaitIrql = Irql;
    Thread->WaitMode = Mode;
    Thread->WaitReason = (UCHAR)Reason;
    Thread->Alertable = Alertable;
    Status = KiSwapThread();
    KeLowerIrql(Irql);
    return Status;
}

static BOOLEAN KipTryObjects(PKTHREAD Thread, ULONG Count, PVOID *Objects, WAIT_TYPE Type, NTSTATUS *Status) {
    if (Type == WaitAny) {
        for (ULONG Index = 0; Index < Count; Index++) {
            if (KipIsSignaled(Objects[Index], Thread)) {
                *Status = (NTSTATUS)Index;
                KipSatisfy(Objects[Index], Thread, Status);
                return TRUE;
            }
        }
        return FALSE;
    }
    for (ULONG Index = 0; Index < Count; Index++) {
        if (!KipIsSignaled(Objects[Index], Thread))
            return FALSE;
    }
    *Status = STATUS_SUCCESS;
    for (ULONG Index = 0; Index < Count; Index++)
        KipSatisfy(Objects[Index], Thread, Status);
    return TRUE;
}

/* A mutant counts its recursion down from 1; at the lower end of the number it cannot be taken once more. */
static BOOLEAN KipMutantExhausted(PKTHREAD Thread, ULONG Count, PVOID *Objects) {
    for (ULONG Index = 0; Index < Count; Index++) {
        PKMUTANT Mutant = Objects[Index];

        if (Mutant->Header.Type == MutantObject && Mutant->OwnerThread == Thread && Mutant->Header.SignalState == (LONG)MINLONG)
            return TRUE;
    }
    return FALSE;
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                        BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray) {
    PKTHREAD Thread = KiCurrentThread();
    PKWAIT_BLOCK Blocks = WaitBlockArray != NULL ? WaitBlockArray : Thread->WaitBlock;
    KI_DUE Due = KiTimeoutToDue(Timeout);
    NTSTATUS Status;

    if (Count == 0 || Count > (WaitBlockArray != NULL ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS))
        KeBugCheckEx(MAXIMUM_WAIT_OBJECTS_EXCEEDED, 0, 0, 0, 0);
    if (Timeout == NULL || Timeout->QuadPart != 0)
        KiCheckWaitIrql(Object[0]);
    for (;;) {
        KIRQL Irql = KipBeginWait(Thread);

        if (Irql == PASSIVE_LEVEL && KiKernelApcDeliverable(Thread)) {
            KeLowerIrql(Irql);
            continue;
        }
        if (KipMutantExhausted(Thread, Count, Object)) {
            KeLowerIrql(Irql);
            ExRaiseStatus(STATUS_MUTANT_LIMIT_EXCEEDED);
        }
        if (!KipTryObjects(Thread, Count, Object, WaitType, &Status)) {
            Status = KiTestWaitAlert(Thread, WaitMode, Alertable);
            if (Status == STATUS_SUCCESS && KiDueTime(Due) <= KiQueryInterruptTime())
                Status = STATUS_TIMEOUT;
            if (Status == STATUS_SUCCESS) {
                for (ULONG Index = 0; Index < Count; Index++) {
                    Blocks[Index].Object = Object[Index];
                    Blocks[Index].WaitType = (UCHAR)WaitType;
                    Blocks[Index].WaitKey = (USHORT)Index;
                }
                Status = KiBlockThread(Blocks, Count, Due, Irql, WaitReason, WaitMode, Alertable);
                if (Status == STATUS_KERNEL_APC)
                    continue; /* the APC has run: wait again, until the same time */
                return Status;
            }
        }
        KeLowerIrql(Irql);
        return Status;
    }
}

NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
    return KeWaitForMultipleObjects(1, &Object, WaitAny, WaitReason, WaitMode, Alertable, Timeout, NULL);
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) {
    PKTHREAD Thread = KiCurrentThread();
    KI_DUE Due = KiTimeoutToDue(Interval);
    NTSTATUS Status;

    KiCheckWaitIrql(Interval);
    for (;;) {
        KIRQL Irql = KipBeginWait(Thread);

        if (Irql == PASSIVE_LEVEL && KiKernelApcDeliverable(Thread)) {
            KeLowerIrql(Irql);
            continue;
        }
        Status = KiTestWaitAlert(Thread, WaitMode, Alertable);
        if (Status != STATUS_SUCCESS || KiDueTime(Due) <= KiQueryInterruptTime()) {
            KeLowerIrql(Irql);
            if (Status == STATUS_SUCCESS)
                NtYieldExecution();
            return Status;
        }
        Status = KiBlockThread(Thread->WaitBlock, 0, Due, Irql, DelayExecution, WaitMode, Alertable);
        if (Status == STATUS_KERNEL_APC)
            continue;
        return Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status;
    }
}

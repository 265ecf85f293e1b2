/* Attaching to a process: the thread sees that process's user memory and handles, and has a second pair of APC lists meanwhile. */
#include "ke/ke.h"
#include "mm/mm.h"

NTKERNELAPI VOID NTAPI KeAttachProcess(PKPROCESS Process);

#define NOT_ATTACHED ((PKPROCESS)1) /* in the caller's KAPC_STATE: there was nothing to do */

static VOID KipMoveApcs(PKAPC_STATE From, PKAPC_STATE To) {
    *To = *From;
    for (ULONG Mode = 0; Mode < MaximumMode; Mode++) {
        InitializeListHead(&To->ApcListHead[Mode]);
        while (!IsListEmpty(&From->ApcListHead[Mode])) {
            PLIST_ENTRY Entry = RemoveHeadList(&From->ApcListHead[Mode]);
            InsertTailList(&To->ApcListHead[Mode], Entry);
        }
    }
}

static VOID KipEnterSpace(PKPROCESS Process) {
    if (Process->AddressSpace != MmCurrentAddressSpace)
        MmSwitchAddressSpace(Process->AddressSpace);
}

static VOID KipCheckAttach(PKTHREAD Thread, PKPROCESS Process) {
    if (KiProcessor->DpcRoutineActive)
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Process, (ULONG_PTR)Thread->ApcState.Process, Thread->ApcStateIndex,
                     KiProcessor->DpcRoutineActive);
}

VOID NTAPI KeStackAttachProcess(PKPROCESS Process, PKAPC_STATE ApcState) {
    PKTHREAD Thread = KiCurrentThread();
    PKAPC_STATE Saved = Thread->ApcStateIndex == 0 ? &Thread->SavedApcState : ApcState;
    KIRQL Irql;

    KipCheckAttach(Thread, Process);
    if (Thread->ApcState.Process == Process) {
        ApcState->Process = NOT_ATTACHED;
        return;
    }
    Irql = KfRaiseIrql(DISPATCH_LEVEL);
    KipMoveApcs(&Thread->ApcState, Saved);
    if (Saved == &Thread->SavedApcState)
        ApcState->Process = NULL;
    Thread->ApcState.Process = Process;
    Thread->ApcState.KernelApcInProgress = FALSE;
    Thread->ApcState.KernelApcPending = FALSE;
    Thread->ApcState.UserApcPending = FALSE;
    Thread->ApcStateIndex = 1;
    KipEnterSpace(Process);
    KeLowerIrql(Irql);
}

VOID NTAPI KeUnstackDetachProcess(PKAPC_STATE ApcState) {
    PKTHREAD Thread = KiCurrentThread();
    PKAPC_STATE Saved = ApcState->Process == NULL ? &Thread->SavedApcState : ApcState;
    KIRQL Irql;

    if (ApcState->Process == NOT_ATTACHED)
        return;
    /* APCs that came for the attached state run before it ends; those that cannot are a mistake (bug check 6). */
    if (Thread->ApcStateIndex == 0 || Thread->ApcState.KernelApcInProgress || !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode]))
        KeBugCheckEx(INVALID_PROCESS_DETACH_ATTEMPT, 0, 0, 0, 0);
    if (KiProcessor->Irql == PASSIVE_LEVEL)
        KiDeliverPending(PASSIVE_LEVEL);
    if (!IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]))
        KeBugCheckEx(INVALID_PROCESS_DETACH_ATTEMPT, 0, 0, 0, 0);
    Irql = KfRaiseIrql(DISPATCH_LEVEL);
    KipMoveApcs(Saved, &Thread->ApcState);
    if (Saved == &Thread->SavedApcState)
        Thread->ApcStateIndex = 0;
    if (!IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]))
        Thread->ApcState.KernelApcPending = TRUE;
    KipEnterSpace(Thread->ApcState.Process);
    KeLowerIrql(Irql);
}

VOID NTAPI KeAttachProcess(PKPROCESS Process) {
    PKTHREAD Thread = KiCurrentThread();
    KAPC_STATE Unused;

    KipCheckAttach(Thread, Process);
    if (Thread->ApcState.Process == Process)
        return;
    if (Thread->ApcStateIndex != 0)
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Process, (ULONG_PTR)Thread->ApcState.Process, Thread->ApcStateIndex, 0);
    KeStackAttachProcess(Process, &Unused);
}

VOID NTAPI KeDetachProcess(VOID) {
    KAPC_STATE State = {.Process = NULL};

    if (KiCurrentThread()->ApcStateIndex != 0)
        KeUnstackDetachProcess(&State);
}

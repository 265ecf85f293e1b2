/* The end of threads and processes. */
#include "ps/job.h"
#include "ex/ex.h"
#include "kd/kd.h"
#include "vf/dispatch.h"

static WORK_QUEUE_ITEM PspReaper;
static BOOLEAN PspReaperQueued;

static VOID NTAPI PspReap(PVOID Context) {
    PKTHREAD Thread;

    PspReaperQueued = FALSE;
    while ((Thread = KiTakeDeadThread()) != NULL)
        ObDereferenceObject(Thread);
}

/* Dropping the last reference may delete objects, for which DISPATCH_LEVEL is no place. */
VOID PspReapThreads(VOID) {
    if (PspReaperQueued)
        return;
    PspReaperQueued = TRUE;
    ExInitializeWorkItem(&PspReaper, PspReap, NULL);
    ExQueueWorkItem(&PspReaper, DelayedWorkQueue);
}

static VOID PspCheckExit(PKTHREAD Thread) {
    if (VfIsOn())
        VfForgetDispatches(Thread);
    if (KiProcessor->Irql != PASSIVE_LEVEL)
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, 0, KiProcessor->Irql, 0, (ULONG_PTR)__builtin_return_address(0));
    if (Thread->ApcStateIndex != 0)
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Thread->Process, (ULONG_PTR)Thread->ApcState.Process, Thread->ApcStateIndex, 0);
    if (Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0)
        KeBugCheckEx(KERNEL_APC_PENDING_DURING_EXIT, 0, (ULONG_PTR)(LONG_PTR)Thread->KernelApcDisable, KiProcessor->Irql, 0);
}

/* User APCs that never ran: their owners get them back, or the pool. */
static VOID PspRundownApcs(PKTHREAD Thread) {
    PLIST_ENTRY List = &Thread->ApcState.ApcListHead[UserMode];

    if (KiHasPending())
        KiDeliverPending(PASSIVE_LEVEL); /* kernel APCs that came until now still run */
    Thread->ApcQueueable = FALSE;
    while (!IsListEmpty(List)) {
        PKAPC Apc = CONTAINING_RECORD(List->Flink, KAPC, ApcListEntry);

        KeRemoveQueueApc(Apc);
        if (Apc->RundownRoutine != NULL)
            Apc->RundownRoutine(Apc);
        else
            ExFreePool(Apc);
    }
}

/* Stack and TEB of a thread that others survive. GS must not point at pages that are given back. */
static VOID PspFreeUserPart(PETHREAD Thread) {
    NT_TEB *Teb = Thread->Tcb.Teb;

    KiSetThreadBlock(&Thread->Tcb, Thread->SystemBlock);
    Thread->Tcb.Teb = NULL;
    MmFreeUserMemory(Thread->UserStackDeallocation, 0, MEM_RELEASE);
    MmFreeUserMemory(Teb, 0, MEM_RELEASE);
}

/* The last thread takes the process with it: handles in its context (CLEANUP is sent here), then its memory, then whoever waits for it learns. */
static VOID PspExitProcess(PETHREAD Thread, PEPROCESS Process) {
    PMM_ADDRESS_SPACE Space;

    Process->Exiting = TRUE;
    ExWaitForRundownProtectionRelease(&Process->RundownProtect);
    if (Process->ExitStatus == STATUS_PENDING)
        Process->ExitStatus = Thread->ExitStatus;
    PspNotifyProcess(Process, FALSE, NULL);
    ObpCloseProcessHandles(Process);
    Process->HandlesClosed = TRUE;
    KiSetThreadBlock(&Thread->Tcb, Thread->SystemBlock);
    Thread->Tcb.Teb = NULL;
    Space = Process->Pcb.AddressSpace;
    Process->Pcb.AddressSpace = NULL;
    if (Space != NULL) {
        MmSwitchAddressSpace(NULL);
        MmDeleteAddressSpace(Space);
    }
    Process->ExitTime.QuadPart = (LONGLONG)KiQuerySystemTime();
    ExRundownTimerResolution(Process);
    PspLeaveJob(Process);
    RemoveEntryList(&Process->ActiveProcessLinks);
    InitializeListHead(&Process->ActiveProcessLinks);
    Process->Pcb.Header.SignalState = 1;
    KiWaitTest(Process, 0);
}

VOID PspExitThread(NTSTATUS ExitStatus) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    PEPROCESS Process = Thread->Process;

    PspCheckExit(&Thread->Tcb);
    NT_ASSERT_OURS(!Thread->Terminating);
    Thread->Tcb.TerminateRequested = FALSE;
    Thread->Tcb.PreviousMode = KernelMode;
    Thread->Tcb.UserFrame = NULL;
    Thread->Terminating = TRUE;
    Thread->ExitStatus = ExitStatus;
    PspNotifyThread(Thread, FALSE);
    IoCancelThreadIo(Thread);
    ExRundownTimers(&Thread->Tcb);
    PspRundownApcs(&Thread->Tcb);
    Thread->ExitTime.QuadPart = (LONGLONG)KiQuerySystemTime();
    /* No wait between these two: whoever counts down to zero is the last to use the process's memory. */
    if (--Process->ActiveThreads == 0)
        PspExitProcess(Thread, Process);
    else if (Thread->Tcb.Teb != NULL)
        PspFreeUserPart(Thread);
    KdFlushThread(&Thread->Tcb);
    KiExitThread();
}

VOID PspExitForTermination(PKTHREAD Thread) { PspExitThread(((PETHREAD)Thread)->ExitStatus); }

NTSTATUS PspTerminateThread(PETHREAD Thread, NTSTATUS ExitStatus) {
    if (Thread->Tcb.SystemThread)
        return STATUS_INVALID_PARAMETER;
    if (Thread->Terminating || Thread->Tcb.TerminateRequested || Thread->Tcb.State == Terminated)
        return STATUS_SUCCESS;
    Thread->ExitStatus = ExitStatus;
    Thread->Tcb.TerminateRequested = TRUE;
    while (Thread->Tcb.SuspendCount != 0)
        KiResumeThread(&Thread->Tcb);
    if (Thread->Tcb.State == Waiting && Thread->Tcb.WaitMode == UserMode)
        KiUnwaitThread(&Thread->Tcb, STATUS_USER_APC, 0);
    return STATUS_SUCCESS;
}

VOID PspTerminateOtherThreads(PEPROCESS Process, NTSTATUS ExitStatus) {
    for (PLIST_ENTRY Entry = Process->Pcb.ThreadListHead.Flink; Entry != &Process->Pcb.ThreadListHead; Entry = Entry->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(Entry, struct _ETHREAD, Tcb.ThreadListEntry);

        if (&Thread->Tcb != KiCurrentThread())
            PspTerminateThread(Thread, ExitStatus);
    }
}

NTSTATUS PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus) {
    if (Process == PsInitialSystemProcess)
        return STATUS_ACCESS_DENIED;
    if (Process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    Process->Exiting = TRUE;
    Process->ExitStatus = ExitStatus;
    PspTerminateOtherThreads(Process, ExitStatus);
    return STATUS_SUCCESS;
}

VOID PspDeleteProcess(PVOID Object) {
    PEPROCESS Process = Object;

    PspFreeId(Process->UniqueProcessId);
    if (Process->ActiveProcessLinks.Flink != NULL)
        RemoveEntryList(&Process->ActiveProcessLinks);
    if (Process->Pcb.AddressSpace != NULL)
        MmDeleteAddressSpace(Process->Pcb.AddressSpace);
    if (Process->Token != NULL)
        ObDereferenceObject(Process->Token);
    if (Process->Job != NULL)
        ObDereferenceObject(Process->Job);
    if (Process->ImageName.Buffer != NULL)
        ExFreePoolWithTag(Process->ImageName.Buffer, PSP_NAME_TAG);
}

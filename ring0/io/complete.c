/*
 * Completion: the way back up through completion routines, and the last stage in the requesting thread.
 *
 * Which requests get what at the end (documentation: "Completing IRPs", NtReadFile, NtDeviceIoControlFile):
 *   success, warning            buffered output copied; status block, event, APC
 *   error, and it was pending   asynchronous: status block, event, APC; synchronous: the file's FinalStatus and event (the service returns the status)
 *   error at once               nothing but the returned status
 * What has an APC routine gets an APC; what has none, but a context, on a file with a completion port gives a packet, unless the file skips those of
 * requests that did not pend (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS).
 */
#include "vf/dispatch.h"
#include "io/io.h"
#include "vf/vf.h"

/* All but MajorFunction, which debuggers and traces want to see afterwards. */
static inline VOID ClearLocation(PIO_STACK_LOCATION Stack) {
    Stack->MinorFunction = 0;
    Stack->Flags = 0;
    Stack->Control = 0;
    Stack->Parameters.Others.Argument1 = NULL;
    Stack->Parameters.Others.Argument2 = NULL;
    Stack->Parameters.Others.Argument3 = NULL;
    Stack->FileObject = NULL;
    Stack->CompletionRoutine = NULL;
    Stack->Context = NULL;
}

static inline BOOLEAN WantsCall(PIRP Irp, UCHAR Control) {
    if (NT_SUCCESS(Irp->IoStatus.Status) ? Control & SL_INVOKE_ON_SUCCESS : Control & SL_INVOKE_ON_ERROR)
        return TRUE;
    return Irp->Cancel && (Control & SL_INVOKE_ON_CANCEL);
}

VOID IopFreeMdls(PIRP Irp) {
    for (PMDL Mdl = Irp->MdlAddress, Next; Mdl; Mdl = Next) {
        Next = Mdl->Next;
        if (Mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    Irp->MdlAddress = NULL;
}

static inline BOOLEAN IsSynchronous(PIRP Irp, PFILE_OBJECT File) {
    return (Irp->Flags & (IRP_SYNCHRONOUS_API | IRP_PAGING_IO)) || (File && (File->Flags & FO_SYNCHRONOUS_IO));
}

static inline VOID SignalEvent(PIRP Irp, PFILE_OBJECT File) {
    if (Irp->UserEvent) {
        KiSetEvent(Irp->UserEvent, 0);
        if (File) {
            if (!(Irp->Flags & IRP_SYNCHRONOUS_API)) /* else it is on somebody's stack */
                ObfDereferenceObject(Irp->UserEvent);
            if (File->Flags & FO_SYNCHRONOUS_IO)
                KiSetEvent(&File->Event, 0);
        }
    } else if (File && !(File->Flags & FO_SKIP_SET_EVENT)) {
        KiSetEvent(&File->Event, 0);
    }
}

static inline BOOLEAN WantsPacket(PIRP Irp, PFILE_OBJECT File) {
    return File && File->CompletionContext && Irp->Overlay.AsynchronousParameters.UserApcContext &&
           !(Irp->Flags & (IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API)) && (Irp->PendingReturned || !(File->Flags & FO_SKIP_COMPLETION_PORT));
}

/* Last of all for a user APC: its kernel routine frees the IRP that carried it. */
static VOID NTAPI UserApcKernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static VOID NTAPI UserApcRundown(PKAPC Apc) { IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc)); }

static DECLSPEC_NOINLINE VOID CopyToRequester(PIRP Irp) {
    __try {
        RtlCopyMemory(Irp->UserBuffer, Irp->AssociatedIrp.SystemBuffer, Irp->IoStatus.Information);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Irp->IoStatus.Status = GetExceptionCode();
        Irp->IoStatus.Information = 0;
    }
}

static inline VOID CopyOutput(PIRP Irp) {
    if (!(Irp->Flags & IRP_BUFFERED_IO))
        return;
    if ((Irp->Flags & IRP_INPUT_OPERATION) && !NT_ERROR(Irp->IoStatus.Status) && Irp->IoStatus.Status != STATUS_VERIFY_REQUIRED &&
        Irp->IoStatus.Information && Irp->AssociatedIrp.SystemBuffer && Irp->UserBuffer)
        CopyToRequester(Irp);
    IopFreeSystemBuffer(Irp);
}

/* The status block of a process that has unmapped it meanwhile is nobody's loss. Status comes last: pollers look at it. */
static DECLSPEC_NOINLINE VOID WriteStatusBlock(PIO_STATUS_BLOCK To, NTSTATUS Status, ULONG_PTR Information) {
    __try {
        To->Information = Information;
        *(volatile NTSTATUS *)&To->Status = Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

VOID IopFinishRequest(PIRP Irp, PFILE_OBJECT File) {
    NTSTATUS Status;
    PIO_APC_ROUTINE Routine;
    PETHREAD Thread = Irp->Tail.Overlay.Thread;

    CopyOutput(Irp);
    if (Irp->MdlAddress)
        IopFreeMdls(Irp);
    if (Irp->Tail.Overlay.AuxiliaryBuffer) {
        ExFreePool(Irp->Tail.Overlay.AuxiliaryBuffer);
        Irp->Tail.Overlay.AuxiliaryBuffer = NULL;
    }
    IopDequeueThreadIrp(Irp);
    Status = Irp->IoStatus.Status;

    if (NT_ERROR(Status) && (!Irp->PendingReturned || IsSynchronous(Irp, File))) {
        if (Irp->PendingReturned) {
            if (Irp->Flags & IRP_SYNCHRONOUS_API)
                *Irp->UserIosb = Irp->IoStatus;
            if (File)
                File->FinalStatus = Status;
            SignalEvent(Irp, File);
        } else if (Irp->UserEvent && File && !(Irp->Flags & IRP_SYNCHRONOUS_API)) {
            ObfDereferenceObject(Irp->UserEvent);
        }
        if (File)
            ObfDereferenceObject(File);
        IoFreeIrp(Irp);
        return;
    }

    if (Irp->UserIosb)
        WriteStatusBlock(Irp->UserIosb, Status, Irp->IoStatus.Information);
    if (File)
        File->FinalStatus = Status;
    SignalEvent(Irp, File);
    Routine = Irp->Flags & IRP_CREATE_OPERATION ? NULL : Irp->Overlay.AsynchronousParameters.UserApcRoutine;
    if (Routine && File) {
        PVOID Context = Irp->Overlay.AsynchronousParameters.UserApcContext;
        PIO_STATUS_BLOCK Iosb = Irp->UserIosb;
        KPROCESSOR_MODE Mode = Irp->RequestorMode;
        KeInitializeApc(&Irp->Tail.Apc, &Thread->Tcb, CurrentApcEnvironment, UserApcKernelRoutine, UserApcRundown, (PKNORMAL_ROUTINE)(PVOID)Routine,
                        Mode, Context);
        if (!KeInsertQueueApc(&Irp->Tail.Apc, Iosb, NULL, 2))
            IoFreeIrp(Irp);
    } else if (WantsPacket(Irp, File)) {
        IopPostIrp(File->CompletionContext, Irp);
    } else {
        IoFreeIrp(Irp);
    }
    if (File)
        ObfDereferenceObject(File);
}

static VOID NTAPI FinishApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Argument1, PVOID *Argument2) {
    PIRP Irp = CONTAINING_RECORD(Apc, IRP, Tail.Apc);
    PFILE_OBJECT File = *Argument1;
    PETHREAD Thread = (PETHREAD)Apc->Thread;

    Irp->Tail.Overlay.Thread = Thread; /* the APC has lain over it */
    Irp->Tail.Overlay.AuxiliaryBuffer = *Argument2;
    IopFinishRequest(Irp, File);
}

/* Frees an IRP whose requester is gone: nobody to tell. */
static VOID DropRequest(PIRP Irp, PFILE_OBJECT File, PVOID AuxiliaryBuffer) {
    IopFreeSystemBuffer(Irp);
    IopFreeMdls(Irp);
    if (AuxiliaryBuffer)
        ExFreePool(AuxiliaryBuffer);
    IopDequeueThreadIrp(Irp);
    if (File) {
        if (Irp->UserEvent && !(Irp->Flags & IRP_SYNCHRONOUS_API))
            ObfDereferenceObject(Irp->UserEvent);
        ObfDereferenceObject(File);
    }
    IoFreeIrp(Irp);
}

static VOID NTAPI FinishRundown(PKAPC Apc) { DropRequest(CONTAINING_RECORD(Apc, IRP, Tail.Apc), Apc->SystemArgument1, Apc->SystemArgument2); }

static VOID CompleteAssociated(PIRP Irp, CCHAR PriorityBoost) {
    PIRP Master = Irp->AssociatedIrp.MasterIrp;
    IopFreeMdls(Irp);
    IoFreeIrp(Irp);
    if (InterlockedDecrement(&Master->AssociatedIrp.IrpCount) == 0)
        IofCompleteRequest(Master, PriorityBoost);
}

/* May the last stage run here and now? As a special kernel APC queued to the current thread would. */
static inline BOOLEAN CanFinishHere(PIRP Irp, PETHREAD Requester) {
    PKTHREAD Thread = KiCurrentThread();
    return Thread == &Requester->Tcb && KiCurrentIrql() < APC_LEVEL && !Thread->SpecialApcDisable &&
           Thread->ApcStateIndex == (UCHAR)Irp->ApcEnvironment;
}

static VOID Requeue(PIRP Irp, CCHAR PriorityBoost) {
    PFILE_OBJECT File = Irp->Tail.Overlay.OriginalFileObject;
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    PVOID AuxiliaryBuffer = Irp->Tail.Overlay.AuxiliaryBuffer;

    if (!Thread) {
        if (!(Irp->AllocationFlags & IOP_IRP_ORPHAN))
            KiBugCheck(IRQL_NOT_LESS_OR_EQUAL, FIELD_OFFSET(struct _KTHREAD, ApcQueueable), DISPATCH_LEVEL, 1, (ULONG_PTR)IofCompleteRequest, NULL,
                       "an IRP made by IoAllocateIrp was completed to its end and belongs to no thread: give it a completion routine that frees it "
                       "and returns STATUS_MORE_PROCESSING_REQUIRED; if it has one, the IRP was completed twice");
        DropRequest(Irp, File, AuxiliaryBuffer);
        return;
    }
    if (CanFinishHere(Irp, Thread)) {
        KIRQL Irql = KfRaiseIrql(APC_LEVEL);
        IopFinishRequest(Irp, File);
        KeLowerIrql(Irql);
        return;
    }
    KeInitializeApc(&Irp->Tail.Apc, &Thread->Tcb, (KAPC_ENVIRONMENT)Irp->ApcEnvironment, FinishApc, FinishRundown, NULL, KernelMode, NULL);
    if (!KeInsertQueueApc(&Irp->Tail.Apc, File, AuxiliaryBuffer, PriorityBoost))
        DropRequest(Irp, File, AuxiliaryBuffer);
}

static NTSTATUS CallVerified(PIO_COMPLETION_ROUTINE Routine, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    VF_FENCE Fence = VfEnter();
    NTSTATUS Status = Routine(DeviceObject, Irp, Context);

    if (!VfIsUnchanged(&Fence))
        VfStopCompletion(&Fence, (PVOID)(ULONG_PTR)Routine);
    return Status;
}

/* One location up. The driver that completes stands at Stack; a completion routine set by the one above it is kept there too. */
static inline VOID Ascend(PIRP Irp, PIO_STACK_LOCATION Stack) {
    Irp->CurrentLocation++;
    Irp->Tail.Overlay.CurrentStackLocation = Stack + 1;
}

/* As far as drivers are only passed: nobody wants a call, nobody has marked the request pending. TRUE: that was all. */
static inline BOOLEAN WalkUpQuietly(PIRP Irp) {
    PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;
    Irp->PendingReturned = FALSE;
    for (; Irp->CurrentLocation <= Irp->StackCount && !Stack->Control; Stack++) {
        Ascend(Irp, Stack);
        ClearLocation(Stack);
    }
    if (Irp->CurrentLocation <= Irp->StackCount)
        return FALSE;
    Ascend(Irp, Stack);
    return TRUE;
}

/* FALSE: a completion routine has kept the IRP. */
static BOOLEAN WalkUp(PIRP Irp) {
    for (PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;; Stack++) {
        UCHAR Control;
        PIO_COMPLETION_ROUTINE Routine;
        PDEVICE_OBJECT DeviceObject;
        PVOID Context;
        NTSTATUS Status;

        if (VfIsOn())
            VfNotePassed(Irp, Stack);
        Ascend(Irp, Stack);
        if (IopIsCompleted(Irp))
            return TRUE;
        Control = Stack->Control;
        Irp->PendingReturned = Control & SL_PENDING_RETURNED;
        if (!WantsCall(Irp, Control)) {
            if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount)
                IoMarkIrpPending(Irp);
            ClearLocation(Stack);
            continue;
        }
        Routine = Stack->CompletionRoutine;
        Context = Stack->Context;
        ClearLocation(Stack);
        DeviceObject = Irp->CurrentLocation == Irp->StackCount + 1 ? NULL : IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
        Status = VfIsOn() ? CallVerified(Routine, DeviceObject, Irp, Context) : Routine(DeviceObject, Irp, Context);
        if (Status == STATUS_MORE_PROCESSING_REQUIRED)
            return FALSE;
    }
}

/* After the walk, nobody having kept the IRP. */
static VOID LeaveStack(PIRP Irp, CCHAR PriorityBoost) {
    if (Irp->Flags & IRP_ASSOCIATED_IRP) {
        CompleteAssociated(Irp, PriorityBoost);
        return;
    }
    if (Irp->Flags & IRP_CLOSE_OPERATION) { /* IopCallSynchronously waits and frees it */
        *Irp->UserIosb = Irp->IoStatus;
        KeSetEvent(Irp->UserEvent, PriorityBoost, FALSE);
        return;
    }
    for (PMDL Mdl = Irp->MdlAddress; Mdl; Mdl = Mdl->Next)
        if (Mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(Mdl);
    if ((Irp->Flags & IRP_DEFER_IO_COMPLETION) && !Irp->PendingReturned)
        return; /* the service finishes it when the dispatch routine has returned */
    Requeue(Irp, PriorityBoost);
}

/* Anything but a request that no routine is called for. */
static DECLSPEC_NOINLINE VOID CompleteFully(PIRP Irp, CCHAR PriorityBoost) {
    if (Irp->CancelRoutine && VfIsOn())
        KiBugCheck(
            0xC9 /* DRIVER_VERIFIER_IOMANAGER_VIOLATION */, 7, (ULONG_PTR)Irp->CancelRoutine, (ULONG_PTR)Irp, 0, NULL,
            "an IRP was completed whose cancel routine was still set: take it back with IoSetCancelRoutine(Irp, NULL), and leave the IRP alone if "
            "that gives NULL, for it is being cancelled");
    if (KiMachine->trace)
        IopTraceComplete(Irp);
    if (WalkUp(Irp))
        LeaveStack(Irp, PriorityBoost);
}

VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost) {
    if (Irp->Type != IO_TYPE_IRP || IopIsCompleted(Irp))
        KiBugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, __LINE__, 0, 0, NULL,
                   "an IRP was completed that has been completed before: after IoCompleteRequest a driver must forget it");
    if (VfIsOn() || KiMachine->trace || !WalkUpQuietly(Irp))
        CompleteFully(Irp, PriorityBoost);
    else
        LeaveStack(Irp, PriorityBoost);
}

/*
 * Cancel-safe queues (documentation: "Cancel-Safe IRP Queues"). The queue and its lock are the driver's; what is here decides who gets an IRP that
 * is taken out and cancelled at the same time: whoever clears its cancel routine. While queued, DriverContext[3] of the IRP points at the queue, or at
 * the caller's context, which points at both.
 */
#include "io/io.h"

/* CANCELROUTINE: calls back into the queue it belongs to. */
static VOID NTAPI CsqCancel(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_CSQ Csq = Irp->Tail.Overlay.DriverContext[3];
    KIRQL Irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (Csq->Type == IO_TYPE_CSQ_IRP_CONTEXT)
        Csq = ((PIO_CSQ_IRP_CONTEXT)Csq)->Csq;
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    Csq->CsqRemoveIrp(Csq, Irp);
    if (Irp->Tail.Overlay.DriverContext[3] != Csq) {
        ((PIO_CSQ_IRP_CONTEXT)Irp->Tail.Overlay.DriverContext[3])->Irp = NULL;
        Irp->Tail.Overlay.DriverContext[3] = NULL;
    }
    Csq->CsqReleaseLock(Csq, Irql);
    Csq->CsqCompleteCanceledIrp(Csq, Irp);
}

static NTSTATUS Initialize(PIO_CSQ Csq, ULONG Type, PIO_CSQ_INSERT_IRP Insert, PIO_CSQ_REMOVE_IRP Remove, PIO_CSQ_PEEK_NEXT_IRP Peek,
                           PIO_CSQ_ACQUIRE_LOCK Acquire, PIO_CSQ_RELEASE_LOCK Release, PIO_CSQ_COMPLETE_CANCELED_IRP Complete) {
    Csq->Type = Type;
    Csq->CsqInsertIrp = Insert;
    Csq->CsqRemoveIrp = Remove;
    Csq->CsqPeekNextIrp = Peek;
    Csq->CsqAcquireLock = Acquire;
    Csq->CsqReleaseLock = Release;
    Csq->CsqCompleteCanceledIrp = Complete;
    Csq->ReservePointer = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                               PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
    return Initialize(Csq, IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
    return Initialize(Csq, IO_TYPE_CSQ_EX, (PIO_CSQ_INSERT_IRP)(PVOID)CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
                      CsqCompleteCanceledIrp);
}

NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext) {
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    Csq->CsqAcquireLock(Csq, &Irql);
    if (Context) {
        Context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
        Context->Irp = Irp;
        Context->Csq = Csq;
        Irp->Tail.Overlay.DriverContext[3] = Context;
    } else {
        Irp->Tail.Overlay.DriverContext[3] = Csq;
    }
    Csq->ReservePointer = NULL;
    if (Csq->Type == IO_TYPE_CSQ_EX)
        Status = ((PIO_CSQ_INSERT_IRP_EX)(PVOID)Csq->CsqInsertIrp)(Csq, Irp, InsertContext);
    else
        Csq->CsqInsertIrp(Csq, Irp);
    if (!NT_SUCCESS(Status)) {
        Csq->CsqReleaseLock(Csq, Irql);
        return Status;
    }
    IoMarkIrpPending(Irp);
    (void)IoSetCancelRoutine(Irp, CsqCancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL)) { /* cancelled before it came here */
        Csq->CsqRemoveIrp(Csq, Irp);
        if (Context)
            Context->Irp = NULL;
        Irp->Tail.Overlay.DriverContext[3] = NULL;
        Csq->CsqReleaseLock(Csq, Irql);
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
        return Status;
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) { IoCsqInsertIrpEx(Csq, Irp, Context, NULL); }

/* The lock is held; the IRP is the caller's when its cancel routine could be cleared. */
static BOOLEAN Take(PIO_CSQ Csq, PIRP Irp) {
    if (!IoSetCancelRoutine(Irp, NULL))
        return FALSE;
    Csq->CsqRemoveIrp(Csq, Irp);
    if (Irp->Tail.Overlay.DriverContext[3] != Csq)
        ((PIO_CSQ_IRP_CONTEXT)Irp->Tail.Overlay.DriverContext[3])->Irp = NULL;
    Irp->Tail.Overlay.DriverContext[3] = NULL;
    return TRUE;
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
    PIRP Irp;
    KIRQL Irql;

    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    Irp = Context->Irp;
    if (Irp && !Take(Csq, Irp))
        Irp = NULL;
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
    PIRP Irp = NULL;
    KIRQL Irql;

    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    do {
        Irp = Csq->CsqPeekNextIrp(Csq, Irp, PeekContext);
    } while (Irp && !Take(Csq, Irp));
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

/*
 * IRPs: memory, initialisation, the call into a driver, cancellation, and the list of a thread's requests.
 *
 * IRPs of up to SMALL_STACK or LARGE_STACK locations come from lists of each processor, so that the road of a request neither searches nor calls
 * the pool. Behind the stack locations of those lies room for a small system buffer, which a buffered request of a few bytes uses instead of a pool
 * block of its own. A freed IRP keeps Type 0, so a second completion or free of it is seen as long as nobody has reused it.
 */
#include "vf/dispatch.h"
#include "io/io.h"
#include "vf/vf.h"

#define SMALL_STACK   2
#define LARGE_STACK   8
#define INLINE_BUFFER 256u
#define FREE_DEPTH    32u

typedef struct _FREE_LIST {
    PIRP First; /* linked through Tail.CompletionKey */
    ULONG Count;
} FREE_LIST, *PFREE_LIST;

static FREE_LIST FreeLists[ARRAYSIZE(KiProcessors)][2];
static KSPIN_LOCK CancelSpinLock;

static inline ULONG ClassStack(ULONG Class) { return Class ? LARGE_STACK : SMALL_STACK; }

static inline PVOID InlineBuffer(PIRP Irp) {
    ULONG Class = Irp->StackCount > SMALL_STACK;
    return (PUCHAR)Irp + ((IoSizeOfIrp(ClassStack(Class)) + 15u) & ~15u);
}

/* Of an IRP that is all zeroes. */
static inline VOID SetUp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) {
    Irp->Type = IO_TYPE_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CCHAR)(StackSize + 1);
    Irp->ApcEnvironment = (CCHAR)KiCurrentThread()->ApcStateIndex;
    InitializeListHead(&Irp->ThreadListEntry);
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
}

VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) {
    if (KiMachine->trace)
        IopTraceForget(Irp);
    RtlZeroMemory(Irp, PacketSize);
    SetUp(Irp, PacketSize, StackSize);
}

static PIRP AllocateLarge(CCHAR StackSize) {
    PIRP Irp = StackSize >= 0 ? ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeOfIrp(StackSize), IOP_IRP_TAG) : NULL;
    if (Irp) {
        RtlZeroMemory(Irp, IoSizeOfIrp(StackSize));
        SetUp(Irp, IoSizeOfIrp(StackSize), StackSize);
    }
    return Irp;
}

PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
    PFREE_LIST List;
    PIRP Irp;
    ULONG Class = StackSize > SMALL_STACK;

    if (StackSize < 0 || StackSize > LARGE_STACK)
        return AllocateLarge(StackSize);
    List = &FreeLists[KiProcessor->Number][Class];
    Irp = List->First;
    if (Irp) {
        List->First = Irp->Tail.CompletionKey;
        List->Count--;
    } else {
        Irp = ExAllocatePoolWithTag(NonPagedPoolNx, ((IoSizeOfIrp(ClassStack(Class)) + 15u) & ~15u) + INLINE_BUFFER, IOP_IRP_TAG);
        if (!Irp)
            return NULL;
    }
    /* Sizes that the compiler knows are a few stores. */
    __builtin_memset(Irp, 0, sizeof *Irp);
    for (CCHAR Location = 0; Location < StackSize; Location++)
        __builtin_memset((PIO_STACK_LOCATION)(Irp + 1) + Location, 0, sizeof(IO_STACK_LOCATION));
    SetUp(Irp, IoSizeOfIrp(StackSize), StackSize);
    Irp->AllocationFlags = IRP_ALLOCATED_FIXED_SIZE | IRP_LOOKASIDE_ALLOCATION;
    return Irp;
}

VOID NTAPI IoFreeIrp(PIRP Irp) {
    if (Irp->Type != IO_TYPE_IRP)
        KiBugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, __LINE__, 0, 0, NULL, "an IRP was freed that is none: it has been freed before");
    if (KiMachine->trace)
        IopTraceForget(Irp);
    Irp->Type = 0;
    if (Irp->AllocationFlags & IRP_ALLOCATED_FIXED_SIZE) {
        PFREE_LIST List = &FreeLists[KiProcessor->Number][Irp->StackCount > SMALL_STACK];
        if (List->Count < FREE_DEPTH) {
            Irp->Tail.CompletionKey = List->First;
            List->First = Irp;
            List->Count++;
            return;
        }
    }
    ExFreePoolWithTag(Irp, IOP_IRP_TAG);
}

VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Status) {
    UCHAR AllocationFlags = Irp->AllocationFlags;
    IoInitializeIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->AllocationFlags = AllocationFlags;
    Irp->IoStatus.Status = Status;
}

/* Under the verifier each buffer is a pool block of its exact size, so that the pool's checks see who writes past its end or after its time. */
PVOID IopAllocateSystemBuffer(PIRP Irp, ULONG Size) {
    if (Size <= INLINE_BUFFER && (Irp->AllocationFlags & IRP_ALLOCATED_FIXED_SIZE) && KiMachine->verifier == HAL_VERIFIER_OFF)
        return InlineBuffer(Irp);
    return ExAllocatePoolWithTag(NonPagedPoolNx, Size, IOP_BUFFER_TAG);
}

/* A driver may have put a block of its own there: whatever is not the IRP's own room goes to the pool. */
VOID IopFreeSystemBuffer(PIRP Irp) {
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    if (!(Irp->Flags & IRP_DEALLOCATE_BUFFER) || !Buffer)
        return;
    Irp->Flags &= ~(ULONG)IRP_DEALLOCATE_BUFFER;
    Irp->AssociatedIrp.SystemBuffer = NULL;
    if (!(Irp->AllocationFlags & IRP_ALLOCATED_FIXED_SIZE) || Buffer != InlineBuffer(Irp))
        ExFreePool(Buffer);
}

NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT Device, PIRP Irp) {
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS IopCallVerified(PDRIVER_DISPATCH Routine, PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    VF_FENCE Fence = VfEnter();
    VF_DISPATCH Dispatch;
    NTSTATUS Status;

    VfBeginDispatch(&Dispatch, Irp);
    __try {
        Status = Routine(DeviceObject, Irp);
    } __finally {
        if (AbnormalTermination())
            VfForgetDispatch(&Dispatch);
    }
    if (!VfIsUnchanged(&Fence))
        VfStopDispatch(&Fence, (PVOID)(ULONG_PTR)Routine, DeviceObject);
    VfEndDispatch(&Dispatch, Status, (PVOID)(ULONG_PTR)Routine, DeviceObject);
    return Status;
}

static inline NTSTATUS CallRoutine(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MajorFunction) {
    PDRIVER_DISPATCH Routine;
    if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION)
        return IopInvalidDeviceRequest(DeviceObject, Irp);
    Routine = DeviceObject->DriverObject->MajorFunction[MajorFunction];
    return VfIsOn() ? IopCallVerified(Routine, DeviceObject, Irp) : Routine(DeviceObject, Irp);
}

static DECLSPEC_NOINLINE NTSTATUS CallTraced(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MajorFunction) {
    IopTraceDispatch(DeviceObject, Irp);
    return CallRoutine(DeviceObject, Irp, MajorFunction);
}

NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack;

    if (--Irp->CurrentLocation <= 0)
        KiBugCheck(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)Irp, 0, 0, 0, NULL,
                   "IoCallDriver was given an IRP without a stack location left: allocate it with the StackSize of the device that it is sent to");
    Stack = --Irp->Tail.Overlay.CurrentStackLocation;
    Stack->DeviceObject = DeviceObject;
    if (KiMachine->trace)
        return CallTraced(DeviceObject, Irp, Stack->MajorFunction);
    return CallRoutine(DeviceObject, Irp, Stack->MajorFunction);
}

/* ---- A thread's requests ------------------------------------------------------------------------------------------------------ */
VOID IopQueueThreadIrp(PIRP Irp) { InsertTailList(&Irp->Tail.Overlay.Thread->IrpList, &Irp->ThreadListEntry); }

VOID NTAPI IoQueueThreadIrp(PIRP Irp) { IopQueueThreadIrp(Irp); }

VOID IopDequeueThreadIrp(PIRP Irp) {
    RemoveEntryList(&Irp->ThreadListEntry);
    InitializeListHead(&Irp->ThreadListEntry);
}

/* ---- Cancellation --------------------------------------------------------------------------------------------------------------- */
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&CancelSpinLock); }

VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql) { KeReleaseSpinLock(&CancelSpinLock, Irql); }

BOOLEAN NTAPI IoCancelIrp(PIRP Irp) {
    KIRQL Irql;

    NT_ASSERT_OURS(Irp->Type == IO_TYPE_IRP);
    IoAcquireCancelSpinLock(&Irql);
    return IopCancelLockedIrp(Irp, Irql);
}

BOOLEAN IopCancelLockedIrp(PIRP Irp, KIRQL Irql) {
    PDRIVER_CANCEL Routine;

    Irp->Cancel = TRUE;
    Routine = IoSetCancelRoutine(Irp, NULL);
    if (!Routine) {
        IoReleaseCancelSpinLock(Irql);
        return FALSE;
    }
    if (IopIsCompleted(Irp))
        KiBugCheck(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)Irp, (ULONG_PTR)Routine, 0, 0, NULL,
                   "a completed IRP still has a cancel routine: clear it with IoSetCancelRoutine before IoCompleteRequest");
    Irp->CancelIrql = Irql;
    Routine(IoGetCurrentIrpStackLocation(Irp)->DeviceObject, Irp); /* releases the lock */
    if (VfIsOn() && KiCurrentIrql() != Irql)
        KiBugCheckInRoutine(0x11B /* DRIVER_RETURNED_HOLDING_CANCEL_LOCK */, (ULONG_PTR)Irp, (ULONG_PTR)Routine, 0, 0, (PVOID)(ULONG_PTR)Routine,
                            "a cancel routine came back at another IRQL: it must release the cancel spin lock, "
                            "IoReleaseCancelSpinLock(Irp->CancelIrql)");
    return TRUE;
}

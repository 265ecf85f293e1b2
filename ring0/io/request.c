/* IRPs that drivers build: IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest, IoBuildAsynchronousFsdRequest, IoMakeAssociatedIrp, IoForwardIrpSynchronously. */
#include "io/io.h"

/* A request of the current thread. On failure of what follows: IoFreeIrp, for it is in no list yet. */
static PIRP NewIrp(PDEVICE_OBJECT Device, UCHAR Major, PIO_STATUS_BLOCK Iosb) {
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    if (Irp) {
        Irp->RequestorMode = KernelMode;
        Irp->UserIosb = Iosb;
        Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
        IoGetNextIrpStackLocation(Irp)->MajorFunction = Major;
    }
    return Irp;
}

static VOID DiscardIrp(PIRP Irp) {
    IopFreeSystemBuffer(Irp);
    IopFreeMdls(Irp);
    IoFreeIrp(Irp);
}

/* A pool block always: the completion routine of an asynchronous request gives it to ExFreePool (documentation of IoBuildAsynchronousFsdRequest). */
static BOOLEAN AddSystemBuffer(PIRP Irp, const VOID *Input, ULONG InputLength, ULONG Size) {
    PVOID System = ExAllocatePoolWithTag(NonPagedPoolNx, Size, IOP_BUFFER_TAG);
    if (!System)
        return FALSE;
    Irp->AssociatedIrp.SystemBuffer = System;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (InputLength)
        RtlCopyMemory(System, Input, InputLength);
    return TRUE;
}

/* The buffer may be the caller's user memory: a bad one gives NULL. */
static BOOLEAN AddMdl(PIRP Irp, PVOID Buffer, ULONG Length, LOCK_OPERATION Operation) {
    if (!IoAllocateMdl(Buffer, Length, FALSE, FALSE, Irp))
        return FALSE;
    __try {
        MmProbeAndLockPages(Irp->MdlAddress, KernelMode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer, ULONG InputBufferLength,
                                         PVOID OutputBuffer, ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                         PIO_STATUS_BLOCK IoStatusBlock) {
    ULONG Method = IoControlCode & 3, Size = max(InputBufferLength, OutputBufferLength);
    PIRP Irp = NewIrp(DeviceObject, InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL, IoStatusBlock);
    PIO_STACK_LOCATION Stack;
    BOOLEAN Built = TRUE;

    if (!Irp)
        return NULL;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    Stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    Stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    if (Method == METHOD_BUFFERED) {
        Irp->UserBuffer = OutputBuffer;
        if (Size)
            Built = AddSystemBuffer(Irp, InputBuffer, InputBuffer ? InputBufferLength : 0, Size);
        if (OutputBuffer)
            Irp->Flags |= IRP_INPUT_OPERATION;
    } else if (Method == METHOD_NEITHER) {
        Irp->UserBuffer = OutputBuffer;
        Stack->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
    } else {
        if (InputBuffer && InputBufferLength)
            Built = AddSystemBuffer(Irp, InputBuffer, InputBufferLength, InputBufferLength);
        if (Built && OutputBuffer && OutputBufferLength)
            Built = AddMdl(Irp, OutputBuffer, OutputBufferLength, Method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    }
    if (!Built) {
        DiscardIrp(Irp);
        return NULL;
    }
    Irp->UserEvent = Event;
    IopQueueThreadIrp(Irp);
    return Irp;
}

/* Not in the thread's list: the driver's completion routine frees it. */
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length, PLARGE_INTEGER StartingOffset,
                                         PIO_STATUS_BLOCK IoStatusBlock) {
    BOOLEAN Transfer = MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE, Read = MajorFunction == IRP_MJ_READ, Built = TRUE;
    PIRP Irp = NewIrp(DeviceObject, (UCHAR)MajorFunction, IoStatusBlock);
    PIO_STACK_LOCATION Stack;

    if (!Irp || !Transfer)
        return Irp;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.Write.Length = Length; /* Read lies alike */
    if (StartingOffset)
        Stack->Parameters.Write.ByteOffset = *StartingOffset;
    if (DeviceObject->Flags & DO_BUFFERED_IO) {
        Irp->UserBuffer = Buffer;
        if (Length)
            Built = AddSystemBuffer(Irp, Buffer, Read ? 0 : Length, Length);
        Irp->Flags |= IRP_BUFFERED_IO | (Read ? IRP_INPUT_OPERATION : 0);
    } else if (DeviceObject->Flags & DO_DIRECT_IO) {
        if (Length)
            Built = AddMdl(Irp, Buffer, Length, Read ? IoWriteAccess : IoReadAccess);
    } else {
        Irp->UserBuffer = Buffer;
    }
    if (!Built) {
        DiscardIrp(Irp);
        return NULL;
    }
    return Irp;
}

PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length, PLARGE_INTEGER StartingOffset,
                                        PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
    PIRP Irp = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
    if (Irp) {
        Irp->UserEvent = Event;
        IopQueueThreadIrp(Irp);
    }
    return Irp;
}

/* The last associated IRP to complete completes the master; the caller has set the master's IrpCount. */
PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize) {
    PIRP Associated = IoAllocateIrp(StackSize, FALSE);
    if (Associated) {
        Associated->Flags |= IRP_ASSOCIATED_IRP;
        Associated->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
        Associated->AssociatedIrp.MasterIrp = Irp;
    }
    return Associated;
}

static NTSTATUS NTAPI ForwardCompletion(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    if (Irp->PendingReturned)
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Hands an IRP down and has it back: the caller still owns it. FALSE: no stack location for a lower driver. */
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KEVENT Event;

    if (Irp->CurrentLocation <= 1)
        return FALSE;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, ForwardCompletion, &Event, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    return TRUE;
}

/* ---- Completion routines that outlive their driver's unload ---------------------------------------------------------------------- */
typedef struct _GUARDED_COMPLETION {
    PDEVICE_OBJECT Device;
    PIO_COMPLETION_ROUTINE Routine;
    PVOID Context;
} GUARDED_COMPLETION;

#define IOP_GUARD_TAG 'rgCI'

static NTSTATUS NTAPI GuardedCompletion(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    GUARDED_COMPLETION Guard = *(GUARDED_COMPLETION *)Context;
    NTSTATUS Status;
    ExFreePoolWithTag(Context, IOP_GUARD_TAG);
    Status = Guard.Routine(Device, Irp, Guard.Context);
    ObfDereferenceObject(Guard.Device);
    return Status;
}

/* All three invocations must be on, or what is allocated here would stay (documentation of IoSetCompletionRoutineEx). */
NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) {
    GUARDED_COMPLETION *Guard = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Guard, IOP_GUARD_TAG);
    if (!Guard)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObfReferenceObject(DeviceObject);
    Guard->Device = DeviceObject;
    Guard->Routine = CompletionRoutine;
    Guard->Context = Context;
    IoSetCompletionRoutine(Irp, GuardedCompletion, Guard, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
    return STATUS_SUCCESS;
}

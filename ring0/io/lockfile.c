/* NtLockFile and NtUnlockFile (documentation of both, IRP_MJ_LOCK_CONTROL). The length goes to the driver by reference: it lies in the IRP's auxiliary buffer. */
#include "io/io.h"

#define IOP_LOCK_TAG 'kLoI'

typedef struct _IOP_LOCK {
    LARGE_INTEGER Offset, Length;
    ULONG Key;
} IOP_LOCK;

/* May raise. */
static VOID Capture(IOP_LOCK *Lock, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, KPROCESSOR_MODE Mode) {
    if (Mode != KernelMode) {
        ProbeForWrite(Iosb, sizeof *Iosb, 1);
        ProbeForRead(ByteOffset, sizeof *ByteOffset, sizeof(ULONG));
        ProbeForRead(Length, sizeof *Length, sizeof(ULONG));
    }
    Lock->Offset = *ByteOffset;
    Lock->Length = *Length;
}

/* Refers to the file and has the caller's parameters. */
static NTSTATUS Begin(PIOP_REQUEST Request, HANDLE FileHandle, IOP_LOCK *Lock, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER ByteOffset,
                      PLARGE_INTEGER Length) {
    NTSTATUS Status = IopReferenceFile(Request, FileHandle, FILE_READ_DATA | FILE_WRITE_DATA);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        Capture(Lock, Iosb, ByteOffset, Length, Request->Mode);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObfDereferenceObject(Request->File);
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* NULL: out of memory, and the request has been ended. */
static PIRP MakeLockIrp(PIOP_REQUEST Request, UCHAR Minor, const IOP_LOCK *Lock, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                        PIO_STATUS_BLOCK Iosb) {
    PLARGE_INTEGER Length = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Length, IOP_LOCK_TAG);
    PIO_STACK_LOCATION Stack;
    PIRP Irp;

    if (!Length) {
        IopEndRequest(Request);
        return NULL;
    }
    Irp = IopMakeIrp(Request, IRP_MJ_LOCK_CONTROL, ApcRoutine, ApcContext, Iosb);
    if (!Irp) {
        ExFreePoolWithTag(Length, IOP_LOCK_TAG);
        return NULL;
    }
    *Length = Lock->Length;
    Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Length;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = Minor;
    Stack->Parameters.LockControl.Length = Length;
    Stack->Parameters.LockControl.Key = Lock->Key;
    Stack->Parameters.LockControl.ByteOffset = Lock->Offset;
    return Irp;
}

NTSTATUS NTAPI NtLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock) {
    IOP_REQUEST Request;
    IOP_LOCK Lock = {.Key = Key};
    IO_STATUS_BLOCK Result = {.Status = STATUS_SUCCESS};
    PFAST_IO_LOCK Fast;
    PIRP Irp;
    NTSTATUS Status = Begin(&Request, FileHandle, &Lock, IoStatusBlock, ByteOffset, Length);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IopBeginRequest(&Request, Event, ApcRoutine);
    if (!NT_SUCCESS(Status))
        return Status;
    Request.File->LockOperation = TRUE;
    Fast = ApcRoutine ? NULL : IopFastRoutine(Request.Device, FastIoLock);
    if (Fast && Fast(Request.File, &Lock.Offset, &Lock.Length, (PEPROCESS)KiCurrentThread()->Process, Key, FailImmediately, ExclusiveLock, &Result,
                     Request.Device))
        return IopEndFast(&Request, ApcContext, IoStatusBlock, Result);
    Irp = MakeLockIrp(&Request, IRP_MN_LOCK, &Lock, ApcRoutine, ApcContext, IoStatusBlock);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoGetNextIrpStackLocation(Irp)->Flags = (FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0);
    return IopIssueRequest(&Request, Irp, TRUE);
}

/* Synchronous whatever the file is. */
NTSTATUS NTAPI NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key) {
    IOP_REQUEST Request;
    IOP_LOCK Lock = {.Key = Key};
    IO_STATUS_BLOCK Result = {.Status = STATUS_SUCCESS};
    PFAST_IO_UNLOCK_SINGLE Fast;
    PIRP Irp;
    NTSTATUS Status = Begin(&Request, FileHandle, &Lock, IoStatusBlock, ByteOffset, Length);
    if (NT_SUCCESS(Status))
        Status = IopBeginRequest(&Request, NULL, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Fast = IopFastRoutine(Request.Device, FastIoUnlockSingle);
    if (Fast && Fast(Request.File, &Lock.Offset, &Lock.Length, (PEPROCESS)KiCurrentThread()->Process, Key, &Result, Request.Device))
        return IopEndFast(&Request, NULL, IoStatusBlock, Result);
    Irp = MakeLockIrp(&Request, IRP_MN_UNLOCK_SINGLE, &Lock, NULL, NULL, NULL);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    return IopIssueAndStore(&Request, Irp, IoStatusBlock);
}

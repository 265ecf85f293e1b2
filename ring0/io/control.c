/*
 * NtDeviceIoControlFile and NtFsControlFile: the four transfer methods (documentation: "Buffer Descriptions for I/O Control Codes") and the access
 * bits of the control code.
 */
#include "io/io.h"

#define CODE_METHOD(Code) ((Code) & 3u)
#define CODE_ACCESS(Code) (((Code) >> 14) & 3u) /* FILE_READ_ACCESS and FILE_WRITE_ACCESS have the values of FILE_READ_DATA and FILE_WRITE_DATA */

#ifndef SL_READ_ACCESS_GRANTED
#define SL_READ_ACCESS_GRANTED  0x01
#define SL_WRITE_ACCESS_GRANTED 0x04
#endif

typedef struct _IOP_CONTROL {
    UCHAR Major;
    ULONG Code;
    PVOID Input, Output;
    ULONG InputLength, OutputLength;
} IOP_CONTROL, *PIOP_CONTROL;

/* Probes what is probed for a user-mode caller; a NULL buffer has no length. May raise. */
static VOID ProbeBuffers(PIOP_REQUEST Request, PIOP_CONTROL Control) {
    ULONG Method = CODE_METHOD(Control->Code);
    if (Method == METHOD_NEITHER)
        return;
    if (!Control->Input)
        Control->InputLength = 0;
    if (!Control->Output)
        Control->OutputLength = 0;
    if (Request->Mode == KernelMode)
        return;
    if (Control->InputLength)
        ProbeForRead(Control->Input, Control->InputLength, 1);
    if (Control->OutputLength && Method == METHOD_BUFFERED)
        ProbeForWrite(Control->Output, Control->OutputLength, 1);
}

static NTSTATUS CopyInput(PIRP Irp, PIOP_CONTROL Control, ULONG Size) {
    PVOID System = IopAllocateSystemBuffer(Irp, Size);
    if (!System)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->AssociatedIrp.SystemBuffer = System;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    __try {
        RtlCopyMemory(System, Control->Input, Control->InputLength);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SetBuffers(PIOP_REQUEST Request, PIRP Irp, PIOP_CONTROL Control) {
    ULONG Method = CODE_METHOD(Control->Code), Size = max(Control->InputLength, Control->OutputLength);
    NTSTATUS Status = STATUS_SUCCESS;

    switch (Method) {
    case METHOD_BUFFERED:
        Irp->UserBuffer = Control->Output;
        if (Size)
            Status = CopyInput(Irp, Control, Size);
        if (Control->OutputLength)
            Irp->Flags |= IRP_INPUT_OPERATION;
        return Status;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        if (Control->InputLength)
            Status = CopyInput(Irp, Control, Control->InputLength);
        if (!NT_SUCCESS(Status) || !Control->OutputLength)
            return Status;
        if (!IoAllocateMdl(Control->Output, Control->OutputLength, FALSE, TRUE, Irp))
            return STATUS_INSUFFICIENT_RESOURCES;
        __try {
            MmProbeAndLockPages(Irp->MdlAddress, Request->Mode, Method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
        return STATUS_SUCCESS;
    default:
        Irp->UserBuffer = Control->Output;
        IoGetNextIrpStackLocation(Irp)->Parameters.DeviceIoControl.Type3InputBuffer = Control->Input;
        return STATUS_SUCCESS;
    }
}

/* A driver may answer on the spot, without an IRP. */
static BOOLEAN TryFastPath(PIOP_REQUEST Request, PIOP_CONTROL Control, PIO_STATUS_BLOCK Result) {
    PFAST_IO_DEVICE_CONTROL Fast = Control->Major == IRP_MJ_DEVICE_CONTROL ? IopFastRoutine(Request->Device, FastIoDeviceControl) : NULL;
    return Fast && Fast(Request->File, TRUE, Control->Input, Control->InputLength, Control->Output, Control->OutputLength, Control->Code, Result,
                        Request->Device);
}

static NTSTATUS ControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK Iosb,
                            PIOP_CONTROL Control) {
    IOP_REQUEST Request;
    IO_STATUS_BLOCK Result = {.Status = STATUS_SUCCESS};
    PIO_STACK_LOCATION Stack;
    PIRP Irp;
    ULONG Access = CODE_ACCESS(Control->Code);
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, 0);
    if (!NT_SUCCESS(Status))
        return Status;

    __try {
        if (Request.Mode != KernelMode)
            ProbeForWrite(Iosb, sizeof *Iosb, 1);
        ProbeBuffers(&Request, Control);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status) && Request.Mode != KernelMode && (Request.Granted & Access) != Access)
        Status = STATUS_ACCESS_DENIED;
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Request.File);
        return Status;
    }
    Status = IopBeginRequest(&Request, Event, ApcRoutine);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!ApcRoutine && TryFastPath(&Request, Control, &Result))
        return IopEndFast(&Request, ApcContext, Iosb, Result);

    Irp = IopMakeIrp(&Request, Control->Major, ApcRoutine, ApcContext, Iosb);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = SetBuffers(&Request, Irp, Control);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, Request.File, Request.Event, Request.Locked);
        return Status;
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.DeviceIoControl.OutputBufferLength = Control->OutputLength; /* FileSystemControl lies alike */
    Stack->Parameters.DeviceIoControl.InputBufferLength = Control->InputLength;
    Stack->Parameters.DeviceIoControl.IoControlCode = Control->Code;
    Stack->Flags |=
        (Request.Granted & FILE_READ_DATA ? SL_READ_ACCESS_GRANTED : 0) | (Request.Granted & FILE_WRITE_DATA ? SL_WRITE_ACCESS_GRANTED : 0);
    return IopIssueRequest(&Request, Irp, FALSE);
}

/* A driver's own check, for codes that were defined with FILE_ANY_ACCESS and should not have been. Kernel mode has all rights. */
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess) {
    UCHAR Flags = IoGetCurrentIrpStackLocation(Irp)->Flags;

    if (!RequiredAccess || RequiredAccess & ~(ULONG)(FILE_READ_ACCESS | FILE_WRITE_ACCESS))
        return STATUS_INVALID_PARAMETER;
    if (Irp->RequestorMode == KernelMode)
        return STATUS_SUCCESS;
    return ((RequiredAccess & FILE_READ_ACCESS) && !(Flags & SL_READ_ACCESS_GRANTED)) ||
                   ((RequiredAccess & FILE_WRITE_ACCESS) && !(Flags & SL_WRITE_ACCESS_GRANTED))
               ? STATUS_ACCESS_DENIED
               : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
    IOP_CONTROL Control = {IRP_MJ_DEVICE_CONTROL, IoControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength};
    return ControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, &Control);
}

NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
    IOP_CONTROL Control = {IRP_MJ_FILE_SYSTEM_CONTROL, FsControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength};
    return ControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, &Control);
}

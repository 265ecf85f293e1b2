/*
 * NtReadFile and NtWriteFile (documentation of both): handle access, probes, byte offset, then the request.
 *
 * The buffer is probed whatever the transfer method is: for writing by NtReadFile, so that a read-only buffer fails before the driver is called
 * even for neither I/O; by NtWriteFile as a range only.
 */
#include "io/io.h"

/* A caller's small value: Probed when it is user memory. May raise. */
static inline VOID ProbeStatusBlock(PIO_STATUS_BLOCK Iosb) { ProbeForWrite(Iosb, sizeof *Iosb, 1); }

typedef struct _POSITION {
    LARGE_INTEGER Offset;
    BOOLEAN Given;
    ULONG Key;
} POSITION;

static inline VOID CapturePosition(POSITION *Position, PLARGE_INTEGER ByteOffset, PULONG Key, KPROCESSOR_MODE Mode) {
    if (ByteOffset) {
        if (Mode != KernelMode)
            ProbeForRead(ByteOffset, sizeof *ByteOffset, sizeof(ULONG));
        Position->Offset = *ByteOffset;
        Position->Given = TRUE;
    }
    if (Key) {
        if (Mode != KernelMode)
            ProbeForRead(Key, sizeof *Key, sizeof(ULONG));
        Position->Key = *Key;
    }
}

static inline BOOLEAN IsSpecial(const POSITION *Position, ULONG Low) { return Position->Offset.HighPart == -1 && Position->Offset.LowPart == Low; }

/* A file opened without intermediate buffering moves whole sectors between aligned buffers. */
static NTSTATUS CheckSectors(PIOP_REQUEST Request, PVOID Buffer, ULONG Length, const POSITION *Position) {
    USHORT Sector = Request->Device->SectorSize;
    if (!(Request->File->Flags & FO_NO_INTERMEDIATE_BUFFERING) || Request->Mode == KernelMode || !Sector)
        return STATUS_SUCCESS;
    if (Length % Sector || ((ULONG_PTR)Buffer & Request->Device->AlignmentRequirement))
        return STATUS_INVALID_PARAMETER;
    if (Position->Given && Position->Offset.HighPart >= 0 && Position->Offset.QuadPart % Sector)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* Where the transfer begins. Called with the file's lock held when it is synchronous. */
static inline NTSTATUS ResolveOffset(PFILE_OBJECT File, POSITION *Position, BOOLEAN Write, BOOLEAN AppendOnly) {
    if (Write && AppendOnly) {
        Position->Offset.LowPart = FILE_WRITE_TO_END_OF_FILE;
        Position->Offset.HighPart = -1;
        return STATUS_SUCCESS;
    }
    if (File->Flags & FO_SYNCHRONOUS_IO) {
        if (!Position->Given || IsSpecial(Position, FILE_USE_FILE_POINTER_POSITION))
            Position->Offset = File->CurrentByteOffset;
    } else if (!Position->Given && !(File->Flags & (FO_NAMED_PIPE | FO_MAILSLOT))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Position->Offset.HighPart < 0 && !(Write && IsSpecial(Position, FILE_WRITE_TO_END_OF_FILE)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static inline NTSTATUS Transfer(PIOP_REQUEST Request, UCHAR Major, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK Iosb,
                                PVOID Buffer, ULONG Length, POSITION *Position) {
    BOOLEAN Write = Major == IRP_MJ_WRITE;
    BOOLEAN AppendOnly = (Request->Granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA;
    PFILE_OBJECT File = Request->File;
    IO_STATUS_BLOCK Result;
    PIO_STACK_LOCATION Stack;
    PIRP Irp;
    NTSTATUS Status = CheckSectors(Request, Buffer, Length, Position);

    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(File);
        return Status;
    }
    Status = IopBeginRequest(Request, Event, ApcRoutine);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ResolveOffset(File, Position, Write, AppendOnly);
    if (!NT_SUCCESS(Status)) {
        IopEndRequest(Request);
        return Status;
    }
    if (!ApcRoutine && IopTryFastTransfer(Request, Write, Buffer, Length, Position->Offset, Position->Key, &Result))
        return IopEndFast(Request, ApcContext, Iosb, Result);
    Irp = IopMakeIrp(Request, Major, ApcRoutine, ApcContext, Iosb);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;

    Status = IopSetTransferBuffer(Request, Irp, Buffer, Length, !Write);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, File, Request->Event, Request->Locked);
        return Status;
    }
    Irp->Flags |= (Write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION) | (File->Flags & FO_NO_INTERMEDIATE_BUFFERING ? IRP_NOCACHE : 0);
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Flags = Write && (File->Flags & FO_WRITE_THROUGH) ? SL_WRITE_THROUGH : 0;
    Stack->Parameters.Write.Length = Length; /* Read lies alike */
    Stack->Parameters.Write.Key = Position->Key;
    Stack->Parameters.Write.ByteOffset = Position->Offset;
    return IopIssueRequest(Request, Irp, TRUE);
}

NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                          ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
    IOP_REQUEST Request;
    POSITION Position = {.Given = FALSE};
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, FILE_READ_DATA);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Request.Mode != KernelMode) {
            ProbeStatusBlock(IoStatusBlock);
            ProbeForWrite(Buffer, Length, 1);
        }
        CapturePosition(&Position, ByteOffset, Key, Request.Mode);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObfDereferenceObject(Request.File);
        return GetExceptionCode();
    }
    return Transfer(&Request, IRP_MJ_READ, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, &Position);
}

NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                           PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
    IOP_REQUEST Request;
    POSITION Position = {.Given = FALSE};
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Request.Mode != KernelMode) {
            ProbeStatusBlock(IoStatusBlock);
            ProbeForRead(Buffer, Length, 1);
        }
        CapturePosition(&Position, ByteOffset, Key, Request.Mode);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObfDereferenceObject(Request.File);
        return GetExceptionCode();
    }
    return Transfer(&Request, IRP_MJ_WRITE, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, &Position);
}

/*
 * NtReadFile and NtWriteFile (documentation of both): handle access, probes, byte offset, then the request.
 *
 * The buffer is probed whatever the transfer method is: for writing by NtReadFile, so that a read-only buffer fails before the driver is called
 * even for neither I/O; by NtWriteFile as a range only.
 */
#include "io/io.h"

typedef struct _POSITION {
    LARGE_INTEGER Offset;
    BOOLEAN Given;
    ULONG Key;
} POSITION;

static NTSTATUS CapturePosition(POSITION *Position, PLARGE_INTEGER ByteOffset, PULONG Key, KPROCESSOR_MODE Mode) {
    __try {
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
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* A program's buffer: probed as ProbeForRead or ProbeForWrite does. */
static inline NTSTATUS CheckUserBuffer(PVOID Buffer, ULONG Length, BOOLEAN Write) {
    if (!Write)
        return ObpProbeOutput(Buffer, Length, 1, UserMode);
    return !Length || ((ULONG64)Buffer <= MmUserProbeAddress && Length <= MmUserProbeAddress - (ULONG64)Buffer) ? STATUS_SUCCESS
                                                                                                                : STATUS_ACCESS_VIOLATION;
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
static inline NTSTATUS ResolveOffset(PIOP_REQUEST Request, POSITION *Position, BOOLEAN Write) {
    PFILE_OBJECT File = Request->File;
    if (Write && (Request->Granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA) {
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

/* Inlined into either service: what they do not share is folded. */
static inline __attribute__((always_inline)) NTSTATUS Transfer(BOOLEAN Write, HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                                               PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
                                                               PLARGE_INTEGER ByteOffset, PULONG Key) {
    IOP_REQUEST Request;
    POSITION Position = {.Given = FALSE};
    IO_STATUS_BLOCK Result;
    PIO_STACK_LOCATION Stack;
    PFILE_OBJECT File;
    PIRP Irp;
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, Write ? FILE_WRITE_DATA | FILE_APPEND_DATA : FILE_READ_DATA);
    if (!NT_SUCCESS(Status))
        return Status;
    File = Request.File;
    if (Request.Mode != KernelMode) {
        Status = ObpProbeOutput(Iosb, sizeof *Iosb, 1, UserMode);
        if (NT_SUCCESS(Status))
            Status = CheckUserBuffer(Buffer, Length, Write);
    }
    if (NT_SUCCESS(Status) && (ByteOffset || Key))
        Status = CapturePosition(&Position, ByteOffset, Key, Request.Mode);
    if (NT_SUCCESS(Status))
        Status = CheckSectors(&Request, Buffer, Length, &Position);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(File);
        return Status;
    }
    Status = IopBeginRequest(&Request, Event, ApcRoutine);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ResolveOffset(&Request, &Position, Write);
    if (!NT_SUCCESS(Status)) {
        IopEndRequest(&Request);
        return Status;
    }
    if (!ApcRoutine && IopMayTransferFast(&Request) && IopTryFastTransfer(&Request, Write, Buffer, Length, Position.Offset, Position.Key, &Result))
        return IopEndFast(&Request, ApcContext, Iosb, Result);
    Irp = IopMakeIrp(&Request, Write ? IRP_MJ_WRITE : IRP_MJ_READ, ApcRoutine, ApcContext, Iosb);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;

    Status = IopSetTransferBuffer(&Request, Irp, Buffer, Length, !Write);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, File, Request.Event, Request.Locked);
        return Status;
    }
    Irp->Flags |= (Write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION) | (File->Flags & FO_NO_INTERMEDIATE_BUFFERING ? IRP_NOCACHE : 0);
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Flags = Write && (File->Flags & FO_WRITE_THROUGH) ? SL_WRITE_THROUGH : 0;
    Stack->Parameters.Write.Length = Length; /* Read lies alike */
    Stack->Parameters.Write.Key = Position.Key;
    Stack->Parameters.Write.ByteOffset = Position.Offset;
    return IopIssueRequest(&Request, Irp, TRUE);
}

NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                          ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
    return Transfer(FALSE, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key);
}

NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                           PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
    return Transfer(TRUE, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key);
}

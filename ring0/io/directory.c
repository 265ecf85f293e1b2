/* NtQueryDirectoryFile and NtFlushBuffersFile. */
#include "io/io.h"

#define IOP_AUXILIARY_TAG 'xuAI'

static ULONG EntryLength(FILE_INFORMATION_CLASS Class) {
    switch ((ULONG)Class) {
    case FileDirectoryInformation: return sizeof(FILE_DIRECTORY_INFORMATION);
    case FileFullDirectoryInformation: return sizeof(FILE_FULL_DIR_INFORMATION);
    case FileBothDirectoryInformation: return sizeof(FILE_BOTH_DIR_INFORMATION);
    case FileNamesInformation: return sizeof(FILE_NAMES_INFORMATION);
    case FileIdFullDirectoryInformation: return sizeof(FILE_ID_FULL_DIR_INFORMATION);
    case FileIdBothDirectoryInformation: return sizeof(FILE_ID_BOTH_DIR_INFORMATION);
    default: return 0;
    }
}

/* A pattern as the IRP's auxiliary buffer: UNICODE_STRING and text in one pool block. */
static NTSTATUS CapturePattern(PUNICODE_STRING Pattern, KPROCESSOR_MODE Mode, PUNICODE_STRING *Captured) {
    UNICODE_STRING Text;
    PUNICODE_STRING Copy;
    NTSTATUS Status;

    *Captured = NULL;
    if (!Pattern)
        return STATUS_SUCCESS;
    Status = ObpCaptureString(Pattern, Mode, &Text);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!Text.Length)
        return STATUS_SUCCESS;
    Copy = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Copy + Text.Length, IOP_AUXILIARY_TAG);
    if (Copy) {
        Copy->Buffer = (PWSTR)(Copy + 1);
        Copy->Length = Copy->MaximumLength = Text.Length;
        RtlCopyMemory(Copy->Buffer, Text.Buffer, Text.Length);
        *Captured = Copy;
    }
    ExFreePool(Text.Buffer);
    return Copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length, FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry,
                                    PUNICODE_STRING FileName, BOOLEAN RestartScan) {
    IOP_REQUEST Request;
    PUNICODE_STRING Pattern = NULL;
    PIO_STACK_LOCATION Stack;
    PIRP Irp;
    NTSTATUS Status;

    if (!EntryLength(FileInformationClass))
        return STATUS_INVALID_INFO_CLASS;
    if (Length < EntryLength(FileInformationClass))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopReferenceFile(&Request, FileHandle, FILE_LIST_DIRECTORY);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Request.Mode != KernelMode) {
            ProbeForWrite(IoStatusBlock, sizeof *IoStatusBlock, 1);
            ProbeForWrite(FileInformation, Length, sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status))
        Status = CapturePattern(FileName, Request.Mode, &Pattern);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Request.File);
        return Status;
    }
    Status = IopBeginRequest(&Request, Event, ApcRoutine);
    if (NT_SUCCESS(Status)) {
        Irp = IopMakeIrp(&Request, IRP_MJ_DIRECTORY_CONTROL, ApcRoutine, ApcContext, IoStatusBlock);
        if (!Irp)
            Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(Status)) {
        if (Pattern)
            ExFreePoolWithTag(Pattern, IOP_AUXILIARY_TAG);
        return Status;
    }
    Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Pattern;
    Status = IopSetTransferBuffer(&Request, Irp, FileInformation, Length, TRUE);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, Request.File, Request.Event, Request.Locked);
        return Status;
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_DIRECTORY;
    Stack->Flags = (RestartScan ? SL_RESTART_SCAN : 0) | (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0);
    Stack->Parameters.QueryDirectory.Length = Length;
    Stack->Parameters.QueryDirectory.FileName = Pattern;
    Stack->Parameters.QueryDirectory.FileInformationClass = FileInformationClass;
    return IopIssueRequest(&Request, Irp, TRUE);
}

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
    IOP_REQUEST Request;
    PIRP Irp;
    NTSTATUS Status = IopReferenceFile(&Request, FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpProbeOutput(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG), Request.Mode);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Request.File);
        return Status;
    }
    Status = IopBeginRequest(&Request, NULL, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Irp = IopMakeIrp(&Request, IRP_MJ_FLUSH_BUFFERS, NULL, NULL, NULL);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    return IopIssueAndStore(&Request, Irp, IoStatusBlock);
}

/* The buffer may be empty: who only wants to know that something has changed (STATUS_NOTIFY_ENUM_DIR) gives none. */
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree) {
    IOP_REQUEST Request;
    PIO_STACK_LOCATION Stack;
    PIRP Irp;
    NTSTATUS Status;

    if (!CompletionFilter || (CompletionFilter & ~(ULONG)FILE_NOTIFY_VALID_MASK))
        return STATUS_INVALID_PARAMETER;
    Status = IopReferenceFile(&Request, FileHandle, FILE_LIST_DIRECTORY);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Request.Mode != KernelMode) {
            ProbeForWrite(IoStatusBlock, sizeof *IoStatusBlock, 1);
            ProbeForWrite(Buffer, Length, sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Request.File);
        return Status;
    }
    Status = IopBeginRequest(&Request, Event, ApcRoutine);
    if (!NT_SUCCESS(Status))
        return Status;
    Irp = IopMakeIrp(&Request, IRP_MJ_DIRECTORY_CONTROL, ApcRoutine, ApcContext, IoStatusBlock);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = IopSetTransferBuffer(&Request, Irp, Buffer, Length, TRUE);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, Request.File, Request.Event, Request.Locked);
        return Status;
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
    Stack->Flags = WatchTree ? SL_WATCH_TREE : 0;
    Stack->Parameters.NotifyDirectory.Length = Length;
    Stack->Parameters.NotifyDirectory.CompletionFilter = CompletionFilter;
    return IopIssueRequest(&Request, Irp, TRUE);
}

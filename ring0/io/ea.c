/* NtQueryEaFile and NtSetEaFile (documentation of both, IRP_MJ_QUERY_EA, IRP_MJ_SET_EA): lists are checked here, attributes are the file system's. */
#include "io/io.h"

#define IOP_EA_TAG     'aEoI'
#define MOST_EA_LENGTH 0x10000u

/* The names that are asked for; each entry lies behind the one before, at a multiple of 4. */
static NTSTATUS CheckNames(PFILE_GET_EA_INFORMATION Names, ULONG Length, PULONG ErrorOffset) {
    for (ULONG Offset = 0;;) {
        PFILE_GET_EA_INFORMATION Name = (PFILE_GET_EA_INFORMATION)(PVOID)((PUCHAR)Names + Offset);
        ULONG Left = Length - Offset, Size;
        *ErrorOffset = Offset;
        if (Left < FIELD_OFFSET(FILE_GET_EA_INFORMATION, EaName) + 1)
            return STATUS_EA_LIST_INCONSISTENT;
        Size = FIELD_OFFSET(FILE_GET_EA_INFORMATION, EaName) + Name->EaNameLength + 1u;
        if (Size > Left || Name->EaName[Name->EaNameLength])
            return STATUS_EA_LIST_INCONSISTENT;
        if (!Name->NextEntryOffset)
            return STATUS_SUCCESS;
        if (Name->NextEntryOffset < Size || Name->NextEntryOffset > Left || Name->NextEntryOffset % sizeof(ULONG))
            return STATUS_EA_LIST_INCONSISTENT;
        Offset += Name->NextEntryOffset;
    }
}

/* A copy of the caller's list in *Copy, NULL for none, which the IRP or the caller frees; Names: of names alone. May raise, with *Copy set. */
static NTSTATUS CaptureList(PVOID List, ULONG Length, BOOLEAN Names, PIO_STATUS_BLOCK Iosb, KPROCESSOR_MODE Mode, PVOID *Copy) {
    ULONG ErrorOffset;
    NTSTATUS Status;

    if (!List || !Length)
        return STATUS_SUCCESS;
    if (Length > MOST_EA_LENGTH)
        return STATUS_EA_TOO_LARGE;
    if (Mode != KernelMode)
        ProbeForRead(List, Length, sizeof(ULONG));
    *Copy = ExAllocatePoolWithTag(NonPagedPoolNx, Length, IOP_EA_TAG);
    if (!*Copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(*Copy, List, Length);
    Status = Names ? CheckNames(*Copy, Length, &ErrorOffset) : IoCheckEaBufferValidity(*Copy, Length, &ErrorOffset);
    if (!NT_SUCCESS(Status)) {
        Iosb->Status = Status;
        Iosb->Information = ErrorOffset;
    }
    return Status;
}

/* References the file and checks the lists; *Copy is pool that the caller frees. */
static NTSTATUS Begin(PIOP_REQUEST Request, HANDLE FileHandle, ACCESS_MASK Access, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, PVOID List,
                      ULONG ListLength, PVOID *Copy) {
    BOOLEAN Query = Access == FILE_READ_EA;
    NTSTATUS Status = IopReferenceFile(Request, FileHandle, Access);

    *Copy = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Request->Mode != KernelMode) {
            ProbeForWrite(Iosb, sizeof *Iosb, 1);
            if (Query)
                ProbeForWrite(Buffer, Length, sizeof(ULONG));
        }
        Status = CaptureList(List, ListLength, Query, Iosb, Request->Mode, Copy);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        ObfDereferenceObject(Request->File);
    else
        Status = IopBeginRequest(Request, NULL, NULL);
    if (!NT_SUCCESS(Status) && *Copy) {
        ExFreePoolWithTag(*Copy, IOP_EA_TAG);
        *Copy = NULL;
    }
    return Status;
}

NTSTATUS NTAPI NtQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList,
                             ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan) {
    IOP_REQUEST Request;
    PIO_STACK_LOCATION Stack;
    ULONG Index = 0;
    PVOID Names;
    PIRP Irp;
    NTSTATUS Status = EaIndex ? KiCopyIn(&Index, EaIndex, sizeof Index) : STATUS_SUCCESS;

    if (NT_SUCCESS(Status))
        Status = Begin(&Request, FileHandle, FILE_READ_EA, IoStatusBlock, Buffer, Length, EaList, EaListLength, &Names);
    if (!NT_SUCCESS(Status))
        return Status;
    Irp = IopMakeIrp(&Request, IRP_MJ_QUERY_EA, NULL, NULL, NULL);
    if (!Irp) {
        if (Names)
            ExFreePoolWithTag(Names, IOP_EA_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->Tail.Overlay.AuxiliaryBuffer = Names;
    Status = IopSetTransferBuffer(&Request, Irp, Buffer, Length, TRUE);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, Request.File, NULL, Request.Locked);
        return Status;
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Flags = (RestartScan ? SL_RESTART_SCAN : 0) | (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) | (EaIndex ? SL_INDEX_SPECIFIED : 0);
    Stack->Parameters.QueryEa.Length = Length;
    Stack->Parameters.QueryEa.EaList = Names;
    Stack->Parameters.QueryEa.EaListLength = Names ? EaListLength : 0;
    Stack->Parameters.QueryEa.EaIndex = Index;
    return IopIssueAndStore(&Request, Irp, IoStatusBlock);
}

NTSTATUS NTAPI NtSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length) {
    IOP_REQUEST Request;
    PVOID List;
    PIRP Irp;
    NTSTATUS Status = Begin(&Request, FileHandle, FILE_WRITE_EA, IoStatusBlock, NULL, 0, Buffer, Length, &List);

    if (!NT_SUCCESS(Status))
        return Status;
    if (List)
        ExFreePoolWithTag(List, IOP_EA_TAG); /* checked: the file system gets the buffer as its device wants it, and checks that again */
    Irp = IopMakeIrp(&Request, IRP_MJ_SET_EA, NULL, NULL, NULL);
    if (!Irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = IopSetTransferBuffer(&Request, Irp, Buffer, Length, FALSE);
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Irp, Request.File, NULL, Request.Locked);
        return Status;
    }
    IoGetNextIrpStackLocation(Irp)->Parameters.SetEa.Length = Length;
    return IopIssueAndStore(&Request, Irp, IoStatusBlock);
}

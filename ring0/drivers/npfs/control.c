/* File system controls: listening, disconnecting, looking, transactions, impersonation. */
#include "npfsp.h"

static PNP_END NpEndOf(PIRP Irp) { return IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext; }

/* ConnectNamedPipe. A client that was faster is an error of its own. */
static NTSTATUS NpListen(PNP_HELD Held, PNP_END End, PIRP Irp) {
    switch (End->Instance->State) {
    case FILE_PIPE_CONNECTED_STATE: return STATUS_PIPE_CONNECTED;
    case FILE_PIPE_CLOSING_STATE: return STATUS_PIPE_CLOSING;
    default:
        End->Instance->State = FILE_PIPE_LISTENING_STATE;
        return End->CompletionMode == FILE_PIPE_QUEUE_OPERATION ? NpPend(Held, &End->Instance->Listeners, Irp) : STATUS_PIPE_LISTENING;
    }
}

/* DisconnectNamedPipe: what has not been read is lost, and the client's end is good for nothing any more. */
static NTSTATUS NpDisconnect(PNP_HELD Held, PNP_END End) {
    PNP_INSTANCE Instance = End->Instance;

    if (Instance->State == FILE_PIPE_DISCONNECTED_STATE)
        return STATUS_PIPE_DISCONNECTED;
    NpEmptyQueue(Held, &Instance->Inbound, STATUS_PIPE_DISCONNECTED);
    NpEmptyQueue(Held, &Instance->Outbound, STATUS_PIPE_DISCONNECTED);
    NpFinishAll(Held, &Instance->Listeners, STATUS_PIPE_DISCONNECTED);
    if (Instance->Client != NULL) {
        Instance->Client->Instance = NULL;
        Instance->Client = NULL;
        Instance->References--;
    }
    Instance->State = FILE_PIPE_DISCONNECTED_STATE;
    return STATUS_SUCCESS;
}

static NTSTATUS NpPeek(PNP_END End, PIRP Irp, PULONG Done) {
    PFILE_PIPE_PEEK_BUFFER Peek = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.FileSystemControl.OutputBufferLength, Head = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data);
    ULONG Bytes, First, Messages, Copied;
    BOOLEAN Message = End->Instance->Pipe->Type == FILE_PIPE_MESSAGE_TYPE;

    if (Room < Head)
        return STATUS_BUFFER_TOO_SMALL;
    if (End->Instance->State != FILE_PIPE_CONNECTED_STATE && End->Instance->State != FILE_PIPE_CLOSING_STATE)
        return STATUS_INVALID_PIPE_STATE;
    NpLookAtQueue(NpReadSide(End), End->ReadMode == FILE_PIPE_MESSAGE_MODE, (UCHAR *)Peek->Data, Room - Head, &Bytes, &First, &Messages, &Copied);
    if (Bytes == 0 && Messages == 0 && End->Instance->State == FILE_PIPE_CLOSING_STATE)
        return STATUS_PIPE_BROKEN;
    Peek->NamedPipeState = End->Instance->State;
    Peek->ReadDataAvailable = Bytes;
    Peek->NumberOfMessages = Message ? Messages : 0;
    Peek->MessageLength = Message ? First : 0;
    *Done = Head + Copied;
    return Copied < (Message ? First : Bytes) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* TransactNamedPipe: one message there, one back. The request is METHOD_NEITHER: its input is copied here, its answer by the I/O manager. */
static NTSTATUS NpTransact(PNP_HELD Held, PNP_END End, PIRP Irp, const UCHAR *Input, PULONG Done) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    ULONG Written;

    if (End->Instance->State != FILE_PIPE_CONNECTED_STATE || End->ReadMode != FILE_PIPE_MESSAGE_MODE)
        return STATUS_INVALID_PIPE_STATE;
    if (!NpIsEmpty(NpReadSide(End)))
        return STATUS_PIPE_BUSY;
    Status = NpWriteQueue(Held, NpWriteSide(End), NULL, Input, Stack->Parameters.FileSystemControl.InputBufferLength, TRUE, TRUE, &Written);
    return NT_SUCCESS(Status) ? NpReadQueue(Held, NpReadSide(End), Irp, Stack->Parameters.FileSystemControl.OutputBufferLength, TRUE, TRUE, Done)
                              : Status;
}

/* The caller's input as a pool copy, and a system buffer for the answer. */
static NTSTATUS NpPrepareTransaction(PIRP Irp, UCHAR **Input) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG In = Stack->Parameters.FileSystemControl.InputBufferLength, Out = Stack->Parameters.FileSystemControl.OutputBufferLength;
    PVOID From = Stack->Parameters.FileSystemControl.Type3InputBuffer;

    *Input = ExAllocatePoolWithTag(NonPagedPoolNx, In + 1ull, NP_TAG);
    Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPoolNx, Out + 1ull, NP_TAG);
    if (Irp->AssociatedIrp.SystemBuffer != NULL)
        Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION;
    if (*Input == NULL || Irp->AssociatedIrp.SystemBuffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        if (Irp->RequestorMode != KernelMode) {
            ProbeForRead(From, In, 1);
            ProbeForWrite(Irp->UserBuffer, Out, 1);
        }
        RtlCopyMemory(*Input, From, In);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* GetNamedPipeClientProcessId asks for "ClientProcessId". */
static NTSTATUS NpAttribute(PNP_END End, PIRP Irp, PULONG Done) {
    static const CHAR Client[] = "ClientProcessId", Server[] = "ServerProcessId";
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.FileSystemControl.InputBufferLength;
    BOOLEAN OfClient = Length == sizeof(Client) && RtlCompareMemory(Irp->AssociatedIrp.SystemBuffer, Client, Length) == Length;

    if (!OfClient && (Length != sizeof(Server) || RtlCompareMemory(Irp->AssociatedIrp.SystemBuffer, Server, Length) != Length))
        return STATUS_NOT_FOUND;
    if (Stack->Parameters.FileSystemControl.OutputBufferLength < sizeof(ULONG64))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (OfClient && !End->Instance->HasClient)
        return STATUS_NOT_FOUND;
    *(ULONG64 *)Irp->AssociatedIrp.SystemBuffer = (ULONG64)(ULONG_PTR)(OfClient ? End->Instance->ClientProcess : End->Instance->ServerProcess);
    *Done = sizeof(ULONG64);
    return STATUS_SUCCESS;
}

/* The requests that the spin lock is enough for. */
static NTSTATUS NpControl(PNP_HELD Held, PNP_END End, PIRP Irp, ULONG Code, const UCHAR *Input, PULONG Done) {
    BOOLEAN ForServer = Code == FSCTL_PIPE_LISTEN || Code == FSCTL_PIPE_DISCONNECT;

    if (End == NULL)
        return STATUS_INVALID_PARAMETER;
    if (ForServer && !End->IsServer)
        return STATUS_ILLEGAL_FUNCTION;
    if (End->Instance == NULL)
        return STATUS_PIPE_DISCONNECTED;
    switch (Code) {
    case FSCTL_PIPE_LISTEN: return NpListen(Held, End, Irp);
    case FSCTL_PIPE_DISCONNECT: return NpDisconnect(Held, End);
    case FSCTL_PIPE_PEEK: return NpPeek(End, Irp, Done);
    case FSCTL_PIPE_TRANSCEIVE: return NpTransact(Held, End, Irp, Input, Done);
    case FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE:
    case FSCTL_PIPE_GET_PIPE_ATTRIBUTE: return NpAttribute(End, Irp, Done);
    default: return STATUS_NOT_SUPPORTED;
    }
}

/* ImpersonateNamedPipeClient: the calling thread acts for who connected. */
static NTSTATUS NpImpersonate(PNP_END End) {
    if (End == NULL || !End->IsServer)
        return STATUS_ILLEGAL_FUNCTION;
    if (!End->Instance->HasClient || End->Instance->State != FILE_PIPE_CONNECTED_STATE)
        return STATUS_CANNOT_IMPERSONATE;
    return SeImpersonateClientEx(&End->Instance->ClientSecurity, NULL);
}

NTSTATUS NTAPI NpFileSystemControl(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.FileSystemControl.FsControlCode, Done = 0;
    PNP_END End = NpEndOf(Irp);
    UCHAR *Input = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    NP_HELD Held;

    if (Stack->MinorFunction != IRP_MN_USER_FS_REQUEST && Stack->MinorFunction != IRP_MN_KERNEL_CALL)
        return NpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Code == FSCTL_PIPE_TRANSCEIVE)
        Status = NpPrepareTransaction(Irp, &Input);
    NpLockNames();
    if (NT_SUCCESS(Status) && (Code == FSCTL_PIPE_WAIT || Code == FSCTL_PIPE_IMPERSONATE)) {
        Status = Code == FSCTL_PIPE_WAIT ? NpWaitForPipe(Irp) : NpImpersonate(End);
        if (Status != STATUS_PENDING)
            NpComplete(Irp, Status, 0);
    } else {
        NpLock(&Held);
        if (NT_SUCCESS(Status))
            Status = NpControl(&Held, End, Irp, Code, Input, &Done);
        if (Status != STATUS_PENDING)
            NpFinish(&Held, Irp, Status, Done);
        NpUnlock(&Held);
        if (Code == FSCTL_PIPE_LISTEN && (Status == STATUS_PENDING || Status == STATUS_PIPE_LISTENING))
            NpPipeIsFree(&End->Instance->Pipe->Name);
    }
    NpUnlockNames();
    if (Input != NULL)
        ExFreePoolWithTag(Input, NP_TAG);
    return Status;
}

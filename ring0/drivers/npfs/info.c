/* Questions about ends, and the modes that can be set. */
#include "npfsp.h"

static VOID NpFillLocal(PNP_END End, PFILE_PIPE_LOCAL_INFORMATION Local) {
    PNP_INSTANCE Instance = End->Instance;
    PNP_PIPE Pipe = Instance->Pipe;
    PNP_QUEUE Write = NpWriteSide(End);
    ULONG First, Messages, Copied;

    NpLookAtQueue(NpReadSide(End), FALSE, NULL, 0, &Local->ReadDataAvailable, &First, &Messages, &Copied);
    Local->NamedPipeType = Pipe->Type;
    Local->NamedPipeConfiguration = Pipe->Share == FILE_SHARE_READ    ? FILE_PIPE_OUTBOUND
                                    : Pipe->Share == FILE_SHARE_WRITE ? FILE_PIPE_INBOUND
                                                                      : FILE_PIPE_FULL_DUPLEX;
    Local->MaximumInstances = Pipe->Maximum;
    Local->CurrentInstances = Pipe->Count;
    Local->InboundQuota = Instance->Inbound.Quota;
    Local->OutboundQuota = Instance->Outbound.Quota;
    Local->WriteQuotaAvailable = Write->Quota > Write->Charged ? Write->Quota - Write->Charged : 0;
    Local->NamedPipeState = Instance->State;
    Local->NamedPipeEnd = End->IsServer ? FILE_PIPE_SERVER_END : FILE_PIPE_CLIENT_END;
}

static ULONG NpInformationSize(FILE_INFORMATION_CLASS Class) {
    switch (Class) {
    case FilePipeInformation: return sizeof(FILE_PIPE_INFORMATION);
    case FileNameInformation: return FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    case FilePipeLocalInformation: return sizeof(FILE_PIPE_LOCAL_INFORMATION);
    case FileStandardInformation: return sizeof(FILE_STANDARD_INFORMATION);
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    default: return 0;
    }
}

/* "\name", as much of it as there is room for. Lock held. */
static NTSTATUS NpFillName(PNP_END End, PFILE_NAME_INFORMATION Information, ULONG Room, PULONG Size) {
    PCUNICODE_STRING Name = &End->Instance->Pipe->Name;
    ULONG Length = Name->Length + sizeof(WCHAR);

    Information->FileNameLength = Length;
    Room -= *Size;
    *Size += min(Room, Length);
    if (Room >= sizeof(WCHAR)) {
        Information->FileName[0] = L'\\';
        RtlCopyMemory(Information->FileName + 1, Name->Buffer, min(Room, Length) - sizeof(WCHAR));
    }
    return Room < Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI NpQueryInformation(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryFile.FileInformationClass;
    ULONG Size = NpInformationSize(Class);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    PNP_END End = Stack->FileObject->FsContext;
    NTSTATUS Status = STATUS_SUCCESS;
    NP_HELD Held;

    if (Size == 0 || End == NULL)
        return NpComplete(Irp, End == NULL ? STATUS_INVALID_PARAMETER : STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryFile.Length < Size)
        return NpComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    RtlZeroMemory(Buffer, Size);
    NpLock(&Held);
    if (End->Instance == NULL)
        Status = STATUS_PIPE_DISCONNECTED;
    else if (Class == FilePipeInformation)
        *(PFILE_PIPE_INFORMATION)Buffer = (FILE_PIPE_INFORMATION){.ReadMode = End->ReadMode, .CompletionMode = End->CompletionMode};
    else if (Class == FileNameInformation)
        Status = NpFillName(End, Buffer, Stack->Parameters.QueryFile.Length, &Size);
    else if (Class == FilePipeLocalInformation)
        NpFillLocal(End, Buffer);
    else if (Class == FileBasicInformation)
        ((PFILE_BASIC_INFORMATION)Buffer)->FileAttributes = FILE_ATTRIBUTE_NORMAL;
    else
        *(PFILE_STANDARD_INFORMATION)Buffer = (FILE_STANDARD_INFORMATION){.NumberOfLinks = 1, .DeletePending = TRUE};
    NpUnlock(&Held);
    return NpComplete(Irp, Status, NT_ERROR(Status) ? 0 : Size);
}

NTSTATUS NTAPI NpSetInformation(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_PIPE_INFORMATION Modes = Irp->AssociatedIrp.SystemBuffer;
    PNP_END End = Stack->FileObject->FsContext;
    NTSTATUS Status = STATUS_SUCCESS;
    NP_HELD Held;

    if (Stack->Parameters.SetFile.FileInformationClass != FilePipeInformation)
        return NpComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (End == NULL || Stack->Parameters.SetFile.Length < sizeof(*Modes) || Modes->ReadMode > FILE_PIPE_MESSAGE_MODE ||
        Modes->CompletionMode > FILE_PIPE_COMPLETE_OPERATION)
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    NpLock(&Held);
    if (End->Instance == NULL) {
        Status = STATUS_PIPE_DISCONNECTED;
    } else if (Modes->ReadMode == FILE_PIPE_MESSAGE_MODE && End->Instance->Pipe->Type != FILE_PIPE_MESSAGE_TYPE) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        End->ReadMode = Modes->ReadMode;
        End->CompletionMode = Modes->CompletionMode;
    }
    NpUnlock(&Held);
    return NpComplete(Irp, Status, 0);
}

NTSTATUS NTAPI NpQueryVolume(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_FS_DEVICE_INFORMATION Information = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.QueryVolume.FsInformationClass != FileFsDeviceInformation)
        return NpComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryVolume.Length < sizeof(*Information))
        return NpComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    *Information = (FILE_FS_DEVICE_INFORMATION){.DeviceType = FILE_DEVICE_NAMED_PIPE, .Characteristics = Device->Characteristics};
    return NpComplete(Irp, STATUS_SUCCESS, sizeof(*Information));
}

/* Pipes, their instances and ends: made, opened, closed. */
#include "npfsp.h"

FAST_MUTEX NpNames;
LIST_ENTRY NpPipes;

VOID NpLockNames(VOID) {
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&NpNames);
}
VOID NpUnlockNames(VOID) {
    ExReleaseFastMutexUnsafe(&NpNames);
    KeLeaveCriticalRegion();
}

PNP_PIPE NpFindPipe(PCUNICODE_STRING Name) {
    for (PLIST_ENTRY Link = NpPipes.Flink; Link != &NpPipes; Link = Link->Flink) {
        PNP_PIPE Pipe = CONTAINING_RECORD(Link, NP_PIPE, Links);

        if (RtlEqualUnicodeString(&Pipe->Name, Name, TRUE))
            return Pipe;
    }
    return NULL;
}

/* "\name"; of a name relative to the device's own file the backslash is missing. */
static NTSTATUS NpNameOf(PFILE_OBJECT File, PUNICODE_STRING Name) {
    if (File->RelatedFileObject != NULL &&
        (File->RelatedFileObject->FsContext != NULL || (File->FileName.Length != 0 && File->FileName.Buffer[0] == L'\\')))
        return STATUS_OBJECT_NAME_INVALID;
    *Name = File->FileName;
    if (Name->Length >= sizeof(WCHAR) && Name->Buffer[0] == L'\\') {
        Name->Buffer++;
        Name->Length -= sizeof(WCHAR);
        Name->MaximumLength = Name->Length;
    }
    return Name->Length > NP_MAXIMUM_NAME ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
}

static PNP_END NpNewEnd(BOOLEAN IsServer) {
    PNP_END End = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*End), NP_TAG);

    if (End != NULL)
        *End = (NP_END){.IsServer = IsServer, .ReadMode = FILE_PIPE_BYTE_STREAM_MODE, .CompletionMode = FILE_PIPE_QUEUE_OPERATION};
    return End;
}

/* Checked as any object with a descriptor is; what is granted is noted in the access state. */
static NTSTATUS NpCheckAccess(PNP_PIPE Pipe, PIRP Irp, ACCESS_MASK Desired) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PACCESS_STATE State = Stack->Parameters.Create.SecurityContext->AccessState;
    PPRIVILEGE_SET Privileges = NULL;
    ACCESS_MASK Granted;
    NTSTATUS Status;
    BOOLEAN Allowed;

    if (Irp->RequestorMode == KernelMode && (Stack->Flags & SL_FORCE_ACCESS_CHECK) == 0)
        return STATUS_SUCCESS;
    RtlMapGenericMask(&Desired, IoGetFileObjectGenericMapping());
    Allowed = SeAccessCheck(Pipe->Security, &State->SubjectSecurityContext, FALSE, Desired, 0, &Privileges, IoGetFileObjectGenericMapping(), UserMode,
                            &Granted, &Status);
    if (Privileges != NULL)
        SeFreePrivileges(Privileges);
    if (!Allowed)
        return Status;
    State->PreviouslyGrantedAccess |= Granted;
    State->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
    return STATUS_SUCCESS;
}

/* ---- The server's end ------------------------------------------------------------------------------------------------------------------------ */
static NTSTATUS NpCheckParameters(const NAMED_PIPE_CREATE_PARAMETERS *Parameters, ULONG Share) {
    if ((Parameters->NamedPipeType & ~(ULONG)FILE_PIPE_TYPE_VALID_MASK) != 0 || Parameters->ReadMode > FILE_PIPE_MESSAGE_MODE ||
        Parameters->CompletionMode > FILE_PIPE_COMPLETE_OPERATION || Parameters->MaximumInstances == 0)
        return STATUS_INVALID_PARAMETER;
    if (Parameters->ReadMode == FILE_PIPE_MESSAGE_MODE && (Parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE) == 0)
        return STATUS_INVALID_PARAMETER;
    if (Share == 0 || (Share & ~(ULONG)(FILE_SHARE_READ | FILE_SHARE_WRITE)) != 0)
        return STATUS_INVALID_PARAMETER;
    return Parameters->TimeoutSpecified && Parameters->DefaultTimeout.QuadPart >= 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS NpNewPipe(PIRP Irp, PCUNICODE_STRING Name, const NAMED_PIPE_CREATE_PARAMETERS *Parameters, ULONG Share, PNP_PIPE *New) {
    static ULONG64 LastNumber;
    PACCESS_STATE State = IoGetCurrentIrpStackLocation(Irp)->Parameters.CreatePipe.SecurityContext->AccessState;
    PNP_PIPE Pipe;
    NTSTATUS Status;

    if (!Parameters->TimeoutSpecified)
        return STATUS_INVALID_PARAMETER;
    Pipe = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Pipe) + Name->Length, NP_TAG);
    if (Pipe == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Pipe = (NP_PIPE){.Maximum = Parameters->MaximumInstances,
                      .Type = Parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE,
                      .Share = Share,
                      .Number = ++LastNumber,
                      .Timeout = Parameters->DefaultTimeout.QuadPart,
                      .Name = {Name->Length, Name->Length, (WCHAR *)(Pipe + 1)}};
    RtlCopyMemory(Pipe->Name.Buffer, Name->Buffer, Name->Length);
    InitializeListHead(&Pipe->Instances);
    Status = SeAssignSecurity(NULL, State->SecurityDescriptor, &Pipe->Security, FALSE, &State->SubjectSecurityContext,
                              IoGetFileObjectGenericMapping(), PagedPool);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Pipe, NP_TAG);
        return Status;
    }
    InsertTailList(&NpPipes, &Pipe->Links);
    *New = Pipe;
    return STATUS_SUCCESS;
}

static VOID NpFreePipe(PNP_PIPE Pipe) {
    RemoveEntryList(&Pipe->Links);
    SeDeassignSecurity(&Pipe->Security);
    ExFreePoolWithTag(Pipe, NP_TAG);
}

/* Finds or makes the pipe, and says whether it was there. */
static NTSTATUS NpServePipe(PIRP Irp, PCUNICODE_STRING Name, const NAMED_PIPE_CREATE_PARAMETERS *Parameters, ULONG Disposition, ULONG Share,
                            PNP_PIPE *Found, PULONG_PTR Information) {
    PNP_PIPE Pipe = NpFindPipe(Name);

    *Information = Pipe != NULL ? FILE_OPENED : FILE_CREATED;
    if (Pipe == NULL)
        return Disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND : NpNewPipe(Irp, Name, Parameters, Share, Found);
    *Found = Pipe;
    if (Disposition == FILE_CREATE || Pipe->Share != Share || Pipe->Type != (Parameters->NamedPipeType & FILE_PIPE_MESSAGE_TYPE))
        return STATUS_ACCESS_DENIED;
    if (Pipe->Maximum != NP_UNLIMITED && Pipe->Count >= Pipe->Maximum)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    return NpCheckAccess(Pipe, Irp,
                         IoGetCurrentIrpStackLocation(Irp)->Parameters.CreatePipe.SecurityContext->DesiredAccess | FILE_CREATE_PIPE_INSTANCE);
}

NTSTATUS NTAPI NpCreatePipe(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PNAMED_PIPE_CREATE_PARAMETERS Parameters = Stack->Parameters.CreatePipe.Parameters;
    ULONG Disposition = Stack->Parameters.CreatePipe.Options >> 24, Share = Stack->Parameters.CreatePipe.ShareAccess;
    PNP_INSTANCE Instance = NULL;
    PNP_END End = NULL;
    PNP_PIPE Pipe = NULL;
    UNICODE_STRING Name;
    ULONG_PTR Information = 0;
    NTSTATUS Status = NpNameOf(Stack->FileObject, &Name);

    if (NT_SUCCESS(Status) && Name.Length == 0)
        Status = STATUS_OBJECT_NAME_INVALID;
    if (NT_SUCCESS(Status))
        Status = NpCheckParameters(Parameters, Share);
    if (NT_SUCCESS(Status) && Disposition != FILE_CREATE && Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF)
        Status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(Status))
        return NpComplete(Irp, Status, 0);
    Instance = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Instance), NP_TAG);
    End = NpNewEnd(TRUE);
    NpLockNames();
    Status = Instance == NULL || End == NULL ? STATUS_INSUFFICIENT_RESOURCES
                                             : NpServePipe(Irp, &Name, Parameters, Disposition, Share, &Pipe, &Information);
    if (NT_SUCCESS(Status)) {
        *Instance =
            (NP_INSTANCE){.Pipe = Pipe, .Server = End, .References = 1, .State = FILE_PIPE_LISTENING_STATE, .ServerProcess = PsGetCurrentProcessId()};
        NpInitializeQueue(&Instance->Inbound, Parameters->InboundQuota);
        NpInitializeQueue(&Instance->Outbound, Parameters->OutboundQuota);
        InitializeListHead(&Instance->Listeners);
        End->Instance = Instance;
        End->ReadMode = Parameters->ReadMode;
        End->CompletionMode = Parameters->CompletionMode;
        InsertTailList(&Pipe->Instances, &Instance->Links);
        Pipe->Count++;
        Stack->FileObject->FsContext = End;
        Stack->FileObject->Flags |= FO_NAMED_PIPE;
        NpPipeIsFree(&Pipe->Name);
    }
    NpUnlockNames();
    if (!NT_SUCCESS(Status) && Instance != NULL)
        ExFreePoolWithTag(Instance, NP_TAG);
    if (!NT_SUCCESS(Status) && End != NULL)
        ExFreePoolWithTag(End, NP_TAG);
    return NpComplete(Irp, Status, NT_SUCCESS(Status) ? Information : 0);
}

/* ---- The client's end ------------------------------------------------------------------------------------------------------------------------ */
VOID NpForgetClient(PNP_INSTANCE Instance) {
    if (Instance->HasClient)
        SeDeleteClientSecurity(&Instance->ClientSecurity);
    Instance->HasClient = FALSE;
}

/* Who opens a pipe says how far its server may act for him; who says nothing lets it impersonate ("Impersonation Levels"). */
static NTSTATUS NpConnect(PIRP Irp, PNP_INSTANCE Instance, PNP_END End) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PSECURITY_QUALITY_OF_SERVICE Given = Stack->Parameters.Create.SecurityContext->SecurityQos;
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof(Quality), SecurityImpersonation, SECURITY_DYNAMIC_TRACKING, FALSE};
    NTSTATUS Status;
    NP_HELD Held;

    NpForgetClient(Instance);
    Status = SeCreateClientSecurity(PsGetCurrentThread(), Given != NULL ? Given : &Quality, FALSE, &Instance->ClientSecurity);
    if (!NT_SUCCESS(Status))
        return Status;
    Instance->HasClient = TRUE;
    Instance->ClientProcess = PsGetCurrentProcessId();
    NpLock(&Held);
    Instance->Client = End;
    Instance->References++;
    Instance->State = FILE_PIPE_CONNECTED_STATE;
    End->Instance = Instance;
    NpFinishAll(&Held, &Instance->Listeners, STATUS_SUCCESS);
    NpUnlock(&Held);
    Stack->FileObject->FsContext = End;
    Stack->FileObject->Flags |= FO_NAMED_PIPE;
    return STATUS_SUCCESS;
}

static NTSTATUS NpOpenPipe(PIRP Irp, PCUNICODE_STRING Name, PNP_END End) {
    ACCESS_MASK Access = IoGetCurrentIrpStackLocation(Irp)->Parameters.Create.SecurityContext->DesiredAccess;
    PNP_PIPE Pipe = NpFindPipe(Name);
    NTSTATUS Status;

    if (Pipe == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((Access & (FILE_READ_DATA | GENERIC_READ)) != 0 && (Pipe->Share & FILE_SHARE_READ) == 0)
        return STATUS_ACCESS_DENIED; /* it only flows to the server */
    if ((Access & (FILE_WRITE_DATA | GENERIC_WRITE)) != 0 && (Pipe->Share & FILE_SHARE_WRITE) == 0)
        return STATUS_ACCESS_DENIED;
    Status = NpCheckAccess(Pipe, Irp, Access);
    if (!NT_SUCCESS(Status))
        return Status;
    for (PLIST_ENTRY Link = Pipe->Instances.Flink; Link != &Pipe->Instances; Link = Link->Flink) {
        PNP_INSTANCE Instance = CONTAINING_RECORD(Link, NP_INSTANCE, Links);

        if (Instance->State == FILE_PIPE_LISTENING_STATE)
            return NpConnect(Irp, Instance, End);
    }
    return STATUS_PIPE_NOT_AVAILABLE;
}

NTSTATUS NTAPI NpCreate(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Disposition = Stack->Parameters.Create.Options >> 24;
    UNICODE_STRING Name;
    PNP_END End;
    NTSTATUS Status = NpNameOf(Stack->FileObject, &Name);

    if (!NT_SUCCESS(Status) || Name.Length == 0) /* the device's own file, with a backslash or without */
        return NpComplete(Irp, Status, NT_SUCCESS(Status) ? FILE_OPENED : 0);
    if (Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF)
        return NpComplete(Irp, Disposition == FILE_CREATE ? STATUS_ACCESS_DENIED : STATUS_INVALID_PARAMETER, 0);
    End = NpNewEnd(FALSE);
    if (End == NULL)
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    NpLockNames();
    Status = NpOpenPipe(Irp, &Name, End);
    NpUnlockNames();
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(End, NP_TAG);
    return NpComplete(Irp, Status, NT_SUCCESS(Status) ? FILE_OPENED : 0);
}

/* ---- The ends of the ends --------------------------------------------------------------------------------------------------------------------- */
/* The last handle to an end is closed. What it has written can still be read; what it would have read is gone. The other end goes on alone. */
NTSTATUS NTAPI NpCleanup(PDEVICE_OBJECT Device, PIRP Irp) {
    PNP_END End = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
    PNP_INSTANCE Instance;
    NP_HELD Held;

    if (End == NULL)
        return NpComplete(Irp, STATUS_SUCCESS, 0);
    NpLockNames();
    NpLock(&Held);
    Instance = End->Instance;
    if (Instance != NULL) {
        NpEmptyQueue(&Held, NpReadSide(End), STATUS_PIPE_BROKEN);
        NpFinishAll(&Held, &NpWriteSide(End)->Reads, STATUS_PIPE_BROKEN);
        NpFinishAll(&Held, &Instance->Listeners, STATUS_PIPE_BROKEN);
        if (Instance->State == FILE_PIPE_CONNECTED_STATE)
            Instance->State = FILE_PIPE_CLOSING_STATE;
        if (End->IsServer)
            Instance->Server = NULL;
        else
            Instance->Client = NULL;
        if (End->IsServer && Instance->State != FILE_PIPE_CLOSING_STATE)
            Instance->State = FILE_PIPE_DISCONNECTED_STATE;
    }
    NpUnlock(&Held);
    NpUnlockNames();
    return NpComplete(Irp, STATUS_SUCCESS, 0);
}

/* The instance goes with its second end, the pipe with its last instance. */
NTSTATUS NTAPI NpClose(PDEVICE_OBJECT Device, PIRP Irp) {
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PNP_END End = File->FsContext;
    PNP_INSTANCE Instance = End != NULL ? End->Instance : NULL;
    PNP_PIPE Pipe;
    NP_HELD Held;

    File->FsContext = NULL;
    if (File->FsContext2 != NULL)
        ExFreePoolWithTag(File->FsContext2, NP_TAG);
    if (Instance != NULL) {
        NpLockNames();
        if (--Instance->References == 0) {
            Pipe = Instance->Pipe;
            NpLock(&Held);
            NpEmptyQueue(&Held, &Instance->Inbound, STATUS_PIPE_BROKEN);
            NpEmptyQueue(&Held, &Instance->Outbound, STATUS_PIPE_BROKEN);
            NpUnlock(&Held);
            NpForgetClient(Instance);
            RemoveEntryList(&Instance->Links);
            ExFreePoolWithTag(Instance, NP_TAG);
            if (--Pipe->Count == 0)
                NpFreePipe(Pipe);
        }
        NpUnlockNames();
    }
    if (End != NULL)
        ExFreePoolWithTag(End, NP_TAG);
    return NpComplete(Irp, STATUS_SUCCESS, 0);
}

/* NtCreateUserProcess: a process with its first thread, in one call. */
#include "ps/ps.h"
#include "nt/create.h"

#define MAXIMUM_ATTRIBUTES 16u
#define KNOWN_PROCESS_FLAGS                                                                                                                          \
    (PROCESS_CREATE_FLAGS_BREAKAWAY | PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT | PROCESS_CREATE_FLAGS_INHERIT_HANDLES | PROCESS_CREATE_FLAGS_SUSPENDED)

typedef struct _CREATE_REQUEST {
    PSP_NEW_PROCESS New;
    UNICODE_STRING ImagePath; /* pool */
    NT_PROCESS_PARAMETERS *Parameters;
    NT_PS_ATTRIBUTE Attributes[MAXIMUM_ATTRIBUTES];
    ULONG AttributeCount;
} CREATE_REQUEST;

static NTSTATUS PspCaptureImageName(const NT_PS_ATTRIBUTE *Attribute, PUNICODE_STRING Path) {
    UNICODE_STRING Name = {(USHORT)Attribute->Size, (USHORT)Attribute->Size, Attribute->Value};

    if (Attribute->Size == 0 || Attribute->Size > MAXUSHORT - sizeof(WCHAR) || Path->Buffer != NULL)
        return STATUS_INVALID_PARAMETER;
    Path->Buffer = ExAllocatePoolWithTag(PagedPool, Name.Length + sizeof(WCHAR), PSP_NAME_TAG);
    if (Path->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Path->Length = Name.Length;
    Path->MaximumLength = Name.Length + sizeof(WCHAR);
    Path->Buffer[Name.Length / sizeof(WCHAR)] = 0;
    return KiCopyIn(Path->Buffer, Name.Buffer, Name.Length);
}

/* Another token than the creator's takes a privilege, but for one that the creator has made out of its own (CreateRestrictedToken). */
static NTSTATUS PspTakeToken(HANDLE Handle, PACCESS_TOKEN *Copy) {
    PVOID Token;
    NTSTATUS Status;

    if (*Copy != NULL)
        return STATUS_INVALID_PARAMETER;
    Status = ObReferenceObjectByHandle(Handle, TOKEN_ASSIGN_PRIMARY, SepTokenObjectType, KiPreviousMode(), &Token, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (SeTokenType(Token) != TokenPrimary)
        Status = STATUS_BAD_TOKEN_TYPE;
    else if (!SeIsChildToken(Token, ((PETHREAD)KiCurrentThread())->Process->Token) &&
             !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_ASSIGNPRIMARYTOKEN_PRIVILEGE), KiPreviousMode()))
        Status = STATUS_PRIVILEGE_NOT_HELD;
    else
        Status = SeCopyPrimaryToken(Token, Copy);
    ObDereferenceObject(Token);
    return Status;
}

static NTSTATUS PspTakeAttribute(CREATE_REQUEST *Request, const NT_PS_ATTRIBUTE *Attribute) {
    NT_STD_HANDLE_INFO Standard;
    NTSTATUS Status;

    switch (Attribute->Attribute) {
    case PS_ATTRIBUTE_IMAGE_NAME: return PspCaptureImageName(Attribute, &Request->ImagePath);
    case PS_ATTRIBUTE_STD_HANDLE_INFO:
        Status = Attribute->Size == sizeof(Standard) ? KiCopyIn(&Standard, Attribute->Value, sizeof(Standard)) : STATUS_INVALID_PARAMETER;
        if (!NT_SUCCESS(Status))
            return Status;
        Request->New.StandardHandles = Standard.State & 3;
        Request->New.StandardSubsystem = Standard.SubsystemType;
        return Request->New.StandardHandles == 3 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    case PS_ATTRIBUTE_TOKEN: return PspTakeToken(Attribute->Value, &Request->New.Token);
    case PS_ATTRIBUTE_CLIENT_ID: return Attribute->Size >= sizeof(CLIENT_ID) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_TEB_ADDRESS: return Attribute->Size >= sizeof(PVOID) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_IMAGE_INFO: return Attribute->Size >= sizeof(NT_SECTION_IMAGE_INFORMATION) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default: return STATUS_NOT_SUPPORTED;
    }
}

static NTSTATUS PspCaptureAttributes(CREATE_REQUEST *Request, const NT_PS_ATTRIBUTE_LIST *List) {
    SIZE_T Total, Bytes;
    NTSTATUS Status = KiCopyIn(&Total, &List->TotalLength, sizeof(Total));

    if (!NT_SUCCESS(Status))
        return Status;
    Bytes = Total - offsetof(NT_PS_ATTRIBUTE_LIST, Attributes);
    if (Total < sizeof(NT_PS_ATTRIBUTE_LIST) || Bytes % sizeof(NT_PS_ATTRIBUTE) != 0 || Bytes > sizeof(Request->Attributes))
        return STATUS_INVALID_PARAMETER;
    Status = KiCopyIn(Request->Attributes, List->Attributes, Bytes);
    Request->AttributeCount = (ULONG)(Bytes / sizeof(NT_PS_ATTRIBUTE));
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Request->AttributeCount; Index++)
        Status = PspTakeAttribute(Request, &Request->Attributes[Index]);
    return NT_SUCCESS(Status) && Request->ImagePath.Buffer == NULL ? STATUS_INVALID_PARAMETER : Status;
}

static NTSTATUS PspReturnImageInformation(const NT_PS_ATTRIBUTE *Attribute, const SECTION_IMAGE_FACTS *Facts) {
    NT_SECTION_IMAGE_INFORMATION Information = {
        .TransferAddress = Facts->EntryPoint,
        .MaximumStackSize = Facts->StackReserve,
        .CommittedStackSize = Facts->StackCommit,
        .SubSystemType = Facts->Subsystem,
        .SubSystemMinorVersion = (USHORT)Facts->SubsystemMinor,
        .SubSystemMajorVersion = (USHORT)Facts->SubsystemMajor,
        .OperatingSystemVersion = Facts->OperatingSystemVersion,
        .ImageCharacteristics = Facts->Characteristics,
        .DllCharacteristics = Facts->DllCharacteristics,
        .Machine = Facts->Machine,
        .ImageContainsCode = Facts->HasCode,
        .LoaderFlags = Facts->LoaderFlags,
        .CheckSum = Facts->CheckSum,
    };
    SIZE_T Size = sizeof(Information);
    NTSTATUS Status = KiCopyOut(Attribute->Value, &Information, sizeof(Information));

    return NT_SUCCESS(Status) ? KiCopyOutOptional(Attribute->ReturnLength, &Size, sizeof(Size)) : Status;
}

static NTSTATUS PspReturnCreated(const CREATE_REQUEST *Request, PEPROCESS Process, PETHREAD Thread) {
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Request->AttributeCount; Index++) {
        const NT_PS_ATTRIBUTE *Attribute = &Request->Attributes[Index];

        if (Attribute->Attribute == PS_ATTRIBUTE_IMAGE_INFO)
            Status = PspReturnImageInformation(Attribute, &Process->Image);
        else if (Attribute->Attribute == PS_ATTRIBUTE_CLIENT_ID || Attribute->Attribute == PS_ATTRIBUTE_TEB_ADDRESS)
            Status = PspReturnAttribute(Attribute, Thread);
    }
    return Status;
}

/* Of a failure only the state is told, of a program's wrong format its characteristics too. */
static NTSTATUS PspReturnCreateInfo(NT_PS_CREATE_INFO *User, const PSP_NEW_PROCESS *New, PEPROCESS Process) {
    NT_PS_CREATE_INFO Info = {.Size = sizeof(Info), .State = New->State};

    if (New->State == PsCreateFailExeFormat)
        Info.ExeFormat.DllCharacteristics = New->DllCharacteristics;
    if (Process != NULL) {
        Info.SuccessState.UserProcessParametersNative = (ULONG64)Process->PebKernel->ProcessParameters;
        Info.SuccessState.CurrentParameterFlags = PROCESS_PARAMETERS_NORMALIZED;
        Info.SuccessState.PebAddressNative = (ULONG64)Process->Peb;
    }
    return KiCopyOut(User, &Info, sizeof(Info));
}

static NTSTATUS PspReturnHandle(PVOID Object, POBJECT_TYPE Type, ACCESS_MASK Access, ULONG Attributes, PHANDLE User, PHANDLE Handle) {
    NTSTATUS Status = ObOpenObjectByPointer(Object, Attributes, NULL, Access, Type, KernelMode, Handle);

    if (!NT_SUCCESS(Status)) {
        *Handle = NULL;
        return Status;
    }
    return KiCopyOut(User, Handle, sizeof(*Handle));
}

/* Of OBJECT_ATTRIBUTES only the attributes count: processes and threads have no names. */
static NTSTATUS PspHandleAttributes(POBJECT_ATTRIBUTES User, ULONG *Flags) {
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    *Flags = 0;
    if (User == NULL)
        return STATUS_SUCCESS;
    Status = KiCopyIn(&Attributes, User, sizeof(Attributes));
    if (NT_SUCCESS(Status) && Attributes.ObjectName != NULL)
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status))
        *Flags = Attributes.Attributes & (KiPreviousMode() == UserMode ? OBJ_INHERIT : OBJ_INHERIT | OBJ_KERNEL_HANDLE);
    return Status;
}

static NTSTATUS PspCaptureRequest(CREATE_REQUEST *Request, ULONG ProcessFlags, ULONG ThreadFlags, PVOID ProcessParameters,
                                  const NT_PS_CREATE_INFO *CreateInfo, PVOID AttributeList) {
    NT_PS_CREATE_INFO Info;
    NTSTATUS Status;

    if (ProcessFlags & ~KNOWN_PROCESS_FLAGS)
        return STATUS_INVALID_PARAMETER_7;
    if (ThreadFlags & ~THREAD_CREATE_FLAGS_CREATE_SUSPENDED)
        return STATUS_INVALID_PARAMETER_8;
    if (ProcessParameters == NULL || CreateInfo == NULL || AttributeList == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = KiCopyIn(&Info, CreateInfo, sizeof(Info));
    if (NT_SUCCESS(Status) && (Info.Size != sizeof(Info) || Info.State != PsCreateInitialState))
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status))
        Status = PspCaptureAttributes(Request, AttributeList);
    if (NT_SUCCESS(Status))
        Status = PspCaptureParameters(ProcessParameters, &Request->Parameters);
    if (!NT_SUCCESS(Status))
        return Status;
    Request->New.ImagePath = &Request->ImagePath;
    Request->New.Parameters = Request->Parameters;
    Request->New.Parent = (PEPROCESS)KiCurrentThread()->ApcState.Process;
    Request->New.Breakaway = (ProcessFlags & PROCESS_CREATE_FLAGS_BREAKAWAY) != 0;
    Request->New.InheritHandles = (ProcessFlags & PROCESS_CREATE_FLAGS_INHERIT_HANDLES) != 0;
    Request->New.Prohibited = (USHORT)(Info.InitFlags >> 16);
    Request->New.Suspended = TRUE; /* until the creator has all that it asked for */
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle, ACCESS_MASK ProcessDesiredAccess, ACCESS_MASK ThreadDesiredAccess,
                                   POBJECT_ATTRIBUTES ProcessObjectAttributes, POBJECT_ATTRIBUTES ThreadObjectAttributes, ULONG ProcessFlags,
                                   ULONG ThreadFlags, PVOID ProcessParameters, PVOID CreateInfo, PVOID AttributeList) {
    CREATE_REQUEST *Request = ExAllocatePoolWithTag(PagedPool, sizeof(*Request), PSP_NAME_TAG);
    HANDLE Handles[2] = {NULL, NULL};
    ULONG ProcessAttributes, ThreadAttributes;
    PEPROCESS Process = NULL;
    PETHREAD Thread;
    NTSTATUS Status;

    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Request, sizeof(*Request));
    Status = PspHandleAttributes(ProcessObjectAttributes, &ProcessAttributes);
    if (NT_SUCCESS(Status))
        Status = PspHandleAttributes(ThreadObjectAttributes, &ThreadAttributes);
    if (NT_SUCCESS(Status))
        Status = PspCaptureRequest(Request, ProcessFlags, ThreadFlags, ProcessParameters, CreateInfo, AttributeList);
    if (!NT_SUCCESS(Status)) {
        if (Request->New.Token != NULL)
            ObDereferenceObject(Request->New.Token);
        goto Done;
    }
    Status = PspCreateProcess(&Request->New, &Process, &Thread);
    if (!NT_SUCCESS(Status)) {
        PspReturnCreateInfo(CreateInfo, &Request->New, NULL);
        goto Done;
    }
    Status = PspReturnHandle(Process, PspProcessType, ProcessDesiredAccess, ProcessAttributes, ProcessHandle, &Handles[0]);
    if (NT_SUCCESS(Status))
        Status = PspReturnHandle(Thread, PspThreadType, ThreadDesiredAccess, ThreadAttributes, ThreadHandle, &Handles[1]);
    if (NT_SUCCESS(Status))
        Status = PspReturnCreated(Request, Process, Thread);
    if (NT_SUCCESS(Status))
        Status = PspReturnCreateInfo(CreateInfo, &Request->New, Process);
    if (!NT_SUCCESS(Status)) {
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Handles); Index++) {
            if (Handles[Index] != NULL)
                ObCloseHandle(Handles[Index], KiPreviousMode());
        }
        PspTerminateProcess(Process, Status);
    } else if ((ThreadFlags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED) == 0 && (ProcessFlags & PROCESS_CREATE_FLAGS_SUSPENDED) == 0) {
        KiResumeThread(&Thread->Tcb);
    }
    ObDereferenceObject(Thread);
    ObDereferenceObject(Process);
Done:
    if (Request->Parameters != NULL)
        PspFreeParameters(Request->Parameters);
    if (Request->ImagePath.Buffer != NULL)
        ExFreePoolWithTag(Request->ImagePath.Buffer, PSP_NAME_TAG);
    ExFreePoolWithTag(Request, PSP_NAME_TAG);
    return Status;
}

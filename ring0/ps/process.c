/* Making a process for a program: images, PEB, parameters, standard handles, first thread. */
#include "ps/job.h"
#include "ldr/pe.h"
#include "nt/create.h"

static PMM_IMAGE PspNtdllImage;

/* Reads and checks an image; *State is what a creator of processes is told of a failure. */
static NTSTATUS PspOpenImage(PUNICODE_STRING Path, USHORT Prohibited, PMM_IMAGE *Image, PSP_NEW_PROCESS *New) {
    struct pe_image Pe;
    PFILE_OBJECT File;
    PVOID Data;
    SIZE_T Size;
    NTSTATUS Status;

    New->State = PsCreateFailOnFileOpen;
    Status = PspReadFile(Path, &File, &Data, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    New->State = pe_parse(Data, Size, &Pe) == PE_WRONG_MACHINE ? PsCreateFailMachineMismatch : PsCreateFailOnSectionCreate;
    Status = MmCreateImage(Data, Size, Path, File, Image);
    ObDereferenceObject(File);
    ExFreePool(Data);
    if (NT_SUCCESS(Status) && (Pe.characteristics & Prohibited) != 0) {
        New->State = PsCreateFailExeFormat;
        New->DllCharacteristics = Pe.dll_characteristics;
        MmDereferenceImage(*Image);
        Status = STATUS_INVALID_IMAGE_FORMAT;
    }
    return Status;
}

/* "client.exe", at most 15 characters, as debuggers show it. */
static VOID PspSetImageFileName(PEPROCESS Process) {
    USHORT Start = Process->ImageName.Length / sizeof(WCHAR), Length = Start;

    while (Start > 0 && Process->ImageName.Buffer[Start - 1] != L'\\')
        Start--;
    for (USHORT Index = 0; Index < 15 && Start + Index < Length; Index++) {
        WCHAR Character = Process->ImageName.Buffer[Start + Index];
        Process->ImageFileName[Index] = Character < 0x80 ? (CHAR)Character : '?';
    }
}

/* Token becomes the object's, also when this fails. */
static NTSTATUS PspCreateProcessObject(PUNICODE_STRING ImagePath, PACCESS_TOKEN Token, PEPROCESS *Process) {
    PEPROCESS New;
    NTSTATUS Status = ObCreateObject(KernelMode, PspProcessType, NULL, KernelMode, NULL, sizeof(*New), 0, 0, (PVOID *)&New);

    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Token);
        return Status;
    }
    New->Token = Token;
    KiInitializeProcess(&New->Pcb, 8);
    New->ExitStatus = STATUS_PENDING;
    New->PriorityClass = 2; /* normal */
    New->CreateTime.QuadPart = (LONGLONG)KiQuerySystemTime();
    New->InheritedFromUniqueProcessId = PsGetCurrentProcessId();
    New->ImageName.Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, ImagePath->Length + sizeof(WCHAR), PSP_NAME_TAG);
    if (New->ImageName.Buffer == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Failed;
    }
    New->ImageName.MaximumLength = (USHORT)(ImagePath->Length + sizeof(WCHAR));
    RtlCopyUnicodeString(&New->ImageName, ImagePath);
    PspSetImageFileName(New);
    Status = ObpAssignSecurity(New, Token);
    if (NT_SUCCESS(Status))
        Status = MmCreateAddressSpace(&New->Pcb.AddressSpace);
    if (NT_SUCCESS(Status))
        Status = ObpInitializeProcessHandles(New);
    if (NT_SUCCESS(Status))
        Status = PspAllocateId(New, &New->UniqueProcessId);
    if (!NT_SUCCESS(Status))
        goto Failed;
    InsertTailList(&PsActiveProcessHead, &New->ActiveProcessLinks);
    *Process = New;
    return STATUS_SUCCESS;
Failed:
    ObDereferenceObject(New);
    return Status;
}

static NTSTATUS PspOpenStandardHandle(PCWSTR Name, ACCESS_MASK Access, HANDLE *Handle) {
    UNICODE_STRING Path;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;

    RtlInitUnicodeString(&Path, Name);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_INHERIT, NULL, NULL);
    return ZwOpenFile(Handle, Access | SYNCHRONIZE, &Attributes, &IoStatus, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
}

/* In the new process: programs that the kernel itself starts get the console. A native program has none, as on Windows. */
static NTSTATUS PspOpenStandardHandles(PEPROCESS Process, NT_PROCESS_PARAMETERS *Parameters) {
    NTSTATUS Status;

    if (Process->Image.Subsystem == PE_SUBSYSTEM_NATIVE)
        return STATUS_SUCCESS;
    Status = PspOpenStandardHandle(L"\\Device\\ConDrv\\Input", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardInput);
    if (NT_SUCCESS(Status))
        Status = PspOpenStandardHandle(L"\\Device\\ConDrv\\Output", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardOutput);
    if (NT_SUCCESS(Status))
        Status = PspOpenStandardHandle(L"\\Device\\ConDrv\\Error", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardError);
    return Status;
}

/* Handles of the creator become handles of the process. What is no handle there, a closed one for instance, stays the value that it is. */
static NTSTATUS PspDuplicateStandardHandles(PEPROCESS Process, const PSP_NEW_PROCESS *New, NT_PROCESS_PARAMETERS *Parameters) {
    HANDLE *Handles[] = {&Parameters->StandardInput, &Parameters->StandardOutput, &Parameters->StandardError};
    HANDLE Before[RTL_NUMBER_OF(Handles)], Duplicate;

    if (New->StandardHandles == PS_STD_NEVER_DUPLICATE ||
        (New->StandardHandles == PS_STD_REQUEST_DUPLICATE && New->StandardSubsystem != Process->Image.Subsystem))
        return STATUS_SUCCESS;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Handles); Index++) {
        NTSTATUS Status;

        Before[Index] = *Handles[Index];
        if (Before[Index] == NULL || ObpIsSameHandle(Before[Index], New->Parent, Process))
            continue;
        for (ULONG Earlier = 0; Earlier < Index; Earlier++) {
            if (Before[Earlier] == Before[Index])
                *Handles[Index] = *Handles[Earlier];
        }
        if (*Handles[Index] != Before[Index])
            continue;
        Status = ObpDuplicateHandle(New->Parent, Before[Index], Process, &Duplicate);
        if (NT_SUCCESS(Status))
            *Handles[Index] = Duplicate;
        else if (Status == STATUS_INSUFFICIENT_RESOURCES)
            return Status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspCreatePeb(PEPROCESS Process, NT_PROCESS_PARAMETERS *Parameters) {
    NT_PEB *Peb;
    NTSTATUS Status =
        MmCreateUserBlock(sizeof(NT_PEB) > PAGE_SIZE ? sizeof(NT_PEB) : PAGE_SIZE, (PVOID *)&Process->Peb, (PVOID *)&Process->PebKernel);

    if (!NT_SUCCESS(Status))
        return Status;
    Peb = Process->PebKernel;
    Peb->ImageBaseAddress = Process->SectionBaseAddress;
    Peb->ProcessParameters = Parameters;
    Peb->NumberOfProcessors = KiMachine->cpus;
    Peb->OSMajorVersion = 10;
    Peb->OSBuildNumber = 19045;
    Peb->OSPlatformId = 2; /* VER_PLATFORM_WIN32_NT */
    Peb->ImageSubsystem = Process->Image.Subsystem;
    Peb->ImageSubsystemMajorVersion = Process->Image.SubsystemMajor;
    Peb->ImageSubsystemMinorVersion = Process->Image.SubsystemMinor;
    return STATUS_SUCCESS;
}

/* In the new process. */
static NTSTATUS PspFillProcess(PEPROCESS Process, PMM_IMAGE Image, PSP_NEW_PROCESS *New) {
    NT_PROCESS_PARAMETERS *Parameters, *Kernel;
    SIZE_T Size;
    NTSTATUS Status = MmMapImage(Image, &Process->SectionBaseAddress, &Size);

    if (!NT_SUCCESS(Status))
        return Status;
    if (!PspReadImageFacts(Process->SectionBaseAddress, &Process->Image))
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = MmMapImage(PspNtdllImage, &Process->NtdllBase, &Size);
    if (NT_SUCCESS(Status))
        Status = PspCreateParameters(New->Parameters, &Parameters, &Kernel);
    if (NT_SUCCESS(Status))
        Status = New->Parent == NULL ? PspOpenStandardHandles(Process, Kernel) : PspDuplicateStandardHandles(Process, New, Kernel);
    if (NT_SUCCESS(Status))
        Status = PspCreatePeb(Process, Parameters);
    return Status;
}

/* Undoes what there is of a process that has no thread. A driver that was told of it may have kept a reference: to it the process has ended. */
static VOID PspAbandonProcess(PEPROCESS Process, NTSTATUS ExitStatus) {
    KAPC_STATE ApcState;

    Process->Exiting = TRUE;
    Process->ExitStatus = ExitStatus;
    KeStackAttachProcess(&Process->Pcb, &ApcState);
    ObpCloseProcessHandles(Process);
    KeUnstackDetachProcess(&ApcState);
    Process->HandlesClosed = TRUE;
    Process->ExitTime.QuadPart = (LONGLONG)KiQuerySystemTime();
    PspLeaveJob(Process);
    RemoveEntryList(&Process->ActiveProcessLinks);
    InitializeListHead(&Process->ActiveProcessLinks);
    Process->Pcb.Header.SignalState = 1;
    KiWaitTest(Process, 0);
    ObDereferenceObject(Process);
}

NTSTATUS PspCreateProcess(PSP_NEW_PROCESS *New, PEPROCESS *Process, PETHREAD *Thread) {
    UNICODE_STRING NtdllPath = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\ntdll.dll");
    PSP_NEW_PROCESS Ntdll = {0};
    KAPC_STATE ApcState;
    PMM_IMAGE Image;
    PEPROCESS Made;
    PEJOB Job;
    NTSTATUS Status = New->Token != NULL ? STATUS_SUCCESS : SeCopyPrimaryToken(New->Parent->Token, &New->Token);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspOpenImage(New->ImagePath, New->Prohibited, &Image, New);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(New->Token);
        return Status;
    }
    New->State = PsCreateSuccess;
    if (PspNtdllImage == NULL)
        Status = PspOpenImage(&NtdllPath, 0, &PspNtdllImage, &Ntdll);
    if (NT_SUCCESS(Status))
        Status = PspCreateProcessObject(New->ImagePath, New->Token, &Made);
    else
        ObDereferenceObject(New->Token);
    if (!NT_SUCCESS(Status)) {
        MmDereferenceImage(Image);
        return Status;
    }
    Made->Console = New->Parent != NULL ? New->Parent->Console : New->Console;
    Made->Connection = New->Parent != NULL ? New->Parent->Connection : New->Connection;
    if (New->Parent != NULL)
        Made->DefaultHardErrorMode = New->Parent->DefaultHardErrorMode;
    if (New->Parent != NULL && New->InheritHandles)
        Status = ObpInheritHandles(New->Parent, Made);
    if (NT_SUCCESS(Status)) {
        KeStackAttachProcess(&Made->Pcb, &ApcState);
        Status = PspFillProcess(Made, Image, New);
        KeUnstackDetachProcess(&ApcState);
    }
    MmDereferenceImage(Image);
    if (NT_SUCCESS(Status))
        Status = PspInheritedJob(New->Parent, New->Breakaway, &Job);
    if (NT_SUCCESS(Status) && Job != NULL)
        Status = PspJoinJob(Job, Made);
    if (!NT_SUCCESS(Status)) {
        PspAbandonProcess(Made, Status);
        return Status;
    }
    Status = PspNotifyProcess(Made, TRUE, &New->Parameters->CommandLine);
    if (NT_SUCCESS(Status))
        Status = PspCreateUserThread(Made, Made->Image.EntryPoint, Made->Peb, 0, 0, New->Suspended, Thread);
    if (!NT_SUCCESS(Status)) {
        PspNotifyProcess(Made, FALSE, NULL);
        PspAbandonProcess(Made, Status);
        return Status;
    }
    *Process = Made;
    return STATUS_SUCCESS;
}

NTSTATUS PspCreateUserProcess(PUNICODE_STRING ImagePath, PUNICODE_STRING CommandLine, PUNICODE_STRING CurrentDirectory, PCWSTR Environment,
                              SIZE_T EnvironmentSize, SE_ACCOUNT Account, ULONG Console, ULONG Connection, PEPROCESS *Process, PETHREAD *Thread) {
    static const WCHAR Prefix[] = L"\\??\\";
    const UNICODE_STRING PrefixString = RTL_CONSTANT_STRING(L"\\??\\");
    PSP_NEW_PROCESS New = {.ImagePath = ImagePath, .Prohibited = PE_FILE_DLL, .Console = Console, .Connection = Connection};
    UNICODE_STRING Image = *ImagePath;
    NT_PROCESS_PARAMETERS *Parameters;
    NTSTATUS Status;

    if (RtlPrefixUnicodeString(&PrefixString, &Image, TRUE)) {
        Image.Buffer += RTL_NUMBER_OF(Prefix) - 1;
        Image.Length -= sizeof(Prefix) - sizeof(WCHAR);
    }
    Parameters = ExAllocatePoolWithTag(PagedPool, sizeof(*Parameters), PSP_NAME_TAG);
    if (Parameters == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Parameters, sizeof(*Parameters));
    Parameters->CurrentDirectory.DosPath = *CurrentDirectory;
    Parameters->ImagePathName = Parameters->WindowTitle = Image;
    Parameters->CommandLine = *CommandLine;
    Parameters->Environment = (PWSTR)Environment;
    Parameters->EnvironmentSize = Environment != NULL ? EnvironmentSize : 0;
    New.Parameters = Parameters;
    Status = SeCreateAccountToken(Account, &New.Token);
    if (NT_SUCCESS(Status))
        Status = PspCreateProcess(&New, Process, Thread);
    ExFreePoolWithTag(Parameters, PSP_NAME_TAG);
    return Status;
}

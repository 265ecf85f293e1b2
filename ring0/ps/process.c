/* Making a process for a program: images, PEB, parameters, standard handles, first thread. */
#include "ps/ps.h"

#define DIRECTORY_ROOM 520 /* bytes: MAX_PATH characters, so that a current directory can be changed in place */

static PMM_IMAGE PspNtdllImage;

static NTSTATUS PspOpenImage(PUNICODE_STRING Path, PMM_IMAGE *Image) {
    PVOID Data;
    SIZE_T Size;
    NTSTATUS Status = PspReadFile(Path, &Data, &Size);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmCreateImage(Data, Size, Path, Image);
    ExFreePool(Data);
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

static NTSTATUS PspCreateProcessObject(PUNICODE_STRING ImagePath, PEPROCESS *Process) {
    PEPROCESS New;
    NTSTATUS Status = ObCreateObject(KernelMode, PspProcessType, NULL, KernelMode, NULL, sizeof(*New), 0, 0, (PVOID *)&New);

    if (!NT_SUCCESS(Status))
        return Status;
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

/* Appends a string to the block that is being filled; *At is the offset of free room in it. */
static VOID PspPlaceString(PUCHAR Kernel, PUCHAR User, SIZE_T *At, const UNICODE_STRING *Text, SIZE_T Room, PUNICODE_STRING String) {
    RtlCopyMemory(Kernel + *At, Text->Buffer, Text->Length);
    String->Length = Text->Length;
    String->MaximumLength = (USHORT)Room;
    String->Buffer = (PWSTR)(User + *At);
    *At += (Room + 7) & ~7ull;
}

static NTSTATUS PspCreateParameters(PEPROCESS Process, PUNICODE_STRING CommandLine, PUNICODE_STRING CurrentDirectory, PCWSTR Environment,
                                    SIZE_T EnvironmentSize, NT_PROCESS_PARAMETERS **User, NT_PROCESS_PARAMETERS **Kernel) {
    static const WCHAR Prefix[] = L"\\??\\";
    UNICODE_STRING Image = Process->ImageName, PrefixString = RTL_CONSTANT_STRING(L"\\??\\");
    SIZE_T At = sizeof(NT_PROCESS_PARAMETERS), Size;
    NT_PROCESS_PARAMETERS *Parameters;
    NTSTATUS Status;

    if (RtlPrefixUnicodeString(&PrefixString, &Image, TRUE)) {
        Image.Buffer += RTL_NUMBER_OF(Prefix) - 1;
        Image.Length -= sizeof(Prefix) - sizeof(WCHAR);
    }
    if (CurrentDirectory->Length + sizeof(WCHAR) > DIRECTORY_ROOM)
        return STATUS_NAME_TOO_LONG;
    if (Environment == NULL) {
        Environment = L"\0";
        EnvironmentSize = 2 * sizeof(WCHAR);
    }
    Size = At + DIRECTORY_ROOM + 2 * (Image.Length + 16) + CommandLine->Length + 16 + EnvironmentSize + 64;
    Status = MmCreateUserBlock((Size + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1), (PVOID *)User, (PVOID *)Kernel);
    if (!NT_SUCCESS(Status))
        return Status;
    Parameters = *Kernel;
    Parameters->Flags = 1; /* normalized */
    PspPlaceString((PUCHAR)*Kernel, (PUCHAR)*User, &At, CurrentDirectory, DIRECTORY_ROOM, &Parameters->CurrentDirectory.DosPath);
    PspPlaceString((PUCHAR)*Kernel, (PUCHAR)*User, &At, &Image, Image.Length + sizeof(WCHAR), &Parameters->ImagePathName);
    PspPlaceString((PUCHAR)*Kernel, (PUCHAR)*User, &At, CommandLine, CommandLine->Length + sizeof(WCHAR), &Parameters->CommandLine);
    PspPlaceString((PUCHAR)*Kernel, (PUCHAR)*User, &At, &Image, Image.Length + sizeof(WCHAR), &Parameters->WindowTitle);
    RtlCopyMemory((PUCHAR)*Kernel + At, Environment, EnvironmentSize);
    Parameters->Environment = (PWSTR)((PUCHAR)*User + At);
    Parameters->EnvironmentSize = EnvironmentSize;
    Parameters->Length = Parameters->MaximumLength = (ULONG)(At + EnvironmentSize);
    return STATUS_SUCCESS;
}

static NTSTATUS PspOpenStandardHandle(PCWSTR Name, ACCESS_MASK Access, HANDLE *Handle) {
    UNICODE_STRING Path;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;

    RtlInitUnicodeString(&Path, Name);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_INHERIT, NULL, NULL);
    return ZwOpenFile(Handle, Access | SYNCHRONIZE, &Attributes, &IoStatus, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
}

static NTSTATUS PspOpenStandardHandles(NT_PROCESS_PARAMETERS *Parameters) {
    NTSTATUS Status = PspOpenStandardHandle(L"\\Device\\ConDrv\\Input", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardInput);

    if (NT_SUCCESS(Status))
        Status = PspOpenStandardHandle(L"\\Device\\ConDrv\\Output", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardOutput);
    if (NT_SUCCESS(Status))
        Status = PspOpenStandardHandle(L"\\Device\\ConDrv\\Error", GENERIC_READ | GENERIC_WRITE, &Parameters->StandardError);
    return Status;
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
static NTSTATUS PspFillProcess(PEPROCESS Process, PMM_IMAGE Image, PUNICODE_STRING CommandLine, PUNICODE_STRING CurrentDirectory, PCWSTR Environment,
                               SIZE_T EnvironmentSize) {
    NT_PROCESS_PARAMETERS *Parameters, *Kernel;
    SIZE_T Size;
    NTSTATUS Status = MmMapImage(Image, &Process->SectionBaseAddress, &Size);

    if (!NT_SUCCESS(Status))
        return Status;
    if (!PspReadImageFacts(Process->SectionBaseAddress, &Process->Image))
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = MmMapImage(PspNtdllImage, &Process->NtdllBase, &Size);
    if (NT_SUCCESS(Status))
        Status = PspCreateParameters(Process, CommandLine, CurrentDirectory, Environment, EnvironmentSize, &Parameters, &Kernel);
    if (NT_SUCCESS(Status))
        Status = PspOpenStandardHandles(Kernel);
    if (NT_SUCCESS(Status))
        Status = PspCreatePeb(Process, Parameters);
    return Status;
}

NTSTATUS PspCreateUserProcess(PUNICODE_STRING ImagePath, PUNICODE_STRING CommandLine, PUNICODE_STRING CurrentDirectory, PCWSTR Environment,
                              SIZE_T EnvironmentSize, BOOLEAN Suspended, PEPROCESS *Process, PETHREAD *Thread) {
    UNICODE_STRING NtdllPath = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\ntdll.dll");
    KAPC_STATE ApcState;
    PMM_IMAGE Image;
    PEPROCESS New;
    NTSTATUS Status = PspOpenImage(ImagePath, &Image);

    if (!NT_SUCCESS(Status))
        return Status;
    if (PspNtdllImage == NULL)
        Status = PspOpenImage(&NtdllPath, &PspNtdllImage);
    if (NT_SUCCESS(Status))
        Status = PspCreateProcessObject(ImagePath, &New);
    if (!NT_SUCCESS(Status)) {
        MmDereferenceImage(Image);
        return Status;
    }
    KeStackAttachProcess(&New->Pcb, &ApcState);
    Status = PspFillProcess(New, Image, CommandLine, CurrentDirectory, Environment, EnvironmentSize);
    KeUnstackDetachProcess(&ApcState);
    MmDereferenceImage(Image);
    if (NT_SUCCESS(Status)) {
        PspNotifyProcess(New, TRUE);
        Status = PspCreateUserThread(New, New->Image.EntryPoint, New->Peb, 0, 0, Suspended, Thread);
    }
    if (!NT_SUCCESS(Status)) {
        KeStackAttachProcess(&New->Pcb, &ApcState);
        ObpCloseProcessHandles(New);
        KeUnstackDetachProcess(&ApcState);
        ObDereferenceObject(New);
        return Status;
    }
    *Process = New;
    return STATUS_SUCCESS;
}

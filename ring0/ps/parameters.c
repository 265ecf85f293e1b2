/* RTL_USER_PROCESS_PARAMETERS: taken from the creator of a process, given to the process. */
#include "ps/ps.h"
#include "nt/create.h"

#define PARAMETERS_TAG      'mPsP'
#define DIRECTORY_ROOM      520         /* bytes: MAX_PATH characters, so that a current directory can be changed in place */
#define MAXIMUM_ENVIRONMENT (16u << 20) /* bytes */

/* The parameters' strings, by offset. */
static const struct {
    ULONG Offset;
    BOOLEAN Bytes; /* not text */
} PspStrings[] = {
    {offsetof(NT_PROCESS_PARAMETERS, CurrentDirectory.DosPath), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, DllPath), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, ImagePathName), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, CommandLine), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, WindowTitle), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, DesktopInfo), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, ShellInfo), FALSE},
    {offsetof(NT_PROCESS_PARAMETERS, RuntimeData), TRUE},
};

static PUNICODE_STRING PspString(const NT_PROCESS_PARAMETERS *Parameters, ULONG Index) {
    return (PUNICODE_STRING)((PUCHAR)Parameters + PspStrings[Index].Offset);
}

/* Bytes that a string takes in a block, terminator and padding included. */
static SIZE_T PspStringRoom(ULONG Index, const UNICODE_STRING *String) {
    SIZE_T Room = String->Length + sizeof(WCHAR);

    if (PspStrings[Index].Offset == offsetof(NT_PROCESS_PARAMETERS, CurrentDirectory.DosPath) && Room < DIRECTORY_ROOM)
        Room = DIRECTORY_ROOM;
    return (Room + 7) & ~(SIZE_T)7;
}

/* Checks what was copied from the caller, and makes pointers of offsets. */
static NTSTATUS PspCheckParameters(NT_PROCESS_PARAMETERS *Header, const VOID *User, SIZE_T *Size) {
    ULONG_PTR Base = (Header->Flags & PROCESS_PARAMETERS_NORMALIZED) ? 0 : (ULONG_PTR)User;

    *Size = sizeof(*Header);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PspStrings); Index++) {
        PUNICODE_STRING String = PspString(Header, Index);

        if (!PspStrings[Index].Bytes && (String->Length % sizeof(WCHAR) != 0 || String->Length > MAXUSHORT - 2 * sizeof(WCHAR)))
            return STATUS_INVALID_PARAMETER;
        String->Buffer = String->Length == 0 ? NULL : (PWSTR)((ULONG_PTR)String->Buffer + Base);
        *Size += PspStringRoom(Index, String);
    }
    if (Header->CurrentDirectory.DosPath.Length + sizeof(WCHAR) > DIRECTORY_ROOM)
        return STATUS_NAME_TOO_LONG;
    if (Header->Environment == NULL)
        Header->EnvironmentSize = 0;
    Header->Environment = (PWSTR)((ULONG_PTR)Header->Environment + Base);
    if (Header->EnvironmentSize > MAXIMUM_ENVIRONMENT || Header->EnvironmentSize % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    *Size += Header->EnvironmentSize;
    return STATUS_SUCCESS;
}

/* A block of the right size that begins with the caller's structure as it was at one moment. */
static NTSTATUS PspCaptureHeader(const VOID *User, NT_PROCESS_PARAMETERS **Block) {
    NT_PROCESS_PARAMETERS *Header = ExAllocatePoolWithTag(PagedPool, sizeof(*Header), PARAMETERS_TAG);
    SIZE_T Size;
    NTSTATUS Status;

    if (Header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = KiCopyIn(Header, User, sizeof(*Header));
    if (NT_SUCCESS(Status))
        Status = PspCheckParameters(Header, User, &Size);
    if (NT_SUCCESS(Status)) {
        *Block = ExAllocatePoolWithTag(PagedPool, Size, PARAMETERS_TAG);
        if (*Block != NULL)
            **Block = *Header;
        else
            Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Header, PARAMETERS_TAG);
    return Status;
}

NTSTATUS PspCaptureParameters(const VOID *User, NT_PROCESS_PARAMETERS **Captured) {
    NT_PROCESS_PARAMETERS *Block;
    PUCHAR At;
    NTSTATUS Status = PspCaptureHeader(User, &Block);

    if (!NT_SUCCESS(Status))
        return Status;
    At = (PUCHAR)(Block + 1);
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(PspStrings); Index++) {
        PUNICODE_STRING String = PspString(Block, Index);

        if (String->Length != 0)
            Status = KiCopyIn(At, String->Buffer, String->Length);
        String->Buffer = (PWSTR)At;
        At += PspStringRoom(Index, String);
    }
    if (NT_SUCCESS(Status) && Block->EnvironmentSize != 0) {
        Status = KiCopyIn(At, Block->Environment, Block->EnvironmentSize);
        Block->Environment = (PWSTR)At;
    }
    if (NT_SUCCESS(Status))
        *Captured = Block;
    else
        ExFreePoolWithTag(Block, PARAMETERS_TAG);
    return Status;
}

VOID PspFreeParameters(NT_PROCESS_PARAMETERS *Captured) { ExFreePoolWithTag(Captured, PARAMETERS_TAG); }

NTSTATUS PspCreateParameters(const NT_PROCESS_PARAMETERS *From, NT_PROCESS_PARAMETERS **User, NT_PROCESS_PARAMETERS **Kernel) {
    static const WCHAR NoEnvironment[2];
    PCWSTR Environment = From->EnvironmentSize != 0 ? From->Environment : NoEnvironment;
    SIZE_T EnvironmentSize = From->EnvironmentSize != 0 ? From->EnvironmentSize : sizeof(NoEnvironment);
    SIZE_T At = sizeof(*From), Size = At + EnvironmentSize;
    NT_PROCESS_PARAMETERS *Parameters;
    NTSTATUS Status;

    if (From->CurrentDirectory.DosPath.Length + sizeof(WCHAR) > DIRECTORY_ROOM)
        return STATUS_NAME_TOO_LONG;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PspStrings); Index++)
        Size += PspStringRoom(Index, PspString(From, Index));
    Status = MmCreateUserBlock((Size + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1), (PVOID *)User, (PVOID *)Kernel);
    if (!NT_SUCCESS(Status))
        return Status;
    Parameters = *Kernel;
    *Parameters = *From;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PspStrings); Index++) {
        PUNICODE_STRING String = PspString(Parameters, Index);
        SIZE_T Room = PspStringRoom(Index, String);

        RtlCopyMemory((PUCHAR)Parameters + At, String->Buffer, String->Length);
        String->MaximumLength = Room > MAXUSHORT ? String->Length : (USHORT)Room;
        String->Buffer = String->Length == 0 && PspStrings[Index].Bytes ? NULL : (PWSTR)((PUCHAR)*User + At);
        At += Room;
    }
    RtlCopyMemory((PUCHAR)Parameters + At, Environment, EnvironmentSize);
    Parameters->Environment = (PWSTR)((PUCHAR)*User + At);
    Parameters->EnvironmentSize = EnvironmentSize;
    Parameters->Flags |= PROCESS_PARAMETERS_NORMALIZED;
    Parameters->CurrentDirectory.Handle = NULL;
    Parameters->Length = Parameters->MaximumLength = (ULONG)(At + EnvironmentSize);
    return STATUS_SUCCESS;
}

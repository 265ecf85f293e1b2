#include "io/io.h"

#include "ldr/ldr.h"

/*
 * Kernel-mode libraries ("export drivers"): .sys or .dll files that a driver imports from. They are loaded with it, from its own directory or
 * \SystemRoot\System32\drivers, and have no driver object; their DriverEntry is not called.
 */

#define IOP_LIBRARY_TAG       'biLI'
#define IOP_LIBRARY_DEPTH     8 /* absent modules on the way from a driver to one that it needs */
#define IOP_LIBRARY_DIRECTORY L"\\SystemRoot\\System32\\drivers\\"

typedef NTSTATUS(NTAPI *IOP_DLL_INITIALIZE)(PUNICODE_STRING RegistryPath);

typedef struct _INITIALIZE {
    IOP_DLL_INITIALIZE Routine;
    UNICODE_STRING RegistryPath;
    NTSTATUS Status;
} INITIALIZE;

typedef struct _FILE_BYTES {
    UNICODE_STRING Path; /* in pool */
    PVOID Data;          /* in pool */
    SIZE_T Size;
    LDR_REFUSAL Refusal;
    CHAR HostPath[HAL_MAX_PATH];
} FILE_BYTES;

static NTSTATUS LoadImage(PCUNICODE_STRING Path, const VOID *File, SIZE_T Size, PCSTR HostPath, LDR_ROLE Role, PLDR_MODULE *Module,
                          PLDR_REFUSAL Refusal, ULONG Depth);

static NTSTATUS JoinPath(PCWSTR Directory, ULONG DirectoryLength, PCSTR Name, PUNICODE_STRING Path) {
    ULONG Length = (DirectoryLength + (ULONG)strlen(Name)) * sizeof(WCHAR);

    if (Length > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    Path->Length = (USHORT)Length;
    Path->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    Path->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Path->MaximumLength, IOP_LIBRARY_TAG);
    if (!Path->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Path->Buffer, Directory, DirectoryLength * sizeof(WCHAR));
    for (ULONG I = DirectoryLength; *Name; I++)
        Path->Buffer[I] = (UCHAR)*Name++;
    Path->Buffer[Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

/* Name's file, beside the image at Path or among the drivers. */
static NTSTATUS ReadLibrary(PCUNICODE_STRING Path, PCSTR Name, FILE_BYTES *File) {
    ULONG Directory = Path->Length / sizeof(WCHAR);
    NTSTATUS Status;

    for (PCSTR Letter = Name; *Letter; Letter++)
        if ((UCHAR)*Letter < 0x20 || (UCHAR)*Letter > 0x7E || strchr("\\/:", *Letter))
            return STATUS_OBJECT_NAME_INVALID;
    while (Directory && Path->Buffer[Directory - 1] != L'\\')
        Directory--;
    Status = JoinPath(Path->Buffer, Directory, Name, &File->Path);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RtlEqualUnicodeString(&File->Path, Path, TRUE) ? STATUS_OBJECT_NAME_NOT_FOUND
                                                            : IopReadImage(&File->Path, &File->Data, &File->Size, File->HostPath);
    if (NT_SUCCESS(Status))
        return Status;
    ExFreePoolWithTag(File->Path.Buffer, IOP_LIBRARY_TAG);
    Status = JoinPath(IOP_LIBRARY_DIRECTORY, RTL_NUMBER_OF(IOP_LIBRARY_DIRECTORY) - 1, Name, &File->Path);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IopReadImage(&File->Path, &File->Data, &File->Size, File->HostPath);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(File->Path.Buffer, IOP_LIBRARY_TAG);
    return Status;
}

static VOID NTAPI InitializeThread(PVOID Context) {
    INITIALIZE *Initialize = Context;
    Initialize->Status = Initialize->Routine(&Initialize->RegistryPath);
}

/* "DllInitialize and DllUnload", learn.microsoft.com: it gets the path of a service key of the library's name. */
static NTSTATUS CallInitialize(PLDR_MODULE Module) {
    static const WCHAR Services[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
    INITIALIZE Call = {.Routine = (IOP_DLL_INITIALIZE)LdrFindExport(Module, "DllInitialize", 0)};
    CHAR Name[sizeof Module->Name];
    NTSTATUS Status;

    if (!Call.Routine)
        return STATUS_SUCCESS;
    RtlCopyMemory(Name, Module->Name, sizeof Name);
    PSTR Dot = strrchr(Name, '.');
    if (Dot)
        *Dot = 0;
    Status = JoinPath(Services, RTL_NUMBER_OF(Services) - 1, Name, &Call.RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IopRunInSystemThread(InitializeThread, &Call);
    ExFreePoolWithTag(Call.RegistryPath.Buffer, IOP_LIBRARY_TAG);
    return NT_SUCCESS(Status) ? Call.Status : Status;
}

static NTSTATUS Initialize(PLDR_MODULE Module, PLDR_REFUSAL Refusal) {
    NTSTATUS Status = CallInitialize(Module);

    if (NT_SUCCESS(Status)) {
        LdrDiscardInit(Module);
    } else {
        LdrRefuse(Refusal, "what that prints with DbgPrint may say why", "imports from %.150s, whose DllInitialize returned an error", Module->Name);
        Module->IsLibrary = FALSE; /* what was not initialised is not asked to unload */
        LdrUnloadDriverImage(Module);
    }
    return Status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND with nothing in Refusal: there is no such file. */
static NTSTATUS LoadLibrary(PCUNICODE_STRING Importer, PCSTR Name, PLDR_MODULE *Module, PLDR_REFUSAL Refusal, ULONG Depth) {
    FILE_BYTES *File = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *File, IOP_LIBRARY_TAG);
    NTSTATUS Status;

    if (!File)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ReadLibrary(Importer, Name, File);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(File, IOP_LIBRARY_TAG);
        return Status == STATUS_INSUFFICIENT_RESOURCES ? Status : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    RtlZeroMemory(&File->Refusal, sizeof File->Refusal);
    Status = LoadImage(&File->Path, File->Data, File->Size, File->HostPath, LdrLibrary, Module, &File->Refusal, Depth);
    if (!NT_SUCCESS(Status) && File->Refusal.Why[0])
        LdrRefuse(Refusal, File->Refusal.Advice, "imports from %.100s, which %.250s", Name, File->Refusal.Why);
    IopFreeImage(File->Data);
    ExFreePoolWithTag(File->Path.Buffer, IOP_LIBRARY_TAG);
    ExFreePoolWithTag(File, IOP_LIBRARY_TAG);
    return NT_SUCCESS(Status) ? Initialize(*Module, Refusal) : Status;
}

static NTSTATUS LoadImage(PCUNICODE_STRING Path, const VOID *File, SIZE_T Size, PCSTR HostPath, LDR_ROLE Role, PLDR_MODULE *Module,
                          PLDR_REFUSAL Refusal, ULONG Depth) {
    PCSTR Absent = Role == LdrInboxDriver || Depth == IOP_LIBRARY_DEPTH ? NULL : LdrFindAbsentImport(File, Size);
    PLDR_MODULE Library;
    NTSTATUS Status;

    if (!Absent)
        return LdrLoadDriverImage(File, Size, Path, HostPath, Role, Module, Refusal);
    Status = LoadLibrary(Path, Absent, &Library, Refusal, Depth + 1);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND && !Refusal->Why[0])
        return LdrLoadDriverImage(File, Size, Path, HostPath, Role, Module, Refusal); /* which says what is missing */
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LoadImage(Path, File, Size, HostPath, Role, Module, Refusal, Depth + 1);
    LdrUnloadDriverImage(Library); /* the image that is bound to it has a reference of its own */
    return Status;
}

NTSTATUS IopLoadImage(PCUNICODE_STRING Path, const VOID *File, SIZE_T Size, PCSTR HostPath, BOOLEAN Inbox, PLDR_MODULE *Module,
                      PLDR_REFUSAL Refusal) {
    return LoadImage(Path, File, Size, HostPath, Inbox ? LdrInboxDriver : LdrDriver, Module, Refusal, 0);
}

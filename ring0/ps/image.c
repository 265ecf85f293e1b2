/* Program images: reading their files, what their headers say, what ntdll exports. */
#include "ps/ps.h"
#include "io/io.h"

#define FILE_TAG 'lFsP'

NTSTATUS PspReadFile(PUNICODE_STRING Path, PFILE_OBJECT *Object, PVOID *Data, SIZE_T *Size) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    FILE_STANDARD_INFORMATION Facts;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    HANDLE File;
    PVOID Buffer = NULL;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&File, FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_EXECUTE | SYNCHRONIZE, &Attributes, &IoStatus,
                        FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryInformationFile(File, &IoStatus, &Facts, sizeof(Facts), FileStandardInformation);
    if (NT_SUCCESS(Status) && Facts.EndOfFile.QuadPart == 0)
        Status = STATUS_INVALID_FILE_FOR_SECTION;
    if (NT_SUCCESS(Status) && Facts.EndOfFile.QuadPart >= MAXLONG)
        Status = STATUS_INVALID_IMAGE_FORMAT;
    if (NT_SUCCESS(Status)) {
        Buffer = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Facts.EndOfFile.QuadPart, FILE_TAG);
        Status = Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES
                                : ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Buffer, (ULONG)Facts.EndOfFile.QuadPart, &Offset, NULL);
    }
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(File, 0, IopFileType, KernelMode, (PVOID *)Object, NULL);
    ZwClose(File);
    if (!NT_SUCCESS(Status)) {
        if (Buffer != NULL)
            ExFreePoolWithTag(Buffer, FILE_TAG);
        return Status;
    }
    *Data = Buffer;
    *Size = IoStatus.Information;
    return STATUS_SUCCESS;
}

/* User memory may change or vanish under us: every look at it is a checked copy. */
static BOOLEAN PspPeek(PVOID To, PVOID Base, ULONG Rva, SIZE_T Size) { return KiCopyFromUser(To, (PUCHAR)Base + Rva, Size); }

static BOOLEAN PspReadHeaders(PVOID Base, IMAGE_NT_HEADERS64 *Headers) {
    IMAGE_DOS_HEADER Dos;

    return PspPeek(&Dos, Base, 0, sizeof(Dos)) && PspPeek(Headers, Base, (ULONG)Dos.e_lfanew, sizeof(*Headers)) &&
           Headers->Signature == IMAGE_NT_SIGNATURE && Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
}

BOOLEAN PspReadImageFacts(PVOID Base, SECTION_IMAGE_FACTS *Facts) {
    IMAGE_NT_HEADERS64 Headers;

    if (!PspReadHeaders(Base, &Headers))
        return FALSE;
    Facts->StackReserve = Headers.OptionalHeader.SizeOfStackReserve;
    Facts->StackCommit = Headers.OptionalHeader.SizeOfStackCommit;
    Facts->EntryPoint = (PUCHAR)Base + Headers.OptionalHeader.AddressOfEntryPoint;
    Facts->Subsystem = Headers.OptionalHeader.Subsystem;
    Facts->SubsystemMajor = Headers.OptionalHeader.MajorSubsystemVersion;
    Facts->SubsystemMinor = Headers.OptionalHeader.MinorSubsystemVersion;
    Facts->OperatingSystemVersion =
        (ULONG)Headers.OptionalHeader.MajorOperatingSystemVersion << 16 | Headers.OptionalHeader.MinorOperatingSystemVersion;
    Facts->CheckSum = Headers.OptionalHeader.CheckSum;
    Facts->LoaderFlags = Headers.OptionalHeader.LoaderFlags;
    Facts->Machine = Headers.FileHeader.Machine;
    Facts->Characteristics = Headers.FileHeader.Characteristics;
    Facts->DllCharacteristics = Headers.OptionalHeader.DllCharacteristics;
    Facts->HasCode = Headers.OptionalHeader.SizeOfCode != 0;
    return TRUE;
}

static LONG PspCompareName(PVOID Base, ULONG Rva, PCSTR Name) {
    for (ULONG Index = 0;; Index++) {
        UCHAR There;

        if (!PspPeek(&There, Base, Rva + Index, 1))
            return 1;
        if (There != (UCHAR)Name[Index])
            return (LONG)(UCHAR)Name[Index] - There;
        if (There == 0)
            return 0;
    }
}

static PVOID PspFindExport(PVOID Base, PCSTR Name) {
    IMAGE_NT_HEADERS64 Headers;
    IMAGE_EXPORT_DIRECTORY Exports;
    ULONG Low = 0, High, Directory, NameRva, FunctionRva;
    USHORT Ordinal;

    if (!PspReadHeaders(Base, &Headers))
        return NULL;
    Directory = Headers.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress;
    if (Directory == 0 || !PspPeek(&Exports, Base, Directory, sizeof(Exports)))
        return NULL;
    High = Exports.NumberOfNames;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        LONG Order;

        if (!PspPeek(&NameRva, Base, Exports.AddressOfNames + Middle * 4, sizeof(NameRva)))
            return NULL;
        Order = PspCompareName(Base, NameRva, Name);
        if (Order == 0) {
            if (!PspPeek(&Ordinal, Base, Exports.AddressOfNameOrdinals + Middle * 2, sizeof(Ordinal)) ||
                !PspPeek(&FunctionRva, Base, Exports.AddressOfFunctions + Ordinal * 4u, sizeof(FunctionRva)))
                return NULL;
            return (PUCHAR)Base + FunctionRva;
        }
        if (Order < 0)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return NULL;
}

/* ntdll lies at one address in every process, unless a program took it; its three entries are looked up once for that address. */
PVOID PspNtdllRoutine(PEPROCESS Process, PCSTR Name) {
    static struct {
        PVOID Base;
        PCSTR Name;
        PVOID Routine;
    } Known[8];

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Known); Index++) {
        PVOID Routine;

        if (Known[Index].Base == Process->NtdllBase && strcmp(Known[Index].Name, Name) == 0)
            return Known[Index].Routine;
        if (Known[Index].Base != NULL && Index + 1 < RTL_NUMBER_OF(Known))
            continue;
        Routine = PspFindExport(Process->NtdllBase, Name);
        if (Routine != NULL && Known[Index].Base == NULL) {
            Known[Index].Base = Process->NtdllBase;
            Known[Index].Name = Name;
            Known[Index].Routine = Routine;
        }
        return Routine;
    }
    return NULL;
}

/* The loader's list of modules is the program's own memory: whatever it holds, the walk ends. */
PVOID PspUserRoutine(PEPROCESS Process, PCWSTR Dll, PCSTR Name) {
    SIZE_T Length = wcslen(Dll) * sizeof(WCHAR);
    NT_PEB_LDR_DATA *Data;
    LIST_ENTRY *Link;

    if (!KiCopyFromUser(&Data, &Process->Peb->Ldr, sizeof Data) || Data == NULL ||
        !KiCopyFromUser(&Link, &Data->InLoadOrderModuleList.Flink, sizeof Link))
        return NULL;
    for (ULONG Modules = 0; Modules < 256 && Link != &Data->InLoadOrderModuleList; Modules++) {
        NT_LDR_ENTRY Entry;
        WCHAR Base[16];
        UNICODE_STRING Found = {.Buffer = Base}, Wanted;

        if (!KiCopyFromUser(&Entry, CONTAINING_RECORD(Link, NT_LDR_ENTRY, InLoadOrderLinks), sizeof Entry))
            return NULL;
        RtlInitUnicodeString(&Wanted, Dll);
        Found.Length = Found.MaximumLength = Entry.BaseDllName.Length;
        if (Entry.BaseDllName.Length == Length && Length <= sizeof Base && KiCopyFromUser(Base, Entry.BaseDllName.Buffer, Length) &&
            RtlEqualUnicodeString(&Found, &Wanted, TRUE))
            return PspFindExport(Entry.DllBase, Name);
        Link = Entry.InLoadOrderLinks.Flink;
    }
    return NULL;
}

/*
 * Finding and mapping image files. The DLLs of the system come from its own folder alone, so that a file beside a program cannot replace them
 * (Windows' KnownDLLs); others are looked for in the program's folder, C:\Windows\System32, C:\Windows, the current directory and PATH:
 * the order of "Dynamic-link library search order" in the SDK's documentation, with safe search mode on.
 */
#include "ntdllp.h"

#define SYSTEM_DIRECTORY L"C:\\Windows\\System32\\"
#define MAXIMUM_PATH     1024u

static const WCHAR *const LdrpKnownDlls[] = {L"ntdll.dll", L"kernel32.dll", L"advapi32.dll", L"msvcrt.dll"};

static BOOLEAN LdrpIsKnown(PCUNICODE_STRING Name) {
    for (ULONG n = 0; n < ARRAYSIZE(LdrpKnownDlls); n++) {
        UNICODE_STRING known;
        RtlInitUnicodeString(&known, LdrpKnownDlls[n]);
        if (RtlEqualUnicodeString(Name, &known, TRUE))
            return TRUE;
    }
    return FALSE;
}

static NTSTATUS LdrpMapPath(PCWSTR Path, PVOID *Base) {
    UNICODE_STRING nt;
    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(Path, &nt, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    IO_STATUS_BLOCK io;
    HANDLE file, section;
    status = NtOpenFile(&file, SYNCHRONIZE | FILE_EXECUTE | FILE_READ_DATA, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_DELETE,
                        FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&nt);
    if (!NT_SUCCESS(status))
        return status;
    status = NtCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE | SECTION_QUERY, NULL, NULL, PAGE_EXECUTE,
                             SEC_IMAGE, file);
    NtClose(file);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T size = 0;
    *Base = NULL;
    status = NtMapViewOfSection(section, NtCurrentProcess(), Base, 0, 0, NULL, &size, NtViewShare, 0, PAGE_EXECUTE_WRITECOPY);
    NtClose(section);
    return status;
}

static BOOLEAN LdrpIsAbsent(NTSTATUS Status) {
    return Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND || Status == STATUS_NO_SUCH_FILE ||
           Status == STATUS_OBJECT_NAME_INVALID || Status == STATUS_OBJECT_PATH_SYNTAX_BAD || Status == STATUS_FILE_IS_A_DIRECTORY;
}

/* Directory (Length characters, a backslash is added if missing) and Name as one path; FALSE when it is too long. */
static BOOLEAN LdrpJoin(PWSTR Path, PCWSTR Directory, SIZE_T Length, PCUNICODE_STRING Name) {
    SIZE_T name = Name->Length / sizeof(WCHAR);
    if (Length + name + 2 > MAXIMUM_PATH)
        return FALSE;
    memcpy(Path, Directory, Length * sizeof(WCHAR));
    if (Length && Path[Length - 1] != '\\' && Path[Length - 1] != '/')
        Path[Length++] = '\\';
    memcpy(Path + Length, Name->Buffer, Name->Length);
    Path[Length + name] = 0;
    return TRUE;
}

static NTSTATUS LdrpTryDirectory(PWSTR Path, PCWSTR Directory, SIZE_T Length, PCUNICODE_STRING Name, PVOID *Base) {
    return LdrpJoin(Path, Directory, Length, Name) ? LdrpMapPath(Path, Base) : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS LdrpSearchPathVariable(PWSTR Path, PCUNICODE_STRING Name, PVOID *Base) {
    static WCHAR value[4096]; /* the loader lock is held */
    UNICODE_STRING variable, result = {.MaximumLength = sizeof value - sizeof(WCHAR), .Buffer = value};
    RtlInitUnicodeString(&variable, L"PATH");
    if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &variable, &result)))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    value[result.Length / sizeof(WCHAR)] = 0;
    for (PCWSTR at = value; *at;) {
        SIZE_T length = 0;
        while (at[length] && at[length] != ';')
            length++;
        NTSTATUS status = length ? LdrpTryDirectory(Path, at, length, Name, Base) : STATUS_OBJECT_NAME_NOT_FOUND;
        if (!LdrpIsAbsent(status))
            return status;
        at += length + (at[length] == ';');
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS LdrpSearch(PWSTR Path, PCUNICODE_STRING Name, PVOID *Base) {
    NT_PROCESS_PARAMETERS *parameters = NtPeb()->ProcessParameters;
    static const WCHAR system[] = SYSTEM_DIRECTORY, windows[] = L"C:\\Windows\\";
    if (LdrpIsKnown(Name))
        return LdrpTryDirectory(Path, system, ARRAYSIZE(system) - 1, Name, Base);
    LDRP_MODULE *program = LdrpFindByBase(NtPeb()->ImageBaseAddress);
    SIZE_T directory = (program->Entry.FullDllName.Length - program->Entry.BaseDllName.Length) / sizeof(WCHAR);
    NTSTATUS status = LdrpTryDirectory(Path, program->Entry.FullDllName.Buffer, directory, Name, Base);
    if (LdrpIsAbsent(status))
        status = LdrpTryDirectory(Path, system, ARRAYSIZE(system) - 1, Name, Base);
    if (LdrpIsAbsent(status))
        status = LdrpTryDirectory(Path, windows, ARRAYSIZE(windows) - 1, Name, Base);
    if (LdrpIsAbsent(status))
        status = LdrpTryDirectory(Path, parameters->CurrentDirectory.DosPath.Buffer, parameters->CurrentDirectory.DosPath.Length / sizeof(WCHAR),
                                  Name, Base);
    if (LdrpIsAbsent(status))
        status = LdrpSearchPathVariable(Path, Name, Base);
    return status;
}

NTSTATUS LdrpMapFile(PCUNICODE_STRING Name, PVOID *Base, PUNICODE_STRING FullName) {
    static WCHAR path[MAXIMUM_PATH], full[MAXIMUM_PATH]; /* the loader lock is held */
    BOOLEAN has_path = FALSE;
    for (ULONG n = 0; n < Name->Length / sizeof(WCHAR); n++)
        has_path |= Name->Buffer[n] == '\\' || Name->Buffer[n] == '/' || Name->Buffer[n] == ':';
    NTSTATUS status = has_path ? LdrpTryDirectory(path, NULL, 0, Name, Base) : LdrpSearch(path, Name, Base);
    if (!NT_SUCCESS(status))
        return LdrpIsAbsent(status) ? STATUS_DLL_NOT_FOUND : status;
    ULONG size = RtlGetFullPathName_U(path, sizeof full, full, NULL);
    if (size == 0 || size >= sizeof full) {
        NtUnmapViewOfSection(NtCurrentProcess(), *Base);
        return STATUS_OBJECT_NAME_INVALID;
    }
    FullName->Buffer = RtlpAllocate(size + sizeof(WCHAR));
    if (!FullName->Buffer) {
        NtUnmapViewOfSection(NtCurrentProcess(), *Base);
        return STATUS_NO_MEMORY;
    }
    memcpy(FullName->Buffer, full, size);
    FullName->Length = (USHORT)size;
    FullName->MaximumLength = (USHORT)(size + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

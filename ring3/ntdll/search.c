/*
 * Where DLLs are looked for (documentation: "Dynamic-link library search order", with safe search mode on): the program's folder, the one of
 * SetDllDirectory, C:\Windows\System32, C:\Windows, the current directory (not after SetDllDirectory), PATH; or, with LOAD_LIBRARY_SEARCH_
 * flags, only what they name.
 */
#include "ntdllp.h"

#define SEARCH_ANY                                                                                                                                   \
    (LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32 |         \
     LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
#define SEARCH_DEFAULT (LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32)

typedef struct _USER_FOLDER {
    LIST_ENTRY Link;
    USHORT Length; /* characters */
    WCHAR Text[];
} USER_FOLDER;

ULONG LdrpSearchFlags;
static UNICODE_STRING Folder;    /* of the DLL that is being loaded, for two of the flags */
static ULONG DefaultFlags;       /* SetDefaultDllDirectories */
static UNICODE_STRING OwnFolder; /* SetDllDirectory; Buffer NULL: none, empty: that takes the current directory out */
static LIST_ENTRY UserFolders = {&UserFolders, &UserFolders};

static const WCHAR System32[] = L"C:\\Windows\\System32", Windows[] = L"C:\\Windows";

/* The part of an absolute path that is its folder; empty when Path is none. */
static UNICODE_STRING FolderOf(PCUNICODE_STRING Path) {
    UNICODE_STRING folder = {.Buffer = Path->Buffer};
    ULONG length = Path->Length / sizeof(WCHAR);
    BOOLEAN absolute = length > 2 && (Path->Buffer[1] == ':' || Path->Buffer[1] == '\\' || Path->Buffer[1] == '/');
    while (length && Path->Buffer[length - 1] != '\\' && Path->Buffer[length - 1] != '/')
        length--;
    if (absolute)
        folder.Length = (USHORT)(length * sizeof(WCHAR));
    return folder;
}

NTSTATUS LdrpBeginSearch(ULONG Flags, PCUNICODE_STRING Name, LDRP_SEARCH *Outer) {
    UNICODE_STRING folder = FolderOf(Name);
    *Outer = (LDRP_SEARCH){LdrpSearchFlags, Folder};
    if ((Flags & LOAD_WITH_ALTERED_SEARCH_PATH) && (Flags & SEARCH_ANY))
        return STATUS_INVALID_PARAMETER;
    if ((Flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) && !folder.Length)
        return STATUS_INVALID_PARAMETER;
    if (!(Flags & (SEARCH_ANY | LOAD_WITH_ALTERED_SEARCH_PATH)))
        Flags |= DefaultFlags;
    if (Flags & LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
        Flags |= SEARCH_DEFAULT;
    LdrpSearchFlags = Flags;
    Folder = folder;
    return STATUS_SUCCESS;
}

VOID LdrpEndSearch(const LDRP_SEARCH *Outer) {
    LdrpSearchFlags = Outer->Flags;
    Folder = Outer->Folder;
}

BOOLEAN LdrpIsAbsent(NTSTATUS Status) {
    return Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND || Status == STATUS_NO_SUCH_FILE ||
           Status == STATUS_OBJECT_NAME_INVALID || Status == STATUS_OBJECT_PATH_SYNTAX_BAD || Status == STATUS_FILE_IS_A_DIRECTORY;
}

static NTSTATUS TryString(const UNICODE_STRING *Text, LDRP_TRY Try, PVOID Context) {
    return Text->Length ? Try(Text->Buffer, Text->Length / sizeof(WCHAR), Context) : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS TryProgram(LDRP_TRY Try, PVOID Context) {
    LDRP_MODULE *program = LdrpFindByBase(NtPeb()->ImageBaseAddress);
    return Try(program->Entry.FullDllName.Buffer, (program->Entry.FullDllName.Length - program->Entry.BaseDllName.Length) / sizeof(WCHAR), Context);
}

static NTSTATUS TryUserFolders(LDRP_TRY Try, PVOID Context) {
    NTSTATUS status = TryString(&OwnFolder, Try, Context);
    for (PLIST_ENTRY link = UserFolders.Flink; link != &UserFolders && LdrpIsAbsent(status); link = link->Flink) {
        USER_FOLDER *folder = CONTAINING_RECORD(link, USER_FOLDER, Link);
        status = Try(folder->Text, folder->Length, Context);
    }
    return status;
}

static NTSTATUS TryPath(LDRP_TRY Try, PVOID Context) {
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
        NTSTATUS status = length ? Try(at, length, Context) : STATUS_OBJECT_NAME_NOT_FOUND;
        if (!LdrpIsAbsent(status))
            return status;
        at += length + (at[length] == ';');
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS SearchNamed(ULONG Flags, LDRP_TRY Try, PVOID Context) {
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (Flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR)
        status = TryString(&Folder, Try, Context);
    if (LdrpIsAbsent(status) && (Flags & LOAD_LIBRARY_SEARCH_APPLICATION_DIR))
        status = TryProgram(Try, Context);
    if (LdrpIsAbsent(status) && (Flags & LOAD_LIBRARY_SEARCH_USER_DIRS))
        status = TryUserFolders(Try, Context);
    if (LdrpIsAbsent(status) && (Flags & LOAD_LIBRARY_SEARCH_SYSTEM32))
        status = Try(System32, ARRAYSIZE(System32) - 1, Context);
    return status;
}

NTSTATUS LdrpSearchFolders(BOOLEAN Known, LDRP_TRY Try, PVOID Context) {
    if (Known)
        return Try(System32, ARRAYSIZE(System32) - 1, Context);
    if (LdrpSearchFlags & SEARCH_ANY)
        return SearchNamed(LdrpSearchFlags, Try, Context);
    BOOLEAN altered = (LdrpSearchFlags & LOAD_WITH_ALTERED_SEARCH_PATH) && Folder.Length;
    NTSTATUS status = altered ? TryString(&Folder, Try, Context) : TryProgram(Try, Context);
    if (LdrpIsAbsent(status))
        status = TryString(&OwnFolder, Try, Context);
    if (LdrpIsAbsent(status))
        status = Try(System32, ARRAYSIZE(System32) - 1, Context);
    if (LdrpIsAbsent(status))
        status = Try(Windows, ARRAYSIZE(Windows) - 1, Context);
    if (LdrpIsAbsent(status) && !OwnFolder.Buffer)
        status = TryString(&NtPeb()->ProcessParameters->CurrentDirectory.DosPath, Try, Context);
    if (LdrpIsAbsent(status))
        status = TryPath(Try, Context);
    return status;
}

/* ---- What programs set ---------------------------------------------------------------------------------------------------------- */
NTSTATUS NTAPI LdrSetDllDirectory(PUNICODE_STRING Path) {
    PWSTR copy = NULL;
    USHORT length = Path ? Path->Length : 0;
    for (ULONG n = 0; n < length / sizeof(WCHAR); n++)
        if (Path->Buffer[n] == ';')
            return STATUS_INVALID_PARAMETER;
    if (Path) {
        copy = RtlpAllocate(length + sizeof(WCHAR));
        if (!copy)
            return STATUS_NO_MEMORY;
        memcpy(copy, Path->Buffer, length);
    }
    RtlEnterCriticalSection(&LdrpLoaderLock);
    RtlpFree(OwnFolder.Buffer);
    OwnFolder = (UNICODE_STRING){length, length, copy};
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrGetDllDirectory(PUNICODE_STRING Path) {
    NTSTATUS status = STATUS_SUCCESS;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    if (OwnFolder.Length + sizeof(WCHAR) > Path->MaximumLength)
        status = STATUS_BUFFER_TOO_SMALL;
    else
        memcpy(Path->Buffer, OwnFolder.Buffer, OwnFolder.Length);
    Path->Length = NT_SUCCESS(status) ? OwnFolder.Length : (USHORT)(OwnFolder.Length + sizeof(WCHAR));
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    if (NT_SUCCESS(status))
        Path->Buffer[Path->Length / sizeof(WCHAR)] = 0;
    return status;
}

NTSTATUS NTAPI LdrSetDefaultDllDirectories(ULONG Flags) {
    if (!Flags || (Flags & ~(ULONG)(SEARCH_ANY & ~LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR)))
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    DefaultFlags = (Flags & LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) ? Flags | SEARCH_DEFAULT : Flags;
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrAddDllDirectory(PUNICODE_STRING Path, PVOID *Cookie) {
    UNICODE_STRING folder = FolderOf(Path);
    if (!folder.Length)
        return STATUS_INVALID_PARAMETER;
    USER_FOLDER *added = RtlpAllocate(sizeof *added + Path->Length);
    if (!added)
        return STATUS_NO_MEMORY;
    added->Length = Path->Length / sizeof(WCHAR);
    memcpy(added->Text, Path->Buffer, Path->Length);
    RtlEnterCriticalSection(&LdrpLoaderLock);
    RtlpInsertTail(&UserFolders, &added->Link);
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    *Cookie = added;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrRemoveDllDirectory(PVOID Cookie) {
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    for (PLIST_ENTRY link = UserFolders.Flink; link != &UserFolders; link = link->Flink) {
        USER_FOLDER *folder = CONTAINING_RECORD(link, USER_FOLDER, Link);
        if (folder == Cookie) {
            RtlpRemove(link);
            RtlpFree(folder);
            status = STATUS_SUCCESS;
            break;
        }
    }
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    return status;
}

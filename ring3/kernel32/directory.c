/* Files and directories by name: attributes, deleting, moving, searching. */
#include "kernel32.h"

#define WITH_WIDE_PATH(call, failed)                                                                                                                 \
    PWSTR wide = BaseWide(Name);                                                                                                                     \
    if (!wide) {                                                                                                                                     \
        if (!Name)                                                                                                                                   \
            BaseFail(ERROR_PATH_NOT_FOUND);                                                                                                          \
        return failed;                                                                                                                               \
    }                                                                                                                                                \
    __typeof__(call) answer = call;                                                                                                                  \
    BaseFree(wide);                                                                                                                                  \
    return answer

static BOOL OpenPath(PCWSTR Name, ACCESS_MASK Access, ULONG Options, PHANDLE File) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    if (!BaseNtPath(Name, &path, &attributes))
        return FALSE;
    NTSTATUS status = NtOpenFile(File, Access | SYNCHRONIZE, &attributes, &io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                 Options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT);
    RtlFreeUnicodeString(&path);
    return BaseResult(status);
}

WINBOOL WINAPI GetFileAttributesExW(LPCWSTR Name, GET_FILEEX_INFO_LEVELS Level, LPVOID Information) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    NT_FILE_NETWORK_OPEN_INFORMATION found;
    if (Level != GetFileExInfoStandard)
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (!BaseNtPath(Name, &path, &attributes))
        return FALSE;
    NTSTATUS status = NtQueryFullAttributesFile(&attributes, &found);
    RtlFreeUnicodeString(&path);
    if (!BaseResult(status))
        return FALSE;
    WIN32_FILE_ATTRIBUTE_DATA *data = Information;
    data->dwFileAttributes = found.FileAttributes;
    memcpy(&data->ftCreationTime, &found.CreationTime, sizeof(FILETIME));
    memcpy(&data->ftLastAccessTime, &found.LastAccessTime, sizeof(FILETIME));
    memcpy(&data->ftLastWriteTime, &found.LastWriteTime, sizeof(FILETIME));
    data->nFileSizeHigh = (DWORD)found.EndOfFile.HighPart;
    data->nFileSizeLow = found.EndOfFile.LowPart;
    return TRUE;
}
WINBOOL WINAPI GetFileAttributesExA(LPCSTR Name, GET_FILEEX_INFO_LEVELS Level, LPVOID Information) {
    WITH_WIDE_PATH(GetFileAttributesExW(wide, Level, Information), FALSE);
}
DWORD WINAPI GetFileAttributesW(LPCWSTR Name) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    NT_FILE_BASIC_INFORMATION basic;
    if (!BaseNtPath(Name, &path, &attributes))
        return INVALID_FILE_ATTRIBUTES;
    NTSTATUS status = NtQueryAttributesFile(&attributes, &basic);
    RtlFreeUnicodeString(&path);
    return BaseResult(status) ? basic.FileAttributes : INVALID_FILE_ATTRIBUTES;
}
DWORD WINAPI GetFileAttributesA(LPCSTR Name) { WITH_WIDE_PATH(GetFileAttributesW(wide), INVALID_FILE_ATTRIBUTES); }
WINBOOL WINAPI SetFileAttributesW(LPCWSTR Name, DWORD Attributes) {
    HANDLE file;
    IO_STATUS_BLOCK io;
    NT_FILE_BASIC_INFORMATION basic = {.FileAttributes = Attributes ? Attributes : FILE_ATTRIBUTE_NORMAL};
    if (!OpenPath(Name, FILE_WRITE_ATTRIBUTES, 0, &file))
        return FALSE;
    NTSTATUS status = NtSetInformationFile(file, &io, &basic, sizeof basic, FileBasicInformation_);
    NtClose(file);
    return BaseResult(status);
}
WINBOOL WINAPI SetFileAttributesA(LPCSTR Name, DWORD Attributes) { WITH_WIDE_PATH(SetFileAttributesW(wide, Attributes), FALSE); }

static BOOL Delete(PCWSTR Name, ULONG Options) {
    HANDLE file;
    IO_STATUS_BLOCK io;
    BOOLEAN disposition = TRUE;
    if (!OpenPath(Name, DELETE, Options, &file))
        return FALSE;
    NTSTATUS status = NtSetInformationFile(file, &io, &disposition, sizeof disposition, FileDispositionInformation_);
    NtClose(file);
    return BaseResult(status);
}
WINBOOL WINAPI DeleteFileW(LPCWSTR Name) {
    if (Delete(Name, FILE_NON_DIRECTORY_FILE))
        return TRUE;
    return RtlGetLastNtStatus() == (ULONG)STATUS_FILE_IS_A_DIRECTORY ? BaseFail(ERROR_ACCESS_DENIED) : FALSE;
}
WINBOOL WINAPI DeleteFileA(LPCSTR Name) { WITH_WIDE_PATH(DeleteFileW(wide), FALSE); }
WINBOOL WINAPI RemoveDirectoryW(LPCWSTR Name) { return Delete(Name, FILE_DIRECTORY_FILE); }
WINBOOL WINAPI RemoveDirectoryA(LPCSTR Name) { WITH_WIDE_PATH(RemoveDirectoryW(wide), FALSE); }

WINBOOL WINAPI CreateDirectoryW(LPCWSTR Name, LPSECURITY_ATTRIBUTES Security) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE directory;
    if (!BaseNtPath(Name, &path, &attributes))
        return FALSE;
    attributes.SecurityDescriptor = Security ? Security->lpSecurityDescriptor : NULL;
    NTSTATUS status = NtCreateFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &io, NULL, FILE_ATTRIBUTE_NORMAL,
                                   FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    RtlFreeUnicodeString(&path);
    if (NT_SUCCESS(status))
        NtClose(directory);
    return BaseResult(status);
}
WINBOOL WINAPI CreateDirectoryA(LPCSTR Name, LPSECURITY_ATTRIBUTES Security) { WITH_WIDE_PATH(CreateDirectoryW(wide, Security), FALSE); }

WINBOOL WINAPI MoveFileExW(LPCWSTR From, LPCWSTR To, DWORD Flags) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    HANDLE file;
    IO_STATUS_BLOCK io;
    if (Flags & (MOVEFILE_DELAY_UNTIL_REBOOT | MOVEFILE_CREATE_HARDLINK))
        return BaseFail(ERROR_NOT_SUPPORTED);
    if (!BaseNtPath(To, &path, &attributes))
        return FALSE;
    SIZE_T size = offsetof(NT_FILE_RENAME_INFORMATION, FileName) + path.Length + sizeof(WCHAR);
    NT_FILE_RENAME_INFORMATION *rename = BaseAllocate(size);
    NTSTATUS status = STATUS_NO_MEMORY;
    if (rename) {
        memset(rename, 0, size);
        rename->ReplaceIfExists = (Flags & MOVEFILE_REPLACE_EXISTING) != 0;
        rename->FileNameLength = path.Length;
        memcpy(rename->FileName, path.Buffer, path.Length);
        if (OpenPath(From, DELETE, 0, &file)) {
            status = NtSetInformationFile(file, &io, rename, (ULONG)size, FileRenameInformation_);
            NtClose(file);
        } else {
            status = (NTSTATUS)RtlGetLastNtStatus();
        }
        BaseFree(rename);
    }
    RtlFreeUnicodeString(&path);
    if (status == STATUS_NOT_SAME_DEVICE && (Flags & MOVEFILE_COPY_ALLOWED))
        return CopyFileW(From, To, !(Flags & MOVEFILE_REPLACE_EXISTING)) && DeleteFileW(From);
    return BaseResult(status);
}
WINBOOL WINAPI MoveFileW(LPCWSTR From, LPCWSTR To) { return MoveFileExW(From, To, MOVEFILE_COPY_ALLOWED); }
WINBOOL WINAPI MoveFileExA(LPCSTR Name, LPCSTR To, DWORD Flags) {
    PWSTR target = To ? BaseWide(To) : NULL, source = BaseWide(Name);
    BOOL done = (target || !To) && source ? MoveFileExW(source, target, Flags) : BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    BaseFree(source);
    BaseFree(target);
    return done;
}
WINBOOL WINAPI MoveFileA(LPCSTR From, LPCSTR To) { return MoveFileExA(From, To, MOVEFILE_COPY_ALLOWED); }

WINBOOL WINAPI CopyFileW(LPCWSTR From, LPCWSTR To, WINBOOL FailIfExists) {
    HANDLE source = CreateFileW(From, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (source == INVALID_HANDLE_VALUE)
        return FALSE;
    HANDLE target = CreateFileW(To, GENERIC_WRITE, 0, NULL, FailIfExists ? CREATE_NEW : CREATE_ALWAYS, GetFileAttributesW(From), NULL);
    BOOL done = target != INVALID_HANDLE_VALUE;
    PUCHAR buffer = done ? BaseAllocate(0x10000) : NULL;
    if (done && !buffer)
        done = BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    for (DWORD got = 1, put; done && got;)
        done = ReadFile(source, buffer, 0x10000, &got, NULL) && (!got || WriteFile(target, buffer, got, &put, NULL));
    DWORD error = RtlGetLastWin32Error();
    BaseFree(buffer);
    NtClose(source);
    if (target != INVALID_HANDLE_VALUE)
        NtClose(target);
    return done ? TRUE : BaseFail(error);
}
WINBOOL WINAPI CopyFileA(LPCSTR From, LPCSTR To, WINBOOL FailIfExists) {
    PWSTR source = BaseWide(From), target = BaseWide(To);
    BOOL done = source && target ? CopyFileW(source, target, FailIfExists) : BaseFail(ERROR_PATH_NOT_FOUND);
    BaseFree(source);
    BaseFree(target);
    return done;
}

/* ---- Searching: a handle is a directory and the entries read from it that are still to be given out ----------------------------------------- */
typedef struct _FIND {
    HANDLE Directory;
    RTL_CRITICAL_SECTION Lock;
    NT_FILE_BOTH_DIR_INFORMATION *Next; /* NULL: read more */
    ULONG64 Entries[4096 / 8];
} FIND;

static VOID FillFindData(const NT_FILE_BOTH_DIR_INFORMATION *Entry, LPWIN32_FIND_DATAW Data) {
    memset(Data, 0, sizeof *Data);
    Data->dwFileAttributes = Entry->FileAttributes;
    memcpy(&Data->ftCreationTime, &Entry->CreationTime, sizeof(FILETIME));
    memcpy(&Data->ftLastAccessTime, &Entry->LastAccessTime, sizeof(FILETIME));
    memcpy(&Data->ftLastWriteTime, &Entry->LastWriteTime, sizeof(FILETIME));
    Data->nFileSizeHigh = (DWORD)Entry->EndOfFile.HighPart;
    Data->nFileSizeLow = Entry->EndOfFile.LowPart;
    ULONG length = Entry->FileNameLength / sizeof(WCHAR);
    if (length > MAX_PATH - 1)
        length = MAX_PATH - 1;
    memcpy(Data->cFileName, Entry->FileName, length * sizeof(WCHAR));
    memcpy(Data->cAlternateFileName, Entry->ShortName, (ULONG)Entry->ShortNameLength <= sizeof Entry->ShortName ? (ULONG)Entry->ShortNameLength : 0);
}
static VOID NarrowFindData(const WIN32_FIND_DATAW *Wide, LPWIN32_FIND_DATAA Data) {
    memset(Data, 0, sizeof *Data);
    memcpy(Data, Wide, offsetof(WIN32_FIND_DATAA, cFileName));
    BaseNarrow(Wide->cFileName, BaseLength(Wide->cFileName), Data->cFileName, sizeof Data->cFileName);
    BaseNarrow(Wide->cAlternateFileName, BaseLength(Wide->cAlternateFileName), Data->cAlternateFileName, sizeof Data->cAlternateFileName);
}

/* The pattern is given with the first read; "*.*" means "*", as DOS programs expect. */
static NTSTATUS ReadEntries(FIND *Find, PUNICODE_STRING Pattern) {
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryDirectoryFile(Find->Directory, NULL, NULL, NULL, &io, Find->Entries, sizeof Find->Entries, FileBothDirectoryInformation_,
                                           FALSE, Pattern, Pattern != NULL);
    Find->Next = NT_SUCCESS(status) ? (NT_FILE_BOTH_DIR_INFORMATION *)Find->Entries : NULL;
    return status;
}
static NTSTATUS NextEntry(FIND *Find, LPWIN32_FIND_DATAW Data) {
    NTSTATUS status = Find->Next ? STATUS_SUCCESS : ReadEntries(Find, NULL);
    if (!NT_SUCCESS(status))
        return status;
    FillFindData(Find->Next, Data);
    Find->Next = Find->Next->NextEntryOffset ? (NT_FILE_BOTH_DIR_INFORMATION *)((PUCHAR)Find->Next + Find->Next->NextEntryOffset) : NULL;
    return STATUS_SUCCESS;
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR Name, FINDEX_INFO_LEVELS Level, LPVOID Data, FINDEX_SEARCH_OPS Operation, LPVOID Filter, DWORD Flags) {
    UNICODE_STRING path, pattern;
    PWSTR part;
    if ((Level != FindExInfoStandard && Level != FindExInfoBasic) || Operation >= FindExSearchLimitToDevices) {
        BaseFail(ERROR_NOT_SUPPORTED);
        return INVALID_HANDLE_VALUE;
    }
    if (!Name || !*Name) {
        BaseFail(ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    if (!BaseResult(RtlDosPathNameToNtPathName_U_WithStatus(Name, &path, &part, NULL)))
        return INVALID_HANDLE_VALUE;
    if (!part) { /* a path that ends in a backslash names no file */
        RtlFreeUnicodeString(&path);
        BaseFail(ERROR_FILE_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    RtlInitUnicodeString(&pattern, part);
    if (pattern.Length == 3 * sizeof(WCHAR) && part[0] == '*' && part[1] == '.' && part[2] == '*')
        pattern.Length = sizeof(WCHAR);
    UNICODE_STRING directory = path;
    directory.Length = (USHORT)((PUCHAR)part - (PUCHAR)path.Buffer);
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    InitializeObjectAttributes(&attributes, &directory, OBJ_CASE_INSENSITIVE, NULL, NULL);
    FIND *find = BaseAllocate(sizeof *find);
    NTSTATUS status = find ? NtOpenFile(&find->Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &io,
                                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT)
                           : STATUS_NO_MEMORY;
    if (NT_SUCCESS(status)) {
        RtlInitializeCriticalSection(&find->Lock);
        status = ReadEntries(find, &pattern);
        if (NT_SUCCESS(status))
            status = NextEntry(find, Data);
        if (!NT_SUCCESS(status))
            NtClose(find->Directory);
    } else if (status == STATUS_OBJECT_NAME_NOT_FOUND) { /* of the directory, not of the file */
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    }
    RtlFreeUnicodeString(&path);
    if (NT_SUCCESS(status))
        return find;
    BaseFree(find);
    BaseResult(status);
    return INVALID_HANDLE_VALUE;
}
HANDLE WINAPI FindFirstFileW(LPCWSTR Name, LPWIN32_FIND_DATAW Data) {
    return FindFirstFileExW(Name, FindExInfoStandard, Data, FindExSearchNameMatch, NULL, 0);
}
HANDLE WINAPI FindFirstFileA(LPCSTR Name, LPWIN32_FIND_DATAA Data) {
    WIN32_FIND_DATAW data;
    PWSTR wide = BaseWide(Name);
    HANDLE find = wide ? FindFirstFileW(wide, &data) : INVALID_HANDLE_VALUE;
    BaseFree(wide);
    if (find != INVALID_HANDLE_VALUE)
        NarrowFindData(&data, Data);
    return find;
}
WINBOOL WINAPI FindNextFileW(HANDLE Handle, LPWIN32_FIND_DATAW Data) {
    FIND *find = Handle;
    if (!Handle || Handle == INVALID_HANDLE_VALUE)
        return BaseFail(ERROR_INVALID_HANDLE);
    RtlEnterCriticalSection(&find->Lock);
    NTSTATUS status = NextEntry(find, Data);
    RtlLeaveCriticalSection(&find->Lock);
    return BaseResult(status);
}
WINBOOL WINAPI FindNextFileA(HANDLE Handle, LPWIN32_FIND_DATAA Data) {
    WIN32_FIND_DATAW data;
    if (!FindNextFileW(Handle, &data))
        return FALSE;
    NarrowFindData(&data, Data);
    return TRUE;
}
WINBOOL WINAPI FindClose(HANDLE Handle) {
    FIND *find = Handle;
    if (!Handle || Handle == INVALID_HANDLE_VALUE)
        return BaseFail(ERROR_INVALID_HANDLE);
    NtClose(find->Directory);
    RtlDeleteCriticalSection(&find->Lock);
    BaseFree(find);
    return TRUE;
}
HANDLE WINAPI FindFirstFileExA(LPCSTR Name, FINDEX_INFO_LEVELS Level, LPVOID Data, FINDEX_SEARCH_OPS Operation, LPVOID Filter, DWORD Flags) {
    if ((Level != FindExInfoStandard && Level != FindExInfoBasic) || Operation != FindExSearchNameMatch || Filter) {
        BaseFail(Operation == FindExSearchNameMatch && !Filter ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return INVALID_HANDLE_VALUE;
    }
    return FindFirstFileA(Name, Data);
}

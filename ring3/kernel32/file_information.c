/* Information about files by class, as far as there is a class of the kernel's behind it. */
#include "kernel32.h"

/* Win32's structures of these classes are the kernel's. */
static BOOL QueryDirect(HANDLE File, ULONG Class, PVOID Buffer, DWORD Size, DWORD Least) {
    IO_STATUS_BLOCK io;
    if (Size < Least)
        return BaseFail(ERROR_BAD_LENGTH);
    return BaseResult(NtQueryInformationFile(File, &io, Buffer, Size, Class));
}

/* As many entries of a directory as there is room for; each call goes on where the last one ended. */
static BOOL List(HANDLE Directory, ULONG Class, BOOL Restart, PVOID Buffer, DWORD Size) {
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryDirectoryFile(Directory, NULL, NULL, NULL, &io, Buffer, Size, Class, FALSE, NULL, (BOOLEAN)Restart);
    if (status == STATUS_PENDING) {
        NtWaitForSingleObject(Directory, FALSE, NULL);
        status = io.Status;
    }
    return BaseResult(status);
}

WINBOOL WINAPI GetFileInformationByHandleEx(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class, LPVOID Buffer, DWORD Size) {
    switch (Class) {
    case FileBasicInfo: return QueryDirect(File, FileBasicInformation_, Buffer, Size, sizeof(FILE_BASIC_INFO));
    case FileStandardInfo: return QueryDirect(File, FileStandardInformation_, Buffer, Size, sizeof(FILE_STANDARD_INFO));
    case FileNameInfo: return QueryDirect(File, 9 /* FileNameInformation */, Buffer, Size, sizeof(FILE_NAME_INFO));
    case FileStreamInfo: return QueryDirect(File, 22 /* FileStreamInformation */, Buffer, Size, sizeof(FILE_STREAM_INFO));
    case FileCompressionInfo: return QueryDirect(File, 28 /* FileCompressionInformation */, Buffer, Size, sizeof(FILE_COMPRESSION_INFO));
    case FileAlignmentInfo: return QueryDirect(File, 17 /* FileAlignmentInformation */, Buffer, Size, sizeof(FILE_ALIGNMENT_INFO));
    case FileAttributeTagInfo: return QueryDirect(File, 35 /* FileAttributeTagInformation */, Buffer, Size, sizeof(FILE_ATTRIBUTE_TAG_INFO));
    case FileIdBothDirectoryInfo: return List(File, 37 /* FileIdBothDirectoryInformation */, FALSE, Buffer, Size);
    case FileIdBothDirectoryRestartInfo: return List(File, 37, TRUE, Buffer, Size);
    case FileFullDirectoryInfo: return List(File, 2 /* FileFullDirectoryInformation */, FALSE, Buffer, Size);
    case FileFullDirectoryRestartInfo: return List(File, 2, TRUE, Buffer, Size);
    default: return BaseFail(ERROR_INVALID_PARAMETER);
    }
}

static BOOL SetDirect(HANDLE File, ULONG Class, PVOID Buffer, DWORD Size, DWORD Least) {
    IO_STATUS_BLOCK io;
    if (Size < Least)
        return BaseFail(ERROR_BAD_LENGTH);
    return BaseResult(NtSetInformationFile(File, &io, Buffer, Least, Class));
}

/* The new name is a DOS path; the kernel wants an NT path. */
static BOOL Rename(HANDLE File, const FILE_RENAME_INFO *Given, DWORD Size) {
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    if (Size < sizeof *Given || Given->FileNameLength > Size - offsetof(FILE_RENAME_INFO, FileName))
        return BaseFail(ERROR_BAD_LENGTH);
    PWSTR name = BaseAllocate(Given->FileNameLength + sizeof(WCHAR));
    if (!name)
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(name, Given->FileName, Given->FileNameLength);
    name[Given->FileNameLength / sizeof(WCHAR)] = 0;
    BOOL done = BaseNtPath(name, &path, &attributes);
    BaseFree(name);
    if (!done)
        return FALSE;
    SIZE_T size = sizeof(NT_FILE_RENAME_INFORMATION) + path.Length;
    NT_FILE_RENAME_INFORMATION *rename = BaseAllocate(size);
    NTSTATUS status = STATUS_NO_MEMORY;
    if (rename) {
        memset(rename, 0, sizeof *rename);
        rename->ReplaceIfExists = (BOOLEAN)Given->ReplaceIfExists;
        rename->FileNameLength = path.Length;
        memcpy(rename->FileName, path.Buffer, path.Length);
        status = NtSetInformationFile(File, &io, rename, (ULONG)size, FileRenameInformation_);
        BaseFree(rename);
    }
    RtlFreeUnicodeString(&path);
    return BaseResult(status);
}

WINBOOL WINAPI SetFileInformationByHandle(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class, LPVOID Buffer, DWORD Size) {
    switch (Class) {
    case FileBasicInfo: return SetDirect(File, FileBasicInformation_, Buffer, Size, sizeof(FILE_BASIC_INFO));
    case FileDispositionInfo: return SetDirect(File, FileDispositionInformation_, Buffer, Size, sizeof(FILE_DISPOSITION_INFO));
    case FileAllocationInfo: return SetDirect(File, FileAllocationInformation_, Buffer, Size, sizeof(FILE_ALLOCATION_INFO));
    case FileEndOfFileInfo: return SetDirect(File, FileEndOfFileInformation_, Buffer, Size, sizeof(FILE_END_OF_FILE_INFO));
    case FileRenameInfo: return Rename(File, Buffer, Size);
    default: return BaseFail(ERROR_INVALID_PARAMETER);
    }
}

/* ---- Final names ---- */

/* The first drive letter whose definition begins the NT name: its index, the definition's characters in *Length. -1: none. */
static int FindDrive(PCUNICODE_STRING Name, SIZE_T *Length) {
    for (WCHAR drive[] = L"A:"; drive[0] <= 'Z'; drive[0]++) {
        WCHAR definition[MAX_PATH];
        UNICODE_STRING target;
        if (!QueryDosDeviceW(drive, definition, ARRAYSIZE(definition)))
            continue;
        RtlInitUnicodeString(&target, definition);
        *Length = target.Length / sizeof(WCHAR);
        if (RtlPrefixUnicodeString(&target, Name, TRUE) && target.Length < Name->Length && Name->Buffer[*Length] == '\\')
            return drive[0] - 'A';
    }
    return -1;
}

#define LONGEST 0x8000u /* characters of a path */

/* Volumes have no GUIDs here. */
DWORD WINAPI GetFinalPathNameByHandleW(HANDLE File, LPWSTR Path, DWORD Size, DWORD Flags) {
    DWORD kind = Flags & (VOLUME_NAME_GUID | VOLUME_NAME_NT | VOLUME_NAME_NONE), bytes = LONGEST * sizeof(WCHAR) + sizeof(UNICODE_STRING);
    WCHAR drive[] = L"\\\\?\\A:";
    SIZE_T volume = 0, prefix = 0;
    if (Flags & ~(DWORD)(VOLUME_NAME_GUID | VOLUME_NAME_NT | VOLUME_NAME_NONE | FILE_NAME_OPENED) || kind & (kind - 1))
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    UNICODE_STRING *name = BaseAllocate(bytes);
    if (!name)
        return (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    NTSTATUS status = NtQueryObject(File, 1 /* ObjectNameInformation */, name, bytes, NULL);
    DWORD error = NT_SUCCESS(status) ? NO_ERROR : RtlNtStatusToDosError(status), length = 0;
    if (!error && kind != VOLUME_NAME_NT) {
        int found = kind == VOLUME_NAME_GUID ? -1 : FindDrive(name, &volume);
        if (found < 0)
            error = ERROR_PATH_NOT_FOUND;
        drive[4] = (WCHAR)('A' + (found < 0 ? 0 : found));
        prefix = kind == VOLUME_NAME_NONE ? 0 : ARRAYSIZE(drive) - 1;
    }
    if (!error) {
        SIZE_T rest = name->Length / sizeof(WCHAR) - volume;
        length = (DWORD)(prefix + rest);
        if (length < Size) {
            memcpy(Path, drive, prefix * sizeof(WCHAR));
            memcpy(Path + prefix, name->Buffer + volume, rest * sizeof(WCHAR));
            Path[length] = 0;
        } else {
            length++;
            RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        }
    }
    BaseFree(name);
    return error ? (DWORD)BaseFail(error) : length;
}
DWORD WINAPI GetFinalPathNameByHandleA(HANDLE File, LPSTR Path, DWORD Size, DWORD Flags) {
    PWSTR wide = BaseAllocate(LONGEST * sizeof(WCHAR));
    if (!wide)
        return (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    DWORD length = GetFinalPathNameByHandleW(File, wide, LONGEST, Flags);
    if (length)
        length = BaseNarrow(wide, length, Path, Size);
    BaseFree(wide);
    return length;
}

/* The A functions use the ANSI code page; SetFileApisToOEM, which would change that, is not there. */
WINBOOL WINAPI AreFileApisANSI(VOID) { return TRUE; }

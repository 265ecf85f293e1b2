/* Information about files by class, as far as there is a class of the kernel's behind it. */
#include "kernel32.h"

/* Win32's structures of these classes are the kernel's. */
static BOOL QueryDirect(HANDLE File, ULONG Class, PVOID Buffer, DWORD Size, DWORD Least) {
    IO_STATUS_BLOCK io;
    if (Size < Least)
        return BaseFail(ERROR_BAD_LENGTH);
    return BaseResult(NtQueryInformationFile(File, &io, Buffer, Size, Class));
}

WINBOOL WINAPI GetFileInformationByHandleEx(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class, LPVOID Buffer, DWORD Size) {
    switch (Class) {
    case FileBasicInfo: return QueryDirect(File, FileBasicInformation_, Buffer, Size, sizeof(FILE_BASIC_INFO));
    case FileStandardInfo: return QueryDirect(File, FileStandardInformation_, Buffer, Size, sizeof(FILE_STANDARD_INFO));
    case FileNameInfo: return QueryDirect(File, 9 /* FileNameInformation */, Buffer, Size, sizeof(FILE_NAME_INFO));
    case FileAttributeTagInfo: return QueryDirect(File, 35 /* FileAttributeTagInformation */, Buffer, Size, sizeof(FILE_ATTRIBUTE_TAG_INFO));
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

/* The A functions use the ANSI code page; SetFileApisToOEM, which would change that, is not there. */
WINBOOL WINAPI AreFileApisANSI(VOID) { return TRUE; }

/* Paths, the current directory, the directories of the system. */
#include "kernel32.h"

BOOL BaseNtPath(PCWSTR Path, PUNICODE_STRING NtPath, POBJECT_ATTRIBUTES Attributes) {
    NTSTATUS status = Path ? RtlDosPathNameToNtPathName_U_WithStatus(Path, NtPath, NULL, NULL) : STATUS_OBJECT_NAME_INVALID;
    if (status == STATUS_OBJECT_NAME_INVALID && (!Path || !*Path)) /* an empty name is ERROR_PATH_NOT_FOUND */
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    if (!BaseResult(status))
        return FALSE;
    InitializeObjectAttributes(Attributes, NtPath, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return TRUE;
}

/* Sizes from bytes to characters; too small a buffer gives what is needed with the terminator. */
DWORD WINAPI GetFullPathNameW(LPCWSTR Path, DWORD Size, LPWSTR Buffer, LPWSTR *FilePart) {
    if (!Path || !*Path)
        return (DWORD)BaseFail(ERROR_INVALID_NAME);
    DWORD bytes = RtlGetFullPathName_U(Path, Size > 0x7FFF ? 0xFFFE : Size * (DWORD)sizeof(WCHAR), Buffer, FilePart);
    return bytes ? bytes / (DWORD)sizeof(WCHAR) : (DWORD)BaseFail(ERROR_FILENAME_EXCED_RANGE);
}
DWORD WINAPI GetFullPathNameA(LPCSTR Path, DWORD Size, LPSTR Buffer, LPSTR *FilePart) {
    PWSTR wide = BaseWide(Path), full = BaseAllocate(0x10000), part;
    DWORD length = 0;
    if (wide && full) {
        length = GetFullPathNameW(wide, 0x8000, full, &part);
        if (length) {
            DWORD written = BaseNarrow(full, length, Buffer, Size);
            if (FilePart)
                *FilePart = part && written == length ? Buffer + (part - full) : NULL;
            length = written;
        }
    } else if (Path) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        BaseFail(ERROR_INVALID_NAME);
    }
    BaseFree(wide);
    BaseFree(full);
    return length;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD Size, LPWSTR Buffer) {
    return RtlGetCurrentDirectory_U(Size > 0x7FFF ? 0xFFFE : Size * (DWORD)sizeof(WCHAR), Buffer) / (DWORD)sizeof(WCHAR);
}
DWORD WINAPI GetCurrentDirectoryA(DWORD Size, LPSTR Buffer) {
    WCHAR wide[1024];
    DWORD length = GetCurrentDirectoryW(ARRAYSIZE(wide), wide);
    return length < ARRAYSIZE(wide) ? BaseNarrow(wide, length, Buffer, Size) : (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
}
WINBOOL WINAPI SetCurrentDirectoryW(LPCWSTR Path) {
    UNICODE_STRING path;
    if (!Path)
        return BaseFail(ERROR_INVALID_PARAMETER);
    RtlInitUnicodeString(&path, Path);
    return BaseResult(RtlSetCurrentDirectory_U(&path));
}
WINBOOL WINAPI SetCurrentDirectoryA(LPCSTR Path) {
    PWSTR wide = BaseWide(Path);
    BOOL done = wide ? SetCurrentDirectoryW(wide) : BaseFail(ERROR_INVALID_PARAMETER);
    BaseFree(wide);
    return done;
}

static UINT Fixed(PCWSTR Text, LPWSTR Buffer, UINT Size) {
    UINT length = (UINT)BaseLength(Text);
    if (length + 1 > Size)
        return length + 1;
    memcpy(Buffer, Text, (length + 1) * sizeof(WCHAR));
    return length;
}
static const WCHAR System[] = L"C:\\Windows\\system32", Windows[] = L"C:\\Windows";
UINT WINAPI GetSystemDirectoryW(LPWSTR Buffer, UINT Size) { return Fixed(System, Buffer, Size); }
UINT WINAPI GetSystemDirectoryA(LPSTR Buffer, UINT Size) { return BaseNarrow(System, ARRAYSIZE(System) - 1, Buffer, Size); }
UINT WINAPI GetWindowsDirectoryW(LPWSTR Buffer, UINT Size) { return Fixed(Windows, Buffer, Size); }
UINT WINAPI GetWindowsDirectoryA(LPSTR Buffer, UINT Size) { return BaseNarrow(Windows, ARRAYSIZE(Windows) - 1, Buffer, Size); }
UINT WINAPI GetSystemWindowsDirectoryW(LPWSTR Buffer, UINT Size) { return Fixed(Windows, Buffer, Size); }
UINT WINAPI GetSystemWindowsDirectoryA(LPSTR Buffer, UINT Size) { return BaseNarrow(Windows, ARRAYSIZE(Windows) - 1, Buffer, Size); }

/* TMP, TEMP, USERPROFILE, then the Windows directory, with a backslash at the end; whether it exists is the caller's business. */
DWORD WINAPI GetTempPathW(DWORD Size, LPWSTR Buffer) {
    static const WCHAR *const variables[] = {L"TMP", L"TEMP", L"USERPROFILE"};
    WCHAR directory[MAX_PATH], full[MAX_PATH + 1];
    DWORD length = 0;
    for (ULONG n = 0; n < ARRAYSIZE(variables) && !length; n++) {
        DWORD found = GetEnvironmentVariableW(variables[n], directory, MAX_PATH);
        if (found && found < MAX_PATH) {
            length = GetFullPathNameW(directory, MAX_PATH, full, NULL);
            if (length >= MAX_PATH)
                length = 0;
        }
    }
    if (!length)
        length = GetWindowsDirectoryW(full, MAX_PATH);
    if (full[length - 1] != '\\') {
        full[length++] = '\\';
        full[length] = 0;
    }
    return Fixed(full, Buffer, Size);
}
DWORD WINAPI GetTempPathA(DWORD Size, LPSTR Buffer) {
    WCHAR wide[MAX_PATH + 1];
    DWORD length = GetTempPathW(ARRAYSIZE(wide), wide);
    return BaseNarrow(wide, length, Buffer, Size);
}

/* Prefix's first three letters, the number in hex, ".TMP". Unique 0: a number is looked for and the file is made. */
UINT WINAPI GetTempFileNameW(LPCWSTR Directory, LPCWSTR Prefix, UINT Unique, LPWSTR Name) {
    SIZE_T length = BaseLength(Directory);
    if (length > MAX_PATH - 14)
        return (UINT)BaseFail(ERROR_BUFFER_OVERFLOW);
    if (length) {
        DWORD attributes = GetFileAttributesW(Directory);
        if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
            return (UINT)BaseFail(ERROR_DIRECTORY);
    }
    memcpy(Name, Directory, length * sizeof(WCHAR));
    if (length && Name[length - 1] != '\\')
        Name[length++] = '\\';
    for (ULONG n = 0; n < 3 && Prefix && Prefix[n]; n++)
        Name[length++] = Prefix[n];
    UINT number = Unique ? Unique & 0xFFFF : (UINT)(GetTickCount() & 0xFFFF), first = number ? number : 1;
    number = first;
    do {
        SIZE_T at = length;
        BOOL started = FALSE;
        for (int shift = 12; shift >= 0; shift -= 4) {
            UINT digit = number >> shift & 0xF;
            started |= digit != 0 || shift == 0;
            if (started)
                Name[at++] = (WCHAR)(digit < 10 ? '0' + digit : 'A' + digit - 10);
        }
        memcpy(Name + at, L".TMP", 5 * sizeof(WCHAR));
        if (Unique)
            return number;
        HANDLE file = CreateFileW(Name, GENERIC_READ, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
            return number;
        }
        if (RtlGetLastWin32Error() != ERROR_FILE_EXISTS && RtlGetLastWin32Error() != ERROR_ALREADY_EXISTS)
            return 0;
        number = number == 0xFFFF ? 1 : number + 1;
    } while (number != first);
    return (UINT)BaseFail(ERROR_FILE_EXISTS);
}
UINT WINAPI GetTempFileNameA(LPCSTR Directory, LPCSTR Prefix, UINT Unique, LPSTR Name) {
    WCHAR wide[MAX_PATH];
    PWSTR directory = BaseWide(Directory), prefix = BaseWide(Prefix);
    UINT number = directory ? GetTempFileNameW(directory, prefix, Unique, wide) : 0;
    if (number)
        BaseNarrow(wide, BaseLength(wide), Name, MAX_PATH);
    BaseFree(directory);
    BaseFree(prefix);
    return number;
}

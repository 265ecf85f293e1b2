/* Paths of things that exist: searched for, with their names as they are on the disk, and by a handle. */
#include "kernel32.h"

static DWORD Give(PCWSTR Text, SIZE_T Length, LPWSTR Buffer, DWORD Size) {
    if (Length + 1 > Size)
        return (DWORD)Length + 1;
    memmove(Buffer, Text, Length * sizeof(WCHAR));
    Buffer[Length] = 0;
    return (DWORD)Length;
}

/* The A form of a function from a path to a path; what it gives when Size is too small is the size needed. */
static DWORD Narrow(DWORD(WINAPI *Wide)(LPCWSTR, LPWSTR, DWORD), LPCSTR Path, LPSTR Buffer, DWORD Size) {
    PWSTR from = BaseWide(Path), to = BaseAllocate(0x8000 * sizeof(WCHAR));
    DWORD length = 0;
    if (from && to) {
        length = Wide(from, to, 0x8000);
        if (length)
            length = BaseNarrow(to, length, Buffer, Size);
    } else {
        BaseFail(Path ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
    }
    BaseFree(from);
    BaseFree(to);
    return length;
}

/* ---- Searching ---- */
static BOOL HasPath(PCWSTR Name) {
    return *Name == '\\' || *Name == '/' || (*Name && Name[1] == ':') || (*Name == '.' && (Name[1] == '\\' || Name[1] == '/')) ||
           (*Name == '.' && Name[1] == '.' && (Name[2] == '\\' || Name[2] == '/'));
}
static BOOL HasExtension(PCWSTR Name) {
    BOOL dot = FALSE;
    for (; *Name; Name++)
        dot = *Name == '.' || (dot && *Name != '\\' && *Name != '/');
    return dot;
}

/* Not the order for DLLs: without SafeProcessSearchMode, which is 0 by default, the current directory comes before the system's ("SearchPath"). */
static PWSTR DefaultFolders(VOID) {
    static const WCHAR system[] = L";.;C:\\Windows\\System32;C:\\Windows;";
    PWSTR list = BaseAllocate(0x20000 * sizeof(WCHAR));
    if (!list)
        return NULL;
    DWORD length = GetModuleFileNameW(NULL, list, 0x8000);
    while (length && list[length - 1] != '\\')
        length--;
    memcpy(list + length, system, sizeof system);
    length += ARRAYSIZE(system) - 1;
    if (!GetEnvironmentVariableW(L"PATH", list + length, 0x10000))
        list[length] = 0;
    return list;
}

DWORD WINAPI SearchPathW(LPCWSTR Folders, LPCWSTR Name, LPCWSTR Extension, DWORD Size, LPWSTR Buffer, LPWSTR *FilePart) {
    PWSTR path, own = NULL;
    DWORD found = 0;
    if (!Name || !*Name)
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    SIZE_T name = BaseLength(Name), extension = Extension && !HasExtension(Name) ? BaseLength(Extension) : 0;
    if (HasPath(Name))
        Folders = L"";
    else if (!Folders)
        Folders = own = DefaultFolders();
    SIZE_T room = (Folders ? BaseLength(Folders) : 0) + name + extension + 2;
    path = Folders ? BaseAllocate(room * sizeof(WCHAR)) : NULL;
    if (!path) {
        BaseFree(own);
        return (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    for (PCWSTR folder = Folders; !found;) {
        SIZE_T length = 0;
        while (folder[length] && folder[length] != ';')
            length++;
        memcpy(path, folder, length * sizeof(WCHAR));
        SIZE_T at = length;
        if (at && path[at - 1] != '\\' && path[at - 1] != '/')
            path[at++] = '\\';
        memcpy(path + at, Name, name * sizeof(WCHAR));
        if (extension)
            memcpy(path + at + name, Extension, extension * sizeof(WCHAR));
        path[at + name + extension] = 0;
        if ((length || HasPath(Name)) && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
            found = GetFullPathNameW(path, Size, Buffer, FilePart);
        if (!folder[length])
            break;
        folder += length + 1;
    }
    BaseFree(path);
    BaseFree(own);
    return found ? found : (DWORD)BaseFail(ERROR_FILE_NOT_FOUND);
}
DWORD WINAPI SearchPathA(LPCSTR Folders, LPCSTR Name, LPCSTR Extension, DWORD Size, LPSTR Buffer, LPSTR *FilePart) {
    PWSTR folders = BaseWide(Folders), name = BaseWide(Name), extension = BaseWide(Extension), full = BaseAllocate(0x8000 * sizeof(WCHAR)), part;
    DWORD length = 0;
    if ((Folders && !folders) || (Name && !name) || (Extension && !extension) || !full)
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    else
        length = SearchPathW(folders, name, extension, 0x8000, full, &part);
    if (length) {
        DWORD written = BaseNarrow(full, length, Buffer, Size);
        if (FilePart)
            *FilePart = part && written == length ? Buffer + (part - full) : NULL;
        length = written;
    }
    BaseFree(folders);
    BaseFree(name);
    BaseFree(extension);
    BaseFree(full);
    return length;
}

/* ---- Long and short: no file of this machine has a short name, so both are the name itself ---- */
DWORD WINAPI GetLongPathNameW(LPCWSTR Path, LPWSTR Buffer, DWORD Size) {
    WIN32_FIND_DATAW found;
    SIZE_T length = Path ? BaseLength(Path) : 0, start, end;
    PWSTR text;
    DWORD result;
    if (!Path)
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    if (GetFileAttributesW(Path) == INVALID_FILE_ATTRIBUTES)
        return 0;
    text = BaseAllocate((length + 1) * sizeof(WCHAR));
    if (!text)
        return (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(text, Path, (length + 1) * sizeof(WCHAR));
    start = length >= 2 && Path[1] == ':' ? 2 : 0;
    for (; start < length; start = end + 1) { /* each part as its folder lists it: another case, never another length */
        for (end = start; end < length && text[end] != '\\' && text[end] != '/'; end++)
            ;
        WCHAR after = text[end];
        text[end] = 0;
        HANDLE search = end > start && text[start] != '.' ? FindFirstFileW(text, &found) : INVALID_HANDLE_VALUE;
        text[end] = after;
        if (search == INVALID_HANDLE_VALUE)
            continue;
        FindClose(search);
        if (BaseLength(found.cFileName) == end - start)
            memcpy(text + start, found.cFileName, (end - start) * sizeof(WCHAR));
    }
    result = Give(text, length, Buffer, Size);
    BaseFree(text);
    return result;
}
DWORD WINAPI GetLongPathNameA(LPCSTR Path, LPSTR Buffer, DWORD Size) { return Narrow(GetLongPathNameW, Path, Buffer, Size); }
DWORD WINAPI GetShortPathNameW(LPCWSTR Path, LPWSTR Buffer, DWORD Size) {
    if (!Path)
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    return GetFileAttributesW(Path) == INVALID_FILE_ATTRIBUTES ? 0 : Give(Path, BaseLength(Path), Buffer, Size);
}
DWORD WINAPI GetShortPathNameA(LPCSTR Path, LPSTR Buffer, DWORD Size) { return Narrow(GetShortPathNameW, Path, Buffer, Size); }

/* ---- The volume of a path ---- */
WINBOOL WINAPI GetVolumePathNameW(LPCWSTR Path, LPWSTR Buffer, DWORD Size) {
    PWSTR full = BaseAllocate(0x8000 * sizeof(WCHAR));
    DWORD length = full ? GetFullPathNameW(Path, 0x8000, full, NULL) : (DWORD)BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    BOOL good = FALSE;
    if (length && full[1] != ':')
        BaseFail(ERROR_NOT_SUPPORTED);
    else if (length && Size < 4)
        BaseFail(ERROR_FILENAME_EXCED_RANGE);
    else if (length)
        good = Give(full, 3, Buffer, Size) == 3;
    BaseFree(full);
    return good;
}
WINBOOL WINAPI GetVolumePathNameA(LPCSTR Path, LPSTR Buffer, DWORD Size) {
    WCHAR root[4];
    PWSTR wide = BaseWide(Path);
    BOOL good = wide ? GetVolumePathNameW(wide, root, ARRAYSIZE(root)) : BaseFail(ERROR_INVALID_PARAMETER);
    BaseFree(wide);
    if (good && BaseNarrow(root, 3, Buffer, Size) != 3)
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    return good;
}

/*
 * Version information of files: the resource RT_VERSION of an image, copied into the caller's buffer, and a search in it ("VS_VERSIONINFO").
 *
 * The resource is UTF-16. The buffer is twice as long as it, with a mark behind the resource: strings for VerQueryValueA are converted into the second half, each to the
 * place that its UTF-16 form has in the first, so that they stay valid as long as the buffer does.
 */
#include "ntdll.h"

#define VERSION_MARK 0x58324546u /* what Windows puts there: "FE2X" */

typedef struct _BLOCK { /* key, value and children follow, each on a boundary of four bytes */
    WORD Length, ValueLength, Text;
    WCHAR Key[1];
} BLOCK;

static BOOL Fail(DWORD Error) {
    RtlSetLastWin32Error(Error);
    return FALSE;
}
static DWORD Align(DWORD Offset) { return (Offset + 3) & ~3u; }

/* The file, mapped to be looked at, and its resource. FALSE: the last error is set, and nothing is mapped. */
static BOOL OpenResource(LPCWSTR Path, HMODULE *Module, const VOID **Data, DWORD *Size) {
    HRSRC found;
    if (!Path || !*Path)
        return Fail(ERROR_INVALID_PARAMETER);
    *Module = LoadLibraryExW(Path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    if (!*Module)
        return RtlGetLastWin32Error() == ERROR_MOD_NOT_FOUND ? Fail(ERROR_FILE_NOT_FOUND) : FALSE;
    found = FindResourceW(*Module, MAKEINTRESOURCEW(1), MAKEINTRESOURCEW(16)); /* VS_VERSION_INFO, RT_VERSION */
    if (found) {
        *Data = LoadResource(*Module, found);
        *Size = SizeofResource(*Module, found);
        if (*Data && *Size >= FIELD_OFFSET(BLOCK, Key) && *Size <= 0xFFFF)
            return TRUE;
        Fail(ERROR_RESOURCE_DATA_NOT_FOUND);
    }
    DWORD error = RtlGetLastWin32Error();
    FreeLibrary(*Module);
    return Fail(error);
}

DWORD WINAPI GetFileVersionInfoSizeExW(DWORD Flags, LPCWSTR Path, LPDWORD Handle) {
    HMODULE module;
    const VOID *data;
    DWORD size;
    if (Handle)
        *Handle = 0;
    if (!OpenResource(Path, &module, &data, &size))
        return 0;
    FreeLibrary(module);
    return Align(size) * 2 + sizeof(DWORD);
}
DWORD WINAPI GetFileVersionInfoSizeW(LPCWSTR Path, LPDWORD Handle) { return GetFileVersionInfoSizeExW(0, Path, Handle); }

/* As much as fits; without room for all of it nothing is found in the rest. */
WINBOOL WINAPI GetFileVersionInfoExW(DWORD Flags, LPCWSTR Path, DWORD Handle, DWORD Length, LPVOID Buffer) {
    HMODULE module;
    const VOID *data;
    DWORD size;
    if (!Buffer)
        return Fail(ERROR_INVALID_DATA);
    if (!OpenResource(Path, &module, &data, &size))
        return FALSE;
    memcpy(Buffer, data, size < Length ? size : Length);
    if (Length >= sizeof(WORD)) {
        *(WORD *)Buffer = (WORD)(size < Length ? size : Length < 0xFFFF ? Length : 0xFFFF);
        if (Length >= Align(size) * 2 + sizeof(DWORD))
            memcpy((PUCHAR)Buffer + Align(size), &(DWORD){VERSION_MARK}, sizeof(DWORD));
    }
    FreeLibrary(module);
    return TRUE;
}
WINBOOL WINAPI GetFileVersionInfoW(LPCWSTR Path, DWORD Handle, DWORD Length, LPVOID Buffer) {
    return GetFileVersionInfoExW(0, Path, Handle, Length, Buffer);
}

static PWSTR Wide(LPCSTR Text) {
    int size = Text ? MultiByteToWideChar(CP_ACP, 0, Text, -1, NULL, 0) : 0;
    PWSTR wide = size ? RtlAllocateHeap(NtPeb()->ProcessHeap, 0, (SIZE_T)size * sizeof(WCHAR)) : NULL;
    if (wide)
        MultiByteToWideChar(CP_ACP, 0, Text, -1, wide, size);
    else
        Fail(size ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
    return wide;
}
DWORD WINAPI GetFileVersionInfoSizeExA(DWORD Flags, LPCSTR Path, LPDWORD Handle) {
    PWSTR wide = Wide(Path);
    DWORD size = wide ? GetFileVersionInfoSizeExW(Flags, wide, Handle) : 0;
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, wide);
    return size;
}
DWORD WINAPI GetFileVersionInfoSizeA(LPCSTR Path, LPDWORD Handle) { return GetFileVersionInfoSizeExA(0, Path, Handle); }
WINBOOL WINAPI GetFileVersionInfoExA(DWORD Flags, LPCSTR Path, DWORD Handle, DWORD Length, LPVOID Buffer) {
    PWSTR wide = Wide(Path);
    BOOL done = wide ? GetFileVersionInfoExW(Flags, wide, Handle, Length, Buffer) : FALSE;
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, wide);
    return done;
}
WINBOOL WINAPI GetFileVersionInfoA(LPCSTR Path, DWORD Handle, DWORD Length, LPVOID Buffer) {
    return GetFileVersionInfoExA(0, Path, Handle, Length, Buffer);
}

/* ---- VerQueryValue ---------------------------------------------------------------------------------------------------------------- */
typedef struct _PLACE { /* a block: offsets from the start of the information */
    DWORD Value, ValueLength, Children, End;
    PCWSTR Key;
    BOOL Text;
} PLACE;

/* The block at Offset, which must end by End. */
static BOOL ReadBlock(const UCHAR *Info, DWORD Offset, DWORD End, PLACE *Place) {
    const BLOCK *block = (const BLOCK *)(Info + Offset);
    DWORD at = Offset + FIELD_OFFSET(BLOCK, Key);
    if (Offset > End || End - Offset < sizeof(BLOCK) || block->Length < sizeof(BLOCK) || block->Length > End - Offset)
        return FALSE;
    Place->End = Offset + block->Length;
    while (at + sizeof(WCHAR) <= Place->End && *(const WCHAR *)(Info + at))
        at += sizeof(WCHAR);
    if (at + sizeof(WCHAR) > Place->End)
        return FALSE;
    Place->Key = block->Key;
    Place->Text = block->Text == 1;
    Place->ValueLength = block->ValueLength;
    Place->Value = Align(at + sizeof(WCHAR));
    Place->Children = Align(Place->Value + (Place->Text ? block->ValueLength * sizeof(WCHAR) : block->ValueLength));
    if (Place->Children > Place->End) /* some resource compilers count a string's bytes */
        Place->Children = Place->End;
    return Place->Value <= Place->End || !block->ValueLength;
}

/* Path: "\", "\VarFileInfo\Translation", "\StringFileInfo\040904B0\FileVersion". */
static BOOL FindBlock(const UCHAR *Info, PCWSTR Path, PLACE *Place) {
    if (!ReadBlock(Info, 0, *(const WORD *)Info, Place))
        return Fail(ERROR_INVALID_DATA);
    for (;;) {
        UNICODE_STRING wanted = {.Buffer = (PWSTR)Path}, key;
        PLACE child;
        BOOL found = FALSE;
        while (*Path == '\\')
            Path++;
        if (!*Path)
            return TRUE;
        for (wanted.Buffer = (PWSTR)Path; *Path && *Path != '\\'; Path++)
            wanted.Length += sizeof(WCHAR);
        wanted.MaximumLength = wanted.Length;
        for (DWORD at = Place->Children; !found && at < Place->End && ReadBlock(Info, at, Place->End, &child); at = Align(child.End)) {
            RtlInitUnicodeString(&key, child.Key);
            found = RtlEqualUnicodeString(&key, &wanted, TRUE);
        }
        if (!found)
            return Fail(ERROR_RESOURCE_TYPE_NOT_FOUND);
        *Place = child;
    }
}

WINBOOL WINAPI VerQueryValueW(LPCVOID Info, LPCWSTR Path, LPVOID *Value, PUINT Length) {
    PLACE place;
    if (!Info || !Path || !Value)
        return Fail(ERROR_INVALID_PARAMETER);
    *Value = NULL;
    if (Length)
        *Length = 0;
    if (!FindBlock(Info, Path, &place))
        return FALSE;
    *Value = (PUCHAR)Info + place.Value;
    if (Length)
        *Length = place.ValueLength;
    return TRUE;
}

WINBOOL WINAPI VerQueryValueA(LPCVOID Info, LPCSTR Path, LPVOID *Value, PUINT Length) {
    PLACE place;
    PWSTR wide;
    BOOL found;
    if (!Info || !Path || !Value)
        return Fail(ERROR_INVALID_PARAMETER);
    *Value = NULL;
    if (Length)
        *Length = 0;
    wide = Wide(Path);
    found = wide && FindBlock(Info, wide, &place);
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, wide);
    if (!found)
        return FALSE;
    DWORD size = Align(*(const WORD *)Info);
    PUCHAR text = (PUCHAR)Info + place.Value;
    UINT length = place.ValueLength;
    if (place.Text && length) {
        DWORD room = (place.End - place.Value) / sizeof(WCHAR), mark;
        memcpy(&mark, (const UCHAR *)Info + size, sizeof mark);
        if (mark != VERSION_MARK)
            return Fail(ERROR_INSUFFICIENT_BUFFER);
        for (length = 0; length < place.ValueLength && length < room && ((PCWSTR)text)[length]; length++)
            ;
        PSTR narrow = (PSTR)Info + size + sizeof(DWORD) + place.Value;
        int bytes = WideCharToMultiByte(CP_ACP, 0, (PCWSTR)text, (int)length, narrow, (int)(room * sizeof(WCHAR) - 1), NULL, NULL);
        narrow[bytes] = 0;
        text = (PUCHAR)narrow;
        length = (UINT)bytes + 1;
    }
    *Value = text;
    if (Length)
        *Length = length;
    return TRUE;
}

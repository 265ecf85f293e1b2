/* Finding and mapping image files. The DLLs of the system come from its own folder alone, so that a file beside a program cannot replace them
   (Windows' KnownDLLs). */
#include "ntdllp.h"

#define MAXIMUM_PATH 1024u

static const WCHAR *const LdrpKnownDlls[] = {L"ntdll.dll", L"kernel32.dll", L"advapi32.dll", L"msvcrt.dll", L"ucrtbase.dll"};

static BOOLEAN LdrpIsKnown(PCUNICODE_STRING Name) {
    for (ULONG n = 0; n < ARRAYSIZE(LdrpKnownDlls); n++) {
        UNICODE_STRING known;
        RtlInitUnicodeString(&known, LdrpKnownDlls[n]);
        if (RtlEqualUnicodeString(Name, &known, TRUE))
            return TRUE;
    }
    return FALSE;
}

static NTSTATUS LdrpMapPath(PCWSTR Path, BOOLEAN Image, PVOID *Base) {
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
    status = NtCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE | SECTION_QUERY, NULL, NULL,
                             Image ? PAGE_EXECUTE : PAGE_READONLY, Image ? SEC_IMAGE : SEC_COMMIT, file);
    NtClose(file);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T size = 0;
    *Base = NULL;
    status = NtMapViewOfSection(section, NtCurrentProcess(), Base, 0, 0, NULL, &size, NtViewShare, 0, Image ? PAGE_EXECUTE_WRITECOPY : PAGE_READONLY);
    NtClose(section);
    return status;
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

typedef struct _MAP {
    PWSTR Path; /* room for MAXIMUM_PATH; the one that was tried last */
    PCUNICODE_STRING Name;
    BOOLEAN Image;
    PVOID Base;
} MAP;

static NTSTATUS LdrpTryFolder(PCWSTR Folder, SIZE_T Length, PVOID Context) {
    MAP *map = Context;
    return LdrpJoin(map->Path, Folder, Length, map->Name) ? LdrpMapPath(map->Path, map->Image, &map->Base) : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS LdrpFindAndMap(MAP *Map) {
    BOOLEAN has_path = FALSE;
    for (ULONG n = 0; n < Map->Name->Length / sizeof(WCHAR); n++)
        has_path |= Map->Name->Buffer[n] == '\\' || Map->Name->Buffer[n] == '/' || Map->Name->Buffer[n] == ':';
    NTSTATUS status = has_path ? LdrpTryFolder(NULL, 0, Map) : LdrpSearchFolders(LdrpIsKnown(Map->Name), LdrpTryFolder, Map);
    return LdrpIsAbsent(status) ? STATUS_DLL_NOT_FOUND : status;
}

NTSTATUS LdrpMapFile(PCUNICODE_STRING Name, PVOID *Base, PUNICODE_STRING FullName) {
    static WCHAR path[MAXIMUM_PATH], full[MAXIMUM_PATH]; /* the loader lock is held */
    MAP map = {path, Name, TRUE, NULL};
    NTSTATUS status = LdrpFindAndMap(&map);
    *Base = map.Base;
    if (!NT_SUCCESS(status))
        return status;
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

/* A name without an extension gets one, as when it is loaded. A data file's handle ends in 01, an image's that is not to be run in 10. */
NTSTATUS NTAPI RtlpMapDll(PWSTR Path, PUNICODE_STRING Name, ULONG Kind, PVOID *Handle) {
    static WCHAR path[MAXIMUM_PATH], with_extension[260]; /* the loader lock is held */
    UNICODE_STRING name = *Name;
    ULONG length = Name->Length / sizeof(WCHAR);
    BOOLEAN dot = FALSE, image = (Kind & LOAD_LIBRARY_AS_IMAGE_RESOURCE) != 0;
    LDRP_SEARCH outer;
    for (ULONG n = length; n && Name->Buffer[n - 1] != '\\' && Name->Buffer[n - 1] != '/'; n--)
        dot |= Name->Buffer[n - 1] == '.';
    if (!length || length + 5 > ARRAYSIZE(with_extension))
        return STATUS_OBJECT_NAME_INVALID;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    if (!dot) {
        memcpy(with_extension, Name->Buffer, Name->Length);
        memcpy(with_extension + length, L".dll", 5 * sizeof(WCHAR));
        RtlInitUnicodeString(&name, with_extension);
    }
    MAP map = {path, &name, image, NULL};
    NTSTATUS status = LdrpBeginSearch((ULONG)(ULONG_PTR)Path & ~(ULONG)1, &name, &outer);
    if (NT_SUCCESS(status))
        status = LdrpFindAndMap(&map);
    LdrpEndSearch(&outer);
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    if (NT_SUCCESS(status) && !RtlImageNtHeader(map.Base)) {
        NtUnmapViewOfSection(NtCurrentProcess(), map.Base);
        status = STATUS_INVALID_IMAGE_FORMAT;
    }
    *Handle = (PVOID)((ULONG_PTR)map.Base | (image ? 2 : 1));
    return status;
}

/* DOS device names: symbolic links in \??. */
#include "kernel32.h"

static BOOL OpenLink(PCWSTR Device, ACCESS_MASK Access, PHANDLE Link) {
    WCHAR path[300];
    UNICODE_STRING name = {.Buffer = path, .MaximumLength = sizeof path};
    OBJECT_ATTRIBUTES attributes;
    SIZE_T length = BaseLength(Device);
    if (length + 5 > ARRAYSIZE(path))
        return BaseFail(ERROR_FILE_NOT_FOUND);
    memcpy(path, L"\\??\\", 4 * sizeof(WCHAR));
    memcpy(path + 4, Device, length * sizeof(WCHAR));
    name.Length = (USHORT)((length + 4) * sizeof(WCHAR));
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return BaseResult(NtOpenSymbolicLinkObject(Link, Access, &attributes));
}

/* All names, one after the other, ended by an empty one. */
static DWORD ListDevices(LPWSTR Buffer, DWORD Size) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory;
    ULONG context = 0, returned;
    DWORD at = 0;
    union {
        OBJECT_DIRECTORY_INFORMATION Information;
        UCHAR Bytes[1024];
    } entry;
    RtlInitUnicodeString(&name, L"\\??");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!BaseResult(NtOpenDirectoryObject(&directory, DIRECTORY_QUERY, &attributes)))
        return 0;
    while (NT_SUCCESS(NtQueryDirectoryObject(directory, &entry, sizeof entry, TRUE, FALSE, &context, &returned))) {
        UNICODE_STRING link;
        RtlInitUnicodeString(&link, L"SymbolicLink");
        DWORD length = entry.Information.Name.Length / sizeof(WCHAR);
        if (!RtlEqualUnicodeString(&entry.Information.TypeName, &link, FALSE))
            continue;
        if (at + length + 2 > Size) {
            NtClose(directory);
            return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
        }
        memcpy(Buffer + at, entry.Information.Name.Buffer, length * sizeof(WCHAR));
        at += length;
        Buffer[at++] = 0;
    }
    NtClose(directory);
    if (!Size)
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    Buffer[at++] = 0;
    return at;
}

DWORD WINAPI QueryDosDeviceW(LPCWSTR Device, LPWSTR Buffer, DWORD Size) {
    HANDLE link;
    if (!Device)
        return ListDevices(Buffer, Size);
    if (!OpenLink(Device, SYMBOLIC_LINK_QUERY, &link))
        return 0;
    UNICODE_STRING target = {.Buffer = Buffer, .MaximumLength = (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR))};
    NTSTATUS status = NtQuerySymbolicLinkObject(link, &target, NULL);
    NtClose(link);
    if (!BaseResult(status))
        return 0;
    DWORD length = target.Length / sizeof(WCHAR);
    if (length + 2 > Size)
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    Buffer[length] = Buffer[length + 1] = 0;
    return length + 2;
}
DWORD WINAPI QueryDosDeviceA(LPCSTR Device, LPSTR Buffer, DWORD Size) {
    PWSTR name = BaseWide(Device), wide = BaseAllocate((SIZE_T)Size * sizeof(WCHAR) + 2);
    DWORD length = (Device && !name) || !wide ? 0 : QueryDosDeviceW(name, wide, Size);
    if (length)
        WideCharToMultiByte(CP_ACP, 0, wide, (int)length, Buffer, (int)Size, NULL, NULL);
    BaseFree(name);
    BaseFree(wide);
    return length;
}

/* A new meaning replaces the old one; definitions do not pile up as on Windows, and removing brings nothing back. */
WINBOOL WINAPI DefineDosDeviceW(DWORD Flags, LPCWSTR Device, LPCWSTR Target) {
    HANDLE link;
    WCHAR path[300];
    UNICODE_STRING name = {.Buffer = path, .MaximumLength = sizeof path}, target;
    OBJECT_ATTRIBUTES attributes;
    SIZE_T length = BaseLength(Device);
    if (length + 5 > ARRAYSIZE(path) || (!Target && !(Flags & DDD_REMOVE_DEFINITION)))
        return BaseFail(ERROR_INVALID_PARAMETER);
    if (OpenLink(Device, DELETE, &link)) {
        NTSTATUS status = NtMakeTemporaryObject(link);
        NtClose(link);
        if (!BaseResult(status))
            return FALSE;
    } else if (Flags & DDD_REMOVE_DEFINITION) {
        return FALSE;
    }
    if (Flags & DDD_REMOVE_DEFINITION)
        return TRUE;
    if (Flags & DDD_RAW_TARGET_PATH)
        RtlInitUnicodeString(&target, Target);
    else if (!BaseNtPath(Target, &target, &attributes))
        return FALSE;
    memcpy(path, L"\\??\\", 4 * sizeof(WCHAR));
    memcpy(path + 4, Device, length * sizeof(WCHAR));
    name.Length = (USHORT)((length + 4) * sizeof(WCHAR));
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    NTSTATUS status = NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS_, &attributes, &target);
    if (!(Flags & DDD_RAW_TARGET_PATH))
        RtlFreeUnicodeString(&target);
    if (NT_SUCCESS(status))
        NtClose(link);
    return BaseResult(status);
}
WINBOOL WINAPI DefineDosDeviceA(DWORD Flags, LPCSTR Device, LPCSTR Target) {
    PWSTR device = BaseWide(Device), target = BaseWide(Target);
    BOOL done = !device || (Target && !target) ? FALSE : DefineDosDeviceW(Flags, device, target);
    BaseFree(device);
    BaseFree(target);
    return done;
}

/* Bits for the letters that \?? has. */
DWORD WINAPI GetLogicalDrives(VOID) {
    DWORD drives = 0;
    for (WCHAR letter = 'A'; letter <= 'Z'; letter++) {
        WCHAR name[] = {letter, ':', 0};
        HANDLE link;
        if (OpenLink(name, SYMBOLIC_LINK_QUERY, &link)) {
            NtClose(link);
            drives |= 1u << (letter - 'A');
        }
    }
    return drives;
}
/* Every drive there is is a folder of the host: fixed. */
UINT WINAPI GetDriveTypeW(LPCWSTR Root) {
    WCHAR name[3] = {'C', ':', 0};
    HANDLE link;
    if (Root) {
        if (!((Root[0] | 0x20) >= 'a' && (Root[0] | 0x20) <= 'z' && Root[1] == ':' &&
              (!Root[2] || ((Root[2] == '\\' || Root[2] == '/') && !Root[3]))))
            return DRIVE_NO_ROOT_DIR;
        name[0] = Root[0];
    }
    if (!OpenLink(name, SYMBOLIC_LINK_QUERY, &link))
        return DRIVE_NO_ROOT_DIR;
    NtClose(link);
    return DRIVE_FIXED;
}
UINT WINAPI GetDriveTypeA(LPCSTR Root) {
    PWSTR wide = BaseWide(Root);
    UINT type = Root && !wide ? DRIVE_UNKNOWN : GetDriveTypeW(wide);
    BaseFree(wide);
    return type;
}

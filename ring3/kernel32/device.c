/*
 * DOS device names: symbolic links in "\??", which is the directory of the logon session over \GLOBAL??. A name's link holds its present meaning,
 * and behind the zero that ends it those that it had before: "current mapping" and "undeleted prior mappings" of QueryDosDevice's page.
 */
#include "kernel32.h"

#define MAXIMUM_NAME        260u
#define MAXIMUM_DEFINITIONS (0xFFFEu / sizeof(WCHAR))
#define KNOWN_FLAGS         (DDD_RAW_TARGET_PATH | DDD_REMOVE_DEFINITION | DDD_EXACT_MATCH_ON_REMOVE | DDD_NO_BROADCAST_SYSTEM | DDD_LUID_BROADCAST_DRIVE)
#define TRIES               8u /* another process may define the same name between our two steps */

static const WCHAR LocalPrefix[] = L"\\??\\", GlobalPrefix[] = L"\\GLOBAL??\\";

typedef struct _LINK_NAME {
    WCHAR Text[MAXIMUM_NAME + ARRAYSIZE(GlobalPrefix)];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
} LINK_NAME;

static BOOL NameLink(LINK_NAME *Link, PCWSTR Prefix, PCWSTR Device, ULONG Flags) {
    SIZE_T prefix = BaseLength(Prefix), length = BaseLength(Device);
    if (length > MAXIMUM_NAME)
        return BaseFail(ERROR_FILE_NOT_FOUND);
    memcpy(Link->Text, Prefix, prefix * sizeof(WCHAR));
    memcpy(Link->Text + prefix, Device, length * sizeof(WCHAR));
    Link->Name = (UNICODE_STRING){.Buffer = Link->Text, .Length = (USHORT)((prefix + length) * sizeof(WCHAR)), .MaximumLength = sizeof Link->Text};
    InitializeObjectAttributes(&Link->Attributes, &Link->Name, OBJ_CASE_INSENSITIVE | Flags, NULL, NULL);
    return TRUE;
}
static BOOL OpenLink(PCWSTR Device, ACCESS_MASK Access, PHANDLE Handle) {
    LINK_NAME link;
    return NameLink(&link, LocalPrefix, Device, 0) && BaseResult(NtOpenSymbolicLinkObject(Handle, Access, &link.Attributes));
}

/* All that the name means and has meant, each ended by a zero, in a block for BaseFree; *Count characters with the last zero. */
static PWSTR ReadDefinitions(HANDLE Link, PULONG Count) {
    UNICODE_STRING all = {.Buffer = BaseAllocate(0x10000), .MaximumLength = 0xFFFE};
    ULONG bytes = 0;
    if (!all.Buffer) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (!BaseResult(NtQuerySymbolicLinkObject(Link, &all, &bytes))) {
        BaseFree(all.Buffer);
        return NULL;
    }
    *Count = bytes / (ULONG)sizeof(WCHAR);
    if (!*Count || all.Buffer[*Count - 1]) /* an empty target, or text whose maker did not end it: there is room for a zero */
        all.Buffer[(*Count)++] = 0;
    return all.Buffer;
}

/* ---- Asking ---------------------------------------------------------------------------------------------------------------------------------- */

static BOOL IsListed(PCWSTR List, DWORD Length, PCUNICODE_STRING Name) {
    for (DWORD at = 0; at < Length;) {
        UNICODE_STRING one;
        RtlInitUnicodeString(&one, List + at);
        if (RtlEqualUnicodeString(&one, Name, TRUE))
            return TRUE;
        at += one.Length / (DWORD)sizeof(WCHAR) + 1;
    }
    return FALSE;
}

/* Adds the names of links in a directory that are not in Buffer yet. */
static BOOL ListDirectory(PCWSTR Path, LPWSTR Buffer, DWORD Size, DWORD *At) {
    UNICODE_STRING name, link;
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory;
    ULONG context = 0, returned;
    BOOL fits = TRUE;
    union {
        OBJECT_DIRECTORY_INFORMATION Information;
        UCHAR Bytes[1024];
    } entry;
    RtlInitUnicodeString(&link, L"SymbolicLink");
    RtlInitUnicodeString(&name, Path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!BaseResult(NtOpenDirectoryObject(&directory, DIRECTORY_QUERY, &attributes)))
        return FALSE;
    while (fits && NT_SUCCESS(NtQueryDirectoryObject(directory, &entry, sizeof entry, TRUE, FALSE, &context, &returned))) {
        DWORD length = entry.Information.Name.Length / (DWORD)sizeof(WCHAR);
        if (!RtlEqualUnicodeString(&entry.Information.TypeName, &link, FALSE) || IsListed(Buffer, *At, &entry.Information.Name))
            continue;
        fits = *At + length + 2 <= Size;
        if (fits) {
            memcpy(Buffer + *At, entry.Information.Name.Buffer, length * sizeof(WCHAR));
            *At += length;
            Buffer[(*At)++] = 0;
        }
    }
    NtClose(directory);
    return fits ? TRUE : BaseFail(ERROR_INSUFFICIENT_BUFFER);
}

DWORD WINAPI QueryDosDeviceW(LPCWSTR Device, LPWSTR Buffer, DWORD Size) {
    DWORD at = 0;
    if (!Device) {
        if (!Size)
            return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
        if (!ListDirectory(L"\\??", Buffer, Size, &at) || !ListDirectory(L"\\GLOBAL??", Buffer, Size, &at))
            return 0;
        Buffer[at++] = 0;
        return at;
    }
    HANDLE link;
    if (!OpenLink(Device, SYMBOLIC_LINK_QUERY, &link))
        return 0;
    PWSTR all = ReadDefinitions(link, &at);
    NtClose(link);
    if (!all)
        return 0;
    if (at + 1 > Size) {
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
        at = 0;
    } else {
        memcpy(Buffer, all, at * sizeof(WCHAR));
        Buffer[at++] = 0;
    }
    BaseFree(all);
    return at;
}
DWORD WINAPI QueryDosDeviceA(LPCSTR Device, LPSTR Buffer, DWORD Size) {
    PWSTR name = BaseWide(Device), wide = BaseAllocate(0x20000);
    DWORD length = 0;
    if (!wide)
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    else if (!Device || name)
        length = QueryDosDeviceW(name, wide, 0x10000);
    if (length) { /* a character may take more than one byte */
        int needed = WideCharToMultiByte(CP_ACP, 0, wide, (int)length, NULL, 0, NULL, NULL);
        if (needed <= 0 || (DWORD)needed > Size)
            length = (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
        else
            length = (DWORD)WideCharToMultiByte(CP_ACP, 0, wide, (int)length, Buffer, (int)Size, NULL, NULL);
    }
    BaseFree(name);
    BaseFree(wide);
    return length;
}

/* ---- Defining -------------------------------------------------------------------------------------------------------------------------------- */

/* "COM9", "E:": no colon but a drive's, no backslash at the end ("DefineDosDevice"). */
static BOOL IsGoodName(PCWSTR Device) {
    SIZE_T length = Device ? BaseLength(Device) : 0;
    if (!length || length > MAXIMUM_NAME || Device[length - 1] == '\\')
        return FALSE;
    return Device[length - 1] != ':' || (length == 2 && (Device[0] | 0x20) >= 'a' && (Device[0] | 0x20) <= 'z');
}

static BOOL IsGlobal(HANDLE Link) {
    union {
        UNICODE_STRING Name;
        UCHAR Bytes[sizeof(UNICODE_STRING) + (MAXIMUM_NAME + 80) * sizeof(WCHAR)];
    } answer;
    UNICODE_STRING prefix;
    if (!NT_SUCCESS(NtQueryObject(Link, 1 /* ObjectNameInformation */, &answer, sizeof answer, NULL)))
        return FALSE;
    RtlInitUnicodeString(&prefix, GlobalPrefix);
    if (answer.Name.Length < prefix.Length)
        return FALSE;
    answer.Name.Length = prefix.Length;
    return RtlEqualUnicodeString(&answer.Name, &prefix, TRUE);
}

/* Takes the first definition that matches out of the list; a match is a prefix unless Exact. NULL matches all. */
static BOOL TakeOut(PWSTR All, PULONG Count, PCUNICODE_STRING Target, BOOL Exact) {
    for (ULONG at = 0, next; at < *Count; at = next) {
        UNICODE_STRING one;
        RtlInitUnicodeString(&one, All + at);
        next = at + one.Length / (ULONG)sizeof(WCHAR) + 1;
        if (Target && !Exact && one.Length > Target->Length)
            one.Length = Target->Length;
        if (Target && !RtlEqualUnicodeString(&one, Target, TRUE))
            continue;
        memmove(All + at, All + next, (*Count - next) * sizeof(WCHAR));
        *Count -= next - at;
        return TRUE;
    }
    return FALSE;
}

/* One attempt. STATUS_OBJECT_NAME_COLLISION: somebody else has defined the name meanwhile. */
static NTSTATUS Define(PCWSTR Device, PCUNICODE_STRING Target, DWORD Flags) {
    LINK_NAME name;
    HANDLE link = NULL;
    PWSTR all = NULL;
    ULONG count = 0;
    BOOL global = FALSE;
    NTSTATUS status = STATUS_SUCCESS;

    if (OpenLink(Device, DELETE | SYMBOLIC_LINK_QUERY, &link))
        global = IsGlobal(link);
    else if (Flags & DDD_REMOVE_DEFINITION)
        return (NTSTATUS)RtlGetLastNtStatus();
    if (!(Flags & DDD_REMOVE_DEFINITION) && global) { /* what all see stays: the new one hides it */
        NtClose(link);
        link = NULL;
        global = FALSE;
    }
    all = link ? ReadDefinitions(link, &count) : BaseAllocate(0x10000);
    if (!all) {
        status = STATUS_NO_MEMORY;
    } else if (Flags & DDD_REMOVE_DEFINITION) {
        if (!TakeOut(all, &count, Target, (Flags & DDD_EXACT_MATCH_ON_REMOVE) != 0))
            status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        ULONG length = Target->Length / (ULONG)sizeof(WCHAR);
        if (count + length + 1 > MAXIMUM_DEFINITIONS) {
            status = STATUS_NAME_TOO_LONG;
        } else {
            memmove(all + length + 1, all, count * sizeof(WCHAR));
            memcpy(all, Target->Buffer, length * sizeof(WCHAR));
            all[length] = 0;
            count += length + 1;
        }
    }
    if (NT_SUCCESS(status) && link)
        status = NtMakeTemporaryObject(link);
    if (link)
        NtClose(link);
    if (NT_SUCCESS(status) && count) {
        UNICODE_STRING target;
        RtlInitUnicodeString(&target, all);
        target.MaximumLength = (USHORT)(count * sizeof(WCHAR));
        NameLink(&name, global ? GlobalPrefix : LocalPrefix, Device, OBJ_PERMANENT);
        status = NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS_, &name.Attributes, &target);
        if (NT_SUCCESS(status))
            NtClose(link);
    }
    BaseFree(all);
    return status;
}

WINBOOL WINAPI DefineDosDeviceW(DWORD Flags, LPCWSTR Device, LPCWSTR Target) {
    UNICODE_STRING target;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = STATUS_OBJECT_NAME_COLLISION;
    if ((Flags & ~(DWORD)KNOWN_FLAGS) || !IsGoodName(Device) || (!Target && !(Flags & DDD_REMOVE_DEFINITION)) ||
        ((Flags & DDD_EXACT_MATCH_ON_REMOVE) && (!Target || !(Flags & DDD_REMOVE_DEFINITION))))
        return BaseFail(ERROR_INVALID_PARAMETER);
    BOOL convert = Target && !(Flags & DDD_RAW_TARGET_PATH);
    if (convert && !BaseNtPath(Target, &target, &attributes))
        return FALSE;
    if (Target && !convert) {
        if (BaseLength(Target) > MAXIMUM_DEFINITIONS - 1)
            return BaseFail(ERROR_FILENAME_EXCED_RANGE);
        RtlInitUnicodeString(&target, Target);
    }
    for (ULONG n = 0; n < TRIES && status == STATUS_OBJECT_NAME_COLLISION; n++)
        status = Define(Device, Target ? &target : NULL, Flags);
    if (convert)
        RtlFreeUnicodeString(&target);
    return BaseResult(status);
}
WINBOOL WINAPI DefineDosDeviceA(DWORD Flags, LPCSTR Device, LPCSTR Target) {
    PWSTR device = BaseWide(Device), target = BaseWide(Target);
    BOOL done = FALSE;
    if (!Device)
        BaseFail(ERROR_INVALID_PARAMETER);
    else if (device && (!Target || target))
        done = DefineDosDeviceW(Flags, device, target);
    BaseFree(device);
    BaseFree(target);
    return done;
}

/* Bits for the letters that "\??" has. */
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
DWORD WINAPI GetLogicalDriveStringsW(DWORD Size, LPWSTR Buffer) {
    DWORD drives = GetLogicalDrives(), needed = (DWORD)__builtin_popcount(drives) * 4 + 1;
    if (needed > Size)
        return needed;
    for (WCHAR letter = 'A'; letter <= 'Z'; letter++) {
        if (!(drives & 1u << (letter - 'A')))
            continue;
        *Buffer++ = letter;
        *Buffer++ = ':';
        *Buffer++ = '\\';
        *Buffer++ = 0;
    }
    *Buffer = 0;
    return needed - 1;
}
DWORD WINAPI GetLogicalDriveStringsA(DWORD Size, LPSTR Buffer) {
    WCHAR wide[26 * 4 + 1];
    DWORD length = GetLogicalDriveStringsW(ARRAYSIZE(wide), wide);
    if (length + 1 > Size)
        return length + 1;
    for (DWORD n = 0; n <= length; n++)
        Buffer[n] = (CHAR)wide[n];
    return length;
}

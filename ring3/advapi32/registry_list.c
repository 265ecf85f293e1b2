/* Listing: subkeys, values, and what a key is. */
#include "registry.h"

/* A name into the caller's buffer of *Room characters, which becomes its length. */
static LSTATUS GiveName(PCWSTR Name, DWORD Length, PVOID To, LPDWORD Room, BOOL Wide) {
    DWORD Count = Wide ? Length : AdvNarrow(Name, Length, NULL, 0);

    if (*Room <= Count)
        return ERROR_MORE_DATA;
    if (Wide) {
        memcpy(To, Name, Count * sizeof(WCHAR));
        ((PWSTR)To)[Count] = 0;
    } else {
        AdvNarrow(Name, Length, To, *Room);
        ((PSTR)To)[Count] = 0;
    }
    *Room = Count;
    return ERROR_SUCCESS;
}

/* A class, which the caller need not want. */
static LSTATUS GiveClass(const VOID *Information, ULONG Offset, ULONG Length, PVOID Class, LPDWORD Room, BOOL Wide) {
    if (!Class || !Room)
        return ERROR_SUCCESS;
    return GiveName(Length ? (PCWSTR)((const UCHAR *)Information + Offset) : L"", Length / sizeof(WCHAR), Class, Room, Wide);
}

typedef NTSTATUS(NTAPI *ENUMERATE)(HANDLE, ULONG, ULONG, PVOID, ULONG, PULONG);

/* One entry from the heap; NULL with *Status. */
static PVOID FetchEntry(HKEY Key, ENUMERATE Enumerate, DWORD Index, ULONG Class, NTSTATUS *Status) {
    HANDLE Handle;
    ULONG Size = 512;
    PVOID Entry;

    *Status = RegpKernelKey(Key, &Handle);
    if (!NT_SUCCESS(*Status))
        return NULL;
    for (;;) {
        Entry = AdvAllocate(Size);
        if (!Entry) {
            *Status = STATUS_NO_MEMORY;
            break;
        }
        *Status = Enumerate(Handle, Index, Class, Entry, Size, &Size);
        if (NT_SUCCESS(*Status))
            break;
        AdvFree(Entry);
        Entry = NULL;
        if (*Status != STATUS_BUFFER_OVERFLOW && *Status != STATUS_BUFFER_TOO_SMALL)
            break;
    }
    return Entry;
}

static LSTATUS EnumKey(HKEY Key, DWORD Index, PVOID Name, LPDWORD NameRoom, PVOID Class, LPDWORD ClassRoom, PFILETIME Written, BOOL Wide) {
    NTSTATUS Status;
    NT_KEY_NODE_INFORMATION *Entry = FetchEntry(Key, NtEnumerateKey, Index, KeyNodeInformation_, &Status);
    LSTATUS Result;

    if (!Entry)
        return RegpError(Status);
    Result = GiveName(Entry->Name, Entry->NameLength / sizeof(WCHAR), Name, NameRoom, Wide);
    if (Written)
        memcpy(Written, &Entry->LastWriteTime, sizeof *Written);
    if (Result == ERROR_SUCCESS)
        Result = GiveClass(Entry, Entry->ClassOffset, Entry->ClassLength, Class, ClassRoom, Wide);
    AdvFree(Entry);
    return Result;
}

LSTATUS WINAPI RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameRoom, LPDWORD Reserved, LPWSTR Class, LPDWORD ClassRoom,
                             PFILETIME Written) {
    return EnumKey(Key, Index, Name, NameRoom, Class, ClassRoom, Written, TRUE);
}

LSTATUS WINAPI RegEnumKeyExA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameRoom, LPDWORD Reserved, LPSTR Class, LPDWORD ClassRoom,
                             PFILETIME Written) {
    return EnumKey(Key, Index, Name, NameRoom, Class, ClassRoom, Written, FALSE);
}

LSTATUS WINAPI RegEnumKeyW(HKEY Key, DWORD Index, LPWSTR Name, DWORD Room) { return EnumKey(Key, Index, Name, &Room, NULL, NULL, NULL, TRUE); }

LSTATUS WINAPI RegEnumKeyA(HKEY Key, DWORD Index, LPSTR Name, DWORD Room) { return EnumKey(Key, Index, Name, &Room, NULL, NULL, NULL, FALSE); }

static LSTATUS EnumValue(HKEY Key, DWORD Index, PVOID Name, LPDWORD NameRoom, LPDWORD Type, LPBYTE Data, LPDWORD Size, BOOL Wide) {
    NTSTATUS Status;
    NT_KEY_VALUE_FULL_INFORMATION *Entry = FetchEntry(Key, NtEnumerateValueKey, Index, KeyValueFullInformation_, &Status);
    LSTATUS Result;

    if (!Entry)
        return RegpError(Status);
    Result = GiveName(Entry->Name, Entry->NameLength / sizeof(WCHAR), Name, NameRoom, Wide);
    if (Type)
        *Type = Entry->Type;
    if (Result == ERROR_SUCCESS)
        Result = RegpGiveData(Entry->Type, (PUCHAR)Entry + Entry->DataOffset, Entry->DataLength, Wide, Data, Size);
    AdvFree(Entry);
    return Result;
}

LSTATUS WINAPI RegEnumValueW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameRoom, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size) {
    return EnumValue(Key, Index, Name, NameRoom, Type, Data, Size, TRUE);
}

LSTATUS WINAPI RegEnumValueA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameRoom, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size) {
    return EnumValue(Key, Index, Name, NameRoom, Type, Data, Size, FALSE);
}

/* The key's own security descriptor's size is asked for by nobody else: keys keep the descriptors that programs have set. */
static DWORD SecuritySize(HANDLE Handle) {
    ULONG Size = 0;

    return NtQuerySecurityObject(Handle, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, 0, &Size) ==
                   STATUS_BUFFER_TOO_SMALL
               ? Size
               : 0;
}

static LSTATUS QueryInfo(HKEY Key, PVOID Class, LPDWORD ClassRoom, LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass, LPDWORD Values,
                         LPDWORD MaxName, LPDWORD MaxData, LPDWORD Security, PFILETIME Written, BOOL Wide) {
    NT_KEY_FULL_INFORMATION *Information = NULL;
    HANDLE Handle;
    ULONG Size = 512;
    LSTATUS Result;
    NTSTATUS Status = RegpKernelKey(Key, &Handle);

    if (!NT_SUCCESS(Status))
        return RegpError(Status);
    do {
        AdvFree(Information);
        Information = AdvAllocate(Size);
        Status = Information ? NtQueryKey(Handle, KeyFullInformation_, Information, Size, &Size) : STATUS_NO_MEMORY;
    } while (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL);
    if (NT_SUCCESS(Status) && Security)
        *Security = SecuritySize(Handle);
    if (!NT_SUCCESS(Status)) {
        AdvFree(Information);
        return RegpError(Status);
    }
    if (SubKeys)
        *SubKeys = Information->SubKeys;
    if (MaxSubKey)
        *MaxSubKey = Information->MaxNameLen / sizeof(WCHAR);
    if (MaxClass)
        *MaxClass = Information->MaxClassLen / sizeof(WCHAR);
    if (Values)
        *Values = Information->Values;
    if (MaxName)
        *MaxName = Information->MaxValueNameLen / sizeof(WCHAR);
    if (MaxData)
        *MaxData = Information->MaxValueDataLen;
    if (Written)
        memcpy(Written, &Information->LastWriteTime, sizeof *Written);
    Result = GiveClass(Information, Information->ClassOffset, Information->ClassLength, Class, ClassRoom, Wide);
    AdvFree(Information);
    return Result;
}

LSTATUS WINAPI RegQueryInfoKeyW(HKEY Key, LPWSTR Class, LPDWORD ClassRoom, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass,
                                LPDWORD Values, LPDWORD MaxName, LPDWORD MaxData, LPDWORD Security, PFILETIME Written) {
    return QueryInfo(Key, Class, ClassRoom, SubKeys, MaxSubKey, MaxClass, Values, MaxName, MaxData, Security, Written, TRUE);
}

LSTATUS WINAPI RegQueryInfoKeyA(HKEY Key, LPSTR Class, LPDWORD ClassRoom, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass,
                                LPDWORD Values, LPDWORD MaxName, LPDWORD MaxData, LPDWORD Security, PFILETIME Written) {
    return QueryInfo(Key, Class, ClassRoom, SubKeys, MaxSubKey, MaxClass, Values, MaxName, MaxData, Security, Written, FALSE);
}

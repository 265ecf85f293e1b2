/* Whole trees of keys: deleted, copied; and keys renamed. */
#include "registry.h"

/* The first subkey's name, from the heap: what is deleted is always the first. NULL: there is none, or *Status. */
static PWSTR SubKeyAt(HKEY Key, DWORD Index, LSTATUS *Status) {
    DWORD Room = 256 + 1;
    PWSTR Name = AdvAllocate(Room * sizeof(WCHAR));

    *Status = Name ? RegEnumKeyExW(Key, Index, Name, &Room, NULL, NULL, NULL, NULL) : ERROR_NOT_ENOUGH_MEMORY;
    if (*Status == ERROR_SUCCESS)
        return Name;
    AdvFree(Name);
    if (*Status == ERROR_NO_MORE_ITEMS)
        *Status = ERROR_SUCCESS;
    return NULL;
}

/* Everything below Key, depth first; Key stays. */
static LSTATUS EmptyKey(HKEY Key) {
    LSTATUS Status;
    PWSTR Name;

    while ((Name = SubKeyAt(Key, 0, &Status)) != NULL) {
        HKEY Below;

        Status = RegOpenKeyExW(Key, Name, 0, KEY_READ | DELETE, &Below);
        if (Status == ERROR_SUCCESS) {
            Status = EmptyKey(Below);
            RegCloseKey(Below);
        }
        if (Status == ERROR_SUCCESS)
            Status = RegDeleteKeyW(Key, Name);
        AdvFree(Name);
        if (Status != ERROR_SUCCESS)
            return Status;
    }
    return Status;
}

static LSTATUS DeleteValues(HKEY Key) {
    PWSTR Name = AdvAllocate((16383 + 1) * sizeof(WCHAR));
    LSTATUS Status = Name ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;

    while (Status == ERROR_SUCCESS) {
        DWORD Room = 16383 + 1;

        Status = RegEnumValueW(Key, 0, Name, &Room, NULL, NULL, NULL, NULL);
        if (Status == ERROR_SUCCESS)
            Status = RegDeleteValueW(Key, Name);
    }
    AdvFree(Name);
    return Status == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Status;
}

/* Without a subkey, Key keeps nothing, but stays. */
LSTATUS WINAPI RegDeleteTreeW(HKEY Key, LPCWSTR SubKey) {
    HKEY Tree;
    LSTATUS Status = RegOpenKeyExW(Key, SubKey, 0, KEY_READ | KEY_SET_VALUE | DELETE, &Tree);

    if (Status != ERROR_SUCCESS)
        return Status;
    Status = EmptyKey(Tree);
    if (Status == ERROR_SUCCESS && (!SubKey || !*SubKey))
        Status = DeleteValues(Tree);
    RegCloseKey(Tree);
    return Status == ERROR_SUCCESS && SubKey && *SubKey ? RegDeleteKeyW(Key, SubKey) : Status;
}

LSTATUS WINAPI RegDeleteTreeA(HKEY Key, LPCSTR SubKey) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(SubKey, &Ok);
    LSTATUS Status = Ok ? RegDeleteTreeW(Key, Wide) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

/* Access says which registry of a 64-bit machine is meant. */
LSTATUS WINAPI RegDeleteKeyExW(HKEY Key, LPCWSTR SubKey, REGSAM Access, DWORD Reserved) {
    return Reserved ? ERROR_INVALID_PARAMETER : RegDeleteKeyW(Key, SubKey);
}

LSTATUS WINAPI RegDeleteKeyExA(HKEY Key, LPCSTR SubKey, REGSAM Access, DWORD Reserved) {
    return Reserved ? ERROR_INVALID_PARAMETER : RegDeleteKeyA(Key, SubKey);
}

static LSTATUS CopyValues(HKEY From, HKEY To) {
    DWORD NameRoom = 0, DataRoom = 0, Index = 0;
    LSTATUS Status = RegQueryInfoKeyW(From, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &NameRoom, &DataRoom, NULL, NULL);
    PWSTR Name = Status == ERROR_SUCCESS ? AdvAllocate((NameRoom + 1) * sizeof(WCHAR)) : NULL;
    PUCHAR Data = Status == ERROR_SUCCESS ? AdvAllocate((SIZE_T)DataRoom + 1) : NULL;

    if (Status == ERROR_SUCCESS && (!Name || !Data))
        Status = ERROR_NOT_ENOUGH_MEMORY;
    while (Status == ERROR_SUCCESS) {
        DWORD Length = NameRoom + 1, Size = DataRoom, Type;

        Status = RegEnumValueW(From, Index++, Name, &Length, NULL, &Type, Data, &Size);
        if (Status == ERROR_SUCCESS)
            Status = RegSetValueExW(To, Name, 0, Type, Data, Size);
    }
    AdvFree(Name);
    AdvFree(Data);
    return Status == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Status;
}

LSTATUS WINAPI RegCopyTreeW(HKEY Source, LPCWSTR SubKey, HKEY Destination) {
    HKEY From;
    DWORD Index = 0;
    PWSTR Name;
    LSTATUS Status = RegOpenKeyExW(Source, SubKey, 0, KEY_READ, &From);

    if (Status != ERROR_SUCCESS)
        return Status;
    Status = CopyValues(From, Destination);
    while (Status == ERROR_SUCCESS && (Name = SubKeyAt(From, Index++, &Status)) != NULL) {
        HKEY To;

        Status = RegCreateKeyExW(Destination, Name, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &To, NULL);
        if (Status == ERROR_SUCCESS) {
            Status = RegCopyTreeW(From, Name, To);
            RegCloseKey(To);
        }
        AdvFree(Name);
    }
    RegCloseKey(From);
    return Status;
}

LSTATUS WINAPI RegCopyTreeA(HKEY Source, LPCSTR SubKey, HKEY Destination) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(SubKey, &Ok);
    LSTATUS Status = Ok ? RegCopyTreeW(Source, Wide, Destination) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

LSTATUS WINAPI RegRenameKey(HKEY Key, LPCWSTR SubKey, LPCWSTR NewName) {
    UNICODE_STRING Name;
    HANDLE Handle;
    NTSTATUS Status;

    if (!NewName)
        return ERROR_INVALID_PARAMETER;
    Status = RegpOpenBelow(Key, SubKey, KEY_WRITE, &Handle);
    if (!NT_SUCCESS(Status))
        return RegpError(Status);
    RtlInitUnicodeString(&Name, NewName);
    Status = NtRenameKey(Handle, &Name);
    NtClose(Handle);
    return RegpError(Status);
}

/* The registry functions over the kernel's keys. They return errors instead of setting the last one. */
#include "advapi32.h"

/* Where the predefined keys are. There is one user, whose hive is the default one. */
static const struct {
    HKEY Key;
    PCWSTR Path;
} Roots[] = {
    {HKEY_CLASSES_ROOT, L"\\Registry\\Machine\\Software\\Classes"},
    {HKEY_CURRENT_USER, L"\\Registry\\User\\.Default"},
    {HKEY_LOCAL_MACHINE, L"\\Registry\\Machine"},
    {HKEY_USERS, L"\\Registry\\User"},
    {HKEY_CURRENT_CONFIG, L"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
};

static LSTATUS Error(NTSTATUS Status) { return Status == STATUS_BUFFER_OVERFLOW ? ERROR_MORE_DATA : (LSTATUS)RtlNtStatusToDosError(Status); }

static BOOL IsPredefined(HKEY Key) { return ((ULONG_PTR)Key & 0xFFFFFFFF80000000u) == ((ULONG_PTR)HKEY_CLASSES_ROOT & 0xFFFFFFFF80000000u); }

/* The kernel's handle; *Opened must be closed, and is NULL when there is nothing to close. */
static NTSTATUS KernelKey(HKEY Key, HANDLE *Handle, HANDLE *Opened) {
    *Opened = NULL;
    *Handle = (HANDLE)Key;
    if (!Key)
        return STATUS_INVALID_HANDLE;
    if (!IsPredefined(Key))
        return STATUS_SUCCESS;
    for (SIZE_T i = 0; i < ARRAYSIZE(Roots); i++) {
        OBJECT_ATTRIBUTES Attributes;
        UNICODE_STRING Path;
        NTSTATUS Status;

        if (Roots[i].Key != Key)
            continue;
        RtlInitUnicodeString(&Path, Roots[i].Path);
        InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
        Status = NtOpenKey(Opened, MAXIMUM_ALLOWED, &Attributes);
        *Handle = *Opened;
        return Status;
    }
    return STATUS_INVALID_HANDLE;
}

static VOID CloseKernelKey(HANDLE Opened) {
    if (Opened)
        NtClose(Opened);
}

/* A path below a key; leading backslashes are the caller's error. */
static NTSTATUS OpenBelow(HKEY Key, PCWSTR SubKey, ACCESS_MASK Access, HANDLE *Result) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path;
    HANDLE Handle, Opened;
    NTSTATUS Status = KernelKey(Key, &Handle, &Opened);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Path, SubKey ? SubKey : L"");
    if (Path.Length && Path.Buffer[0] == '\\') {
        Status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    } else {
        InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, Handle, NULL);
        Status = NtOpenKey(Result, Access, &Attributes);
    }
    CloseKernelKey(Opened);
    return Status;
}

LSTATUS WINAPI RegOpenKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Options, REGSAM Access, PHKEY Result) {
    HANDLE Handle;
    NTSTATUS Status;

    if (!Result)
        return ERROR_INVALID_PARAMETER;
    *Result = NULL;
    if (IsPredefined(Key) && (!SubKey || !*SubKey)) {
        *Result = Key;
        return ERROR_SUCCESS;
    }
    Status = OpenBelow(Key, SubKey, Access & ~(REGSAM)(KEY_WOW64_32KEY | KEY_WOW64_64KEY), &Handle);
    if (!NT_SUCCESS(Status))
        return Error(Status);
    *Result = (HKEY)Handle;
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegOpenKeyExA(HKEY Key, LPCSTR SubKey, DWORD Options, REGSAM Access, PHKEY Result) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(SubKey, &Ok);
    LSTATUS Status = Ok ? RegOpenKeyExW(Key, Wide, Options, Access, Result) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

LSTATUS WINAPI RegOpenKeyW(HKEY Key, LPCWSTR SubKey, PHKEY Result) { return RegOpenKeyExW(Key, SubKey, 0, MAXIMUM_ALLOWED, Result); }

LSTATUS WINAPI RegOpenKeyA(HKEY Key, LPCSTR SubKey, PHKEY Result) { return RegOpenKeyExA(Key, SubKey, 0, MAXIMUM_ALLOWED, Result); }

LSTATUS WINAPI RegCloseKey(HKEY Key) {
    if (IsPredefined(Key))
        return ERROR_SUCCESS;
    return Key ? Error(NtClose((HANDLE)Key)) : ERROR_INVALID_HANDLE;
}

LSTATUS WINAPI RegFlushKey(HKEY Key) {
    HANDLE Handle, Opened;
    NTSTATUS Status = KernelKey(Key, &Handle, &Opened);

    if (NT_SUCCESS(Status))
        Status = NtFlushKey(Handle);
    CloseKernelKey(Opened);
    return Error(Status);
}

/* The kernel makes one key at a time: those in between are made on the way. */
LSTATUS WINAPI RegCreateKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Reserved, LPWSTR Class, DWORD Options, REGSAM Access,
                               const LPSECURITY_ATTRIBUTES Security, PHKEY Result, LPDWORD Disposition) {
    UNICODE_STRING Path, Part, ClassName;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle, Opened, Made = NULL;
    ULONG Done = REG_OPENED_EXISTING_KEY;
    USHORT Start = 0, End;
    NTSTATUS Status;

    if (!SubKey)
        return ERROR_BADKEY;
    if (!Result)
        return ERROR_INVALID_PARAMETER;
    Status = KernelKey(Key, &Handle, &Opened);
    if (!NT_SUCCESS(Status))
        return Error(Status);
    RtlInitUnicodeString(&Path, SubKey);
    RtlInitUnicodeString(&ClassName, Class);
    if (Path.Length && Path.Buffer[0] == '\\') {
        CloseKernelKey(Opened);
        return ERROR_BAD_PATHNAME;
    }
    Path.Length /= sizeof(WCHAR);
    do {
        HANDLE Above = Made ? Made : Handle, Next;

        for (End = Start; End < Path.Length && Path.Buffer[End] != '\\'; End++)
            ;
        Part.Buffer = Path.Buffer + Start;
        Part.Length = Part.MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
        InitializeObjectAttributes(&Attributes, &Part, OBJ_CASE_INSENSITIVE, Above, Security ? Security->lpSecurityDescriptor : NULL);
        Start = (USHORT)(End + 1);
        Status = NtCreateKey(&Next, Start < Path.Length ? (ACCESS_MASK)MAXIMUM_ALLOWED : Access & ~(REGSAM)(KEY_WOW64_32KEY | KEY_WOW64_64KEY),
                             &Attributes, 0, Class ? &ClassName : NULL, Options, &Done);
        if (Made)
            NtClose(Made);
        Made = NT_SUCCESS(Status) ? Next : NULL;
    } while (Made && Start < Path.Length);
    CloseKernelKey(Opened);
    if (!Made)
        return Error(Status);
    if (Disposition)
        *Disposition = Done;
    *Result = (HKEY)Made;
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegCreateKeyExA(HKEY Key, LPCSTR SubKey, DWORD Reserved, LPSTR Class, DWORD Options, REGSAM Access,
                               const LPSECURITY_ATTRIBUTES Security, PHKEY Result, LPDWORD Disposition) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(SubKey, &Ok), WideClass = AdvWide(Class, &Ok);
    LSTATUS Status = Ok ? RegCreateKeyExW(Key, Wide, Reserved, WideClass, Options, Access, Security, Result, Disposition) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    AdvFree(WideClass);
    return Status;
}

LSTATUS WINAPI RegCreateKeyW(HKEY Key, LPCWSTR SubKey, PHKEY Result) {
    return RegCreateKeyExW(Key, SubKey ? SubKey : L"", 0, NULL, 0, MAXIMUM_ALLOWED, NULL, Result, NULL);
}

LSTATUS WINAPI RegCreateKeyA(HKEY Key, LPCSTR SubKey, PHKEY Result) {
    return RegCreateKeyExA(Key, SubKey ? SubKey : "", 0, NULL, 0, MAXIMUM_ALLOWED, NULL, Result, NULL);
}

LSTATUS WINAPI RegDeleteKeyW(HKEY Key, LPCWSTR SubKey) {
    HANDLE Handle;
    NTSTATUS Status;

    if (!SubKey)
        return ERROR_INVALID_PARAMETER;
    Status = OpenBelow(Key, SubKey, DELETE, &Handle);
    if (!NT_SUCCESS(Status))
        return Error(Status);
    Status = NtDeleteKey(Handle);
    NtClose(Handle);
    return Status == STATUS_CANNOT_DELETE ? ERROR_ACCESS_DENIED : Error(Status);
}

LSTATUS WINAPI RegDeleteKeyA(HKEY Key, LPCSTR SubKey) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(SubKey, &Ok);
    LSTATUS Status = Ok ? RegDeleteKeyW(Key, Wide) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

/* ---- Values ---------------------------------------------------------------------------------------------------------------------- */

static BOOL IsText(DWORD Type) { return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ; }

/* A value with its data from the heap; NULL with *Status. */
static NT_KEY_VALUE_PARTIAL_INFORMATION *FetchValue(HKEY Key, PCWSTR Name, NTSTATUS *Status) {
    NT_KEY_VALUE_PARTIAL_INFORMATION *Value;
    UNICODE_STRING ValueName;
    HANDLE Handle, Opened;
    ULONG Size = 256;

    *Status = KernelKey(Key, &Handle, &Opened);
    if (!NT_SUCCESS(*Status))
        return NULL;
    RtlInitUnicodeString(&ValueName, Name ? Name : L"");
    for (;;) {
        Value = AdvAllocate(Size);
        if (!Value) {
            *Status = STATUS_NO_MEMORY;
            break;
        }
        *Status = NtQueryValueKey(Handle, &ValueName, KeyValuePartialInformation_, Value, Size, &Size);
        if (NT_SUCCESS(*Status))
            break;
        AdvFree(Value);
        Value = NULL;
        if (*Status != STATUS_BUFFER_OVERFLOW && *Status != STATUS_BUFFER_TOO_SMALL)
            break;
    }
    CloseKernelKey(Opened);
    return Value;
}

/* Hands data out as the documentation of RegQueryValueEx has it: the size always, the data when there is room. */
static LSTATUS GiveData(DWORD Type, const VOID *From, DWORD Length, BOOL Wide, LPBYTE Data, LPDWORD Size) {
    DWORD Needed = !Wide && IsText(Type) ? AdvNarrow(From, Length / sizeof(WCHAR), NULL, 0) : Length, Room;

    if (!Size)
        return Data ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    Room = *Size;
    *Size = Needed;
    if (!Data)
        return ERROR_SUCCESS;
    if (Room < Needed)
        return ERROR_MORE_DATA;
    if (!Wide && IsText(Type))
        AdvNarrow(From, Length / sizeof(WCHAR), (PSTR)Data, Room);
    else
        memcpy(Data, From, Length);
    return ERROR_SUCCESS;
}

static LSTATUS QueryValue(HKEY Key, PCWSTR Name, LPDWORD Type, LPBYTE Data, LPDWORD Size, BOOL Wide) {
    NTSTATUS Status;
    NT_KEY_VALUE_PARTIAL_INFORMATION *Value = FetchValue(Key, Name, &Status);
    LSTATUS Result;

    if (!Value)
        return Error(Status);
    if (Type)
        *Type = Value->Type;
    Result = GiveData(Value->Type, Value->Data, Value->DataLength, Wide, Data, Size);
    AdvFree(Value);
    return Result;
}

LSTATUS WINAPI RegQueryValueExW(HKEY Key, LPCWSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size) {
    return Reserved ? ERROR_INVALID_PARAMETER : QueryValue(Key, Name, Type, Data, Size, TRUE);
}

LSTATUS WINAPI RegQueryValueExA(HKEY Key, LPCSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    LSTATUS Status = Reserved ? ERROR_INVALID_PARAMETER : Ok ? QueryValue(Key, Wide, Type, Data, Size, FALSE) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

LSTATUS WINAPI RegSetValueExW(HKEY Key, LPCWSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data, DWORD Size) {
    UNICODE_STRING ValueName;
    HANDLE Handle, Opened;
    NTSTATUS Status;

    Status = KernelKey(Key, &Handle, &Opened);
    if (!NT_SUCCESS(Status))
        return Error(Status);
    RtlInitUnicodeString(&ValueName, Name ? Name : L"");
    Status = NtSetValueKey(Handle, &ValueName, 0, Type, (PVOID)Data, Size);
    CloseKernelKey(Opened);
    return Error(Status);
}

LSTATUS WINAPI RegSetValueExA(HKEY Key, LPCSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data, DWORD Size) {
    BOOL Ok = TRUE;
    PWSTR WideName = AdvWide(Name, &Ok), Wide = NULL;
    LSTATUS Status;

    if (Ok && IsText(Type) && Data && Size) {
        int Count = MultiByteToWideChar(CP_ACP, 0, (PCSTR)Data, (int)Size, NULL, 0);

        Wide = AdvAllocate((SIZE_T)Count * sizeof(WCHAR));
        Ok = Wide != NULL;
        if (Ok) {
            MultiByteToWideChar(CP_ACP, 0, (PCSTR)Data, (int)Size, Wide, Count);
            Data = (const BYTE *)Wide;
            Size = (DWORD)((SIZE_T)Count * sizeof(WCHAR));
        }
    }
    Status = Ok ? RegSetValueExW(Key, WideName, Reserved, Type, Data, Size) : ERROR_NOT_ENOUGH_MEMORY;
    AdvFree(WideName);
    AdvFree(Wide);
    return Status;
}

LSTATUS WINAPI RegDeleteValueW(HKEY Key, LPCWSTR Name) {
    UNICODE_STRING ValueName;
    HANDLE Handle, Opened;
    NTSTATUS Status = KernelKey(Key, &Handle, &Opened);

    if (!NT_SUCCESS(Status))
        return Error(Status);
    RtlInitUnicodeString(&ValueName, Name ? Name : L"");
    Status = NtDeleteValueKey(Handle, &ValueName);
    CloseKernelKey(Opened);
    return Error(Status);
}

LSTATUS WINAPI RegDeleteValueA(HKEY Key, LPCSTR Name) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    LSTATUS Status = Ok ? RegDeleteValueW(Key, Wide) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

/* ---- Listing ------------------------------------------------------------------------------------------------------------------------ */

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

typedef NTSTATUS(NTAPI *ENUMERATE)(HANDLE, ULONG, ULONG, PVOID, ULONG, PULONG);

/* One entry from the heap; NULL with *Status. */
static PVOID FetchEntry(HKEY Key, ENUMERATE Enumerate, DWORD Index, ULONG Class, NTSTATUS *Status) {
    HANDLE Handle, Opened;
    ULONG Size = 512;
    PVOID Entry;

    *Status = KernelKey(Key, &Handle, &Opened);
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
    CloseKernelKey(Opened);
    return Entry;
}

static LSTATUS EnumKey(HKEY Key, DWORD Index, PVOID Name, LPDWORD NameRoom, PVOID Class, LPDWORD ClassRoom, PFILETIME Written, BOOL Wide) {
    NTSTATUS Status;
    NT_KEY_BASIC_INFORMATION *Entry = FetchEntry(Key, NtEnumerateKey, Index, KeyBasicInformation_, &Status);
    LSTATUS Result;

    if (!Entry)
        return Error(Status);
    Result = GiveName(Entry->Name, Entry->NameLength / sizeof(WCHAR), Name, NameRoom, Wide);
    if (Written)
        memcpy(Written, &Entry->LastWriteTime, sizeof *Written);
    if (Result == ERROR_SUCCESS && Class && ClassRoom)
        Result = GiveName(L"", 0, Class, ClassRoom, Wide); /* classes are not listed */
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
        return Error(Status);
    Result = GiveName(Entry->Name, Entry->NameLength / sizeof(WCHAR), Name, NameRoom, Wide);
    if (Type)
        *Type = Entry->Type;
    if (Result == ERROR_SUCCESS)
        Result = GiveData(Entry->Type, (PUCHAR)Entry + Entry->DataOffset, Entry->DataLength, Wide, Data, Size);
    AdvFree(Entry);
    return Result;
}

LSTATUS WINAPI RegEnumValueW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameRoom, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size) {
    return EnumValue(Key, Index, Name, NameRoom, Type, Data, Size, TRUE);
}

LSTATUS WINAPI RegEnumValueA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameRoom, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size) {
    return EnumValue(Key, Index, Name, NameRoom, Type, Data, Size, FALSE);
}

static LSTATUS QueryInfo(HKEY Key, LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass, LPDWORD Values, LPDWORD MaxName, LPDWORD MaxData,
                         LPDWORD Security, PFILETIME Written) {
    union {
        NT_KEY_FULL_INFORMATION Information;
        UCHAR Room[1024];
    } Buffer;
    const NT_KEY_FULL_INFORMATION *Information = &Buffer.Information;
    HANDLE Handle, Opened;
    ULONG Size;
    NTSTATUS Status = KernelKey(Key, &Handle, &Opened);

    if (!NT_SUCCESS(Status))
        return Error(Status);
    Status = NtQueryKey(Handle, KeyFullInformation_, &Buffer, sizeof Buffer, &Size);
    CloseKernelKey(Opened);
    if (!NT_SUCCESS(Status) && Status != STATUS_BUFFER_OVERFLOW) /* a long class does not matter */
        return Error(Status);
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
    if (Security)
        *Security = 0;
    if (Written)
        memcpy(Written, &Information->LastWriteTime, sizeof *Written);
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegQueryInfoKeyW(HKEY Key, LPWSTR Class, LPDWORD ClassRoom, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass,
                                LPDWORD Values, LPDWORD MaxName, LPDWORD MaxData, LPDWORD Security, PFILETIME Written) {
    if (Class && ClassRoom)
        GiveName(L"", 0, Class, ClassRoom, TRUE);
    return QueryInfo(Key, SubKeys, MaxSubKey, MaxClass, Values, MaxName, MaxData, Security, Written);
}

LSTATUS WINAPI RegQueryInfoKeyA(HKEY Key, LPSTR Class, LPDWORD ClassRoom, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass,
                                LPDWORD Values, LPDWORD MaxName, LPDWORD MaxData, LPDWORD Security, PFILETIME Written) {
    if (Class && ClassRoom)
        GiveName(L"", 0, Class, ClassRoom, FALSE);
    return QueryInfo(Key, SubKeys, MaxSubKey, MaxClass, Values, MaxName, MaxData, Security, Written);
}

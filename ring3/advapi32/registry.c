/* The registry functions over the kernel's keys. They return errors instead of setting the last one. */
#include "registry.h"

/* Where the predefined keys are. There is one user, whose hive is the default one. */
static struct {
    HKEY Key;
    PCWSTR Path;
    HANDLE Opened; /* by the first who used it; stays open, as on Windows, so that who watches a predefined key goes on watching */
} Roots[] = {
    {HKEY_CLASSES_ROOT, L"\\Registry\\Machine\\Software\\Classes", NULL},
    {HKEY_CURRENT_USER, L"\\Registry\\User\\.Default", NULL},
    {HKEY_LOCAL_MACHINE, L"\\Registry\\Machine", NULL},
    {HKEY_USERS, L"\\Registry\\User", NULL},
    {HKEY_CURRENT_CONFIG, L"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current", NULL},
};

LSTATUS RegpError(NTSTATUS Status) {
    if (Status == STATUS_BUFFER_OVERFLOW)
        return ERROR_MORE_DATA;
    return NT_SUCCESS(Status) ? ERROR_SUCCESS : (LSTATUS)RtlNtStatusToDosError(Status);
}

BOOL RegpIsPredefined(HKEY Key) { return ((ULONG_PTR)Key & 0xFFFFFFFF80000000u) == ((ULONG_PTR)HKEY_CLASSES_ROOT & 0xFFFFFFFF80000000u); }

NTSTATUS RegpKernelKey(HKEY Key, HANDLE *Handle) {
    *Handle = (HANDLE)Key;
    if (!Key)
        return STATUS_INVALID_HANDLE;
    if (!RegpIsPredefined(Key))
        return STATUS_SUCCESS;
    for (SIZE_T i = 0; i < ARRAYSIZE(Roots); i++) {
        OBJECT_ATTRIBUTES Attributes;
        UNICODE_STRING Path;
        HANDLE First, Before;
        NTSTATUS Status;

        if (Roots[i].Key != Key)
            continue;
        *Handle = Roots[i].Opened;
        if (*Handle)
            return STATUS_SUCCESS;
        RtlInitUnicodeString(&Path, Roots[i].Path);
        InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
        Status = NtOpenKey(&First, MAXIMUM_ALLOWED, &Attributes);
        if (!NT_SUCCESS(Status))
            return Status;
        Before = InterlockedCompareExchangePointer(&Roots[i].Opened, First, NULL);
        if (Before)
            NtClose(First);
        *Handle = Before ? Before : First;
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_HANDLE;
}

NTSTATUS RegpOpenBelow(HKEY Key, PCWSTR SubKey, ACCESS_MASK Access, HANDLE *Result) {
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path;
    HANDLE Handle;
    NTSTATUS Status = RegpKernelKey(Key, &Handle);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Path, SubKey ? SubKey : L"");
    if (Path.Length && Path.Buffer[0] == '\\') {
        Status = STATUS_OBJECT_PATH_SYNTAX_BAD;
    } else {
        InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, Handle, NULL);
        Status = NtOpenKey(Result, Access, &Attributes);
    }
    return Status;
}

LSTATUS WINAPI RegOpenKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Options, REGSAM Access, PHKEY Result) {
    HANDLE Handle;
    NTSTATUS Status;

    if (!Result)
        return ERROR_INVALID_PARAMETER;
    *Result = NULL;
    if (RegpIsPredefined(Key) && (!SubKey || !*SubKey)) {
        *Result = Key;
        return ERROR_SUCCESS;
    }
    Status = RegpOpenBelow(Key, SubKey, Access & ~(REGSAM)(KEY_WOW64_32KEY | KEY_WOW64_64KEY), &Handle);
    if (!NT_SUCCESS(Status))
        return RegpError(Status);
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
    if (RegpIsPredefined(Key))
        return ERROR_SUCCESS;
    return Key ? RegpError(NtClose((HANDLE)Key)) : ERROR_INVALID_HANDLE;
}

LSTATUS WINAPI RegFlushKey(HKEY Key) {
    HANDLE Handle;
    NTSTATUS Status = RegpKernelKey(Key, &Handle);

    if (NT_SUCCESS(Status))
        Status = NtFlushKey(Handle);
    return RegpError(Status);
}

/* The kernel makes one key at a time: those in between are made on the way. */
LSTATUS WINAPI RegCreateKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Reserved, LPWSTR Class, DWORD Options, REGSAM Access,
                               const LPSECURITY_ATTRIBUTES Security, PHKEY Result, LPDWORD Disposition) {
    UNICODE_STRING Path, Part, ClassName;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle, Made = NULL;
    ULONG Done = REG_OPENED_EXISTING_KEY;
    USHORT Start = 0, End;
    NTSTATUS Status;

    if (!SubKey)
        return ERROR_BADKEY;
    if (!Result)
        return ERROR_INVALID_PARAMETER;
    Status = RegpKernelKey(Key, &Handle);
    if (!NT_SUCCESS(Status))
        return RegpError(Status);
    RtlInitUnicodeString(&Path, SubKey);
    RtlInitUnicodeString(&ClassName, Class);
    if (Path.Length && Path.Buffer[0] == '\\') {
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
    if (!Made)
        return RegpError(Status);
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
    Status = RegpOpenBelow(Key, SubKey, DELETE, &Handle);
    if (!NT_SUCCESS(Status))
        return RegpError(Status);
    Status = NtDeleteKey(Handle);
    NtClose(Handle);
    return Status == STATUS_CANNOT_DELETE ? ERROR_ACCESS_DENIED : RegpError(Status);
}

LSTATUS WINAPI RegDeleteKeyA(HKEY Key, LPCSTR SubKey) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(SubKey, &Ok);
    LSTATUS Status = Ok ? RegDeleteKeyW(Key, Wide) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

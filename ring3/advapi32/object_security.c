/* Descriptors of objects: by handle, by name. */
#include "advapi32.h"
#include <accctrl.h>

BOOL WINAPI GetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor, DWORD Size, LPDWORD Needed) {
    return AdvResult(NtQuerySecurityObject(Handle, Parts, Descriptor, Size, Needed));
}

BOOL WINAPI SetKernelObjectSecurity(HANDLE Handle, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor) {
    return AdvResult(NtSetSecurityObject(Handle, Parts, Descriptor));
}

static ACCESS_MASK ReadAccess(SECURITY_INFORMATION Parts) { return READ_CONTROL | (Parts & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0); }

static ACCESS_MASK WriteAccess(SECURITY_INFORMATION Parts) {
    return (Parts & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) ? WRITE_OWNER : 0) |
           (Parts & DACL_SECURITY_INFORMATION ? WRITE_DAC : 0) | (Parts & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

/* ---- By handle: LocalFree frees the descriptor, the parts point into it ------------------------------------------------------------------ */

DWORD WINAPI GetSecurityInfo(HANDLE Handle, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Parts, PSID *Owner, PSID *Group, PACL *Dacl, PACL *Sacl,
                             PSECURITY_DESCRIPTOR *Descriptor) {
    PSECURITY_DESCRIPTOR Found;
    BOOLEAN Present, Defaulted;
    ULONG Size = 0;
    NTSTATUS Status;

    if (Type != SE_FILE_OBJECT && Type != SE_KERNEL_OBJECT && Type != SE_REGISTRY_KEY)
        return Type == SE_SERVICE ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER;
    Status = NtQuerySecurityObject(Handle, Parts, NULL, 0, &Size);
    if (Status != STATUS_BUFFER_TOO_SMALL)
        return RtlNtStatusToDosError(Status);
    Found = LocalAlloc(0, Size);
    if (!Found)
        return ERROR_NOT_ENOUGH_MEMORY;
    Status = NtQuerySecurityObject(Handle, Parts, Found, Size, &Size);
    if (!NT_SUCCESS(Status)) {
        LocalFree(Found);
        return RtlNtStatusToDosError(Status);
    }
    if (Owner)
        RtlGetOwnerSecurityDescriptor(Found, Owner, &Defaulted);
    if (Group)
        RtlGetGroupSecurityDescriptor(Found, Group, &Defaulted);
    if (Dacl)
        *Dacl = NULL;
    if (Sacl)
        *Sacl = NULL;
    if (Dacl)
        RtlGetDaclSecurityDescriptor(Found, &Present, Dacl, &Defaulted);
    if (Sacl)
        RtlGetSaclSecurityDescriptor(Found, &Present, Sacl, &Defaulted);
    if (Descriptor)
        *Descriptor = Found;
    else
        LocalFree(Found);
    return ERROR_SUCCESS;
}

DWORD WINAPI SetSecurityInfo(HANDLE Handle, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Parts, PSID Owner, PSID Group, PACL Dacl, PACL Sacl) {
    SECURITY_DESCRIPTOR Descriptor;

    if (Type != SE_FILE_OBJECT && Type != SE_KERNEL_OBJECT && Type != SE_REGISTRY_KEY)
        return Type == SE_SERVICE ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER;
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, Owner, FALSE);
    RtlSetGroupSecurityDescriptor(&Descriptor, Group, FALSE);
    RtlSetDaclSecurityDescriptor(&Descriptor, (Parts & DACL_SECURITY_INFORMATION) != 0, Dacl, FALSE);
    RtlSetSaclSecurityDescriptor(&Descriptor, (Parts & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) != 0, Sacl, FALSE);
    if (Parts & PROTECTED_DACL_SECURITY_INFORMATION)
        Descriptor.Control |= SE_DACL_PROTECTED;
    return RtlNtStatusToDosError(NtSetSecurityObject(Handle, Parts, &Descriptor));
}

/* ---- By name --------------------------------------------------------------------------------------------------------------------------- */

/* "MACHINE\Software\X", "CURRENT_USER\X", "USERS\X" (SE_OBJECT_TYPE's page). */
static DWORD OpenKeyByName(PCWSTR Name, ACCESS_MASK Access, PHANDLE Handle) {
    static const struct {
        PCWSTR Name;
        HKEY Root;
    } Roots[] = {
        {L"MACHINE", HKEY_LOCAL_MACHINE}, {L"CURRENT_USER", HKEY_CURRENT_USER}, {L"USERS", HKEY_USERS}, {L"CLASSES_ROOT", HKEY_CLASSES_ROOT}};

    for (ULONG i = 0; i < ARRAYSIZE(Roots); i++) {
        SIZE_T Length = wcslen(Roots[i].Name);
        if (_wcsnicmp(Name, Roots[i].Name, Length) == 0 && (Name[Length] == L'\\' || !Name[Length]))
            return (DWORD)RegOpenKeyExW(Roots[i].Root, Name[Length] ? Name + Length + 1 : NULL, 0, Access, (PHKEY)Handle);
    }
    return ERROR_INVALID_PARAMETER;
}

/* A kernel object's name does not say its type: those that have names are tried. */
static DWORD OpenKernelObject(PCWSTR Name, ACCESS_MASK Access, PHANDLE Handle) {
    static NTSTATUS (*const Open[])(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES) = {NtOpenEvent, NtOpenMutant, NtOpenSemaphore, NtOpenSection,
                                                                                 NtOpenTimer};
    UNICODE_STRING Text;
    OBJECT_ATTRIBUTES Attributes;
    WCHAR Path[MAX_PATH + 64];
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;

    if (wcslen(Name) > MAX_PATH)
        return ERROR_INVALID_NAME;
    wcscpy(Path, L"\\Sessions\\1\\BaseNamedObjects\\");
    wcscat(Path, Name);
    RtlInitUnicodeString(&Text, Path);
    InitializeObjectAttributes(&Attributes, &Text, OBJ_CASE_INSENSITIVE, NULL, NULL);
    for (ULONG i = 0; i < ARRAYSIZE(Open) && (Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_TYPE_MISMATCH); i++)
        Status = Open[i](Handle, Access, &Attributes);
    return RtlNtStatusToDosError(Status);
}

static DWORD OpenByName(PCWSTR Name, SE_OBJECT_TYPE Type, ACCESS_MASK Access, PHANDLE Handle) {
    if (Type == SE_REGISTRY_KEY)
        return OpenKeyByName(Name, Access, Handle);
    if (Type == SE_KERNEL_OBJECT)
        return OpenKernelObject(Name, Access, Handle);
    if (Type != SE_FILE_OBJECT)
        return ERROR_NOT_SUPPORTED;
    *Handle =
        CreateFileW(Name, Access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    return *Handle == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
}

DWORD WINAPI GetNamedSecurityInfoW(LPCWSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Parts, PSID *Owner, PSID *Group, PACL *Dacl, PACL *Sacl,
                                   PSECURITY_DESCRIPTOR *Descriptor) {
    HANDLE Handle;
    DWORD Error = OpenByName(Name, Type, ReadAccess(Parts), &Handle);

    if (Error)
        return Error;
    Error = GetSecurityInfo(Handle, Type, Parts, Owner, Group, Dacl, Sacl, Descriptor);
    NtClose(Handle);
    return Error;
}

DWORD WINAPI SetNamedSecurityInfoW(LPWSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Parts, PSID Owner, PSID Group, PACL Dacl, PACL Sacl) {
    HANDLE Handle;
    DWORD Error = OpenByName(Name, Type, WriteAccess(Parts), &Handle);

    if (Error)
        return Error;
    Error = SetSecurityInfo(Handle, Type, Parts, Owner, Group, Dacl, Sacl);
    NtClose(Handle);
    return Error;
}

DWORD WINAPI GetNamedSecurityInfoA(LPCSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Parts, PSID *Owner, PSID *Group, PACL *Dacl, PACL *Sacl,
                                   PSECURITY_DESCRIPTOR *Descriptor) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    DWORD Error = Ok ? GetNamedSecurityInfoW(Wide, Type, Parts, Owner, Group, Dacl, Sacl, Descriptor) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Error;
}

DWORD WINAPI SetNamedSecurityInfoA(LPSTR Name, SE_OBJECT_TYPE Type, SECURITY_INFORMATION Parts, PSID Owner, PSID Group, PACL Dacl, PACL Sacl) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    DWORD Error = Ok ? SetNamedSecurityInfoW(Wide, Type, Parts, Owner, Group, Dacl, Sacl) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Error;
}

/* ---- Files, as the functions that are older than the rest have it: the error is the last error ------------------------------------------- */
BOOL WINAPI GetFileSecurityW(LPCWSTR Name, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor, DWORD Size, LPDWORD Needed) {
    HANDLE Handle;
    DWORD Error = OpenByName(Name, SE_FILE_OBJECT, ReadAccess(Parts), &Handle);
    BOOL Done;

    if (Error)
        return AdvFail(Error);
    Done = GetKernelObjectSecurity(Handle, Parts, Descriptor, Size, Needed);
    NtClose(Handle);
    return Done;
}
BOOL WINAPI SetFileSecurityW(LPCWSTR Name, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor) {
    HANDLE Handle;
    DWORD Error = OpenByName(Name, SE_FILE_OBJECT, WriteAccess(Parts), &Handle);
    BOOL Done;

    if (Error)
        return AdvFail(Error);
    Done = SetKernelObjectSecurity(Handle, Parts, Descriptor);
    NtClose(Handle);
    return Done;
}
BOOL WINAPI GetFileSecurityA(LPCSTR Name, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor, DWORD Size, LPDWORD Needed) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    BOOL Done = Ok ? GetFileSecurityW(Wide, Parts, Descriptor, Size, Needed) : AdvFail(ERROR_NOT_ENOUGH_MEMORY);

    AdvFree(Wide);
    return Done;
}
BOOL WINAPI SetFileSecurityA(LPCSTR Name, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    BOOL Done = Ok ? SetFileSecurityW(Wide, Parts, Descriptor) : AdvFail(ERROR_NOT_ENOUGH_MEMORY);

    AdvFree(Wide);
    return Done;
}

LSTATUS WINAPI RegGetKeySecurity(HKEY Key, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor, LPDWORD Size) {
    ULONG Needed = 0;
    NTSTATUS Status = NtQuerySecurityObject(Key, Parts, Descriptor, *Size, &Needed);

    *Size = Needed;
    return (LSTATUS)(Status == STATUS_BUFFER_TOO_SMALL ? ERROR_INSUFFICIENT_BUFFER : RtlNtStatusToDosError(Status));
}

LSTATUS WINAPI RegSetKeySecurity(HKEY Key, SECURITY_INFORMATION Parts, PSECURITY_DESCRIPTOR Descriptor) {
    return (LSTATUS)RtlNtStatusToDosError(NtSetSecurityObject(Key, Parts, Descriptor));
}

/* Values: queried, set and deleted. */
#include "registry.h"

BOOL RegpIsText(DWORD Type) { return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ; }

NT_KEY_VALUE_PARTIAL_INFORMATION *RegpFetchValue(HKEY Key, PCWSTR Name, NTSTATUS *Status) {
    NT_KEY_VALUE_PARTIAL_INFORMATION *Value;
    UNICODE_STRING ValueName;
    HANDLE Handle;
    ULONG Size = 256;

    *Status = RegpKernelKey(Key, &Handle);
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
    return Value;
}

/* Hands data out as the documentation of RegQueryValueEx has it: the size always, the data when there is room. */
LSTATUS RegpGiveData(DWORD Type, const VOID *From, DWORD Length, BOOL Wide, LPBYTE Data, LPDWORD Size) {
    DWORD Needed = !Wide && RegpIsText(Type) ? AdvNarrow(From, Length / sizeof(WCHAR), NULL, 0) : Length, Room;

    if (!Size)
        return Data ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    Room = *Size;
    *Size = Needed;
    if (!Data)
        return ERROR_SUCCESS;
    if (Room < Needed)
        return ERROR_MORE_DATA;
    if (!Wide && RegpIsText(Type))
        AdvNarrow(From, Length / sizeof(WCHAR), (PSTR)Data, Room);
    else
        memcpy(Data, From, Length);
    return ERROR_SUCCESS;
}

static LSTATUS QueryValue(HKEY Key, PCWSTR Name, LPDWORD Type, LPBYTE Data, LPDWORD Size, BOOL Wide) {
    NTSTATUS Status;
    NT_KEY_VALUE_PARTIAL_INFORMATION *Value = RegpFetchValue(Key, Name, &Status);
    LSTATUS Result;

    if (!Value)
        return RegpError(Status);
    if (Type)
        *Type = Value->Type;
    Result = RegpGiveData(Value->Type, Value->Data, Value->DataLength, Wide, Data, Size);
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
    HANDLE Handle;
    NTSTATUS Status;

    Status = RegpKernelKey(Key, &Handle);
    if (!NT_SUCCESS(Status))
        return RegpError(Status);
    RtlInitUnicodeString(&ValueName, Name ? Name : L"");
    Status = NtSetValueKey(Handle, &ValueName, 0, Type, (PVOID)Data, Size);
    return RegpError(Status);
}

LSTATUS WINAPI RegSetValueExA(HKEY Key, LPCSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data, DWORD Size) {
    BOOL Ok = TRUE;
    PWSTR WideName = AdvWide(Name, &Ok), Wide = NULL;
    LSTATUS Status;

    if (Ok && RegpIsText(Type) && Data && Size) {
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
    HANDLE Handle;
    NTSTATUS Status = RegpKernelKey(Key, &Handle);

    if (!NT_SUCCESS(Status))
        return RegpError(Status);
    RtlInitUnicodeString(&ValueName, Name ? Name : L"");
    Status = NtDeleteValueKey(Handle, &ValueName);
    return RegpError(Status);
}

LSTATUS WINAPI RegDeleteValueA(HKEY Key, LPCSTR Name) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);
    LSTATUS Status = Ok ? RegDeleteValueW(Key, Wide) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(Wide);
    return Status;
}

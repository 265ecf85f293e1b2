/* Values of subkeys in one call: RegGetValue, RegSetKeyValue, RegDeleteKeyValue; and waiting for changes. */
#include "registry.h"

/* Which of the RRF_RT_ flags lets a type pass. */
static DWORD TypeFlag(DWORD Type) {
    static const DWORD Flags[] = {
        RRF_RT_REG_NONE, RRF_RT_REG_SZ, RRF_RT_REG_EXPAND_SZ, RRF_RT_REG_BINARY, RRF_RT_REG_DWORD, 0, 0, RRF_RT_REG_MULTI_SZ, 0, 0, 0,
        RRF_RT_REG_QWORD};

    return Type < ARRAYSIZE(Flags) ? Flags[Type] : 0;
}

/* RRF_RT_DWORD and RRF_RT_QWORD let bytes of the right number pass, and nothing else that is wrong in size ("RegGetValue"). */
static LSTATUS CheckType(DWORD Flags, DWORD Type, DWORD Size) {
    if (!(Flags & RRF_RT_ANY & TypeFlag(Type)) && (Flags & RRF_RT_ANY) != RRF_RT_ANY)
        return ERROR_UNSUPPORTED_TYPE;
    if ((Flags & RRF_RT_ANY) == RRF_RT_DWORD && Size != sizeof(DWORD))
        return ERROR_INVALID_DATA;
    if ((Flags & RRF_RT_ANY) == RRF_RT_QWORD && Size != 2 * sizeof(DWORD))
        return ERROR_INVALID_DATA;
    return ERROR_SUCCESS;
}

/* Text from the heap as RegGetValue gives it: expanded if that is wanted, and with all its terminators. *Type and *Size become the copy's. */
static PWSTR FinishText(const WCHAR *Text, DWORD *Type, DWORD *Size, BOOL Expand) {
    DWORD Count = *Size / sizeof(WCHAR), Ends = *Type == REG_MULTI_SZ ? 2 : 1, Have = 0, Length;
    PWSTR Copy = AdvAllocate(((SIZE_T)Count + Ends) * sizeof(WCHAR)), Expanded;

    if (!Copy)
        return NULL;
    memcpy(Copy, Text, Count * sizeof(WCHAR));
    while (Have < Ends && Have < Count && !Copy[Count - 1 - Have])
        Have++;
    for (; Have < Ends; Have++)
        Copy[Count++] = 0;
    *Size = Count * (DWORD)sizeof(WCHAR);
    if (*Type != REG_EXPAND_SZ || !Expand)
        return Copy;
    Length = ExpandEnvironmentStringsW(Copy, NULL, 0);
    Expanded = AdvAllocate(Length * sizeof(WCHAR));
    if (Expanded)
        ExpandEnvironmentStringsW(Copy, Expanded, Length);
    AdvFree(Copy);
    *Type = REG_SZ;
    *Size = Length * (DWORD)sizeof(WCHAR);
    return Expanded;
}

static LSTATUS GetData(HKEY Key, PCWSTR Name, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size, BOOL Wide) {
    NTSTATUS Status;
    NT_KEY_VALUE_PARTIAL_INFORMATION *Value = RegpFetchValue(Key, Name, &Status);
    const VOID *Bytes;
    DWORD ValueType, Length;
    PWSTR Text = NULL;
    LSTATUS Result;

    if (!Value)
        return RegpError(Status);
    ValueType = Value->Type;
    Length = Value->DataLength;
    Bytes = Value->Data;
    if (RegpIsText(ValueType)) {
        Bytes = Text = FinishText((const WCHAR *)Value->Data, &ValueType, &Length, !(Flags & RRF_NOEXPAND));
        if (!Text) {
            AdvFree(Value);
            return ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    if (Type)
        *Type = ValueType;
    Result = CheckType(Flags, ValueType, Length);
    if (Result == ERROR_SUCCESS)
        Result = RegpGiveData(ValueType, Bytes, Length, Wide, Data, Size);
    AdvFree(Text);
    AdvFree(Value);
    return Result;
}

static LSTATUS GetValue(HKEY Key, PCWSTR SubKey, PCWSTR Name, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size, BOOL Wide) {
    DWORD Room = Size ? *Size : 0;
    HANDLE Below = NULL;
    LSTATUS Result;

    if ((Data && !Size) || ((Flags & RRF_RT_ANY) != RRF_RT_ANY && (Flags & RRF_RT_REG_EXPAND_SZ) && !(Flags & RRF_NOEXPAND)))
        return ERROR_INVALID_PARAMETER;
    if (SubKey && *SubKey) {
        NTSTATUS Status = RegpOpenBelow(Key, SubKey, KEY_QUERY_VALUE, &Below);

        if (!NT_SUCCESS(Status))
            return RegpError(Status);
        Key = (HKEY)Below;
    }
    Result = GetData(Key, Name, Flags, Type, Data, Size, Wide);
    if (Below)
        NtClose(Below);
    if (Result != ERROR_SUCCESS && (Flags & RRF_ZEROONFAILURE) && Data)
        memset(Data, 0, Room);
    return Result;
}

LSTATUS WINAPI RegGetValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size) {
    return GetValue(Key, SubKey, Name, Flags, Type, Data, Size, TRUE);
}

LSTATUS WINAPI RegGetValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size) {
    BOOL Ok = TRUE;
    PWSTR WideKey = AdvWide(SubKey, &Ok), WideName = AdvWide(Name, &Ok);
    LSTATUS Result = Ok ? GetValue(Key, WideKey, WideName, Flags, Type, Data, Size, FALSE) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(WideKey);
    AdvFree(WideName);
    return Result;
}

/* The key is made if it is not there. */
LSTATUS WINAPI RegSetKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Type, LPCVOID Data, DWORD Size) {
    HKEY Below;
    LSTATUS Result;

    if (!SubKey || !*SubKey)
        return RegSetValueExW(Key, Name, 0, Type, Data, Size);
    Result = RegCreateKeyExW(Key, SubKey, 0, NULL, 0, KEY_SET_VALUE, NULL, &Below, NULL);
    if (Result != ERROR_SUCCESS)
        return Result;
    Result = RegSetValueExW(Below, Name, 0, Type, Data, Size);
    RegCloseKey(Below);
    return Result;
}

LSTATUS WINAPI RegSetKeyValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name, DWORD Type, LPCVOID Data, DWORD Size) {
    HKEY Below;
    LSTATUS Result;

    if (!SubKey || !*SubKey)
        return RegSetValueExA(Key, Name, 0, Type, Data, Size);
    Result = RegCreateKeyExA(Key, SubKey, 0, NULL, 0, KEY_SET_VALUE, NULL, &Below, NULL);
    if (Result != ERROR_SUCCESS)
        return Result;
    Result = RegSetValueExA(Below, Name, 0, Type, Data, Size);
    RegCloseKey(Below);
    return Result;
}

LSTATUS WINAPI RegDeleteKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name) {
    HKEY Below;
    LSTATUS Result;

    if (!SubKey || !*SubKey)
        return RegDeleteValueW(Key, Name);
    Result = RegOpenKeyExW(Key, SubKey, 0, KEY_SET_VALUE, &Below);
    if (Result != ERROR_SUCCESS)
        return Result;
    Result = RegDeleteValueW(Below, Name);
    RegCloseKey(Below);
    return Result;
}

LSTATUS WINAPI RegDeleteKeyValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name) {
    BOOL Ok = TRUE;
    PWSTR WideKey = AdvWide(SubKey, &Ok), WideName = AdvWide(Name, &Ok);
    LSTATUS Result = Ok ? RegDeleteKeyValueW(Key, WideKey, WideName) : ERROR_NOT_ENOUGH_MEMORY;

    AdvFree(WideKey);
    AdvFree(WideName);
    return Result;
}

/* The kernel writes the status block when the change comes, perhaps after this call has returned: nobody reads it. */
LSTATUS WINAPI RegNotifyChangeKeyValue(HKEY Key, WINBOOL WatchSubtree, DWORD Filter, HANDLE Event, WINBOOL Asynchronous) {
    static IO_STATUS_BLOCK Ignored;
    HANDLE Handle;
    NTSTATUS Status;

    if (Asynchronous && !Event)
        return ERROR_INVALID_PARAMETER;
    Status = RegpKernelKey(Key, &Handle);
    if (NT_SUCCESS(Status))
        Status = NtNotifyChangeKey(Handle, Event, NULL, NULL, &Ignored, Filter, (BOOLEAN)WatchSubtree, NULL, 0, (BOOLEAN)Asynchronous);
    return RegpError(Status);
}

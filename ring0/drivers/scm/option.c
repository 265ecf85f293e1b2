/* What ChangeServiceConfig2 sets: values of the service's key, named as Windows names them. */
#include "scmp.h"

#define MOST_FAILURE_ACTIONS 1024u

static const struct {
    PCWSTR Value;
    ULONG Type;
    BOOLEAN NotForDrivers; /* "Failure actions can only be set for Win32 services", ERROR_CANNOT_DETECT_DRIVER_FAILURE */
} Options[ScmOptions] = {
    [ScmDescription] = {L"Description", REG_SZ, FALSE},
    [ScmDelayedAutoStart] = {L"DelayedAutostart", REG_DWORD, FALSE},
    [ScmFailureActions] = {L"FailureActions", REG_BINARY, TRUE},
    [ScmRebootMessage] = {L"RebootMessage", REG_SZ, TRUE},
    [ScmFailureCommand] = {L"FailureCommand", REG_SZ, TRUE},
    [ScmFailureFlag] = {L"FailureActionsOnNonCrashFailures", REG_DWORD, TRUE},
    [ScmSidType] = {L"ServiceSidType", REG_DWORD, FALSE},
    [ScmRequiredPrivileges] = {L"RequiredPrivileges", REG_MULTI_SZ, FALSE},
    [ScmPreshutdownTimeout] = {L"PreshutdownTimeout", REG_DWORD, FALSE},
};

static BOOLEAN IsValid(ULONG Option, const VOID *Data, ULONG Size) {
    const SCM_FAILURE *Failure = Data;

    switch (Options[Option].Type) {
    case REG_DWORD: return Size == sizeof(ULONG);
    case REG_BINARY:
        return Size >= sizeof *Failure && Failure->Count <= MOST_FAILURE_ACTIONS && Size == sizeof *Failure + Failure->Count * 2 * sizeof(ULONG);
    default: return Size % sizeof(WCHAR) == 0 && Size <= 0xFFFC;
    }
}

static NTSTATUS Write(HANDLE Key, ULONG Option, PVOID Data, ULONG Size) {
    UNICODE_STRING Name, Text = {(USHORT)Size, (USHORT)Size, Data};

    if (!Size)
        return ScmDeleteValue(Key, Options[Option].Value);
    if (Options[Option].Type == REG_SZ || Options[Option].Type == REG_MULTI_SZ)
        return ScmWriteText(Key, Options[Option].Value, Options[Option].Type, &Text);
    RtlInitUnicodeString(&Name, Options[Option].Value);
    return ZwSetValueKey(Key, &Name, 0, Options[Option].Type, Data, Size);
}

NTSTATUS ScmSetOption(PSCM_SERVICE Service, ULONG Option, PVOID Data, ULONG Size) {
    ULONG Type = 0;
    HANDLE Key;
    NTSTATUS Status;

    if (Option >= ScmOptions || (Size && !IsValid(Option, Data, Size)))
        return SCM_ERROR(ERROR_INVALID_PARAMETER);
    if (Service->Deleted)
        return SCM_ERROR(ERROR_SERVICE_MARKED_FOR_DELETE);
    Status = ScmOpenKey(&Service->Name, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    ScmReadNumber(Key, L"Type", &Type);
    if (Options[Option].NotForDrivers && ScmIsDriver(Type))
        Status = SCM_ERROR(ERROR_CANNOT_DETECT_DRIVER_FAILURE);
    else
        Status = Write(Key, Option, Data, Size);
    ZwClose(Key);
    return Status;
}

/* A value that somebody wrote with another type counts as not set. */
NTSTATUS ScmGetOption(PSCM_SERVICE Service, ULONG Option, PVOID Buffer, ULONG Room, PULONG Size) {
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    UNICODE_STRING Name;
    ULONG Needed = 0;
    HANDLE Key;
    NTSTATUS Status;

    *Size = 0;
    if (Option >= ScmOptions)
        return SCM_ERROR(ERROR_INVALID_PARAMETER);
    Status = ScmOpenKey(&Service->Name, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Name, Options[Option].Value);
    Status = ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, NULL, 0, &Needed);
    if (Status == STATUS_BUFFER_TOO_SMALL || Status == STATUS_BUFFER_OVERFLOW) {
        Value = ExAllocatePoolWithTag(PagedPool, Needed, SCM_TAG);
        Status = Value ? ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value, Needed, &Needed) : STATUS_INSUFFICIENT_RESOURCES;
        if (NT_SUCCESS(Status) && Value->Type == Options[Option].Type) {
            BOOLEAN IsText = Value->Type == REG_SZ || Value->Type == REG_MULTI_SZ;

            *Size = IsText ? Value->DataLength & ~1u : Value->DataLength;
            if (IsText && *Size && ((PWCHAR)Value->Data)[*Size / sizeof(WCHAR) - 1] == 0)
                *Size -= sizeof(WCHAR);
            if (*Size > Room)
                Status = STATUS_BUFFER_OVERFLOW;
            else
                RtlCopyMemory(Buffer, Value->Data, *Size);
        }
        if (Value)
            ExFreePoolWithTag(Value, SCM_TAG);
    } else if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        Status = STATUS_SUCCESS;
    }
    ZwClose(Key);
    return Status;
}

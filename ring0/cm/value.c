/* Values are set and deleted: NtSetValueKey, NtDeleteValueKey. */
#include "cm/callback.h"
#include "ke/ke.h"

/* Data of a caller as a pool copy; *Copy stays NULL when there is none. */
static NTSTATUS CmpCaptureData(PVOID Data, ULONG Size, KPROCESSOR_MODE Mode, PVOID *Copy) {
    *Copy = NULL;
    if (Size == 0)
        return STATUS_SUCCESS;
    if (Size > CMP_MAX_VALUE_DATA)
        return STATUS_INVALID_PARAMETER;
    PVOID copy = ExAllocatePoolWithTag(PagedPool, Size, CMP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Mode == KernelMode) {
        RtlCopyMemory(copy, Data, Size);
    } else if (!KiCopyFromUser(copy, Data, Size)) {
        ExFreePoolWithTag(copy, CMP_TAG);
        return STATUS_ACCESS_VIOLATION;
    }
    *Copy = copy;
    return STATUS_SUCCESS;
}

/* A link has one value, SymbolicLinkValue of type REG_LINK. */
static BOOLEAN CmpMayHold(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type) {
    UNICODE_STRING link;
    RtlInitUnicodeString(&link, L"SymbolicLinkValue");
    return !Node->Link || (Type == REG_LINK && RtlCompareUnicodeString(Name, &link, TRUE) == 0);
}

static NTSTATUS CmpSet(PCM_KEY Key, PREG_SET_VALUE_KEY_INFORMATION Set) {
    PUNICODE_STRING name = Set->ValueName;
    if (!CmpMayHold(Key->Node, name, Set->Type))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = CmpPutValue(Key->Node, name, Set->Type, Set->Data, Set->DataSize);
    if (NT_SUCCESS(status))
        CmpReportChange(Key->Node, REG_NOTIFY_CHANGE_LAST_SET);
    return status;
}

NTSTATUS NTAPI NtSetValueKey(HANDLE Handle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG Size) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PCM_KEY key;
    PVOID copy = NULL;
    CM_CALL call;
    NTSTATUS status = ObpCaptureString(ValueName, mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    if (name.Length > CMP_MAX_VALUE_NAME) {
        status = STATUS_INVALID_PARAMETER;
        goto done;
    }
    status = CmpCaptureData(Data, Size, mode, &copy);
    if (!NT_SUCCESS(status))
        goto done;
    status = CmpReferenceKey(Handle, KEY_SET_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        goto done;
    REG_SET_VALUE_KEY_INFORMATION information = {
        .Object = key, .ValueName = &name, .TitleIndex = TitleIndex, .Type = Type, .Data = copy, .DataSize = Size};
    if (CmpPre(&call, RegNtPreSetValueKey, &information, key, &status))
        status = CmpSet(key, &information);
    status = CmpPostCall(&call, RegNtPostSetValueKey, key, status);
    ObfDereferenceObject(key);
done:
    if (copy != NULL)
        ExFreePoolWithTag(copy, CMP_TAG);
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    return status;
}

static NTSTATUS CmpUnset(PCM_KEY Key, PCUNICODE_STRING Name) {
    if (!CmpRemoveValue(Key->Node, Name))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    CmpReportChange(Key->Node, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtDeleteValueKey(HANDLE Handle, PUNICODE_STRING ValueName) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PCM_KEY key;
    CM_CALL call;
    NTSTATUS status = ObpCaptureString(ValueName, mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = CmpReferenceKey(Handle, KEY_SET_VALUE, mode, &key);
    if (NT_SUCCESS(status)) {
        REG_DELETE_VALUE_KEY_INFORMATION information = {.Object = key, .ValueName = &name};
        if (CmpPre(&call, RegNtPreDeleteValueKey, &information, key, &status))
            status = CmpUnset(key, &name);
        status = CmpPostCall(&call, RegNtPostDeleteValueKey, key, status);
        ObfDereferenceObject(key);
    }
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    return status;
}

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
    PVOID Captured = ExAllocatePoolWithTag(PagedPool, Size, CMP_TAG);
    if (Captured == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Mode == KernelMode) {
        RtlCopyMemory(Captured, Data, Size);
    } else if (!KiCopyFromUser(Captured, Data, Size)) {
        ExFreePoolWithTag(Captured, CMP_TAG);
        return STATUS_ACCESS_VIOLATION;
    }
    *Copy = Captured;
    return STATUS_SUCCESS;
}

/* A link has one value, SymbolicLinkValue of type REG_LINK. */
static BOOLEAN CmpMayHold(PCM_NODE Node, PCUNICODE_STRING Name, ULONG Type) {
    UNICODE_STRING Link;
    RtlInitUnicodeString(&Link, L"SymbolicLinkValue");
    return !Node->Link || (Type == REG_LINK && RtlCompareUnicodeString(Name, &Link, TRUE) == 0);
}

static NTSTATUS CmpSet(PCM_KEY Key, PREG_SET_VALUE_KEY_INFORMATION Set) {
    PUNICODE_STRING Name = Set->ValueName;
    if (!CmpMayHold(Key->Node, Name, Set->Type))
        return STATUS_ACCESS_DENIED;
    NTSTATUS Status = CmpPutValue(Key->Node, Name, Set->Type, Set->Data, Set->DataSize);
    if (NT_SUCCESS(Status))
        CmpReportChange(Key->Node, REG_NOTIFY_CHANGE_LAST_SET);
    return Status;
}

/* ValueName NULL is the value without a name (ZwSetValueKey's page). */
NTSTATUS NTAPI NtSetValueKey(HANDLE Handle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG Size) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING Name = {0, 0, NULL};
    PCM_KEY Key;
    PVOID Copy = NULL;
    CM_CALL Call;
    NTSTATUS Status = ValueName != NULL ? ObpCaptureString(ValueName, Mode, &Name) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Name.Length > CMP_MAX_VALUE_NAME) {
        Status = STATUS_INVALID_PARAMETER;
        goto done;
    }
    Status = CmpCaptureData(Data, Size, Mode, &Copy);
    if (!NT_SUCCESS(Status))
        goto done;
    Status = CmpReferenceKey(Handle, KEY_SET_VALUE, Mode, &Key);
    if (!NT_SUCCESS(Status))
        goto done;
    REG_SET_VALUE_KEY_INFORMATION Information = {
        .Object = Key, .ValueName = &Name, .TitleIndex = TitleIndex, .Type = Type, .Data = Copy, .DataSize = Size};
    if (CmpPre(&Call, RegNtPreSetValueKey, &Information, Key, &Status))
        Status = CmpSet(Key, &Information);
    Status = CmpPostCall(&Call, RegNtPostSetValueKey, Key, Status);
    ObfDereferenceObject(Key);
done:
    if (Copy != NULL)
        ExFreePoolWithTag(Copy, CMP_TAG);
    if (Name.Buffer != NULL)
        ExFreePool(Name.Buffer);
    return Status;
}

static NTSTATUS CmpUnset(PCM_KEY Key, PCUNICODE_STRING Name) {
    if (!CmpRemoveValue(Key->Node, Name))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    CmpReportChange(Key->Node, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtDeleteValueKey(HANDLE Handle, PUNICODE_STRING ValueName) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UNICODE_STRING Name;
    PCM_KEY Key;
    CM_CALL Call;
    NTSTATUS Status = ObpCaptureString(ValueName, Mode, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReferenceKey(Handle, KEY_SET_VALUE, Mode, &Key);
    if (NT_SUCCESS(Status)) {
        REG_DELETE_VALUE_KEY_INFORMATION Information = {.Object = Key, .ValueName = &Name};
        if (CmpPre(&Call, RegNtPreDeleteValueKey, &Information, Key, &Status))
            Status = CmpUnset(Key, &Name);
        Status = CmpPostCall(&Call, RegNtPostDeleteValueKey, Key, Status);
        ObfDereferenceObject(Key);
    }
    if (Name.Buffer != NULL)
        ExFreePool(Name.Buffer);
    return Status;
}

/* Values are set and deleted: NtSetValueKey, NtDeleteValueKey. */
#include "cm/key.h"
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

NTSTATUS NTAPI NtSetValueKey(HANDLE Handle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG Size) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PCM_KEY key;
    PVOID copy = NULL;
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
    status = CmpMayHold(key->Node, &name, Type) ? CmpPutValue(key->Node, &name, Type, copy, Size) : STATUS_ACCESS_DENIED;
    ObfDereferenceObject(key);
done:
    if (copy != NULL)
        ExFreePoolWithTag(copy, CMP_TAG);
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    return status;
}

NTSTATUS NTAPI NtDeleteValueKey(HANDLE Handle, PUNICODE_STRING ValueName) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING name;
    PCM_KEY key;
    NTSTATUS status = ObpCaptureString(ValueName, mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = CmpReferenceKey(Handle, KEY_SET_VALUE, mode, &key);
    if (NT_SUCCESS(status)) {
        if (!CmpRemoveValue(key->Node, &name))
            status = STATUS_OBJECT_NAME_NOT_FOUND;
        ObfDereferenceObject(key);
    }
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    return status;
}

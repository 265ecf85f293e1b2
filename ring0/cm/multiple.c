/* Several values at once: NtQueryMultipleValueKey ("RegQueryMultipleValues"). */
#include "cm/callback.h"
#include "ke/ke.h"

#define MAX_ENTRIES 0x10000u

/* One entry: where its data go, and whether there is room for them. Entries are the caller's, and read once. */
static NTSTATUS CmpPlaceValue(PCM_NODE Node, PKEY_VALUE_ENTRY Entry, PUCHAR Buffer, ULONG Room, PULONG Used, KPROCESSOR_MODE Mode) {
    KEY_VALUE_ENTRY entry;
    UNICODE_STRING name;
    NTSTATUS status = KiCopyIn(&entry, Entry, sizeof(entry));
    if (NT_SUCCESS(status))
        status = ObpCaptureString(entry.ValueName, Mode, &name);
    if (!NT_SUCCESS(status))
        return status;
    PCM_VALUE value = CmpFindValue(Node, &name);
    if (name.Buffer != NULL)
        ExFreePool(name.Buffer);
    if (value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG at = (*Used + sizeof(ULONG) - 1) & ~((ULONG)sizeof(ULONG) - 1);
    if (value->Size > MAXULONG - at)
        return STATUS_INVALID_PARAMETER;
    *Used = at + value->Size;
    if (*Used > Room)
        return STATUS_BUFFER_OVERFLOW;
    entry.DataLength = value->Size;
    entry.DataOffset = at;
    entry.Type = value->Type;
    status = KiCopyOut(Buffer + at, value->Data, value->Size);
    return NT_SUCCESS(status) ? KiCopyOut(Entry, &entry, sizeof(entry)) : status;
}

static NTSTATUS CmpPlaceValues(PCM_KEY Key, PREG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION Query, KPROCESSOR_MODE Mode) {
    ULONG room, used = 0, filled = 0;
    NTSTATUS status = KiCopyIn(&room, Query->BufferLength, sizeof(room)), outcome = STATUS_SUCCESS;
    for (ULONG i = 0; i < Query->EntryCount && NT_SUCCESS(status); i++) {
        status = CmpPlaceValue(Key->Node, &Query->ValueEntries[i], Query->ValueBuffer, room, &used, Mode);
        if (status == STATUS_BUFFER_OVERFLOW) {
            outcome = status;
            status = STATUS_SUCCESS;
        } else if (outcome == STATUS_SUCCESS) {
            filled = used;
        }
    }
    if (NT_SUCCESS(status))
        status = KiCopyOut(Query->BufferLength, &filled, sizeof(filled));
    if (NT_SUCCESS(status))
        status = KiCopyOutOptional(Query->RequiredBufferLength, &used, sizeof(used));
    return NT_SUCCESS(status) ? outcome : status;
}

NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE Handle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                       PULONG RequiredBufferLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PCM_KEY key;
    CM_CALL call;
    if (EntryCount > MAX_ENTRIES)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = CmpReferenceKey(Handle, KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION information = {.Object = key,
                                                            .ValueEntries = ValueEntries,
                                                            .EntryCount = EntryCount,
                                                            .ValueBuffer = ValueBuffer,
                                                            .BufferLength = BufferLength,
                                                            .RequiredBufferLength = RequiredBufferLength};
    if (CmpPre(&call, RegNtPreQueryMultipleValueKey, &information, key, &status))
        status = CmpPlaceValues(key, &information, mode);
    status = CmpPostCall(&call, RegNtPostQueryMultipleValueKey, key, status);
    ObfDereferenceObject(key);
    return status;
}

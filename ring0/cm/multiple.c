/* Several values at once: NtQueryMultipleValueKey ("RegQueryMultipleValues"). */
#include "cm/callback.h"
#include "ke/ke.h"

#define MAX_ENTRIES 0x10000u

/* One entry: where its data go, and whether there is room for them. Entries are the caller's, and read once. */
static NTSTATUS CmpPlaceValue(PCM_NODE Node, PKEY_VALUE_ENTRY Entry, PUCHAR Buffer, ULONG Room, PULONG Used, KPROCESSOR_MODE Mode) {
    KEY_VALUE_ENTRY Captured;
    UNICODE_STRING Name;
    NTSTATUS Status = KiCopyIn(&Captured, Entry, sizeof(Captured));
    if (NT_SUCCESS(Status))
        Status = ObpCaptureString(Captured.ValueName, Mode, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    PCM_VALUE Value = CmpFindValue(Node, &Name);
    if (Name.Buffer != NULL)
        ExFreePool(Name.Buffer);
    if (Value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG At = (*Used + sizeof(ULONG) - 1) & ~((ULONG)sizeof(ULONG) - 1);
    if (Value->Size > MAXULONG - At)
        return STATUS_INVALID_PARAMETER;
    *Used = At + Value->Size;
    if (*Used > Room)
        return STATUS_BUFFER_OVERFLOW;
    Captured.DataLength = Value->Size;
    Captured.DataOffset = At;
    Captured.Type = Value->Type;
    Status = KiCopyOut(Buffer + At, Value->Data, Value->Size);
    return NT_SUCCESS(Status) ? KiCopyOut(Entry, &Captured, sizeof(Captured)) : Status;
}

static NTSTATUS CmpPlaceValues(PCM_KEY Key, PREG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION Query, KPROCESSOR_MODE Mode) {
    ULONG Room, Used = 0, Filled = 0;
    NTSTATUS Status = KiCopyIn(&Room, Query->BufferLength, sizeof(Room)), Outcome = STATUS_SUCCESS;
    for (ULONG I = 0; I < Query->EntryCount && NT_SUCCESS(Status); I++) {
        Status = CmpPlaceValue(Key->Node, &Query->ValueEntries[I], Query->ValueBuffer, Room, &Used, Mode);
        if (Status == STATUS_BUFFER_OVERFLOW) {
            Outcome = Status;
            Status = STATUS_SUCCESS;
        } else if (Outcome == STATUS_SUCCESS) {
            Filled = Used;
        }
    }
    if (NT_SUCCESS(Status))
        Status = KiCopyOut(Query->BufferLength, &Filled, sizeof(Filled));
    if (NT_SUCCESS(Status))
        Status = KiCopyOutOptional(Query->RequiredBufferLength, &Used, sizeof(Used));
    return NT_SUCCESS(Status) ? Outcome : Status;
}

NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE Handle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                       PULONG RequiredBufferLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PCM_KEY Key;
    CM_CALL Call;
    if (EntryCount > MAX_ENTRIES)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = CmpReferenceKey(Handle, KEY_QUERY_VALUE, Mode, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION Information = {.Object = Key,
                                                            .ValueEntries = ValueEntries,
                                                            .EntryCount = EntryCount,
                                                            .ValueBuffer = ValueBuffer,
                                                            .BufferLength = BufferLength,
                                                            .RequiredBufferLength = RequiredBufferLength};
    if (CmpPre(&Call, RegNtPreQueryMultipleValueKey, &Information, Key, &Status))
        Status = CmpPlaceValues(Key, &Information, Mode);
    Status = CmpPostCall(&Call, RegNtPostQueryMultipleValueKey, Key, Status);
    ObfDereferenceObject(Key);
    return Status;
}

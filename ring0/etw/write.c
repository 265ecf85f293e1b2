/* Events being written. Any IRQL. */
#include "etw/etwp.h"
#include "ke/ke.h"
#include "ps/ps.h"

#define TYPE_EVENT_METADATA    1u /* EVENT_DATA_DESCRIPTOR_TYPE_* (evntprov.h), in the lowest byte of Reserved */
#define TYPE_PROVIDER_METADATA 2u
#define EVENT_MAXIMUM          0xFF00u /* bytes of one event, header and all: less than 64 KB */

static NTSTATUS EtwpCheck(ULONG Count, const EVENT_DATA_DESCRIPTOR *Data) {
    ULONG64 Size = 0;
    if (Count > MAX_EVENT_DATA_DESCRIPTORS || (Count != 0 && Data == NULL))
        return STATUS_INVALID_PARAMETER;
    for (ULONG I = 0; I < Count; I++)
        Size += Data[I].Size;
    return Size > EVENT_MAXIMUM ? STATUS_INTEGER_OVERFLOW : STATUS_SUCCESS;
}

/* Provider metadata and event metadata, if there are any, come first. Returns how many descriptors they are. */
static ULONG EtwpFindMetadata(ULONG Count, const EVENT_DATA_DESCRIPTOR *Data, const EVENT_DATA_DESCRIPTOR **Provider,
                              const EVENT_DATA_DESCRIPTOR **Event) {
    ULONG I;
    for (I = 0; I < Count; I++) {
        if ((Data[I].Reserved & 0xFF) == TYPE_PROVIDER_METADATA)
            *Provider = &Data[I];
        else if ((Data[I].Reserved & 0xFF) == TYPE_EVENT_METADATA)
            *Event = &Data[I];
        else
            break;
    }
    return I;
}

static VOID EtwpRecord(PETWP_PROVIDER Provider, PCEVENT_DESCRIPTOR Event, LPCGUID Activity, LPCGUID Related, ULONG Count,
                       const EVENT_DATA_DESCRIPTOR *Data, ULONG64 Caller) {
    const EVENT_DATA_DESCRIPTOR *ProviderData = NULL, *EventData = NULL;
    ULONG First = EtwpFindMetadata(Count, Data, &ProviderData, &EventData);
    PCSTR Name = Provider->Name;
    ETWP_TEXT Text;

    Text.Used = 0;
    if (Name == NULL && ProviderData != NULL)
        Name = EtwpTraitsName((PVOID)(ULONG_PTR)ProviderData->Ptr, ProviderData->Size);
    if (Name != NULL)
        EtwpPut(&Text, "%hs", Name);
    else
        EtwpPutGuid(&Text, &Provider->Id);
    if (EventData == NULL || !EtwpPutSelfDescribed(&Text, (PVOID)(ULONG_PTR)EventData->Ptr, EventData->Size, Data + First, Count - First)) {
        EtwpPut(&Text, " %u", Event->Id);
        for (ULONG I = First; I < Count; I++) {
            EtwpPut(&Text, I == First ? ": " : ", ");
            EtwpPutData(&Text, (PVOID)(ULONG_PTR)Data[I].Ptr, Data[I].Size);
        }
    }
    if (Event->Opcode != 0)
        EtwpPut(&Text, " opcode %u", Event->Opcode);
    if (Activity != NULL) {
        EtwpPut(&Text, " activity ");
        EtwpPutGuid(&Text, Activity);
    }
    if (Related != NULL) {
        EtwpPut(&Text, " related ");
        EtwpPutGuid(&Text, Related);
    }
    EtwpEmit(&Text, Event->Level, Caller);
}

static NTSTATUS EtwpWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR Event, LPCGUID Activity, LPCGUID Related, ULONG Count,
                          const EVENT_DATA_DESCRIPTOR *Data, ULONG64 Caller) {
    PETWP_PROVIDER Provider = EtwpProvider(RegHandle);
    NTSTATUS Status;

    if (Provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (Event == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = EtwpCheck(Count, Data);
    if (NT_SUCCESS(Status) && EtwpWants(Provider, Event->Level, Event->Keyword))
        EtwpRecord(Provider, Event, Activity, Related, Count, Data, Caller);
    return Status;
}

NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount,
                        PEVENT_DATA_DESCRIPTOR UserData) {
    return EtwpWrite(RegHandle, EventDescriptor, ActivityId, NULL, UserDataCount, UserData, CALLER());
}

NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, LPCGUID RelatedActivityId,
                                ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
    return EtwpWrite(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, CALLER());
}

/* Filter names sessions that are not to have the event; of the flags none changes what is recorded. */
NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags, LPCGUID ActivityId,
                          LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData) {
    return EtwpWrite(RegHandle, EventDescriptor, ActivityId, RelatedActivityId, UserDataCount, UserData, CALLER());
}

NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId, PCWSTR String) {
    EVENT_DESCRIPTOR Event = {.Level = Level, .Keyword = Keyword};
    EVENT_DATA_DESCRIPTOR Data = {.Ptr = (ULONG_PTR)String};

    if (String == NULL)
        return STATUS_INVALID_PARAMETER;
    Data.Size = (ULONG)((wcslen(String) + 1) * sizeof(WCHAR));
    return EtwpWrite(RegHandle, &Event, ActivityId, NULL, 1, &Data, CALLER());
}

NTSTATUS NTAPI EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId) {
    PETHREAD Thread = CONTAINING_RECORD(KiCurrentThread(), struct _ETHREAD, Tcb);
    GUID Old = Thread->ActivityId;

    if (ActivityId == NULL)
        return STATUS_INVALID_PARAMETER;
    switch (ControlCode) {
    case EVENT_ACTIVITY_CTRL_GET_ID: *ActivityId = Old; return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID: Thread->ActivityId = *ActivityId; return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_ID: return ExUuidCreate(ActivityId);
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
        Thread->ActivityId = *ActivityId;
        *ActivityId = Old;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID: *ActivityId = Old; return ExUuidCreate(&Thread->ActivityId);
    default: return STATUS_INVALID_PARAMETER;
    }
}

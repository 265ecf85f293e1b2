/* Fiber local storage: 127 slots, whose callbacks run when a thread ends. There are no fibers, so it is a thread's. */
#include "ntdllp.h"

#define FLS_SLOTS 128u

typedef struct _FLS_DATA {
    LIST_ENTRY Link;
    PVOID Values[FLS_SLOTS];
} FLS_DATA;

static RTL_CRITICAL_SECTION FlsLock = {.LockCount = -1};
static LIST_ENTRY FlsThreads = {&FlsThreads, &FlsThreads};
static PFLS_CALLBACK_FUNCTION FlsCallbacks[FLS_SLOTS];
static BOOLEAN FlsUsed[FLS_SLOTS];

NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION Callback, PULONG Index) {
    NTSTATUS status = STATUS_NO_MEMORY;
    RtlEnterCriticalSection(&FlsLock);
    for (ULONG n = 1; n < FLS_SLOTS; n++) { /* index 0 is not given out */
        if (!FlsUsed[n]) {
            FlsUsed[n] = TRUE;
            FlsCallbacks[n] = Callback;
            *Index = n;
            status = STATUS_SUCCESS;
            break;
        }
    }
    RtlLeaveCriticalSection(&FlsLock);
    return status;
}

NTSTATUS NTAPI RtlFlsFree(ULONG Index) {
    if (Index == 0 || Index >= FLS_SLOTS || !FlsUsed[Index])
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&FlsLock);
    PFLS_CALLBACK_FUNCTION callback = FlsCallbacks[Index];
    for (PLIST_ENTRY link = FlsThreads.Flink; link != &FlsThreads; link = link->Flink) {
        PVOID *value = &CONTAINING_RECORD(link, FLS_DATA, Link)->Values[Index];
        if (*value && callback)
            callback(*value);
        *value = NULL;
    }
    FlsUsed[Index] = FALSE;
    FlsCallbacks[Index] = NULL;
    RtlLeaveCriticalSection(&FlsLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsGetValue(ULONG Index, PVOID *Value) {
    if (Index == 0 || Index >= FLS_SLOTS)
        return STATUS_INVALID_PARAMETER;
    FLS_DATA *data = NtTeb()->FlsData;
    *Value = data ? data->Values[Index] : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsSetValue(ULONG Index, PVOID Value) {
    if (Index == 0 || Index >= FLS_SLOTS)
        return STATUS_INVALID_PARAMETER;
    FLS_DATA *data = NtTeb()->FlsData;
    if (!data) {
        data = RtlpAllocate(sizeof *data);
        if (!data)
            return STATUS_NO_MEMORY;
        RtlEnterCriticalSection(&FlsLock);
        RtlpInsertTail(&FlsThreads, &data->Link);
        RtlLeaveCriticalSection(&FlsLock);
        NtTeb()->FlsData = data;
    }
    data->Values[Index] = Value;
    return STATUS_SUCCESS;
}

VOID RtlpRunFlsCallbacks(VOID) {
    FLS_DATA *data = NtTeb()->FlsData;
    if (!data)
        return;
    for (ULONG n = 1; n < FLS_SLOTS; n++) {
        PVOID value = data->Values[n];
        PFLS_CALLBACK_FUNCTION callback = FlsCallbacks[n];
        data->Values[n] = NULL;
        if (value && callback)
            callback(value);
    }
    RtlEnterCriticalSection(&FlsLock);
    RtlpRemove(&data->Link);
    RtlLeaveCriticalSection(&FlsLock);
    NtTeb()->FlsData = NULL;
    RtlpFree(data);
}

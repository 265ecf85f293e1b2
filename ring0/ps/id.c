/* Ids of processes and threads. */
#include "ps/ps.h"

#define ID_TAG           'dIsP'
#define FIRST_CAPACITY   256u
#define MAXIMUM_CAPACITY 65536u

/*
 * Slot n belongs to id 4n; slot 0 is never used. Slots are given out upwards, and from the beginning again only when the table has
 * reached its limit, so that an id is not soon somebody else's.
 */
static PVOID *PspIds;
static ULONG PspIdCapacity, PspNextSlot = 1;

static BOOLEAN PspGrowIds(VOID) {
    ULONG Capacity = PspIdCapacity == 0 ? FIRST_CAPACITY : PspIdCapacity * 2;
    PVOID *Ids;

    if (Capacity > MAXIMUM_CAPACITY)
        return FALSE;
    Ids = ExAllocatePoolWithTag(NonPagedPoolNx, Capacity * sizeof(*Ids), ID_TAG);
    if (Ids == NULL)
        return FALSE;
    RtlZeroMemory(Ids, Capacity * sizeof(*Ids));
    if (PspIds != NULL) {
        RtlCopyMemory(Ids, PspIds, PspIdCapacity * sizeof(*Ids));
        ExFreePoolWithTag(PspIds, ID_TAG);
    }
    PspIds = Ids;
    PspIdCapacity = Capacity;
    return TRUE;
}

NTSTATUS PspAllocateId(PVOID Object, HANDLE *Id) {
    if (PspNextSlot >= PspIdCapacity && !PspGrowIds()) {
        if (PspIdCapacity == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
        PspNextSlot = 1;
    }
    for (ULONG Tried = 0; Tried < PspIdCapacity; Tried++) {
        ULONG Slot = PspNextSlot;

        PspNextSlot = Slot + 1;
        if (Slot == 0 || Slot >= PspIdCapacity) {
            PspNextSlot = 1;
            continue;
        }
        if (PspIds[Slot] == NULL) {
            PspIds[Slot] = Object;
            *Id = UlongToHandle(Slot * 4);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INSUFFICIENT_RESOURCES;
}

VOID PspFreeId(HANDLE Id) {
    ULONG Slot = HandleToUlong(Id) / 4;

    if (Slot != 0)
        PspIds[Slot] = NULL;
}

PVOID PspLookupId(HANDLE Id, POBJECT_TYPE Type) {
    ULONG_PTR Slot = (ULONG_PTR)Id / 4;

    if (Slot == 0 || Slot >= PspIdCapacity || PspIds[Slot] == NULL || ObpObjectType(PspIds[Slot]) != Type)
        return NULL;
    ObReferenceObject(PspIds[Slot]);
    return PspIds[Slot];
}

NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process) {
    PEPROCESS Found = PspLookupId(ProcessId, PspProcessType);

    if (Found == NULL)
        return STATUS_INVALID_CID;
    *Process = Found;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE UniqueThreadId, PETHREAD *Thread) {
    PETHREAD Found = PspLookupId(UniqueThreadId, PspThreadType);

    if (Found == NULL)
        return STATUS_INVALID_PARAMETER;
    *Thread = Found;
    return STATUS_SUCCESS;
}

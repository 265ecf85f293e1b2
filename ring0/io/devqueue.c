/* Device queues (documentation: "Device Queue Objects"): a busy flag and what waits while it is set. All at DISPATCH_LEVEL or below. */
#include "io/io.h"

VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
    RtlZeroMemory(DeviceQueue, sizeof *DeviceQueue);
    DeviceQueue->Type = 20; /* KOBJECTS.DeviceQueueObject */
    DeviceQueue->Size = sizeof(KDEVICE_QUEUE);
    InitializeListHead(&DeviceQueue->DeviceListHead);
}

static VOID Insert(PLIST_ENTRY Before, PKDEVICE_QUEUE_ENTRY Entry) {
    InsertTailList(Before, &Entry->DeviceListEntry);
    Entry->Inserted = TRUE;
}

static PKDEVICE_QUEUE_ENTRY Remove(PLIST_ENTRY Link) {
    PKDEVICE_QUEUE_ENTRY Entry = CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
    RemoveEntryList(Link);
    Entry->Inserted = FALSE;
    return Entry;
}

/* FALSE: the queue was not busy; it is now, and the entry is the caller's to work on. */
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
    DeviceQueueEntry->Inserted = FALSE;
    if (!DeviceQueue->Busy) {
        DeviceQueue->Busy = TRUE;
        return FALSE;
    }
    Insert(&DeviceQueue->DeviceListHead, DeviceQueueEntry);
    return TRUE;
}

/* In order of rising keys, behind those with the same key. */
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry, ULONG SortKey) {
    PLIST_ENTRY Link;

    DeviceQueueEntry->Inserted = FALSE;
    DeviceQueueEntry->SortKey = SortKey;
    if (!DeviceQueue->Busy) {
        DeviceQueue->Busy = TRUE;
        return FALSE;
    }
    for (Link = DeviceQueue->DeviceListHead.Flink; Link != &DeviceQueue->DeviceListHead; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey > SortKey)
            break;
    Insert(Link, DeviceQueueEntry);
    return TRUE;
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue) {
    if (IsListEmpty(&DeviceQueue->DeviceListHead)) {
        DeviceQueue->Busy = FALSE;
        return NULL;
    }
    return Remove(DeviceQueue->DeviceListHead.Flink);
}

/* The first whose key is not below SortKey, else the first of all: the head goes on in its direction and then starts over. */
static PKDEVICE_QUEUE_ENTRY RemoveByKey(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
    for (PLIST_ENTRY Link = DeviceQueue->DeviceListHead.Flink; Link != &DeviceQueue->DeviceListHead; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey >= SortKey)
            return Remove(Link);
    return Remove(DeviceQueue->DeviceListHead.Flink);
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
    if (IsListEmpty(&DeviceQueue->DeviceListHead)) {
        DeviceQueue->Busy = FALSE;
        return NULL;
    }
    return RemoveByKey(DeviceQueue, SortKey);
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey) {
    return DeviceQueue->Busy ? KeRemoveByKeyDeviceQueue(DeviceQueue, SortKey) : NULL;
}

BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry) {
    if (!DeviceQueueEntry->Inserted)
        return FALSE;
    Remove(&DeviceQueueEntry->DeviceListEntry);
    return TRUE;
}

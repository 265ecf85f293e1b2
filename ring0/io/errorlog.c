/* Error log entries. There is no event log to write them to: each becomes a message that names the driver and the codes. */
#include "io/io.h"

#include "kd/kd.h"

#define IOP_ERRORLOG_TAG 'rEoI'

typedef struct _LOG_ENTRY {
    PVOID Object;
    ULONG Size;
    DECLSPEC_ALIGN(16) IO_ERROR_LOG_PACKET Packet;
} LOG_ENTRY;

/* EntrySize: the packet with its dump data and strings, at most ERROR_LOG_MAXIMUM_SIZE. */
PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize) {
    LOG_ENTRY *Entry;

    if (!IoObject || EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE)
        return NULL;
    Entry = ExAllocatePoolWithTag(NonPagedPoolNx, FIELD_OFFSET(LOG_ENTRY, Packet) + EntrySize, IOP_ERRORLOG_TAG);
    if (!Entry)
        return NULL;
    RtlZeroMemory(Entry, FIELD_OFFSET(LOG_ENTRY, Packet) + EntrySize);
    ObfReferenceObject(IoObject);
    Entry->Object = IoObject;
    Entry->Size = EntrySize;
    return &Entry->Packet;
}

VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry) {
    LOG_ENTRY *Entry = CONTAINING_RECORD(ElEntry, LOG_ENTRY, Packet);
    ObfDereferenceObject(Entry->Object);
    ExFreePoolWithTag(Entry, IOP_ERRORLOG_TAG);
}

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry) {
    LOG_ENTRY *Entry = CONTAINING_RECORD(ElEntry, LOG_ENTRY, Packet);
    PDRIVER_OBJECT Driver = Entry->Object;

    if (*(CSHORT *)Entry->Object == IO_TYPE_DEVICE)
        Driver = ((PDEVICE_OBJECT)Entry->Object)->DriverObject;
    KdMessage("%wZ: logged the error 0x%08X, final status 0x%08X, unique value %u", &Driver->DriverName, Entry->Packet.ErrorCode,
              Entry->Packet.FinalStatus, Entry->Packet.UniqueErrorValue);
    IoFreeErrorLogEntry(ElEntry);
}

/*
 * Error log entries (documentation: "Writing to the System Event Log"). There is no event log to write them to: each becomes a message that names driver, device
 * and codes, with the insertion strings and the dump data, on standard error and in `ringside log`. As on Windows it is written by a worker thread, where names can
 * be asked for, unless the driver is at PASSIVE_LEVEL itself.
 */
#include "io/io.h"

#include "kd/kd.h"
#include "rtl/crt.h"

#define IOP_ERRORLOG_TAG 'rEoI'
#define MOST_TEXT        800u /* characters of strings and dump data: more than an entry can hold */
#define MOST_NAME        256u /* bytes of a device's name, with its UNICODE_STRING */

typedef struct _LOG_ENTRY {
    PVOID Object;
    ULONG Size;
    WORK_QUEUE_ITEM Item;
    ULONG Used;
    CHAR Text[MOST_TEXT];
    DECLSPEC_ALIGN(16) UCHAR Name[MOST_NAME];
    DECLSPEC_ALIGN(16) IO_ERROR_LOG_PACKET Packet; /* Size bytes */
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

static VOID Append(LOG_ENTRY *Entry, PCSTR Format, ...) {
    va_list Arguments;
    int Count;

    va_start(Arguments, Format);
    Count = _vsnprintf(Entry->Text + Entry->Used, MOST_TEXT - Entry->Used, Format, Arguments);
    va_end(Arguments);
    Entry->Used = Count < 0 ? MOST_TEXT - 1 : Entry->Used + (ULONG)Count;
    Entry->Text[MOST_TEXT - 1] = 0;
}

/* A driver's offsets and counts are believed as far as the entry goes. */
static VOID AppendStrings(LOG_ENTRY *Entry) {
    const WCHAR *At = (const WCHAR *)(PVOID)((PUCHAR)&Entry->Packet + Entry->Packet.StringOffset);
    const WCHAR *End = (const WCHAR *)(PVOID)((PUCHAR)&Entry->Packet + (Entry->Size & ~1u));

    for (ULONG Index = 0; Index < Entry->Packet.NumberOfStrings && At < End; Index++) {
        ULONG Length = 0;
        while (At + Length < End && At[Length])
            Length++;
        Append(Entry, "%s'%.*ws'", Index ? ", " : "; strings: ", (int)Length, At);
        At += Length + 1;
    }
}

static VOID AppendData(LOG_ENTRY *Entry) {
    const UCHAR *Data = (const UCHAR *)Entry->Packet.DumpData;
    ULONG Size = min((ULONG)Entry->Packet.DumpDataSize, Entry->Size - FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData));

    for (ULONG Index = 0; Index < Size; Index++)
        Append(Entry, "%s%02X", Index ? " " : "; data: ", Data[Index]);
}

static VOID NTAPI Write(PVOID Context) {
    static const UNICODE_STRING Nameless = RTL_CONSTANT_STRING(L"no named device");
    LOG_ENTRY *Entry = Context;
    const IO_ERROR_LOG_PACKET *Packet = &Entry->Packet;
    POBJECT_NAME_INFORMATION Name = (POBJECT_NAME_INFORMATION)(PVOID)Entry->Name;
    PDRIVER_OBJECT Driver = Entry->Object;
    ULONG Needed;
    BOOLEAN Named = FALSE;

    if (*(CSHORT *)Entry->Object == IO_TYPE_DEVICE) {
        Driver = ((PDEVICE_OBJECT)Entry->Object)->DriverObject;
        Named = NT_SUCCESS(ObQueryNameString(Entry->Object, Name, MOST_NAME, &Needed)) && Name->Name.Length;
    }
    AppendStrings(Entry);
    AppendData(Entry);
    KdMessage("%wZ: logged the error 0x%08X of %wZ, final status 0x%08X, unique value %u%s", &Driver->DriverName, Packet->ErrorCode,
              Named ? &Name->Name : &Nameless, Packet->FinalStatus, Packet->UniqueErrorValue, Entry->Text);
    IoFreeErrorLogEntry(&Entry->Packet);
}

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry) {
    LOG_ENTRY *Entry = CONTAINING_RECORD(ElEntry, LOG_ENTRY, Packet);

    if (KiCurrentIrql() == PASSIVE_LEVEL) {
        Write(Entry);
        return;
    }
    ExInitializeWorkItem(&Entry->Item, Write, Entry);
    ExQueueWorkItem(&Entry->Item, DelayedWorkQueue);
}

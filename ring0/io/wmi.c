/* WMI is not there: no data block has a provider, nobody listens for events, and a provider cannot register. */
#include "io/io.h"

#ifndef STATUS_WMI_GUID_NOT_FOUND
#define STATUS_WMI_GUID_NOT_FOUND ((NTSTATUS)0xC0000295)
#endif

NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action) { return STATUS_NOT_SUPPORTED; }

/* The event stays the caller's to free, as the page says of every failure. */
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem) { return STATUS_UNSUCCESSFUL; }

NTSTATUS NTAPI IoWMIOpenBlock(GUID *DataBlockGuid, ULONG DesiredAccess, PVOID *DataBlockObject) {
    *DataBlockObject = NULL;
    return STATUS_WMI_GUID_NOT_FOUND;
}

/* Nothing that IoWMIOpenBlock gave out can be passed to these. */
NTSTATUS NTAPI IoWMIQueryAllData(PVOID DataBlockObject, ULONG *InOutBufferSize, PVOID OutBuffer) { return STATUS_OBJECT_TYPE_MISMATCH; }

NTSTATUS NTAPI IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG *InOutBufferSize, PVOID OutBuffer) {
    return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NTAPI IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG Version, ULONG ValueBufferSize, PVOID ValueBuffer) {
    return STATUS_OBJECT_TYPE_MISMATCH;
}

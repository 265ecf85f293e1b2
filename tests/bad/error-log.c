/* Entries for the error log, from wherever drivers write them: tests/error-log.t reads what becomes of them. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static PDEVICE_OBJECT Device;

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteDevice(Device);
}

static PIO_ERROR_LOG_PACKET Allocate(PVOID Object, ULONG More, NTSTATUS Code) {
    PIO_ERROR_LOG_PACKET Packet = IoAllocateErrorLogEntry(Object, (UCHAR)(sizeof(IO_ERROR_LOG_PACKET) + More));
    Packet->ErrorCode = Code;
    Packet->FinalStatus = STATUS_IO_DEVICE_ERROR;
    Packet->UniqueErrorValue = 12;
    return Packet;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    static const WCHAR Strings[] = L"first\0second \x20AC";
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\ErrorLog");
    PIO_ERROR_LOG_PACKET Packet;
    KIRQL Irql;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Packet = Allocate(Device, 8 + sizeof Strings, (NTSTATUS)0xC0040001);
    Packet->DumpDataSize = 8;
    Packet->DumpData[0] = 0x04030201;
    Packet->DumpData[1] = 0x08070605;
    Packet->NumberOfStrings = 2;
    Packet->StringOffset = FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + 8;
    RtlCopyMemory((PUCHAR)Packet + Packet->StringOffset, Strings, sizeof Strings);
    IoWriteErrorLogEntry(Packet);

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Packet = Allocate(Device, 0, (NTSTATUS)0x80040002);
    IoWriteErrorLogEntry(Packet);
    KeLowerIrql(Irql);

    Packet = Allocate(DriverObject, 0, (NTSTATUS)0x40040003);
    Packet->NumberOfStrings = 3; /* and no room for them */
    Packet->StringOffset = 0xFFF0;
    Packet->DumpDataSize = 0xFFF0;
    IoWriteErrorLogEntry(Packet);
    return STATUS_SUCCESS;
}

/* \Device\NamedPipe, which programs know as \\.\pipe\. */
#include "npfsp.h"

DRIVER_INITIALIZE DriverEntry;

#pragma alloc_text(INIT, DriverEntry)

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\NamedPipe"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\PIPE");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    ExInitializeFastMutex(&NpNames);
    InitializeListHead(&NpPipes);
    Driver->MajorFunction[IRP_MJ_CREATE] = NpCreate;
    Driver->MajorFunction[IRP_MJ_CREATE_NAMED_PIPE] = NpCreatePipe;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = NpCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = NpClose;
    Driver->MajorFunction[IRP_MJ_READ] = NpRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = NpWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = NpFlush;
    Driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = NpFileSystemControl;
    Driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = NpQueryInformation;
    Driver->MajorFunction[IRP_MJ_SET_INFORMATION] = NpSetInformation;
    Driver->MajorFunction[IRP_MJ_QUERY_VOLUME_INFORMATION] = NpQueryVolume;
    Driver->MajorFunction[IRP_MJ_DIRECTORY_CONTROL] = NpDirectoryControl;
    Driver->MajorFunction[IRP_MJ_QUERY_SECURITY] = NpQuerySecurity;
    Driver->MajorFunction[IRP_MJ_SET_SECURITY] = NpSetSecurity;

    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_NAMED_PIPE, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Device);
    return Status;
}

/*
 * A driver in the style of first tutorials: _cdecl and UINT, switches that choose how the text comes, pragmas for INIT and PAGE, and routines
 * that return a status and complete nothing. Nothing here is to be imitated; it has to compile as it stands and work.
 */
#define _X86_

#include <wdm.h>

#include "beginner.h"

VOID Note_Unload(PDRIVER_OBJECT DriverObject);
NTSTATUS DriverEntry(PDRIVER_OBJECT pDriverObject, PUNICODE_STRING pRegistryPath);
BOOLEAN Note_IsStringTerminated(PCHAR pString, UINT uiLength);

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Note_Unload)
#pragma alloc_text(PAGE, Note_Create)
#pragma alloc_text(PAGE, Note_Close)
#pragma alloc_text(PAGE, Note_IoControl)
#pragma alloc_text(PAGE, Note_Unsupported)
#pragma alloc_text(PAGE, NOTE_WRITE)
#pragma alloc_text(PAGE, Note_IsStringTerminated)

NTSTATUS _cdecl DriverEntry(PDRIVER_OBJECT pDriverObject, PUNICODE_STRING pRegistryPath) {
    NTSTATUS NtStatus = STATUS_SUCCESS;
    UINT uiIndex = 0;
    PDEVICE_OBJECT pDeviceObject = NULL;
    UNICODE_STRING usDriverName, usDosDeviceName;

    DbgPrint("Note: DriverEntry for %wZ\r\n", pRegistryPath);

    RtlInitUnicodeString(&usDriverName, L"\\Device\\Note");
    RtlInitUnicodeString(&usDosDeviceName, L"\\DosDevices\\Note");

    NtStatus = IoCreateDevice(pDriverObject, 0, &usDriverName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &pDeviceObject);

    if (NtStatus == STATUS_SUCCESS) {
        for (uiIndex = 0; uiIndex < IRP_MJ_MAXIMUM_FUNCTION; uiIndex++)
            pDriverObject->MajorFunction[uiIndex] = Note_Unsupported;

        pDriverObject->MajorFunction[IRP_MJ_CLOSE] = Note_Close;
        pDriverObject->MajorFunction[IRP_MJ_CREATE] = Note_Create;
        pDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Note_IoControl;
        pDriverObject->MajorFunction[IRP_MJ_WRITE] = NOTE_WRITE;
        pDriverObject->DriverUnload = Note_Unload;

        pDeviceObject->Flags |= IO_TYPE;
        pDeviceObject->Flags &= (~DO_DEVICE_INITIALIZING);

        IoCreateSymbolicLink(&usDosDeviceName, &usDriverName);
    }

    return NtStatus;
}

VOID _cdecl Note_Unload(PDRIVER_OBJECT DriverObject) {
    UNICODE_STRING usDosDeviceName;

    DbgPrint("Note: Unload\r\n");
    RtlInitUnicodeString(&usDosDeviceName, L"\\DosDevices\\Note");
    IoDeleteSymbolicLink(&usDosDeviceName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS _cdecl Note_Create(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return STATUS_SUCCESS; }
NTSTATUS _cdecl Note_Close(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return STATUS_SUCCESS; }
NTSTATUS _cdecl Note_IoControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return STATUS_SUCCESS; }
NTSTATUS _cdecl Note_Unsupported(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return STATUS_NOT_SUPPORTED; }

#ifdef __USE_DIRECT__
NTSTATUS _cdecl Note_WriteDirect(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION pIoStackIrp = IoGetCurrentIrpStackLocation(Irp);
    PCHAR pWriteDataBuffer;

    if (pIoStackIrp && Irp->MdlAddress) {
        pWriteDataBuffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (pWriteDataBuffer && Note_IsStringTerminated(pWriteDataBuffer, pIoStackIrp->Parameters.Write.Length))
            DbgPrint("Note: direct: %s\n", pWriteDataBuffer);
    }
    return STATUS_SUCCESS;
}
#endif

#ifdef __USE_BUFFERED__
NTSTATUS _cdecl Note_WriteBuffered(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION pIoStackIrp = IoGetCurrentIrpStackLocation(Irp);
    PCHAR pWriteDataBuffer = (PCHAR)Irp->AssociatedIrp.SystemBuffer;

    if (pWriteDataBuffer && Note_IsStringTerminated(pWriteDataBuffer, pIoStackIrp->Parameters.Write.Length))
        DbgPrint("Note: buffered: %s\n", pWriteDataBuffer);
    return STATUS_SUCCESS;
}
#endif

#if !defined(__USE_DIRECT__) && !defined(__USE_BUFFERED__)
NTSTATUS _cdecl Note_WriteNeither(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    NTSTATUS NtStatus = STATUS_SUCCESS;
    PIO_STACK_LOCATION pIoStackIrp = NULL;
    PCHAR pWriteDataBuffer;

    pIoStackIrp = IoGetCurrentIrpStackLocation(Irp);

    if (pIoStackIrp) {
        __try {
            ProbeForRead(Irp->UserBuffer, pIoStackIrp->Parameters.Write.Length, TYPE_ALIGNMENT(char));
            pWriteDataBuffer = Irp->UserBuffer;

            if (pWriteDataBuffer) {
                if (Note_IsStringTerminated(pWriteDataBuffer, pIoStackIrp->Parameters.Write.Length))
                    DbgPrint("Note: neither: %s\n", pWriteDataBuffer);
            }
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            NtStatus = GetExceptionCode();
        }
    }

    return NtStatus;
}
#endif

BOOLEAN Note_IsStringTerminated(PCHAR pString, UINT uiLength) {
    BOOLEAN bStringIsTerminated = FALSE;
    UINT uiIndex = 0;

    while (uiIndex < uiLength && bStringIsTerminated == FALSE) {
        if (pString[uiIndex] == '\0')
            bStringIsTerminated = TRUE;
        else
            uiIndex++;
    }

    return bStringIsTerminated;
}

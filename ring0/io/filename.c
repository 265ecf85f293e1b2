/* Names of open files: with their drive letter, of their volume, and another one for a file that is being opened. */
#include "io/io.h"

#define IOP_NAME_TAG 'nFoI'

/* "C:\dir\file", in one block that the caller frees by ExFreePool. A volume without a drive letter: what IoVolumeDeviceToDosName gives. */
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION *ObjectNameInformation) {
    POBJECT_NAME_INFORMATION Information;
    UNICODE_STRING Letter;
    NTSTATUS Status;

    *ObjectNameInformation = NULL;
    Status = IoVolumeDeviceToDosName(FileObject->DeviceObject, &Letter);
    if (!NT_SUCCESS(Status))
        return Status;
    Information = ExAllocatePoolWithTag(PagedPool, sizeof *Information + Letter.Length + FileObject->FileName.Length + sizeof(WCHAR), IOP_NAME_TAG);
    if (Letter.Length + FileObject->FileName.Length > 0xFFFC)
        Status = STATUS_NAME_TOO_LONG;
    else if (!Information)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status)) {
        Information->Name.Buffer = (PWSTR)(Information + 1);
        Information->Name.Length = 0;
        Information->Name.MaximumLength = (USHORT)(Letter.Length + FileObject->FileName.Length + sizeof(WCHAR));
        RtlAppendUnicodeStringToString(&Information->Name, &Letter);
        RtlAppendUnicodeStringToString(&Information->Name, &FileObject->FileName);
        Information->Name.Buffer[Information->Name.Length / sizeof(WCHAR)] = 0;
        *ObjectNameInformation = Information;
    } else if (Information) {
        ExFreePoolWithTag(Information, IOP_NAME_TAG);
    }
    ExFreePool(Letter.Buffer);
    return Status;
}

/* Before STATUS_REPARSE. The name that is there may have been made by a file system. */
NTSTATUS NTAPI IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName, USHORT FileNameLength) {
    PWSTR Buffer = FileObject->FileName.Buffer;

    if (!Buffer)
        return STATUS_INVALID_PARAMETER;
    if (FileNameLength > FileObject->FileName.MaximumLength) {
        Buffer = ExAllocatePoolWithTag(PagedPool, (SIZE_T)FileNameLength + sizeof(WCHAR), IOP_NAME_TAG);
        if (!Buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
        ExFreePool(FileObject->FileName.Buffer);
        FileObject->FileName.Buffer = Buffer;
        FileObject->FileName.MaximumLength = FileNameLength;
    }
    RtlCopyMemory(Buffer, NewFileName, FileNameLength);
    FileObject->FileName.Length = FileNameLength;
    return STATUS_SUCCESS;
}

NTSTATUS IopQueryVolumeName(PDEVICE_OBJECT Device, PVOID *Information, PULONG Size) {
    POBJECT_NAME_INFORMATION Name;
    ULONG Length = 0, Needed;
    NTSTATUS Status;

    ObQueryNameString(Device, NULL, 0, &Length);
    Length += sizeof *Name;
    Name = ExAllocatePoolWithTag(PagedPool, Length, IOP_NAME_TAG);
    if (!Name)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObQueryNameString(Device, Name, Length, &Needed);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Name, IOP_NAME_TAG);
        return Status;
    }
    /* The answer is a count and the text: shorter than what it is made of. */
    Length = Name->Name.Length;
    RtlMoveMemory((PUCHAR)Name + sizeof(ULONG), Name->Name.Buffer, Length);
    *(PULONG)(PVOID)Name = Length;
    *Information = Name;
    *Size = sizeof(ULONG) + Length;
    return STATUS_SUCCESS;
}

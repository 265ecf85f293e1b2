/*
 * Stream file objects: file objects without a create of their own, which file systems make to describe data of a volume or of a file's (documentation of
 * IoCreateStreamFileObject, ...Ex and ...Lite). The first two get their IRP_MJ_CLEANUP when the handle goes, the third gets none.
 */
#include "io/io.h"

static PFILE_OBJECT Create(PFILE_OBJECT Like, PDEVICE_OBJECT DeviceObject) {
    PDEVICE_OBJECT Device = Like ? Like->DeviceObject : DeviceObject;
    PFILE_OBJECT File;
    NTSTATUS Status = ObCreateObject(KernelMode, IopFileType, NULL, KernelMode, NULL, sizeof(FILE_OBJECT), 0, 0, (PVOID *)&File);

    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    IopInitializeFile(File, Device, FO_STREAM_FILE | FO_HANDLE_CREATED);
    File->Vpb = Like ? Like->Vpb : NULL;
    if (File->Vpb)
        File->Vpb->ReferenceCount++;
    IopReferenceDevice(Device);
    return File;
}

/* The object's first reference is the caller's; the handle has its own. */
PFILE_OBJECT NTAPI IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject, PHANDLE FileObjectHandle) {
    PFILE_OBJECT File = Create(FileObject, DeviceObject);
    HANDLE Handle;
    NTSTATUS Status = ObpCreateHandle(File, FILE_READ_DATA, OBJ_KERNEL_HANDLE, &Handle);

    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(File);
        ExRaiseStatus(Status);
    }
    if (FileObjectHandle)
        *FileObjectHandle = Handle;
    else
        ObCloseHandle(Handle, KernelMode);
    return File;
}

PFILE_OBJECT NTAPI IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject) {
    return IoCreateStreamFileObjectEx(FileObject, DeviceObject, NULL);
}

PFILE_OBJECT NTAPI IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject) { return Create(FileObject, DeviceObject); }

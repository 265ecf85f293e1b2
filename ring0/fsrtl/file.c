/* What the library asks of an open file, by the file system's fast routines where it has them. */
#include "fsrtl/fsrtl.h"
#include "io/io.h"

/* STATUS_FILE_IS_A_DIRECTORY: it has no size ("FsRtlGetFileSize"). */
NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize) {
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(FileObject);
    PFAST_IO_QUERY_STANDARD_INFO Fast = IopFastRoutine(Device, FastIoQueryStandardInfo);
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK Iosb;
    ULONG Returned;

    if (!Fast || !Fast(FileObject, TRUE, &Standard, &Iosb, Device))
        Iosb.Status = IopQueryFile(FileObject, IRP_MJ_QUERY_INFORMATION, FileStandardInformation, &Standard, sizeof Standard, &Returned);
    if (!NT_SUCCESS(Iosb.Status))
        return Iosb.Status;
    if (Standard.Directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    *FileSize = Standard.EndOfFile;
    return STATUS_SUCCESS;
}

/* A file system that has no routine for it has its main resource taken; one without either is not asked. */
VOID NTAPI FsRtlAcquireFileExclusive(PFILE_OBJECT FileObject) {
    PDEVICE_OBJECT Device = IoGetBaseFileSystemDeviceObject(FileObject);
    PFAST_IO_ACQUIRE_FILE Fast = IopFastRoutine(Device, AcquireFileForNtCreateSection);
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;

    KeEnterCriticalRegion();
    if (Fast)
        Fast(FileObject);
    else if (Header && Header->Resource)
        ExAcquireResourceExclusiveLite(Header->Resource, TRUE);
}

VOID NTAPI FsRtlReleaseFile(PFILE_OBJECT FileObject) {
    PDEVICE_OBJECT Device = IoGetBaseFileSystemDeviceObject(FileObject);
    PFAST_IO_RELEASE_FILE Fast = IopFastRoutine(Device, ReleaseFileForNtCreateSection);
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;

    if (Fast)
        Fast(FileObject);
    else if (Header && Header->Resource)
        ExReleaseResourceLite(Header->Resource);
    KeLeaveCriticalRegion();
}

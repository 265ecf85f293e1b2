/* The file of a process's program. */
#include "io/io.h"
#include "ps/ps.h"

NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *FileObject);

/* No file stays open behind an image here: each call opens the program's file anew, and the caller dereferences what it gets. PASSIVE_LEVEL. System has no program:
   STATUS_UNSUCCESSFUL. */
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *FileObject) {
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status;

    if (Process->ImageName.Length == 0)
        return STATUS_UNSUCCESSFUL;
    InitializeObjectAttributes(&Attributes, &Process->ImageName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&File, FILE_EXECUTE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Attributes, &IoStatus, FILE_SHARE_READ | FILE_SHARE_DELETE,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(File, 0, IopFileType, KernelMode, (PVOID *)FileObject, NULL);
    ZwClose(File);
    return Status;
}

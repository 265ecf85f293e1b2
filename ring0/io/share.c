/*
 * Share access: who has a file open for what, and what each lets others do (documentation of IoCheckShareAccess and its kin). The structure and the
 * lock around it are the file system's.
 */
#include "io/io.h"

static VOID SetAccess(PFILE_OBJECT File, ACCESS_MASK Access, ULONG Share) {
    File->ReadAccess = (Access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    File->WriteAccess = (Access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    File->DeleteAccess = (Access & DELETE) != 0;
    if (!File->ReadAccess && !File->WriteAccess && !File->DeleteAccess)
        Share = 0; /* who does not take part in sharing does not count in it */
    File->SharedRead = (Share & FILE_SHARE_READ) != 0;
    File->SharedWrite = (Share & FILE_SHARE_WRITE) != 0;
    File->SharedDelete = (Share & FILE_SHARE_DELETE) != 0;
}

/* Does the file take part in sharing? One that was opened with IO_IGNORE_SHARE_ACCESS_CHECK is not seen by the others either. */
static BOOLEAN Shares(PFILE_OBJECT File) {
    if (File->FileObjectExtension && IopFileExtension(File)->IgnoreShareAccess)
        return FALSE;
    return File->ReadAccess || File->WriteAccess || File->DeleteAccess;
}

VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
    if (!Shares(FileObject))
        return;
    ShareAccess->OpenCount++;
    ShareAccess->Readers += FileObject->ReadAccess;
    ShareAccess->Writers += FileObject->WriteAccess;
    ShareAccess->Deleters += FileObject->DeleteAccess;
    ShareAccess->SharedRead += FileObject->SharedRead;
    ShareAccess->SharedWrite += FileObject->SharedWrite;
    ShareAccess->SharedDelete += FileObject->SharedDelete;
}

VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
    SetAccess(FileObject, DesiredAccess, DesiredShareAccess);
    RtlZeroMemory(ShareAccess, sizeof *ShareAccess);
    IoUpdateShareAccess(FileObject, ShareAccess);
}

NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                  BOOLEAN Update) {
    ULONG Opens = ShareAccess->OpenCount;

    SetAccess(FileObject, DesiredAccess, DesiredShareAccess);
    if (!Shares(FileObject))
        return STATUS_SUCCESS;
    if ((FileObject->ReadAccess && ShareAccess->SharedRead < Opens) || (FileObject->WriteAccess && ShareAccess->SharedWrite < Opens) ||
        (FileObject->DeleteAccess && ShareAccess->SharedDelete < Opens) || (ShareAccess->Readers && !FileObject->SharedRead) ||
        (ShareAccess->Writers && !FileObject->SharedWrite) || (ShareAccess->Deleters && !FileObject->SharedDelete))
        return STATUS_SHARING_VIOLATION;
    if (Update)
        IoUpdateShareAccess(FileObject, ShareAccess);
    return STATUS_SUCCESS;
}

/* Who may not write the file cannot keep others from reading it (documentation of IoCheckShareAccessEx, WritePermission). */
static ULONG WithoutBlocking(ULONG Share, PBOOLEAN WritePermission) { return WritePermission && !*WritePermission ? Share | FILE_SHARE_READ : Share; }

NTSTATUS NTAPI IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                    BOOLEAN Update, PBOOLEAN WritePermission) {
    return IoCheckShareAccess(DesiredAccess, WithoutBlocking(DesiredShareAccess, WritePermission), FileObject, ShareAccess, Update);
}

VOID NTAPI IoSetShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                              PBOOLEAN WritePermission) {
    IoSetShareAccess(DesiredAccess, WithoutBlocking(DesiredShareAccess, WritePermission), FileObject, ShareAccess);
}

VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess) {
    if (!Shares(FileObject))
        return;
    ShareAccess->OpenCount--;
    ShareAccess->Readers -= FileObject->ReadAccess;
    ShareAccess->Writers -= FileObject->WriteAccess;
    ShareAccess->Deleters -= FileObject->DeleteAccess;
    ShareAccess->SharedRead -= FileObject->SharedRead;
    ShareAccess->SharedWrite -= FileObject->SharedWrite;
    ShareAccess->SharedDelete -= FileObject->SharedDelete;
}

/* File control blocks. */
#include "hostfsp.h"

PHOSTFS_FCB HostfsFindFcb(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path) {
    for (PLIST_ENTRY Entry = Volume->Fcbs.Flink; Entry != &Volume->Fcbs; Entry = Entry->Flink) {
        PHOSTFS_FCB Fcb = CONTAINING_RECORD(Entry, HOSTFS_FCB, Links);
        if (RtlEqualUnicodeString(&Fcb->Path, Path, TRUE))
            return Fcb;
    }
    return NULL;
}

PHOSTFS_FCB HostfsCreateFcb(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path) {
    PHOSTFS_FCB Fcb = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Fcb), HOSTFS_TAG);
    WCHAR *Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Path->Length + sizeof(WCHAR), HOSTFS_TAG);
    PHOSTFS_NOTE Note;

    if (Fcb == NULL || Buffer == NULL)
        goto Failed;
    RtlZeroMemory(Fcb, sizeof(*Fcb));
    RtlCopyMemory(Buffer, Path->Buffer, Path->Length);
    Fcb->Path = (UNICODE_STRING){Path->Length, Path->Length, Buffer};
    Fcb->References = 1;
    Fcb->IsVolume = Path->Length == 0;
    Fcb->Header.NodeByteSize = sizeof(*Fcb);
    FsRtlInitializeFileLock(&Fcb->Locks, NULL, NULL);
    Note = HostfsFindNote(Volume, Path);
    Fcb->LacksArchive = Note != NULL && Note->Facts.HasAttributes && (Note->Facts.Attributes & FILE_ATTRIBUTE_ARCHIVE) == 0;
    InsertTailList(&Volume->Fcbs, &Fcb->Links);
    return Fcb;
Failed:
    if (Fcb != NULL)
        ExFreePoolWithTag(Fcb, HOSTFS_TAG);
    if (Buffer != NULL)
        ExFreePoolWithTag(Buffer, HOSTFS_TAG);
    return NULL;
}

VOID HostfsDereferenceFcb(PHOSTFS_FCB Fcb) {
    if (--Fcb->References != 0)
        return;
    RemoveEntryList(&Fcb->Links);
    FsRtlUninitializeFileLock(&Fcb->Locks);
    ExFreePoolWithTag(Fcb->Path.Buffer, HOSTFS_TAG);
    ExFreePoolWithTag(Fcb, HOSTFS_TAG);
}

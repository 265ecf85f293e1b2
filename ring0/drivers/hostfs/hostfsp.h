/*
 * Inside the driver of drive C: and of the shares, which are directories of the host too. Each has a device object. A file that is open has one file control block (FCB), found by its path: it holds what all who have the file open
 * share, above all share access and the wish to delete it. Each open file object has a context control block (CCB): the host's handle, and a
 * directory's place in its listing.
 *
 * FileObject->FsContext is the FCB, FsContext2 the CCB; the volume itself (an open of "\??\C:") has an FCB with an empty path and no host handle.
 */
#pragma once
#include "hal/ddk.h"
#include <ntifs.h>

#include "hal/inbox.h"
#include "hostfs.h"

#ifndef SEF_DACL_AUTO_INHERIT /* SeAssignSecurityEx's page; mingw-w64's ntifs.h lacks them */
#define SEF_DACL_AUTO_INHERIT     0x01
#define SEF_SACL_AUTO_INHERIT     0x02
#define SEF_AVOID_PRIVILEGE_CHECK 0x08
#define SEF_AVOID_OWNER_CHECK     0x10
#endif

#define HOSTFS_TAG           'sFsH'
#define HOSTFS_UNIT          4096u /* what the volume says its allocation unit is */
#define HOSTFS_MAX_COMPONENT 255u

#define HOSTFS_MAX_LABEL 64u

typedef struct _HOSTFS_SECURITY HOSTFS_SECURITY, *PHOSTFS_SECURITY; /* a descriptor and what is inherited from it: security.c */

typedef struct _HOSTFS_FACTS { /* 0: as the host has it */
    LONGLONG CreationTime, ChangeTime;
    LONGLONG HostChangeTime; /* the host's when ChangeTime was set: it holds until that one moves on */
    ULONG Attributes;        /* HOSTFS_KEPT_ATTRIBUTES; a directory's READONLY too */
    BOOLEAN HasAttributes;
} HOSTFS_FACTS, *PHOSTFS_FACTS;

#define HOSTFS_KEPT_ATTRIBUTES                                                                                                                       \
    (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE |                    \
     FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

typedef struct _HOSTFS_NOTE {
    UNICODE_STRING Path; /* behind it */
    HOSTFS_FACTS Facts;
    PHOSTFS_SECURITY Security; /* NULL: inherited */
} HOSTFS_NOTE, *PHOSTFS_NOTE;

typedef struct _HOSTFS_EXTENSION {
    FAST_MUTEX Lock; /* the FCBs: list, share access, DeletePending; the notes. Held in a critical region, at PASSIVE_LEVEL */
    LIST_ENTRY Fcbs;
    PNOTIFY_SYNC Notify;
    LIST_ENTRY Watches;  /* of directories: FsRtlNotifyFullChangeDirectory; by CCB */
    RTL_AVL_TABLE Notes; /* of PHOSTFS_NOTE, by path */
    ULONG Number;        /* 0: drive C:; from 1 on: a share */
    BOOLEAN IsMup;       /* \Device\Mup: no volume, but the way to the shares */
    CHAR HostPrefix[72]; /* what the host's paths of its files begin with: "" or "//NAME" */
    UNICODE_STRING Label;
    WCHAR LabelBuffer[HOSTFS_MAX_LABEL];
} HOSTFS_EXTENSION, *PHOSTFS_EXTENSION;

typedef struct _HOSTFS_FCB {
    FSRTL_COMMON_FCB_HEADER Header; /* what the I/O manager and filters look for; no resource, no fast I/O */
    LIST_ENTRY Links;
    ULONG References; /* file objects not yet closed */
    ULONG Handles;    /* file objects not yet cleaned up */
    BOOLEAN IsVolume;
    BOOLEAN IsDirectory;
    BOOLEAN DeletePending;
    BOOLEAN LacksArchive; /* a file whose archive attribute was taken away: writing gives it back */
    SHARE_ACCESS ShareAccess;
    SECTION_OBJECT_POINTERS Section;
    FILE_LOCK Locks;
    UNICODE_STRING Path; /* "\dir\file", "\" or "" for the volume; its buffer is this FCB's own allocation */
} HOSTFS_FCB, *PHOSTFS_FCB;

typedef struct _HOSTFS_CCB {
    int64_t Handle; /* the host's; -1 for the volume */
    BOOLEAN DeleteOnClose;
    BOOLEAN AppendOnly;     /* opened with FILE_APPEND_DATA and without FILE_WRITE_DATA: every write goes to the end */
    BOOLEAN Listing;        /* a query has been answered: Pattern is set */
    BOOLEAN AnyMatch;       /* something matched since the listing began */
    ULONG64 NextIndex;      /* of the next entry; for all directories but the root, 0 is "." and 1 is ".." */
    UNICODE_STRING Pattern; /* allocated; no buffer: everything */
} HOSTFS_CCB, *PHOSTFS_CCB;

/* name.c: PASSIVE_LEVEL. */
/* "\dir\file" -> "dir/file" in UTF-8, behind the volume's prefix; Out holds HAL_MAX_PATH bytes. STATUS_OBJECT_NAME_INVALID, STATUS_NAME_TOO_LONG. */
NTSTATUS HostfsToHostPath(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, CHAR *Out);
/* A host name -> UTF-16, its length in bytes; the buffer holds HOSTFS_MAX_COMPONENT characters. 0: it is no UTF-8. */
USHORT HostfsFromHostName(const CHAR *Name, WCHAR *Out);
/* Does a name match a pattern with * and ? or the forms that Win32 makes of them (FsRtlIsNameInExpression's rules)? Case is ignored. */
BOOLEAN HostfsMatch(PCUNICODE_STRING Pattern, PCUNICODE_STRING Name);
/* Splits off the last component, without backslashes. For "\": both are "\" and empty. */
VOID HostfsSplitPath(PCUNICODE_STRING Path, PUNICODE_STRING Parent, PUNICODE_STRING Last);

static inline VOID HostfsLock(PHOSTFS_EXTENSION Volume) {
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Volume->Lock);
}
static inline VOID HostfsUnlock(PHOSTFS_EXTENSION Volume) {
    ExReleaseFastMutexUnsafe(&Volume->Lock);
    KeLeaveCriticalRegion();
}

/* note.c: PASSIVE_LEVEL, lock held. */
VOID HostfsInitializeNotes(PHOSTFS_EXTENSION Volume);
PHOSTFS_NOTE HostfsFindNote(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path);
PHOSTFS_NOTE HostfsMakeNote(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path); /* the one there is, or a new one; NULL: no memory */
/* Those of Path and, of a directory, of all below it: they go; they belong to To from now on (without memory they go too). */
VOID HostfsForgetNotes(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory);
VOID HostfsMoveNotes(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING From, PCUNICODE_STRING To, BOOLEAN IsDirectory);
/* Facts: what is noted of Path. Info, the host's, gets the dates that have been set otherwise. */
VOID HostfsApplyNote(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, PHOSTFS_FACTS Facts, hal_file_info *Info);
ULONG HostfsAttributes(const hal_file_info *Info, const HOSTFS_FACTS *Facts);
/* Attributes are all that the file is to have; Info is how it is now. */
NTSTATUS HostfsSetAttributes(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb, int64_t Handle, const hal_file_info *Info, ULONG Attributes);

/* A file that LacksArchive has been written. The lock is not held. */
VOID HostfsMarkWritten(PHOSTFS_EXTENSION Volume, PHOSTFS_FCB Fcb);

/* security.c: PASSIVE_LEVEL, lock held. */
/* The descriptors that a new volume begins with. */
NTSTATUS HostfsCreateDefaults(PHOSTFS_EXTENSION Volume, BOOLEAN HasWindows);
/* Takes Security (may be NULL) over, and releases the one before. */
VOID HostfsSetNoteSecurity(PHOSTFS_NOTE Note, PHOSTFS_SECURITY Security);
/* The descriptor of Path, there or not; it stays the volume's. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS HostfsFindSecurity(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PSECURITY_DESCRIPTOR *Found);
/* May what is there be opened with the rights that remain to be granted, and with Besides (which the disposition needs, and nobody gets)? Grants them.
   STATUS_ACCESS_DENIED. */
NTSTATUS HostfsCheckOpen(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State, ACCESS_MASK Besides);
/* May Path be made? Grants nothing: who makes a file gets what he asks for. */
NTSTATUS HostfsCheckCreate(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State);
/* What a new file gets: *New NULL when that is what it inherits anyway. STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD, ... */
NTSTATUS HostfsAssignSecurity(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State, KPROCESSOR_MODE Mode,
                              PHOSTFS_SECURITY *New);
VOID HostfsReleaseSecurity(PHOSTFS_SECURITY Security);
/* The rights that the maker of a file that is there now has asked for become his. */
VOID HostfsGrantMaker(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory, PACCESS_STATE State);
/* Before Path moves to another directory: what it inherits in this one becomes its own. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS HostfsKeepSecurity(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, BOOLEAN IsDirectory);

/* fcb.c: PASSIVE_LEVEL, extension's lock held. */
PHOSTFS_FCB HostfsFindFcb(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path);
/* A new FCB in the list, with one reference; NULL: no memory. */
PHOSTFS_FCB HostfsCreateFcb(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path);
VOID HostfsDereferenceFcb(PHOSTFS_FCB Fcb);

/* info.c */
/* Size rounded up to whole units. */
LONGLONG HostfsAllocation(const hal_file_info *Info);

/* mup.c: PASSIVE_LEVEL. */
/* The devices of the shares, \Device\Mup, and the link UNC. What has been made stays when it fails. */
NTSTATUS HostfsCreateShares(PDRIVER_OBJECT Driver);
/* An open through \Device\Mup: STATUS_REPARSE with the share's own name in the file object. STATUS_BAD_NETWORK_PATH: no such server;
   STATUS_BAD_NETWORK_NAME: no such share. */
NTSTATUS HostfsRedirect(PFILE_OBJECT File);

/* watch.c: PASSIVE_LEVEL, or under the extension's lock. */
/* Ends the request, or keeps it until something changes. */
NTSTATUS HostfsWatch(PHOSTFS_EXTENSION Volume, PIRP Irp);
/* Something has happened to Path: FILE_NOTIFY_CHANGE_*, FILE_ACTION_*. */
VOID HostfsReport(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path, ULONG Filter, ULONG Action);
static inline ULONG HostfsNameFilter(const HOSTFS_FCB *Fcb) { return Fcb->IsDirectory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME; }

/* entry.c */
/* A device of this driver, ready but for DO_DEVICE_INITIALIZING. Number 0: drive C:. */
NTSTATUS HostfsCreateVolume(PDRIVER_OBJECT Driver, PUNICODE_STRING Name, DEVICE_TYPE Type, ULONG Characteristics, PDEVICE_OBJECT *Device);
NTSTATUS HostfsStatus(int64_t HostError); /* a negative HAL_E code */
NTSTATUS HostfsComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
/* The caller's buffer as a system address, whichever way the I/O manager passed it; NULL: no memory to map it. */
PVOID HostfsBuffer(PIRP Irp);

/* create.c, readwrite.c, setinfo.c, info.c, directory.c, volume.c */
DRIVER_DISPATCH HostfsCreate, HostfsCleanup, HostfsClose, HostfsRead, HostfsWrite, HostfsFlush, HostfsQueryInformation, HostfsSetInformation,
    HostfsDirectoryControl, HostfsQueryVolume, HostfsFileSystemControl, HostfsQuerySecurity, HostfsSetSecurity, HostfsLockControl;

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

#define HOSTFS_TAG           'sFsH'
#define HOSTFS_UNIT          4096u /* what the volume says its allocation unit is */
#define HOSTFS_MAX_COMPONENT 255u

#define HOSTFS_MAX_LABEL 64u

typedef struct _HOSTFS_EXTENSION {
    FAST_MUTEX Lock; /* the FCBs: list, share access, DeletePending */
    LIST_ENTRY Fcbs;
    PNOTIFY_SYNC Notify;
    LIST_ENTRY Watches;  /* of directories: FsRtlNotifyFullChangeDirectory; by CCB */
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

/* fcb.c: PASSIVE_LEVEL, extension's lock held. */
PHOSTFS_FCB HostfsFindFcb(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path);
/* A new FCB in the list, with one reference; NULL: no memory. */
PHOSTFS_FCB HostfsCreateFcb(PHOSTFS_EXTENSION Volume, PCUNICODE_STRING Path);
VOID HostfsDereferenceFcb(PHOSTFS_FCB Fcb);

/* info.c */
ULONG HostfsAttributes(const hal_file_info *Info);
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
    HostfsDirectoryControl, HostfsQueryVolume, HostfsFileSystemControl, HostfsLockControl;

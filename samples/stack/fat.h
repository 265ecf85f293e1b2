/*
 * The file system of the stack: FAT12, FAT16 and FAT32 on \Device\StackVolume1 and the next. A volume has one lock, a mutex; whatever reads or changes it holds it, at
 * PASSIVE_LEVEL. Layouts are those of "FAT: General Overview of On-Disk Format" and the "Microsoft FAT Specification" of 2005.
 *
 * Power may fail between any two sectors. What then holds (README.md) is kept by the order of writes:
 *   - clusters are taken in the table, and filled, before an entry or another cluster leads to them;
 *   - an entry, or the end of a chain, is written before the clusters behind it are free;
 *   - in the table the one sector that makes a change count is the last (FatFlush);
 *   - a long name is written before the short entry that it belongs to, and goes after it;
 *   - an entry changes its place by one write of one sector (FatMoveEntry), or the file's first clusters are copied and the rest handed over (handover.c).
 */
#pragma once
#include <ntifs.h>

#define SECTOR         512u
#define SLOT           32u /* bytes of a directory entry */
#define NAME_MAX       255u
#define MOST_DIRECTORY 0x200000u /* bytes of a directory: 65536 slots */
#define MOST_VOLUMES   8u
#define MOST_SLOTS     21u         /* of one entry: 20 with the long name, one with the short */
#define END_OF_CHAIN   0x0FFFFFFFu /* also what leads to no cluster */
#define ROOT           1u          /* the root directory, where a directory is named by its first cluster */
#define NO_PARENT      0xFFFFFFFFu
#define WHOLE_VOLUME   0xFFFFFFFEu /* FCB.Parent of the volume itself, opened as \\.\E:, without a path */
#define TAG            'taFS'

typedef struct _VOLUME {
    PDEVICE_OBJECT Device, Below;
    PFILE_OBJECT BelowFile;
    BOOLEAN Linked; /* the drive letter leads here */
    WCHAR Letter;
    KMUTEX Lock;
    LIST_ENTRY Files;    /* FCB.Link */
    PNOTIFY_SYNC Notify; /* guards Watches: who watches which directory */
    LIST_ENTRY Watches;
    ULONG Bits;                                           /* of an entry of the table: 12, 16, 32 */
    ULONG ClusterSectors, FatStart, FatSectors, FatCount; /* FatSectors: of one copy */
    ULONG RootStart, RootSectors;                         /* FAT12, FAT16: where the root directory is */
    ULONG RootCluster, InfoSector;                        /* FAT32: where it begins, and FSINFO */
    ULONG DataStart, Clusters;                            /* cluster numbers go from 2 to Clusters + 1 */
    PUCHAR Fat;                                           /* the table, in memory */
    PUCHAR Dirty;                                         /* a byte per sector of it */
    ULONG Free, Hint;                                     /* clusters that can be taken; where to look for one */
    BOOLEAN Changed;                                      /* and marked so on the disk */
    ULONG Serial;
    WCHAR Label[11];
    ULONG LabelLength; /* bytes */
} VOLUME, *PVOLUME;

#pragma pack(push, 1)
typedef struct _RAW_ENTRY {
    UCHAR Name[11];
    UCHAR Attributes, Case, CreateTenths;
    USHORT CreateTime, CreateDate, AccessDate, ClusterHigh, WriteTime, WriteDate, Cluster;
    ULONG Size;
} RAW_ENTRY, *PRAW_ENTRY;
#pragma pack(pop)

typedef struct _ENTRY {
    ULONG First, Last; /* offsets of its first slot and of the slot with the short name, in its directory */
    RAW_ENTRY Raw;
    UNICODE_STRING Name;
    WCHAR Text[NAME_MAX + 1];
} ENTRY, *PENTRY;

typedef struct _FCB { /* a file or directory that is open; found by where its entry is */
    FSRTL_COMMON_FCB_HEADER Header;
    LIST_ENTRY Link;
    ULONG References, Handles;
    ULONG Parent;      /* its directory; NO_PARENT: it is the root itself */
    ULONG First, Last; /* of its entry */
    RAW_ENTRY Raw;
    BOOLEAN DeletePending;
    SHARE_ACCESS Share;
    SECTION_OBJECT_POINTERS Section;
    FILE_LOCK Locks;
    UNICODE_STRING Path; /* for watchers; allocated */
} FCB, *PFCB;

typedef struct _CCB {
    ULONG Next; /* slot at which the listing goes on */
    BOOLEAN Listing, AnyMatch, DeleteOnClose;
    UNICODE_STRING Pattern; /* upper case; no buffer: everything */
} CCB, *PCCB;

static inline BOOLEAN IsDirectory(const RAW_ENTRY *Raw) { return (Raw->Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0; }
static inline ULONG ClusterBytes(const VOLUME *Volume) { return Volume->ClusterSectors * SECTOR; }
static inline BOOLEAN IsCluster(const VOLUME *Volume, ULONG Cluster) { return Cluster >= 2 && Cluster - 2 < Volume->Clusters; }

/* The first cluster of an entry, 0: it has none. The upper half is something else's in FAT12 and FAT16. */
static inline ULONG FirstOf(const VOLUME *Volume, const RAW_ENTRY *Raw) {
    ULONG Cluster = Raw->Cluster | (Volume->Bits == 32 ? (ULONG)Raw->ClusterHigh << 16 : 0);
    return IsCluster(Volume, Cluster) ? Cluster : 0;
}
static inline VOID SetFirst(const VOLUME *Volume, PRAW_ENTRY Raw, ULONG Cluster) {
    Raw->Cluster = (USHORT)Cluster;
    if (Volume->Bits == 32)
        Raw->ClusterHigh = (USHORT)(Cluster >> 16);
}
static inline ULONG DirectoryOf(const VOLUME *Volume, const FCB *Fcb) { return Fcb->Parent == NO_PARENT ? ROOT : FirstOf(Volume, &Fcb->Raw); }

/* mount.c */
NTSTATUS FatMount(PVOLUME Volume);       /* STATUS_UNRECOGNIZED_VOLUME; what is allocated is freed with the volume */
NTSTATUS FatMarkChanged(PVOLUME Volume); /* before the first change: the disk says that it is in use */
VOID FatDismount(PVOLUME Volume);        /* and no longer, with the number of free clusters */

/* store.c: sectors and chains. Buffers are nonpaged. First: a cluster, or ROOT. */
NTSTATUS FatTransfer(PVOLUME Volume, UCHAR Major, ULONG Sector, ULONG Count, PVOID Buffer);
/* The sector at this offset of a chain, and how many follow one another from there on; 0: behind its end. */
ULONG FatSectorAt(PVOLUME Volume, ULONG First, ULONG Offset, PULONG Run);
NTSTATUS FatReadWrite(PVOLUME Volume, UCHAR Major, ULONG First, ULONG Offset, ULONG Length, PUCHAR Buffer);
NTSTATUS FatZero(PVOLUME Volume, ULONG First, ULONG From, ULONG To);

/* table.c: all in memory but FatFlush. */
ULONG FatGet(PVOLUME Volume, ULONG Cluster); /* 0: it is free; END_OF_CHAIN for the last of a chain, and for what is no cluster */
VOID FatSet(PVOLUME Volume, ULONG Cluster, ULONG Value);
VOID FatCount(PVOLUME Volume); /* sets Free */
/* What has changed, to the disk; the sector with the entry of Last, if that is not 0, behind all others. */
NTSTATUS FatFlush(PVOLUME Volume, ULONG Last);
/* A cluster, taken as a chain of one; 0: there is none. Near: one whose entry lies in the same sector of the table as this cluster's, and no other. */
ULONG FatTake(PVOLUME Volume, ULONG Near);
VOID FatForget(PVOLUME Volume, ULONG First); /* frees a chain */
/* Makes the chain that begins with First (0: none) long enough for Size bytes. *Tail: where it ended, 0: nowhere; *New: the first cluster added, 0: none. To be flushed
   with Tail last, or taken back by FatShrink. STATUS_DISK_FULL: nothing is changed. */
NTSTATUS FatExtend(PVOLUME Volume, ULONG First, ULONG Size, PULONG Tail, PULONG New);
VOID FatShrink(PVOLUME Volume, ULONG Tail, ULONG New);

/* directory.c. Directory: its first cluster, or ROOT. */
/* The next entry at or behind *Slot, which moves on. STATUS_NO_MORE_FILES. Data is the directory's content. */
NTSTATUS FatNextEntry(const UCHAR *Data, ULONG Size, ULONG *Slot, PENTRY Entry);
NTSTATUS FatLoadDirectory(PVOLUME Volume, ULONG Directory, PUCHAR *Data, PULONG Size);  /* the caller frees Data */
NTSTATUS FatFind(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, PENTRY Entry); /* STATUS_OBJECT_NAME_NOT_FOUND */
BOOLEAN FatIsEmpty(PVOLUME Volume, ULONG Directory);
UCHAR FatChecksum(const UCHAR *Short); /* which ties a long name to its entry */
extern const UCHAR FatPositions[13];   /* of a long name's characters in a slot */

/* name.c: names of new entries */
BOOLEAN FatIsName(PCUNICODE_STRING Name);
/* The short name for Name in the directory Data; returns how many slots its long name needs. */
ULONG FatMakeShort(PCUNICODE_STRING Name, const UCHAR *Data, ULONG Size, UCHAR *Short);
VOID FatFillLong(PUCHAR Slots, ULONG Count, PCUNICODE_STRING Name, const UCHAR *Short);

/* entry.c: changes of directories. Entry, First and Last say afterwards where the entry is. */
NTSTATUS FatAddEntry(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, const RAW_ENTRY *Like, PENTRY Entry);
NTSTATUS FatRemoveEntry(PVOLUME Volume, ULONG Directory, ULONG First, ULONG Last);
/* Another name in the same directory, by one write of one sector. STATUS_RETRY: there is no room for it in that sector. Even: take the place of a long name that lies in
   two sectors; power that fails in between leaves the entry with its short name only. */
NTSTATUS FatMoveEntry(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, BOOLEAN Even, ULONG *First, ULONG *Last, PRAW_ENTRY Raw);
NTSTATUS FatUpdateEntry(PVOLUME Volume, ULONG Directory, ULONG Last, const RAW_ENTRY *Raw);

/* stamp.c: local time, in steps of two seconds from 1980 on */
VOID FatStamp(PRAW_ENTRY Raw, BOOLEAN Created);
LARGE_INTEGER FatTime(USHORT Date, USHORT Time);

/* file.c: open files and what they consist of */
PFCB FatFindFcb(PVOLUME Volume, ULONG Parent, ULONG Last);
PFCB FatMakeFcb(PVOLUME Volume, ULONG Parent, const ENTRY *Entry); /* the one that is there, or a new one with no references; NULL: no memory */
VOID FatDropFcb(PFCB Fcb);                                         /* unless it has references */
NTSTATUS FatUpdate(PVOLUME Volume, PFCB Fcb);
NTSTATUS FatResize(PVOLUME Volume, PFCB Fcb, ULONG Size); /* what is added is zeroes */
NTSTATUS FatDelete(PVOLUME Volume, PFCB Fcb);
NTSTATUS FatMayDelete(PVOLUME Volume, PFCB Fcb);
NTSTATUS FatTransferFile(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information);

/* handover.c: the file Fcb under another name, perhaps in another directory. */
NTSTATUS FatHandOver(PVOLUME Volume, PFCB Fcb, ULONG Directory, PCUNICODE_STRING Name, PENTRY Entry);

/* watch.c */
NTSTATUS FatSetPath(PFCB Fcb, PCUNICODE_STRING Path);
VOID FatReport(PVOLUME Volume, PFCB Fcb, ULONG Filter, ULONG Action); /* Filter 0: its name */
VOID FatReportRename(PVOLUME Volume, PFCB Fcb, PUNICODE_STRING Old);
NTSTATUS FatWatch(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File);                     /* STATUS_PENDING: the library has the request */
BOOLEAN FatMayTransfer(PIRP Irp, PFILE_OBJECT File, LONGLONG Offset, ULONG Length); /* do locks of others forbid it? */

/* The rest of the requests: create.c, information.c, list.c, volume_information.c */
NTSTATUS FatCreate(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information);
VOID FatCleanup(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File);
VOID FatClose(PFILE_OBJECT File);
NTSTATUS FatQueryInformation(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information);
NTSTATUS FatSetInformation(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File);
ULONG FatAttributes(const RAW_ENTRY *Raw);
ULONG FatAllocation(PVOLUME Volume, const RAW_ENTRY *Raw);
NTSTATUS FatList(PVOLUME Volume, PIRP Irp, PFILE_OBJECT File, ULONG_PTR *Information);
NTSTATUS FatQueryVolume(PVOLUME Volume, PIRP Irp, ULONG_PTR *Information);
PVOID FatBuffer(PIRP Irp); /* the caller's buffer, in an address that is good here; NULL: no memory */

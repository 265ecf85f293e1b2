/*
 * The file system of the stack: FAT12 and FAT16 on \Device\StackVolume1. A volume has one lock, a mutex; whatever reads or changes it holds it.
 *
 * What FAT promises when power fails is kept by the order of writes: clusters are taken in the table before an entry names them, and an entry is gone before
 * its clusters are free. At worst clusters are lost, which a check of the disk finds; no file has what is another's.
 */
#pragma once
#include <ntifs.h>

#define SECTOR       512u
#define SLOT         32u /* bytes of a directory entry */
#define NAME_MAX     255u
#define END_OF_CHAIN 0xFFFFu
#define NO_PARENT    0xFFFFFFFFu
#define TAG          'taFS'

typedef struct _VOLUME {
    PDEVICE_OBJECT Device, Below;
    PFILE_OBJECT BelowFile;
    KMUTEX Lock;
    LIST_ENTRY Files;                                                                                  /* FCB.Link */
    ULONG ClusterSectors, FatStart, FatSectors, FatCount, RootStart, RootSectors, DataStart, Clusters; /* cluster numbers go from 2 to Clusters + 1 */
    BOOLEAN Fat12;
    PUCHAR Fat;   /* the table, in memory */
    PUCHAR Dirty; /* a byte per sector of it */
    ULONG Serial;
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
    ULONG Parent;      /* first cluster of its directory, 0: the root; NO_PARENT: it is the root itself */
    ULONG First, Last; /* of its entry */
    RAW_ENTRY Raw;
    BOOLEAN DeletePending;
    SHARE_ACCESS Share;
    SECTION_OBJECT_POINTERS Section;
} FCB, *PFCB;

typedef struct _CCB {
    ULONG Next; /* slot at which the listing goes on */
    BOOLEAN Listing, AnyMatch, DeleteOnClose;
    UNICODE_STRING Pattern; /* upper case; no buffer: everything */
} CCB, *PCCB;

static inline BOOLEAN IsDirectory(const RAW_ENTRY *Raw) { return (Raw->Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0; }
static inline ULONG ClusterBytes(const VOLUME *Volume) { return Volume->ClusterSectors * SECTOR; }

/* store.c: sectors, the table, chains. Buffers are nonpaged. */
NTSTATUS FatMount(PVOLUME Volume);
NTSTATUS FatTransfer(PVOLUME Volume, UCHAR Major, ULONG Sector, ULONG Count, PVOID Buffer);
ULONG FatGet(PVOLUME Volume, ULONG Cluster); /* END_OF_CHAIN for the last, and for what is no cluster */
VOID FatSet(PVOLUME Volume, ULONG Cluster, ULONG Value);
NTSTATUS FatFlush(PVOLUME Volume);           /* what FatSet has changed, to the disk */
VOID FatForget(PVOLUME Volume, ULONG First); /* frees a chain, in memory */
ULONG FatFree(PVOLUME Volume);               /* clusters */
/* Makes the chain that begins with *First long enough for Size bytes, in memory. STATUS_DISK_FULL: nothing is changed. */
NTSTATUS FatExtend(PVOLUME Volume, ULONG *First, ULONG Size);
/* The sector at this offset of a chain, 0: behind its end. First 0: the root directory. */
ULONG FatSectorAt(PVOLUME Volume, ULONG First, ULONG Offset);
NTSTATUS FatReadWrite(PVOLUME Volume, UCHAR Major, ULONG First, ULONG Offset, ULONG Length, PUCHAR Buffer);

/* directory.c. Directory: first cluster, 0: the root. */
/* The next entry at or behind *Slot, which moves on. STATUS_NO_MORE_FILES. Data is the directory's content. */
NTSTATUS FatNextEntry(const UCHAR *Data, ULONG Size, ULONG *Slot, PENTRY Entry);
NTSTATUS FatLoadDirectory(PVOLUME Volume, ULONG Directory, PUCHAR *Data, PULONG Size);  /* the caller frees Data */
NTSTATUS FatFind(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, PENTRY Entry); /* STATUS_OBJECT_NAME_NOT_FOUND */
NTSTATUS FatAddEntry(PVOLUME Volume, ULONG Directory, PCUNICODE_STRING Name, const RAW_ENTRY *Like, PENTRY Entry);
NTSTATUS FatRemoveEntry(PVOLUME Volume, ULONG Directory, ULONG First, ULONG Last);
NTSTATUS FatUpdateEntry(PVOLUME Volume, ULONG Directory, ULONG Last, const RAW_ENTRY *Raw);
BOOLEAN FatIsEmpty(PVOLUME Volume, ULONG Directory);
BOOLEAN FatIsName(PCUNICODE_STRING Name);
VOID FatStamp(PRAW_ENTRY Raw, BOOLEAN Created);
LARGE_INTEGER FatTime(USHORT Date, USHORT Time);

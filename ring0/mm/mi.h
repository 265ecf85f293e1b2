/* What the files of mm/ share and nobody else needs. */
#pragma once
#include "ke/ke.h"
#include "mm/mm.h"
#include "rtl/avl.h"

int __cdecl _snprintf(char *Buffer, size_t Size, const char *Format, ...);
int __cdecl _vsnprintf(char *Buffer, size_t Size, const char *Format, va_list Arguments);

#define MI_PAGES(Bytes)           (((SIZE_T)(Bytes) + PAGE_SIZE - 1) / PAGE_SIZE)
#define MI_ROUND(Bytes)           (((ULONG64)(Bytes) + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1))
#define MI_ALLOCATION_GRANULARITY 0x10000ull
#define MI_NO_FRAME               (~(MM_PFN)0)

#ifndef PROCESS_VM_OPERATION /* winnt.h */
#define PROCESS_VM_OPERATION 0x0008
#define PROCESS_VM_READ      0x0010
#define PROCESS_VM_WRITE     0x0020
#endif
#ifndef PROCESS_QUERY_INFORMATION
#define PROCESS_QUERY_INFORMATION 0x0400
#endif
#ifndef MEM_IMAGE
#define MEM_IMAGE 0x1000000
#endif
#ifndef SEC_FILE
#define SEC_FILE 0x800000
#endif
#ifndef SEC_NOCACHE
#define SEC_NOCACHE 0x10000000
#endif
#ifndef SEC_IMAGE
#define SEC_IMAGE 0x1000000
#endif
#ifndef SECTION_MAP_EXECUTE
#define SECTION_MAP_EXECUTE 0x0008
#endif
#define MI_SECTION_WRITE (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)

/* ---- Frames ------------------------------------------------------------------------------------------------------------------ */
enum { MiFrameFree, MiFrameSystem, MiFrameUsed, MiFramePoolSlab, MiFramePoolBig, MiFramePoolBigRest, MiFrameContiguous };

/* What a page is used for, and what the pool remembers about one of its pages: a frame of the RAM view, or a page of the paged range. */
typedef struct _MI_POOL_PAGE {
    union {
        struct _MI_SLAB *Slab; /* MiFramePoolSlab */
        SIZE_T Bytes;          /* MiFramePoolBig, MiFrameContiguous (first page): what was asked for */
        SIZE_T Start;          /* MiFramePoolBigRest: the number of the block's first page */
    };
    ULONG Tag; /* kept after the block was freed, until the page has another use */
    UCHAR Use;
    UCHAR Kind; /* enum MI_POOL_KIND; kept too */
} MI_POOL_PAGE, *PMI_POOL_PAGE;

typedef struct _MI_PFN {
    MI_POOL_PAGE Pool;
    ULONG References;   /* owners: 0 when free */
    BOOLEAN Dirty;      /* not known to be zero */
    BOOLEAN Executable; /* its page of the RAM view has been made executable */
} MI_PFN, *PMI_PFN;
extern PMI_PFN MiPfn;

/* The last free frames are for pages that come in: who allocates without end is refused before nobody else can go on. */
#define MI_RESERVED_FRAMES 32u
static inline SIZE_T MiAvailableFrames(VOID) { return MmFreeFrames > MI_RESERVED_FRAMES ? MmFreeFrames - MI_RESERVED_FRAMES : 0; }
/* Frames that are free now, the reserved ones too: nothing goes out for them. */
BOOLEAN MiTakeFreeFrames(SIZE_T Count, MM_PFN *First);
/* As MiAllocateFrames, between Low and High (exclusive), not crossing a multiple of Boundary (a power of two; 0: any); zeroed if Zero. */
BOOLEAN MiAllocateFrameRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary, BOOLEAN Zero, MM_PFN *First);
/* Drops one reference of each of Count contiguous frames. */
VOID MiFreeFrames(MM_PFN First, SIZE_T Count);

/* ---- Kernel addresses ---------------------------------------------------------------------------------------------------------- */
/* The frame behind a kernel address, or MI_NO_FRAME; *Protection (HAL_PROT_*): what an access may do there, a pageable page being brought in first, which has
   no frame while it is out. HAL_PROT_NONE: nothing is there. */
MM_PFN MiFrameOfKernelAddress(ULONG64 Address, ULONG *Protection);
VOID MiInitializeSystemImages(VOID);
MM_PFN MiFrameOfSystemImage(ULONG64 Address, ULONG *Protection);
MM_PFN MiFrameOfSystemView(ULONG64 Address, ULONG *Protection);
/* Maps Count contiguous frames into a reserved system view, at its page Page. The view takes over no references. */
VOID MiMapSystemView(PVOID Base, SIZE_T Page, MM_PFN First, SIZE_T Count, ULONG Protection);
VOID MiUnmapSystemView(PVOID Base); /* its addresses stay reserved */
VOID MiProtectSystemView(PVOID Base, ULONG Protection);

/* Device memory from a physical address on, in whole pages; unmap: FALSE if no such view begins in the page of Base. */
PVOID MiMapDeviceMemory(ULONG64 Physical, SIZE_T Bytes);
BOOLEAN MiUnmapDeviceMemory(PVOID Base);

/* ---- Page table entries ---------------------------------------------------------------------------------------------------------- */
/* A software page table entry: frame << 12 | what the page is. 0: not committed. */
typedef ULONG64 MI_PTE;
#define MI_PTE_COMMITTED     0x001ull
#define MI_PTE_GUARD         0x002ull
#define MI_PTE_COPY          0x004ull /* shared with others until it is written to */
#define MI_PTE_LOCKED        0x008ull /* NtLockVirtualMemory */
#define MI_PTE_PROTECT_SHIFT 4        /* 3 bits: log2 of PAGE_NOACCESS ... PAGE_EXECUTE_WRITECOPY */
#define MI_PTE_OUT           0x080ull /* has no frame: in its place the slot of the paging file */
#define MI_PTE_NOCACHE       0x100ull
#define MI_PTE_WRITECOMBINE  0x200ull
#define MI_PTE_PROTOTYPE     0x400ull     /* with MI_PTE_OUT, in a view of a section: the page is the section's, and in no slot of this entry's */
#define MI_PTE_HIDDEN        0x800ull     /* kernel pages: has its frame, and the mapping is taken away until the page is touched */
#define MI_PTE_CLEAN         0x800ull     /* in a view of a file: may be written, and is not mapped so until the first write is seen */
#define MI_PTE_DIRTY         0x800ull     /* a section's own entry: differs from the file */
#define MI_PTE_STALE         0x400ull     /* a section's own entry: to be read from the file before it is mapped */
#define MI_PTE_UNOWNED       (1ull << 63) /* a view of physical memory: whoever has the frame, this entry has no reference */
#define MI_PTE_FRAME(Pte)    (((Pte) & ~MI_PTE_UNOWNED) >> 12)
#define MI_PTE_SLOT(Pte)     ((Pte) >> 12)
/* What stays when a page gets another protection. */
#define MI_PTE_KEEP (~(MI_PTE)0xFFF | MI_PTE_COMMITTED | MI_PTE_COPY | MI_PTE_LOCKED | MI_PTE_OUT | MI_PTE_PROTOTYPE | MI_PTE_CLEAN)

/* ---- Paging --------------------------------------------------------------------------------------------------------------------- */
/*
 * A page goes out when nobody but its page table entry holds its frame: a further reference (a locked MDL, a locked section of a driver) keeps it in, and
 * seen. Frames are looked for in that way when there is none free (MiReclaim).
 */
SIZE_T MiPageFileMapBytes(VOID);
VOID MiInitializePageFile(PVOID Map);
/* How many pages more may be out. */
SIZE_T MiPageFileRoom(VOID);
/* Can Count pages more be committed? Then *Out of them are out from now on, with slot 0: those for which there are no free frames. */
BOOLEAN MiChargePages(SIZE_T Count, SIZE_T *Out);
/* The contents of Frame into a slot: one page more is out. FALSE: no room, or the host has none. */
BOOLEAN MiWritePage(MM_PFN Frame, ULONG64 *Slot);
/* A page less is out: a new frame has its contents. STATUS_INSUFFICIENT_RESOURCES; STATUS_DEVICE_DATA_ERROR: they cannot be read. */
NTSTATUS MiReadPage(ULONG64 Slot, MM_PFN *Frame);
VOID MiReleaseSlot(ULONG64 Slot); /* a page less is out: nobody wants it any more */

/* Pageable kernel pages: one at Address, whose entry is *Pte. Bringing in what is neither out nor hidden does nothing. */
NTSTATUS MiBringIn(MI_PTE *Pte, ULONG64 Address, ULONG Protection);
BOOLEAN MiSendOut(MI_PTE *Pte, ULONG64 Address);
/* Hides a page if nothing keeps it in. FALSE: it stays seen. The caller tells the host. */
BOOLEAN MiHide(MI_PTE *Pte);
/* The entry of a page in paged pool or in a driver; NULL elsewhere. *Protection: what it allows when it is in. */
MI_PTE *MiKernelPte(ULONG64 Address, ULONG *Protection);
/* Nothing to do where nothing pageable is that is away; else as MiReadPage. */
NTSTATUS MiBringInKernel(ULONG64 Address);
/* What is pageable there may be touched from now on, until it is hidden again. */
VOID MiSee(ULONG64 Address);
/* Frees up to Count frames of pageable pages; how many it was. Any IRQL. */
SIZE_T MiReclaim(SIZE_T Count);

/* Paged pool: mm/paged.c. */
SIZE_T MiPagedMapBytes(VOID);
VOID MiInitializePagedPool(PVOID Map);
/* Count pages with consecutive addresses, resident, not zeroed. *First: the number of the first. */
BOOLEAN MiAllocatePagedPages(SIZE_T Count, SIZE_T *First);
VOID MiFreePagedPages(SIZE_T First, SIZE_T Count);
/* NULL outside the range. */
MI_PTE *MiPagedPte(ULONG64 Address);
VOID MiSeePaged(ULONG64 Address);
VOID MiHidePagedPool(VOID);
SIZE_T MiReclaimPagedPool(SIZE_T Count);

/* Pages of drivers: mm/sysimage.c. *Protection: HAL_PROT_*. NULL outside images. */
MI_PTE *MiSystemImagePte(ULONG64 Address, ULONG *Protection);
VOID MiSeeSystemImage(ULONG64 Address);
VOID MiHideSystemImages(VOID);
SIZE_T MiReclaimSystemImages(SIZE_T Count);

/* User memory and sections: mm/trim.c. */
SIZE_T MiReclaimUserMemory(SIZE_T Count);
SIZE_T MiReclaimSections(SIZE_T Count);

/* ---- Pool ------------------------------------------------------------------------------------------------------------------------ */
/* Paged pool that drivers allocate is pageable; what the kernel itself allocates as paged pool is not (MiPoolKernelPaged). */
enum MI_POOL_KIND { MiPoolExecutable, MiPoolNonPaged, MiPoolPaged, MiPoolKernelPaged, MiPoolKinds };
/* What the pool knows about the page of an address; NULL outside pool. *Number: the page's in its range. */
PMI_POOL_PAGE MiPoolPage(ULONG64 Address, SIZE_T *Number);
/* NULL when there is no memory. */
PVOID MiAllocatePool(ULONG Kind, SIZE_T Bytes, ULONG Tag, BOOLEAN CacheAligned);
/* Charges a new block to the current process, or frees it and says why not: STATUS_QUOTA_EXCEEDED, STATUS_INSUFFICIENT_RESOURCES. mm/quota.c. */
NTSTATUS MiChargeBlock(PVOID Block, ULONG Kind, SIZE_T Bytes);
VOID MiReturnCharge(PVOID Block); /* of a block that is about to be freed, if it was charged */
BOOLEAN MiIsCharged(PVOID Block);
BOOLEAN MiDescribePool(ULONG64 Address, CHAR *Text, SIZE_T Size);

/* ---- User address spaces ------------------------------------------------------------------------------------------------------------ */
enum { MiVadPrivate, MiVadImage, MiVadSection, MiVadMdl, MiVadPhysical };

typedef struct _MI_VAD {
    LIST_ENTRY Link;           /* by address */
    RTL_BALANCED_LINKS Branch; /* of Tree, by address too */
    ULONG64 Start, End;        /* only MiResizeVad changes them */
    ULONG64 Room, MostRoom;    /* the largest range that fits between this one and the one before it; the most of all in its subtree */
    ULONG Protect;             /* PAGE_*: as allocated */
    UCHAR Kind;
    BOOLEAN Resident;            /* the kernel uses the frames by their RAM addresses */
    PMM_IMAGE Image;             /* MiVadImage: referenced */
    struct _MI_SECTION *Section; /* MiVadSection: referenced */
    SIZE_T SectionPage;          /* its page that is at Start */
} MI_VAD, *PMI_VAD;

/* ---- runs.c: what the host has mapped of user memory, by ascending addresses ---- */
typedef struct _MI_RUN { /* pages with consecutive addresses, consecutive frames and equal access */
    ULONG64 Address, Size;
    MM_PFN Frame;
    ULONG Protection; /* HAL_PROT_ */
} MI_RUN;
#define MI_MAX_MAPPED 24576u  /* a run and the gap behind it are two areas to Linux, which allows a process 65530 (vm.max_map_count) */
BOOLEAN MiHasRoomToMap(VOID); /* for two more */
/* The first that ends behind Address; NULL: none. Good until the next change. */
MI_RUN *MiFindMapped(ULONG64 Address);
/* It overlaps none, and there is room. */
VOID MiInsertMapped(const MI_RUN *Run);
/* The list forgets [Start, End), which may leave one run more. FALSE: there was nothing. */
BOOLEAN MiCutMapped(ULONG64 Start, ULONG64 End);
/* Asks for each run, in their order, whether it stays. */
VOID MiFilterMapped(BOOLEAN (*Keep)(PVOID Context, const MI_RUN *Run), PVOID Context);

#define MI_USED 16
struct _MM_ADDRESS_SPACE {
    LIST_ENTRY Link; /* of all spaces */
    LIST_ENTRY Vads;
    RTL_AVL_TABLE Tree;     /* the Vads once more, by RtlpAvl*: no table that its routines would know */
    ULONG64 TrimNext;       /* where the next trimming goes on */
    LIST_ENTRY Secured;     /* MmSecureVirtualMemory: MI_SECURE */
    SIZE_T LockedByProgram; /* pages with MI_PTE_LOCKED */
    SIZE_T WorkingSet[2];   /* least and most pages, as the program has set them */
    MI_PTE *Root;
    LONG LockedPages;
    PEPROCESS LockingProcess;
    ULONG64 Used[MI_USED]; /* where it was mapped when it was the current one last, if not everywhere where the next one was; mapped.c */
    ULONG UsedCount;
};

/* May pages of [Start, End) get this protection, or be taken away (PAGE_NOACCESS)? Not if that is less than somebody has secured. */
BOOLEAN MiAllowsSecured(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect);
VOID MiForgetSecured(PMM_ADDRESS_SPACE Space);
PMI_VAD MiFindVad(PMM_ADDRESS_SPACE Space, ULONG64 Address);
PMI_VAD MiFindVadFrom(PMM_ADDRESS_SPACE Space, ULONG64 Address); /* the first that ends behind Address, NULL when there is none */
/* The first address (64 KiB aligned) of a free range: the lowest there is, or the highest; 0 when there is none. Size: in pages, not 0. */
ULONG64 MiFindFreeRange(PMM_ADDRESS_SPACE Space, ULONG64 Size, BOOLEAN TopDown);
BOOLEAN MiIsRangeFree(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
PMI_VAD MiInsertVad(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect, UCHAR Kind);
/* Gives up what is outside [Start, End), its pages having been taken away. */
VOID MiResizeVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad, ULONG64 Start, ULONG64 End);
/* Takes the pages, the VAD and what it refers to away. */
VOID MiDeleteVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad);

/* -1 when Protect is no valid combination. */
LONG MiProtectIndex(ULONG Protect);
MI_PTE MiProtectBits(ULONG Protect);
ULONG MiPteProtect(MI_PTE Pte);                              /* back to PAGE_* */
ULONG MiPteAccess(MI_PTE Pte);                               /* HAL_PROT_*: what the page allows once it is in */
ULONG MiPteHostProtection(MI_PTE Pte);                       /* now: nothing while it is out */
MI_PTE *MiFindPte(PMM_ADDRESS_SPACE Space, ULONG64 Address); /* NULL when its table does not exist */
/* Makes the tables of [Start, End), after which MiFindPte finds all of them. */
BOOLEAN MiMakeTables(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
#define MI_TABLE_ENTRIES 512
#define MI_LEAF_SPAN     (MI_TABLE_ENTRIES * (ULONG64)PAGE_SIZE) /* what one table of the last level speaks for */
/* For the current space, nothing for others. Unmap: the host has nothing mapped in [Start, End) any more. Synchronize: it has what the table says now. */
VOID MiUnmapUser(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
VOID MiSynchronize(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
/* Commits what is not committed of [Start, End) with zeroed frames and gives all of it Protect. STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiCommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect);
VOID MiDecommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
/* Gives a page that is shared until written a frame of its own. FALSE: out of memory. */
BOOLEAN MiBreakCopy(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte);
/* A page that is out comes in; what is mapped follows. Statuses of MiReadPage. */
NTSTATUS MiBringInUserPage(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte);
#define MI_WORKING_SET_LEAST 50 /* pages: "SetProcessWorkingSetSize", learn.microsoft.com */
#define MI_WORKING_SET_MOST  345
VOID MiInsertSpace(PMM_ADDRESS_SPACE Space); /* until its Link is removed */
/* Pages of Space go until Count frames are free; how many are. */
SIZE_T MiTrimSpace(PMM_ADDRESS_SPACE Space, SIZE_T Count);
/* Resolves a fault at Address in Space as the processor's access of that kind would. */
BOOLEAN MiResolveFault(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write, BOOLEAN Fetch, NTSTATUS *Status);
BOOLEAN MiIsUserPageAccessible(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write);

/* The address space behind a process handle, and the process, referenced. */
NTSTATUS MiReferenceSpace(HANDLE ProcessHandle, ACCESS_MASK Access, PEPROCESS *Process, PMM_ADDRESS_SPACE *Space);
/* A service's range: *Base and *Size, which it will write back, so STATUS_ACCESS_VIOLATION when that cannot be. */
NTSTATUS MiCaptureRange(PVOID *Base, PSIZE_T Size, ULONG64 *Start, ULONG64 *Length);
NTSTATUS MiReturnRange(PVOID *Base, PSIZE_T Size, ULONG64 Start, ULONG64 Length);

/* ---- Sections -------------------------------------------------------------------------------------------------------------------------- */
struct _MM_IMAGE {
    ULONG References;
    LIST_ENTRY Link;           /* of the images of files, if File is not NULL */
    struct _FILE_OBJECT *File; /* referenced; where it comes from. NULL: the file system keeps no section pointers */
    UNICODE_STRING Name;
    MM_PFN Frame; /* a pristine copy in memory layout, at its preferred base */
    SIZE_T Pages;
    ULONG64 PreferredBase;
    ULONG EntryRva;
    ULONG Subsystem;
    BOOLEAN Relocatable;
    ULONG SectionCount;
    UCHAR *PageProtect; /* log2 of PAGE_*, a byte per page */
};
NTSTATUS MiMapImage(PMM_ADDRESS_SPACE Space, PMM_IMAGE Image, PVOID *Base, SIZE_T *Size);

/* The pages of data sections: of one section of the paging file, or of all sections of one file. */
typedef struct _MI_DATA {
    LIST_ENTRY Link;
    ULONG References; /* sections */
    MI_PTE *Ptes;     /* an entry for each page, whose frame it references; 0: not committed */
    SIZE_T Pages;
    ULONG64 Size;              /* of the file, as far as it is mapped */
    struct _FILE_OBJECT *File; /* referenced; what is written to the pages goes there. NULL: the paging file alone */
    BOOLEAN Writable;          /* through File */
    BOOLEAN WrittenByKernel;   /* mapped in system space: nobody sees what is written to */
    ULONG Views;               /* of processes */
} MI_DATA, *PMI_DATA;

typedef struct _MI_SECTION { /* body of a section object */
    PMM_IMAGE Image;         /* SEC_IMAGE, else NULL */
    PMI_DATA Data;           /* referenced; NULL for images and physical memory */
    SIZE_T Pages;
    ULONG64 Size;
    ULONG Protect;
    ULONG Attributes; /* SEC_* */
    BOOLEAN Physical; /* \Device\PhysicalMemory: page n is frame n */
} MI_SECTION, *PMI_SECTION;
VOID MiReleaseSectionView(PMI_SECTION Section);
static inline MI_PTE *MiSectionPte(PMI_VAD Vad, ULONG64 Address) {
    return &Vad->Section->Data->Ptes[Vad->SectionPage + (Address - Vad->Start) / PAGE_SIZE];
}
/* Is the page the section's own, or has this process a copy? */
BOOLEAN MiIsSectionPage(PMI_VAD Vad, ULONG64 Address, MI_PTE Pte);
NTSTATUS MiBringInSectionPage(MI_PTE *Pte);
VOID MiInsertData(PMI_DATA Data);             /* until its Link is removed */
VOID MiCleanPage(PMI_DATA Data, SIZE_T Page); /* the next write to it will be seen */
/* Pages without a file, not committed. STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS MiCreateData(SIZE_T Pages, PMI_DATA *Data);
/* The pages of a file, which are made at least Size bytes, with what is in the file now but for what has been written to them since; shared with all other sections
   of the file. Writable: File may be written to. */
NTSTATUS MiReferenceFileData(struct _FILE_OBJECT *File, BOOLEAN Writable, ULONG64 Size, PMI_DATA *Data);
VOID MiDereferenceData(PMI_DATA Data); /* the last one writes back what was written */
/* Bytes of a file from its beginning on. Statuses of the file system. */
NTSTATUS MiReadFile(struct _FILE_OBJECT *File, PVOID Buffer, ULONG64 Size);
/* From the file, but for pages that differ from it because a view was written to. */
NTSTATUS MiReadPages(PMI_DATA Data, SIZE_T First, SIZE_T Count);
/* Reads what has been purged since it was read (MI_PTE_STALE). */
NTSTATUS MiFreshenData(PMI_DATA Data, SIZE_T First, SIZE_T Count);
/* The image has been made from File (NULL: nobody asks), whose file system may ask about it from now on (MmFlushImageSection); until the image goes. */
VOID MiTieImage(PMM_IMAGE Image, struct _FILE_OBJECT *File);
VOID MiUntieImage(PMM_IMAGE Image);
/* Pages that differ from the file go there. */
NTSTATUS MiFlushData(PMI_DATA Data, SIZE_T First, SIZE_T Count);
/* Commits what is not committed; every view sees it. STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiCommitData(PMI_DATA Data, SIZE_T First, SIZE_T Count);

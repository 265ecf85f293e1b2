/* What the files of mm/ share and nobody else needs. */
#pragma once
#include "ke/ke.h"
#include "mm/mm.h"

int __cdecl _snprintf(char *Buffer, size_t Size, const char *Format, ...);

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

/* ---- Frames ------------------------------------------------------------------------------------------------------------------ */
enum { MiFrameFree, MiFrameSystem, MiFrameUsed, MiFramePoolSlab, MiFramePoolBig, MiFramePoolBigRest, MiFrameContiguous };

typedef struct _MI_PFN {
    ULONG References; /* owners: 0 when free */
    UCHAR Use;
    UCHAR PoolKind;     /* pool pages, also after they were freed: enum MI_POOL_KIND */
    BOOLEAN Dirty;      /* not known to be zero */
    BOOLEAN Executable; /* its page of the RAM view has been made executable */
    union {
        struct _MI_SLAB *Slab; /* MiFramePoolSlab */
        SIZE_T Bytes;          /* MiFramePoolBig, MiFrameContiguous (first frame): what was asked for */
        MM_PFN Start;          /* MiFramePoolBigRest: the block's first frame */
    };
    ULONG Tag; /* MiFramePoolBig; kept after the block was freed, until the frame has another use */
    ULONG Unused;
} MI_PFN, *PMI_PFN;
extern PMI_PFN MiPfn;

/* As MiAllocateFrames, between Low and High (exclusive), not crossing a multiple of Boundary (a power of two; 0: any); zeroed if Zero. */
BOOLEAN MiAllocateFrameRun(SIZE_T Count, MM_PFN Low, MM_PFN High, MM_PFN Boundary, BOOLEAN Zero, MM_PFN *First);
/* Drops one reference of each of Count contiguous frames. */
VOID MiFreeFrames(MM_PFN First, SIZE_T Count);

/* ---- Kernel addresses ---------------------------------------------------------------------------------------------------------- */
/* The frame behind a kernel address and how the page may be accessed (HAL_PROT_*), or MI_NO_FRAME. */
MM_PFN MiFrameOfKernelAddress(ULONG64 Address, ULONG *Protection);
VOID MiInitializeSystemImages(VOID);
MM_PFN MiFrameOfSystemImage(ULONG64 Address, ULONG *Protection);
MM_PFN MiFrameOfSystemView(ULONG64 Address, ULONG *Protection);
/* Maps Count contiguous frames into a reserved system view, at its page Page. The view takes over no references. */
VOID MiMapSystemView(PVOID Base, SIZE_T Page, MM_PFN First, SIZE_T Count, ULONG Protection);
VOID MiProtectSystemView(PVOID Base, ULONG Protection);

/* Device memory from a physical address on, in whole pages; unmap: FALSE if no such view begins in the page of Base. */
PVOID MiMapDeviceMemory(ULONG64 Physical, SIZE_T Bytes);
BOOLEAN MiUnmapDeviceMemory(PVOID Base);

/* ---- Pool ------------------------------------------------------------------------------------------------------------------------ */
enum MI_POOL_KIND { MiPoolExecutable, MiPoolNonPaged, MiPoolPaged, MiPoolKinds };
BOOLEAN MiDescribePool(ULONG64 Address, CHAR *Text, SIZE_T Size);

/* ---- User address spaces ------------------------------------------------------------------------------------------------------------ */
/* A software page table entry: frame << 12 | what the page is. 0: not committed. */
typedef ULONG64 MI_PTE;
#define MI_PTE_COMMITTED     0x001ull
#define MI_PTE_GUARD         0x002ull
#define MI_PTE_COPY          0x004ull /* shared with others until it is written to */
#define MI_PTE_PROTECT_SHIFT 4        /* 3 bits: log2 of PAGE_NOACCESS ... PAGE_EXECUTE_WRITECOPY */
#define MI_PTE_NOCACHE       0x100ull
#define MI_PTE_WRITECOMBINE  0x200ull
#define MI_PTE_FRAME(Pte)    ((Pte) >> 12)

enum { MiVadPrivate, MiVadImage, MiVadSection, MiVadMdl };

typedef struct _MI_VAD {
    LIST_ENTRY Link; /* by address */
    ULONG64 Start, End;
    ULONG Protect; /* PAGE_*: as allocated */
    UCHAR Kind;
    ULONG Secured;               /* MmSecureVirtualMemory */
    PMM_IMAGE Image;             /* MiVadImage: referenced */
    struct _MI_SECTION *Section; /* MiVadSection: referenced */
} MI_VAD, *PMI_VAD;

/* Pages that one host call maps. */
typedef struct _MI_RUN {
    ULONG64 Address, Size;
    MM_PFN Frame;
    ULONG Protection;
} MI_RUN;

struct _MM_ADDRESS_SPACE {
    LIST_ENTRY Vads;
    MI_PTE *Root;
    LONG LockedPages;
    PEPROCESS LockingProcess;
    MI_RUN *Runs; /* what a switch to this space maps; rebuilt when not RunsValid */
    SIZE_T RunCount, RunCapacity;
    BOOLEAN RunsValid;
};

PMI_VAD MiFindVad(PMM_ADDRESS_SPACE Space, ULONG64 Address);
/* The first address (64 KiB aligned) of a free range, 0 when there is none. */
ULONG64 MiFindFreeRange(PMM_ADDRESS_SPACE Space, ULONG64 Size, BOOLEAN TopDown);
BOOLEAN MiIsRangeFree(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
PMI_VAD MiInsertVad(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect, UCHAR Kind);
/* Takes the pages, the VAD and what it refers to away. */
VOID MiDeleteVad(PMM_ADDRESS_SPACE Space, PMI_VAD Vad);

/* -1 when Protect is no valid combination. */
LONG MiProtectIndex(ULONG Protect);
MI_PTE MiProtectBits(ULONG Protect);
ULONG MiPteProtect(MI_PTE Pte); /* back to PAGE_* */
ULONG MiPteHostProtection(MI_PTE Pte);
MI_PTE *MiFindPte(PMM_ADDRESS_SPACE Space, ULONG64 Address); /* NULL when its table does not exist */
/* Makes the tables of [Start, End), after which MiFindPte finds all of them. */
BOOLEAN MiMakeTables(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
/* Tells the host about changed entries of [Start, End), if Space is the current one. */
VOID MiSynchronize(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
/* Commits what is not committed of [Start, End) with zeroed frames and gives all of it Protect. STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiCommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End, ULONG Protect);
VOID MiDecommit(PMM_ADDRESS_SPACE Space, ULONG64 Start, ULONG64 End);
/* Gives a page that is shared until written a frame of its own. FALSE: out of memory. */
BOOLEAN MiBreakCopy(PMM_ADDRESS_SPACE Space, ULONG64 Page, MI_PTE *Pte);
/* Resolves a fault at Address in Space as the processor's access of that kind would. */
BOOLEAN MiResolveFault(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write, BOOLEAN Fetch, NTSTATUS *Status);
BOOLEAN MiIsUserPageAccessible(PMM_ADDRESS_SPACE Space, ULONG64 Address, BOOLEAN Write);

/* The address space behind a process handle, and the process, referenced. */
NTSTATUS MiReferenceSpace(HANDLE ProcessHandle, ACCESS_MASK Access, PEPROCESS *Process, PMM_ADDRESS_SPACE *Space);

/* ---- Sections -------------------------------------------------------------------------------------------------------------------------- */
struct _MM_IMAGE {
    ULONG References;
    UNICODE_STRING Name;
    MM_PFN Frame; /* a pristine copy in memory layout, at its preferred base */
    SIZE_T Pages;
    ULONG64 PreferredBase;
    ULONG EntryRva;
    ULONG Subsystem;
    BOOLEAN Relocatable;
    ULONG SectionCount;
    UCHAR *PageProtect; /* log2 of PAGE_*, a byte per page */
    PVOID File;         /* the file's bytes: relocations and headers are read from here */
    SIZE_T FileSize;
};
NTSTATUS MiMapImage(PMM_ADDRESS_SPACE Space, PMM_IMAGE Image, PVOID *Base, SIZE_T *Size);

typedef struct _MI_SECTION { /* body of a section object */
    PMM_IMAGE Image;         /* SEC_IMAGE, else NULL */
    MM_PFN Frame;            /* contiguous */
    SIZE_T Pages;
    ULONG64 Size;
    ULONG Protect;
    ULONG Attributes; /* SEC_* */
} MI_SECTION, *PMI_SECTION;
VOID MiReleaseSectionView(PMI_SECTION Section);

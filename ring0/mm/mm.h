/*
 * Memory. RAM is one range of page frames, [0, hal_machine.ram_size), mapped whole at HAL_RAM_BASE: MiRamAddress() is how the
 * kernel touches any frame. Everything else is a further view of frames, made and removed through HalOps->map/unmap/protect.
 */
#pragma once
#include "nt/nt.h"
#include "nt/user.h"

typedef ULONG64 MM_PFN; /* page frame number; physical address / 4096 */

/* The type Section (MmSectionObjectType); after ObInitSystem. MiInitializeFrames and MiInitializePool come before everything, in this order. */
VOID MmInitSystem(VOID);
VOID MmCreatePhysicalMemory(VOID); /* \Device\PhysicalMemory; once the directory is there */
extern POBJECT_TYPE MmSectionObjectType;

/* ---- Page frames: mm/frame.c ------------------------------------------------------------------------------------------------ */
VOID MiInitializeFrames(VOID);
/* Count contiguous frames below Highest (a physical address, ~0: any), zeroed; FALSE when there are none. Any IRQL <= DISPATCH_LEVEL. */
BOOLEAN MiAllocateFrames(SIZE_T Count, ULONG64 Highest, MM_PFN *First);
VOID MiReferenceFrame(MM_PFN Frame);   /* a further owner: a locked MDL, a second view */
VOID MiDereferenceFrame(MM_PFN Frame); /* the last one gives the frame back */
static inline PVOID MiRamAddress(MM_PFN Frame) { return (PVOID)(HAL_RAM_BASE + Frame * PAGE_SIZE); }
extern SIZE_T MmTotalFrames, MmFreeFrames;

/* ---- Pools: mm/pool.c (ExAllocatePoolWithTag and its kin). Pool lies in the RAM view; its bookkeeping lies elsewhere, out of reach
        of an overrun. ---------------------------------------------------------------------------------------------------------- */
VOID MiInitializePool(VOID);
/* Every block that is allocated, in no order that means anything. Callback may allocate and free nothing. */
VOID MmListPool(VOID (*Callback)(PVOID Context, PVOID Block, SIZE_T Bytes, ULONG Tag, BOOLEAN Paged), PVOID Context);

/* Executable pool is made executable a page at a time, by the first fetch from it: TRUE, go on. For the trap handler, on a fetch fault
   at a kernel address. */
BOOLEAN MmResolveKernelFetch(ULONG64 Address);

/* ExAllocatePool2 and 3 (wdm.h of later kits; "POOL_FLAGS", "POOL_EXTENDED_PARAMETER", learn.microsoft.com). */
typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_USE_QUOTA         0x1ull
#define POOL_FLAG_UNINITIALIZED     0x2ull
#define POOL_FLAG_SESSION           0x4ull
#define POOL_FLAG_CACHE_ALIGNED     0x8ull
#define POOL_FLAG_RAISE_ON_FAILURE  0x20ull
#define POOL_FLAG_NON_PAGED         0x40ull
#define POOL_FLAG_NON_PAGED_EXECUTE 0x80ull
#define POOL_FLAG_PAGED             0x100ull
#define POOL_FLAG_REQUIRED_MASK     0xFFFFFFFFull
enum { PoolExtendedParameterPriority = 1, PoolExtendedParameterSecurePool, PoolExtendedParameterNumaNode };
typedef struct _POOL_EXTENDED_PARAMETER {
    ULONG64 Type : 8;
    ULONG64 Optional : 1;
    ULONG64 Reserved : 55;
    ULONG64 Value;
} POOL_EXTENDED_PARAMETER;
typedef const POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount);
VOID NTAPI ExFreePool2(PVOID Block, ULONG Tag, PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount);

/* ---- Pageable kernel memory: mm/pageable.c ----------------------------------------------------------------------------------------- */
extern SIZE_T MmPagesOut; /* committed pages without a frame */
/* The verifier's trimming is on; and there are pages that a driver may have touched since the last one. */
extern BOOLEAN MmHides, MmHasSeenPages;
/* Driver Verifier's forced IRQL checking: takes the mappings of all pageable kernel memory away that is not locked, so that a touch at DISPATCH_LEVEL or above
   is found. Called when a driver is about to raise IRQL to there. */
VOID MmHidePageable(VOID);
/* All of it out, as far as the paging file has room. */
VOID MmSendOutPageable(VOID);
/* The same for the user memory of one process; of all, with sections and kernel memory. */
typedef struct _MM_ADDRESS_SPACE *PMM_ADDRESS_SPACE;
VOID MmEmptyWorkingSet(PMM_ADDRESS_SPACE Space);
VOID MmEmptyWorkingSets(VOID);
/* mm/counters.c: what a process has, in bytes. PASSIVE_LEVEL: each of its pages is looked at. */
typedef struct _MM_USE {
    SIZE_T VirtualSize; /* reserved or committed */
    SIZE_T WorkingSet;  /* in RAM */
    SIZE_T Private;     /* committed, and nobody else's */
} MM_USE, *PMM_USE;
VOID MmQueryUse(PMM_ADDRESS_SPACE Space, PMM_USE Use);
/* A page fault at a kernel address below DISPATCH_LEVEL. TRUE: the page is in, go on. FALSE: *Status is STATUS_SUCCESS if paging has nothing to do with it, or why
   the page cannot be brought in. */
BOOLEAN MmResolveKernelFault(ULONG64 Address, NTSTATUS *Status);
/* "byte 3 of a paged pool block, ...: pageable memory, ...": FALSE if it is not pageable memory that is out or hidden. */
BOOLEAN MmDescribeAbsence(ULONG64 Address, CHAR *Text, SIZE_T Size);

/* ---- System views: mm/sysview.c ------------------------------------------------------------------------------------------------ */
/* Address space for Size bytes between HAL_SYSVIEW_START and _END, unmapped, with an unmapped page on each side; NULL when none. */
PVOID MiReserveSystemView(SIZE_T Size);
VOID MiReleaseSystemView(PVOID Base); /* unmaps it too */
/* Kernel stack with a guard page below; returns its top. NULL when out of memory. */
PVOID MmCreateKernelStackView(SIZE_T Size);
VOID MmDeleteKernelStackView(PVOID Top);

/* ---- User address spaces: mm/space.c, mapped.c, vad.c, fault.c ------------------------------------------------------------------------------ */
typedef struct _MM_ADDRESS_SPACE MM_ADDRESS_SPACE, *PMM_ADDRESS_SPACE;
NTSTATUS MmCreateAddressSpace(PMM_ADDRESS_SPACE *Space);
VOID MmDeleteAddressSpace(PMM_ADDRESS_SPACE Space); /* not while it is current */
/* Makes Space's pages the ones at user addresses. NULL unmaps user memory. Called at each thread switch whose process differs and by attach. */
VOID MmSwitchAddressSpace(PMM_ADDRESS_SPACE Space);
extern PMM_ADDRESS_SPACE MmCurrentAddressSpace;
/* A page fault that is none: the page is there and allows it, the host has only not mapped it since the last switch. It is mapped then. Any IRQL. */
BOOLEAN MmMapOnDemand(ULONG64 Address, ULONG Error);

/* What to do about a page fault. TRUE: resolved, go on (guard page of a growing stack included). FALSE: *Status is the exception
   (STATUS_ACCESS_VIOLATION, STATUS_GUARD_PAGE_VIOLATION, STATUS_STACK_OVERFLOW, or STATUS_IN_PAGE_ERROR, whose cause is then *Cause). Only for user addresses. */
BOOLEAN MmResolveUserFault(ULONG64 Address, ULONG Error, NTSTATUS *Status, NTSTATUS *Cause);
/* Would an access of this kind fault? For KiCopy*, MmIsAddressValid, probing. Covers user and kernel addresses. */
BOOLEAN MmIsRangeAccessible(PVOID Address, SIZE_T Size, BOOLEAN Write);
/* Is this an address in a mapping of I/O space outside RAM (MmMapIoSpace)? Then *Physical is where. Any IRQL. */
BOOLEAN MmDeviceAddress(ULONG64 Address, ULONG64 *Physical);
/* The pool block that Address lies in; FALSE when there is none, or it has been freed. Any IRQL. */
typedef struct _MM_POOL_BLOCK {
    PVOID Base;
    SIZE_T Bytes; /* asked for */
    ULONG Tag;
    BOOLEAN Paged;
} MM_POOL_BLOCK, *PMM_POOL_BLOCK;
BOOLEAN MmFindPoolBlock(PVOID Address, PMM_POOL_BLOCK Block);
/* Bug check facts about a kernel address: e.g. "freed nonpaged pool block, tag 'Exam', 128 bytes" in Text; FALSE when nothing is known. */
BOOLEAN MmDescribeAddress(PVOID Address, CHAR *Text, SIZE_T Size);

/* NtQueryVirtualMemory(MemoryBasicInformation): MEMORY_BASIC_INFORMATION of winnt.h. */
typedef struct _MM_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
} MM_BASIC_INFORMATION;
_Static_assert(sizeof(MM_BASIC_INFORMATION) == 48, "MEMORY_BASIC_INFORMATION");

/* System services that the DDK headers do not declare. */
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG NewProtect, PULONG OldProtect);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE Process, PVOID Base, ULONG Class, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE Process, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Read);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE Process, PVOID Base, PVOID Buffer, SIZE_T Size, PSIZE_T Written);
NTSTATUS NTAPI NtOpenSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER Offset,
                                  PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG AllocationType, ULONG Protect);
/*
 * For file systems that drivers bring ("MmFlushImageSection", "MmForceSectionClosed", "CcFlushCache", "CcPurgeCacheSection", learn.microsoft.com; ntifs.h declares
 * them). PASSIVE_LEVEL or APC_LEVEL; the pointers are those that the file objects of one file share.
 * MmFlushImageSection: FALSE if an image of the file is mapped or has a handle: it may not be written (STATUS_SHARING_VIOLATION) or deleted (STATUS_CANNOT_DELETE).
 * MmCanFileBeTruncated: FALSE if it has an image, or a data section that shows more (STATUS_USER_MAPPED_FILE). No size: if it has one at all.
 * CcFlushCache writes what was written to views of [Offset, Offset + Length), by paging I/O that comes back to the file system; the status is that of the write that failed.
 * CcPurgeCacheSection forgets these pages, written to or not: the next view reads the file anew. FALSE, and nothing is forgotten, if a process has a view or somebody
 * keeps one of them in memory.
 */

/* For file systems, PASSIVE_LEVEL: before a file is read, so that what was written to its views is in it; and after it was written, so that they have it. Cheap
   when the file is not mapped. Their own paging I/O comes back in between (IRP_PAGING_IO). */
NTSTATUS MmFlushMappedFile(PSECTION_OBJECT_POINTERS Pointers);
NTSTATUS MmRefreshMappedFile(PSECTION_OBJECT_POINTERS Pointers, ULONG64 Offset, ULONG64 Length);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, PIO_STATUS_BLOCK Result);
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG MapType);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG MapType);
/* Bytes; both ~0: the working set is emptied. STATUS_INVALID_PARAMETER. */
NTSTATUS MmSetWorkingSetSize(PMM_ADDRESS_SPACE Space, SIZE_T Least, SIZE_T Most);
VOID MmQueryWorkingSetSize(PMM_ADDRESS_SPACE Space, SIZE_T *Least, SIZE_T *Most);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID Base);
/* Undocumented export, but imported by many: copies between two processes' memory. STATUS_PARTIAL_COPY when only a part was there. */
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID From, PEPROCESS ToProcess, PVOID To, SIZE_T Size, KPROCESSOR_MODE Mode,
                                   PSIZE_T Copied);

#define MM_COPY_MEMORY_PHYSICAL 0x1u
#define MM_COPY_MEMORY_VIRTUAL  0x2u
/* MM_COPY_ADDRESS is a union of 8 bytes, passed as one. */
NTSTATUS NTAPI MmCopyMemory(PVOID To, ULONG64 From, SIZE_T Size, ULONG Flags, PSIZE_T Copied);
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS Address, SIZE_T Bytes, ULONG Protect);
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T Bytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest, PHYSICAL_ADDRESS Boundary, ULONG Protect,
                                           NODE_REQUIREMENT Node);

/* Undocumented exports, but imported by many: NtCreateSection and its kin for who has the objects. *Section is referenced; File counts if there is no handle; nobody's
   access is checked. PASSIVE_LEVEL. */
NTSTATUS NTAPI MmCreateSection(PVOID *Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER MaximumSize, ULONG Protect,
                               ULONG AllocationAttributes, HANDLE FileHandle, struct _FILE_OBJECT *File);
NTSTATUS NTAPI MmMapViewOfSection(PVOID Section, PEPROCESS Process, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER Offset,
                                  PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG AllocationType, ULONG Protect);
NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS Process, PVOID Base);

/* The kernel-internal form of NtFreeVirtualMemory on the current address space. */
NTSTATUS MmFreeUserMemory(PVOID Base, SIZE_T Size, ULONG Type);
/* The user stack of a new thread: reserve, commit and guard page as the image's header asks (0: defaults 1 MiB, 64 KiB). */
NTSTATUS MmCreateUserStack(SIZE_T Reserve, SIZE_T Commit, PVOID *Base, PVOID *Limit, PVOID *Deallocation);
/* A TEB or PEB: Size bytes read-write in user space; *Kernel is the RAM-view address of the same frames. */
NTSTATUS MmCreateUserBlock(SIZE_T Size, PVOID *User, PVOID *Kernel);

/* ---- Sections: mm/section.c ------------------------------------------------------------------------------------------------------- */
/* An image section from the bytes of File (kernel memory, copied; validated by LdrpParse...), which it references; NULL: no file. Maps privately, relocated by the kernel at map time.
   MmMapImage maps it in the current address space: base as preferred if free; *Entry is the entry point's address. */
typedef struct _MM_IMAGE MM_IMAGE, *PMM_IMAGE;
NTSTATUS MmCreateImage(const VOID *Bytes, SIZE_T Size, PCUNICODE_STRING Name, struct _FILE_OBJECT *File, PMM_IMAGE *Image);
VOID MmDereferenceImage(PMM_IMAGE Image);
NTSTATUS MmMapImage(PMM_IMAGE Image, PVOID *Base, SIZE_T *Size);
VOID MmListUserImages(PMM_ADDRESS_SPACE Space, VOID (*Callback)(PVOID Context, PVOID Base, SIZE_T Size, PCUNICODE_STRING Name), PVOID Context);

/* ---- Images in kernel memory: mm/sysimage.c, for ldr/ ----------------------------------------------------------------------------------- */
/* Frames and address space for a driver of Size bytes, read-write until MmProtectSystemImage. Base: 0 for the next free fixed address. */
NTSTATUS MmAllocateSystemImage(SIZE_T Size, PVOID *Base);
VOID MmProtectSystemImage(PVOID Address, SIZE_T Size, ULONG HalProtection);
VOID MmDiscardSystemImagePages(PVOID Address, SIZE_T Size); /* INIT sections: unmapped, frames freed */
/* From now on these pages may go, or stay; those that stay are brought in. STATUS_SUCCESS, or why one cannot be. */
NTSTATUS MmSetSystemImagePageable(PVOID Address, SIZE_T Size, BOOLEAN Pageable);
/* Locks nest. Unlock: FALSE, and nothing is changed, if a page is not locked. */
NTSTATUS MmLockSystemImagePages(PVOID Address, SIZE_T Size);
BOOLEAN MmUnlockSystemImagePages(PVOID Address, SIZE_T Size);
VOID MmFreeSystemImage(PVOID Base);

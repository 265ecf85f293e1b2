/*
 * What the classes of NtQuerySystemInformation return that kernel32 asks for too: memory and time. Layouts of Windows 10 22H2 x64 (winternl.h, and public
 * headers that follow the kernel's types). Compiles after ntifs.h and after windows.h alike.
 */
#pragma once

typedef struct _NT_SYSTEM_BASIC_INFORMATION {
    ULONG Reserved;
    ULONG TimerResolution;
    ULONG PageSize;
    ULONG NumberOfPhysicalPages;
    ULONG LowestPhysicalPageNumber;
    ULONG HighestPhysicalPageNumber;
    ULONG AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress;
    ULONG_PTR MaximumUserModeAddress;
    KAFFINITY ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
} NT_SYSTEM_BASIC_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_BASIC_INFORMATION) == 0x40, "SYSTEM_BASIC_INFORMATION");

typedef struct _NT_SYSTEM_PERFORMANCE_INFORMATION {
    LARGE_INTEGER IdleProcessTime;
    LARGE_INTEGER IoTransferCount[3]; /* read, write, other */
    ULONG IoOperationCount[3];
    ULONG AvailablePages;
    ULONG CommittedPages;
    ULONG CommitLimit;
    ULONG PeakCommitment;
    ULONG PageFaultCount;
    ULONG Faults[12]; /* copy on write to mapped write */
    ULONG PagedPoolPages;
    ULONG NonPagedPoolPages;
    ULONG PoolOperations[4];
    ULONG FreeSystemPtes;
    ULONG ResidentSystemCodePage;
    ULONG TotalSystemDriverPages;
    ULONG TotalSystemCodePages;
    ULONG LookasideHits[2];
    ULONG AvailablePagedPoolPages;
    ULONG Resident[3];
    ULONG Cache[30];
    ULONG ContextSwitches;
    ULONG TbFills[2];
    ULONG SystemCalls;
    ULONG64 DirtyPages, DirtyPageThreshold;
    LONG64 ResidentAvailablePages;
    ULONG64 SharedCommittedPages;
} NT_SYSTEM_PERFORMANCE_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_PERFORMANCE_INFORMATION) == 0x158, "SYSTEM_PERFORMANCE_INFORMATION");
#define NT_SYSTEM_PERFORMANCE_SHORTEST 0x138u /* of Windows before 10 */

typedef struct _NT_SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION {
    LARGE_INTEGER IdleTime, KernelTime, UserTime, DpcTime, InterruptTime; /* kernel time is with idle time */
    ULONG InterruptCount;
} NT_SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION) == 0x30, "SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION");

/* ntifs.h, and what Microsoft's kits have added to it that mingw-w64's does not have: see wdm.h here. */
#ifndef RINGSIDE_NTIFS
#define RINGSIDE_NTIFS
#include <ntddk.h>
#include_next <ntifs.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _MEMORY_INFORMATION_CLASS { MemoryBasicInformation } MEMORY_INFORMATION_CLASS;
typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;
NTSYSAPI NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS MemoryInformationClass,
                                             PVOID MemoryInformation, SIZE_T MemoryInformationLength, PSIZE_T ReturnLength);

#ifdef __cplusplus
}
#endif

#endif

/* What the classes of NtQuerySystemInformation return beside those of abi.h: layouts of Windows 10 22H2 x64, as winternl.h and public headers that follow the kernel's types declare them. */
#pragma once
#include "nt/abi.h"
#include "nt/counts.h"

typedef struct _NT_SYSTEM_INTERRUPT_INFORMATION {
    ULONG ContextSwitches, DpcCount, DpcRate, TimeIncrement, DpcBypassCount, ApcBypassCount;
} NT_SYSTEM_INTERRUPT_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_INTERRUPT_INFORMATION) == 0x18, "SYSTEM_INTERRUPT_INFORMATION");

typedef struct _NT_PROCESS_MODULE_INFORMATION_EX { /* RTL_PROCESS_MODULE_INFORMATION_EX */
    USHORT NextOffset;
    NT_PROCESS_MODULE_INFORMATION BaseInfo;
    ULONG ImageChecksum;
    ULONG TimeDateStamp;
    PVOID DefaultBase;
} NT_PROCESS_MODULE_INFORMATION_EX;
_Static_assert(sizeof(NT_PROCESS_MODULE_INFORMATION_EX) == 0x140, "RTL_PROCESS_MODULE_INFORMATION_EX");

typedef struct _NT_SYSTEM_HANDLE { /* SYSTEM_HANDLE_TABLE_ENTRY_INFO */
    USHORT UniqueProcessId, CreatorBackTraceIndex;
    UCHAR ObjectTypeIndex, HandleAttributes;
    USHORT HandleValue;
    PVOID Object;
    ULONG GrantedAccess;
} NT_SYSTEM_HANDLE;
_Static_assert(sizeof(NT_SYSTEM_HANDLE) == 0x18, "SYSTEM_HANDLE_TABLE_ENTRY_INFO");

typedef struct _NT_SYSTEM_HANDLE_EX { /* SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX */
    PVOID Object;
    ULONG_PTR UniqueProcessId, HandleValue;
    ULONG GrantedAccess;
    USHORT CreatorBackTraceIndex, ObjectTypeIndex;
    ULONG HandleAttributes, Reserved;
} NT_SYSTEM_HANDLE_EX;
_Static_assert(sizeof(NT_SYSTEM_HANDLE_EX) == 0x28, "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX");

typedef struct _NT_SYSTEM_POOLTAG {
    ULONG Tag;
    struct {
        ULONG Allocs, Frees;
        SIZE_T Used;
    } Paged, NonPaged;
} NT_SYSTEM_POOLTAG;
_Static_assert(sizeof(NT_SYSTEM_POOLTAG) == 0x28, "SYSTEM_POOLTAG");

typedef struct _NT_SYSTEM_BIGPOOL_ENTRY {
    ULONG_PTR Address; /* bit 0: nonpaged */
    SIZE_T Size;
    ULONG Tag;
} NT_SYSTEM_BIGPOOL_ENTRY;
_Static_assert(sizeof(NT_SYSTEM_BIGPOOL_ENTRY) == 0x18, "SYSTEM_BIGPOOL_ENTRY");

typedef struct _NT_SYSTEM_BOOT_ENVIRONMENT_INFORMATION {
    GUID BootIdentifier;
    ULONG FirmwareType; /* 1: BIOS */
    ULONG64 BootFlags;
} NT_SYSTEM_BOOT_ENVIRONMENT_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_BOOT_ENVIRONMENT_INFORMATION) == 0x20, "SYSTEM_BOOT_ENVIRONMENT_INFORMATION");

typedef struct _NT_SYSTEM_PROCESS_ID_INFORMATION {
    HANDLE ProcessId;
    UNICODE_STRING ImageName; /* the caller's buffer */
} NT_SYSTEM_PROCESS_ID_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_PROCESS_ID_INFORMATION) == 0x18, "SYSTEM_PROCESS_ID_INFORMATION");

typedef struct _NT_SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
    KAFFINITY ProcessorMask;
    ULONG Relationship;
    union {
        UCHAR Flags;
        ULONG NodeNumber;
        ULONG64 Reserved[2];
    };
} NT_SYSTEM_LOGICAL_PROCESSOR_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_LOGICAL_PROCESSOR_INFORMATION) == 0x20, "SYSTEM_LOGICAL_PROCESSOR_INFORMATION");

typedef struct _NT_SYSTEM_FIRMWARE_TABLE_INFORMATION {
    ULONG ProviderSignature; /* 'ACPI', 'RSMB', 'FIRM', or a driver's */
    ULONG Action;            /* 0: list, 1: get */
    ULONG TableID;
    ULONG TableBufferLength;
    UCHAR TableBuffer[];
} NT_SYSTEM_FIRMWARE_TABLE_INFORMATION;
_Static_assert(sizeof(NT_SYSTEM_FIRMWARE_TABLE_INFORMATION) == 0x10, "SYSTEM_FIRMWARE_TABLE_INFORMATION");

typedef NTSTATUS(__cdecl *NT_FIRMWARE_TABLE_ROUTINE)(NT_SYSTEM_FIRMWARE_TABLE_INFORMATION *Table);
typedef struct _NT_SYSTEM_FIRMWARE_TABLE_HANDLER {
    ULONG ProviderSignature;
    BOOLEAN Register;
    NT_FIRMWARE_TABLE_ROUTINE FirmwareTableHandler;
    PVOID DriverObject;
} NT_SYSTEM_FIRMWARE_TABLE_HANDLER;
_Static_assert(sizeof(NT_SYSTEM_FIRMWARE_TABLE_HANDLER) == 0x18, "SYSTEM_FIRMWARE_TABLE_HANDLER");

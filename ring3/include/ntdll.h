/*
 * What ring3's DLLs know of ntdll beyond <windows.h>: the system services, the structures they take, and the Rtl and Ldr functions.
 * Layouts and numbers are those of the WDK's and SDK's documentation; do not mix this header with winternl.h.
 *
 * Nt functions may be called by any thread; pointers are the caller's, and the kernel checks them.
 */
#pragma once
#ifndef _NTSYSTEM_
#define _NTSYSTEM_ /* calls into ntdll go through the import library's thunks */
#endif
#define WIN32_NO_STATUS
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntdef.h>
#include <ntstatus.h>
#include <stdarg.h>
#include <string.h>
#include "nt/counts.h"
#include "nt/create.h"
#include "nt/user.h"

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef VOID(NTAPI *PIO_APC_ROUTINE)(PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG Reserved);
typedef VOID(NTAPI *PKNORMAL_ROUTINE)(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2);

#define NtCurrentProcess() ((HANDLE)(LONG_PTR) - 1)
#define NtCurrentThread()  ((HANDLE)(LONG_PTR) - 2)
static inline NT_TEB *NtTeb(void) {
    NT_TEB *teb;
    __asm__("movq %%gs:0x30, %0" : "=r"(teb));
    return teb;
}
static inline NT_PEB *NtPeb(void) { return NtTeb()->Peb; }

/* ---- Files ------------------------------------------------------------------------------------------------------------ */
#ifndef FILE_SUPERSEDE
#define FILE_SUPERSEDE                 0
#define FILE_OPEN                      1
#define FILE_CREATE                    2
#define FILE_OPEN_IF                   3
#define FILE_OVERWRITE                 4
#define FILE_OVERWRITE_IF              5
#define FILE_DIRECTORY_FILE            0x1
#define FILE_WRITE_THROUGH             0x2
#define FILE_SEQUENTIAL_ONLY           0x4
#define FILE_NO_INTERMEDIATE_BUFFERING 0x8
#define FILE_SYNCHRONOUS_IO_ALERT      0x10
#define FILE_SYNCHRONOUS_IO_NONALERT   0x20
#define FILE_NON_DIRECTORY_FILE        0x40
#define FILE_RANDOM_ACCESS             0x800
#define FILE_DELETE_ON_CLOSE           0x1000
#define FILE_OPEN_FOR_BACKUP_INTENT    0x4000
#define FILE_OPEN_REPARSE_POINT        0x200000
#endif
#define FILE_OPENED_      1 /* IO_STATUS_BLOCK.Information after NtCreateFile */
#define FILE_CREATED_     2
#define FILE_OVERWRITTEN_ 3

enum { /* FILE_INFORMATION_CLASS */
       FileDirectoryInformation_ = 1,
       FileBothDirectoryInformation_ = 3,
       FileBasicInformation_ = 4,
       FileStandardInformation_ = 5,
       FileInternalInformation_ = 6,
       FileRenameInformation_ = 10,
       FileDispositionInformation_ = 13,
       FilePositionInformation_ = 14,
       FileModeInformation_ = 16,
       FileAllocationInformation_ = 19,
       FileEndOfFileInformation_ = 20,
       FileCompletionInformation_ = 30,
       FileIoCompletionNotificationInformation_ = 41
};
typedef struct _NT_FILE_COMPLETION_INFORMATION {
    HANDLE Port;
    PVOID Key;
} NT_FILE_COMPLETION_INFORMATION;
typedef struct _NT_FILE_BASIC_INFORMATION {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    ULONG FileAttributes;
} NT_FILE_BASIC_INFORMATION;
typedef struct _NT_FILE_STANDARD_INFORMATION {
    LARGE_INTEGER AllocationSize, EndOfFile;
    ULONG NumberOfLinks;
    BOOLEAN DeletePending, Directory;
} NT_FILE_STANDARD_INFORMATION;
typedef struct _NT_FILE_NETWORK_OPEN_INFORMATION {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile;
    ULONG FileAttributes;
} NT_FILE_NETWORK_OPEN_INFORMATION;
typedef struct _NT_FILE_RENAME_INFORMATION {
    BOOLEAN ReplaceIfExists;
    HANDLE RootDirectory;
    ULONG FileNameLength;
    WCHAR FileName[1];
} NT_FILE_RENAME_INFORMATION;
typedef struct _NT_FILE_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset, FileIndex;
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile, AllocationSize;
    ULONG FileAttributes, FileNameLength, EaSize;
    CCHAR ShortNameLength;
    WCHAR ShortName[12];
    WCHAR FileName[1];
} NT_FILE_BOTH_DIR_INFORMATION;
enum { FileFsVolumeInformation_ = 1, FileFsSizeInformation_ = 3, FileFsDeviceInformation_ = 4, FileFsAttributeInformation_ = 5 };
typedef struct _NT_FILE_FS_DEVICE_INFORMATION {
    ULONG DeviceType, Characteristics;
} NT_FILE_FS_DEVICE_INFORMATION;
typedef struct _NT_FILE_FS_SIZE_INFORMATION {
    LARGE_INTEGER TotalAllocationUnits, AvailableAllocationUnits;
    ULONG SectorsPerAllocationUnit, BytesPerSector;
} NT_FILE_FS_SIZE_INFORMATION;

NTSTATUS NTAPI NtCreateFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PLARGE_INTEGER AllocationSize, ULONG Attributes, ULONG Share,
                            ULONG Disposition, ULONG Options, PVOID Ea, ULONG EaLength);
NTSTATUS NTAPI NtOpenFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG Share, ULONG Options);
NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG Key);
NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG Key);
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, ULONG Code, PVOID In, ULONG InLength,
                                     PVOID Out, ULONG OutLength);
NTSTATUS NTAPI NtFsControlFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, ULONG Code, PVOID In, ULONG InLength,
                               PVOID Out, ULONG OutLength);
NTSTATUS NTAPI NtQueryInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG Class);
NTSTATUS NTAPI NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG Class);
NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG Class);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG Class,
                                    BOOLEAN ReturnSingleEntry, PUNICODE_STRING Pattern, BOOLEAN RestartScan);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES, NT_FILE_BASIC_INFORMATION *);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES, NT_FILE_NETWORK_OPEN_INFORMATION *);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtLockFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, PLARGE_INTEGER Offset, PLARGE_INTEGER Length,
                          ULONG Key, BOOLEAN FailImmediately, BOOLEAN Exclusive);
NTSTATUS NTAPI NtUnlockFile(HANDLE, PIO_STATUS_BLOCK, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, ULONG Key);
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE, HANDLE Event, PIO_APC_ROUTINE, PVOID ApcContext, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG Filter,
                                           BOOLEAN Subtree);
NTSTATUS NTAPI NtCancelIoFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE, PIO_STATUS_BLOCK Request, PIO_STATUS_BLOCK);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE Thread, PIO_STATUS_BLOCK Request, PIO_STATUS_BLOCK);
#define NT_IO_COMPLETION_ALL_ACCESS 0x1F0003
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG Threads);
NTSTATUS NTAPI NtCreateJobObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtOpenJobObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtAssignProcessToJobObject(HANDLE Job, HANDLE Process);
NTSTATUS NTAPI NtTerminateJobObject(HANDLE, NTSTATUS);
NTSTATUS NTAPI NtIsProcessInJob(HANDLE Process, HANDLE Job);
NTSTATUS NTAPI NtQueryInformationJobObject(HANDLE, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetInformationJobObject(HANDLE, ULONG Class, PVOID, ULONG);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE, PVOID Key, PVOID ApcContext, NTSTATUS, ULONG_PTR Information);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE, PVOID *Key, PVOID *ApcContext, PIO_STATUS_BLOCK, PLARGE_INTEGER);
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE, PVOID Entries, ULONG Count, PULONG Removed, PLARGE_INTEGER, BOOLEAN Alertable);

/* ---- Objects ---------------------------------------------------------------------------------------------------------- */
#define DIRECTORY_QUERY           0x1
#define DIRECTORY_TRAVERSE        0x2
#define DIRECTORY_CREATE_OBJECT   0x4
#define SYMBOLIC_LINK_QUERY       0x1
#define SYMBOLIC_LINK_ALL_ACCESS_ 0xF0001
typedef struct _NT_OBJECT_HANDLE_FLAGS {
    BOOLEAN Inherit, ProtectFromClose;
} NT_OBJECT_HANDLE_FLAGS;
enum { ObjectHandleFlagInformation_ = 4 };

NTSTATUS NTAPI NtClose(HANDLE);
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, PHANDLE Target, ACCESS_MASK, ULONG Attributes,
                                 ULONG Options);
NTSTATUS NTAPI NtQueryObject(HANDLE, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetInformationObject(HANDLE, ULONG Class, PVOID, ULONG);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE);
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE, PVOID, ULONG, BOOLEAN Single, BOOLEAN Restart, PULONG Context, PULONG);
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PUNICODE_STRING Target);
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE, PUNICODE_STRING, PULONG);
typedef struct _OBJECT_DIRECTORY_INFORMATION {
    UNICODE_STRING Name, TypeName;
} OBJECT_DIRECTORY_INFORMATION;

/* ---- Dispatcher objects and waits ------------------------------------------------------------------------------------- */
enum { NtNotificationEvent, NtSynchronizationEvent };
NTSTATUS NTAPI NtCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG Type, BOOLEAN InitialState);
NTSTATUS NTAPI NtOpenEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtResetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtClearEvent(HANDLE);
NTSTATUS NTAPI NtPulseEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG Share, ULONG Disposition, ULONG Options,
                                     ULONG Type, ULONG ReadMode, ULONG CompletionMode, ULONG MaximumInstances, ULONG InboundQuota,
                                     ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout);
NTSTATUS NTAPI NtCreateMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN InitialOwner);
NTSTATUS NTAPI NtOpenMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtReleaseMutant(HANDLE, PLONG);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG Count, LONG Limit);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE, LONG, PLONG);
NTSTATUS NTAPI NtCreateTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG Type);
NTSTATUS NTAPI NtOpenTimer(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtSetTimer(HANDLE, PLARGE_INTEGER, PTIMERAPCROUTINE, PVOID Context, BOOLEAN Resume, LONG Period, PBOOLEAN Previous);
NTSTATUS NTAPI NtCancelTimer(HANDLE, PBOOLEAN);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE, BOOLEAN Alertable, PLARGE_INTEGER);
enum { NtWaitAll, NtWaitAny };
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG, HANDLE *, ULONG Type, BOOLEAN Alertable, PLARGE_INTEGER);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE, HANDLE, BOOLEAN Alertable, PLARGE_INTEGER);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER);
NTSTATUS NTAPI NtYieldExecution(VOID);
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER);
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId);
NTSTATUS NTAPI NtTestAlert(VOID);

/* ---- Memory ----------------------------------------------------------------------------------------------------------- */
enum { NtViewShare = 1, NtViewUnmap = 2 };
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, PVOID *, ULONG_PTR ZeroBits, PSIZE_T, ULONG Type, ULONG Protect);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG Type);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG Protect, PULONG OldProtect);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, PVOID, ULONG Class, PVOID, SIZE_T, PSIZE_T);
#define MemoryMappedFilenameInformation_ 2u
#define MemoryWorkingSetExInformation_   4u
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE, PVOID, SIZE_T);
NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG Protect, ULONG Attributes, HANDLE File);
NTSTATUS NTAPI NtOpenSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE Process, PVOID *, ULONG_PTR ZeroBits, SIZE_T Commit, PLARGE_INTEGER, PSIZE_T, ULONG Inherit,
                                  ULONG Type, ULONG Protect);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE Process, PVOID *, PSIZE_T, PIO_STATUS_BLOCK);
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE Process, PVOID *, PSIZE_T, ULONG MapType);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE Process, PVOID *, PSIZE_T, ULONG MapType);

/* ---- Processes and threads -------------------------------------------------------------------------------------------- */
typedef struct _NT_PROCESS_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    NT_PEB *PebBaseAddress;
    ULONG_PTR AffinityMask;
    LONG BasePriority;
    ULONG_PTR UniqueProcessId, InheritedFromUniqueProcessId;
} NT_PROCESS_BASIC_INFORMATION;
typedef struct _NT_KERNEL_USER_TIMES {
    LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime;
} NT_KERNEL_USER_TIMES;
typedef struct _NT_THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    NT_TEB *TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    LONG Priority, BasePriority;
} NT_THREAD_BASIC_INFORMATION;
enum {
    ProcessBasicInformation_ = 0,
    ProcessQuotaLimits_ = 1,
    ProcessTimes_ = 4,
    ProcessDefaultHardErrorMode_ = 12,
    ProcessPriorityClass_ = 18,
    ProcessHandleCount_ = 20,
    ProcessAffinityMask_ = 21,
    ProcessPriorityBoost_ = 22,
    ProcessSessionInformation_ = 24,
    ProcessImageFileName_ = 27,
    ProcessImageFileNameWin32_ = 43
};
enum {
    ThreadBasicInformation_ = 0,
    ThreadTimes_ = 1,
    ThreadPriority_ = 2,
    ThreadBasePriority_ = 3,
    ThreadPriorityBoost_ = 14,
    ThreadAffinityMask_ = 4,
    ThreadAmILastThread_ = 12,
    ThreadNameInformation_ = 38
};
enum {
    SystemBasicInformation_ = 0,
    SystemPerformanceInformation_ = 2,
    SystemProcessInformation_ = 5,
    SystemProcessorPerformanceInformation_ = 8,
    SystemModuleInformation_ = 11,
    SystemLogicalProcessorInformation_ = 73
};

typedef struct _NT_SYSTEM_THREAD_INFORMATION {
    LARGE_INTEGER KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority, BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason;
} NT_SYSTEM_THREAD_INFORMATION;
typedef struct _NT_SYSTEM_PROCESS_INFORMATION {
    ULONG NextEntryOffset, NumberOfThreads;
    ULONG64 Reserved1[3];
    LARGE_INTEGER CreateTime, UserTime, KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId, InheritedFromUniqueProcessId;
    ULONG HandleCount, SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T Memory[12];
    LARGE_INTEGER Io[6];
    NT_SYSTEM_THREAD_INFORMATION Threads[];
} NT_SYSTEM_PROCESS_INFORMATION;
typedef struct _NT_SYSTEM_MODULES { /* RTL_PROCESS_MODULES */
    ULONG NumberOfModules;
    struct {
        HANDLE Section;
        PVOID MappedBase, ImageBase;
        ULONG ImageSize, Flags;
        USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
        CHAR FullPathName[256];
    } Modules[];
} NT_SYSTEM_MODULES;

/* CreateInfo: NT_PS_CREATE_INFO, with its size and PsCreateInitialState. ProcessFlags and ThreadFlags: nt/create.h. */
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE Process, PHANDLE Thread, ACCESS_MASK ProcessAccess, ACCESS_MASK ThreadAccess,
                                   POBJECT_ATTRIBUTES ProcessAttributes, POBJECT_ATTRIBUTES ThreadAttributes, ULONG ProcessFlags, ULONG ThreadFlags,
                                   NT_PROCESS_PARAMETERS *, NT_PS_CREATE_INFO *, NT_PS_ATTRIBUTE_LIST *);
NTSTATUS NTAPI NtCreateThreadEx(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, HANDLE Process, PVOID Start, PVOID Argument, ULONG Flags, SIZE_T ZeroBits,
                                SIZE_T StackCommit, SIZE_T StackReserve, NT_PS_ATTRIBUTE_LIST *);
NTSTATUS NTAPI NtOpenProcess(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PCLIENT_ID);
NTSTATUS NTAPI NtOpenThread(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PCLIENT_ID);
NTSTATUS NTAPI NtTerminateProcess(HANDLE, NTSTATUS);
NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
NTSTATUS NTAPI NtSuspendThread(HANDLE, PULONG);
NTSTATUS NTAPI NtResumeThread(HANDLE, PULONG);
NTSTATUS NTAPI NtGetContextThread(HANDLE, PCONTEXT);
NTSTATUS NTAPI NtSetContextThread(HANDLE, PCONTEXT);
NTSTATUS NTAPI NtQueueApcThread(HANDLE, PKNORMAL_ROUTINE, PVOID, PVOID, PVOID);
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetInformationProcess(HANDLE, ULONG Class, PVOID, ULONG);
NTSTATUS NTAPI NtQueryInformationThread(HANDLE, ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtSetInformationThread(HANDLE, ULONG Class, PVOID, ULONG);
NTSTATUS NTAPI RtlVerifyVersionInfo(LPOSVERSIONINFOEXW, ULONG Types, ULONGLONG Conditions);
NTSTATUS NTAPI NtQuerySystemInformation(ULONG Class, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtContinue(PCONTEXT, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD, PCONTEXT, BOOLEAN FirstChance);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN OpenAsSelf, PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI RtlCreateAcl(PACL, ULONG Length, ULONG Revision);
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL, ULONG Revision, ACCESS_MASK, PSID);
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR, ULONG Revision);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR, BOOLEAN Present, PACL, BOOLEAN Defaulted);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE, BOOLEAN DisableAll, PTOKEN_PRIVILEGES, ULONG, PTOKEN_PRIVILEGES, PULONG);
NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER, PLARGE_INTEGER);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER, PLARGE_INTEGER);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER);
NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING);

/* ---- Strings (shared with the kernel) --------------------------------------------------------------------------------- */
VOID NTAPI RtlInitString(PSTRING, PCSZ);
VOID NTAPI RtlInitAnsiString(PANSI_STRING, PCSZ);
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING, PCWSTR);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN CaseInsensitive);
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN CaseInsensitive);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR);
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS);
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS);
int __cdecl _snprintf(char *, size_t, const char *, ...);
int __cdecl _snwprintf(WCHAR *, size_t, const WCHAR *, ...);
int __cdecl _vsnprintf(char *, size_t, const char *, va_list);

/* ---- Lists ------------------------------------------------------------------------------------------------------------ */
static inline VOID RtlpInitializeListHead(PLIST_ENTRY Head) { Head->Flink = Head->Blink = Head; }
static inline VOID RtlpInsertTail(PLIST_ENTRY Head, PLIST_ENTRY Entry) {
    Entry->Flink = Head;
    Entry->Blink = Head->Blink;
    Head->Blink->Flink = Entry;
    Head->Blink = Entry;
}
static inline VOID RtlpRemove(PLIST_ENTRY Entry) {
    Entry->Blink->Flink = Entry->Flink;
    Entry->Flink->Blink = Entry->Blink;
    Entry->Flink = Entry->Blink = Entry;
}

/* ---- Heap: ntdll/heap.c. A heap's functions take its lock unless HEAP_NO_SERIALIZE. ----------------------------------- */
PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID Base, SIZE_T Reserve, SIZE_T Commit, PVOID Lock, PVOID Parameters);
PVOID NTAPI RtlDestroyHeap(PVOID Heap); /* NULL on success */
PVOID NTAPI RtlAllocateHeap(PVOID Heap, ULONG Flags, SIZE_T Size);
BOOLEAN NTAPI RtlFreeHeap(PVOID Heap, ULONG Flags, PVOID Block);
PVOID NTAPI RtlReAllocateHeap(PVOID Heap, ULONG Flags, PVOID Block, SIZE_T Size);
SIZE_T NTAPI RtlSizeHeap(PVOID Heap, ULONG Flags, PVOID Block);
BOOLEAN NTAPI RtlValidateHeap(PVOID Heap, ULONG Flags, PVOID Block);
BOOLEAN NTAPI RtlLockHeap(PVOID Heap);
BOOLEAN NTAPI RtlUnlockHeap(PVOID Heap);
ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps);

/* ---- Locks: ntdll/critical_section.c, srw.c --------------------------------------------------------------------------- */
NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION);
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION, ULONG);
NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION, ULONG SpinCount, ULONG Flags);
NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION);
NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION);
BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION);
NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION);
ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION, ULONG);
VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK);
VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK);
VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK);
VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK);
VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK);
BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK);
BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK);
VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE);
VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE);
VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE);
NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE, PRTL_CRITICAL_SECTION, const LARGE_INTEGER *);
NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE, PRTL_SRWLOCK, const LARGE_INTEGER *, ULONG Flags);
NTSTATUS NTAPI RtlWaitOnAddress(const volatile VOID *Address, PVOID Compare, SIZE_T Size, PLARGE_INTEGER);
VOID NTAPI RtlWakeAddressSingle(PVOID Address);
VOID NTAPI RtlWakeAddressAll(PVOID Address);
VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE);
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE, ULONG Flags, PVOID *Context); /* STATUS_PENDING: the caller initializes */
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE, ULONG Flags, PVOID Context);
ULONG NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE, PRTL_RUN_ONCE_INIT_FN, PVOID Parameter, PVOID *Context); /* an NTSTATUS, declared as the SDK does */

/* ---- Paths: ntdll/path.c ---------------------------------------------------------------------------------------------- */
typedef enum _RTL_PATH_TYPE {
    RtlPathTypeUnknown,
    RtlPathTypeUncAbsolute,    /* \\server\share\x */
    RtlPathTypeDriveAbsolute,  /* C:\x */
    RtlPathTypeDriveRelative,  /* C:x */
    RtlPathTypeRooted,         /* \x */
    RtlPathTypeRelative,       /* x */
    RtlPathTypeLocalDevice,    /* \\.\x and \\?\x */
    RtlPathTypeRootLocalDevice /* \\. and \\? */
} RTL_PATH_TYPE;
RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path);
/* Offset and length in bytes of the DOS device that the path names (offset << 16 | length), or 0. */
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path);
/* Bytes written without the terminator, or, when Size is too small, bytes needed with it. 0: not a path. */
ULONG NTAPI RtlGetFullPathName_U(PCWSTR Path, ULONG Size, PWSTR Buffer, PWSTR *FilePart);
/* NtPath->Buffer is from the process heap: the caller frees it with RtlFreeUnicodeString. */
NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR Path, PUNICODE_STRING NtPath, PWSTR *FilePart, PVOID Reserved);
BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR Path, PUNICODE_STRING NtPath, PWSTR *FilePart, PVOID Reserved);
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG Size, PWSTR Buffer);
NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING Path);
VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING);
NTSTATUS NTAPI RtlStringFromGUID(REFGUID, PUNICODE_STRING); /* RtlFreeUnicodeString */
NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING, GUID *);
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING Prefix, PCUNICODE_STRING, BOOLEAN CaseInSensitive);

/* ---- Environment: ntdll/environment.c --------------------------------------------------------------------------------- */
NTSTATUS NTAPI RtlQueryEnvironmentVariable_U(PWSTR Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value);
NTSTATUS NTAPI RtlSetEnvironmentVariable(PWSTR *Environment, PCUNICODE_STRING Name, PCUNICODE_STRING Value);
NTSTATUS NTAPI RtlExpandEnvironmentStrings_U(PWSTR Environment, PCUNICODE_STRING Source, PUNICODE_STRING Destination, PULONG Needed);
NT_PEB *NTAPI RtlGetCurrentPeb(VOID);
VOID NTAPI RtlAcquirePebLock(VOID);
VOID NTAPI RtlReleasePebLock(VOID);

/* ---- Processes, threads, errors: ntdll/process.c, thread.c, error.c --------------------------------------------------- */
DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS);
DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS);
NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PVOID SecurityDescriptor, BOOLEAN Suspended, ULONG ZeroBits, SIZE_T StackReserve,
                                   SIZE_T StackCommit, PVOID Start, PVOID Argument, PHANDLE Thread, PCLIENT_ID);
/* ntdll/parameters.c: one block with all strings. NULL is this process's current directory, DLL path and environment, the image's name as command line, and
   nothing for the others. Flags: PROCESS_PARAMETERS_NORMALIZED, or the pointers are offsets. */
NTSTATUS NTAPI RtlCreateProcessParametersEx(NT_PROCESS_PARAMETERS **, PUNICODE_STRING ImagePathName, PUNICODE_STRING DllPath,
                                            PUNICODE_STRING CurrentDirectory, PUNICODE_STRING CommandLine, PVOID Environment,
                                            PUNICODE_STRING WindowTitle, PUNICODE_STRING DesktopInfo, PUNICODE_STRING ShellInfo,
                                            PUNICODE_STRING RuntimeData, ULONG Flags);
NTSTATUS NTAPI RtlDestroyProcessParameters(NT_PROCESS_PARAMETERS *);
NT_PROCESS_PARAMETERS *NTAPI RtlNormalizeProcessParams(NT_PROCESS_PARAMETERS *);
NT_PROCESS_PARAMETERS *NTAPI RtlDeNormalizeProcessParams(NT_PROCESS_PARAMETERS *);
ULONG NTAPI RtlGetLastWin32Error(VOID);
VOID NTAPI RtlSetLastWin32Error(ULONG);
VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS);
ULONG NTAPI RtlGetLastNtStatus(VOID);
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW);
NTSTATUS NTAPI RtlVerifyVersionInfo(LPOSVERSIONINFOEXW, ULONG Mask, ULONGLONG Conditions);
ULONG __cdecl DbgPrint(PCSTR, ...);
ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR, ...);
ULONG NTAPI vDbgPrintEx(ULONG Component, ULONG Level, PCCH, va_list);
ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG Component, ULONG Level, PCCH, va_list);
/* One line on the process's standard error (the debug output when it has none), made with _snprintf: ours, not Windows'. */
VOID RtlpReport(PCSTR Format, ...);
/* Describes an exception that nobody handled in one line there. */
VOID RtlpReportException(PEXCEPTION_POINTERS);
VOID NTAPI RtlSetUnhandledExceptionFilter(PTOP_LEVEL_EXCEPTION_FILTER);
LONG NTAPI RtlUnhandledExceptionFilter(PEXCEPTION_POINTERS);
PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID);
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD, PCONTEXT);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD);
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS);
PVOID NTAPI RtlEncodePointer(PVOID);
PVOID NTAPI RtlDecodePointer(PVOID);

/* ---- Thread and fiber local storage: ntdll/tls.c, fls.c --------------------------------------------------------------- */
NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION, PULONG Index);
NTSTATUS NTAPI RtlFlsFree(ULONG Index);
NTSTATUS NTAPI RtlFlsGetValue(ULONG Index, PVOID *Value);
NTSTATUS NTAPI RtlFlsSetValue(ULONG Index, PVOID Value);
/* For TlsFree: no thread may see the old value when the index is given out again. From 64 on: the expansion slots. Ours. */
VOID NTAPI RtlpZeroTlsCell(ULONG Index);

/* ---- The loader: ntdll/loader.c --------------------------------------------------------------------------------------- */
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size);
PVOID NTAPI RtlPcToFileHeader(PVOID Pc, PVOID *Base);
/* ntdll/resource.c. Path: type, name and language, as many as Levels; what is below 65536 is a number. Base may be a handle of RtlpMapDll. What is found lies
   in the image. STATUS_RESOURCE_DATA_NOT_FOUND (the image has none), STATUS_RESOURCE_TYPE_, NAME_ and LANG_NOT_FOUND. */
NTSTATUS NTAPI LdrFindResource_U(PVOID Base, const ULONG_PTR *Path, ULONG Levels, IMAGE_RESOURCE_DATA_ENTRY **Entry);
NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID Base, const ULONG_PTR *Path, ULONG Levels, IMAGE_RESOURCE_DIRECTORY **Directory);
NTSTATUS NTAPI LdrAccessResource(PVOID Base, const IMAGE_RESOURCE_DATA_ENTRY *Entry, PVOID *Data, PULONG Size);
NTSTATUS NTAPI RtlFindMessage(PVOID Base, ULONG Type, ULONG Language, ULONG Id, MESSAGE_RESOURCE_ENTRY **Message); /* STATUS_MESSAGE_NOT_FOUND */
/* Entry Index below Path: its number, or its name, which lies in the image without a terminator. STATUS_NO_MORE_ENTRIES. Ours. */
NTSTATUS NTAPI RtlpListResources(PVOID Base, const ULONG_PTR *Path, ULONG Levels, ULONG Index, ULONG_PTR *Id, PUNICODE_STRING Name);
/* Path: NULL, or LOAD_WITH_ALTERED_SEARCH_PATH and LOAD_LIBRARY_SEARCH_ flags with the lowest bit set. Flags: NULL, or a pointer to image
   characteristics, of which IMAGE_FILE_EXECUTABLE_IMAGE means: as it is, without imports and DllMain. Loads with its imports and runs DllMain;
   counts when it is there already. */
NTSTATUS NTAPI LdrLoadDll(PWSTR Path, PULONG Flags, PUNICODE_STRING Name, PVOID *Base);
NTSTATUS NTAPI LdrUnloadDll(PVOID Base);
/* A file mapped to be looked at, not run; found as LdrLoadDll finds it. Kind: LOAD_LIBRARY_AS_. The low bits of the handle say which it is, and
   LdrUnloadDll unmaps it. Ours. */
NTSTATUS NTAPI RtlpMapDll(PWSTR Path, PUNICODE_STRING Name, ULONG Kind, PVOID *Handle);
NTSTATUS NTAPI LdrSetDllDirectory(PUNICODE_STRING Path); /* NULL: the standard order again */
NTSTATUS NTAPI LdrGetDllDirectory(PUNICODE_STRING Path); /* STATUS_BUFFER_TOO_SMALL: Length is what is needed, with the terminator */
NTSTATUS NTAPI LdrSetDefaultDllDirectories(ULONG Flags);
NTSTATUS NTAPI LdrAddDllDirectory(PUNICODE_STRING Path, PVOID *Cookie);
NTSTATUS NTAPI LdrRemoveDllDirectory(PVOID Cookie);
NTSTATUS NTAPI LdrGetDllHandle(PWSTR Path, PULONG Flags, PUNICODE_STRING Name, PVOID *Base);
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address);
NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Base);
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Base);
NTSTATUS NTAPI LdrGetDllFullName(PVOID Base, PUNICODE_STRING Name);
NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, NT_LDR_ENTRY **Entry);
NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie);
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie);

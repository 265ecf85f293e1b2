/* Processes and threads. */
#pragma once
#include "ke/ke.h"
#include "mm/mm.h"
#include "ob/ob.h"
#include "se/se.h"

typedef struct _SECTION_IMAGE_FACTS { /* of the program, for PEB and new stacks */
    SIZE_T StackReserve, StackCommit;
    PVOID EntryPoint;
    ULONG Subsystem, SubsystemMajor, SubsystemMinor, OperatingSystemVersion;
    ULONG CheckSum, LoaderFlags;
    USHORT Machine, Characteristics, DllCharacteristics;
    BOOLEAN HasCode;
} SECTION_IMAGE_FACTS;

struct _EPROCESS {
    struct _KPROCESS Pcb;
    HANDLE UniqueProcessId;
    LIST_ENTRY ActiveProcessLinks;
    struct _OB_HANDLE_TABLE *HandleTable;
    NT_PEB *Peb;              /* user address */
    NT_PEB *PebKernel;        /* the same page in the RAM view */
    UNICODE_STRING ImageName; /* NT path */
    CHAR ImageFileName[16];   /* "client.exe", as PsGetProcessImageFileName gives it */
    PVOID SectionBaseAddress;
    NTSTATUS ExitStatus;
    ULONG ActiveThreads;
    EX_RUNDOWN_REF RundownProtect; /* PsAcquireProcessExitSynchronization */
    SIZE_T PoolCharge[2];          /* bytes: nonpaged, paged */
    BOOLEAN Exiting;               /* no new threads */
    BOOLEAN HandlesClosed;
    BOOLEAN ImagesAnnounced; /* program and ntdll, to PsSetLoadImageNotifyRoutine's routines */
    ULONG DefaultHardErrorMode;
    ULONG TimerResolution; /* NtSetTimerResolution, 100 ns; 0: it has not asked */
    UCHAR PriorityClass;
    LARGE_INTEGER CreateTime, ExitTime;
    PVOID NtdllBase;
    HANDLE InheritedFromUniqueProcessId;
    ULONG Console;       /* the host's number of it; inherited */
    ULONG Connection;    /* the request that this process, or an ancestor, was started for; 0: the machine's own command line */
    ULONG ControlSerial; /* MonControlEvent: the last event that this process was told of */
    SECTION_IMAGE_FACTS Image;
    PACCESS_TOKEN Token; /* referenced; primary */
    struct _EJOB *Job;   /* referenced; NULL: in none */
    LIST_ENTRY JobLink;  /* of the job's processes, until it has ended */
};

struct _ETHREAD {
    struct _KTHREAD Tcb;
    CLIENT_ID Cid;
    PEPROCESS Process;
    NTSTATUS ExitStatus;
    LIST_ENTRY IrpList;            /* IRP.ThreadListEntry: what this thread has sent and not got back */
    PIRP TopLevelIrp;              /* IoGetTopLevelIrp */
    PDEVICE_OBJECT DeviceToVerify; /* IoSetHardErrorOrVerifyDevice: whose medium may be another one; not referenced */
    BOOLEAN HardErrorsAreDisabled; /* IoSetThreadHardErrorMode */
    PVOID Win32StartAddress;
    LARGE_INTEGER CreateTime, ExitTime;
    PVOID UserStackDeallocation;
    NT_START *UserStart;      /* on its user stack */
    KTRAP_CONTEXT StartFrame; /* the entry to the kernel that never was: user mode begins with the return from it */
    BOOLEAN Terminating;      /* in PspExitThread */
    BOOLEAN PrioritySet;
    BOOLEAN Prefetching;
    PVOID IoObject;                       /* referenced: the driver or device that IoCreateSystemThread has made it for */
    GUID ActivityId;                      /* EtwActivityIdControl */
    SE_IMPERSONATION_STATE Impersonation; /* Token referenced; NULL: the thread acts as its process */
    NT_TEB *SystemBlock;                  /* pool: the block of a system thread, or of a user thread whose TEB is gone */
};

extern PEPROCESS PsInitialSystemProcess;
extern LIST_ENTRY PsActiveProcessHead;

VOID PsInitSystem(VOID); /* types Process and Thread, the System process (id 4), an object for the boot thread, the worker threads of ex/ */

/* Whether it is a thread that has not ended: for an address that may be anything. */
BOOLEAN PspIsThread(PKTHREAD Thread);
/* Ids of processes and threads: multiples of 4 from 4 on, one number space. */
NTSTATUS PspAllocateId(PVOID Object, HANDLE *Id);
VOID PspFreeId(HANDLE Id);
/* The object that has the id, referenced, if it is of that type; NULL if there is none. */
PVOID PspLookupId(HANDLE Id, POBJECT_TYPE Type);
extern POBJECT_TYPE PspProcessType, PspThreadType;
extern POBJECT_TYPE PspJobType; /* exported as PsJobType */

/* When it comes, what a driver's routine said to it (CreationStatus); CommandLine may be NULL. */
NTSTATUS PspNotifyProcess(PEPROCESS Process, BOOLEAN Create, PCUNICODE_STRING CommandLine);
struct _NT_PS_ATTRIBUTE;
/* Stores what PS_ATTRIBUTE_CLIENT_ID or PS_ATTRIBUTE_TEB_ADDRESS asks for; STATUS_INVALID_PARAMETER for others. */
NTSTATUS PspReturnAttribute(const struct _NT_PS_ATTRIBUTE *Attribute, PETHREAD Thread);
VOID PspNotifyThread(PETHREAD Thread, BOOLEAN Create);
VOID PspNotifyThreadBegins(PETHREAD Thread); /* a thread of user mode, in it */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG NotifyType, PVOID NotifyInformation, BOOLEAN Remove);
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG NotifyType, PVOID NotifyInformation);
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags);
/* A whole file into paged pool (ExFreePool), and the file, referenced. */
NTSTATUS PspReadFile(PUNICODE_STRING Path, PFILE_OBJECT *Object, PVOID *Data, SIZE_T *Size);
/* A thread object of a process, with id and a KPCR block for a system thread; not initialized for ke/ and not running. */
NTSTATUS PspCreateThreadObject(PEPROCESS Process, POBJECT_ATTRIBUTES Attributes, PETHREAD *Thread);
/* It runs from now on, and holds a reference to itself until it has ended. */
VOID PspStartThread(PETHREAD Thread, BOOLEAN Suspended);
/* Asks another thread to end. */
NTSTATUS PspTerminateThread(PETHREAD Thread, NTSTATUS ExitStatus);
VOID PspTerminateOtherThreads(PEPROCESS Process, NTSTATUS ExitStatus);
VOID PspDeleteThread(PVOID Object);
VOID PspDeleteProcess(PVOID Object);
/* By handle, for services; referenced. */
/* Opens for the previous mode; who has the debug privilege gets what it asks for, whatever the descriptor says ("SeDebugPrivilege"). */
NTSTATUS PspOpenForDebug(PVOID Object, ULONG Attributes, ACCESS_MASK Access, POBJECT_TYPE Type, PHANDLE Handle);
#define PROCESS_TERMINATE_ACCESS     0x0001u
#define PROCESS_QUERY_ACCESS         0x0400u
#define PROCESS_QUERY_LIMITED_ACCESS 0x1000u
NTSTATUS PspReferenceProcess(HANDLE Handle, ACCESS_MASK Access, PEPROCESS *Process);
NTSTATUS PspReferenceThread(HANDLE Handle, ACCESS_MASK Access, PETHREAD *Thread);
BOOLEAN PspReadImageFacts(PVOID Base, SECTION_IMAGE_FACTS *Facts); /* in the process; FALSE: no image of ours */
#define PSP_NAME_TAG 'mNsP'
/* image_name.c. An NT path with its drive, "\??\C:", replaced by what that stands for ("\Device\..."), as Windows names the files of images; other paths stay as they are. Native is
   from paged pool (PSP_NAME_TAG) and ends with a terminator. PASSIVE_LEVEL. */
NTSTATUS PspQueryNativeName(PCUNICODE_STRING Path, PUNICODE_STRING Native);
/* The part of an NT path that is a Win32 path; all of it when none is. */
UNICODE_STRING PspWin32Name(PCUNICODE_STRING Path);
/* A routine of PsSetCreateProcessNotifyRoutine, ObRegisterCallbacks and their kin that lies in this memory, or NULL; and what would remove it. */
PVOID PsFindRoutineIn(const VOID *Start, SIZE_T Size, PCSTR *Remove);
/* For the loaders: an image was mapped (ProcessId NULL: a driver), and nothing of it has run. PASSIVE_LEVEL. */
VOID PsCallImageNotifyRoutines(PCUNICODE_STRING Name, HANDLE ProcessId, PVOID Base, SIZE_T Size);
/* Requests of a thread that ends: cancelled, and waited for. io/. */
VOID IoCancelThreadIo(PETHREAD Thread);

/* A process to be made: what is given, and how far it came (PS_CREATE_STATE; PsCreateSuccess also when it failed after the image was found good). */
typedef struct _PSP_NEW_PROCESS {
    PUNICODE_STRING ImagePath;                    /* NT path */
    const NT_PROCESS_PARAMETERS *Parameters;      /* with all that it points to in kernel memory; copied */
    PEPROCESS Parent;                             /* NULL: the kernel; then the standard handles are the console's */
    PACCESS_TOKEN Token;                          /* NULL: a copy of the parent's; else taken over, also by a failure */
    BOOLEAN InheritHandles, Suspended, Breakaway; /* Breakaway: from the parent's job */
    ULONG Console, Connection;                    /* without a parent */
    ULONG StandardHandles, StandardSubsystem;     /* PS_STD_..., nt/create.h */
    USHORT Prohibited;                            /* image characteristics: STATUS_INVALID_IMAGE_FORMAT */
    ULONG State;
    USHORT DllCharacteristics; /* PsCreateFailExeFormat */
} PSP_NEW_PROCESS;
/* Makes it, with its first thread. References to both are returned. STATUS_OBJECT_NAME_NOT_FOUND and what else opening a file gives,
   STATUS_INVALID_IMAGE_*, STATUS_INSUFFICIENT_RESOURCES, what a driver's notify routine set. PASSIVE_LEVEL, attached to nobody. */
NTSTATUS PspCreateProcess(PSP_NEW_PROCESS *New, PEPROCESS *Process, PETHREAD *Thread);
/* Process parameters of the previous mode, normalized or not, as one block of pool with its strings; PspFreeParameters. STATUS_INVALID_PARAMETER,
   STATUS_NAME_TOO_LONG (current directory), STATUS_ACCESS_VIOLATION. */
NTSTATUS PspCaptureParameters(const VOID *User, NT_PROCESS_PARAMETERS **Captured);
VOID PspFreeParameters(NT_PROCESS_PARAMETERS *Captured);
/* A copy in the memory of the current process, at its user and its kernel address. */
NTSTATUS PspCreateParameters(const NT_PROCESS_PARAMETERS *From, NT_PROCESS_PARAMETERS **User, NT_PROCESS_PARAMETERS **Kernel);

/* PspCreateProcess for the kernel's own use: the program at ImagePath (NT path, "\??\C:\client.exe"), not a DLL, with standard handles on that
   console. CommandLine is what GetCommandLineW will give. Environment: double-terminated block or NULL. */
NTSTATUS PspCreateUserProcess(PUNICODE_STRING ImagePath, PUNICODE_STRING CommandLine, PUNICODE_STRING CurrentDirectory, PCWSTR Environment,
                              SIZE_T EnvironmentSize, SE_ACCOUNT Account, ULONG Console, ULONG Connection, PEPROCESS *Process, PETHREAD *Thread);
/* A further thread of a process, starting in user mode at Start(Argument) through ntdll!LdrInitializeThunk. */
NTSTATUS PspCreateUserThread(PEPROCESS Process, PVOID Start, PVOID Argument, SIZE_T StackReserve, SIZE_T StackCommit, BOOLEAN Suspended,
                             PETHREAD *Thread);
/* For ke/: the end of a thread that TerminateRequested ends, and what is left to do for threads whose stacks are no longer in use
   (DISPATCH_LEVEL). */
DECLSPEC_NORETURN VOID PspExitForTermination(PKTHREAD Thread);
VOID PspReapThreads(VOID);
/* The user address of an export of the process's ntdll; NULL when it has none of that name. In the context of that process. */
PVOID PspNtdllRoutine(PEPROCESS Process, PCSTR Name);
/* The same for another DLL that the process has loaded, "kernel32.dll". */
PVOID PspUserRoutine(PEPROCESS Process, PCWSTR Dll, PCSTR Name);
/* Ends the current thread / the current process with all its threads (the others are made to end). Neither returns. */
DECLSPEC_NORETURN VOID PspExitThread(NTSTATUS ExitStatus);
NTSTATUS PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus);
/* What NtQueryInformationProcess and NtQueryInformationThread answer with when it has a fixed size, which Length must be: STATUS_INFO_LENGTH_MISMATCH. */
VOID PspSumTimes(PEPROCESS Process, KERNEL_USER_TIMES *Times); /* of its threads; added to *Times */
NTSTATUS PspAnswer(PVOID Buffer, ULONG Length, PULONG ReturnLength, const VOID *Answer, ULONG Size);

/* What drivers declare themselves, for the DDK does not. */
PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
PVOID NTAPI PsGetCurrentThreadTeb(VOID);
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process);
PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process);
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);
ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process);
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread);
PVOID NTAPI PsGetThreadTeb(PETHREAD Thread);
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread);
BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread);
PETHREAD NTAPI PspGetCurrentThread(VOID);

/* As ntdll's users know it (nt/create.h has the structures). */
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle, ACCESS_MASK ProcessDesiredAccess, ACCESS_MASK ThreadDesiredAccess,
                                   POBJECT_ATTRIBUTES ProcessObjectAttributes, POBJECT_ATTRIBUTES ThreadObjectAttributes, ULONG ProcessFlags,
                                   ULONG ThreadFlags, PVOID ProcessParameters, PVOID CreateInfo, PVOID AttributeList);
NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId);
NTSTATUS NTAPI NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize,
                                PVOID AttributeList);
NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount);
NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount);
NTSTATUS NTAPI NtGetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext);
NTSTATUS NTAPI NtSetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext);
NTSTATUS NTAPI NtQueueApcThread(HANDLE ThreadHandle, PKNORMAL_ROUTINE ApcRoutine, PVOID ApcArgument1, PVOID ApcArgument2, PVOID ApcArgument3);
NTSTATUS NTAPI NtAlertThread(HANDLE ThreadHandle);
NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                        ULONG ThreadInformationLength, PULONG ReturnLength);
NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                      ULONG ThreadInformationLength);
NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
                                       ULONG ProcessInformationLength);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T Size);

/* For the console driver: the console of the current process. */
ULONG PspCurrentConsole(VOID);

/* Exported functions that the DDK headers do not declare. */
ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread);
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process);
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread);
PVOID NTAPI PsGetProcessJob(PEPROCESS Process);
NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN CreateSuspended, ULONG ZeroBits,
                                   SIZE_T StackReserve, SIZE_T StackCommit, PVOID StartAddress, PVOID Parameter, PHANDLE ThreadHandle,
                                   PCLIENT_ID ClientId);
PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process);
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
/* Process may be NULL. STATUS_INVALID_CID; both references are the caller's. */
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID Cid, PEPROCESS *Process, PETHREAD *Thread);
VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);
BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread);
PACCESS_TOKEN NTAPI PsReferenceEffectiveToken(PETHREAD Thread, PTOKEN_TYPE TokenType, PBOOLEAN EffectiveOnly,
                                              PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token);
NTSTATUS NTAPI PsSuspendProcess(PEPROCESS Process);
NTSTATUS NTAPI PsResumeProcess(PEPROCESS Process);

/* ---- Quotas: ps/quota.c ------------------------------------------------------------------------------------------------------------ */
/* <= DISPATCH_LEVEL. STATUS_QUOTA_EXCEEDED; the second form raises it. Returning more than was charged is bug check 0x21. */
NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
VOID NTAPI PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
VOID NTAPI PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);

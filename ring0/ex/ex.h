/* The executive's helpers: object types of synchronization objects, worker threads, resources, lookaside lists, system information. */
#pragma once
#include "ke/ke.h"
#include "ob/ob.h"

VOID ExInitSystem(VOID);   /* types Event, Semaphore, Mutant; the work queues. After ObInitSystem. */
VOID ExStartWorkers(VOID); /* the threads that serve the queues; called by PsInitSystem. What was queued before waits until then. */

/* Timers that Thread has set with an APC routine are cancelled: it ends. PASSIVE_LEVEL. */
VOID ExRundownTimers(PKTHREAD Thread);

/* Of the objects: */
VOID ExpCreateSynchronizationTypes(VOID);
VOID ExpCreateTimerType(VOID);
VOID ExpCreateKeyedEventType(VOID);
/* The keyed event that all processes share; when there are threads. */
VOID ExCreateCommonKeyedEvent(VOID);
extern POBJECT_TYPE ExpEventType, ExpSemaphoreType, ExpMutantType;
extern POBJECT_TYPE ExpDesktopType, ExpWindowStationType; /* no objects */

/* A service's timeout, captured; *Pointer is NULL when it was. */
NTSTATUS ExpCaptureTimeout(PLARGE_INTEGER Timeout, LARGE_INTEGER *Captured, PLARGE_INTEGER *Pointer);
/* Puts a new object's handle out to the caller; closes it again when that fails. */
NTSTATUS ExpReturnHandle(PHANDLE Out, HANDLE Handle);

/* Services, and functions that drivers declare themselves, for the DDK does not. */
NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState);
NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState);
NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState);
NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle);
NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState);
NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle, EVENT_INFORMATION_CLASS EventInformationClass, PVOID EventInformation, ULONG EventInformationLength,
                            PULONG ReturnLength);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount,
                                 LONG MaximumCount);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount);
NTSTATUS NTAPI NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner);
NTSTATUS NTAPI NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount);
NTSTATUS NTAPI NtCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType);
NTSTATUS NTAPI NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine, PVOID TimerContext, BOOLEAN ResumeTimer,
                          LONG Period, PBOOLEAN PreviousState);
NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState);
NTSTATUS NTAPI NtQueryTimer(HANDLE TimerHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE KeyedEventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags);
NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE KeyedEventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE KeyedEventHandle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE KeyedEventHandle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, HANDLE *Handles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval);
NTSTATUS NTAPI NtTestAlert(VOID);
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime);
NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER PreviousTime);
NTSTATUS NTAPI NtQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime);
NTSTATUS NTAPI NtSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution, PULONG ActualTime);
VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime);
/* What the process has asked of the clock is taken back: it ends. */
VOID ExRundownTimerResolution(PEPROCESS Process);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency);
NTSTATUS NTAPI NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength, PULONG ReturnLength);
NTSTATUS NTAPI NtQuerySystemInformationEx(ULONG SystemInformationClass, PVOID InputBuffer, ULONG InputBufferLength, PVOID SystemInformation,
                                          ULONG SystemInformationLength, PULONG ReturnLength);
NTSTATUS NTAPI NtSetSystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG SystemInformationLength);
NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING String);
PVOID NTAPI ExiAllocateFromLookasideList(PGENERAL_LOOKASIDE Lookaside);
VOID NTAPI ExiFreeToLookasideList(PGENERAL_LOOKASIDE Lookaside, PVOID Entry);
PVOID NTAPI ExiAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
VOID NTAPI ExiFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);
VOID FASTCALL ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex);
VOID FASTCALL ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex);

/* What lies in this memory, the first found; NULL: nothing. Resources and lookaside lists are known only under the verifier. Routines: or what has its routine there. */
PERESOURCE ExFindResource(const VOID *Start, SIZE_T Size);
PVOID ExFindLookaside(const VOID *Start, SIZE_T Size);
PWORK_QUEUE_ITEM ExFindWork(const VOID *Start, SIZE_T Size, BOOLEAN Routines);

/* Exported variables that the DDK headers do not declare: variables.c. */
extern ULONG NtBuildNumber, InitSafeBootMode;
/* Callback objects: callback.c. The type Callback and the system's own objects: \Callback\SetSystemTime, and \Callback\PowerState and
   \Callback\ProcessorAdd, which are never notified: there is no power management, no processor comes. */
extern PCALLBACK_OBJECT ExpSetSystemTimeCallback;
VOID ExpInitializeCallbacks(VOID);
/* The lock that a thread waits for whose WaitReason is WrResource or WrPushLock; WaitObject is what its wait block names. For reports. */
PERESOURCE ExWaitedResource(PVOID WaitObject);
PEX_PUSH_LOCK ExWaitedPushLock(PVOID WaitObject);

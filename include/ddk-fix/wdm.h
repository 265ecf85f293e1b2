/*
 * wdm.h, and what Microsoft's kits have added to it up to Windows 10 2004 that mingw-w64's does not have. Values and prototypes are those of the page
 * that Microsoft's documentation has for each name.
 */
#pragma once
#include <driverspecs.h>
#include <intrin.h>

/* After ntifs.h a process and its dispatcher object are one type, as are a thread's, so that KeStackAttachProcess(Process) needs no cast in C++. */
#ifdef RINGSIDE_NTIFS
#define _EPROCESS _KPROCESS
#define _ETHREAD  _KTHREAD
#endif
struct __declspec(align(16)) _DEVICE_OBJECT; /* MEMORY_ALLOCATION_ALIGNMENT: 0x150 bytes */

/*
 * Version 3 of DEVICE_DESCRIPTION and DMA_OPERATIONS has members behind the last that mingw-w64's have. Each of these names stands in that header at the end of what
 * has to be longer, and nowhere else: the first two are the last members, the third a parameter of the last function type before DMA_OPERATIONS.
 */
#define DmaPort                                                                                                                                      \
    DmaPort;                                                                                                                                         \
    ULONG DmaAddressWidth;                                                                                                                           \
    ULONG DmaControllerInstance;                                                                                                                     \
    ULONG DmaRequestLine;                                                                                                                            \
    PHYSICAL_ADDRESS DeviceAddress
#define BuildMdlFromScatterGatherList                                                                                                                \
    BuildMdlFromScatterGatherList;                                                                                                                   \
    PGET_DMA_ADAPTER_INFO GetDmaAdapterInfo;                                                                                                         \
    PGET_DMA_TRANSFER_INFO GetDmaTransferInfo;                                                                                                       \
    PINITIALIZE_DMA_TRANSFER_CONTEXT InitializeDmaTransferContext;                                                                                   \
    PALLOCATE_COMMON_BUFFER_EX AllocateCommonBufferEx;                                                                                               \
    PALLOCATE_ADAPTER_CHANNEL_EX AllocateAdapterChannelEx;                                                                                           \
    PCONFIGURE_ADAPTER_CHANNEL ConfigureAdapterChannel;                                                                                              \
    PCANCEL_ADAPTER_CHANNEL CancelAdapterChannel;                                                                                                    \
    PMAP_TRANSFER_EX MapTransferEx;                                                                                                                  \
    PGET_SCATTER_GATHER_LIST_EX GetScatterGatherListEx;                                                                                              \
    PBUILD_SCATTER_GATHER_LIST_EX BuildScatterGatherListEx;                                                                                          \
    PFLUSH_ADAPTER_BUFFERS_EX FlushAdapterBuffersEx;                                                                                                 \
    PFREE_ADAPTER_OBJECT FreeAdapterObject;                                                                                                          \
    PCANCEL_MAPPED_TRANSFER CancelMappedTransfer
#define OriginalMdl                                                                                                                                  \
    OriginalMdl, PMDL *TargetMdl);                                                                                                                   \
    typedef VOID NTAPI DMA_COMPLETION_ROUTINE(PDMA_ADAPTER DmaAdapter, struct _DEVICE_OBJECT *DeviceObject, PVOID CompletionContext,                 \
                                              DMA_COMPLETION_STATUS Status);                                                                         \
    typedef DMA_COMPLETION_ROUTINE *PDMA_COMPLETION_ROUTINE;                                                                                         \
    typedef NTSTATUS(NTAPI *PGET_DMA_ADAPTER_INFO)(PDMA_ADAPTER DmaAdapter, struct _DMA_ADAPTER_INFO * AdapterInfo);                                 \
    typedef NTSTATUS(NTAPI *PGET_DMA_TRANSFER_INFO)(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset, ULONG Length, BOOLEAN WriteOnly,            \
                                                    struct _DMA_TRANSFER_INFO * TransferInfo);                                                       \
    typedef NTSTATUS(NTAPI *PINITIALIZE_DMA_TRANSFER_CONTEXT)(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext);                                    \
    typedef PVOID(NTAPI *PALLOCATE_COMMON_BUFFER_EX)(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MaximumAddress, ULONG Length,                        \
                                                     PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled, NODE_REQUIREMENT PreferredNode);        \
    typedef NTSTATUS(NTAPI *PALLOCATE_ADAPTER_CHANNEL_EX)(PDMA_ADAPTER DmaAdapter, struct _DEVICE_OBJECT * DeviceObject, PVOID DmaTransferContext,   \
                                                          ULONG NumberOfMapRegisters, ULONG Flags, PDRIVER_CONTROL ExecutionRoutine,                 \
                                                          PVOID ExecutionContext, PVOID * MapRegisterBase);                                          \
    typedef NTSTATUS(NTAPI *PCONFIGURE_ADAPTER_CHANNEL)(PDMA_ADAPTER DmaAdapter, ULONG FunctionNumber, PVOID Context);                               \
    typedef BOOLEAN(NTAPI *PCANCEL_ADAPTER_CHANNEL)(PDMA_ADAPTER DmaAdapter, struct _DEVICE_OBJECT * DeviceObject, PVOID DmaTransferContext);        \
    typedef NTSTATUS(NTAPI *PMAP_TRANSFER_EX)(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG DeviceOffset,        \
                                              PULONG Length, BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST ScatterGatherBuffer,                        \
                                              ULONG ScatterGatherBufferLength, PDMA_COMPLETION_ROUTINE DmaCompletionRoutine,                         \
                                              PVOID CompletionContext);                                                                              \
    typedef NTSTATUS(NTAPI *PGET_SCATTER_GATHER_LIST_EX)(                                                                                            \
        PDMA_ADAPTER DmaAdapter, struct _DEVICE_OBJECT * DeviceObject, PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset, ULONG Length,           \
        ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice, PDMA_COMPLETION_ROUTINE DmaCompletionRoutine,      \
        PVOID CompletionContext, PSCATTER_GATHER_LIST * ScatterGatherList);                                                                          \
    typedef NTSTATUS(NTAPI *PBUILD_SCATTER_GATHER_LIST_EX)(                                                                                          \
        PDMA_ADAPTER DmaAdapter, struct _DEVICE_OBJECT * DeviceObject, PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset, ULONG Length,           \
        ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,                         \
        ULONG ScatterGatherLength, PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext, PVOID ScatterGatherList);                  \
    typedef NTSTATUS(NTAPI *PFLUSH_ADAPTER_BUFFERS_EX)(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG Length,     \
                                                       BOOLEAN WriteToDevice);                                                                       \
    typedef VOID(NTAPI *PFREE_ADAPTER_OBJECT)(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction);                                       \
    typedef NTSTATUS(NTAPI *PCANCEL_MAPPED_TRANSFER)(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext);                                             \
    typedef VOID(NTAPI *RINGSIDE_UNUSED)(PMDL OriginalMdl
struct _DMA_ADAPTER_INFO;
struct _DMA_TRANSFER_INFO;
#include_next <wdm.h>
#undef DmaPort
#undef BuildMdlFromScatterGatherList
#undef OriginalMdl
#undef _EPROCESS
#undef _ETHREAD

typedef struct _KPROCESS *PRKPROCESS;

/* mingw-w64's write to the registers what they should read from them. */
FORCEINLINE VOID RingsideReadRegisterBufferUchar(volatile UCHAR *Register, PUCHAR Buffer, ULONG Count) { __movsb(Buffer, (PUCHAR)Register, Count); }
FORCEINLINE VOID RingsideReadRegisterBufferUshort(volatile USHORT *Register, PUSHORT Buffer, ULONG Count) {
    __movsw(Buffer, (PUSHORT)Register, Count);
}
FORCEINLINE VOID RingsideReadRegisterBufferUlong(volatile ULONG *Register, PULONG Buffer, ULONG Count) { __movsd(Buffer, (PULONG)Register, Count); }
#define READ_REGISTER_BUFFER_UCHAR  RingsideReadRegisterBufferUchar
#define READ_REGISTER_BUFFER_USHORT RingsideReadRegisterBufferUshort
#define READ_REGISTER_BUFFER_ULONG  RingsideReadRegisterBufferUlong

/* The kit's drivers in C write these without underscores. */
#if !defined(__cplusplus) && !defined(try)
#define try     __try
#define except  __except
#define finally __finally
#define leave   __leave
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_REQUIRED_START    0x0000000000000001ull
#define POOL_FLAG_USE_QUOTA         0x0000000000000001ull
#define POOL_FLAG_UNINITIALIZED     0x0000000000000002ull
#define POOL_FLAG_SESSION           0x0000000000000004ull
#define POOL_FLAG_CACHE_ALIGNED     0x0000000000000008ull
#define POOL_FLAG_RESERVED1         0x0000000000000010ull
#define POOL_FLAG_RAISE_ON_FAILURE  0x0000000000000020ull
#define POOL_FLAG_NON_PAGED         0x0000000000000040ull
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ull
#define POOL_FLAG_PAGED             0x0000000000000100ull
#define POOL_FLAG_RESERVED2         0x0000000000000200ull
#define POOL_FLAG_RESERVED3         0x0000000000000400ull
#define POOL_FLAG_REQUIRED_END      0x0000000080000000ull
#define POOL_FLAG_OPTIONAL_START    0x0000000100000000ull
#define POOL_FLAG_SPECIAL_POOL      0x0000000100000000ull
#define POOL_FLAG_OPTIONAL_END      0x8000000000000000ull

typedef enum POOL_EXTENDED_PARAMETER_TYPE {
    PoolExtendedParameterInvalidType = 0,
    PoolExtendedParameterPriority,
    PoolExtendedParameterSecurePool,
    PoolExtendedParameterNumaNode,
    PoolExtendedParameterMax
} POOL_EXTENDED_PARAMETER_TYPE,
    *PPOOL_EXTENDED_PARAMETER_TYPE;

typedef struct _POOL_EXTENDED_PARAMS_SECURE_POOL {
    HANDLE SecurePoolHandle;
    PVOID Buffer;
    ULONG_PTR Cookie;
    ULONG SecurePoolFlags;
} POOL_EXTENDED_PARAMS_SECURE_POOL;

typedef struct _POOL_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : 8;
        ULONG64 Optional : 1;
        ULONG64 Reserved : 64 - 9;
    };
    union {
        ULONG64 Reserved2;
        PVOID Reserved3;
        EX_POOL_PRIORITY Priority;
        POOL_EXTENDED_PARAMS_SECURE_POOL *SecurePoolParams;
        ULONG PreferredNode;
    };
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;
typedef CONST POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

NTKERNELAPI PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
NTKERNELAPI PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                                        ULONG ExtendedParametersCount);
NTKERNELAPI VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount);

/* The kit's wrappers for drivers that also run where ExAllocatePool2 is missing. */
FORCEINLINE PVOID NTAPI ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    PVOID Allocation = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
    if (Allocation != NULL)
        RtlZeroMemory(Allocation, NumberOfBytes);
    return Allocation;
}

FORCEINLINE PVOID NTAPI ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

#define MM_COPY_MEMORY_PHYSICAL 0x1
#define MM_COPY_MEMORY_VIRTUAL  0x2
typedef struct _MM_COPY_ADDRESS {
    union {
        PVOID VirtualAddress;
        PHYSICAL_ADDRESS PhysicalAddress;
    };
} MM_COPY_ADDRESS, *PMMCOPY_ADDRESS;

/* ---- Pool ---------------------------------------------------------------------------------------------------------- */

#define DrvRtPoolNxOptIn 0x00000001
/* Nonpaged pool is executable or not here by the type that is asked for; with POOL_NX_OPTIN it is asked for by its other name. */
#if POOL_NX_OPTIN || POOL_NX_OPTIN_AUTO
#define NonPagedPool             NonPagedPoolNx
#define NonPagedPoolCacheAligned NonPagedPoolNxCacheAligned
#endif
FORCEINLINE VOID NTAPI ExInitializeDriverRuntime(ULONG RuntimeFlags) { UNREFERENCED_PARAMETER(RuntimeFlags); }

#define POOL_ZERO_ALLOCATION 1024

FORCEINLINE PVOID NTAPI ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    PVOID Allocation = ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
    if (Allocation != NULL)
        RtlZeroMemory(Allocation, NumberOfBytes);
    return Allocation;
}

FORCEINLINE PVOID NTAPI ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

FORCEINLINE PVOID NTAPI ExAllocatePoolPriorityZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority) {
    PVOID Allocation = ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
    if (Allocation != NULL)
        RtlZeroMemory(Allocation, NumberOfBytes);
    return Allocation;
}

FORCEINLINE PVOID NTAPI ExAllocatePoolPriorityUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority) {
    return ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
}

/* ---- Memory -------------------------------------------------------------------------------------------------------- */

#define MdlMappingNoWrite   0x80000000
#define MdlMappingNoExecute 0x40000000

NTKERNELAPI NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes, ULONG Flags,
                                        PSIZE_T NumberOfBytesTransferred);
NTKERNELAPI PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect);
NTKERNELAPI PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                       PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                       ULONG Protect, NODE_REQUIREMENT PreferredNode);

/* ---- Locks --------------------------------------------------------------------------------------------------------- */

typedef volatile LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;
NTKERNELAPI KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI LOGICAL NTAPI ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock);

#ifndef EX_PUSH_LOCK /* mingw-w64's ntifs.h has a macro */
typedef ULONG_PTR EX_PUSH_LOCK, *PEX_PUSH_LOCK;
#endif
#define EX_DEFAULT_PUSH_LOCK_FLAGS       0
#define ExAcquirePushLockExclusive(Lock) ExAcquirePushLockExclusiveEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExAcquirePushLockShared(Lock)    ExAcquirePushLockSharedEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockExclusive(Lock) ExReleasePushLockExclusiveEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockShared(Lock)    ExReleasePushLockSharedEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
NTKERNELAPI VOID NTAPI ExInitializePushLock(PULONG_PTR PushLock);
NTKERNELAPI VOID NTAPI ExAcquirePushLockExclusiveEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExAcquirePushLockSharedEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockExclusiveEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockSharedEx(PULONG_PTR PushLock, ULONG Flags);

#ifndef MemoryBarrier
#define MemoryBarrier() __sync_synchronize()
#endif
#ifndef KeMemoryBarrier
#define KeMemoryBarrier() __sync_synchronize()
#endif
#define KeMemoryBarrierWithoutFence() __asm__ __volatile__("" ::: "memory")

/* x64 orders its interlocked operations fully, and loads and stores as these ask. */
#define RINGSIDE_READERS(Name, Type)                                                                                                                 \
    FORCEINLINE Type Read##Name##Acquire(Type const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }                          \
    FORCEINLINE Type Read##Name##NoFence(Type const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }                          \
    FORCEINLINE Type Read##Name##Raw(Type const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }                              \
    FORCEINLINE VOID Write##Name##Release(Type volatile *Destination, Type Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELEASE); }        \
    FORCEINLINE VOID Write##Name##NoFence(Type volatile *Destination, Type Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELAXED); }        \
    FORCEINLINE VOID Write##Name##Raw(Type volatile *Destination, Type Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELAXED); }
#ifndef ReadAcquire
FORCEINLINE LONG ReadAcquire(LONG const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }
FORCEINLINE LONG ReadNoFence(LONG const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE LONG ReadRaw(LONG const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE VOID WriteRelease(LONG volatile *Destination, LONG Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELEASE); }
FORCEINLINE VOID WriteNoFence(LONG volatile *Destination, LONG Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELAXED); }
FORCEINLINE VOID WriteRaw(LONG volatile *Destination, LONG Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELAXED); }
FORCEINLINE LONG64 ReadAcquire64(LONG64 const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_ACQUIRE); }
FORCEINLINE LONG64 ReadNoFence64(LONG64 const volatile *Source) { return __atomic_load_n(Source, __ATOMIC_RELAXED); }
FORCEINLINE VOID WriteRelease64(LONG64 volatile *Destination, LONG64 Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELEASE); }
FORCEINLINE VOID WriteNoFence64(LONG64 volatile *Destination, LONG64 Value) { __atomic_store_n(Destination, Value, __ATOMIC_RELAXED); }
RINGSIDE_READERS(UChar, UCHAR)
RINGSIDE_READERS(UShort, USHORT)
RINGSIDE_READERS(ULong, ULONG)
RINGSIDE_READERS(ULong64, ULONG64)
RINGSIDE_READERS(Boolean, BOOLEAN)
RINGSIDE_READERS(Pointer, PVOID)
#endif

#define InterlockedIncrementAcquire              InterlockedIncrement
#define InterlockedIncrementRelease              InterlockedIncrement
#define InterlockedIncrementNoFence              InterlockedIncrement
#define InterlockedDecrementAcquire              InterlockedDecrement
#define InterlockedDecrementRelease              InterlockedDecrement
#define InterlockedDecrementNoFence              InterlockedDecrement
#define InterlockedIncrementNoFence64            InterlockedIncrement64
#define InterlockedDecrementNoFence64            InterlockedDecrement64
#define InterlockedAddNoFence                    InterlockedAdd
#define InterlockedAddNoFence64                  InterlockedAdd64
#define InterlockedExchangeAcquire               InterlockedExchange
#define InterlockedExchangeNoFence               InterlockedExchange
#define InterlockedExchangeAddAcquire            InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence            InterlockedExchangeAdd
#define InterlockedExchangePointerNoFence        InterlockedExchangePointer
#define InterlockedExchangePointerAcquire        InterlockedExchangePointer
#define InterlockedCompareExchangeAcquire        InterlockedCompareExchange
#define InterlockedCompareExchangeRelease        InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence        InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire64      InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64      InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64      InterlockedCompareExchange64
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer
#define InterlockedAndNoFence                    InterlockedAnd
#define InterlockedOrNoFence                     InterlockedOr
#define InterlockedXorNoFence                    InterlockedXor
#ifndef InterlockedIncrement16
#define InterlockedIncrement16        _InterlockedIncrement16
#define InterlockedDecrement16        _InterlockedDecrement16
#define InterlockedCompareExchange16  _InterlockedCompareExchange16
#define InterlockedExchange8          _InterlockedExchange8
#define InterlockedOr8                _InterlockedOr8
#define InterlockedAnd8               _InterlockedAnd8
#define InterlockedXor8               _InterlockedXor8
#define InterlockedCompareExchange128 _InterlockedCompareExchange128
#endif

/* ---- Time ---------------------------------------------------------------------------------------------------------- */

NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
NTKERNELAPI VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime);
typedef struct _EX_TIMER EX_TIMER;

/* x64 saves floating point with the thread ("Using Floating Point in a WDM Driver", learn.microsoft.com). */
FORCEINLINE NTSTATUS KeSaveFloatingPointState(PVOID FloatSave) {
    UNREFERENCED_PARAMETER(FloatSave);
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS KeRestoreFloatingPointState(PVOID FloatSave) {
    UNREFERENCED_PARAMETER(FloatSave);
    return STATUS_SUCCESS;
}

/* ---- Objects, registry, input and output --------------------------------------------------------------------------- */

NTKERNELAPI NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
NTKERNELAPI NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID, PCUNICODE_STRING *ObjectName,
                                                      ULONG Flags);
NTKERNELAPI VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName);
NTKERNELAPI NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                                HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext);

NTKERNELAPI NTSTATUS NTAPI IoReportRootDevice(struct _DRIVER_OBJECT *DriverObject);
NTKERNELAPI NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, CONST DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                            DEVPROPTYPE Type, ULONG Size, PVOID Data);
NTKERNELAPI NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, CONST DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                            ULONG Size, PVOID Data, PULONG RequiredSize, DEVPROPTYPE *Type);
NTKERNELAPI NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value, PULONG ValueLength,
                                                            PULONG Attributes);
NTKERNELAPI NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid, PVOID Value, ULONG ValueLength,
                                                            ULONG Attributes);

#define RTL_QUERY_REGISTRY_TYPECHECK       0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK  (0xff << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)

/* ---- DMA, version 3 ------------------------------------------------------------------------------------------------ */

#define DEVICE_DESCRIPTION_VERSION3 0x0003
#define DMA_ADAPTER_INFO_VERSION1   1
typedef struct _DMA_ADAPTER_INFO_V1 {
    ULONG ReadDmaCounterAvailable;
    ULONG ScatterGatherLimit;
    ULONG DmaAddressWidth;
    ULONG Flags;
    ULONG MinimumTransferUnit;
} DMA_ADAPTER_INFO_V1, *PDMA_ADAPTER_INFO_V1;
typedef struct _DMA_ADAPTER_INFO {
    ULONG Version;
    union {
        DMA_ADAPTER_INFO_V1 V1;
    };
} DMA_ADAPTER_INFO, *PDMA_ADAPTER_INFO;

#define DMA_TRANSFER_INFO_VERSION1 1
#define DMA_TRANSFER_INFO_VERSION2 2
typedef struct _DMA_TRANSFER_INFO_V1 {
    ULONG MapRegisterCount;
    ULONG ScatterGatherElementCount;
    ULONG ScatterGatherListSize;
} DMA_TRANSFER_INFO_V1, *PDMA_TRANSFER_INFO_V1;
typedef struct _DMA_TRANSFER_INFO_V2 {
    ULONG MapRegisterCount;
    ULONG ScatterGatherElementCount;
    ULONG ScatterGatherListSize;
    ULONG LogicalPageCount;
} DMA_TRANSFER_INFO_V2, *PDMA_TRANSFER_INFO_V2;
typedef struct _DMA_TRANSFER_INFO {
    ULONG Version;
    union {
        DMA_TRANSFER_INFO_V1 V1;
        DMA_TRANSFER_INFO_V2 V2;
    };
} DMA_TRANSFER_INFO, *PDMA_TRANSFER_INFO;

#define DMA_TRANSFER_CONTEXT_VERSION1 1
#define DMA_TRANSFER_CONTEXT_SIZE_V1  128
#define DMA_SYNCHRONOUS_CALLBACK      0x01

/* ---- Roles of functions -------------------------------------------------------------------------------------------- */

typedef DRIVER_DISPATCH DRIVER_DISPATCH_PAGED, DRIVER_DISPATCH_RAISED;
typedef VOID NTAPI RINGSIDE_CSQ_IRP(struct _IO_CSQ *Csq, PIRP Irp);
typedef RINGSIDE_CSQ_IRP IO_CSQ_INSERT_IRP, IO_CSQ_REMOVE_IRP, IO_CSQ_COMPLETE_CANCELED_IRP;
typedef NTSTATUS NTAPI IO_CSQ_INSERT_IRP_EX(struct _IO_CSQ *Csq, PIRP Irp, PVOID InsertContext);
typedef PIRP NTAPI IO_CSQ_PEEK_NEXT_IRP(struct _IO_CSQ *Csq, PIRP Irp, PVOID PeekContext);
typedef VOID NTAPI IO_CSQ_ACQUIRE_LOCK(struct _IO_CSQ *Csq, PKIRQL Irql);
typedef VOID NTAPI IO_CSQ_RELEASE_LOCK(struct _IO_CSQ *Csq, KIRQL Irql);
typedef PVOID NTAPI ALLOCATE_FUNCTION(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
typedef PVOID NTAPI ALLOCATE_FUNCTION_EX(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, struct _LOOKASIDE_LIST_EX *Lookaside);
typedef VOID NTAPI FREE_FUNCTION_EX(PVOID Buffer, struct _LOOKASIDE_LIST_EX *Lookaside);
typedef NTSTATUS NTAPI RTL_QUERY_REGISTRY_ROUTINE(PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength, PVOID Context,
                                                  PVOID EntryContext);

/* ---- Small things -------------------------------------------------------------------------------------------------- */

#ifndef NT_VERIFY /* mingw-w64 forgets it for checked builds */
#define NT_VERIFY     NT_ASSERT
#define NT_VERIFYMSG  NT_ASSERTMSG
#define NT_VERIFYMSGW NT_ASSERTMSGW
#endif
#define NT_ANALYSIS_ASSUME(Expression) ((VOID)0)
#define NT_ASSERT_ASSUME               NT_ASSERT
#define NT_FRE_ASSERT(Expression)      ((VOID)((Expression) || (DbgRaiseAssertionFailure(), FALSE)))
#define PFORCEINLINE                   FORCEINLINE
#ifndef PAGED_ASSERT
#define PAGED_ASSERT NT_ASSERT
#endif
#ifndef Add2Ptr
#define Add2Ptr(Pointer, Offset) ((PVOID)((PUCHAR)(Pointer) + (Offset)))
#endif
#undef DECLARE_GLOBAL_CONST_UNICODE_STRING
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(Name, String) extern const DECLSPEC_SELECTANY UNICODE_STRING Name = RTL_CONSTANT_STRING(String)

#ifdef __cplusplus
}

/* A constant array makes a constant string as well. Drivers in C++ include this header inside extern "C". */
extern "C++" {
template <typename Character> constexpr Character *RingsideMutable(const Character *String) { return const_cast<Character *>(String); }
}
#undef RTL_CONSTANT_STRING
#define RTL_CONSTANT_STRING(s) {sizeof(s) - sizeof((s)[0]), sizeof(s), RingsideMutable(s)}
#endif

/*
 * Adapters from the inside. A bus address is a physical address. What a device cannot use as it lies in memory, because it takes no scatter/gather lists or its
 * addresses are too short, is copied: each map register of such an adapter is a page that the device reaches, and all of them are one range of addresses.
 *
 * Drivers hold map registers in sets: what AllocateAdapterChannel calls MapRegisterBase, or what belongs to a scatter/gather list. A set without a page behind its
 * registers only counts what is mapped. Nothing here needs a lock, as kernel code is not preempted; the driver's routines are called at DISPATCH_LEVEL.
 */
#pragma once
#include "hal/dma.h"

/* ---- Version 3 of the structures ("DEVICE_DESCRIPTION", "DMA_OPERATIONS"), which mingw-w64 lacks; include/ddk-fix/wdm.h has them for drivers ---- */
#define DEVICE_DESCRIPTION_VERSION3 3u
typedef struct _HALP_DEVICE_DESCRIPTION {
    DEVICE_DESCRIPTION Version2;
    ULONG DmaAddressWidth; /* bits of a bus master's addresses */
    ULONG DmaControllerInstance;
    ULONG DmaRequestLine;
    PHYSICAL_ADDRESS DeviceAddress;
} HALP_DEVICE_DESCRIPTION, *PHALP_DEVICE_DESCRIPTION;
_Static_assert(sizeof(HALP_DEVICE_DESCRIPTION) == 64, "DEVICE_DESCRIPTION");

#define DMA_ADAPTER_INFO_VERSION1 1u
typedef struct _DMA_ADAPTER_INFO {
    ULONG Version;
    ULONG ReadDmaCounterAvailable, ScatterGatherLimit, DmaAddressWidth, Flags, MinimumTransferUnit;
} DMA_ADAPTER_INFO, *PDMA_ADAPTER_INFO;

#define DMA_TRANSFER_INFO_VERSION1 1u
#define DMA_TRANSFER_INFO_VERSION2 2u
typedef struct _DMA_TRANSFER_INFO {
    ULONG Version;
    ULONG MapRegisterCount, ScatterGatherElementCount, ScatterGatherListSize;
    ULONG LogicalPageCount; /* version 2 */
} DMA_TRANSFER_INFO, *PDMA_TRANSFER_INFO;

#define DMA_SYNCHRONOUS_CALLBACK 1u
typedef VOID(NTAPI *PDMA_COMPLETION_ROUTINE)(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID CompletionContext,
                                             DMA_COMPLETION_STATUS Status);

typedef struct _HALP_DMA_OPERATIONS {
    DMA_OPERATIONS Version2;
    NTSTATUS(NTAPI *GetDmaAdapterInfo)(PDMA_ADAPTER, PDMA_ADAPTER_INFO);
    NTSTATUS(NTAPI *GetDmaTransferInfo)(PDMA_ADAPTER, PMDL, ULONGLONG, ULONG, BOOLEAN, PDMA_TRANSFER_INFO);
    NTSTATUS(NTAPI *InitializeDmaTransferContext)(PDMA_ADAPTER, PVOID);
    PVOID(NTAPI *AllocateCommonBufferEx)(PDMA_ADAPTER, PPHYSICAL_ADDRESS, ULONG, PPHYSICAL_ADDRESS, BOOLEAN, ULONG);
    NTSTATUS(NTAPI *AllocateAdapterChannelEx)(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, ULONG, ULONG, PDRIVER_CONTROL, PVOID, PVOID *);
    NTSTATUS(NTAPI *ConfigureAdapterChannel)(PDMA_ADAPTER, ULONG, PVOID);
    BOOLEAN(NTAPI *CancelAdapterChannel)(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID);
    NTSTATUS(NTAPI *MapTransferEx)(PDMA_ADAPTER, PMDL, PVOID, ULONGLONG, ULONG, PULONG, BOOLEAN, PSCATTER_GATHER_LIST, ULONG, PDMA_COMPLETION_ROUTINE,
                                   PVOID);
    NTSTATUS(NTAPI *GetScatterGatherListEx)(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, PMDL, ULONGLONG, ULONG, ULONG, PDRIVER_LIST_CONTROL, PVOID, BOOLEAN,
                                            PDMA_COMPLETION_ROUTINE, PVOID, PSCATTER_GATHER_LIST *);
    NTSTATUS(NTAPI *BuildScatterGatherListEx)(PDMA_ADAPTER, PDEVICE_OBJECT, PVOID, PMDL, ULONGLONG, ULONG, ULONG, PDRIVER_LIST_CONTROL, PVOID,
                                              BOOLEAN, PVOID, ULONG, PDMA_COMPLETION_ROUTINE, PVOID, PVOID);
    NTSTATUS(NTAPI *FlushAdapterBuffersEx)(PDMA_ADAPTER, PMDL, PVOID, ULONGLONG, ULONG, BOOLEAN);
    VOID(NTAPI *FreeAdapterObject)(PDMA_ADAPTER, IO_ALLOCATION_ACTION);
    NTSTATUS(NTAPI *CancelMappedTransfer)(PDMA_ADAPTER, PVOID);
} HALP_DMA_OPERATIONS;

/* ---- Adapters and sets ---- */
#define HALP_COPY_REGISTERS 64u /* as many as an adapter whose registers have pages has at most */

typedef struct _HALP_REGISTER { /* what its page is a copy of */
    PMDL Mdl;
    ULONG Offset; /* from the start of the MDL's buffer */
    ULONG Length; /* 0: nothing */
} HALP_REGISTER, *PHALP_REGISTER;

typedef struct _HALP_ADAPTER {
    DMA_ADAPTER Public;
    HALP_DMA_OPERATIONS Operations; /* Size says how many of them the driver asked for */
    ULONG64 Limit;                  /* the first address that the device does not reach */
    ULONG AddressWidth;
    BOOLEAN ScatterGather;
    ULONG Registers;    /* that a transfer may use */
    PUCHAR Memory;      /* a page for each; NULL: nothing has to be copied */
    ULONG64 Taken;      /* of those with a page, a bit each */
    LIST_ENTRY Waiting; /* sets that wait for the adapter, or for registers */
    LIST_ENTRY Held;    /* sets of channels that drivers have */
    BOOLEAN Busy;       /* a routine runs, or its set is kept: */
    struct _HALP_SET *Kept;
    LONG CommonBuffers, Lists; /* that drivers have */
    HALP_REGISTER Map[];       /* Registers of them, if they have pages */
} HALP_ADAPTER, *PHALP_ADAPTER;

typedef struct _HALP_TRANSFER_CONTEXT *PHALP_TRANSFER_CONTEXT;

typedef struct _HALP_SET {
    LIST_ENTRY Link; /* of Waiting or Held; to itself: a list's that the driver has */
    PHALP_ADAPTER Adapter;
    ULONG First, Count; /* its registers */
    ULONG Used;         /* of them */
    ULONG MappedBytes;
    ULONG MappedFrom; /* offset of the first of them in the MDL */
    /* What happens when it has its registers: one of the two routines, or none. */
    PDEVICE_OBJECT Device;
    PIRP Irp;
    PDRIVER_CONTROL Routine;
    PDRIVER_LIST_CONTROL ListRoutine;
    PVOID RoutineContext;
    PHALP_TRANSFER_CONTEXT Context; /* NULL: it cannot be cancelled */
    /* Of a scatter/gather list. */
    PSCATTER_GATHER_LIST List;
    PVOID Block; /* in pool, with the set and the list; NULL: both are in the driver's memory */
    PMDL Mdl;
    ULONG Offset, Length;
    BOOLEAN WriteToDevice;
} HALP_SET, *PHALP_SET;

/* What drivers give room for: DMA_TRANSFER_CONTEXT_SIZE_V1, 128 bytes. */
struct _HALP_TRANSFER_CONTEXT {
    ULONG Version;
    BOOLEAN Cancelled;
    PHALP_SET Waits; /* the set that is asked for and not there yet */
};

#define TAG_ADAPTER 'pdAH'
#define TAG_SET     'esAH'

#define HalpAdapter(Public) ((PHALP_ADAPTER)(Public))

/* ---- channel.c: who has registers, and who waits. Requests are served in their order ---- */
/* Queues a set whose fields are filled in; its routine runs at once if it can. AtOnce: not later; STATUS_INSUFFICIENT_RESOURCES if it cannot, and nothing has
   happened. STATUS_CANCELLED: its context had been cancelled. <= DISPATCH_LEVEL. */
NTSTATUS HalpRequestSet(PHALP_SET Set, BOOLEAN AtOnce);
VOID HalpFreeSet(PHALP_SET Set);
/* Who waits gets what has become free. */
VOID HalpServe(PHALP_ADAPTER Adapter);
NTSTATUS NTAPI HalpAllocateAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, ULONG NumberOfMapRegisters,
                                          PDRIVER_CONTROL ExecutionRoutine, PVOID Context);
VOID NTAPI HalpFreeAdapterChannel(PDMA_ADAPTER DmaAdapter);
VOID NTAPI HalpFreeMapRegisters(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase, ULONG NumberOfMapRegisters);
NTSTATUS NTAPI HalpInitializeTransferContext(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext);
NTSTATUS NTAPI HalpAllocateAdapterChannelEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext,
                                            ULONG NumberOfMapRegisters, ULONG Flags, PDRIVER_CONTROL ExecutionRoutine, PVOID ExecutionContext,
                                            PVOID *MapRegisterBase);
BOOLEAN NTAPI HalpCancelAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext);
VOID NTAPI HalpFreeAdapterObject(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction);

/* ---- transfer.c: what is mapped ---- */
/* Pages of Length bytes from Offset of a chain of MDLs. STATUS_BUFFER_TOO_SMALL: the chain ends before. */
NTSTATUS HalpCountPages(PMDL Mdl, ULONGLONG Offset, ULONG Length, PULONG Count);
/* The MDL of a chain in which *Offset lies, *Offset then being from its start; NULL: in none. */
PMDL HalpFindMdl(PMDL Mdl, ULONGLONG *Offset);
/* Maps at most *Length bytes of one MDL from Offset on, as one piece of addresses; *Length is then what was. 0 bytes: the set has no registers left. */
PHYSICAL_ADDRESS HalpMapPiece(PHALP_SET Set, PMDL Mdl, ULONG Offset, PULONG Length, BOOLEAN WriteToDevice);
/* Ends what is mapped of Length bytes of a chain: what the device wrote into copies comes to where it belongs. */
VOID HalpFlush(PHALP_SET Set, PMDL Mdl, ULONGLONG Offset, ULONG Length, BOOLEAN WriteToDevice);
PHYSICAL_ADDRESS NTAPI HalpMapTransfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, PULONG Length,
                                       BOOLEAN WriteToDevice);
BOOLEAN NTAPI HalpFlushAdapterBuffers(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, ULONG Length, BOOLEAN WriteToDevice);
NTSTATUS NTAPI HalpMapTransferEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG DeviceOffset, PULONG Length,
                                 BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST ScatterGatherBuffer, ULONG ScatterGatherBufferLength,
                                 PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext);
NTSTATUS NTAPI HalpFlushAdapterBuffersEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, ULONG Length,
                                         BOOLEAN WriteToDevice);

/* ---- gather.c: scatter/gather lists ---- */
#define HALP_LIST_SIZE(Count) ((ULONG)(FIELD_OFFSET(SCATTER_GATHER_LIST, Elements) + (Count) * sizeof(SCATTER_GATHER_ELEMENT)))
/* Fills in the list of a set that has its registers. */
VOID HalpFillList(PHALP_SET Set);
NTSTATUS NTAPI HalpCalculateListSize(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID CurrentVa, ULONG Length, PULONG ScatterGatherListSize,
                                     PULONG NumberOfMapRegisters);
NTSTATUS NTAPI HalpGetTransferInfo(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset, ULONG Length, BOOLEAN WriteOnly,
                                   PDMA_TRANSFER_INFO TransferInfo);
NTSTATUS NTAPI HalpGetScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                        PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice);
NTSTATUS NTAPI HalpBuildScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                          PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                                          ULONG ScatterGatherLength);
NTSTATUS NTAPI HalpGetScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset,
                                          ULONG Length, ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice,
                                          PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext,
                                          PSCATTER_GATHER_LIST *ScatterGatherList);
NTSTATUS NTAPI HalpBuildScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PVOID DmaTransferContext, PMDL Mdl,
                                            ULONGLONG Offset, ULONG Length, ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                                            BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer, ULONG ScatterGatherLength,
                                            PDMA_COMPLETION_ROUTINE DmaCompletionRoutine, PVOID CompletionContext, PVOID ScatterGatherList);
VOID NTAPI HalpPutScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, BOOLEAN WriteToDevice);
NTSTATUS NTAPI HalpBuildMdl(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, PMDL OriginalMdl, PMDL *TargetMdl);

/* ---- Mistakes of drivers, looked at under the verifier: bug check 0xE6 with the parameters of its page ---- */
enum {
    HALP_MANY_COMMON_BUFFERS = 0x03,
    HALP_MANY_CHANNELS = 0x04,
    HALP_MANY_REGISTERS = 0x05,
    HALP_MANY_LISTS = 0x06,
    HALP_PUT_WITH_COMMON_BUFFERS = 0x07,
    HALP_PUT_WITH_CHANNEL = 0x08,
    HALP_PUT_WITH_REGISTERS = 0x09,
    HALP_PUT_WITH_LISTS = 0x0A,
    HALP_NOT_FLUSHED = 0x0D,
    HALP_STILL_MAPPED = 0x10,
    HALP_WRONG_IRQL = 0x13,
    HALP_OUTSIDE_MDL = 0x1B,
    HALP_NOT_MAPPED = 0x20,
    HALP_ZERO_LENGTH = 0x21,
    HALP_SHORT_MDL = 0x24,
    HALP_UNKNOWN_VERSION = 0x25
};
VOID HalpRefuse(ULONG Violation, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PCSTR Sentence);
/* At DISPATCH_LEVEL, or (Exact FALSE) below. */
VOID HalpCheckIrql(BOOLEAN Exact);

#include "hal/dma.h"
#include "ke/ke.h"
#include "mm/mm.h"

/*
 * A bus address is a physical address, so a transfer needs no map registers and nothing has to be copied or flushed: an adapter only knows how long the
 * transfers of its device may be.
 */

#define TAG_ADAPTER   'pdAH'
#define TAG_LIST      'lgSH'
#define LIST_IN_POOL  1 /* SCATTER_GATHER_LIST.Reserved */
#define FOUR_GIGABYTE 0x100000000ull

typedef struct _HALP_ADAPTER {
    DMA_ADAPTER Public;
    ULONG MaximumLength;
} HALP_ADAPTER, *PHALP_ADAPTER;

static VOID NTAPI HalpPutAdapter(PDMA_ADAPTER DmaAdapter) { ExFreePoolWithTag(DmaAdapter, TAG_ADAPTER); }

static PVOID NTAPI HalpAllocateCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled) {
    PVOID Buffer = MmAllocateContiguousMemory(Length, (PHYSICAL_ADDRESS){.QuadPart = -1});

    if (Buffer != NULL)
        *LogicalAddress = MmGetPhysicalAddress(Buffer);
    return Buffer;
}

static VOID NTAPI HalpFreeCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PHYSICAL_ADDRESS LogicalAddress, PVOID VirtualAddress,
                                       BOOLEAN CacheEnabled) {
    MmFreeContiguousMemory(VirtualAddress);
}

/* The channel is always free, so the routine runs at once. Whatever it wants kept costs nothing. */
static NTSTATUS NTAPI HalpAllocateAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, ULONG NumberOfMapRegisters,
                                                 PDRIVER_CONTROL ExecutionRoutine, PVOID Context) {
    if (NumberOfMapRegisters > ((PHALP_ADAPTER)DmaAdapter)->MaximumLength / PAGE_SIZE + 2)
        return STATUS_INSUFFICIENT_RESOURCES;
    ExecutionRoutine(DeviceObject, DeviceObject->CurrentIrp, DmaAdapter, Context);
    return STATUS_SUCCESS;
}

static BOOLEAN NTAPI HalpFlushAdapterBuffers(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, ULONG Length,
                                             BOOLEAN WriteToDevice) {
    return TRUE;
}

static VOID NTAPI HalpFreeAdapterChannel(PDMA_ADAPTER DmaAdapter) {}

static VOID NTAPI HalpFreeMapRegisters(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase, ULONG NumberOfMapRegisters) {}

/* The first run of consecutive frames at this offset of the MDL, at most Length bytes of it. */
static PHYSICAL_ADDRESS HalpRun(PMDL Mdl, ULONG Offset, PULONG Length) {
    const PFN_NUMBER *Frames = MmGetMdlPfnArray(Mdl);
    ULONG Start = Mdl->ByteOffset + Offset, Page = Start / PAGE_SIZE, Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Mdl->ByteOffset, Mdl->ByteCount);
    ULONG Run = PAGE_SIZE - Start % PAGE_SIZE, Limit = min(*Length, Mdl->ByteCount - Offset);
    ULONG Next = Page + 1;

    for (; Run < Limit && Next < Pages && Frames[Next] == Frames[Next - 1] + 1; Next++)
        Run += PAGE_SIZE;
    *Length = min(Run, Limit);
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)(Frames[Page] * PAGE_SIZE + Start % PAGE_SIZE)};
}

static ULONG HalpOffset(PMDL Mdl, PVOID CurrentVa) { return (ULONG)((ULONG_PTR)CurrentVa - (ULONG_PTR)MmGetMdlVirtualAddress(Mdl)); }

static PHYSICAL_ADDRESS NTAPI HalpMapTransfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa, PULONG Length,
                                              BOOLEAN WriteToDevice) {
    return HalpRun(Mdl, HalpOffset(Mdl, CurrentVa), Length);
}

static ULONG NTAPI HalpGetDmaAlignment(PDMA_ADAPTER DmaAdapter) { return 1; }

static ULONG NTAPI HalpReadDmaCounter(PDMA_ADAPTER DmaAdapter) { return 0; /* a counter of the DMA controller's, which no adapter here uses */ }

/* ---- Scatter/gather lists ---- */

/* A transfer of Length bytes from CurrentVa on goes on in the MDLs behind the first. */
static NTSTATUS HalpCountRuns(PMDL Mdl, ULONG Offset, ULONG Length, PULONG Count) {
    for (*Count = 0; Length != 0; ++*Count) {
        ULONG Run = Length;

        if (Mdl == NULL || Offset > Mdl->ByteCount)
            return STATUS_BUFFER_TOO_SMALL;
        HalpRun(Mdl, Offset, &Run);
        Offset += Run;
        Length -= Run;
        if (Offset == Mdl->ByteCount) {
            Mdl = Mdl->Next;
            Offset = 0;
        }
    }
    return STATUS_SUCCESS;
}

static ULONG HalpListSize(ULONG Count) { return (ULONG)(FIELD_OFFSET(SCATTER_GATHER_LIST, Elements) + Count * sizeof(SCATTER_GATHER_ELEMENT)); }

static VOID HalpFillList(PSCATTER_GATHER_LIST List, ULONG Count, PMDL Mdl, ULONG Offset, ULONG Length) {
    List->NumberOfElements = Count;
    for (ULONG Index = 0; Index < Count; Index++) {
        ULONG Run = Length;

        List->Elements[Index].Address = HalpRun(Mdl, Offset, &Run);
        List->Elements[Index].Length = Run;
        List->Elements[Index].Reserved = 0;
        Offset += Run;
        Length -= Run;
        if (Offset == Mdl->ByteCount) {
            Mdl = Mdl->Next;
            Offset = 0;
        }
    }
}

static NTSTATUS NTAPI HalpCalculateListSize(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID CurrentVa, ULONG Length, PULONG ScatterGatherListSize,
                                            PULONG NumberOfMapRegisters) {
    ULONG Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(CurrentVa, Length);

    if (Mdl != NULL) {
        NTSTATUS Status = HalpCountRuns(Mdl, HalpOffset(Mdl, CurrentVa), Length, &Count);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    *ScatterGatherListSize = HalpListSize(Count);
    if (NumberOfMapRegisters != NULL)
        *NumberOfMapRegisters = Count;
    return STATUS_SUCCESS;
}

static NTSTATUS HalpBuild(PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                          PSCATTER_GATHER_LIST Buffer, ULONG BufferLength) {
    PSCATTER_GATHER_LIST List = Buffer;
    ULONG Count, Offset = HalpOffset(Mdl, CurrentVa);
    NTSTATUS Status = HalpCountRuns(Mdl, Offset, Length, &Count);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Buffer != NULL && BufferLength < HalpListSize(Count))
        return STATUS_BUFFER_TOO_SMALL;
    if (List == NULL && (List = ExAllocatePoolWithTag(NonPagedPoolNx, HalpListSize(Count), TAG_LIST)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    List->Reserved = Buffer == NULL ? LIST_IN_POOL : 0;
    HalpFillList(List, Count, Mdl, Offset, Length);
    ExecutionRoutine(DeviceObject, DeviceObject->CurrentIrp, List, Context);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI HalpGetScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                               PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice) {
    return HalpBuild(DeviceObject, Mdl, CurrentVa, Length, ExecutionRoutine, Context, NULL, 0);
}

static NTSTATUS NTAPI HalpBuildScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                                                 PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, BOOLEAN WriteToDevice,
                                                 PVOID ScatterGatherBuffer, ULONG ScatterGatherLength) {
    if (ScatterGatherBuffer == NULL)
        return STATUS_INVALID_PARAMETER;
    return HalpBuild(DeviceObject, Mdl, CurrentVa, Length, ExecutionRoutine, Context, ScatterGatherBuffer, ScatterGatherLength);
}

static VOID NTAPI HalpPutScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, BOOLEAN WriteToDevice) {
    if (ScatterGather->Reserved == LIST_IN_POOL)
        ExFreePoolWithTag(ScatterGather, TAG_LIST);
}

/* The device sees the pages of the original itself. */
static NTSTATUS NTAPI HalpBuildMdl(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather, PMDL OriginalMdl, PMDL *TargetMdl) {
    *TargetMdl = OriginalMdl;
    return OriginalMdl != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static DMA_OPERATIONS HalpOperations = {.Size = sizeof(DMA_OPERATIONS),
                                        .PutDmaAdapter = HalpPutAdapter,
                                        .AllocateCommonBuffer = HalpAllocateCommonBuffer,
                                        .FreeCommonBuffer = HalpFreeCommonBuffer,
                                        .AllocateAdapterChannel = HalpAllocateAdapterChannel,
                                        .FlushAdapterBuffers = HalpFlushAdapterBuffers,
                                        .FreeAdapterChannel = HalpFreeAdapterChannel,
                                        .FreeMapRegisters = HalpFreeMapRegisters,
                                        .MapTransfer = HalpMapTransfer,
                                        .GetDmaAlignment = HalpGetDmaAlignment,
                                        .ReadDmaCounter = HalpReadDmaCounter,
                                        .GetScatterGatherList = HalpGetScatterGatherList,
                                        .PutScatterGatherList = HalpPutScatterGatherList,
                                        .CalculateScatterGatherList = HalpCalculateListSize,
                                        .BuildScatterGatherList = HalpBuildScatterGatherList,
                                        .BuildMdlFromScatterGatherList = HalpBuildMdl};

PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters) {
    BOOLEAN Reaches = DeviceDescription->Dma64BitAddresses || (DeviceDescription->Dma32BitAddresses && KiMachine->ram_size <= FOUR_GIGABYTE);
    PHALP_ADAPTER Adapter;

    if (DeviceDescription->Version > DEVICE_DESCRIPTION_VERSION2 || !DeviceDescription->Master || !DeviceDescription->ScatterGather || !Reaches)
        return NULL;
    Adapter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Adapter), TAG_ADAPTER);
    if (Adapter == NULL)
        return NULL;
    *Adapter = (HALP_ADAPTER){.Public = {.Version = 1, .Size = sizeof(*Adapter), .DmaOperations = &HalpOperations},
                              .MaximumLength = DeviceDescription->MaximumLength};
    *NumberOfMapRegisters = BYTES_TO_PAGES(DeviceDescription->MaximumLength) + 1;
    return (PADAPTER_OBJECT)Adapter;
}

VOID NTAPI HalPutDmaAdapter(PADAPTER_OBJECT DmaAdapter) { HalpPutAdapter((PDMA_ADAPTER)DmaAdapter); }

/* The physical device object would tell the bus; here it is always the one bus. */
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters) {
    return (PDMA_ADAPTER)HalGetAdapter(DeviceDescription, NumberOfMapRegisters);
}

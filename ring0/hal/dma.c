/* Adapters: what a description is given, and the table of functions. */
#include "hal/dmap.h"
#include "ke/ke.h"
#include "vf/vf.h"

#define DMA_VIOLATION 0xE6u

/* ---- Mistakes ---- */
/* What parameters 2 to 4 are ("Bug Check 0xE6"). */
static const struct {
    ULONG Violation;
    PCSTR Names[3];
} HalpViolations[] = {
    {HALP_MANY_COMMON_BUFFERS, {"buffers too many", "", ""}},
    {HALP_MANY_CHANNELS, {"channels too many", "", ""}},
    {HALP_MANY_REGISTERS, {"registers too many", "", ""}},
    {HALP_MANY_LISTS, {"lists allocated", "lists freed", ""}},
    {HALP_PUT_WITH_COMMON_BUFFERS, {"adapter", "common buffers", "adapter"}},
    {HALP_PUT_WITH_CHANNEL, {"adapter", "channels", "adapter"}},
    {HALP_PUT_WITH_REGISTERS, {"adapter", "map registers", "adapter"}},
    {HALP_PUT_WITH_LISTS, {"adapter", "lists", "adapter"}},
    {HALP_NOT_FLUSHED, {"bytes mapped", "bytes that can be", ""}},
    {HALP_STILL_MAPPED, {"registers mapped", "", ""}},
    {HALP_WRONG_IRQL, {"1: another, 2: higher", "IRQL expected", "IRQL"}},
    {HALP_OUTSIDE_MDL, {"address", "MDL", ""}},
    {HALP_NOT_MAPPED, {"map register base", "address", "MDL"}},
    {HALP_ZERO_LENGTH, {"map register base", "", ""}},
    {HALP_SHORT_MDL, {"bytes too many", "", ""}},
};

VOID HalpRefuse(ULONG Violation, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PCSTR Sentence) {
    PCSTR Names[4] = {"kind of violation", "", "", ""};

    if (!VfIsOn())
        return;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(HalpViolations); Index++) {
        if (HalpViolations[Index].Violation == Violation)
            RtlCopyMemory(&Names[1], HalpViolations[Index].Names, sizeof(HalpViolations[Index].Names));
    }
    KiNameParameters(Names);
    KiBugCheck(DMA_VIOLATION, Violation, P2, P3, P4, NULL, Sentence);
}

VOID HalpCheckIrql(BOOLEAN Exact) {
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql > DISPATCH_LEVEL || (Exact && Irql != DISPATCH_LEVEL))
        HalpRefuse(HALP_WRONG_IRQL, Exact ? 1 : 2, DISPATCH_LEVEL, Irql,
                   Exact ? "a function of the DMA adapter that is for DISPATCH_LEVEL is called at another level"
                         : "a function of the DMA adapter that is for DISPATCH_LEVEL and below is called above");
}

/* ---- Common buffers ---- */
static PVOID HalpAllocateBelow(PHALP_ADAPTER Adapter, ULONG Length, ULONG64 Highest, PPHYSICAL_ADDRESS LogicalAddress) {
    PVOID Buffer = MmAllocateContiguousMemory(Length, (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)min(Highest, Adapter->Limit - 1)});

    if (Buffer == NULL)
        return NULL;
    *LogicalAddress = MmGetPhysicalAddress(Buffer);
    Adapter->CommonBuffers++;
    return Buffer;
}

static PVOID NTAPI HalpAllocateCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled) {
    return HalpAllocateBelow(HalpAdapter(DmaAdapter), Length, ~0ull, LogicalAddress);
}

static PVOID NTAPI HalpAllocateCommonBufferEx(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MaximumAddress, ULONG Length,
                                              PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled, ULONG PreferredNode) {
    return HalpAllocateBelow(HalpAdapter(DmaAdapter), Length, MaximumAddress != NULL ? (ULONG64)MaximumAddress->QuadPart : ~0ull, LogicalAddress);
}

static VOID NTAPI HalpFreeCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length, PHYSICAL_ADDRESS LogicalAddress, PVOID VirtualAddress,
                                       BOOLEAN CacheEnabled) {
    if (--HalpAdapter(DmaAdapter)->CommonBuffers < 0)
        HalpRefuse(HALP_MANY_COMMON_BUFFERS, 1, 0, 0, "a common buffer is freed that was not allocated with this adapter, or not any more");
    MmFreeContiguousMemory(VirtualAddress);
}

/* ---- Questions ---- */
static ULONG NTAPI HalpGetDmaAlignment(PDMA_ADAPTER DmaAdapter) { return 1; }

static ULONG NTAPI HalpReadDmaCounter(PDMA_ADAPTER DmaAdapter) { return 0; /* a counter of the DMA controller's, which no adapter here uses */ }

static NTSTATUS NTAPI HalpGetAdapterInfo(PDMA_ADAPTER DmaAdapter, PDMA_ADAPTER_INFO AdapterInfo) {
    PHALP_ADAPTER Adapter = HalpAdapter(DmaAdapter);

    if (AdapterInfo->Version != DMA_ADAPTER_INFO_VERSION1)
        return STATUS_NOT_SUPPORTED;
    *AdapterInfo = (DMA_ADAPTER_INFO){.Version = DMA_ADAPTER_INFO_VERSION1,
                                      .ReadDmaCounterAvailable = FALSE,
                                      .ScatterGatherLimit = Adapter->ScatterGather ? Adapter->Registers : 1,
                                      .DmaAddressWidth = Adapter->AddressWidth,
                                      .MinimumTransferUnit = 1};
    return STATUS_SUCCESS;
}

/* Both are for the system's DMA controller. */
static NTSTATUS NTAPI HalpConfigureAdapterChannel(PDMA_ADAPTER DmaAdapter, ULONG FunctionNumber, PVOID Context) { return STATUS_NOT_IMPLEMENTED; }
static NTSTATUS NTAPI HalpCancelMappedTransfer(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext) { return STATUS_NOT_IMPLEMENTED; }

/* ---- Adapters ---- */
static VOID HalpCheckUnused(PHALP_ADAPTER Adapter) {
    ULONG_PTR Pointer = (ULONG_PTR)Adapter;
    ULONG Registers = 0;

    for (PLIST_ENTRY Link = Adapter->Held.Flink; Link != &Adapter->Held; Link = Link->Flink)
        Registers += CONTAINING_RECORD(Link, HALP_SET, Link)->Count;
    if (Adapter->CommonBuffers > 0)
        HalpRefuse(HALP_PUT_WITH_COMMON_BUFFERS, Pointer, (ULONG_PTR)Adapter->CommonBuffers, Pointer,
                   "an adapter is put back whose common buffers have not been freed");
    if (Adapter->Busy || !IsListEmpty(&Adapter->Waiting))
        HalpRefuse(HALP_PUT_WITH_CHANNEL, Pointer, 1, Pointer, "an adapter is put back whose channel is in use, or asked for");
    if (Adapter->Lists > 0)
        HalpRefuse(HALP_PUT_WITH_LISTS, Pointer, (ULONG_PTR)Adapter->Lists, Pointer,
                   "an adapter is put back whose scatter/gather lists have not: PutScatterGatherList ends each transfer");
    if (Registers != 0)
        HalpRefuse(HALP_PUT_WITH_REGISTERS, Pointer, Registers, Pointer, "an adapter is put back whose map registers have not been freed");
}

static VOID NTAPI HalpPutAdapter(PDMA_ADAPTER DmaAdapter) {
    HalpCheckIrql(FALSE);
    HalpCheckUnused(HalpAdapter(DmaAdapter));
    if (HalpAdapter(DmaAdapter)->Memory != NULL)
        MmFreeContiguousMemory(HalpAdapter(DmaAdapter)->Memory);
    ExFreePoolWithTag(DmaAdapter, TAG_ADAPTER);
}

static const HALP_DMA_OPERATIONS HalpOperations = {.Version2 = {.PutDmaAdapter = HalpPutAdapter,
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
                                                                .BuildMdlFromScatterGatherList = HalpBuildMdl},
                                                   .GetDmaAdapterInfo = HalpGetAdapterInfo,
                                                   .GetDmaTransferInfo = HalpGetTransferInfo,
                                                   .InitializeDmaTransferContext = HalpInitializeTransferContext,
                                                   .AllocateCommonBufferEx = HalpAllocateCommonBufferEx,
                                                   .AllocateAdapterChannelEx = HalpAllocateAdapterChannelEx,
                                                   .ConfigureAdapterChannel = HalpConfigureAdapterChannel,
                                                   .CancelAdapterChannel = HalpCancelAdapterChannel,
                                                   .MapTransferEx = HalpMapTransferEx,
                                                   .GetScatterGatherListEx = HalpGetScatterGatherListEx,
                                                   .BuildScatterGatherListEx = HalpBuildScatterGatherListEx,
                                                   .FlushAdapterBuffersEx = HalpFlushAdapterBuffersEx,
                                                   .FreeAdapterObject = HalpFreeAdapterObject,
                                                   .CancelMappedTransfer = HalpCancelMappedTransfer};

/* A table shows what its version has: the rest of it is zero. */
static VOID HalpFillOperations(PHALP_ADAPTER Adapter, ULONG Version) {
    ULONG Size = Version < DEVICE_DESCRIPTION_VERSION2   ? FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList)
                 : Version < DEVICE_DESCRIPTION_VERSION3 ? sizeof(DMA_OPERATIONS)
                                                         : sizeof(HALP_DMA_OPERATIONS);

    RtlCopyMemory(&Adapter->Operations, &HalpOperations, Size);
    Adapter->Operations.Version2.Size = Size;
}

/* 0: no width that there is. A bus master of PCI with scatter/gather has 32 bits at least, one that says nothing the 24 of ISA ("DEVICE_DESCRIPTION"). */
static ULONG HalpAddressWidth(PDEVICE_DESCRIPTION Description) {
    ULONG Width;

    if (Description->Version >= DEVICE_DESCRIPTION_VERSION3) {
        Width = ((PHALP_DEVICE_DESCRIPTION)Description)->DmaAddressWidth;
        return Width <= 64 ? Width : 0;
    }
    if (Description->Dma64BitAddresses)
        return 64;
    return Description->Dma32BitAddresses || (Description->ScatterGather && Description->InterfaceType == PCIBus) ? 32 : 24;
}

/* Pages for registers: as many as are wanted, or half of them as often as it takes. FALSE: not one. */
static BOOLEAN HalpAllocateRegisters(PHALP_ADAPTER Adapter) {
    for (; Adapter->Registers != 0; Adapter->Registers /= 2) {
        Adapter->Memory = MmAllocateContiguousMemory(Adapter->Registers * PAGE_SIZE, (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)(Adapter->Limit - 1)});
        if (Adapter->Memory != NULL)
            break;
    }
    if (Adapter->Memory != NULL)
        RtlZeroMemory(Adapter->Memory, Adapter->Registers * PAGE_SIZE);
    return Adapter->Memory != NULL;
}

PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters) {
    ULONG Width, Wanted = (ULONG)(((ULONG64)DeviceDescription->MaximumLength + PAGE_SIZE - 1) / PAGE_SIZE) + 1;
    BOOLEAN Copies;
    PHALP_ADAPTER Adapter;

    if (DeviceDescription->Version > DEVICE_DESCRIPTION_VERSION3)
        HalpRefuse(HALP_UNKNOWN_VERSION, 0, 0, 0, "a device's description is of a version that does not exist");
    if (DeviceDescription->Version > DEVICE_DESCRIPTION_VERSION3 || !DeviceDescription->Master || (Width = HalpAddressWidth(DeviceDescription)) == 0)
        return NULL;
    Copies = !DeviceDescription->ScatterGather || (Width < 64 && KiMachine->ram_size > 1ull << Width);
    if (Copies)
        Wanted = min(Wanted, HALP_COPY_REGISTERS);
    Adapter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Adapter) + (Copies ? Wanted * sizeof(HALP_REGISTER) : 0), TAG_ADAPTER);
    if (Adapter == NULL)
        return NULL;
    RtlZeroMemory(Adapter, sizeof(*Adapter));
    Adapter->Public = (DMA_ADAPTER){.Version = 1, .Size = sizeof(*Adapter), .DmaOperations = &Adapter->Operations.Version2};
    Adapter->Limit = Width < 64 ? 1ull << Width : ~0ull;
    Adapter->AddressWidth = Width;
    Adapter->ScatterGather = DeviceDescription->ScatterGather;
    Adapter->Registers = Wanted;
    InitializeListHead(&Adapter->Waiting);
    InitializeListHead(&Adapter->Held);
    HalpFillOperations(Adapter, DeviceDescription->Version);
    if (Copies && !HalpAllocateRegisters(Adapter)) {
        ExFreePoolWithTag(Adapter, TAG_ADAPTER);
        return NULL;
    }
    *NumberOfMapRegisters = Adapter->Registers;
    return (PADAPTER_OBJECT)Adapter;
}

VOID NTAPI HalPutDmaAdapter(PADAPTER_OBJECT DmaAdapter) { HalpPutAdapter((PDMA_ADAPTER)DmaAdapter); }

/* The physical device object would tell the bus; here it is always the one bus. */
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters) {
    return (PDMA_ADAPTER)HalGetAdapter(DeviceDescription, NumberOfMapRegisters);
}

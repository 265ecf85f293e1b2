/* DMA through map registers, on edu: an adapter without scatter/gather, one with short addresses, requests that wait for registers, and version 3. */
// ringside run --device edu
// ringside match PCI\VEN_1234&DEV_11E8
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "edu-device.h"

#define PART   1024u
#define BUFFER 0x40000u

static PUCHAR Pages; /* two pages that are not neighbours as physical memory is, between others */
static PMDL PagesMdl;

static DEVICE_DESCRIPTION Describe(ULONG Version, BOOLEAN ScatterGather, ULONG MaximumLength) {
    return (DEVICE_DESCRIPTION){.Version = Version,
                                .Master = TRUE,
                                .ScatterGather = ScatterGather,
                                .Dma32BitAddresses = TRUE,
                                .DmaAddressWidth = 32,
                                .InterfaceType = PCIBus,
                                .MaximumLength = MaximumLength};
}

/* ---- A channel whose registers are kept ---- */
static PVOID Base;
static ULONG Controls;
static IO_ALLOCATION_ACTION Action = DeallocateObjectKeepRegisters;
static KIRQL ControlIrql;

static IO_ALLOCATION_ACTION NTAPI OnControl(PDEVICE_OBJECT Device, PIRP Irp, PVOID MapRegisterBase, PVOID Context) {
    Controls++;
    ControlIrql = KeGetCurrentIrql();
    *(PVOID *)Context = MapRegisterBase;
    return Action;
}

static NTSTATUS Allocate(PDMA_ADAPTER Adapter, PDEVICE_OBJECT Device, ULONG Count, PVOID *Where) {
    KIRQL Old;
    NTSTATUS Status;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Status = Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, Count, OnControl, Where);
    KeLowerIrql(Old);
    return Status;
}

static VOID Free(PDMA_ADAPTER Adapter, PVOID Registers, ULONG Count) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Adapter->DmaOperations->FreeMapRegisters(Adapter, Registers, Count);
    KeLowerIrql(Old);
}

/* What edu has got is read back, and compared with what it ought to have: by a common buffer, which needs no registers. */
static BOOLEAN DeviceHas(PEDU Edu, PDMA_ADAPTER Adapter, PUCHAR Expected, ULONG Length) {
    PHYSICAL_ADDRESS Address;
    PUCHAR Common = Adapter->DmaOperations->AllocateCommonBuffer(Adapter, PAGE_SIZE, &Address, TRUE);
    BOOLEAN Equal;
    Transfer(Edu, BUFFER, Address.QuadPart, Length, 1 | 2);
    Equal = RtlEqualMemory(Common, Expected, Length);
    Adapter->DmaOperations->FreeCommonBuffer(Adapter, PAGE_SIZE, Address, Common, TRUE);
    return Equal;
}

static VOID CheckPackets(PEDU Edu) {
    DEVICE_DESCRIPTION Description = Describe(DEVICE_DESCRIPTION_VERSION2, FALSE, 3 * PAGE_SIZE);
    ULONG Registers = 0, Length;
    PDMA_ADAPTER Adapter = IoGetDmaAdapter(Edu->Pdo, &Description, &Registers);
    PUCHAR Start = MmGetMdlVirtualAddress(PagesMdl), Middle = Start + PAGE_SIZE - PART;
    PHYSICAL_ADDRESS Address;
    ok(Adapter != NULL, "an adapter for a device without scatter/gather");
    is(Registers, 4, "has map registers for its longest transfer, wherever it begins");
    STATUS(Allocate(Adapter, Edu->Self, 5, &Base), STATUS_INSUFFICIENT_RESOURCES, "more registers than there are");
    is(Controls, 0, "and the routine is not called");
    STATUS(Allocate(Adapter, Edu->Self, 3, &Base), STATUS_SUCCESS, "three of them");
    is(Controls, 1, "and the routine is called at once");
    is(ControlIrql, DISPATCH_LEVEL, "at DISPATCH_LEVEL");
    for (ULONG Index = 0; Index < 2 * PART; Index++)
        Middle[Index] = (UCHAR)(Index * 3);
    Length = 2 * PART;
    Address = Adapter->DmaOperations->MapTransfer(Adapter, PagesMdl, Base, Middle, &Length, TRUE);
    is(Length, 2 * PART, "across two pages, all of it is one piece");
    ok(Address.QuadPart != MmGetPhysicalAddress(Middle).QuadPart, "which is not where the buffer is");
    is(Address.LowPart % PAGE_SIZE, (ULONG_PTR)Middle % PAGE_SIZE, "but at the same place in its page");
    Transfer(Edu, Address.QuadPart, BUFFER, Length, 1);
    ok(Adapter->DmaOperations->FlushAdapterBuffers(Adapter, PagesMdl, Base, Middle, Length, TRUE), "flushed");
    ok(DeviceHas(Edu, Adapter, Middle, Length), "and the device has what is in both pages");

    RtlZeroMemory(Start, 2 * PAGE_SIZE);
    Address = Adapter->DmaOperations->MapTransfer(Adapter, PagesMdl, Base, Middle, &Length, FALSE);
    Transfer(Edu, BUFFER, Address.QuadPart, Length, 1 | 2);
    is(Middle[1], 0, "what the device wrote is not in the buffer");
    Adapter->DmaOperations->FlushAdapterBuffers(Adapter, PagesMdl, Base, Middle, Length, FALSE);
    ok(Middle[1] == 3 && Middle[2 * PART - 1] == (UCHAR)((2 * PART - 1) * 3), "before it is flushed");
    is(Middle[-1], 0, "and nothing before the transfer");
    is(Middle[2 * PART], 0, "or behind it is touched");

    RtlZeroMemory(Start, 2 * PAGE_SIZE);
    Adapter->DmaOperations->MapTransfer(Adapter, PagesMdl, Base, Middle, &Length, FALSE);
    Adapter->DmaOperations->FlushAdapterBuffers(Adapter, PagesMdl, Base, Middle, PART, FALSE);
    ok(Middle[1] == 3 && Middle[PART - 1] != 0 && Middle[PART + 1] == 0, "a flush of less gives less back");
    Free(Adapter, Base, 3);
    is(Adapter->DmaOperations->GetDmaAlignment(Adapter), 1, "a byte is aligned enough");
    is(Adapter->DmaOperations->ReadDmaCounter(Adapter), 0, "a bus master has no counter");
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}

/* ---- Who waits ---- */
static VOID CheckQueue(PEDU Edu) {
    DEVICE_DESCRIPTION Description = Describe(DEVICE_DESCRIPTION_VERSION, FALSE, 3 * PAGE_SIZE);
    ULONG Registers;
    PDMA_ADAPTER Adapter = IoGetDmaAdapter(Edu->Pdo, &Description, &Registers);
    PVOID First = NULL, Second = NULL, Third = NULL;
    PDEVICE_OBJECT Other;
    KIRQL Old;
    ok(Adapter->DmaOperations->Size == FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList),
       "version 1 of the functions ends before lists' sizes");
    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Other);
    Allocate(Adapter, Edu->Self, 3, &First);
    STATUS(Allocate(Adapter, Other, 2, &Second), STATUS_SUCCESS, "registers that are not free");
    ok(Second == NULL, "are waited for");
    Allocate(Adapter, Edu->Pdo, 1, &Third);
    ok(Third == NULL, "in the order of asking, also by who needs less");
    Free(Adapter, First, 3);
    ok(Second != NULL && Third != NULL, "until they are freed");
    ok(Second != Third, "each its own");
    Free(Adapter, Second, 2);
    Free(Adapter, Third, 1);

    Action = KeepObject;
    First = Second = NULL;
    Allocate(Adapter, Edu->Self, 1, &First);
    Action = DeallocateObject;
    Allocate(Adapter, Other, 1, &Second);
    ok(First != NULL && Second == NULL, "an adapter that is kept keeps others waiting, though there are registers");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Adapter->DmaOperations->FreeAdapterChannel(Adapter);
    KeLowerIrql(Old);
    ok(Second != NULL, "until its channel is freed");
    Second = NULL;
    STATUS(Allocate(Adapter, Other, 4, &Second), STATUS_SUCCESS, "DeallocateObject has freed the registers as well");
    ok(Second != NULL, "all are free");
    Action = DeallocateObjectKeepRegisters;
    IoDeleteDevice(Other);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}

/* ---- Scatter/gather lists ---- */
static PSCATTER_GATHER_LIST List;
static VOID NTAPI OnList(PDEVICE_OBJECT Device, PIRP Irp, PSCATTER_GATHER_LIST ScatterGather, PVOID Context) {
    ControlIrql = KeGetCurrentIrql();
    List = ScatterGather;
}

static VOID Put(PDMA_ADAPTER Adapter, BOOLEAN WriteToDevice) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Adapter->DmaOperations->PutScatterGatherList(Adapter, List, WriteToDevice);
    KeLowerIrql(Old);
}

/* A device whose addresses have few bits: pages above are copied, those below are not. */
static VOID CheckShortAddresses(PEDU Edu) {
    DEVICE_DESCRIPTION Description = Describe(DEVICE_DESCRIPTION_VERSION3, TRUE, 4 * PAGE_SIZE);
    PHYSICAL_ADDRESS Any = {.QuadPart = -1}, High = {.QuadPart = 1 << 24}, Zero = {.QuadPart = 0};
    PUCHAR Above = MmAllocateContiguousMemorySpecifyCache(2 * PAGE_SIZE, High, Any, Zero, MmCached);
    PMDL Mdl = IoAllocateMdl(Above, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    ULONG Registers, Size, Count;
    PDMA_ADAPTER Adapter;
    KIRQL Old;
    PVOID Room;
    MmBuildMdlForNonPagedPool(Mdl);
    Description.DmaAddressWidth = 24;
    Adapter = IoGetDmaAdapter(Edu->Pdo, &Description, &Registers);
    is(Registers, 5, "registers of an adapter with addresses of 24 bits");
    for (ULONG Index = 0; Index < 2 * PAGE_SIZE; Index++)
        Above[Index] = (UCHAR)(Index / 16);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    STATUS(Adapter->DmaOperations->GetScatterGatherList(Adapter, Edu->Self, Mdl, Above, 2 * PAGE_SIZE, OnList, NULL, TRUE), STATUS_SUCCESS,
           "a list of pages above 16 MiB");
    KeLowerIrql(Old);
    ok(List->NumberOfElements == 2 && List->Elements[0].Address.QuadPart < 1 << 24 && List->Elements[1].Address.QuadPart < 1 << 24,
       "has addresses below");
    Transfer(Edu, List->Elements[1].Address.QuadPart, BUFFER, PAGE_SIZE, 1);
    Put(Adapter, TRUE);
    ok(DeviceHas(Edu, Adapter, Above + PAGE_SIZE, PAGE_SIZE), "and the device gets what was there");

    RtlZeroMemory(Above, 2 * PAGE_SIZE);
    STATUS(Adapter->DmaOperations->CalculateScatterGatherList(Adapter, Mdl, Above, PAGE_SIZE, &Size, &Count), STATUS_SUCCESS, "the size of a list");
    is(Count, 1, "of one register");
    STATUS(Adapter->DmaOperations->CalculateScatterGatherList(Adapter, Mdl, Above + PAGE_SIZE, PAGE_SIZE + 1, &Size, &Count), STATUS_BUFFER_TOO_SMALL,
           "of more than the MDL describes");
    STATUS(Adapter->DmaOperations->CalculateScatterGatherList(Adapter, NULL, NULL, 6 * PAGE_SIZE, &Size, &Count), STATUS_INSUFFICIENT_RESOURCES,
           "of more than there are registers for");
    Adapter->DmaOperations->CalculateScatterGatherList(Adapter, Mdl, Above, PAGE_SIZE, &Size, NULL);
    Room = ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'tseT');
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    STATUS(Adapter->DmaOperations->BuildScatterGatherList(Adapter, Edu->Self, Mdl, Above, PAGE_SIZE, OnList, NULL, FALSE, Room, Size - 1),
           STATUS_BUFFER_TOO_SMALL, "a buffer that is too small for a list");
    STATUS(Adapter->DmaOperations->BuildScatterGatherList(Adapter, Edu->Self, Mdl, Above, PAGE_SIZE, OnList, NULL, FALSE, Room, Size), STATUS_SUCCESS,
           "one that is not");
    KeLowerIrql(Old);
    ok(List == Room, "has the list");
    Transfer(Edu, BUFFER, List->Elements[0].Address.QuadPart, PAGE_SIZE, 1 | 2);
    is(Above[16], 0, "what the device wrote is not there yet");
    Put(Adapter, FALSE);
    is(Above[16], (PAGE_SIZE + 16) / 16 % 256, "until the list is put back");
    ExFreePoolWithTag(Room, 'tseT');
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    IoFreeMdl(Mdl);
    MmFreeContiguousMemory(Above);
}

/* ---- Version 3 ---- */
static VOID CheckInfo(PEDU Edu, PDMA_ADAPTER Adapter) {
    DMA_ADAPTER_INFO Info = {.Version = 7};
    DMA_TRANSFER_INFO Needs = {.Version = DMA_TRANSFER_INFO_VERSION1};
    STATUS(Adapter->DmaOperations->GetDmaAdapterInfo(Adapter, &Info), STATUS_NOT_SUPPORTED, "information of a version that does not exist");
    Info.Version = DMA_ADAPTER_INFO_VERSION1;
    STATUS(Adapter->DmaOperations->GetDmaAdapterInfo(Adapter, &Info), STATUS_SUCCESS, "of one that does");
    is(Info.V1.DmaAddressWidth, 32, "the width of its addresses");
    is(Info.V1.ScatterGatherLimit, 1, "one piece at a time");
    STATUS(Adapter->DmaOperations->GetDmaTransferInfo(Adapter, PagesMdl, PAGE_SIZE - PagesMdl->ByteOffset - 1, 2, TRUE, &Needs), STATUS_SUCCESS,
           "what a transfer needs");
    is(Needs.V1.MapRegisterCount, 2, "registers");
    is(Needs.V1.ScatterGatherElementCount, 2, "elements at most");
    STATUS(Adapter->DmaOperations->ConfigureAdapterChannel(Adapter, 0, NULL), STATUS_NOT_IMPLEMENTED, "a custom function of a controller");
}

static VOID CheckMapEx(PEDU Edu, PDMA_ADAPTER Adapter, PVOID Context, PSCATTER_GATHER_LIST Room, ULONG Size) {
    PUCHAR Start = MmGetMdlVirtualAddress(PagesMdl);
    ULONG Length = 2 * PART;
    for (ULONG Index = 0; Index < 2 * PAGE_SIZE; Index++)
        Start[Index] = (UCHAR)(Index / 7);
    STATUS(Adapter->DmaOperations->MapTransferEx(Adapter, PagesMdl, Base, PAGE_SIZE - PART, 0, &Length, TRUE, NULL, 0, NULL, NULL),
           STATUS_INVALID_PARAMETER, "MapTransferEx without a list, of a bus master");
    STATUS(Adapter->DmaOperations->MapTransferEx(Adapter, PagesMdl, Base, PAGE_SIZE - PART, 0, &Length, TRUE, Room, 8, NULL, NULL),
           STATUS_INVALID_PARAMETER, "with room for no element");
    STATUS(Adapter->DmaOperations->MapTransferEx(Adapter, PagesMdl, Base, PAGE_SIZE - PART, 0, &Length, TRUE, Room, Size, NULL, NULL), STATUS_SUCCESS,
           "from an offset");
    is(Length, 2 * PART, "all of it");
    is(Room->NumberOfElements, 1, "in one piece");
    Transfer(Edu, Room->Elements[0].Address.QuadPart, BUFFER, Length, 1);
    STATUS(Adapter->DmaOperations->FlushAdapterBuffersEx(Adapter, PagesMdl, Base, PAGE_SIZE - PART, Length, TRUE), STATUS_SUCCESS, "flushed");
    ok(DeviceHas(Edu, Adapter, Start + PAGE_SIZE - PART, Length), "and the device has it");
    Length = 2 * PAGE_SIZE;
    STATUS(Adapter->DmaOperations->MapTransferEx(Adapter, PagesMdl, Base, 0, 0, &Length, FALSE, Room, Size, NULL, NULL), STATUS_SUCCESS,
           "more than there are registers for");
    is(Length, 2 * PAGE_SIZE - PagesMdl->ByteOffset, "maps what there are registers for");
    RtlZeroMemory(Start, 2 * PAGE_SIZE);
    Transfer(Edu, BUFFER, Room->Elements[0].Address.QuadPart, PART, 1 | 2);
    Adapter->DmaOperations->FlushAdapterBuffersEx(Adapter, PagesMdl, Base, 0, Length, FALSE);
    is(Start[8], (UCHAR)((PAGE_SIZE - PART + 8) / 7), "and a flush brings it back");
}

static VOID CheckVersion3(PEDU Edu) {
    static UCHAR Context[DMA_TRANSFER_CONTEXT_SIZE_V1], Other[DMA_TRANSFER_CONTEXT_SIZE_V1], Room[256];
    DEVICE_DESCRIPTION Description = Describe(DEVICE_DESCRIPTION_VERSION3, FALSE, PAGE_SIZE);
    ULONG Registers;
    PDMA_ADAPTER Adapter;
    KIRQL Old;
    PVOID Got = NULL;
    PHYSICAL_ADDRESS Highest = {.QuadPart = 0xFFFFFF}, Address;
    PVOID Common;
    Description.DmaAddressWidth = 0;
    ok(IoGetDmaAdapter(Edu->Pdo, &Description, &Registers) == NULL, "version 3 says how wide its addresses are");
    Description.DmaAddressWidth = 32;
    Adapter = IoGetDmaAdapter(Edu->Pdo, &Description, &Registers);
    is(Adapter->Version, 1, "an adapter's version is 1, whatever was asked for");
    is(Adapter->DmaOperations->Size, sizeof(DMA_OPERATIONS), "its functions are those of version 3");
    CheckInfo(Edu, Adapter);
    Common = Adapter->DmaOperations->AllocateCommonBufferEx(Adapter, &Highest, PAGE_SIZE, &Address, TRUE, 0);
    ok(Common != NULL && Address.QuadPart + PAGE_SIZE <= 0x1000000, "a common buffer below 16 MiB");
    Adapter->DmaOperations->FreeCommonBuffer(Adapter, PAGE_SIZE, Address, Common, TRUE);

    STATUS(Adapter->DmaOperations->InitializeDmaTransferContext(Adapter, Context), STATUS_SUCCESS, "a context");
    Adapter->DmaOperations->InitializeDmaTransferContext(Adapter, Other);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    STATUS(Adapter->DmaOperations->AllocateAdapterChannelEx(Adapter, Edu->Pdo, Context, 1, 0, NULL, NULL, NULL), STATUS_INVALID_PARAMETER,
           "neither a routine nor a place for the registers");
    STATUS(Adapter->DmaOperations->AllocateAdapterChannelEx(Adapter, Edu->Pdo, Context, 1, 0, OnControl, &Got, &Got), STATUS_INVALID_PARAMETER,
           "both, and not at once");
    STATUS(Adapter->DmaOperations->AllocateAdapterChannelEx(Adapter, Edu->Pdo, Context, 2, DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &Base),
           STATUS_SUCCESS, "without a routine");
    STATUS(Adapter->DmaOperations->AllocateAdapterChannelEx(Adapter, Edu->Pdo, Other, 1, DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &Got),
           STATUS_INSUFFICIENT_RESOURCES, "at once, while another has it");
    STATUS(Adapter->DmaOperations->AllocateAdapterChannelEx(Adapter, Edu->Pdo, Other, 1, 0, OnControl, &Got, NULL), STATUS_SUCCESS, "or later");
    KeLowerIrql(Old);
    CheckMapEx(Edu, Adapter, Context, (PSCATTER_GATHER_LIST)Room, sizeof Room);
    Controls = 0;
    ok(Adapter->DmaOperations->CancelAdapterChannel(Adapter, Edu->Pdo, Other), "who waits can be cancelled");
    Adapter->DmaOperations->FreeAdapterObject(Adapter, DeallocateObject);
    is(Controls, 0, "and is not called");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    STATUS(Adapter->DmaOperations->AllocateAdapterChannelEx(Adapter, Edu->Pdo, Other, 1, 0, OnControl, &Got, NULL), STATUS_CANCELLED,
           "nor when the context is used again");
    Adapter->DmaOperations->InitializeDmaTransferContext(Adapter, Context);
    STATUS(Adapter->DmaOperations->GetScatterGatherListEx(Adapter, Edu->Pdo, Context, PagesMdl, 0, PAGE_SIZE, 0, NULL, NULL, TRUE, NULL, NULL, &List),
           STATUS_INVALID_PARAMETER, "a list, neither at once nor with a routine");
    STATUS(Adapter->DmaOperations->GetScatterGatherListEx(Adapter, Edu->Pdo, Context, PagesMdl, 0, PAGE_SIZE, DMA_SYNCHRONOUS_CALLBACK, NULL, NULL,
                                                          TRUE, NULL, NULL, &List),
           STATUS_SUCCESS, "at once");
    is(List->NumberOfElements, 1, "one piece");
    Adapter->DmaOperations->PutScatterGatherList(Adapter, List, TRUE);
    Adapter->DmaOperations->FreeAdapterObject(Adapter, DeallocateObject);
    Adapter->DmaOperations->InitializeDmaTransferContext(Adapter, Context);
    STATUS(Adapter->DmaOperations->BuildScatterGatherListEx(Adapter, Edu->Pdo, Context, PagesMdl, 0, PAGE_SIZE, 0, OnList, NULL, TRUE, Room,
                                                            sizeof Room, NULL, NULL, NULL),
           STATUS_SUCCESS, "a list in the driver's memory");
    ok((PVOID)List == Room, "is there");
    Adapter->DmaOperations->PutScatterGatherList(Adapter, List, TRUE);
    KeLowerIrql(Old);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}

/* ---- The driver ---- */
static VOID OnStarted(PEDU Edu, PIO_STACK_LOCATION Stack) {
    Pages = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, 'tseT');
    PagesMdl = IoAllocateMdl(Pages + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(PagesMdl);
    CheckPackets(Edu);
    CheckQueue(Edu);
    CheckShortAddresses(Edu);
    CheckVersion3(Edu);
    IoFreeMdl(PagesMdl);
    ExFreePoolWithTag(Pages, 'tseT');
}

static VOID OnRemoved(PEDU Edu) {}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) { DbgPrint("1..%u\n", TapCount); }

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    SetUp(DriverObject);
    DriverObject->DriverUnload = TapUnload;
}

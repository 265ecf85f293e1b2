/* What drivers do wrong with a DMA adapter whose transfers go through map registers. The name of the file says which mistake (tests/dma.t copies the file). */
#include "chosen.h"

#define MISTAKE static __declspec(noinline) __attribute__((disable_tail_calls)) VOID /* a frame of its own on the stack that the screen shows */
DRIVER_INITIALIZE DriverEntry;

static PDMA_ADAPTER Adapter;
static PDEVICE_OBJECT Device;
static PUCHAR Buffer;
static PMDL Mdl;
static PVOID Base;
static PSCATTER_GATHER_LIST List;
static IO_ALLOCATION_ACTION Action = DeallocateObjectKeepRegisters;

static IO_ALLOCATION_ACTION NTAPI OnControl(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID MapRegisterBase, PVOID Context) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    Base = MapRegisterBase;
    return Action;
}

static VOID NTAPI OnList(PDEVICE_OBJECT DeviceObject, PIRP Irp, PSCATTER_GATHER_LIST ScatterGather, PVOID Context) {
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    List = ScatterGather;
}

static VOID Allocate(VOID) { Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 2, OnControl, NULL); }
static VOID Map(PUCHAR From, ULONG Length) { Adapter->DmaOperations->MapTransfer(Adapter, Mdl, Base, From, &Length, FALSE); }
static VOID Flush(VOID) { Adapter->DmaOperations->FlushAdapterBuffers(Adapter, Mdl, Base, Buffer, PAGE_SIZE, FALSE); }
static VOID GetList(VOID) { Adapter->DmaOperations->GetScatterGatherList(Adapter, Device, Mdl, Buffer, PAGE_SIZE, OnList, NULL, FALSE); }

MISTAKE ForgetFlush(VOID) {
    Allocate();
    Map(Buffer, PAGE_SIZE);
    Adapter->DmaOperations->FreeMapRegisters(Adapter, Base, 2);
}
MISTAKE ForgetFlushOfChannel(VOID) {
    Action = KeepObject;
    Allocate();
    Map(Buffer, PAGE_SIZE);
    Adapter->DmaOperations->FreeAdapterChannel(Adapter);
}
MISTAKE FlushFirst(VOID) {
    Allocate();
    Flush();
}
MISTAKE FlushTwice(VOID) {
    Allocate();
    Map(Buffer, PAGE_SIZE);
    Flush();
    Flush();
}
MISTAKE MapTooMuch(VOID) {
    Allocate();
    Map(Buffer, 2 * PAGE_SIZE);
    Map(Buffer + PAGE_SIZE, PAGE_SIZE);
}
MISTAKE MapOutside(VOID) {
    Allocate();
    Map(Buffer + 2 * PAGE_SIZE, 1);
}
MISTAKE MapBeyond(VOID) {
    Allocate();
    Map(Buffer + PAGE_SIZE, PAGE_SIZE + 1);
}
MISTAKE FreeTwice(VOID) {
    Allocate();
    Adapter->DmaOperations->FreeMapRegisters(Adapter, Base, 2);
    Adapter->DmaOperations->FreeMapRegisters(Adapter, Base, 2);
}
MISTAKE FreeNoChannel(VOID) { Adapter->DmaOperations->FreeAdapterChannel(Adapter); }
MISTAKE LeaveRegisters(VOID) {
    Allocate();
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}
MISTAKE LeaveList(VOID) {
    GetList();
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}
MISTAKE LeaveChannel(VOID) {
    Action = KeepObject;
    Allocate();
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}
MISTAKE LeaveCommonBuffer(VOID) {
    PHYSICAL_ADDRESS Address;
    KeLowerIrql(PASSIVE_LEVEL);
    Adapter->DmaOperations->AllocateCommonBuffer(Adapter, PAGE_SIZE, &Address, TRUE);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}
MISTAKE ListTwice(VOID) {
    GetList();
    Adapter->DmaOperations->PutScatterGatherList(Adapter, List, FALSE);
    Adapter->DmaOperations->PutScatterGatherList(Adapter, List, FALSE);
}
MISTAKE ListBelow(VOID) {
    KeLowerIrql(PASSIVE_LEVEL);
    GetList();
}

static const CHOICE Mistakes[] = {{L"forget-flush", ForgetFlush},
                                  {L"forget-flush-of-channel", ForgetFlushOfChannel},
                                  {L"flush-first", FlushFirst},
                                  {L"flush-twice", FlushTwice},
                                  {L"map-too-much", MapTooMuch},
                                  {L"map-outside", MapOutside},
                                  {L"map-beyond", MapBeyond},
                                  {L"free-twice", FreeTwice},
                                  {L"free-no-channel", FreeNoChannel},
                                  {L"leave-registers", LeaveRegisters},
                                  {L"leave-list", LeaveList},
                                  {L"leave-channel", LeaveChannel},
                                  {L"leave-common-buffer", LeaveCommonBuffer},
                                  {L"list-twice", ListTwice},
                                  {L"list-below", ListBelow}};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    DEVICE_DESCRIPTION Description = {
        .Version = DEVICE_DESCRIPTION_VERSION, .Master = TRUE, .Dma32BitAddresses = TRUE, .InterfaceType = PCIBus, .MaximumLength = 2 * PAGE_SIZE};
    ULONG Registers;
    KIRQL Old;

    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Adapter = IoGetDmaAdapter(NULL, &Description, &Registers);
    Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, 'tseT');
    Mdl = IoAllocateMdl(Buffer, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    for (ULONG Index = 0; Index < sizeof(Mistakes) / sizeof(Mistakes[0]); Index++) {
        if (!IsCalled(RegistryPath, Mistakes[Index].Name))
            continue;
        KeRaiseIrql(DISPATCH_LEVEL, &Old);
        Mistakes[Index].Make();
        KeLowerIrql(Old);
    }
    return STATUS_UNSUCCESSFUL;
}

/* Interrupts, registers and DMA of PCI devices (T12): three edu devices in slots 3, 4 and 5; the first and the last share a line. */
// ringside run --device edu --device edu --device edu
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"

NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);
NTHALAPI ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);

#define BAR_SIZE         0x100000u
#define REG(Edu, Offset) ((PULONG)((Edu)->Registers + (Offset)))

typedef struct _EDU {
    PUCHAR Registers;
    PKINTERRUPT Interrupt;
    ULONG Vector, Calls, Claims, LastOrder;
    KIRQL Irql, SeenIrql;
    KAFFINITY Affinity;
    ULONG Cause;
    KDPC Dpc;
    KEVENT Done;
    KIRQL DpcIrql;
    ULONG DpcOrder;
    struct _EDU *RaiseInside; /* its interrupt is raised from within the routine */
} EDU, *PEDU;

static EDU Edus[3];
static ULONG Order;
static PDEVICE_OBJECT Device;

static VOID OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PEDU Edu = Context;
    Edu->DpcIrql = KeGetCurrentIrql();
    Edu->DpcOrder = ++Order;
    KeSetEvent(&Edu->Done, 0, FALSE);
}

static BOOLEAN OnInterrupt(PKINTERRUPT Interrupt, PVOID Context) {
    PEDU Edu = Context;
    ULONG Cause = READ_REGISTER_ULONG(REG(Edu, 0x24));
    Edu->Calls++;
    if (Cause == 0)
        return FALSE;
    Edu->SeenIrql = KeGetCurrentIrql();
    if (Edu->RaiseInside != NULL) {
        WRITE_REGISTER_ULONG(REG(Edu->RaiseInside, 0x60), 2);
        Edu->RaiseInside = NULL;
    }
    WRITE_REGISTER_ULONG(REG(Edu, 0x64), Cause);
    Edu->Cause = Cause;
    Edu->Claims++;
    Edu->LastOrder = ++Order;
    KeInsertQueueDpc(&Edu->Dpc, NULL, NULL);
    return TRUE;
}

static BOOLEAN Find(PEDU Edu, ULONG Slot) {
    ULONG Bar, Line = 0, Ids;
    PHYSICAL_ADDRESS Base, Translated;
    ULONG Space = 0;
    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Ids, 0, 4);
    if (Ids != 0x11E81234)
        return FALSE;
    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Bar, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses), 4);
    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Line, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.InterruptLine), 1);
    Base.QuadPart = Bar & ~15u;
    if (!HalTranslateBusAddress(PCIBus, 0, Base, &Space, &Translated))
        return FALSE;
    Edu->Registers = MmMapIoSpace(Translated, BAR_SIZE, MmNonCached);
    Edu->Vector = HalGetInterruptVector(PCIBus, 0, Line, Line, &Edu->Irql, &Edu->Affinity);
    Edu->Affinity = 1; /* where the test runs, so that all has one order, whatever --cpus says */
    KeInitializeDpc(&Edu->Dpc, OnDpc, Edu);
    KeInitializeEvent(&Edu->Done, SynchronizationEvent, FALSE);
    return Edu->Registers != NULL && Edu->Vector != 0;
}

static VOID TestConfig(VOID) {
    ULONG Bar, Ones = 0xFFFFFFFF, Size, Port;
    PCI_COMMON_HEADER Header;
    is(HalGetBusDataByOffset(PCIConfiguration, 0, 3, &Header, 0, sizeof Header), sizeof Header, "the configuration space of slot 3");
    is(Header.VendorID, 0x1234, "its vendor");
    is(Header.DeviceID, 0x11E8, "its device");
    is(Header.u.type0.InterruptPin, 1, "it has an interrupt pin");
    Bar = Header.u.type0.BaseAddresses[0];
    is(HalSetBusDataByOffset(PCIConfiguration, 0, 3, &Ones, 0x10, 4), 4, "all ones to its base address");
    HalGetBusDataByOffset(PCIConfiguration, 0, 3, &Size, 0x10, 4);
    is(~(Size & ~15u) + 1, BAR_SIZE, "tell its size");
    HalSetBusDataByOffset(PCIConfiguration, 0, 3, &Bar, 0x10, 4);
    WRITE_PORT_ULONG((PULONG)(ULONG_PTR)0xCF8, 0x80000000 | 3 << 11 | 8);
    Port = READ_PORT_ULONG((PULONG)(ULONG_PTR)0xCFC);
    is(Port, *(PULONG)&Header.RevisionID, "the same space by ports CF8 and CFC");
    is(READ_PORT_UCHAR((PUCHAR)(ULONG_PTR)0xCFF), Port >> 24, "a byte of it");
    is(HalGetBusDataByOffset(PCIConfiguration, 0, 3, &Header, 250, 20), 6, "it ends at 256");
    is(HalGetBusDataByOffset(PCIConfiguration, 0, 6, &Header, 0, 4), 2, "slot 6 is empty");
}

static VOID TestRegisters(PEDU Edu) {
    volatile ULONG *Liveness = REG(Edu, 4);
    ULONG Buffer[4];
    is(READ_REGISTER_ULONG(REG(Edu, 0)), 0x010000ED, "the identification register");
    WRITE_REGISTER_ULONG(REG(Edu, 4), 0x12345678);
    is(READ_REGISTER_ULONG(REG(Edu, 4)), ~0x12345678u, "the liveness check");
    *Liveness = 0xFFFFFFFF;
    *Liveness |= 0x0F0F0F0F;
    is(*Liveness, ~0x0F0F0F0Fu, "a read and write by one instruction");
    ok((*Liveness & 0x10) != 0 && *Liveness > 5, "arithmetic with a register");
    __movsd(Buffer, REG(Edu, 0), 2);
    is(Buffer[0], 0x010000ED, "a buffer of registers");
    is(Buffer[1], ~0x0F0F0F0Fu, "its second");
    Buffer[0] = 5;
    WRITE_REGISTER_BUFFER_ULONG(REG(Edu, 4), Buffer, 1);
    is(*Liveness, ~5u, "and to one");
    is(*(volatile USHORT *)Edu->Registers, 0xFFFF, "a width that the device does not have");
    is(*(volatile UCHAR *)(Edu->Registers + 0x24), 0xFF, "of one byte");
    *(volatile ULONG64 *)(Edu->Registers + 0x80) = 0x123456789AB;
    is(*(volatile ULONG64 *)(Edu->Registers + 0x80), 0x123456789AB, "eight bytes");
}

static VOID TestConnect(VOID) {
    PKINTERRUPT Object = (PKINTERRUPT)1;
    PEDU Edu = &Edus[0];
    ok(Edu->Irql > DISPATCH_LEVEL, "a device interrupts above DISPATCH_LEVEL");
    is(Edu->Vector >> 4, Edu->Irql, "the upper half of a vector is its level");
    ok(Edus[1].Irql > Edu->Irql, "the second device interrupts higher");
    is(IoConnectInterrupt(&Object, OnInterrupt, Edu, NULL, Edu->Vector, (KIRQL)(Edu->Irql - 1), Edu->Irql, LevelSensitive, TRUE, 1, FALSE),
       STATUS_INVALID_PARAMETER, "another level than the vector's");
    ok(Object == NULL, "gives no object");
    is(IoConnectInterrupt(&Object, OnInterrupt, Edu, NULL, Edu->Vector, Edu->Irql, (KIRQL)(Edu->Irql - 1), LevelSensitive, TRUE, 1, FALSE),
       STATUS_INVALID_PARAMETER, "a synchronization level below it");
    is(IoConnectInterrupt(&Object, OnInterrupt, Edu, NULL, Edu->Vector, Edu->Irql, Edu->Irql, LevelSensitive, TRUE, 0, FALSE),
       STATUS_INVALID_PARAMETER, "no processor");
    for (ULONG Index = 0; Index < 3; Index++) {
        Edu = &Edus[Index];
        is(IoConnectInterrupt(&Edu->Interrupt, OnInterrupt, Edu, NULL, Edu->Vector, Edu->Irql, Edu->Irql, LevelSensitive, TRUE, Edu->Affinity, FALSE),
           STATUS_SUCCESS, "connected");
    }
    is(IoConnectInterrupt(&Object, OnInterrupt, Edu, NULL, Edu->Vector, Edu->Irql, Edu->Irql, LevelSensitive, FALSE, 1, FALSE),
       STATUS_INVALID_PARAMETER, "who does not share gets no shared vector");
    is(IoConnectInterrupt(&Object, OnInterrupt, Edu, NULL, Edu->Vector, Edu->Irql, Edu->Irql, Latched, TRUE, 1, FALSE), STATUS_INVALID_PARAMETER,
       "nor who wants edges");
}

static VOID TestDelivery(VOID) {
    PEDU First = &Edus[0], Second = &Edus[1], Third = &Edus[2];
    KIRQL Old;

    WRITE_REGISTER_ULONG(REG(First, 0x60), 0x40);
    is(First->Claims, 1, "an interrupt is taken before the next statement");
    is(First->SeenIrql, First->Irql, "at its level");
    is(First->Cause, 0x40, "with its cause");
    is(First->DpcIrql, DISPATCH_LEVEL, "its DPC runs at DISPATCH_LEVEL");
    ok(First->DpcOrder > First->LastOrder, "after the routine");
    is(Third->Calls, 0, "a line is done when the first routine claims it");
    is(KeGetCurrentIrql(), PASSIVE_LEVEL, "and all is as before");

    WRITE_REGISTER_ULONG(REG(Third, 0x60), 1);
    is(First->Calls, 2, "for the third, the first on the line is asked,");
    is(Third->Claims, 1, "says no, and the third takes it");

    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Order = 0;
    WRITE_REGISTER_ULONG(REG(First, 0x60), 1);
    is(First->LastOrder, 1, "at DISPATCH_LEVEL interrupts come");
    is(First->DpcOrder > 1, TRUE, "and DPCs wait");
    is(Order, 1, "nothing else happens");
    KeLowerIrql(Old);
    is(First->DpcOrder, 2, "until the level drops");

    KeRaiseIrql(First->Irql, &Old);
    Order = 0;
    WRITE_REGISTER_ULONG(REG(First, 0x60), 1);
    is(Order, 0, "at the device's level its interrupt waits");
    WRITE_REGISTER_ULONG(REG(Second, 0x60), 1);
    is(Second->LastOrder, 1, "a higher one does not");
    is(First->LastOrder, 1 + (First->LastOrder > 1), "the lower still waits");
    KeLowerIrql(Old);
    is(First->LastOrder, 2, "until the level drops");

    Order = 0;
    First->RaiseInside = Second;
    WRITE_REGISTER_ULONG(REG(First, 0x60), 1);
    is(Second->LastOrder, 1, "a higher interrupt comes in the middle of a lower routine");
    is(First->LastOrder, 2, "which then goes on");
    Order = 0;
    Second->RaiseInside = First;
    WRITE_REGISTER_ULONG(REG(Second, 0x60), 1);
    is(Second->LastOrder, 1, "a lower one waits for the end of a higher routine");
    is(First->LastOrder, 2, "and comes then");
}

static BOOLEAN Synchronized(PVOID Context) {
    PEDU Edu = Context;
    ULONG Calls = Edu->Calls;
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 1);
    return KeGetCurrentIrql() == Edu->Irql && Edu->Calls == Calls;
}

static VOID TestSynchronization(VOID) {
    PEDU Edu = &Edus[0];
    ULONG Claims = Edu->Claims;
    KIRQL Old;
    ok(KeSynchronizeExecution(Edu->Interrupt, Synchronized, Edu), "KeSynchronizeExecution keeps the routine out");
    is(Edu->Claims, Claims + 1, "and lets it in afterwards");
    Old = KeAcquireInterruptSpinLock(Edu->Interrupt);
    is(Old, PASSIVE_LEVEL, "the interrupt's spin lock gives the level before");
    is(KeGetCurrentIrql(), Edu->Irql, "raises to the device's");
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 1);
    is(Edu->Claims, Claims + 1, "and keeps the routine out");
    KeReleaseInterruptSpinLock(Edu->Interrupt, Old);
    is(Edu->Claims, Claims + 2, "until it is released");
}

static VOID TestTime(VOID) {
    PEDU Edu = &Edus[1];
    LARGE_INTEGER Timeout = {.QuadPart = -10000000};
    ULONGLONG Before = KeQueryInterruptTime();
    KeClearEvent(&Edu->Done);
    WRITE_REGISTER_ULONG(REG(Edu, 0x20), 0x80);
    WRITE_REGISTER_ULONG(REG(Edu, 8), 6);
    ULONG Computing = READ_REGISTER_ULONG(REG(Edu, 0x20)) & 1;
    NTSTATUS Status = KeWaitForSingleObject(&Edu->Done, Executive, KernelMode, FALSE, &Timeout);
    Before = KeQueryInterruptTime() - Before;
    is(Computing, 1, "the device computes");
    is(Status, STATUS_SUCCESS, "a thread waits for its DPC");
    is(READ_REGISTER_ULONG(REG(Edu, 8)), 720, "6! is 720");
    ok(Before >= 1000 && Before < KeQueryTimeIncrement(), "it took 100 us of the machine's time and more, and not up to the next tick of the clock");
    WRITE_REGISTER_ULONG(REG(Edu, 0x20), 0);
    WRITE_REGISTER_ULONG(REG(Edu, 8), 5);
    while (READ_REGISTER_ULONG(REG(Edu, 0x20)) & 1)
        ;
    is(READ_REGISTER_ULONG(REG(Edu, 8)), 120, "a driver that polls gets to the end, too");
    WRITE_REGISTER_ULONG(REG(Edu, 0x20), 0x80);
    WRITE_REGISTER_ULONG(REG(Edu, 8), 4);
    ULONG Claims = Edu->Claims;
    KeStallExecutionProcessor(150);
    is(Edu->Claims, Claims + 1, "and one that stalls is interrupted");
}

static VOID Transfer(PEDU Edu, ULONG64 Source, ULONG64 Target, ULONG Count, ULONG Command) {
    LARGE_INTEGER Timeout = {.QuadPart = -10000000};
    *(volatile ULONG64 *)(Edu->Registers + 0x80) = Source;
    *(volatile ULONG64 *)(Edu->Registers + 0x88) = Target;
    WRITE_REGISTER_ULONG(REG(Edu, 0x90), Count);
    KeClearEvent(&Edu->Done);
    WRITE_REGISTER_ULONG(REG(Edu, 0x98), Command | 1 | 4);
    is(KeWaitForSingleObject(&Edu->Done, Executive, KernelMode, FALSE, &Timeout), STATUS_SUCCESS, "a transfer ends with an interrupt");
}

static SCATTER_GATHER_LIST *List;
static VOID OnList(PDEVICE_OBJECT DeviceObject, PIRP Irp, PSCATTER_GATHER_LIST ScatterGather, PVOID Context) {
    ok(DeviceObject == Device && Context == &List && KeGetCurrentIrql() == DISPATCH_LEVEL, "the list comes at DISPATCH_LEVEL");
    List = ScatterGather;
}

static IO_ALLOCATION_ACTION OnChannel(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID MapRegisterBase, PVOID Context) {
    *(PVOID *)Context = MapRegisterBase;
    return DeallocateObjectKeepRegisters;
}

static VOID TestDma(VOID) {
    PEDU Edu = &Edus[2];
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma32BitAddresses = TRUE,
                                      .InterfaceType = PCIBus,
                                      .MaximumLength = 65536};
    ULONG Registers = 0, Sum = 0, Length = 0x2345;
    PHYSICAL_ADDRESS Bus;
    PDMA_ADAPTER Adapter = IoGetDmaAdapter(NULL, &Description, &Registers);
    PVOID Base = NULL;
    KIRQL Old;
    ok(Adapter != NULL, "an adapter for a bus master");
    is(Registers, 17, "with registers for its longest transfer");
    PULONG Common = Adapter->DmaOperations->AllocateCommonBuffer(Adapter, 8192, &Bus, TRUE);
    ok(Common != NULL, "a common buffer");
    for (ULONG Index = 0; Index < 1024; Index++)
        Common[Index] = Index * 2654435761u;
    Transfer(Edu, (ULONG64)Bus.QuadPart, 0x40000, 4096, 0);
    Transfer(Edu, 0x40000, (ULONG64)Bus.QuadPart + 4096, 4096, 2);
    is(RtlCompareMemory(Common, Common + 1024, 4096), 4096, "what goes to the device and back is the same");
    Transfer(Edu, 0x40000, 0x7FFFFFFF0000, 4096, 2);
    ok(Common[0] == 0, "an address outside RAM moves nothing");

    PUCHAR Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, 'tseT');
    PMDL Mdl = IoAllocateMdl(Buffer + 100, Length, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    is(Adapter->DmaOperations->GetScatterGatherList(Adapter, Device, Mdl, MmGetMdlVirtualAddress(Mdl), Length, OnList, &List, TRUE), STATUS_SUCCESS,
       "a scatter/gather list");
    for (ULONG Index = 0; Index < List->NumberOfElements; Index++)
        Sum += List->Elements[Index].Length;
    is(Sum, Length, "of all bytes");
    is(List->Elements[0].Address.QuadPart, MmGetPhysicalAddress(Buffer + 100).QuadPart, "from the first");
    Adapter->DmaOperations->PutScatterGatherList(Adapter, List, TRUE);
    is(Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 3, OnChannel, &Base), STATUS_SUCCESS, "an adapter channel");
    ULONG Run = Length - 100;
    Bus = Adapter->DmaOperations->MapTransfer(Adapter, Mdl, Base, Buffer + 200, &Run, TRUE);
    is(Bus.QuadPart, MmGetPhysicalAddress(Buffer + 200).QuadPart, "maps a transfer");
    ok(Run != 0 && Run <= Length - 100, "no longer than the buffer");
    ok(Adapter->DmaOperations->FlushAdapterBuffers(Adapter, Mdl, Base, Buffer + 200, Run, TRUE), "which is flushed");
    Adapter->DmaOperations->FreeMapRegisters(Adapter, Base, 3);
    KeLowerIrql(Old);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Buffer, 'tseT');
    Adapter->DmaOperations->FreeCommonBuffer(Adapter, 8192, Bus, Common, TRUE);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    Description.Master = FALSE;
    ok(IoGetDmaAdapter(NULL, &Description, &Registers) == NULL, "there is no DMA controller");
}

static VOID TestEx(VOID) {
    PEDU Edu = &Edus[1];
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_FULLY_SPECIFIED};
    PKINTERRUPT Object = NULL;
    ULONG Calls = Edu->Calls;
    Parameters.FullySpecified.InterruptObject = &Object;
    Parameters.FullySpecified.ServiceRoutine = OnInterrupt;
    Parameters.FullySpecified.ServiceContext = Edu;
    Parameters.FullySpecified.Vector = Edu->Vector;
    Parameters.FullySpecified.Irql = Parameters.FullySpecified.SynchronizeIrql = Edu->Irql;
    Parameters.FullySpecified.InterruptMode = LevelSensitive;
    Parameters.FullySpecified.ShareVector = TRUE;
    Parameters.FullySpecified.ProcessorEnableMask = Edu->Affinity;
    is(IoConnectInterruptEx(&Parameters), STATUS_SUCCESS, "IoConnectInterruptEx, fully specified");
    IoDisconnectInterrupt(Edu->Interrupt);
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 1);
    is(Edu->Calls, Calls + 1, "is called when the other has gone");
    IO_DISCONNECT_INTERRUPT_PARAMETERS Disconnect = {.Version = CONNECT_FULLY_SPECIFIED, .ConnectionContext.InterruptObject = Object};
    IoDisconnectInterruptEx(&Disconnect);
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 1);
    is(Edu->Calls, Calls + 1, "and not when it has gone itself");
    WRITE_REGISTER_ULONG(REG(Edu, 0x64), 1);
    Parameters.Version = CONNECT_LINE_BASED;
    Parameters.LineBased.PhysicalDeviceObject = Device;
    is(IoConnectInterruptEx(&Parameters), STATUS_NOT_FOUND, "a device object has no line assigned to it");
    Parameters.Version = 77;
    is(IoConnectInterruptEx(&Parameters), STATUS_NOT_SUPPORTED, "a version that does not exist");
    is(Parameters.Version, CONNECT_FULLY_SPECIFIED, "the one to use instead");
}

static VOID TestResources(PDRIVER_OBJECT Driver) {
    CM_RESOURCE_LIST Resources = {.Count = 1};
    CM_PARTIAL_RESOURCE_DESCRIPTOR *Port = &Resources.List[0].PartialResourceList.PartialDescriptors[0];
    BOOLEAN Conflict = TRUE;
    struct _DRIVER_OBJECT Other = {0};
    Resources.List[0].PartialResourceList.Count = 1;
    Port->Type = CmResourceTypePort;
    Port->ShareDisposition = CmResourceShareDeviceExclusive;
    Port->u.Port.Start.QuadPart = 0x3F8;
    Port->u.Port.Length = 8;
    is(IoReportResourceUsage(NULL, Driver, NULL, 0, Device, &Resources, sizeof Resources, FALSE, &Conflict), STATUS_SUCCESS, "ports are claimed");
    is(Conflict, FALSE, "nobody else has them");
    Port->u.Port.Start.QuadPart = 0x3FF;
    is(IoReportResourceForDetection(&Other, &Resources, sizeof Resources, NULL, NULL, 0, &Conflict), STATUS_CONFLICTING_ADDRESSES,
       "another driver cannot have one of them");
    is(Conflict, TRUE, "and learns why");
    is(IoReportResourceUsage(NULL, Driver, NULL, 0, Device, NULL, 0, FALSE, &Conflict), STATUS_SUCCESS, "they are given back");
    is(IoReportResourceUsage(NULL, &Other, &Resources, sizeof Resources, NULL, NULL, 0, FALSE, &Conflict), STATUS_SUCCESS, "and free for it");
    is(IoReportResourceUsage(NULL, &Other, NULL, 0, NULL, NULL, 0, FALSE, &Conflict), STATUS_SUCCESS, "given back, too");
    Resources.Count = 1000;
    is(IoReportResourceUsage(NULL, Driver, NULL, 0, Device, &Resources, sizeof Resources, FALSE, &Conflict), STATUS_INVALID_PARAMETER,
       "a list that ends before its count");
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    KeSetSystemAffinityThread(1);
    IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    TestConfig();
    for (ULONG Index = 0; Index < 3; Index++)
        ok(Find(&Edus[Index], 3 + Index), "the device in slot %u", 3 + Index);
    TestRegisters(&Edus[0]);
    TestConnect();
    TestDelivery();
    TestSynchronization();
    TestTime();
    TestDma();
    TestEx();
    TestResources(DriverObject);
    IoDisconnectInterrupt(Edus[0].Interrupt);
    IoDisconnectInterrupt(Edus[2].Interrupt);
    for (ULONG Index = 0; Index < 3; Index++)
        MmUnmapIoSpace(Edus[Index].Registers, BAR_SIZE);
    IoDeleteDevice(Device);
}

/* A function driver for edu, as for any PCI device: AddDevice, START_DEVICE with resources, an interrupt by line, DMA, a device interface, removal. */
// ringside run --device edu
// ringside match PCI\VEN_1234&DEV_11E8
#define TAP_OWN_UNLOAD
#define TAP_PLAN_LATER
#include "edu-device.h"

static ULONG Unloads;

static VOID CheckResources(PEDU Edu, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated) {
    PCM_PARTIAL_RESOURCE_LIST First = &Raw->List[0].PartialResourceList, Second = &Translated->List[0].PartialResourceList;
    is(Raw->Count, 1, "one full descriptor");
    is(Raw->List[0].InterfaceType, PCIBus, "of the PCI bus");
    is(First->Count, 2, "memory and an interrupt");
    is(First->PartialDescriptors[0].Type, CmResourceTypeMemory, "the first is memory");
    is(First->PartialDescriptors[0].u.Memory.Start.QuadPart, 0xF0000000, "where the firmware put it");
    is(First->PartialDescriptors[0].u.Memory.Length, 0x100000, "as long as its base address says");
    is(First->PartialDescriptors[1].Type, CmResourceTypeInterrupt, "the second is an interrupt");
    is(First->PartialDescriptors[1].u.Interrupt.Vector, 11, "its line");
    is(First->PartialDescriptors[1].ShareDisposition, CmResourceShareShared, "which is shared");
    is(Second->PartialDescriptors[1].u.Interrupt.Vector >> 4, Second->PartialDescriptors[1].u.Interrupt.Level, "translated: a vector of its level");
    ok(Second->PartialDescriptors[1].u.Interrupt.Level > DISPATCH_LEVEL, "which is above DISPATCH_LEVEL");
}

static VOID CheckInterrupt(PEDU Edu) {
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_MESSAGE_BASED};
    IO_DISCONNECT_INTERRUPT_PARAMETERS Disconnect = {.Version = CONNECT_LINE_BASED};
    PVOID Object = (PVOID)1;
    Parameters.MessageBased.PhysicalDeviceObject = Edu->Pdo;
    Parameters.MessageBased.ConnectionContext.Generic = &Object;
    Parameters.MessageBased.MessageServiceRoutine = OnMessage;
    Parameters.MessageBased.ServiceContext = Edu;
    STATUS(IoConnectInterruptEx(&Parameters), STATUS_NOT_FOUND, "no messages without the registry's permission");
    ok(Object == NULL, "and no object");
    Parameters.MessageBased.FallBackServiceRoutine = OnLine;
    STATUS(IoConnectInterruptEx(&Parameters), STATUS_SUCCESS, "with a routine to fall back to");
    is(Parameters.Version, CONNECT_LINE_BASED, "it is the line");
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 0x20);
    is(Edu->Cause, 0x20, "which interrupts");
    Disconnect.ConnectionContext.InterruptObject = Object;
    IoDisconnectInterruptEx(&Disconnect);
    Edu->Cause = 0;
    STATUS(ConnectLine(Edu), STATUS_SUCCESS, "connected by line");
    WRITE_REGISTER_ULONG(REG(Edu, 0x60), 0x40);
    is(Edu->Cause, 0x40, "an interrupt comes");
    ok(Edu->SeenIrql > DISPATCH_LEVEL, "above DISPATCH_LEVEL");
}

static VOID CheckIdentity(PEDU Edu) {
    DEVICE_CAPABILITIES Capabilities;
    BUS_INTERFACE_STANDARD Bus;
    ULONG Ids = 0, Ignored = 0x42, Value = 0;
    UCHAR Line = 0;
    is(Edu->Pdo->Flags & DO_BUS_ENUMERATED_DEVICE, DO_BUS_ENUMERATED_DEVICE, "a PDO is marked as one");
    CheckText(Edu, DevicePropertyHardwareID, L"PCI\\VEN_1234&DEV_11E8&SUBSYS_00000000&REV_10", "its first hardware ID");
    CheckText(Edu, DevicePropertyCompatibleIDs, L"PCI\\VEN_1234&DEV_11E8&REV_10", "its first compatible ID");
    CheckText(Edu, DevicePropertyLocationInformation, L"PCI bus 0, device 3, function 0", "its place");
    CheckText(Edu, DevicePropertyDeviceDescription, L"PCI Device", "its description");
    CheckText(Edu, DevicePropertyEnumeratorName, L"PCI", "its enumerator");
    is(Number(Edu, DevicePropertyAddress), 3 << 16, "its address");
    is(Number(Edu, DevicePropertyBusNumber), 0, "its bus");
    is(Number(Edu, DevicePropertyLegacyBusType), PCIBus, "which is a PCI bus");
    STATUS(AskCapabilities(Edu, &Capabilities), STATUS_SUCCESS, "its capabilities");
    is(Capabilities.Address, 3 << 16, "have the address");
    is(Capabilities.DeviceState[PowerSystemWorking], PowerDeviceD0, "and D0 for S0");
    STATUS(AskBusInterface(Edu, &Bus), STATUS_SUCCESS, "the interface of its bus");
    is(Bus.GetBusData(Bus.Context, PCI_WHICHSPACE_CONFIG, &Ids, 0, 4), 4, "reads the configuration space");
    is(Ids, 0x11E81234, "which begins with the IDs");
    is(Bus.SetBusData(Bus.Context, PCI_WHICHSPACE_CONFIG, &Ignored, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.InterruptLine), 1), 1, "writes it");
    Bus.GetBusData(Bus.Context, PCI_WHICHSPACE_CONFIG, &Line, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.InterruptLine), 1);
    is(Line, 0x42, "where it can be written");
    Line = 11;
    Bus.SetBusData(Bus.Context, PCI_WHICHSPACE_CONFIG, &Line, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.InterruptLine), 1);
    Bus.InterfaceDereference(Bus.Context);
    STATUS(ReadConfig(Edu, &Value, 0, 4), STATUS_SUCCESS, "IRP_MN_READ_CONFIG");
    is(Value, 0x11E81234, "reads the same");
}

static VOID CheckRegistry(PEDU Edu) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Answer");
    HANDLE Key;
    ULONG Value = 42;
    STATUS(IoOpenDeviceRegistryKey(Edu->Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_ALL_ACCESS, &Key), STATUS_SUCCESS, "the device's key");
    STATUS(ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Value, sizeof Value), STATUS_SUCCESS, "takes values");
    ZwClose(Key);
    STATUS(IoOpenDeviceRegistryKey(Edu->Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &Key), STATUS_SUCCESS, "the driver's key");
    ZwClose(Key);
    STATUS(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\PCI"), STATUS_SUCCESS,
           "Enum\\PCI is there");
}

static VOID OnStarted(PEDU Edu, PIO_STACK_LOCATION Stack) {
    CheckResources(Edu, Stack->Parameters.StartDevice.AllocatedResources, Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    is(READ_REGISTER_ULONG(REG(Edu, 0)), 0x010000ED, "its registers are there");
    CheckInterrupt(Edu);
    CheckIdentity(Edu);
    CheckRegistry(Edu);
    CheckDma(Edu);
    CheckPower(Edu, PowerDeviceD3);
    CheckPower(Edu, PowerDeviceD0);
    STATUS(IoSetDeviceInterfaceState(&Edu->Link, TRUE), STATUS_SUCCESS, "the interface is switched on");
    STATUS(IoSetDeviceInterfaceState(&Edu->Link, FALSE), STATUS_SUCCESS, "and off before the device has started");
    STATUS(IoSetDeviceInterfaceState(&Edu->Link, TRUE), STATUS_SUCCESS, "and on again");
    ok(!InterfaceIsOn(Edu), "it comes on when the device has started");
}

static VOID OnRemoved(PEDU Edu) {
    ok(!InterfaceIsOn(Edu), "the interface is off when the device is removed");
    is(READ_REGISTER_ULONG(REG(Edu, 0)), 0xFFFFFFFF, "the bus has switched its memory off");
    is(Edu->Order[0], IRP_MN_FILTER_RESOURCE_REQUIREMENTS, "what it was asked: whether to filter its requirements");
    is(Edu->Order[1], IRP_MN_START_DEVICE, "to start");
    is(Edu->Order[2], IRP_MN_QUERY_CAPABILITIES, "its capabilities, by this driver");
    is(Edu->OrderEnd[-4], IRP_MN_QUERY_PNP_DEVICE_STATE, "its state");
    is(Edu->OrderEnd[-3], IRP_MN_QUERY_DEVICE_RELATIONS, "its children");
    is(Edu->OrderEnd[-2], IRP_MN_QUERY_REMOVE_DEVICE, "whether it may go");
    is(Edu->OrderEnd[-1], IRP_MN_REMOVE_DEVICE, "to go");
    ok(InterfaceWasOn, "the interface was on meanwhile");
}

static VOID TapUnload(PDRIVER_OBJECT DriverObject) {
    is(Adds, 1, "one device was added");
    is(Removes, 1, "and removed before its driver is unloaded");
    ok(DriverObject->DeviceObject == NULL, "which has no device left");
    DbgPrint("1..%u\n", TapCount);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    SetUp(DriverObject);
    DriverObject->DriverUnload = TapUnload;
}

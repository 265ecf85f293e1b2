/*
 * What the tests with a function driver for edu share: its stack, its registers, its interrupt. A test has OnStarted, called when START_DEVICE has succeeded below and
 * the registers are mapped, and OnRemoved, called when REMOVE_DEVICE has.
 */
#pragma once
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"
#pragma clang diagnostic ignored "-Wunused-function"
#pragma clang diagnostic ignored "-Wunused-variable"

#define REG(Edu, Offset) ((PULONG)((Edu)->Registers + (Offset)))
#define PNP_ORDER        64u

typedef struct _EDU {
    PDEVICE_OBJECT Self, Pdo, Lower;
    PUCHAR Registers;
    ULONG Length;
    PKINTERRUPT Interrupt;
    PIO_INTERRUPT_MESSAGE_INFO Messages;
    ULONG Cause, MessageId, Claims;
    KIRQL SeenIrql;
    KEVENT Done;
    UNICODE_STRING Link;
    UCHAR Order[PNP_ORDER], *OrderEnd; /* minor functions as they came */
} EDU, *PEDU;

static const GUID EduInterface = {0x6A2D1B8E, 0x51F3, 0x4C77, {0x9B, 0x1D, 0x3C, 0x55, 0x0E, 0x7A, 0x24, 0x91}};
static ULONG Adds, Removes;
static BOOLEAN InterfaceWasOn;
static PDRIVER_OBJECT Driver;

static VOID OnStarted(PEDU Edu, PIO_STACK_LOCATION Stack);
static VOID OnRemoved(PEDU Edu);
#ifdef EDU_FILTERS /* the test looks at what the bus requires, on the way up, and may alter it */
static VOID OnFilter(PEDU Edu, PIO_RESOURCE_REQUIREMENTS_LIST Required);
#endif

/* ---- Interrupts ---- */
static BOOLEAN Acknowledge(PEDU Edu) {
    ULONG Cause = READ_REGISTER_ULONG(REG(Edu, 0x24));
    if (Cause == 0)
        return FALSE;
    WRITE_REGISTER_ULONG(REG(Edu, 0x64), Cause);
    Edu->Cause = Cause;
    Edu->Claims++;
    Edu->SeenIrql = KeGetCurrentIrql();
    return TRUE;
}

static BOOLEAN NTAPI OnLine(PKINTERRUPT Interrupt, PVOID Context) { return Acknowledge(Context); }

static BOOLEAN NTAPI OnMessage(PKINTERRUPT Interrupt, PVOID Context, ULONG MessageId) {
    ((PEDU)Context)->MessageId = MessageId;
    return Acknowledge(Context);
}

static NTSTATUS ConnectLine(PEDU Edu) {
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_LINE_BASED};
    Parameters.LineBased.PhysicalDeviceObject = Edu->Pdo;
    Parameters.LineBased.InterruptObject = &Edu->Interrupt;
    Parameters.LineBased.ServiceRoutine = OnLine;
    Parameters.LineBased.ServiceContext = Edu;
    return IoConnectInterruptEx(&Parameters);
}

static NTSTATUS ConnectMessages(PEDU Edu) {
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_MESSAGE_BASED};
    Parameters.MessageBased.PhysicalDeviceObject = Edu->Pdo;
    Parameters.MessageBased.ConnectionContext.InterruptMessageTable = &Edu->Messages;
    Parameters.MessageBased.MessageServiceRoutine = OnMessage;
    Parameters.MessageBased.ServiceContext = Edu;
    return IoConnectInterruptEx(&Parameters);
}

static VOID Disconnect(PEDU Edu) {
    IO_DISCONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = Edu->Messages != NULL ? CONNECT_MESSAGE_BASED : CONNECT_LINE_BASED};
    if (Edu->Messages != NULL)
        Parameters.ConnectionContext.InterruptMessageTable = Edu->Messages;
    else
        Parameters.ConnectionContext.InterruptObject = Edu->Interrupt;
    if (Edu->Messages != NULL || Edu->Interrupt != NULL)
        IoDisconnectInterruptEx(&Parameters);
    Edu->Messages = NULL;
    Edu->Interrupt = NULL;
}

/* ---- Questions ---- */
static VOID CheckText(PEDU Edu, DEVICE_REGISTRY_PROPERTY Property, PCWSTR Expected, PCSTR What) {
    WCHAR Text[512];
    ULONG Length = 0;
    NTSTATUS Status = IoGetDeviceProperty(Edu->Pdo, Property, sizeof Text, Text, &Length);
    ok(NT_SUCCESS(Status) && wcscmp(Text, Expected) == 0, "%s: 0x%x, %ws", What, Status, NT_SUCCESS(Status) ? Text : L"");
    STATUS(IoGetDeviceProperty(Edu->Pdo, Property, 2, Text, &Length), STATUS_BUFFER_TOO_SMALL, "a buffer of one character is too small");
}

static ULONG Number(PEDU Edu, DEVICE_REGISTRY_PROPERTY Property) {
    ULONG Value = 0xDEAD, Length = 0;
    return NT_SUCCESS(IoGetDeviceProperty(Edu->Pdo, Property, sizeof Value, &Value, &Length)) ? Value : 0xDEAD;
}

/* To the top of the stack, as drivers ask. */
static NTSTATUS Ask(PEDU Edu, PIO_STACK_LOCATION Template) {
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Edu->Pdo);
    IO_STATUS_BLOCK Result;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Result);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = Template->MinorFunction;
    IoGetNextIrpStackLocation(Irp)->Parameters = Template->Parameters;
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Result.Status;
    }
    ObDereferenceObject(Top);
    return Status;
}

static NTSTATUS AskCapabilities(PEDU Edu, PDEVICE_CAPABILITIES Capabilities) {
    IO_STACK_LOCATION Stack = {.MinorFunction = IRP_MN_QUERY_CAPABILITIES};
    RtlZeroMemory(Capabilities, sizeof *Capabilities);
    Capabilities->Size = sizeof *Capabilities;
    Capabilities->Version = 1;
    Stack.Parameters.DeviceCapabilities.Capabilities = Capabilities;
    return Ask(Edu, &Stack);
}

static NTSTATUS AskBusInterface(PEDU Edu, PBUS_INTERFACE_STANDARD Bus) {
    static const GUID Type = {0x496B8280, 0x6F25, 0x11D0, {0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F}};
    IO_STACK_LOCATION Stack = {.MinorFunction = IRP_MN_QUERY_INTERFACE};
    Stack.Parameters.QueryInterface.InterfaceType = &Type;
    Stack.Parameters.QueryInterface.Size = sizeof *Bus;
    Stack.Parameters.QueryInterface.Version = 1;
    Stack.Parameters.QueryInterface.Interface = (PINTERFACE)Bus;
    return Ask(Edu, &Stack);
}

static NTSTATUS ReadConfig(PEDU Edu, PVOID Buffer, ULONG Offset, ULONG Length) {
    IO_STACK_LOCATION Stack = {.MinorFunction = IRP_MN_READ_CONFIG};
    Stack.Parameters.ReadWriteConfig.Buffer = Buffer;
    Stack.Parameters.ReadWriteConfig.Offset = Offset;
    Stack.Parameters.ReadWriteConfig.Length = Length;
    return Ask(Edu, &Stack);
}

static BOOLEAN InterfaceIsOn(PEDU Edu) {
    PWSTR List;
    BOOLEAN On;
    if (!NT_SUCCESS(IoGetDeviceInterfaces(&EduInterface, NULL, 0, &List)))
        return FALSE;
    On = List[0] != 0 && _wcsicmp(List, Edu->Link.Buffer) == 0;
    ExFreePool(List);
    return On;
}

/* ---- DMA: from RAM into the device's buffer and back, each told by an interrupt ---- */
static VOID Transfer(PEDU Edu, ULONG64 From, ULONG64 To, ULONG Count, ULONG Command) {
    LARGE_INTEGER Pause = {.QuadPart = -2000};
    Edu->Cause = 0;
    *(volatile ULONG64 *)REG(Edu, 0x80) = From;
    *(volatile ULONG64 *)REG(Edu, 0x88) = To;
    *(volatile ULONG64 *)REG(Edu, 0x90) = Count;
    *(volatile ULONG64 *)REG(Edu, 0x98) = Command;
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
}

static VOID CheckDma(PEDU Edu) {
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma32BitAddresses = TRUE,
                                      .InterfaceType = PCIBus,
                                      .MaximumLength = 4096};
    PHYSICAL_ADDRESS Address;
    ULONG Registers = 0;
    PDMA_ADAPTER Adapter = IoGetDmaAdapter(Edu->Pdo, &Description, &Registers);
    PUCHAR Buffer = Adapter != NULL ? Adapter->DmaOperations->AllocateCommonBuffer(Adapter, 8192, &Address, TRUE) : NULL;
    ok(Buffer != NULL, "a common buffer");
    if (Buffer == NULL)
        return;
    for (ULONG Index = 0; Index < 4096; Index++)
        Buffer[Index] = (UCHAR)(Index * 7);
    Transfer(Edu, Address.QuadPart, 0x40000, 4096, 1 | 4);
    is(Edu->Cause, 0x100, "the end of a transfer to the device is told");
    Transfer(Edu, 0x40000, Address.QuadPart + 4096, 4096, 1 | 2 | 4);
    ok(RtlEqualMemory(Buffer, Buffer + 4096, 4096), "and what comes back is what went");
    Adapter->DmaOperations->FreeCommonBuffer(Adapter, 8192, Address, Buffer, TRUE);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
}

/* ---- Power, as a driver that owns its device's power policy asks for it ---- */
static NTSTATUS PowerStatus = -1;

static VOID NTAPI OnPowered(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context, PIO_STATUS_BLOCK Status) {
    PowerStatus = Status->Status;
    KeSetEvent(Context, 0, FALSE);
}

static VOID CheckPower(PEDU Edu, DEVICE_POWER_STATE State) {
    POWER_STATE Power = {.DeviceState = State};
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    STATUS(PoRequestPowerIrp(Edu->Pdo, IRP_MN_SET_POWER, Power, OnPowered, &Event, NULL), STATUS_PENDING, "another power state is asked for");
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    STATUS(PowerStatus, STATUS_SUCCESS, "and taken");
}

/* ---- The stack ---- */
static NTSTATUS NTAPI OnForwarded(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) {
    KeSetEvent(Context, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ForwardAndWait(PEDU Edu, PIRP Irp) {
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, OnForwarded, &Event, TRUE, TRUE, TRUE);
    if (IoCallDriver(Edu->Lower, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    return Irp->IoStatus.Status;
}

static VOID MapRegisters(PEDU Edu, PCM_RESOURCE_LIST Translated) {
    PCM_PARTIAL_RESOURCE_LIST List = &Translated->List[0].PartialResourceList;
    for (ULONG Index = 0; Index < List->Count; Index++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = &List->PartialDescriptors[Index];
        if (Descriptor->Type != CmResourceTypeMemory)
            continue;
        Edu->Length = Descriptor->u.Memory.Length;
        Edu->Registers = MmMapIoSpace(Descriptor->u.Memory.Start, Edu->Length, MmNonCached);
    }
}

static VOID UnmapRegisters(PEDU Edu) {
    if (Edu->Registers != NULL)
        MmUnmapIoSpace(Edu->Registers, Edu->Length);
    Edu->Registers = NULL;
}

static NTSTATUS Start(PEDU Edu, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = ForwardAndWait(Edu, Irp);
    if (NT_SUCCESS(Status)) {
        MapRegisters(Edu, Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
        OnStarted(Edu, Stack);
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS Remove(PEDU Edu, PIRP Irp) {
    PDEVICE_OBJECT Lower = Edu->Lower;
    NTSTATUS Status;
    Disconnect(Edu);
    IoSetDeviceInterfaceState(&Edu->Link, FALSE);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    OnRemoved(Edu);
    UnmapRegisters(Edu);
    RtlFreeUnicodeString(&Edu->Link);
    IoDetachDevice(Lower);
    IoDeleteDevice(Edu->Self);
    Removes++;
    return Status;
}

static NTSTATUS NTAPI OnPnp(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEDU Edu = Device->DeviceExtension;
    if (Edu->OrderEnd < Edu->Order + PNP_ORDER)
        *Edu->OrderEnd++ = Stack->MinorFunction;
    InterfaceWasOn |= InterfaceIsOn(Edu);
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return Start(Edu, Irp);
    case IRP_MN_REMOVE_DEVICE: return Remove(Edu, Irp);
#ifdef EDU_FILTERS
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        OnFilter(Edu, Stack->Parameters.FilterResourceRequirements.IoResourceRequirementList);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Irp->IoStatus.Information = (ULONG_PTR)Stack->Parameters.FilterResourceRequirements.IoResourceRequirementList;
        break;
#endif
    case IRP_MN_STOP_DEVICE:
        Disconnect(Edu);
        UnmapRegisters(Edu);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    default: break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Edu->Lower, Irp);
}

static NTSTATUS NTAPI OnPower(PDEVICE_OBJECT Device, PIRP Irp) {
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(((PEDU)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS NTAPI OnOpen(PDEVICE_OBJECT Device, PIRP Irp) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo) {
    PDEVICE_OBJECT Device;
    PEDU Edu;
    NTSTATUS Status = IoCreateDevice(DriverObject, sizeof *Edu, NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Edu = Device->DeviceExtension;
    Edu->Self = Device;
    Edu->Pdo = Pdo;
    Edu->OrderEnd = Edu->Order;
    Status = IoRegisterDeviceInterface(Pdo, &EduInterface, NULL, &Edu->Link);
    if (NT_SUCCESS(Status) && (Edu->Lower = IoAttachDeviceToDeviceStack(Device, Pdo)) == NULL)
        Status = STATUS_NO_SUCH_DEVICE;
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->Flags |= DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    Adds++;
    return STATUS_SUCCESS;
}

static VOID SetUp(PDRIVER_OBJECT DriverObject) {
    Driver = DriverObject;
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->MajorFunction[IRP_MJ_PNP] = OnPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = OnPower;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = OnOpen;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = OnOpen;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = OnOpen;
}

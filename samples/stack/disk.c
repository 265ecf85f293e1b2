/* Sectors, by DMA. Requests wait in a device queue by cylinder, so the head sweeps over the disk instead of running to and fro. */
#include "disk.h"

#define MAX_PIECES      (MAX_TRANSFER / PAGE_SIZE + 1)
#define REG_SECTORS     0x04u
#define REG_GEOMETRY    0x08u
#define REG_STATUS      0x0Cu
#define REG_CONTROL     0x10u
#define REG_COMMAND     0x14u
#define REG_SECTOR      0x18u
#define REG_COUNT       0x1Cu
#define REG_TABLE       0x20u
#define REG_TABLE_HIGH  0x24u
#define REG_TABLE_COUNT 0x28u
#define REG_MEDIUM      0x30u
#define STATUS_DONE     0x02u
#define STATUS_FAILED   0x0Cu
#define STATUS_OUT      0x10u
#define MEDIUM_CAN_GO   0x01u
#define MEDIUM_IN       0x02u

NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);

static ULONG Get(PDISK Disk, ULONG Register) { return READ_REGISTER_ULONG((PULONG)(Disk->Registers + Register)); }
static VOID Put(PDISK Disk, ULONG Register, ULONG Value) { WRITE_REGISTER_ULONG((PULONG)(Disk->Registers + Register), Value); }

BOOLEAN DiskIsIn(PDISK Disk) { return (Get(Disk, REG_MEDIUM) & MEDIUM_IN) != 0; }

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

/* ---- One request at a time ---- */

static ULONG SectorOf(PIRP Irp) { return (ULONG)(IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.ByteOffset.QuadPart / SECTOR); }

static ULONG KeyOf(PDISK Disk, PIRP Irp) {
    return IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_FLUSH_BUFFERS ? MAXULONG : SectorOf(Irp) / Disk->CylinderSectors;
}

/* DISPATCH_LEVEL: the pages of the request are known by their addresses; the disk is told. */
static VOID OnList(PDEVICE_OBJECT Device, PIRP Ignored, PSCATTER_GATHER_LIST List, PVOID Context) {
    PDISK Disk = Context;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Disk->Current);
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Ignored);
    for (ULONG Index = 0; Index < List->NumberOfElements; Index++)
        Disk->Table[Index] = (PIECE){(ULONG64)List->Elements[Index].Address.QuadPart, List->Elements[Index].Length, 0};
    Disk->List = List;
    Put(Disk, REG_SECTOR, SectorOf(Disk->Current));
    Put(Disk, REG_COUNT, Stack->Parameters.Read.Length / SECTOR);
    Put(Disk, REG_TABLE_COUNT, List->NumberOfElements);
    Put(Disk, REG_COMMAND, Stack->MajorFunction == IRP_MJ_WRITE ? 2 : 1);
}

static VOID Next(PDISK Disk, ULONG Key);

static VOID Finish(PDISK Disk, NTSTATUS Status) {
    PIRP Irp = Disk->Current;
    ULONG Key = KeyOf(Disk, Irp);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->MajorFunction == IRP_MJ_FLUSH_BUFFERS ? 0 : Stack->Parameters.Read.Length;
    if (Disk->List != NULL)
        Disk->Adapter->DmaOperations->PutScatterGatherList(Disk->Adapter, Disk->List, Stack->MajorFunction == IRP_MJ_WRITE);
    Disk->List = NULL;
    Disk->Current = NULL;
    Next(Disk, Key == MAXULONG ? 0 : Key);
    Complete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
}

/* DISPATCH_LEVEL. */
static VOID Start(PDISK Disk, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    Disk->Current = Irp;
    if (Stack->MajorFunction == IRP_MJ_FLUSH_BUFFERS) {
        Put(Disk, REG_COMMAND, 3);
        return;
    }
    Status = Disk->Adapter->DmaOperations->GetScatterGatherList(Disk->Adapter, Disk->Device, Irp->MdlAddress, MmGetMdlVirtualAddress(Irp->MdlAddress),
                                                                Stack->Parameters.Read.Length, OnList, Disk, Stack->MajorFunction == IRP_MJ_WRITE);
    if (!NT_SUCCESS(Status))
        Finish(Disk, Status);
}

/* The next request at or behind this cylinder; behind the last, the sweep begins again. */
static VOID Next(PDISK Disk, ULONG Key) {
    PKDEVICE_QUEUE_ENTRY Entry = KeRemoveByKeyDeviceQueue(&Disk->Queue, Key);
    if (Entry != NULL)
        Start(Disk, CONTAINING_RECORD(Entry, IRP, Tail.Overlay.DeviceQueueEntry));
}

static BOOLEAN OnInterrupt(PKINTERRUPT Interrupt, PVOID Context) {
    PDISK Disk = Context;
    ULONG Status = Get(Disk, REG_STATUS);
    UNREFERENCED_PARAMETER(Interrupt);
    if ((Status & STATUS_DONE) == 0)
        return FALSE;
    Put(Disk, REG_STATUS, Status);
    Disk->Status = Status;
    KeInsertQueueDpc(&Disk->Dpc, NULL, NULL);
    return TRUE;
}

static VOID OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PDISK Disk = Context;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Finish(Disk, Disk->Status & STATUS_OUT ? STATUS_NO_MEDIA_IN_DEVICE : Disk->Status & STATUS_FAILED ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS);
}

/* ---- Requests ---- */

static NTSTATUS CreateClose(PDEVICE_OBJECT Device, PIRP Irp) {
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Transfer(PDEVICE_OBJECT Device, PIRP Irp) {
    PDISK Disk = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    KIRQL Irql;
    if (Stack->MajorFunction != IRP_MJ_FLUSH_BUFFERS) {
        ULONG Length = Stack->Parameters.Read.Length;
        LONGLONG Offset = Stack->Parameters.Read.ByteOffset.QuadPart, Size = (LONGLONG)Disk->Sectors * SECTOR;
        if (Offset < 0 || Offset % SECTOR != 0 || Length % SECTOR != 0 || Length > MAX_TRANSFER || Offset > Size || Length > Size - Offset)
            return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
        if (Length == 0)
            return Complete(Irp, STATUS_SUCCESS, 0);
    }
    IoMarkIrpPending(Irp);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    if (!KeInsertByKeyDeviceQueue(&Disk->Queue, &Irp->Tail.Overlay.DeviceQueueEntry, KeyOf(Disk, Irp)))
        Start(Disk, Irp);
    KeLowerIrql(Irql);
    return STATUS_PENDING;
}

static NTSTATUS Control(PDEVICE_OBJECT Device, PIRP Irp) { return DiskControl(Device->DeviceExtension, Irp); }

/* ---- The beginning and the end ---- */

static VOID Release(PDISK Disk) {
    if (Disk->Interrupt != NULL) {
        Put(Disk, REG_CONTROL, 0);
        IoDisconnectInterrupt(Disk->Interrupt);
    }
    if (Disk->Table != NULL)
        Disk->Adapter->DmaOperations->FreeCommonBuffer(Disk->Adapter, MAX_PIECES * sizeof(PIECE), Disk->TableAddress, Disk->Table, TRUE);
    if (Disk->Adapter != NULL)
        Disk->Adapter->DmaOperations->PutDmaAdapter(Disk->Adapter);
    if (Disk->Registers != NULL)
        MmUnmapIoSpace(Disk->Registers, PAGE_SIZE);
    IoDeleteDevice(Disk->Device);
}

static VOID Unload(PDRIVER_OBJECT Driver) {
    while (Driver->DeviceObject != NULL)
        Release(Driver->DeviceObject->DeviceExtension);
}

static BOOLEAN IsDisk(ULONG Slot, PCI_COMMON_HEADER *Config) {
    return HalGetBusDataByOffset(PCIConfiguration, 0, Slot, Config, 0, sizeof *Config) == sizeof *Config && Config->VendorID == 0x1234 &&
           Config->DeviceID == 0xD105;
}

static NTSTATUS Connect(PDISK Disk, const PCI_COMMON_HEADER *Config) {
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma32BitAddresses = TRUE,
                                      .Dma64BitAddresses = TRUE,
                                      .InterfaceType = PCIBus,
                                      .MaximumLength = MAX_TRANSFER};
    PHYSICAL_ADDRESS Base = {.QuadPart = Config->u.type0.BaseAddresses[0] & ~15u};
    ULONG MapRegisters, Space = 0, Vector;
    KIRQL Irql;
    KAFFINITY Affinity;
    if (!HalTranslateBusAddress(PCIBus, 0, Base, &Space, &Base) || (Disk->Registers = MmMapIoSpace(Base, PAGE_SIZE, MmNonCached)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Disk->Sectors = Get(Disk, REG_SECTORS);
    Disk->CylinderSectors = Get(Disk, REG_GEOMETRY);
    Disk->Removable = (Get(Disk, REG_MEDIUM) & MEDIUM_CAN_GO) != 0;
    if (Disk->Removable)
        Disk->Device->Characteristics |= FILE_REMOVABLE_MEDIA;
    Disk->Adapter = IoGetDmaAdapter(NULL, &Description, &MapRegisters);
    if (Disk->Adapter == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Disk->Table = Disk->Adapter->DmaOperations->AllocateCommonBuffer(Disk->Adapter, MAX_PIECES * sizeof(PIECE), &Disk->TableAddress, TRUE);
    if (Disk->Table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Put(Disk, REG_TABLE, Disk->TableAddress.LowPart);
    Put(Disk, REG_TABLE_HIGH, (ULONG)Disk->TableAddress.HighPart);
    Vector = HalGetInterruptVector(PCIBus, 0, Config->u.type0.InterruptLine, Config->u.type0.InterruptLine, &Irql, &Affinity);
    NTSTATUS Status = IoConnectInterrupt(&Disk->Interrupt, OnInterrupt, Disk, NULL, Vector, Irql, Irql, LevelSensitive, TRUE, Affinity, FALSE);
    if (NT_SUCCESS(Status))
        Put(Disk, REG_CONTROL, 1);
    return Status;
}

static NTSTATUS AddDisk(PDRIVER_OBJECT Driver, ULONG Number, const PCI_COMMON_HEADER *Config) {
    WCHAR Text[] = L"\\Device\\StackDisk0";
    UNICODE_STRING Name = {.Buffer = Text, .Length = sizeof Text - sizeof(WCHAR), .MaximumLength = sizeof Text};
    PDEVICE_OBJECT Device;
    Text[RTL_NUMBER_OF(Text) - 2] += (WCHAR)Number;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(DISK), &Name, FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    PDISK Disk = Device->DeviceExtension;
    Disk->Device = Device;
    Disk->Number = Number;
    KeInitializeDeviceQueue(&Disk->Queue);
    KeInitializeDpc(&Disk->Dpc, OnDpc, Disk);
    Status = Connect(Disk, Config);
    if (!NT_SUCCESS(Status)) {
        Release(Disk);
        return Status;
    }
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    PCI_COMMON_HEADER Config;
    ULONG Number = 0;
    NTSTATUS Status = STATUS_NO_SUCH_DEVICE;
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    Driver->MajorFunction[IRP_MJ_READ] = Driver->MajorFunction[IRP_MJ_WRITE] = Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = Transfer;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    for (ULONG Slot = 0; Slot < PCI_MAX_DEVICES && Number < MOST_DISKS; Slot++) {
        if (IsDisk(Slot, &Config) && NT_SUCCESS(Status = AddDisk(Driver, Number, &Config)))
            Number++;
    }
    if (Number == 0)
        DbgPrint("disk: there is none on PCI bus 0 that works: status %08X\n", Status);
    return Number != 0 ? STATUS_SUCCESS : Status;
}

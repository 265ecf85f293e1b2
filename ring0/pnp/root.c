/*
 * The bus driver of the root, \Driver\PnpManager. Its devices are those that no hardware reports: the PCI bus, and what Enum\ROOT lists. What is to be known of them
 * is in their Enum keys already, so it answers little more than who they are.
 */
#include "pnp/node.h"

#define PCI_BUS_ID L"ACPI\\PNP0A03"

typedef struct _PNP_ROOT_DEVICE { /* extension of a PDO */
    PWSTR DeviceId, InstanceId;   /* behind it */
    BOOLEAN Gone;                 /* not reported any more: REMOVE_DEVICE deletes it */
    WCHAR Text[];
} PNP_ROOT_DEVICE, *PPNP_ROOT_DEVICE;

static PDRIVER_OBJECT PnppRootDriver;

static PWSTR PnppCopy(PCWSTR Text) {
    SIZE_T Size = (wcslen(Text) + 1) * sizeof(WCHAR);
    PWSTR Copy = ExAllocatePoolWithTag(PagedPool, Size, PNP_TAG);

    if (Copy != NULL)
        RtlCopyMemory(Copy, Text, Size);
    return Copy;
}

static NTSTATUS PnppAnswerId(PPNP_ROOT_DEVICE Root, BUS_QUERY_ID_TYPE Type, PULONG_PTR Information) {
    PWSTR Id;

    if (Type != BusQueryDeviceID && Type != BusQueryInstanceID)
        return STATUS_NOT_SUPPORTED;
    Id = PnppCopy(Type == BusQueryDeviceID ? Root->DeviceId : Root->InstanceId);
    *Information = (ULONG_PTR)Id;
    return Id != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* All PDOs of the driver but the root's own. */
static NTSTATUS PnppAnswerRelations(PDEVICE_OBJECT RootDevice, PULONG_PTR Information) {
    ULONG Count = 0;
    PDEVICE_RELATIONS Relations;

    for (PDEVICE_OBJECT Device = PnppRootDriver->DeviceObject; Device != NULL; Device = Device->NextDevice)
        Count++;
    Relations = ExAllocatePoolWithTag(PagedPool, sizeof(*Relations) + Count * sizeof(PVOID), PNP_TAG);
    if (Relations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Relations->Count = 0;
    for (PDEVICE_OBJECT Device = PnppRootDriver->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        PPNP_ROOT_DEVICE Root = Device->DeviceExtension;

        if (Device == RootDevice || Root->Gone)
            continue;
        ObfReferenceObject(Device);
        Relations->Objects[Relations->Count++] = Device;
    }
    *Information = (ULONG_PTR)Relations;
    return STATUS_SUCCESS;
}

static NTSTATUS PnppAnswerTarget(PDEVICE_OBJECT Device, PULONG_PTR Information) {
    PDEVICE_RELATIONS Relations = ExAllocatePoolWithTag(PagedPool, sizeof(*Relations), PNP_TAG);

    if (Relations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObfReferenceObject(Device);
    Relations->Count = 1;
    Relations->Objects[0] = Device;
    *Information = (ULONG_PTR)Relations;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI PnppRootPnp(PDEVICE_OBJECT Device, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PPNP_ROOT_DEVICE Root = Device->DeviceExtension;
    BOOLEAN IsRoot = PnpRoot->Pdo == Device;
    NTSTATUS Status = Irp->IoStatus.Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE: Status = STATUS_SUCCESS; break;
    case IRP_MN_QUERY_ID: Status = PnppAnswerId(Root, Stack->Parameters.QueryId.IdType, &Irp->IoStatus.Information); break;
    case IRP_MN_QUERY_CAPABILITIES:
        Stack->Parameters.DeviceCapabilities.Capabilities->UniqueID = TRUE;
        Stack->Parameters.DeviceCapabilities.Capabilities->SilentInstall = TRUE;
        Stack->Parameters.DeviceCapabilities.Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (Stack->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation)
            Status = PnppAnswerTarget(Device, &Irp->IoStatus.Information);
        else if (Stack->Parameters.QueryDeviceRelations.Type == BusRelations && IsRoot)
            Status = PnppAnswerRelations(Device, &Irp->IoStatus.Information);
        break;
    default: break;
    }
    Irp->IoStatus.Status = Status;
    if (Stack->MinorFunction == IRP_MN_REMOVE_DEVICE && Root->Gone)
        IoDeleteDevice(Device);
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* The bottom of a stack is in the state that it is asked to be in. */
static NTSTATUS NTAPI PnppRootPower(PDEVICE_OBJECT Device, PIRP Irp) {
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status = Minor == IRP_MN_SET_POWER || Minor == IRP_MN_QUERY_POWER ? STATUS_SUCCESS : Irp->IoStatus.Status;

    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PnppRootEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) {
    Driver->MajorFunction[IRP_MJ_PNP] = PnppRootPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = PnppRootPower;
    PnppRootDriver = Driver;
    return STATUS_SUCCESS;
}

/* A PDO has a name, so that links to interfaces have something to point at. */
static NTSTATUS PnppCreatePdo(PCWSTR DeviceId, PCWSTR InstanceId, PDEVICE_OBJECT *Pdo) {
    SIZE_T First = wcslen(DeviceId) + 1, Second = wcslen(InstanceId) + 1;
    PPNP_ROOT_DEVICE Root;
    NTSTATUS Status = IoCreateDevice(PnppRootDriver, (ULONG)(sizeof(*Root) + (First + Second) * sizeof(WCHAR)), NULL, FILE_DEVICE_CONTROLLER,
                                     FILE_AUTOGENERATED_DEVICE_NAME, FALSE, Pdo);
    if (!NT_SUCCESS(Status))
        return Status;
    Root = (*Pdo)->DeviceExtension;
    *Root = (PNP_ROOT_DEVICE){.DeviceId = Root->Text, .InstanceId = Root->Text + First};
    RtlCopyMemory(Root->DeviceId, DeviceId, First * sizeof(WCHAR));
    RtlCopyMemory(Root->InstanceId, InstanceId, Second * sizeof(WCHAR));
    (*Pdo)->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

NTSTATUS PnpCreateRootDevice(PCWSTR DeviceId, PCWSTR InstanceId) {
    PDEVICE_OBJECT Pdo;
    NTSTATUS Status = PnppCreatePdo(DeviceId, InstanceId, &Pdo);

    PnpRoot->Invalidated = TRUE;
    return Status;
}

/* One for a driver, which says so each time that it is loaded. What there is of it in the registry makes it a device again at the next boot. */
NTSTATUS NTAPI IoReportRootDevice(PDRIVER_OBJECT DriverObject) {
    PCUNICODE_STRING Service = &DriverObject->DriverExtension->ServiceKeyName;
    WCHAR Id[PNP_ID], Key[PNP_PATH], Texts[PNP_ID + 1] = {0};
    HANDLE Handle;
    NTSTATUS Status;

    if (!PnpFormat(Id, PNP_ID, L"ROOT\\%wZ", Service) || !PnpFormat(Key, PNP_PATH, PNP_ENUM L"%s\\0000", Id))
        return STATUS_OBJECT_NAME_INVALID;
    if (NT_SUCCESS(PnpOpenKey(Key, KEY_READ, &Handle))) {
        ZwClose(Handle);
        return STATUS_SUCCESS;
    }
    RtlCopyMemory(Texts, Id, wcslen(Id) * sizeof(WCHAR));
    Status = PnpWriteTexts(Key, L"HardwareID", Texts);
    if (NT_SUCCESS(Status) && PnpFormat(Id, PNP_ID, L"%wZ", Service))
        Status = PnpWriteText(Key, L"Service", Id);
    if (NT_SUCCESS(Status))
        Status = PnpCreateRootDevice(Texts, L"0000");
    PnpWake();
    return Status;
}

VOID PnpDeleteRootDevice(PCWSTR Path) {
    PPNP_NODE Node = PnpFindNode(Path);
    WCHAR Key[PNP_PATH];
    HANDLE Device;

    if (Node == NULL || Node->Parent != PnpRoot)
        return;
    ((PPNP_ROOT_DEVICE)Node->Pdo->DeviceExtension)->Gone = TRUE;
    if (PnpDeviceKey(Node, L"", Key)) {
        PnpDeleteTree(Key);
        *wcsrchr(Key, L'\\') = 0;
        if (NT_SUCCESS(PnpOpenKey(Key, DELETE, &Device))) {
            ZwDeleteKey(Device); /* unless there are more instances */
            ZwClose(Device);
        }
    }
    PnpRoot->Invalidated = TRUE;
}

/* What the registry lists below Enum\ROOT, from an earlier life of the machine. */
static VOID PnppCreateListed(VOID) {
    WCHAR Name[PNP_ID], Instance[PNP_ID], Path[PNP_PATH];

    for (ULONG Index = 0; PnpEnumerateKey(PNP_ENUM L"ROOT", Index, Name, RTL_NUMBER_OF(Name)); Index++) {
        for (ULONG Below = 0;
             PnpFormat(Path, PNP_PATH, PNP_ENUM L"ROOT\\%s", Name) && PnpEnumerateKey(Path, Below, Instance, RTL_NUMBER_OF(Instance)); Below++) {
            if (PnpFormat(Path, PNP_ID, L"ROOT\\%s", Name))
                PnpCreateRootDevice(Path, Instance);
        }
    }
}

/* The PCI bus is found as firmware would describe it; a machine with an empty one has none, and is spared the driver. */
static VOID PnppCreatePciBus(VOID) {
    static const WCHAR Key[] = PNP_ENUM PCI_BUS_ID L"\\0";

    if (KiMachine->pci_slots == 0)
        return;
    PnpWriteTexts(Key, L"HardwareID", PCI_BUS_ID L"\0*PNP0A03\0");
    PnpWriteText(Key, L"DeviceDesc", L"PCI Bus");
    PnpWriteText(Key, L"Service", L"pci");
    PnpCreateRootDevice(PCI_BUS_ID, L"0");
}

VOID PnpStartRoot(VOID) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\PnpManager");
    PDEVICE_OBJECT Pdo;
    NTSTATUS Status = IoCreateDriver(&Name, PnppRootEntry);

    if (NT_SUCCESS(Status))
        Status = PnppCreatePdo(L"HTREE\\ROOT", L"0", &Pdo);
    if (NT_SUCCESS(Status))
        Status = PnpCreateNode(NULL, Pdo, &PnpRoot);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    PnpRoot->Path = PnppCopy(L"HTREE\\ROOT\\0");
    NT_ASSERT_OURS(PnpRoot->Path != NULL);
    PnpRoot->State = PnpStarted;
    PnppCreatePciBus();
    PnppCreateListed();
}

/* What drivers ask of physical device objects. */
#include "pnp/node.h"

/* Values of the Enum key, by property. */
static const struct {
    PCWSTR Name;
    ULONG Type;
} PnppValues[] = {
    [DevicePropertyDeviceDescription] = {L"DeviceDesc", REG_SZ},
    [DevicePropertyHardwareID] = {L"HardwareID", REG_MULTI_SZ},
    [DevicePropertyCompatibleIDs] = {L"CompatibleIDs", REG_MULTI_SZ},
    [DevicePropertyClassName] = {L"Class", REG_SZ},
    [DevicePropertyClassGuid] = {L"ClassGUID", REG_SZ},
    [DevicePropertyDriverKeyName] = {L"Driver", REG_SZ},
    [DevicePropertyManufacturer] = {L"Mfg", REG_SZ},
    [DevicePropertyFriendlyName] = {L"FriendlyName", REG_SZ},
    [DevicePropertyLocationInformation] = {L"LocationInformation", REG_SZ},
    [DevicePropertyContainerID] = {L"ContainerID", REG_SZ},
};

static NTSTATUS PnppReturn(PVOID Buffer, ULONG Length, PULONG Needed, const VOID *Data, ULONG Size) {
    *Needed = Size;
    if (Length < Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Buffer, Data, Size);
    return STATUS_SUCCESS;
}

static NTSTATUS PnppReturnValue(PPNP_NODE Node, DEVICE_REGISTRY_PROPERTY Property, PVOID Buffer, ULONG Length, PULONG Needed) {
    WCHAR Key[PNP_PATH];
    ULONG Size;
    PVOID Value;
    NTSTATUS Status;

    if (!PnpDeviceKey(Node, L"", Key) || (Value = PnpReadValue(Key, PnppValues[Property].Name, PnppValues[Property].Type, &Size)) == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Status = PnppReturn(Buffer, Length, Needed, Value, Size);
    ExFreePoolWithTag(Value, PNP_TAG);
    return Status;
}

static NTSTATUS PnppReturnObjectName(PPNP_NODE Node, PVOID Buffer, ULONG Length, PULONG Needed) {
    struct {
        OBJECT_NAME_INFORMATION Information;
        WCHAR Text[128];
    } Name;
    ULONG Size;
    NTSTATUS Status = ObQueryNameString(Node->Pdo, &Name.Information, sizeof(Name), &Size);

    if (!NT_SUCCESS(Status) || Name.Information.Name.Length == 0)
        return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
    return PnppReturn(Buffer, Length, Needed, Name.Information.Name.Buffer, Name.Information.Name.Length + sizeof(WCHAR));
}

/* "PCI" of "PCI\VEN_...". */
static NTSTATUS PnppReturnEnumerator(PPNP_NODE Node, PVOID Buffer, ULONG Length, PULONG Needed) {
    ULONG Characters = (ULONG)(wcschr(Node->Path, L'\\') - Node->Path);

    *Needed = (Characters + 1) * sizeof(WCHAR);
    if (Length < *Needed)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Buffer, Node->Path, Characters * sizeof(WCHAR));
    ((PWSTR)Buffer)[Characters] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PnppReturnList(const CM_RESOURCE_LIST *List, PVOID Buffer, ULONG Length, PULONG Needed) {
    return List != NULL ? PnppReturn(Buffer, Length, Needed, List, PnpResourceListSize(List)) : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS PnppReturnNumber(BOOLEAN Known, ULONG Number, PVOID Buffer, ULONG Length, PULONG Needed) {
    return Known ? PnppReturn(Buffer, Length, Needed, &Number, sizeof(Number)) : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS PnppProperty(PPNP_NODE Node, DEVICE_REGISTRY_PROPERTY Property, PVOID Buffer, ULONG Length, PULONG Needed) {
    NTSTATUS Status;

    switch (Property) {
    case DevicePropertyPhysicalDeviceObjectName: return PnppReturnObjectName(Node, Buffer, Length, Needed);
    case DevicePropertyEnumeratorName: return PnppReturnEnumerator(Node, Buffer, Length, Needed);
    case DevicePropertyBusTypeGuid:
        return Node->HasBus ? PnppReturn(Buffer, Length, Needed, &Node->Bus.BusTypeGuid, sizeof(GUID)) : STATUS_OBJECT_NAME_NOT_FOUND;
    case DevicePropertyLegacyBusType: return PnppReturnNumber(Node->HasBus, Node->Bus.LegacyBusType, Buffer, Length, Needed);
    case DevicePropertyBusNumber: return PnppReturnNumber(Node->HasBus, Node->Bus.BusNumber, Buffer, Length, Needed);
    case DevicePropertyAddress: return PnppReturnNumber(Node->Capabilities.Address != MAXULONG, Node->Capabilities.Address, Buffer, Length, Needed);
    case DevicePropertyUINumber:
        return PnppReturnNumber(Node->Capabilities.UINumber != MAXULONG, Node->Capabilities.UINumber, Buffer, Length, Needed);
    case DevicePropertyInstallState:
        return PnppReturnNumber(TRUE, Node->Problem == PNP_PROBLEM_NO_DRIVER ? InstallStateFailedInstall : InstallStateInstalled, Buffer, Length,
                                Needed);
    case DevicePropertyRemovalPolicy:
        return PnppReturnNumber(TRUE,
                                !Node->Capabilities.Removable          ? RemovalPolicyExpectNoRemoval
                                : Node->Capabilities.SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                                                                       : RemovalPolicyExpectOrderlyRemoval,
                                Buffer, Length, Needed);
    case DevicePropertyBootConfiguration: return PnppReturnList(Node->BootConfiguration, Buffer, Length, Needed);
    case DevicePropertyBootConfigurationTranslated:
        Status = PnppReturnList(Node->BootConfiguration, Buffer, Length, Needed);
        if (NT_SUCCESS(Status))
            PnpTranslateList(Buffer);
        return Status;
    case DevicePropertyAllocatedResources: return PnppReturnList(Node->Raw, Buffer, Length, Needed);
    case DevicePropertyResourceRequirements:
        return Node->Requirements != NULL ? PnppReturn(Buffer, Length, Needed, Node->Requirements, Node->Requirements->ListSize)
                                          : STATUS_OBJECT_NAME_NOT_FOUND;
    default: return PnppReturnValue(Node, Property, Buffer, Length, Needed);
    }
}

/* "Possibly indicates that the given DeviceObject was not a valid PDO" ("IoGetDeviceProperty"). */
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                   PULONG ResultLength) {
    PPNP_NODE Node = PnpIdentifiedNodeOf(DeviceObject);

    *ResultLength = 0;
    if ((ULONG)DeviceProperty > DevicePropertyContainerID)
        return STATUS_INVALID_PARAMETER_2;
    return Node != NULL ? PnppProperty(Node, DeviceProperty, PropertyBuffer, BufferLength, ResultLength) : STATUS_INVALID_DEVICE_REQUEST;
}

/* ---- Keys ---- */
/* Behind Control\Class, what the value Driver names. */
static NTSTATUS PnppDriverKey(PPNP_NODE Node, PWSTR Key) {
    WCHAR Device[PNP_PATH];
    PWSTR Driver = PnpDeviceKey(Node, L"", Device) ? PnpReadValue(Device, L"Driver", REG_SZ, NULL) : NULL;
    BOOLEAN Fits;

    if (Driver == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Fits = PnpFormat(Key, PNP_PATH, PNP_CONTROL L"Class\\%s", Driver);
    ExFreePoolWithTag(Driver, PNP_TAG);
    return Fits ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
}

NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess, PHANDLE DevInstRegKey) {
    PPNP_NODE Node = PnpIdentifiedNodeOf(DeviceObject);
    WCHAR Key[PNP_PATH];
    NTSTATUS Status = STATUS_SUCCESS;

    *DevInstRegKey = NULL;
    if (!(DevInstKeyType & (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER)))
        return STATUS_INVALID_PARAMETER;
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (DevInstKeyType & PLUGPLAY_REGKEY_DRIVER)
        Status = PnppDriverKey(Node, Key);
    else if (!PnpDeviceKey(Node, L"\\Device Parameters", Key))
        Status = STATUS_OBJECT_NAME_INVALID;
    else
        Status = CmpMakeKey(Key);
    return NT_SUCCESS(Status) ? PnpOpenKey(Key, DesiredAccess, DevInstRegKey) : Status;
}

/* The description of the hardware that the firmware leaves in \Registry\Machine\HARDWARE\DESCRIPTION names no bus and no controller. */
NTSTATUS NTAPI IoQueryDeviceDescription(PINTERFACE_TYPE BusType, PULONG BusNumber, PCONFIGURATION_TYPE ControllerType, PULONG ControllerNumber,
                                        PCONFIGURATION_TYPE PeripheralType, PULONG PeripheralNumber, PIO_QUERY_DEVICE_ROUTINE CalloutRoutine,
                                        PVOID Context) {
    return BusType == NULL ? STATUS_NOT_SUPPORTED : STATUS_OBJECT_NAME_NOT_FOUND;
}

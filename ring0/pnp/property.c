/*
 * Properties by DEVPROPKEY, of devices and of interfaces: a value below the key Properties of the one or the other, named by the property's GUID and number, and by the
 * language if it has one. Properties that the manager itself knows are those of IoGetDeviceProperty under other names ("DEVPKEY_Device_...", devpkey.h).
 */
#include "pnp/node.h"

#define LOCALE_SYSTEM_DEFAULT 0x0800u /* languages that depend on who asks (winnt.h) */
#define LOCALE_USER_DEFAULT   0x0400u
#define PROPERTY_TYPE(Type)   (0xFFFF0000u | (Type)) /* the type that a property's value has in the registry */

static const GUID PnppDeviceProperties = {0xA45C254E, 0xDF1C, 0x4EFD, {0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0}};

static const struct {
    ULONG Pid;
    DEVICE_REGISTRY_PROPERTY Property;
    ULONG Type;
} PnppKnown[] = {
    {2, DevicePropertyDeviceDescription, DEVPROP_TYPE_STRING},
    {3, DevicePropertyHardwareID, DEVPROP_TYPE_STRING_LIST},
    {4, DevicePropertyCompatibleIDs, DEVPROP_TYPE_STRING_LIST},
    {9, DevicePropertyClassName, DEVPROP_TYPE_STRING},
    {11, DevicePropertyDriverKeyName, DEVPROP_TYPE_STRING},
    {13, DevicePropertyManufacturer, DEVPROP_TYPE_STRING},
    {14, DevicePropertyFriendlyName, DEVPROP_TYPE_STRING},
    {15, DevicePropertyLocationInformation, DEVPROP_TYPE_STRING},
    {16, DevicePropertyPhysicalDeviceObjectName, DEVPROP_TYPE_STRING},
    {18, DevicePropertyUINumber, DEVPROP_TYPE_UINT32},
    {21, DevicePropertyBusTypeGuid, DEVPROP_TYPE_GUID},
    {22, DevicePropertyLegacyBusType, DEVPROP_TYPE_UINT32},
    {23, DevicePropertyBusNumber, DEVPROP_TYPE_UINT32},
    {24, DevicePropertyEnumeratorName, DEVPROP_TYPE_STRING},
    {30, DevicePropertyAddress, DEVPROP_TYPE_UINT32},
    {33, DevicePropertyRemovalPolicy, DEVPROP_TYPE_UINT32},
    {36, DevicePropertyInstallState, DEVPROP_TYPE_UINT32},
};

/* An index into PnppKnown, or MAXULONG. */
static ULONG PnppFindKnown(const DEVPROPKEY *Property) {
    for (ULONG Index = 0; RtlEqualMemory(&Property->fmtid, &PnppDeviceProperties, sizeof(GUID)) && Index < RTL_NUMBER_OF(PnppKnown); Index++) {
        if (PnppKnown[Index].Pid == Property->pid)
            return Index;
    }
    return MAXULONG;
}

/* ---- Values ---- */
/* Key, of PNP_PATH characters, is what has the property, and becomes where it is. FALSE: that is too long, or the language is none of its own. */
static BOOLEAN PnppPlace(PWSTR Key, const DEVPROPKEY *Property, LCID Lcid, PWSTR Name, ULONG NameCount) {
    const GUID *Guid = &Property->fmtid;
    ULONG Length = (ULONG)wcslen(Key);

    if (Lcid == LOCALE_SYSTEM_DEFAULT || Lcid == LOCALE_USER_DEFAULT)
        return FALSE;
    if (Lcid == 0 ? !PnpFormat(Name, NameCount, L"%04x", Property->pid) : !PnpFormat(Name, NameCount, L"%04x.%08x", Property->pid, Lcid))
        return FALSE;
    return PnpFormat(Key + Length, PNP_PATH - Length, L"\\Properties\\{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", Guid->Data1, Guid->Data2,
                     Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2], Guid->Data4[3], Guid->Data4[4], Guid->Data4[5], Guid->Data4[6],
                     Guid->Data4[7]);
}

NTSTATUS PnpSetProperty(PWSTR Key, const DEVPROPKEY *Property, LCID Lcid, ULONG Type, ULONG Size, PVOID Data) {
    WCHAR Name[32];

    if (!PnppPlace(Key, Property, Lcid, Name, RTL_NUMBER_OF(Name)))
        return STATUS_INVALID_PARAMETER;
    if (Data != NULL)
        return CmpSetValue(Key, Name, PROPERTY_TYPE(Type), Data, Size);
    PnpDeleteValue(Key, Name);
    return STATUS_SUCCESS;
}

NTSTATUS PnpGetProperty(PWSTR Key, const DEVPROPKEY *Property, LCID Lcid, ULONG Size, PVOID Data, PULONG RequiredSize, PULONG Type) {
    WCHAR Name[32];
    ULONG Found;
    NTSTATUS Status;

    if (!PnppPlace(Key, Property, Lcid, Name, RTL_NUMBER_OF(Name)))
        return STATUS_INVALID_PARAMETER;
    *RequiredSize = Size;
    Status = CmpQueryValue(Key, Name, &Found, Data, RequiredSize);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)
        *Type = Found & ~PROPERTY_TYPE(0);
    return Status;
}

/* ---- For drivers ---- */
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Size, PVOID Data,
                                       PULONG RequiredSize, PDEVPROPTYPE Type) {
    PPNP_NODE Node = PnpIdentifiedNodeOf(Pdo);
    ULONG Known = PnppFindKnown(PropertyKey);
    WCHAR Key[PNP_PATH];

    *RequiredSize = 0;
    if (Known != MAXULONG) {
        *Type = PnppKnown[Known].Type;
        return IoGetDeviceProperty(Pdo, PnppKnown[Known].Property, Size, Data, RequiredSize);
    }
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    return PnpDeviceKey(Node, L"", Key) ? PnpGetProperty(Key, PropertyKey, Lcid, Size, Data, RequiredSize, Type) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* What the manager knows of a device is not for drivers to say. Every property is kept, whatever Flags say: "treat Flags as if PLUGPLAY_PROPERTY_PERSISTENT is always
   passed". */
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size,
                                       PVOID Data) {
    PPNP_NODE Node = PnpIdentifiedNodeOf(Pdo);
    WCHAR Key[PNP_PATH];

    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (PnppFindKnown(PropertyKey) != MAXULONG)
        return STATUS_ACCESS_DENIED;
    return PnpDeviceKey(Node, L"", Key) ? PnpSetProperty(Key, PropertyKey, Lcid, Type, Size, Data) : STATUS_OBJECT_NAME_INVALID;
}

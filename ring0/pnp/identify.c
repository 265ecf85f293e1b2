/* A new device says who it is; its Enum key remembers it. The order of questions is that of "Adding a PnP Device to a Running System". */
#include "pnp/node.h"

#define FATAL_DUPLICATE  1u
#define FATAL_INVALID_ID 3u

/* Parameter 4 of the bug check for an ID that is none, in the order of BUS_QUERY_ID_TYPE. */
static ULONG PnppIdNumber(BUS_QUERY_ID_TYPE Type) {
    switch (Type) {
    case BusQueryDeviceID: return 1;
    case BusQueryInstanceID: return 2;
    case BusQueryHardwareIDs: return 3;
    default: return 4;
    }
}

/* IDs are printable ASCII without commas, and no more than MAX_DEVICE_ID_LEN characters ("Device IDs", "Bug Check 0xCA"). */
static VOID PnppCheckId(PPNP_NODE Node, PCWSTR Id, BUS_QUERY_ID_TYPE Type) {
    BOOLEAN Many = Type == BusQueryHardwareIDs || Type == BusQueryCompatibleIDs;
    ULONG Length = 0, Slashes = 0;

    for (PCWSTR At = Id; *At != 0 || (Many && At != Id && At[-1] != 0); At++) {
        Length = *At == 0 ? 0 : Length + 1;
        Slashes += *At == L'\\';
        if ((*At != 0 && (*At <= L' ' || *At > 0x7F || *At == L',')) || Length >= PNP_ID || (Type == BusQueryInstanceID && Slashes != 0))
            KiBugCheck(PNP_DETECTED_FATAL_ERROR, FATAL_INVALID_ID, (ULONG_PTR)Node->Pdo, (ULONG_PTR)Id, PnppIdNumber(Type), NULL,
                       "A bus driver's ID of a device is none: IDs are printable characters without commas, fewer than 200");
    }
    if (Type == BusQueryDeviceID && Slashes != 1)
        KiBugCheck(PNP_DETECTED_FATAL_ERROR, FATAL_INVALID_ID, (ULONG_PTR)Node->Pdo, (ULONG_PTR)Id, PnppIdNumber(Type), NULL,
                   "A bus driver's device ID is not <enumerator>\\<id of the device>");
}

static PWSTR PnppQueryId(PPNP_NODE Node, BUS_QUERY_ID_TYPE Type) {
    IO_STACK_LOCATION Parameters = {0};
    PWSTR Id;

    Parameters.Parameters.QueryId.IdType = Type;
    Id = PnpQuery(Node, IRP_MN_QUERY_ID, &Parameters);
    if (Id != NULL)
        PnppCheckId(Node, Id, Type);
    return Id;
}

static VOID PnppFree(PVOID Memory) {
    if (Memory != NULL)
        ExFreePool(Memory);
}

/* Who cannot tell its instance from those on other buses of the kind gets its parent's mark in front. */
static BOOLEAN PnppMakePath(PPNP_NODE Node, PCWSTR DeviceId, PCWSTR InstanceId) {
    WCHAR Path[PNP_ID * 2];
    ULONG Hash = 5381;
    BOOLEAN Fits;

    for (PCWSTR At = Node->Parent->Path; *At != 0; At++)
        Hash = Hash * 33 + RtlUpcaseUnicodeChar(*At);
    if (Node->Capabilities.UniqueID)
        Fits = PnpFormat(Path, PNP_ID, L"%s\\%s", DeviceId, InstanceId);
    else
        Fits = PnpFormat(Path, PNP_ID, L"%s\\%x&%x&0&%s", DeviceId, Node->Level, Hash, InstanceId);
    Node->Path = Fits ? ExAllocatePoolWithTag(PagedPool, (wcslen(Path) + 1) * sizeof(WCHAR), PNP_TAG) : NULL;
    if (Node->Path == NULL)
        return FALSE;
    RtlCopyMemory(Node->Path, Path, (wcslen(Path) + 1) * sizeof(WCHAR));
    return TRUE;
}

static VOID PnppCheckDuplicate(PPNP_NODE Node) {
    for (PLIST_ENTRY Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PPNP_NODE Other = CONTAINING_RECORD(Link, PNP_NODE, Entry);

        if (Other != Node && Other->Path != NULL && Other->State != PnpSurprised && _wcsicmp(Other->Path, Node->Path) == 0)
            KiBugCheck(PNP_DETECTED_FATAL_ERROR, FATAL_DUPLICATE, (ULONG_PTR)Node->Pdo, (ULONG_PTR)Other->Pdo, 0, NULL,
                       "Two devices have one device ID and one instance ID: a bus driver must give each its own, or leave UniqueID FALSE");
    }
}

static VOID PnppWriteIds(PPNP_NODE Node, PCWSTR Key, BUS_QUERY_ID_TYPE Type, PCWSTR Name) {
    PWSTR Ids = PnppQueryId(Node, Type);

    if (Ids != NULL && *Ids != 0)
        PnpWriteTexts(Key, Name, Ids);
    PnppFree(Ids);
}

static VOID PnppWriteText(PPNP_NODE Node, PCWSTR Key, DEVICE_TEXT_TYPE Type, PCWSTR Name) {
    IO_STACK_LOCATION Parameters = {0};
    PWSTR Text;

    Parameters.Parameters.QueryDeviceText.DeviceTextType = Type;
    Parameters.Parameters.QueryDeviceText.LocaleId = 0x409;
    Text = PnpQuery(Node, IRP_MN_QUERY_DEVICE_TEXT, &Parameters);
    if (Text != NULL && *Text != 0)
        PnpWriteText(Key, Name, Text);
    PnppFree(Text);
}

/* CM_DEVCAP_ bits, as the value Capabilities and DEVPKEY_Device_Capabilities have them (cfgmgr32.h). */
static ULONG PnppCapabilityBits(const DEVICE_CAPABILITIES *Capabilities) {
    return (ULONG)Capabilities->LockSupported | (ULONG)Capabilities->EjectSupported << 1 | (ULONG)Capabilities->Removable << 2 |
           (ULONG)Capabilities->DockDevice << 3 | (ULONG)Capabilities->UniqueID << 4 | (ULONG)Capabilities->SilentInstall << 5 |
           (ULONG)Capabilities->RawDeviceOK << 6 | (ULONG)Capabilities->SurpriseRemovalOK << 7 | (ULONG)Capabilities->HardwareDisabled << 8 |
           (ULONG)Capabilities->NonDynamic << 9;
}

static VOID PnppDescribe(PPNP_NODE Node, PCWSTR Key) {
    PPNP_BUS_INFORMATION Bus;

    PnpWriteNumber(Key, L"Capabilities", PnppCapabilityBits(&Node->Capabilities));
    PnppWriteText(Node, Key, DeviceTextDescription, L"DeviceDesc");
    PnppWriteText(Node, Key, DeviceTextLocationInformation, L"LocationInformation");
    PnppWriteIds(Node, Key, BusQueryHardwareIDs, L"HardwareID");
    PnppWriteIds(Node, Key, BusQueryCompatibleIDs, L"CompatibleIDs");
    Node->BootConfiguration = PnpQuery(Node, IRP_MN_QUERY_RESOURCES, NULL);
    Node->Requirements = PnpQuery(Node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL);
    Bus = PnpQuery(Node, IRP_MN_QUERY_BUS_INFORMATION, NULL);
    Node->HasBus = Bus != NULL;
    if (Bus != NULL)
        Node->Bus = *Bus;
    PnppFree(Bus);
}

VOID PnpIdentify(PPNP_NODE Node) {
    WCHAR Key[PNP_PATH];
    PWSTR DeviceId = PnppQueryId(Node, BusQueryDeviceID), InstanceId = NULL;

    Node->State = PnpIdle;
    Node->Problem = PNP_PROBLEM_NO_DRIVER;
    if (DeviceId != NULL) {
        PnpQueryCapabilities(Node, &Node->Capabilities);
        InstanceId = PnppQueryId(Node, BusQueryInstanceID);
    }
    if (DeviceId != NULL && PnppMakePath(Node, DeviceId, InstanceId != NULL ? InstanceId : L"0000") && PnpDeviceKey(Node, L"", Key)) {
        PnppCheckDuplicate(Node);
        CmpMakeKey(Key);
        PnppDescribe(Node, Key);
        PnpMatch(Node);
        Node->WantsStart = TRUE;
    }
    PnppFree(DeviceId);
    PnppFree(InstanceId);
}

/* What a device is called, what it has from the firmware, and what it requires. "Identifiers for PCI Devices" has the forms and their order. */
#include "pci.h"

#define MAX_IDS_LENGTH  512u
#define MAX_DESCRIPTORS (PCI_BARS + 1)
#define HIGHEST_ADDRESS 0xFFFFFFFFll

int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...);

typedef struct _PCI_LIST { /* of texts, in pool */
    PWSTR Texts;
    ULONG Length;
} PCI_LIST, *PPCI_LIST;

static PWSTR PciAllocate(VOID) {
    PWSTR Texts = ExAllocatePoolWithTag(PagedPool, MAX_IDS_LENGTH * sizeof(WCHAR), PCI_TAG);

    if (Texts != NULL)
        RtlZeroMemory(Texts, MAX_IDS_LENGTH * sizeof(WCHAR));
    return Texts;
}

/* Behind the last text and its zero; all that this file writes fits. */
#define PciAppend(List, ...) ((List)->Length += (ULONG)_snwprintf((List)->Texts + (List)->Length, MAX_IDS_LENGTH - (List)->Length, __VA_ARGS__) + 1)

static VOID PciAppendHardwareIds(PPCI_LIST List, const PCI_COMMON_HEADER *Header) {
    ULONG Vendor = Header->VendorID, Device = Header->DeviceID, Class = Header->BaseClass, Sub = Header->SubClass, Interface = Header->ProgIf;
    ULONG Subsystem = (ULONG)Header->u.type0.SubSystemID << 16 | Header->u.type0.SubVendorID;

    PciAppend(List, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X&REV_%02X", Vendor, Device, Subsystem, Header->RevisionID);
    PciAppend(List, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X", Vendor, Device, Subsystem);
    PciAppend(List, L"PCI\\VEN_%04X&DEV_%04X&CC_%02X%02X%02X", Vendor, Device, Class, Sub, Interface);
    PciAppend(List, L"PCI\\VEN_%04X&DEV_%04X&CC_%02X%02X", Vendor, Device, Class, Sub);
}

static VOID PciAppendCompatibleIds(PPCI_LIST List, const PCI_COMMON_HEADER *Header) {
    ULONG Vendor = Header->VendorID, Device = Header->DeviceID, Class = Header->BaseClass, Sub = Header->SubClass, Interface = Header->ProgIf;

    PciAppend(List, L"PCI\\VEN_%04X&DEV_%04X&REV_%02X", Vendor, Device, Header->RevisionID);
    PciAppend(List, L"PCI\\VEN_%04X&DEV_%04X", Vendor, Device);
    PciAppend(List, L"PCI\\VEN_%04X&CC_%02X%02X%02X", Vendor, Class, Sub, Interface);
    PciAppend(List, L"PCI\\VEN_%04X&CC_%02X%02X", Vendor, Class, Sub);
    PciAppend(List, L"PCI\\VEN_%04X", Vendor);
    PciAppend(List, L"PCI\\CC_%02X%02X%02X", Class, Sub, Interface);
    PciAppend(List, L"PCI\\CC_%02X%02X", Class, Sub);
}

PWSTR PciMakeId(PPCI_DEVICE Device, BUS_QUERY_ID_TYPE Type) {
    PCI_LIST List = {PciAllocate(), 0};
    const PCI_COMMON_HEADER *Header = &Device->Header;

    if (List.Texts == NULL)
        return NULL;
    if (Type == BusQueryDeviceID)
        PciAppend(&List, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%04X%04X&REV_%02X", Header->VendorID, Header->DeviceID, Header->u.type0.SubSystemID,
                  Header->u.type0.SubVendorID, Header->RevisionID);
    else if (Type == BusQueryInstanceID)
        PciAppend(&List, L"%02X", Device->Slot << 3);
    else if (Type == BusQueryHardwareIDs)
        PciAppendHardwareIds(&List, Header);
    else
        PciAppendCompatibleIds(&List, Header);
    return List.Texts;
}

PWSTR PciMakeText(PPCI_DEVICE Device, DEVICE_TEXT_TYPE Type) {
    PCI_LIST List = {PciAllocate(), 0};

    if (List.Texts != NULL && Type == DeviceTextDescription)
        PciAppend(&List, L"PCI Device");
    else if (List.Texts != NULL)
        PciAppend(&List, L"PCI bus 0, device %u, function 0", Device->Slot);
    return List.Texts;
}

/* ---- Resources ---- */
static BOOLEAN PciHasLine(PPCI_DEVICE Device) { return Device->Header.u.type0.InterruptPin != 0 && Device->Header.u.type0.InterruptLine != 0xFF; }

PCM_RESOURCE_LIST PciMakeResources(PPCI_DEVICE Device) {
    PCM_RESOURCE_LIST List = ExAllocatePoolWithTag(PagedPool, sizeof(*List) + MAX_DESCRIPTORS * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), PCI_TAG);
    PCM_PARTIAL_RESOURCE_LIST Partial;

    if (List == NULL)
        return NULL;
    RtlZeroMemory(List, sizeof(*List));
    List->Count = 1;
    List->List[0].InterfaceType = PCIBus;
    Partial = &List->List[0].PartialResourceList;
    Partial->Version = Partial->Revision = 1;
    for (ULONG Index = 0; Index < PCI_BARS; Index++) {
        if (Device->BarSizes[Index] == 0)
            continue;
        Partial->PartialDescriptors[Partial->Count++] =
            (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = CmResourceTypeMemory,
                                             .ShareDisposition = CmResourceShareDeviceExclusive,
                                             .Flags = CM_RESOURCE_MEMORY_READ_WRITE,
                                             .u.Memory.Start.QuadPart = Device->Bars[Index] & PCI_ADDRESS_MEMORY_ADDRESS_MASK,
                                             .u.Memory.Length = Device->BarSizes[Index]};
    }
    if (PciHasLine(Device))
        Partial->PartialDescriptors[Partial->Count++] = (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = CmResourceTypeInterrupt,
                                                                                         .ShareDisposition = CmResourceShareShared,
                                                                                         .Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
                                                                                         .u.Interrupt.Level = Device->Header.u.type0.InterruptLine,
                                                                                         .u.Interrupt.Vector = Device->Header.u.type0.InterruptLine,
                                                                                         .u.Interrupt.Affinity = (KAFFINITY)-1};
    return List;
}

/* Where the firmware put it is where it had best stay; it can be anywhere below 4 GiB that its size divides. */
static VOID PciRequireMemory(PPCI_DEVICE Device, PIO_RESOURCE_LIST List) {
    for (ULONG Index = 0; Index < PCI_BARS; Index++) {
        LONGLONG Start = Device->Bars[Index] & PCI_ADDRESS_MEMORY_ADDRESS_MASK;
        IO_RESOURCE_DESCRIPTOR Required = {.Option = IO_RESOURCE_PREFERRED,
                                           .Type = CmResourceTypeMemory,
                                           .ShareDisposition = CmResourceShareDeviceExclusive,
                                           .Flags = CM_RESOURCE_MEMORY_READ_WRITE,
                                           .u.Memory.Length = Device->BarSizes[Index],
                                           .u.Memory.Alignment = Device->BarSizes[Index],
                                           .u.Memory.MinimumAddress.QuadPart = Start,
                                           .u.Memory.MaximumAddress.QuadPart = Start + Device->BarSizes[Index] - 1};
        if (Device->BarSizes[Index] == 0)
            continue;
        List->Descriptors[List->Count++] = Required;
        Required.Option = IO_RESOURCE_ALTERNATIVE;
        Required.u.Memory.MinimumAddress.QuadPart = 0;
        Required.u.Memory.MaximumAddress.QuadPart = HIGHEST_ADDRESS;
        List->Descriptors[List->Count++] = Required;
    }
}

/* A message is rather to be had than the line. Of a table each message is a requirement of its own ("Using Interrupt Resource Descriptors"). */
static VOID PciRequireInterrupt(PPCI_DEVICE Device, PIO_RESOURCE_LIST List, ULONG Messages) {
    ULONG Line = Device->Header.u.type0.InterruptLine;

    for (ULONG Message = 0; Message < Messages; Message++)
        List->Descriptors[List->Count++] = (IO_RESOURCE_DESCRIPTOR){.Type = CmResourceTypeInterrupt,
                                                                    .ShareDisposition = CmResourceShareDeviceExclusive,
                                                                    .Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE,
                                                                    .u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN,
                                                                    .u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN};
    if (PciHasLine(Device) && Messages <= 1)
        List->Descriptors[List->Count++] = (IO_RESOURCE_DESCRIPTOR){.Option = Messages != 0 ? IO_RESOURCE_ALTERNATIVE : 0,
                                                                    .Type = CmResourceTypeInterrupt,
                                                                    .ShareDisposition = CmResourceShareShared,
                                                                    .Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE,
                                                                    .u.Interrupt.MinimumVector = Line,
                                                                    .u.Interrupt.MaximumVector = Line};
}

static PIO_RESOURCE_LIST PciFillRequirements(PPCI_DEVICE Device, PIO_RESOURCE_LIST List, ULONG Messages) {
    List->Version = List->Revision = 1;
    PciRequireMemory(Device, List);
    PciRequireInterrupt(Device, List, Messages);
    return (PIO_RESOURCE_LIST)&List->Descriptors[List->Count];
}

/* Where there are several messages to be had, there is a second list, for one of them or the line. */
PIO_RESOURCE_REQUIREMENTS_LIST PciMakeRequirements(PPCI_DEVICE Device) {
    ULONG Messages = PciPermittedMessages(Device), Lists = Messages > 1 ? 2 : 1;
    ULONG Size = sizeof(IO_RESOURCE_REQUIREMENTS_LIST) + sizeof(IO_RESOURCE_LIST) +
                 (Lists * (2 * PCI_BARS + 2) + Messages) * (ULONG)sizeof(IO_RESOURCE_DESCRIPTOR);
    PIO_RESOURCE_REQUIREMENTS_LIST Required = ExAllocatePoolWithTag(PagedPool, Size, PCI_TAG);
    PIO_RESOURCE_LIST Next;

    if (Required == NULL)
        return NULL;
    RtlZeroMemory(Required, Size);
    Required->ListSize = Size;
    Required->InterfaceType = PCIBus;
    Required->SlotNumber = Device->Slot;
    Required->AlternativeLists = Lists;
    Next = PciFillRequirements(Device, &Required->List[0], Messages);
    if (Lists == 2)
        PciFillRequirements(Device, Next, 1);
    return Required;
}

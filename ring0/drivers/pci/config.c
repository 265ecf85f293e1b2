/* Configuration spaces. */
#include "pci.h"

NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);
NTHALAPI ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);

#define BAR_OFFSET(Index) ((ULONG)FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses) + (Index) * (ULONG)sizeof(ULONG))
#define COMMAND           ((ULONG)FIELD_OFFSET(PCI_COMMON_CONFIG, Command))
#define MESSAGE_ADDRESS   0xFEE00000u /* of the processor that takes the interrupt (Intel SDM 3A, 11.11) */

/* The capability for messages with 64-bit addresses (6.8.1). */
#define MSI_CONTROL      2u
#define MSI_ENABLE       1u
#define MSI_ADDRESS      4u
#define MSI_DATA         12u
#define MSI_64_BIT       0x80u
#define MAX_CAPABILITIES 48u

VOID PciRead(ULONG Slot, ULONG Offset, PVOID Buffer, ULONG Length) { HalGetBusDataByOffset(PCIConfiguration, 0, Slot, Buffer, Offset, Length); }

VOID PciWrite(ULONG Slot, ULONG Offset, const VOID *Buffer, ULONG Length) {
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, (PVOID)Buffer, Offset, Length);
}

static VOID PciSetCommand(ULONG Slot, USHORT Set, USHORT Clear) {
    USHORT Command;

    PciRead(Slot, COMMAND, &Command, sizeof(Command));
    Command = (USHORT)((Command & ~Clear) | Set);
    PciWrite(Slot, COMMAND, &Command, sizeof(Command));
}

/* All ones to a base address tell its size (6.2.5.1). Only memory below 4 GiB is looked for: there is no other. */
static VOID PciMeasure(PPCI_DEVICE Device) {
    PciSetCommand(Device->Slot, 0, PCI_ENABLE_MEMORY_SPACE);
    for (ULONG Index = 0; Index < PCI_BARS; Index++) {
        ULONG Ones = MAXULONG, Mask = 0;

        PciRead(Device->Slot, BAR_OFFSET(Index), &Device->Bars[Index], sizeof(ULONG));
        PciWrite(Device->Slot, BAR_OFFSET(Index), &Ones, sizeof(Ones));
        PciRead(Device->Slot, BAR_OFFSET(Index), &Mask, sizeof(Mask));
        PciWrite(Device->Slot, BAR_OFFSET(Index), &Device->Bars[Index], sizeof(ULONG));
        Mask &= PCI_ADDRESS_MEMORY_ADDRESS_MASK;
        Device->BarSizes[Index] = Mask != 0 ? ~Mask + 1 : 0;
    }
    PciWrite(Device->Slot, COMMAND, &Device->Header.Command, sizeof(USHORT));
}

static UCHAR PciFindMsi(PPCI_DEVICE Device) {
    UCHAR Offset = Device->Header.u.type0.CapabilitiesPtr & ~3u, Capability[4];

    if (!(Device->Header.Status & PCI_STATUS_CAPABILITIES_LIST))
        return 0;
    for (ULONG Count = 0; Offset >= sizeof(PCI_COMMON_HEADER) && Count < MAX_CAPABILITIES; Count++) {
        PciRead(Device->Slot, Offset, Capability, sizeof(Capability));
        if (Capability[0] == PCI_MSI_ID)
            return Capability[MSI_CONTROL] & MSI_64_BIT ? Offset : 0;
        Offset = Capability[1] & ~3u;
    }
    return 0;
}

BOOLEAN PciProbe(ULONG Slot, PPCI_DEVICE Device) {
    Device->Slot = Slot;
    PciRead(Slot, 0, &Device->Header.VendorID, sizeof(USHORT));
    if (Device->Header.VendorID == PCI_INVALID_VENDORID)
        return FALSE;
    PciRead(Slot, 0, &Device->Header, sizeof(Device->Header));
    PciMeasure(Device);
    Device->Msi = PciFindMsi(Device);
    return TRUE;
}

static VOID PciSetMessages(PPCI_DEVICE Device, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Message) {
    ULONG64 Address = MESSAGE_ADDRESS;
    USHORT Data = Message != NULL ? (USHORT)Message->u.MessageInterrupt.Raw.Vector : 0, Control;

    if (Device->Msi == 0)
        return;
    PciWrite(Device->Slot, Device->Msi + MSI_ADDRESS, &Address, sizeof(Address));
    PciWrite(Device->Slot, Device->Msi + MSI_DATA, &Data, sizeof(Data));
    PciRead(Device->Slot, Device->Msi + MSI_CONTROL, &Control, sizeof(Control));
    Control = (USHORT)(Message != NULL ? Control | MSI_ENABLE : Control & ~MSI_ENABLE);
    PciWrite(Device->Slot, Device->Msi + MSI_CONTROL, &Control, sizeof(Control));
}

/* Memory was required in the order of the base addresses, and comes in it. */
VOID PciConfigure(PPCI_DEVICE Device, const CM_RESOURCE_LIST *Resources) {
    const CM_PARTIAL_RESOURCE_LIST *List = Resources != NULL ? &Resources->List[0].PartialResourceList : NULL;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Message = NULL;
    ULONG Bar = 0;

    PciSetCommand(Device->Slot, 0, PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    for (ULONG Index = 0; List != NULL && Index < List->Count; Index++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = &List->PartialDescriptors[Index];

        if (Descriptor->Type == CmResourceTypeInterrupt && (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
            Message = Descriptor;
        if (Descriptor->Type != CmResourceTypeMemory)
            continue;
        while (Bar < PCI_BARS && Device->BarSizes[Bar] == 0)
            Bar++;
        if (Bar < PCI_BARS)
            PciWrite(Device->Slot, BAR_OFFSET(Bar++), &Descriptor->u.Memory.Start.LowPart, sizeof(ULONG));
    }
    PciSetMessages(Device, Message);
    if (List != NULL)
        PciSetCommand(Device->Slot, PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER, 0);
}

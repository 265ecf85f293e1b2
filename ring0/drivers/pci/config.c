/* Configuration spaces. */
#include "pci.h"

NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);
NTHALAPI ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG, ULONG);

#define BAR_OFFSET(Index) ((ULONG)FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses) + (Index) * (ULONG)sizeof(ULONG))
#define COMMAND           ((ULONG)FIELD_OFFSET(PCI_COMMON_CONFIG, Command))

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

BOOLEAN PciProbe(ULONG Slot, PPCI_DEVICE Device) {
    Device->Slot = Slot;
    PciRead(Slot, 0, &Device->Header.VendorID, sizeof(USHORT));
    if (Device->Header.VendorID == PCI_INVALID_VENDORID)
        return FALSE;
    PciRead(Slot, 0, &Device->Header, sizeof(Device->Header));
    PciMeasure(Device);
    PciFindMessages(Device);
    return TRUE;
}

/* Memory was required in the order of the base addresses, and comes in it. */
VOID PciConfigure(PPCI_DEVICE Device, const CM_RESOURCE_LIST *Resources) {
    const CM_PARTIAL_RESOURCE_LIST *List = Resources != NULL ? &Resources->List[0].PartialResourceList : NULL;
    ULONG Bar = 0;

    if (List == NULL)
        PciSetMessages(Device, NULL);
    PciSetCommand(Device->Slot, 0, PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    for (ULONG Index = 0; List != NULL && Index < List->Count; Index++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor = &List->PartialDescriptors[Index];

        if (Descriptor->Type != CmResourceTypeMemory)
            continue;
        while (Bar < PCI_BARS && Device->BarSizes[Bar] == 0)
            Bar++;
        if (Bar < PCI_BARS)
            PciWrite(Device->Slot, BAR_OFFSET(Bar++), &Descriptor->u.Memory.Start.LowPart, sizeof(ULONG));
    }
    if (List != NULL)
        PciSetCommand(Device->Slot, PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER, 0);
    PciSetMessages(Device, List);
}

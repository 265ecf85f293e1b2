/* BUS_INTERFACE_STANDARD: a device's configuration space for its drivers. */
#include "pci.h"

static const GUID BusInterface = {0x496B8280, 0x6F25, 0x11D0, {0xBE, 0xAF, 0x08, 0x00, 0x2B, 0xE2, 0x09, 0x2F}};

ULONG PciAccess(PPCI_DEVICE Device, PVOID Buffer, ULONG Offset, ULONG Length, BOOLEAN Write) {
    ULONG Count = Offset < sizeof(PCI_COMMON_CONFIG) ? min(Length, (ULONG)sizeof(PCI_COMMON_CONFIG) - Offset) : 0;

    if (Write)
        PciWrite(Device->Slot, Offset, Buffer, Count);
    else
        PciRead(Device->Slot, Offset, Buffer, Count);
    return Count;
}

static VOID NTAPI PciReference(PVOID Context) { InterlockedIncrement(&((PPCI_DEVICE)Context)->References); }

static VOID NTAPI PciDereference(PVOID Context) { InterlockedDecrement(&((PPCI_DEVICE)Context)->References); }

static BOOLEAN NTAPI PciTranslate(PVOID Context, PHYSICAL_ADDRESS BusAddress, ULONG Length, PULONG AddressSpace,
                                  PPHYSICAL_ADDRESS TranslatedAddress) {
    *TranslatedAddress = BusAddress;
    return *AddressSpace <= 1;
}

static PDMA_ADAPTER NTAPI PciGetDmaAdapter(PVOID Context, PDEVICE_DESCRIPTION Description, PULONG NumberOfMapRegisters) {
    return IoGetDmaAdapter(((PPCI_DEVICE)Context)->Self, Description, NumberOfMapRegisters);
}

static ULONG NTAPI PciSetData(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length) {
    return DataType == PCI_WHICHSPACE_CONFIG ? PciAccess(Context, Buffer, Offset, Length, TRUE) : 0;
}

static ULONG NTAPI PciGetData(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length) {
    return DataType == PCI_WHICHSPACE_CONFIG ? PciAccess(Context, Buffer, Offset, Length, FALSE) : 0;
}

NTSTATUS PciQueryInterface(PPCI_DEVICE Device, PIO_STACK_LOCATION Stack, NTSTATUS Status) {
    PBUS_INTERFACE_STANDARD Interface = (PBUS_INTERFACE_STANDARD)Stack->Parameters.QueryInterface.Interface;

    if (!RtlEqualMemory(Stack->Parameters.QueryInterface.InterfaceType, &BusInterface, sizeof(GUID)))
        return Status;
    if (Stack->Parameters.QueryInterface.Size < sizeof(*Interface) || Stack->Parameters.QueryInterface.Version != 1)
        return STATUS_INVALID_PARAMETER;
    *Interface = (BUS_INTERFACE_STANDARD){.Size = sizeof(*Interface),
                                          .Version = 1,
                                          .Context = Device,
                                          .InterfaceReference = PciReference,
                                          .InterfaceDereference = PciDereference,
                                          .TranslateBusAddress = PciTranslate,
                                          .GetDmaAdapter = PciGetDmaAdapter,
                                          .SetBusData = PciSetData,
                                          .GetBusData = PciGetData};
    PciReference(Device);
    return STATUS_SUCCESS;
}

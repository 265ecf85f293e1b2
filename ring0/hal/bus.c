/* Buses as drivers ask the HAL for them. */
#include "hal/bus.h"
#include "ke/ke.h"

static BOOLEAN HalpIsBus(INTERFACE_TYPE Type, ULONG BusNumber) {
    return BusNumber == 0 && (Type == Internal || Type == Isa || Type == PCIBus || Type == PNPISABus);
}

/* An empty slot of a PCI bus that exists answers with PCI_INVALID_VENDORID and 2, a bus that does not exist with 0 ("HalGetBusDataByOffset"). */
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
    static const USHORT NoVendor = PCI_INVALID_VENDORID;
    if (BusDataType != PCIConfiguration || BusNumber != 0 || Length == 0)
        return 0;
    RtlCopyMemory(Buffer, &NoVendor, Length < sizeof(NoVendor) ? Length : sizeof(NoVendor));
    return sizeof(NoVendor);
}

ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
    return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/* The result counts bytes written, and an empty slot takes none. */
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
    return 0;
}

ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
    return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/* On a PC a bus address is a physical address, and ports stay ports. */
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, ULONG BusNumber, PHYSICAL_ADDRESS BusAddress, PULONG AddressSpace,
                                     PPHYSICAL_ADDRESS TranslatedAddress) {
    if (!HalpIsBus(InterfaceType, BusNumber) || *AddressSpace > 1 || (*AddressSpace == 1 && BusAddress.QuadPart > 0xFFFF))
        return FALSE;
    *TranslatedAddress = BusAddress;
    return TRUE;
}

/* No interrupt line leads anywhere, so none has a vector: 0, which IoConnectInterrupt refuses. */
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                  PKAFFINITY Affinity) {
    *Irql = PASSIVE_LEVEL;
    *Affinity = 0;
    return 0;
}

/* There is no speaker. */
BOOLEAN NTAPI HalMakeBeep(ULONG Frequency) { return FALSE; }

VOID NTAPI HalReturnToFirmware(FIRMWARE_REENTRY Routine) {
    if (Routine == HalHaltRoutine || Routine == HalPowerDownRoutine)
        KiStop("a driver switched the machine off (HalReturnToFirmware)");
    if (Routine == HalRestartRoutine || Routine == HalRebootRoutine)
        KiStop("a driver restarted the machine (HalReturnToFirmware)");
    KiStop("a driver left for the firmware, and there is none (HalReturnToFirmware)");
}

/* Buses as drivers ask the HAL for them. */
#include "hal/bus.h"
#include "hal/device.h"
#include "ke/interrupt.h"
#include "ke/ke.h"

#define HALP_CONFIG_SIZE 256u
#define HALP_ISA_LINES   16u

static BOOLEAN HalpIsBus(INTERFACE_TYPE Type, ULONG BusNumber) {
    return BusNumber == 0 && (Type == Internal || Type == Isa || Type == PCIBus || Type == PNPISABus);
}

/* The widest accesses that are aligned, as configuration mechanism 1 allows them. FALSE: the slot is empty. */
static BOOLEAN HalpMoveConfig(ULONG Slot, PUCHAR Buffer, ULONG Offset, ULONG Length, BOOLEAN Write) {
    while (Length != 0) {
        ULONG Size = Offset % 4 == 0 && Length >= 4 ? 4 : Offset % 2 == 0 && Length >= 2 ? 2 : 1;
        ULONG64 Address = (ULONG64)Slot * HALP_CONFIG_SIZE + Offset, Value = 0;

        if (Write)
            RtlCopyMemory(&Value, Buffer, Size);
        if (Write ? !HalpWriteDevice(HAL_DEVICE_CONFIG, Address, Size, Value) : !HalpReadDevice(HAL_DEVICE_CONFIG, Address, Size, &Value))
            return FALSE;
        if (!Write)
            RtlCopyMemory(Buffer, &Value, Size);
        Buffer += Size;
        Offset += Size;
        Length -= Size;
    }
    return TRUE;
}

/* The device's number, of devices that have one function each. */
static BOOLEAN HalpIsSlot(ULONG SlotNumber) {
    PCI_SLOT_NUMBER Slot = {.u.AsULONG = SlotNumber};
    USHORT Vendor;

    return Slot.u.bits.FunctionNumber == 0 && HalpMoveConfig(Slot.u.bits.DeviceNumber, (PUCHAR)&Vendor, 0, sizeof(Vendor), FALSE);
}

static ULONG HalpPciData(ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length, BOOLEAN Write) {
    ULONG Count = Offset < HALP_CONFIG_SIZE ? min(Length, HALP_CONFIG_SIZE - Offset) : 0;

    return HalpMoveConfig(SlotNumber & 31, Buffer, Offset, Count, Write) ? Count : 0;
}

/* An empty slot of a PCI bus that exists answers with PCI_INVALID_VENDORID and 2, a bus that does not exist with 0 ("HalGetBusDataByOffset"). */
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
    static const USHORT NoVendor = PCI_INVALID_VENDORID;
    if (BusDataType != PCIConfiguration || BusNumber != 0 || Length == 0)
        return 0;
    if (HalpIsSlot(SlotNumber))
        return HalpPciData(SlotNumber, Buffer, Offset, Length, FALSE);
    RtlCopyMemory(Buffer, &NoVendor, Length < sizeof(NoVendor) ? Length : sizeof(NoVendor));
    return sizeof(NoVendor);
}

ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length) {
    return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/* The result counts bytes written, and an empty slot takes none. */
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length) {
    if (BusDataType != PCIConfiguration || BusNumber != 0 || !HalpIsSlot(SlotNumber))
        return 0;
    return HalpPciData(SlotNumber, Buffer, Offset, Length, TRUE);
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

/* 0 for a line that the bus does not have: IoConnectInterrupt refuses it. */
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                  PKAFFINITY Affinity) {
    *Irql = PASSIVE_LEVEL;
    *Affinity = 0;
    if (!HalpIsBus(InterfaceType, BusNumber) || BusInterruptLevel >= (InterfaceType == PCIBus ? KI_LINES : HALP_ISA_LINES))
        return 0;
    *Irql = KI_LINE_IRQL(BusInterruptLevel);
    *Affinity = KeQueryActiveProcessors();
    return KI_LINE_VECTOR(BusInterruptLevel);
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

/* The machine's buses: bus 0 of PCI, and ISA behind it; on them are the devices of --device. */
#pragma once
#include "nt/nt.h"

/* What HalReturnToFirmware is asked to do (ntddk.h of the Windows 2000 DDK declares it; later headers leave it out). */
typedef enum _FIRMWARE_REENTRY {
    HalHaltRoutine,
    HalPowerDownRoutine,
    HalRestartRoutine,
    HalRebootRoutine,
    HalInteractiveModeRoutine,
    HalMaximumRoutine
} FIRMWARE_REENTRY;

/* Ends the machine with exit code 124 and a sentence: nothing starts it again. Any IRQL. */
DECLSPEC_NORETURN VOID NTAPI HalReturnToFirmware(FIRMWARE_REENTRY Routine);

/* Obsolete functions, which ntddk.h declares for some drivers only. */
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length);
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length);
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                  PKAFFINITY Affinity);
BOOLEAN NTAPI HalMakeBeep(ULONG Frequency);

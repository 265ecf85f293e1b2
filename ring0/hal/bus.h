/* The machine's buses: bus 0 of PCI (and ISA behind it) is there, and nothing is plugged into it. */
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

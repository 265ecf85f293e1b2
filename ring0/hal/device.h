/* The way from an instruction of a driver to a model of the host: ports, memory of devices, PCI configuration space. */
#pragma once
#include "nt/nt.h"

/* One access of Size bytes (1, 2, 4; memory also 8). Where nothing answers, a read gives all ones and FALSE. The interrupts and times that it changes are seen at
   once; interrupts come when the caller next looks for what is pending. Any IRQL. */
BOOLEAN HalpReadDevice(ULONG Space, ULONG64 Address, ULONG Size, ULONG64 *Value);
BOOLEAN HalpWriteDevice(ULONG Space, ULONG64 Address, ULONG Size, ULONG64 Value);
/* The clock has reached hal_machine.device_due. */
VOID HalpTickDevices(ULONG64 Now);

/* DMA adapters: how drivers of bus masters get the addresses that their devices use. */
#pragma once
#include "nt/nt.h"

/* NULL: a device that this machine cannot have: one that needs the system's DMA controller, one without scatter/gather (there are no map registers
   that could make pages contiguous), or one with 32 address bits in a machine with more RAM than these reach. PASSIVE_LEVEL. */
PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters);
VOID NTAPI HalPutDmaAdapter(PADAPTER_OBJECT DmaAdapter);

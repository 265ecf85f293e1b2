/* DMA adapters: how drivers of bus masters get the addresses that their devices use. */
#pragma once
#include "nt/nt.h"

/* NULL: a device that this machine cannot have, which is one that needs the system's DMA controller; a description of a version that does not exist; no memory.
   PASSIVE_LEVEL. */
PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters);
VOID NTAPI HalPutDmaAdapter(PADAPTER_OBJECT DmaAdapter);

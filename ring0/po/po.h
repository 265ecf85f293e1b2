/* Power management. The machine is always in S0 and all its devices are in D0; nothing puts it to sleep. Power IRPs come only from drivers. */
#pragma once
#include "io/io.h"

/* Leaves a record that somebody needs the system awake; any sleep would ask for it. Returns the handle; NULL: no memory, or reserved bits in Flags. */
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags);
VOID NTAPI PoUnregisterSystemState(PVOID StateHandle);

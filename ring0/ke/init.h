/* Boot. */
#pragma once
#include "nt/nt.h"

#define KI_DOUBLE_FAULT_STACK_SIZE 0x4000u
#define SERVICE_KERNEL_DRIVER_TYPE 1u

VOID KiSystemStartup(VOID);                    /* startup.S: the image's entry */
VOID KiInitializeKernel(hal_machine *Machine); /* does not return */
extern PKTHREAD KiProgramWaiter;               /* the thread of ours that waits for the programs while they run: of no interest to people */
/* Sets Event, once, when no thread can run and no timer is due, or only console input could make anything go on. NULL: no longer. */
VOID KiSignalWhenQuiet(PKEVENT Event);
extern UCHAR KiBootStack[], KiDoubleFaultStack[];

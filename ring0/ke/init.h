/* Boot. */
#pragma once
#include "nt/nt.h"

#define KI_DOUBLE_FAULT_STACK_SIZE 0x4000u
#define SERVICE_KERNEL_DRIVER_TYPE 1u

VOID KiSystemStartup(VOID);                    /* startup.S: the image's entry */
VOID KiInitializeKernel(hal_machine *Machine); /* does not return */
extern PKTHREAD KiMonitorThread;               /* the thread that serves the world outside, once there is one */

/* Event is set, once, when no thread can run and no timer is due, or only console input could make anything go on. Waiters are told in their order. */
typedef struct _KI_QUIET_WAITER {
    LIST_ENTRY Link;
    KEVENT Event;
} KI_QUIET_WAITER, *PKI_QUIET_WAITER;
VOID KiBeginQuietWait(PKI_QUIET_WAITER Waiter);
VOID KiEndQuietWait(PKI_QUIET_WAITER Waiter);
extern UCHAR KiBootStack[], KiDoubleFaultStack[];

/*
 * Windows Management Instrumentation, the kernel's side: a driver that registers a device is asked by IRP_MN_REGINFO_EX, or IRP_MN_REGINFO if it does not know
 * that, which data blocks it has, from a worker thread; other drivers open these and query, set and call them, each of which is an IRP of IRP_MJ_SYSTEM_CONTROL
 * to the top of the provider's stack ("Implementing WMI"). Nobody in user mode asks. With --etw registrations and events are lines of the component WMI.
 */
#pragma once
#include "nt/nt.h"

VOID WmiInitSystem(VOID); /* the type WmiGuid */

/* A driver has been unloaded: its devices that are still registered are named in a message and forgotten. PASSIVE_LEVEL. */
VOID WmiReportLeftovers(PDRIVER_OBJECT Driver);

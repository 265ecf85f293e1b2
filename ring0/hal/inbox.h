/*
 * For inbox drivers: the little of the kernel that they use and other drivers have no need of. Include it after ntddk.h or ntifs.h.
 * An inbox driver is otherwise a driver like any other: its own image, its own dispatch table, IRPs.
 */
#pragma once
#include "hal/hal.h"

/* The machine below. Kernel stacks only, at any IRQL at which the caller may do what the function does; no function waits but `wait` and
   console_read on a pipe or file. */
__declspec(dllimport) extern const hal_ops *HalOps;
__declspec(dllimport) extern hal_machine *KiMachine;

/* Interrupt(Context) is called at device IRQL when one of the HAL_EVENT_ bits comes. PASSIVE_LEVEL, while drivers initialize. */
NTKERNELAPI VOID KiRegisterEventSource(ULONG HalEventMask, VOID (*Interrupt)(PVOID Context), PVOID Context);
/* The console of the current process, by the host's number. PASSIVE_LEVEL. */
NTKERNELAPI ULONG PspCurrentConsole(VOID);
/* While somebody is interested, an idle machine waits for such events instead of being at its end. Calls nest. */
NTKERNELAPI VOID KiEventInterest(ULONG HalEventMask, BOOLEAN Interested);

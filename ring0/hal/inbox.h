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
/* For a file whose sections are mapped, PASSIVE_LEVEL: before it is read or written, what was written to its views goes into it; after it was written, its views are
   brought up to date. Cheap if it is not
   mapped. The kernel's paging I/O (IRP_PAGING_IO) comes in between. */
NTKERNELAPI NTSTATUS MmFlushMappedFile(PSECTION_OBJECT_POINTERS Pointers);
NTKERNELAPI NTSTATUS MmRefreshMappedFile(PSECTION_OBJECT_POINTERS Pointers, ULONG64 Offset, ULONG64 Length);

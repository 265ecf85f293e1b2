/* Instructions that touch memory which is not there: their effect, from what the host has decoded of them. */
#pragma once
#include "nt/nt.h"

/* HAL_INSN_READ_MEM whose operand has the value Memory: registers and flags are as after it, and the frame is behind it. */
VOID KiFinishRead(hal_trap_frame *Frame, ULONG64 Memory);
/* An access to the memory of a device (MmDeviceAddress) at Frame->cr2. FALSE: it is none that can be done so; or the other end of a string move is not
   there, and the frame's cr2 and error now say so: elements before that are moved. */
BOOLEAN KiEmulateDeviceAccess(hal_trap_frame *Frame);
/* HAL_INSN_WRITE_MEM with arithmetic at cr2: reads, calls Between, writes; the frame is behind it. FALSE: it is something else, or not (any longer) memory of
   the kernel's that may be written; registers and flags are as before. */
BOOLEAN KiEmulateUpdate(hal_trap_frame *Frame, VOID (*Between)(VOID));

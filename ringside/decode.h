/* Looks at the instruction that trapped, and says what the kernel must know of it. */
#pragma once
#include "hal/hal.h"

/* Fills the insn_ fields of the frame (whose registers are set), and cr2 for trap 13 where an operand's address can be worked out.
   Reads at most 15 bytes at frame->rip, and never faults: bytes that cannot be read are not part of the instruction. */
void decode_trap(hal_trap_frame *frame);
/* insn_ fields and cr2 for the instruction at frame->rip if it writes its first operand, which is memory; else insn is HAL_INSN_OTHER. */
void decode_access(hal_trap_frame *frame);

/*
 * From Linux signals to traps. A fault in PE code becomes a hal_trap_frame on a kernel stack, and the machine resumes at
 * hal_machine.trap_entry; the handler itself never runs kernel code, and its stack is empty again before the kernel sees the trap.
 * A fault in the host's own code is our mistake: one sentence, exit 125.
 */
#pragma once
#include "hal/hal.h"
#include <stdbool.h>

/* Installs the handlers, the alternate stack and the 10 ms CPU clock that finds code which spins.
   timeout_seconds of real time (0: none) end the run with 124. */
bool signals_start(hal_machine *machine, uint64_t timeout_seconds);

/* Does what a signal asked for while host code ran; does not return if the run is over. Called at the end of every door call when
   signals_wanted is set, and by whoever waits in one and is interrupted. */
void signals_check(void);
extern volatile uint32_t signals_wanted;

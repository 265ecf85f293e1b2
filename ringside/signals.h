/*
 * From Linux signals to traps. A fault in PE code becomes a hal_trap_frame on a kernel stack, and the machine resumes at
 * hal_machine.trap_entry; the handler itself never runs kernel code, and its stack is empty again before the kernel sees the trap.
 * A fault in the host's own code is our mistake: one sentence, exit 125.
 */
#pragma once
#include "hal/hal.h"
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

/* Installs the handlers, the alternate stack and the 10 ms CPU clock that finds code which spins.
   timeout_seconds of real time (0: none) end the run with 124. */
bool signals_start(hal_machine *machine, uint64_t timeout_seconds);

/* Where signals arrive; in stubs.S the one that has the protection key opened first. */
void signals_entry(int signal, siginfo_t *info, void *context);
void signals_entry_with_key(int signal, siginfo_t *info, void *context);

/*
 * A signal that ends the run (Ctrl+C, --timeout) first asks the kernel, which flushes its output, names what waits, and comes back through hal_ops.exit
 * or stop. If it has not done so within a second, or the user asks again, the host ends the run itself: signals_check.
 */

/* Ends the run if that is due. Called at the end of every door call when signals_wanted is set, and by whoever waits in one and is interrupted. */
void signals_check(void);
extern volatile uint32_t signals_wanted;
/* Has a signal asked the kernel for something that it has not looked at yet? */
bool signals_pending(void);
/* The last signal (SIGINT, SIGTERM, SIGHUP) that asked for the end, whatever the programs made of it, or 0. */
int signals_interrupted(void);
/* As ppoll, but no signal comes unnoticed before it begins to wait: -1 with EINTR when the kernel has something to look at. */
int signals_poll(struct pollfd *files, nfds_t count, const struct timespec *limit);

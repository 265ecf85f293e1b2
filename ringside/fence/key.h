/*
 * A protection key for the host's own memory: while PE code runs, the processor refuses its writes there, so that a stray pointer into the host is a page
 * fault in the driver, like any other. Code can change its own rights (WRPKRU), so this stops mistakes, not intent. Where processor or kernel have
 * no keys, nothing is different but that.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Takes a key, before signals_start. */
void fence_key_reserve(void);
/* PE code writes there (hal_machine), or the kernel does for it (the signal stack): whole pages around it stay open. */
void fence_key_share(const void *start, size_t size);
/* Puts the key on all that the process can write above HAL_KERNEL_END, but for what is shared. What the host allocates later has none. */
void fence_key_start(void);
/* "on", or why not. */
const char *fence_key_describe(void);

/* For stubs.S: is there a key, and the PKRU register for host and for PE code. */
extern uint32_t fence_key_on, fence_key_host_rights, fence_key_machine_rights;

/* In a signal frame's XSAVE area: the rights that PE code begins with, whatever it has made of them. */
void fence_key_reset(uint8_t *state);

/*
 * The fence: what this process gives up before the first byte of a driver runs, so that PE code, which shares its address space and can reach all of its
 * code, cannot reach the world outside through it. The kernel of this host holds it up: nothing that PE code writes takes it down.
 * docs/fence.md says what each part stops.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Files below this directory may be opened, made, written, renamed and removed behind the fence; by its descriptor, before fence_raise. False: there
   are too many, or `directory` is none. */
bool fence_allow(int directory);

/*
 * Raises it: no new privileges, resource limits, Landlock, the protection key, the seccomp filter. What this host's kernel or processor does not have is
 * left out, and fence_describe says so. From here on no file can be opened but with openat2 below an allowed directory.
 */
void fence_raise(void);

/* Every part, one line each: "seccomp: on", "Landlock: ABI 6", "Landlock: absent: ...". Valid until the next call. */
const char *fence_describe(void);

/* The host itself has made a call that the filter refuses: one line says so, once for each number. */
void fence_refused(uint32_t number);

/* fence_filter.c: installs the seccomp filter. 0 or a positive errno. */
int fence_filter_install(void);
/* The name of an x86-64 Linux system call, or "". */
const char *fence_call_name(uint32_t number);

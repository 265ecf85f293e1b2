/* A machine from power-on to its end: memory, kernel image, what the kernel is told, and the ways out. */
#pragma once
#include "hal/hal.h"
#include "options.h"

#include <stdio.h>

/* Puts the images inside into C:\Windows\System32, where programs may be named. files_start has been called. FALSE after a message. */
bool machine_publish_images(void);

/* Boots a machine for `ringside run` and becomes it; the process ends with the machine. Returns (an exit code) only when it could not
   start. options->machine_programs and machine_drivers name files that files_add_host has put into C:\. */
int machine_run(const struct run_options *options);

/* The ways out that the host itself takes, from a signal. They flush, leave the terminal sane and do not return. */
__attribute__((noreturn)) void machine_end_timeout(void);
__attribute__((noreturn)) void machine_end_interrupted(int signal);
__attribute__((noreturn)) void machine_fault_in_host(int signal, uint64_t pc, uint64_t address);

/* hal_ops that belong to no other file. */
int64_t host_set_gs(uint64_t base);
uint64_t host_monotonic_ns(void);
uint64_t host_wall_time(void);
int64_t host_entropy(void *buffer, uint64_t size);
/* From a signal handler that has interrupted PE code: what waits outside becomes pending events. */
void machine_look_outside(void);
int64_t host_wait(uint32_t mask, uint64_t timeout_ns);
int64_t host_find_points(uint64_t base, uint64_t size, hal_point *points, uint64_t capacity);
int64_t host_decode(hal_trap_frame *frame);
__attribute__((noreturn)) void host_exit(uint32_t status);
__attribute__((noreturn)) void host_bugcheck(const hal_bugcheck *report);
__attribute__((noreturn)) void host_fatal(const char *text);
__attribute__((noreturn)) void host_stop(uint32_t code, const char *text);

/* bugscreen.c: the screen of a bug check. */
void bugscreen_print(FILE *stream, int with_colour, const hal_bugcheck *report);

/* stubs.S: the door as PE code calls it, and the way in. */
__attribute__((noreturn)) void host_enter(uint64_t pc, hal_machine *machine);
/* images.S, made by images.awk. */
extern const hal_image ringside_images[];
extern const uint32_t ringside_image_count;

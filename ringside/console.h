/*
 * The machine's console: standard input, output and error of this process. What a program writes goes out as it is, except that on a
 * terminal \r\n becomes \n; debug output and Ringside's own messages go to standard error a whole line at a time, in the order in which
 * they happened.
 */
#pragma once
#include "hal/hal.h"

/* Before anything is written. trace_file NULL: traces go to standard error. 0 or a negative errno (of the trace file). */
int console_start(const char *trace_file);
/* Writes what is buffered and puts the terminal's colours and cursor back. Every way out of the process calls it; it may be called again. */
void console_stop(void);

/* A line of its own for what follows: the terminal has echoed ^C. */
void console_break_line(void);
/* Which streams are terminals: bit 0 input, bit 1 output, bit 2 error. */
uint32_t console_terminals(void);
/* May standard error be coloured: a terminal, no NO_COLOR, TERM not dumb. */
int console_has_colour(void);

/* hal_ops. Nothing left out: a write either writes all or fails; -EPIPE when nobody reads any more. */
int64_t console_write(uint32_t console_number, uint32_t stream, const void *data, uint64_t size);
int64_t console_read(uint32_t console_number, void *data, uint64_t size);
int64_t console_door_terminals(uint32_t console_number);
int64_t console_want(uint32_t console_number, uint32_t wanted);
int64_t console_debug_line(const hal_debug_line *line);
int64_t console_trace(const char *text, uint64_t size);
int64_t console_message(const char *text, uint64_t size);

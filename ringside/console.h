/*
 * Consoles. Number 0 is this process's own standard input, output and error; the others are the descriptors that came with a request to a machine that
 * is up, and have its connection's number. What a program writes goes out as it is, except that on a terminal \r\n becomes \n; debug output
 * and Ringside's own messages go to standard error a whole line at a time, in the order in which they happened.
 */
#pragma once
#include "hal/hal.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define CONSOLE_MAX 256 /* at once, besides number 0 */

/* The place of a number in a table of CONSOLE_MAX + 1: 0 for 0; numbers above 0 share places. */
uint32_t console_place(uint32_t number);

/* Before anything is written. trace_file NULL: traces go to standard error. 0 or a negative errno (of the trace file). */
int console_start(const char *trace_file);
/* Writes what is buffered and puts the terminal's colours and cursor back. Every way out of the process calls it; it may be called again. */
void console_stop(void);

/* Standard error is another file now: whether it is a terminal, and has colours. */
void console_look_again(void);

/* If a program's line is unfinished on the terminal, ends it. */
void console_break_line(void);
/* Bit n: stream n of console 0 is a terminal. */
uint32_t console_terminals(void);
int console_has_colour(void);
/* Debug output is kept for `ringside log` and no longer written to standard error. */
void console_keep_debug_lines(void);

/* Takes over the three descriptors, and makes their open files non-blocking if they are no ordinary files. */
void console_open(uint32_t number, const int descriptors[3]);
/* Writes what is still held back, as far as that goes without waiting, and closes. */
void console_close(uint32_t number);
/* Nothing of it is held back any more, or its reader has gone. */
bool console_is_drained(uint32_t number);
/* Its input belongs to somebody else for a while: the terminal's program is stopped. */
void console_pause(uint32_t number, bool paused);
/* What to poll for: input that is wanted, output that is held back. Returns how many were put into files. */
nfds_t console_poll_list(struct pollfd *files, nfds_t room);
/* Whether one of these, after poll, is input of a console. Sends what is held back where that can go. */
bool console_poll_result(const struct pollfd *files, nfds_t count);

int64_t console_write(uint32_t number, uint32_t stream, const void *data, uint64_t size);
int64_t console_read(uint32_t number, void *data, uint64_t size);
int64_t console_door_terminals(uint32_t number);
int64_t console_size(uint32_t number, uint32_t stream);
int64_t console_want(uint32_t number, uint32_t wanted);
int64_t console_debug_line(const hal_debug_line *line);
int64_t console_message(const char *text, uint64_t size);
int64_t console_trace(const char *text, uint64_t size);

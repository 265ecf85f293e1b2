/*
 * What a machine has printed, kept for `ringside log`: a ring of records, the oldest of which give way. Nothing here allocates, and until
 * log_store_start nothing is kept.
 */
#pragma once
#include "hal/hal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_STORE_BYTES    (4u << 20)                                                   /* of all records */
#define LOG_STORE_TEXT_MAX 4096u                                                        /* of one record's text; what is longer is cut */
#define LOG_STORE_NAME_MAX 255u                                                         /* of each of its names */
#define LOG_STORE_LINE_MAX (6 * LOG_STORE_TEXT_MAX + 6 * 3 * LOG_STORE_NAME_MAX + 512u) /* of a record as JSON; \u001b is the longest character */

/* From now on records are kept. wall_time, which gives NT time, dates messages in a machine whose clock is the wall clock; NULL: they get the time of the
   last line before them, so that a repeatable run's log is. boot_time: the machine's clock when it started. */
void log_store_start(uint64_t (*wall_time)(void), uint64_t boot_time);
/* Every record from now on also goes to this file as a line of JSON. 0 or a negative errno. */
int log_store_to_file(const char *path);
/* The first error met in writing that file, as a negative errno, or 0. Closes it. */
int log_store_stop(void);

/* A line of debug output; a message of Ringside's own, which becomes a record of the component "ringside". */
void log_store_add(const hal_debug_line *line);
void log_store_message(const char *text, uint64_t size);
/* Forgets all records. Numbers go on. */
void log_store_clear(void);

/* The record that follows *cursor (0: the oldest), as one line of JSON without a newline, terminated; its length, and *cursor is moved. 0: there is none
   yet. size: at least LOG_STORE_LINE_MAX + 1. *lost: how many records between the last one read and this one gave way before they were read; the line says
   it too. */
size_t log_store_next(uint64_t *cursor, char *line, size_t size, uint64_t *lost);
/* A cursor for the last `count` records. */
uint64_t log_store_last(uint64_t count);

/* One record of the log, as `ringside log` got it: a line of JSON that log_store.c wrote, or a file that only claims to be one. */
#pragma once
#include "log/level.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strings are UTF-8 and never NULL; they live as long as the record. */
struct log_record {
    uint64_t sequence;
    uint64_t lost;    /* records before this one that nobody can read any more */
    uint64_t up_time; /* 100 ns since boot */
    const char *time; /* "2024-01-31T12:00:00.0000000Z" */
    uint32_t cpu, pid, tid, level;
    const char *process, *driver;
    const char *component; /* "DEFAULT" for DbgPrint; "ringside" */
    bool is_plain;         /* as DbgPrint prints: component and level say nothing new */
    bool is_message;       /* Ringside's own: it has no process */
    const char *text;
    void *owner;
};

/* False: this is no record. Otherwise log_record_free is due. */
bool log_record_parse(const char *line, size_t size, struct log_record *record);
void log_record_free(struct log_record *record);
/* The line it was read from, written anew, in malloc'ed memory; NULL: none is left. */
char *log_record_json(const struct log_record *record);

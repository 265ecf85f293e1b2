/* A record as a line for people. */
#pragma once
#include "log/filter.h"

struct log_style {
    bool colour;
    bool clock;                    /* the time of day instead of seconds since the first line */
    struct log_patterns highlight; /* these stand out, if colour */
    /* How the columns have grown so far; 0 at the beginning. */
    bool started;
    uint64_t first_up_time;
    int process_width, driver_width;
};

/* Everything before the text: number, time, processor, process, driver. Into buffer, terminated; its length. */
#define LOG_COLUMNS_MAX 256
size_t log_format_columns(struct log_style *style, const struct log_record *record, char *buffer);
/* "IHVDRIVER/WARNING", "" for what DbgPrint prints. buffer: LOG_TAG_MAX bytes. */
#define LOG_TAG_MAX 96
const char *log_format_tag(const struct log_record *record, char *buffer);

/* The line with its newline, in malloc'ed memory; NULL: none is left. No control character of the record's is in it but the tab. */
char *log_format_line(struct log_style *style, const struct log_record *record);
/* Text fit for a terminal, in malloc'ed memory: control characters but the tab, and those that reverse the direction of writing, as \xNN or \uNNNN. */
char *log_format_text(const char *text);

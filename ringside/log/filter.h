/* Which records `ringside log` shows. */
#pragma once
#include "log/record.h"

#define LOG_FILTER_MAX 16

/* Patterns of one kind. In a pattern * stands for any text; letters of ASCII match in either case. */
struct log_patterns {
    const char *list[LOG_FILTER_MAX];
    size_t count;
};

/* A record passes when, of each kind that has patterns, one matches, and none of `exclude` does. */
struct log_filter {
    struct log_patterns drivers, processes, components; /* whole names, also without .sys or .exe; a process also by its id */
    struct log_patterns include, exclude;               /* anywhere in the text */
    bool has_level;
    uint32_t level; /* this or a more important one */
};

bool log_filter_passes(const struct log_filter *filter, const struct log_record *record);

/* Where in text, of `size` bytes, the pattern first matches from `from` on: true, and [*begin, *end). A match is never empty. */
bool log_pattern_find(const char *pattern, const char *text, size_t size, size_t from, size_t *begin, size_t *end);

/* The records that a full screen shows: all that came, up to LOG_LIST_MAX of them, and which of them pass the filter. */
#pragma once
#include "log/filter.h"

#define LOG_LIST_MAX 200000u /* then the oldest quarter is forgotten */

struct log_list {
    struct log_record *records;
    uint32_t *shown; /* indices of those that pass, in order */
    size_t count, shown_count, room;
};

/* A line of JSON; one that is no record changes nothing. False: no memory. *forgotten: how many of the shown ones have gone from the beginning. */
bool log_list_add(struct log_list *list, const struct log_filter *filter, const char *line, size_t size, size_t *forgotten);
/* After a change of the filter. */
void log_list_filter(struct log_list *list, const struct log_filter *filter);
void log_list_clear(struct log_list *list);
void log_list_free(struct log_list *list);
const struct log_record *log_list_shown(const struct log_list *list, size_t index);

#include "log/list.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct log_list *list) {
    size_t room = list->room == 0 ? 256 : list->room * 2;
    struct log_record *records;
    uint32_t *shown;

    if (list->count < list->room)
        return true;
    records = realloc(list->records, room * sizeof *records);
    if (records == NULL)
        return false;
    list->records = records;
    shown = realloc(list->shown, room * sizeof *shown);
    if (shown == NULL)
        return false;
    list->shown = shown;
    list->room = room;
    return true;
}

static size_t forget_oldest(struct log_list *list, const struct log_filter *filter) {
    size_t gone = LOG_LIST_MAX / 4, before = list->shown_count;

    for (size_t i = 0; i < gone; i++)
        log_record_free(&list->records[i]);
    list->count -= gone;
    memmove(list->records, list->records + gone, list->count * sizeof *list->records);
    log_list_filter(list, filter);
    return before - list->shown_count;
}

bool log_list_add(struct log_list *list, const struct log_filter *filter, const char *line, size_t size, size_t *forgotten) {
    struct log_record record;

    *forgotten = 0;
    if (!log_record_parse(line, size, &record))
        return true;
    if (list->count == LOG_LIST_MAX)
        *forgotten = forget_oldest(list, filter);
    if (!make_room(list)) {
        log_record_free(&record);
        return false;
    }
    list->records[list->count] = record;
    if (log_filter_passes(filter, &record))
        list->shown[list->shown_count++] = (uint32_t)list->count;
    list->count++;
    return true;
}

void log_list_filter(struct log_list *list, const struct log_filter *filter) {
    list->shown_count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (log_filter_passes(filter, &list->records[i]))
            list->shown[list->shown_count++] = (uint32_t)i;
}

void log_list_clear(struct log_list *list) {
    for (size_t i = 0; i < list->count; i++)
        log_record_free(&list->records[i]);
    list->count = list->shown_count = 0;
}

void log_list_free(struct log_list *list) {
    log_list_clear(list);
    free(list->records);
    free(list->shown);
    *list = (struct log_list){0};
}

const struct log_record *log_list_shown(const struct log_list *list, size_t index) { return &list->records[list->shown[index]]; }

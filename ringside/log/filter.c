#include "log/filter.h"

#include <stdio.h>
#include <string.h>

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool is_same(const char *a, const char *b, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

/* The first place of a piece without * in text, or size_t's largest. */
static size_t find_piece(const char *piece, size_t length, const char *text, size_t size, size_t from) {
    for (size_t at = from; length <= size && at <= size - length; at++)
        if (is_same(piece, text + at, length))
            return at;
    return SIZE_MAX;
}

/* Pieces between * one after the other, each at the first place where it is: if any match exists, this finds one. */
bool log_pattern_find(const char *pattern, const char *text, size_t size, size_t from, size_t *begin, size_t *end) {
    bool first = true;

    for (size_t at = from; *pattern != '\0';) {
        size_t length = strcspn(pattern, "*");
        if (length != 0) {
            at = find_piece(pattern, length, text, size, at);
            if (at == SIZE_MAX)
                return false;
            if (first)
                *begin = at;
            *end = at += length;
            first = false;
        }
        pattern += length + strspn(pattern + length, "*");
    }
    return !first;
}

/* Does all of text match? The usual way for patterns with *: after a mismatch the last * takes one character more. */
static bool matches_whole(const char *pattern, const char *text, size_t size) {
    const char *star = NULL;
    size_t at = 0, mark = 0;

    while (at < size) {
        if (*pattern == '*') {
            star = ++pattern;
            mark = at;
        } else if (*pattern != '\0' && lower(*pattern) == lower(text[at])) {
            pattern++;
            at++;
        } else if (star != NULL) {
            pattern = star;
            at = ++mark;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool matches_name(const char *pattern, const char *name, const char *extension) {
    size_t size = strlen(name), tail = strlen(extension);

    return matches_whole(pattern, name, size) ||
           (size > tail && is_same(name + size - tail, extension, tail) && matches_whole(pattern, name, size - tail));
}

static bool any_name(const struct log_patterns *patterns, const char *name, const char *extension, const char *number) {
    if (patterns->count == 0)
        return true;
    for (size_t i = 0; i < patterns->count; i++)
        if (matches_name(patterns->list[i], name, extension) || strcmp(patterns->list[i], number) == 0)
            return true;
    return false;
}

static bool any_text(const struct log_patterns *patterns, const char *text) {
    size_t size = strlen(text), begin, end;

    for (size_t i = 0; i < patterns->count; i++)
        if (strspn(patterns->list[i], "*") == strlen(patterns->list[i]) || log_pattern_find(patterns->list[i], text, size, 0, &begin, &end))
            return true;
    return false;
}

bool log_filter_passes(const struct log_filter *filter, const struct log_record *record) {
    char id[12] = "";

    if (!record->is_message)
        snprintf(id, sizeof id, "%u", record->pid);
    return any_name(&filter->drivers, record->driver, ".sys", " ") && any_name(&filter->processes, record->process, ".exe", id) &&
           any_name(&filter->components, record->component, "", " ") && (!filter->has_level || log_level_first(record->level) <= filter->level) &&
           (filter->include.count == 0 || any_text(&filter->include, record->text)) && !any_text(&filter->exclude, record->text);
}

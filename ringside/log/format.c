#include "log/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS_WIDTH_MAX 32
#define DRIVER_WIDTH_MAX  24

#define DIM       "\033[2m"
#define RED       "\033[31m"
#define YELLOW    "\033[33m"
#define HIGHLIGHT "\033[30;43m"
#define PLAIN     "\033[0m"

/* ---- What may go to a terminal -------------------------------------------------------------------------------- */

/* The next character, 0 at the end; what is no UTF-8 (jansson lets none through) ends the text. */
static uint32_t next_character(const char **text) {
    const unsigned char *c = (const unsigned char *)*text;
    unsigned more = c[0] < 0x80 ? 0 : c[0] < 0xE0 ? 1 : c[0] < 0xF0 ? 2 : 3;
    uint32_t point = more == 0 ? c[0] : c[0] & (0x3Fu >> more);

    for (unsigned i = 1; i <= more; i++) {
        if ((c[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (c[i] & 0x3Fu);
    }
    *text += more + 1;
    return point;
}

static bool is_forbidden(uint32_t c) {
    return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static size_t clean(char *out, const char *text, size_t room) {
    size_t used = 0;

    for (const char *at = text;;) {
        const char *begin = at;
        uint32_t c = next_character(&at);
        size_t length = (size_t)(at - begin);
        char escape[8];
        if (c == 0)
            break;
        if (is_forbidden(c)) {
            length = (size_t)snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02X" : "\\u%04X", c);
            begin = escape;
        }
        if (used + length >= room)
            break;
        memcpy(out + used, begin, length);
        used += length;
    }
    out[used] = '\0';
    return used;
}

char *log_format_text(const char *text) {
    size_t room = strlen(text) * 4 + 1;
    char *out = malloc(room);

    if (out != NULL)
        clean(out, text, room);
    return out;
}

/* ---- Columns -------------------------------------------------------------------------------- */

static int grow(int *width, int least, int most, size_t needed) {
    int wanted = needed > (size_t)most ? most : (int)needed;

    if (*width < least)
        *width = least;
    if (*width < wanted)
        *width = wanted;
    return *width;
}

static void format_time(struct log_style *style, const struct log_record *record, char *buffer, size_t size) {
    const char *clock = strchr(record->time, 'T');
    uint64_t since;

    if (!style->started)
        style->first_up_time = record->up_time;
    style->started = true;
    since = record->up_time > style->first_up_time ? (record->up_time - style->first_up_time) / 10 : 0;
    if (style->clock)
        clean(buffer, clock != NULL ? clock + 1 : "", size < 13 ? size : 13); /* to milliseconds */
    else
        snprintf(buffer, size, "%5llu.%06llu", (unsigned long long)(since / 1000000), (unsigned long long)(since % 1000000));
}

size_t log_format_columns(struct log_style *style, const struct log_record *record, char *buffer) {
    char time[32], name[48], process[64] = "", driver[32] = "ringside";

    format_time(style, record, time, sizeof time);
    if (!record->is_message) {
        clean(name, record->process, sizeof name);
        snprintf(process, sizeof process, "%s:%u", name, record->pid);
        clean(driver, record->driver, sizeof driver);
    }
    return (size_t)snprintf(buffer, LOG_COLUMNS_MAX, "%5llu  %s  %u  %-*s  %-*s  ", (unsigned long long)record->sequence, time, record->cpu,
                            grow(&style->process_width, 14, PROCESS_WIDTH_MAX, strlen(process)), process,
                            grow(&style->driver_width, 11, DRIVER_WIDTH_MAX, strlen(driver)), driver);
}

const char *log_format_tag(const struct log_record *record, char *buffer) {
    char level[12], name[64];

    *buffer = '\0';
    if (!record->is_plain) {
        clean(name, record->component, sizeof name);
        snprintf(buffer, LOG_TAG_MAX, "%s/%s", name, log_level_name(record->level, level));
    }
    return buffer;
}

/* ---- Lines -------------------------------------------------------------------------------- */

/* The pattern that matches first, and of those the one that is named first. */
static bool find_highlight(const struct log_patterns *patterns, const char *text, size_t size, size_t from, size_t *begin, size_t *end) {
    bool found = false;

    for (size_t i = 0; i < patterns->count; i++) {
        size_t b, e;
        if (log_pattern_find(patterns->list[i], text, size, from, &b, &e) && (!found || b < *begin)) {
            *begin = b;
            *end = e;
            found = true;
        }
    }
    return found;
}

static void write_text(FILE *out, const struct log_style *style, const char *text, const char *colour) {
    size_t size = strlen(text), at = 0, begin, end;

    fputs(colour, out);
    while (style->colour && find_highlight(&style->highlight, text, size, at, &begin, &end)) {
        fwrite(text + at, 1, begin - at, out);
        fprintf(out, PLAIN HIGHLIGHT "%.*s" PLAIN "%s", (int)(end - begin), text + begin, colour);
        at = end;
    }
    fputs(text + at, out);
    if (*colour != '\0')
        fputs(PLAIN, out);
}

char *log_format_line(struct log_style *style, const struct log_record *record) {
    char columns[LOG_COLUMNS_MAX], tag[LOG_TAG_MAX], *text = log_format_text(record->text), *line = NULL;
    uint32_t level = log_level_first(record->level);
    size_t size;
    FILE *out = text != NULL ? open_memstream(&line, &size) : NULL;

    if (out == NULL) {
        free(text);
        return NULL;
    }
    log_format_columns(style, record, columns);
    log_format_tag(record, tag);
    if (record->lost != 0)
        fprintf(out, "%s       (%llu lines are lost: they came faster than they were read)%s\n", style->colour ? DIM : "",
                (unsigned long long)record->lost, style->colour ? PLAIN : "");
    fprintf(out, "%s%s%s", style->colour ? DIM : "", columns, style->colour ? PLAIN : "");
    if (*tag != '\0')
        fprintf(out, "%s%s%s  ", style->colour ? DIM : "", tag, style->colour ? PLAIN : "");
    write_text(out, style, text, !style->colour || record->is_plain ? "" : level == 0 ? RED : level == 1 ? YELLOW : "");
    fputc('\n', out);
    free(text);
    if (fclose(out) != 0) {
        free(line);
        return NULL;
    }
    return line;
}

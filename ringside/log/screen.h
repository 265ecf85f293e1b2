/* How the full screen of `ringside log -i` looks. */
#pragma once
#include "log/format.h"
#include "log/list.h"

#include <stddef.h>

#define LOG_FIELD_MAX 200

struct log_screen {
    struct log_list list;
    struct log_filter filter;
    struct log_style style;
    size_t top, selected; /* among the shown records */
    int left;             /* columns of the text that are scrolled out */
    bool follows;         /* the newest record is selected */
    bool ended;           /* no more records come */
    const char *ended_text;
    char find[LOG_FIELD_MAX], include[LOG_FIELD_MAX], exclude[LOG_FIELD_MAX]; /* UTF-8, "": none */
    char notice[LOG_FIELD_MAX * 2];                                           /* until the next key */
    const char *prompt;                                                       /* what is being asked for, or NULL */
    const char *answer;                                                       /* what has been typed */
};

/* Attributes and colours. After initscr. */
void log_screen_start(void);
/* Rows for records. */
size_t log_screen_rows(void);
/* Draws all of it; top follows the selection. */
void log_screen_draw(struct log_screen *screen);
/* In place of everything, until a key is pressed. */
void log_screen_help(void);

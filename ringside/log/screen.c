#define NCURSES_WIDECHAR 1
#include "log/screen.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ROW_MAX 4096

enum pair { PAIR_NONE, PAIR_ERROR, PAIR_WARNING, PAIR_HIGHLIGHT };

static bool coloured;

void log_screen_start(void) {
    const char *no_colour = getenv("NO_COLOR");

    coloured = (no_colour == NULL || *no_colour == '\0') && has_colors() && start_color() == OK && use_default_colors() == OK;
    if (coloured) {
        init_pair(PAIR_ERROR, COLOR_RED, -1);
        init_pair(PAIR_WARNING, COLOR_YELLOW, -1);
        init_pair(PAIR_HIGHLIGHT, COLOR_BLACK, COLOR_YELLOW);
    }
}

size_t log_screen_rows(void) { return LINES > 3 ? (size_t)LINES - 2 : 1; }

static attr_t colour(enum pair pair, attr_t otherwise) { return coloured ? (attr_t)COLOR_PAIR(pair) : otherwise; }

/* ---- A row -------------------------------------------------------------------------------- */

/* Characters as the terminal shows them, each with its look. */
struct row {
    size_t count;
    wchar_t characters[ROW_MAX];
    attr_t looks[ROW_MAX];
};

static void put_character(struct row *row, wchar_t character, attr_t look) {
    if (row->count < ROW_MAX) {
        row->characters[row->count] = wcwidth(character) < 0 ? L'?' : character;
        row->looks[row->count++] = look;
    }
}

/* UTF-8 that log_format.c has cleaned. marked: bytes that stand out. */
static void put_text(struct row *row, const char *text, attr_t look, const bool *marked) {
    mbstate_t state = {0};
    size_t size = strlen(text), column = 0;

    for (size_t at = 0; at < size;) {
        wchar_t character;
        size_t length = mbrtowc(&character, text + at, size - at, &state);
        attr_t with = marked != NULL && marked[at] ? colour(PAIR_HIGHLIGHT, A_REVERSE) : look;
        if (length == 0 || length > size - at) { /* the locale is not UTF-8 */
            length = 1;
            character = L'?';
            memset(&state, 0, sizeof state);
        }
        if (character == L'\t')
            for (size_t end = (column | 7) + 1; column < end; column++)
                put_character(row, L' ', with);
        else
            put_character(row, character, with);
        column = character == L'\t' ? column : column + 1;
        at += length;
    }
}

static void mark(bool *marked, const char *pattern, const char *text, size_t size) {
    size_t begin, end;

    for (size_t at = 0; *pattern != '\0' && log_pattern_find(pattern, text, size, at, &begin, &end); at = end)
        memset(marked + begin, true, end - begin);
}

static void put_record_text(struct row *row, const struct log_screen *screen, const struct log_record *record, attr_t look) {
    char *text = log_format_text(record->text);
    size_t size = text != NULL ? strlen(text) : 0;
    bool *marked = calloc(size + 1, sizeof *marked);

    if (text != NULL && marked != NULL) {
        for (size_t i = 0; i < screen->style.highlight.count; i++)
            mark(marked, screen->style.highlight.list[i], text, size);
        mark(marked, screen->find, text, size);
        put_text(row, text, look, marked);
    }
    free(marked);
    free(text);
}

/* The columns stand still where they leave room; what is behind them scrolls sideways. */
static void show_row(int y, const struct row *row, size_t still, int left, attr_t over) {
    int x = 0, skip = left;

    move(y, 0);
    for (size_t i = 0; i < row->count; i++) {
        int width = wcwidth(row->characters[i]);
        cchar_t cell;
        if (i >= still && skip > 0) {
            skip -= width;
            continue;
        }
        if (x + width > COLS)
            break;
        setcchar(&cell, (wchar_t[]){row->characters[i], L'\0'}, row->looks[i] | over, (short)PAIR_NUMBER(row->looks[i]), NULL);
        mvadd_wch(y, x, &cell);
        x += width;
    }
    for (; x < COLS; x++)
        mvaddch(y, x, ' ' | over);
}

static void draw_record(struct log_screen *screen, int y, const struct log_record *record, bool selected) {
    static struct row row;
    char columns[LOG_COLUMNS_MAX], tag[LOG_TAG_MAX];
    uint32_t level = log_level_first(record->level);
    attr_t look = record->is_plain ? A_NORMAL : level == 0 ? colour(PAIR_ERROR, A_BOLD) : level == 1 ? colour(PAIR_WARNING, A_NORMAL) : A_NORMAL;
    size_t still;

    row.count = 0;
    log_format_columns(&screen->style, record, columns);
    put_text(&row, columns, A_DIM, NULL);
    still = row.count <= (size_t)COLS / 2 ? row.count : 0;
    if (*log_format_tag(record, tag) != '\0') {
        put_text(&row, tag, A_DIM, NULL);
        put_text(&row, "  ", A_NORMAL, NULL);
    }
    put_record_text(&row, screen, record, look);
    show_row(y, &row, still, screen->left, selected ? A_REVERSE : A_NORMAL);
}

/* ---- The screen -------------------------------------------------------------------------------- */

static void draw_line(int y, const char *text, attr_t look) {
    static struct row row;

    row.count = 0;
    put_text(&row, text, look, NULL);
    show_row(y, &row, row.count, 0, look);
}

static void draw_status(const struct log_screen *screen) {
    char text[4 * LOG_FIELD_MAX], filter[3 * LOG_FIELD_MAX] = "";

    if (screen->include[0] != '\0')
        snprintf(filter, sizeof filter, "  only: %s", screen->include);
    if (screen->exclude[0] != '\0')
        snprintf(filter + strlen(filter), sizeof filter - strlen(filter), "  not: %s", screen->exclude);
    if (screen->prompt != NULL)
        snprintf(text, sizeof text, "%s: %s", screen->prompt, screen->answer);
    else if (screen->notice[0] != '\0')
        snprintf(text, sizeof text, "%s", screen->notice);
    else
        snprintf(text, sizeof text, "%zu of %zu%s%s%s", screen->list.shown_count, screen->list.count,
                 screen->ended     ? "  "
                 : screen->follows ? "  following"
                                   : "  paused",
                 screen->ended ? screen->ended_text : "", filter);
    draw_line(LINES - 1, text, screen->prompt != NULL ? A_NORMAL : A_REVERSE);
    if (screen->prompt != NULL)
        move(LINES - 1, (int)(mbstowcs(NULL, text, 0) == SIZE_MAX ? strlen(text) : mbstowcs(NULL, text, 0)));
}

void log_screen_draw(struct log_screen *screen) {
    size_t rows = log_screen_rows(), count = screen->list.shown_count;

    if (count != 0 && (screen->follows || screen->selected >= count))
        screen->selected = count - 1;
    if (screen->selected < screen->top)
        screen->top = screen->selected;
    if (screen->selected >= screen->top + rows)
        screen->top = screen->selected - rows + 1;
    if (screen->top + rows > count)
        screen->top = count > rows ? count - rows : 0;
    curs_set(screen->prompt != NULL);
    draw_line(0, "q quit  space pause  / find  i only  x not  c clock  s save  ^X clear  F1 help", A_REVERSE);
    for (size_t y = 0; y < rows; y++) {
        if (screen->top + y < count)
            draw_record(screen, (int)y + 1, log_list_shown(&screen->list, screen->top + y), screen->top + y == screen->selected);
        else
            draw_line((int)y + 1, "", A_NORMAL);
    }
    draw_status(screen);
    refresh();
}

void log_screen_help(void) {
    static const char *const lines[] = {
        "Up Down PgUp PgDn Home     move; the display stands still",
        "End, f, ^A                 follow what comes",
        "space, ^E                  pause, or follow again",
        "Left Right                 scroll long lines",
        "/, ^F                      find: as you type; Enter keeps it, Esc drops it",
        "n, F3   N                  the next, the one before",
        "i, ^L                      show only lines with this text, as you type; empty: all",
        "x                          show no lines with this text, as you type",
        "c, ^T                      seconds since the first line, or the time of day",
        "s, ^S                      save what is shown to a file; as JSON if its name ends in .json",
        "^X                         clear the display; the machine keeps its log",
        "q, ^C                      quit",
        "",
        "In what you type, * stands for any text; case does not count.",
        "",
        "any key goes back",
    };

    erase();
    for (int y = 0; y < LINES && (size_t)y < sizeof lines / sizeof *lines; y++)
        mvaddnstr(y, 0, lines[y], COLS);
    refresh();
}

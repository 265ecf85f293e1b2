#define NCURSES_WIDECHAR 1
#include "log/view.h"
#include "log/screen.h"
#include "message.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define CONTROL(letter) ((letter) & 0x1F)
#define ESCAPE          0x1B
#define BURST           (1u << 18) /* bytes taken between two looks at the keyboard */
#define SIDEWAYS        8

struct view {
    struct log_screen screen;
    int records; /* where they come from, -1 after the end */
    char *line;  /* the beginning of one that has not ended */
    size_t used, room;
};

/* ---- Records -------------------------------------------------------------------------------- */

static void end_records(struct view *view) {
    view->records = -1;
    view->screen.ended = true;
}

static void add_line(struct view *view, const char *line, size_t size) {
    struct log_screen *screen = &view->screen;
    size_t forgotten;

    if (!log_list_add(&screen->list, &screen->filter, line, size, &forgotten)) {
        end_records(view);
        snprintf(screen->notice, sizeof screen->notice, "no memory for more records");
    }
    if (!screen->style.started && screen->list.count != 0) {
        screen->style.started = true;
        screen->style.first_up_time = screen->list.records[0].up_time;
    }
    screen->selected -= screen->selected < forgotten ? screen->selected : forgotten;
    screen->top -= screen->top < forgotten ? screen->top : forgotten;
}

static void take_lines(struct view *view) {
    char *begin = view->line, *end;

    while (view->records >= 0 && (end = memchr(begin, '\n', view->used - (size_t)(begin - view->line))) != NULL) {
        add_line(view, begin, (size_t)(end - begin));
        begin = end + 1;
    }
    view->used -= (size_t)(begin - view->line);
    memmove(view->line, begin, view->used);
}

static void read_records(struct view *view) {
    ssize_t n;

    if (view->room - view->used < BURST) {
        char *line = realloc(view->line, view->used + BURST);
        if (line == NULL) {
            end_records(view);
            return;
        }
        view->line = line;
        view->room = view->used + BURST;
    }
    n = read(view->records, view->line + view->used, BURST);
    if (n > 0) {
        view->used += (size_t)n;
        take_lines(view);
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        end_records(view);
    }
}

/* The next key, while records come in and are shown. KEY_CODE_YES: a function key; OK: a character; ERR: the terminal has gone. */
static int next_key(struct view *view, wint_t *key) {
    int kind = ERR;

    while (kind == ERR) {
        struct pollfd files[] = {{STDIN_FILENO, POLLIN, 0}, {view->records, POLLIN, 0}};
        log_screen_draw(&view->screen);
        if (poll(files, 2, -1) < 0 && errno != EINTR)
            return ERR;
        if (files[1].revents != 0)
            read_records(view);
        if ((files[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
            return ERR;
        kind = get_wch(key);
    }
    return kind;
}

/* ---- Typing -------------------------------------------------------------------------------- */

static void type(char *text, size_t size, wint_t key) {
    char bytes[MB_LEN_MAX];
    size_t used = strlen(text);
    int length = wctomb(bytes, (wchar_t)key);

    if (key >= 0x20 && length > 0 && used + (size_t)length < size) {
        memcpy(text + used, bytes, (size_t)length);
        text[used + (size_t)length] = '\0';
    }
}

static void rub_out(char *text) {
    size_t used = strlen(text);

    if (used > 0)
        used--;
    while (used > 0 && (text[used] & 0xC0) == 0x80)
        used--;
    text[used] = '\0';
}

/* Asks for text; changed, if not NULL, sees each state of it. False: Esc, and text is what it was. */
static bool ask(struct view *view, const char *prompt, char *text, size_t size, void (*changed)(struct view *view)) {
    char before[LOG_FIELD_MAX];
    bool kept = false, done = false;

    memcpy(before, text, sizeof before);
    view->screen.prompt = prompt;
    view->screen.answer = text;
    while (!done) {
        wint_t key = 0;
        int kind = next_key(view, &key);
        if (kind == ERR || (kind == OK && (key == ESCAPE || key == CONTROL('c')))) {
            memcpy(text, before, sizeof before);
            done = true;
        } else if ((kind == OK && (key == '\r' || key == '\n')) || (kind == KEY_CODE_YES && key == KEY_ENTER)) {
            done = kept = true;
        } else if ((kind == KEY_CODE_YES && key == KEY_BACKSPACE) || (kind == OK && (key == 0x7F || key == 8))) {
            rub_out(text);
        } else if (kind == OK && key == CONTROL('u')) {
            *text = '\0';
        } else if (kind == OK) {
            type(text, size, key);
        }
        if (changed != NULL)
            changed(view);
    }
    view->screen.prompt = NULL;
    return kept;
}

/* ---- What keys do -------------------------------------------------------------------------------- */

/* The record stays selected if it is still shown, else the next that is. */
static void filter_changed(struct view *view) {
    struct log_screen *screen = &view->screen;
    size_t number = screen->list.shown_count != 0 ? screen->list.shown[screen->selected] : 0;

    screen->filter.include.count = screen->include[0] != '\0';
    screen->filter.exclude.count = screen->exclude[0] != '\0';
    log_list_filter(&screen->list, &screen->filter);
    screen->selected = 0;
    while (screen->selected + 1 < screen->list.shown_count && screen->list.shown[screen->selected] < number)
        screen->selected++;
}

static bool find_from(struct view *view, size_t from, int step) {
    struct log_screen *screen = &view->screen;
    size_t begin, end;

    for (size_t at = from; at < screen->list.shown_count && screen->find[0] != '\0'; at += (size_t)step) { /* below 0 is past the end */
        const char *text = log_list_shown(&screen->list, at)->text;
        if (log_pattern_find(screen->find, text, strlen(text), 0, &begin, &end)) {
            screen->selected = at;
            screen->follows = false;
            return true;
        }
    }
    return false;
}

static void find_changed(struct view *view) {
    if (!find_from(view, view->screen.selected, 1))
        find_from(view, 0, 1);
}

static void find_next(struct view *view, int step) {
    if (!find_from(view, view->screen.selected + (size_t)step, step))
        snprintf(view->screen.notice, sizeof view->screen.notice, "not found: %s", view->screen.find);
}

static bool write_records(const struct log_screen *screen, FILE *file, bool json) {
    struct log_style style = {.clock = screen->style.clock};
    bool fine = true;

    for (size_t i = 0; i < screen->list.shown_count && fine; i++) {
        const struct log_record *record = log_list_shown(&screen->list, i);
        char *line = json ? log_record_json(record) : log_format_line(&style, record);
        fine = line != NULL && fprintf(file, json ? "%s\n" : "%s", line) >= 0;
        free(line);
    }
    return fine;
}

/* A file that is there is not overwritten. */
static void save(struct view *view) {
    static char name[LOG_FIELD_MAX];
    struct log_screen *screen = &view->screen;
    const char *ending;
    FILE *file;
    bool fine;
    int fd;

    if (!ask(view, "save to", name, sizeof name, NULL) || *name == '\0')
        return;
    ending = strrchr(name, '.');
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
    fine = file != NULL && write_records(screen, file, ending != NULL && strcmp(ending, ".json") == 0);
    fine = (file == NULL || fclose(file) == 0) && fine;
    if (fine)
        snprintf(screen->notice, sizeof screen->notice, "%zu lines saved to %s", screen->list.shown_count, name);
    else
        snprintf(screen->notice, sizeof screen->notice, "%s: not saved: %s", name, strerror(errno));
}

static void move_by(struct log_screen *screen, long distance) {
    size_t count = screen->list.shown_count;

    screen->follows = false;
    if (distance < 0)
        screen->selected -= screen->selected < (size_t)-distance ? screen->selected : (size_t)-distance;
    else if (count != 0)
        screen->selected = screen->selected + (size_t)distance < count ? screen->selected + (size_t)distance : count - 1;
}

static void take_function_key(struct view *view, wint_t key) {
    struct log_screen *screen = &view->screen;
    long page = (long)log_screen_rows();

    switch (key) {
    case KEY_UP: move_by(screen, -1); break;
    case KEY_DOWN: move_by(screen, 1); break;
    case KEY_PPAGE: move_by(screen, -page); break;
    case KEY_NPAGE: move_by(screen, page); break;
    case KEY_HOME: move_by(screen, LONG_MIN + 1); break;
    case KEY_END: screen->follows = true; break;
    case KEY_LEFT: screen->left -= screen->left < SIDEWAYS ? screen->left : SIDEWAYS; break;
    case KEY_RIGHT: screen->left += SIDEWAYS; break;
    case KEY_F(1): {
        wint_t any;
        log_screen_help();
        timeout(-1);
        get_wch(&any);
        timeout(0);
        break;
    }
    case KEY_F(3): find_next(view, 1); break;
    default: break;
    }
}

/* False: quit. */
static bool take_character(struct view *view, wint_t key) {
    struct log_screen *screen = &view->screen;

    switch (key) {
    case 'q':
    case CONTROL('c'): return false;
    case ' ':
    case CONTROL('e'): screen->follows = !screen->follows; break;
    case 'f':
    case CONTROL('a'): screen->follows = true; break;
    case 'k': move_by(screen, -1); break;
    case 'j': move_by(screen, 1); break;
    case '/':
    case CONTROL('f'): ask(view, "find", screen->find, sizeof screen->find, find_changed); break;
    case 'n': find_next(view, 1); break;
    case 'N': find_next(view, -1); break;
    case 'i':
    case CONTROL('l'): ask(view, "show only lines with", screen->include, sizeof screen->include, filter_changed); break;
    case 'x': ask(view, "show no lines with", screen->exclude, sizeof screen->exclude, filter_changed); break;
    case 'c':
    case CONTROL('t'): screen->style.clock = !screen->style.clock; break;
    case 's':
    case CONTROL('s'): save(view); break;
    case CONTROL('x'):
        log_list_clear(&screen->list);
        screen->top = screen->selected = 0;
        break;
    case '?': take_function_key(view, KEY_F(1)); break;
    default: break;
    }
    return true;
}

/* ---- The command -------------------------------------------------------------------------------- */

/* The first pattern of each kind on the command line can be edited on the screen; it takes the place of the kind's others. */
static void take_options(struct log_screen *screen, const struct log_options *options) {
    screen->filter = options->filter;
    screen->style = (struct log_style){.clock = options->clock, .highlight = options->highlight};
    if (options->filter.include.count != 0)
        snprintf(screen->include, sizeof screen->include, "%s", options->filter.include.list[0]);
    if (options->filter.exclude.count != 0)
        snprintf(screen->exclude, sizeof screen->exclude, "%s", options->filter.exclude.list[0]);
    screen->filter.include = (struct log_patterns){{screen->include}, options->filter.include.count != 0};
    screen->filter.exclude = (struct log_patterns){{screen->exclude}, options->filter.exclude.count != 0};
}

int log_view_run(int records, const char *ended, const struct log_options *options) {
    static struct view view;
    SCREEN *terminal;
    wint_t key = 0;
    int kind = OK;

    setlocale(LC_ALL, "");
    terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? newterm(NULL, stdout, stdin) : NULL;
    if (terminal == NULL) {
        message_error("-i", "it needs a terminal that moves its cursor: leave it out, or set TERM");
        return EXIT_OURS;
    }
    view.records = records;
    view.screen.follows = true;
    view.screen.ended_text = ended;
    take_options(&view.screen, options);
    raw();
    noecho();
    keypad(stdscr, TRUE);
    set_escdelay(50);
    timeout(0);
    log_screen_start();
    do {
        kind = next_key(&view, &key);
        view.screen.notice[0] = '\0';
        if (kind == KEY_CODE_YES)
            take_function_key(&view, key);
    } while (kind != ERR && (kind == KEY_CODE_YES || take_character(&view, key)));
    endwin();
    delscreen(terminal);
    log_list_free(&view.screen.list);
    free(view.line);
    return 0;
}

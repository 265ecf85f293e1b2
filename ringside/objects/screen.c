#include "objects/screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <ncurses.h>

#define DETAILS_HEIGHT 8 /* with the line above it; 0 on a small screen */
#define TYPE_WIDTH     14
#define COUNT_WIDTH    7

enum { COLOUR_DIRECTORY = 1, COLOUR_LINK, COLOUR_DEVICE, COLOUR_DRIVER, COLOUR_BAR };
static bool has_colour;

void objects_screen_start(void) {
    const char *none = getenv("NO_COLOR");

    has_colour = (none == NULL || *none == '\0') && has_colors() && start_color() == OK;
    if (!has_colour)
        return;
    use_default_colors();
    init_pair(COLOUR_DIRECTORY, COLOR_BLUE, -1);
    init_pair(COLOUR_LINK, COLOR_CYAN, -1);
    init_pair(COLOUR_DEVICE, COLOR_GREEN, -1);
    init_pair(COLOUR_DRIVER, COLOR_YELLOW, -1);
    init_pair(COLOUR_BAR, COLOR_WHITE, COLOR_BLUE);
}

static int details_height(void) { return LINES >= 18 ? DETAILS_HEIGHT : 0; }
static int tree_width(void) { return COLS < 60 ? COLS / 3 : COLS * 3 / 10 > 44 ? 44 : COLS * 3 / 10; }
static int pane_lines(void) { return LINES - 3 - details_height() < 1 ? 1 : LINES - 3 - details_height(); }
size_t objects_screen_height(void) { return (size_t)pane_lines(); }

/* Text in exactly `width` columns, cut or filled with blanks; what is no printable character in this locale is '?'. */
static void put(int y, int x, int width, const char *text) {
    mbstate_t state = {0};
    int used = 0;

    move(y, x);
    while (*text != '\0' && used < width) {
        wchar_t wide[2] = {L'?', L'\0'};
        size_t bytes = mbrtowc(wide, text, MB_CUR_MAX, &state);
        int columns = bytes == 0 || bytes > (size_t)-3 ? -1 : wcwidth(wide[0]);
        if (bytes > (size_t)-3) {
            state = (mbstate_t){0};
            bytes = 1;
        }
        if (columns < 0) {
            wide[0] = L'?';
            columns = 1;
        }
        if (used + columns > width)
            break;
        addwstr(wide);
        used += columns;
        text += bytes;
    }
    for (; used < width; used++)
        addch(' ');
}

static attr_t colour_of(const struct object *object) {
    if (!has_colour)
        return object->is_directory ? A_BOLD : A_NORMAL;
    if (object->is_directory)
        return COLOR_PAIR(COLOUR_DIRECTORY) | A_BOLD;
    if (strcmp(object->type, "SymbolicLink") == 0)
        return COLOR_PAIR(COLOUR_LINK);
    if (strcmp(object->type, "Device") == 0)
        return COLOR_PAIR(COLOUR_DEVICE);
    return strcmp(object->type, "Driver") == 0 ? COLOR_PAIR(COLOUR_DRIVER) : A_NORMAL;
}
static attr_t bar(void) { return has_colour ? COLOR_PAIR(COLOUR_BAR) | A_BOLD : A_REVERSE; }
/* The cursor's pane shows it reversed, the other one underlined. */
static attr_t cursor(bool selected, bool active) { return !selected ? A_NORMAL : active ? A_REVERSE : A_UNDERLINE; }

static void follow(size_t selected, size_t lines, size_t *top) {
    if (selected < *top)
        *top = selected;
    if (selected >= *top + lines)
        *top = selected - lines + 1;
}

static void draw_tree(struct objects_screen *screen, int lines, int width) {
    follow(screen->row, (size_t)lines, &screen->row_top);
    for (int line = 0; line < lines; line++) {
        size_t at = screen->row_top + (size_t)line;
        if (at >= screen->row_count)
            break;
        const struct objects_row *row = &screen->rows[at];
        const struct object *object = &screen->tree->objects[row->index];
        int indent = (int)object->depth * 2 > width / 2 ? width / 2 : (int)object->depth * 2;
        attrset(colour_of(object) | cursor(at == screen->row, screen->pane == OBJECTS_TREE));
        put(line + 2, 0, indent, "");
        put(line + 2, indent, 2, !row->has_directories ? "  " : row->is_open ? "- " : "+ ");
        put(line + 2, indent + 2, width - indent - 2, object->depth == 0 ? object->path : object->name);
    }
    attrset(A_NORMAL);
    for (int line = 1; line < lines + 2; line++)
        mvaddch(line, width, ACS_VLINE);
}

static void draw_list(struct objects_screen *screen, int lines, int x) {
    int width = COLS - x, counts = width >= 60 ? 2 * (COUNT_WIDTH + 1) : 0, name = (width - TYPE_WIDTH - counts) * 4 / 10;
    int details = width - name - TYPE_WIDTH - counts - 2;
    char number[24];

    attrset(A_BOLD);
    put(1, x, name + 1, "Name");
    put(1, x + name + 1, TYPE_WIDTH, "Type");
    if (counts != 0) {
        put(1, x + name + 1 + TYPE_WIDTH, COUNT_WIDTH + 1, "   Refs ");
        put(1, x + name + 2 + TYPE_WIDTH + COUNT_WIDTH, COUNT_WIDTH + 1, "Handles ");
    }
    if (details > 0)
        put(1, x + width - details, details, "Leads to, belongs to");
    follow(screen->item, (size_t)lines, &screen->item_top);
    for (int line = 0; line < lines; line++) {
        size_t at = screen->item_top + (size_t)line;
        if (at >= screen->item_count)
            break;
        const struct object *object = &screen->tree->objects[screen->items[at]];
        char *text = objects_details(object, false);
        attrset(colour_of(object) | cursor(at == screen->item, screen->pane == OBJECTS_LIST));
        put(line + 2, x, name, object->name);
        attrset(cursor(at == screen->item, screen->pane == OBJECTS_LIST));
        put(line + 2, x + name, TYPE_WIDTH + 1, "");
        put(line + 2, x + name + 1, TYPE_WIDTH, object->type);
        if (counts != 0) {
            snprintf(number, sizeof number, "%*lld ", COUNT_WIDTH, object->references);
            put(line + 2, x + name + 1 + TYPE_WIDTH, COUNT_WIDTH + 1, number);
            snprintf(number, sizeof number, "%*lld ", COUNT_WIDTH, object->handles);
            put(line + 2, x + name + 2 + TYPE_WIDTH + COUNT_WIDTH, COUNT_WIDTH + 1, number);
        }
        if (details > 0)
            put(line + 2, x + width - details, details, text == NULL ? "" : text);
        free(text);
    }
    attrset(A_NORMAL);
}

/* A member of an object's description as text: from malloc. */
static char *value_text(const json_t *value) {
    char *text = json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY);
    if (text != NULL)
        objects_clean(text);
    return text;
}

/* One line for each member, arrays of words one line for each word. Returns how many there are; draws those from `top` on. */
static size_t draw_members(const struct object *object, int y, int lines, size_t top) {
    size_t line = 0;

    for (void *at_member = json_object_iter(object->json); at_member != NULL; at_member = json_object_iter_next(object->json, at_member)) {
        const char *name = json_object_iter_key(at_member);
        const json_t *value = json_object_iter_value(at_member);
        size_t words = json_is_array(value) ? json_array_size(value) : 1;
        for (size_t i = 0; i < words; i++, line++) {
            char *text = value_text(json_is_array(value) ? json_array_get(value, i) : value);
            int at = (int)line - (int)top;
            if (at >= 0 && at < lines) {
                attrset(A_BOLD);
                put(y + at, 1, 17, i == 0 ? name : "");
                attrset(A_NORMAL);
                put(y + at, 18, COLS - 18, text == NULL ? "" : text);
            }
            free(text);
        }
    }
    return line;
}

size_t objects_screen_selected(const struct objects_screen *screen) {
    if (screen->pane == OBJECTS_LIST && screen->item < screen->item_count)
        return screen->items[screen->item];
    return screen->rows[screen->row].index;
}

static void draw_bars(const struct objects_screen *screen) {
    static const char help[] = " Arrows move  Tab pane  Enter open  Backspace up  f follow link  / find  n next  r refresh  ? help  q quit";
    const struct object *object = &screen->tree->objects[objects_screen_selected(screen)];
    char text[64];
    int room;

    attrset(bar());
    put(0, 0, COLS, "");
    snprintf(text, sizeof text, "%zu objects ", screen->tree->count);
    room = COLS - (int)strlen(text);
    if (room > 0)
        put(0, room, (int)strlen(text), text);
    put(0, 0, 1, " ");
    put(0, 1, room > 1 ? room - 1 : COLS - 1, object->path);
    if (screen->prompt != NULL) {
        put(LINES - 1, 0, 7, " Find: ");
        put(LINES - 1, 7, COLS - 7, screen->prompt);
    } else {
        put(LINES - 1, 0, COLS, screen->notice[0] != '\0' ? screen->notice : help);
    }
    attrset(A_NORMAL);
}

void objects_screen_draw(struct objects_screen *screen) {
    const struct object *object = &screen->tree->objects[objects_screen_selected(screen)];
    int lines = pane_lines(), width = tree_width(), below = details_height();

    erase();
    if (LINES < 4 || COLS < 30) {
        put(0, 0, COLS, "too small");
    } else if (screen->properties) {
        size_t count = draw_members(object, 2, LINES - 4, screen->properties_top);
        if (screen->properties_top >= count)
            screen->properties_top = count == 0 ? 0 : count - 1;
        draw_bars(screen);
    } else {
        draw_tree(screen, lines, width);
        draw_list(screen, lines, width + 1);
        if (below != 0) {
            mvhline(LINES - 1 - below, 0, ACS_HLINE, COLS);
            draw_members(object, LINES - below, below - 1, 0);
        }
        draw_bars(screen);
    }
    if (screen->prompt != NULL)
        move(LINES - 1, 7 + (int)strlen(screen->prompt) < COLS ? 7 + (int)strlen(screen->prompt) : COLS - 1);
    curs_set(screen->prompt != NULL);
    refresh();
}

/* The full screen: a tree of directories on the left, what is in the selected one on the right, what there is to know of the selected object below. */
#include "message.h"
#include "objects/browser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>
#include <term.h>

#define REFRESH_MS 1000

static void fetch(struct browser *browser) {
    char *text = NULL;
    size_t size = 0;
    struct object_tree tree;

    browser->status = browser->source->fetch(browser->source->context, &text, &size);
    if (browser->status != 0) {
        browser->done = true;
    } else if (objects_parse(text, size, &tree)) {
        if (tree.count != 0)
            browser_adopt(browser, &tree);
        else
            snprintf(browser->screen.notice, sizeof browser->screen.notice, " What you look at is gone: %s", tree.error == NULL ? "" : tree.error);
        if (tree.count == 0)
            objects_free(&tree);
    }
    free(text);
}

/* ---- Keys -------------------------------------------------------------------------------- */

static size_t moved(size_t at, size_t count, long by) {
    long to = (long)at + by;
    return count == 0 || to < 0 ? 0 : to >= (long)count ? count - 1 : (size_t)to;
}

static void move_by(struct browser *browser, long by) {
    struct objects_screen *screen = &browser->screen;

    if (screen->properties) {
        screen->properties_top = by < 0 && (size_t)-by > screen->properties_top ? 0 : screen->properties_top + (size_t)by;
    } else if (screen->pane == OBJECTS_LIST) {
        screen->item = moved(screen->item, screen->item_count, by);
    } else {
        screen->row = moved(screen->row, screen->row_count, by);
        screen->item = screen->item_top = 0;
        browser_list_items(browser);
    }
}

static void search(struct browser *browser, bool backwards) {
    size_t from = objects_screen_selected(&browser->screen), found;

    if (browser->find[0] == '\0')
        return;
    found = objects_search(&browser->tree, from, browser->find, backwards);
    if (found == OBJECTS_NONE) {
        snprintf(browser->screen.notice, sizeof browser->screen.notice, " Nothing here has '%s' in its name or target", browser->find);
        return;
    }
    browser->screen.properties = false;
    browser_select(browser, found, found != 0);
    browser->screen.pane = found == 0 ? OBJECTS_TREE : OBJECTS_LIST;
}

/* To what a link leads, through \?? and \DosDevices as System sees them. */
static void follow_link(struct browser *browser) {
    const struct object *object = &browser->tree.objects[objects_screen_selected(&browser->screen)];
    const char *target = json_string_value(json_object_get(object->json, "target"));
    char path[1024];
    size_t found;

    if (target == NULL) {
        snprintf(browser->screen.notice, sizeof browser->screen.notice, " This is no link");
        return;
    }
    bool dos = strncmp(target, "\\??", 3) == 0 && (target[3] == '\\' || target[3] == '\0');
    snprintf(path, sizeof path, "%s%s", dos ? "\\GLOBAL??" : *target == '\0' ? "\\" : "", dos ? target + 3 : target);
    while ((found = objects_find_path(&browser->tree, path)) == OBJECTS_NONE && strrchr(path, '\\') > path)
        *strrchr(path, '\\') = '\0'; /* a device's name may be followed by what only the device knows */
    if (found == OBJECTS_NONE) {
        snprintf(browser->screen.notice, sizeof browser->screen.notice, " There is no %.150s here", target);
        return;
    }
    browser->screen.properties = false;
    browser_select(browser, found, !browser->tree.objects[found].is_directory);
    browser->screen.pane = browser->tree.objects[found].is_directory ? OBJECTS_TREE : OBJECTS_LIST;
}

static void go_in(struct browser *browser) {
    struct objects_screen *screen = &browser->screen;
    size_t index = objects_screen_selected(screen);

    if (screen->properties) {
        screen->properties = false;
    } else if (!browser->tree.objects[index].is_directory) {
        screen->properties = true;
        screen->properties_top = 0;
    } else if (screen->pane == OBJECTS_LIST) {
        browser_select(browser, index, false);
        screen->item = screen->item_top = 0;
    } else {
        browser_set_open(browser, browser->tree.objects[index].path, !screen->rows[screen->row].is_open);
        browser_list_rows(browser);
    }
}

static void go_up(struct browser *browser) {
    struct objects_screen *screen = &browser->screen;
    size_t index = screen->rows[screen->row].index, above = browser->tree.objects[index].parent;

    if (screen->properties)
        screen->properties = false;
    else if (above != OBJECTS_NONE)
        browser_select(browser, index, true);
    else
        screen->pane = OBJECTS_TREE;
}

static void sideways(struct browser *browser, bool right) {
    struct objects_screen *screen = &browser->screen;
    struct objects_row *row = &screen->rows[screen->row];

    if (screen->properties)
        return;
    if (screen->pane == OBJECTS_LIST) {
        if (!right)
            screen->pane = OBJECTS_TREE;
    } else if (right && (row->is_open || !row->has_directories)) {
        screen->pane = OBJECTS_LIST;
    } else if (right || row->is_open) {
        browser_set_open(browser, browser->tree.objects[row->index].path, right);
        browser_list_rows(browser);
    } else if (browser->tree.objects[row->index].parent != OBJECTS_NONE) {
        browser_select(browser, browser->tree.objects[row->index].parent, false);
    }
}

static void type_key(struct browser *browser, int key) {
    size_t length = strlen(browser->typed);

    if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        browser->finding = false;
        if (length != 0)
            memcpy(browser->find, browser->typed, length + 1);
        search(browser, false);
    } else if (key == 27) {
        browser->finding = false;
    } else if (key == KEY_BACKSPACE || key == 127 || key == 8) {
        while (length > 0 && ((unsigned char)browser->typed[length - 1] & 0xC0) == 0x80) /* whole characters of UTF-8 */
            length--;
        browser->typed[length == 0 ? 0 : length - 1] = '\0';
    } else if (key >= 0x20 && key < 0x100 && length + 1 < sizeof browser->typed) {
        browser->typed[length] = (char)key;
        browser->typed[length + 1] = '\0';
    }
    browser->screen.prompt = browser->finding ? browser->typed : NULL;
}

static void command_key(struct browser *browser, int key) {
    struct objects_screen *screen = &browser->screen;
    long page = (long)objects_screen_height();

    switch (key) {
    case KEY_UP:
    case 'k': move_by(browser, -1); break;
    case KEY_DOWN:
    case 'j': move_by(browser, 1); break;
    case KEY_PPAGE: move_by(browser, -page); break;
    case KEY_NPAGE:
    case ' ': move_by(browser, page); break;
    case KEY_HOME:
    case 'g': move_by(browser, -(long)browser->tree.count); break;
    case KEY_END:
    case 'G': move_by(browser, (long)browser->tree.count); break;
    case KEY_LEFT:
    case 'h': sideways(browser, false); break;
    case KEY_RIGHT:
    case 'l': sideways(browser, true); break;
    case '\t':
    case KEY_BTAB: screen->pane = screen->pane == OBJECTS_TREE ? OBJECTS_LIST : OBJECTS_TREE; break;
    case '\n':
    case '\r':
    case KEY_ENTER: go_in(browser); break;
    case KEY_BACKSPACE:
    case 127:
    case 8: go_up(browser); break;
    case 27: screen->properties = false; break;
    case 'f': follow_link(browser); break;
    case '/':
        browser->finding = true;
        browser->typed[0] = '\0';
        screen->prompt = browser->typed;
        break;
    case 'n': search(browser, false); break;
    case 'N': search(browser, true); break;
    case 'r': fetch(browser); break;
    case '?':
        snprintf(screen->notice, sizeof screen->notice,
                 " h j k l too; Space and Page keys; Home, End; N finds backwards; Enter on an object shows all of it");
        break;
    case 'q': browser->done = true; break;
    default: break;
    }
}

/* ---- The terminal -------------------------------------------------------------------------------- */

/* NULL after a message. */
static SCREEN *start_terminal(void) {
    const char *name = getenv("TERM");
    int found = 0;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        message_error("objects -i", "input and output must be a terminal: leave out -i, or use --json");
        return NULL;
    }
    if (name == NULL || *name == '\0' || setupterm(name, STDOUT_FILENO, &found) != OK || tigetstr("cup") == NULL) {
        message_error("objects -i",
                      "the terminal '%s' is not one that can be drawn on, or this system does not describe it: set TERM, or leave out -i",
                      name == NULL ? "" : name);
        return NULL;
    }
    SCREEN *terminal = newterm(NULL, stdout, stdin);
    if (terminal == NULL) {
        message_error("objects -i", "the terminal '%s' cannot be used: leave out -i", name);
        return NULL;
    }
    set_escdelay(25);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    objects_screen_start();
    return terminal;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void run(struct browser *browser) {
    long next = now_ms() + REFRESH_MS;

    while (!browser->done) {
        long left = next - now_ms();
        objects_screen_draw(&browser->screen);
        timeout(left < 0 ? 0 : (int)left);
        int key = getch();
        if (key == ERR || next <= now_ms()) {
            fetch(browser);
            next = now_ms() + REFRESH_MS;
        }
        if (key == ERR || key == KEY_RESIZE)
            continue;
        browser->screen.notice[0] = '\0';
        if (browser->finding)
            type_key(browser, key);
        else
            command_key(browser, key);
    }
}

int objects_browse(struct object_tree *tree, const struct objects_source *source) {
    struct browser browser = {.source = source};
    SCREEN *terminal = start_terminal();

    if (terminal == NULL)
        return EXIT_OURS;
    browser.screen.tree = &browser.tree;
    browser_set_open(&browser, tree->objects[0].path, true);
    if (browser_adopt(&browser, tree))
        run(&browser);
    else
        browser.status = EXIT_OURS;
    endwin();
    delscreen(terminal);
    if (browser.status != 0) /* what the fetch has said about it went to the screen that is gone */
        message_error("objects -i", "the machine no longer answers: `ringside status` says whether it is up");
    browser_free(&browser);
    return browser.status;
}

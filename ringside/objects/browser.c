#include "objects/browser.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which directories are open -------------------------------------------------------------------------------- */

static size_t open_index(const struct browser *browser, const char *path) {
    for (size_t i = 0; i < browser->open_count; i++)
        if (strcmp(browser->open[i], path) == 0)
            return i;
    return OBJECTS_NONE;
}

void browser_set_open(struct browser *browser, const char *path, bool open) {
    size_t index = open_index(browser, path);

    if (!open && index != OBJECTS_NONE) {
        free(browser->open[index]);
        browser->open[index] = browser->open[--browser->open_count];
    } else if (open && index == OBJECTS_NONE) {
        char **grown = reallocarray(browser->open, browser->open_count + 1, sizeof *grown);
        char *copy = strdup(path);
        if (grown != NULL)
            browser->open = grown;
        if (grown != NULL && copy != NULL)
            browser->open[browser->open_count++] = copy;
        else
            free(copy);
    }
}

/* ---- From the tree to what is seen -------------------------------------------------------------------------------- */

void browser_list_rows(struct browser *browser) {
    struct objects_screen *screen = &browser->screen;

    screen->row_count = 0;
    for (size_t i = 0; i < browser->tree.count; i++) {
        const struct object *object = &browser->tree.objects[i];
        bool seen = object->is_directory || i == 0;
        for (size_t above = object->parent; seen && above != OBJECTS_NONE; above = browser->tree.objects[above].parent)
            seen = open_index(browser, browser->tree.objects[above].path) != OBJECTS_NONE;
        if (!seen)
            continue;
        bool inner = false;
        for (size_t child = object->child; child != OBJECTS_NONE && !inner; child = browser->tree.objects[child].next)
            inner = browser->tree.objects[child].is_directory;
        screen->rows[screen->row_count++] = (struct objects_row){i, inner, open_index(browser, object->path) != OBJECTS_NONE};
    }
}

void browser_list_items(struct browser *browser) {
    struct objects_screen *screen = &browser->screen;

    screen->item_count = 0;
    for (size_t i = browser->tree.objects[screen->rows[screen->row].index].child; i != OBJECTS_NONE; i = browser->tree.objects[i].next)
        screen->items[screen->item_count++] = i;
    if (screen->item >= screen->item_count)
        screen->item = screen->item_count == 0 ? 0 : screen->item_count - 1;
}

void browser_select(struct browser *browser, size_t index, bool in_list) {
    struct objects_screen *screen = &browser->screen;
    size_t directory = in_list && browser->tree.objects[index].parent != OBJECTS_NONE ? browser->tree.objects[index].parent : index;

    while (directory != 0 && !browser->tree.objects[directory].is_directory)
        directory = browser->tree.objects[directory].parent;
    for (size_t above = browser->tree.objects[directory].parent; above != OBJECTS_NONE; above = browser->tree.objects[above].parent)
        browser_set_open(browser, browser->tree.objects[above].path, true);
    browser_list_rows(browser);
    for (size_t i = 0; i < screen->row_count; i++)
        if (screen->rows[i].index == directory)
            screen->row = i;
    screen->item = 0;
    browser_list_items(browser);
    for (size_t i = 0; i < screen->item_count; i++)
        if (screen->items[i] == index)
            screen->item = i;
}

bool browser_adopt(struct browser *browser, struct object_tree *tree) {
    struct objects_screen *screen = &browser->screen;
    struct objects_row *rows = calloc(tree->count, sizeof *rows);
    size_t *items = calloc(tree->count, sizeof *items), directory = 0, item = OBJECTS_NONE;

    if (rows == NULL || items == NULL) {
        free(rows);
        free(items);
        objects_free(tree);
        return false;
    }
    if (browser->tree.count != 0) {
        directory = screen->rows[screen->row].index;
        item = screen->item < screen->item_count ? screen->items[screen->item] : OBJECTS_NONE;
        while (directory != OBJECTS_NONE && objects_find_path(tree, browser->tree.objects[directory].path) == OBJECTS_NONE)
            directory = browser->tree.objects[directory].parent;
        directory = directory == OBJECTS_NONE ? 0 : objects_find_path(tree, browser->tree.objects[directory].path);
        item = item == OBJECTS_NONE ? OBJECTS_NONE : objects_find_path(tree, browser->tree.objects[item].path);
    }
    size_t old_item = screen->item;
    free(screen->rows);
    free(screen->items);
    objects_free(&browser->tree);
    screen->rows = rows;
    screen->items = items;
    browser->tree = *tree;
    *tree = (struct object_tree){0};
    browser_select(browser, directory, false);
    screen->item = old_item;
    browser_list_items(browser);
    for (size_t i = 0; i < screen->item_count; i++)
        if (screen->items[i] == item)
            screen->item = i;
    return true;
}

void browser_free(struct browser *browser) {
    for (size_t i = 0; i < browser->open_count; i++)
        free(browser->open[i]);
    free(browser->open);
    free(browser->screen.rows);
    free(browser->screen.items);
    objects_free(&browser->tree);
}

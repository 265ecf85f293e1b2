/* The state of `ringside objects -i`: which directories are open, what is seen, what is selected. */
#pragma once
#include "objects/command.h"
#include "objects/screen.h"

#define BROWSER_FIND_MAX 100

struct browser {
    struct objects_screen screen;
    struct object_tree tree;
    const struct objects_source *source;
    char **open; /* paths of directories that show what is in them */
    size_t open_count;
    char find[BROWSER_FIND_MAX];
    char typed[BROWSER_FIND_MAX];
    bool finding;
    int status; /* of the last fetch */
    bool done;
};

/* Whether a directory, by its path, shows what is in it. Without memory it stays as it was. */
void browser_set_open(struct browser *browser, const char *path, bool open);
/* The rows of the left pane and the items of the right one, from the tree, what is open and what is selected. */
void browser_list_rows(struct browser *browser);
void browser_list_items(struct browser *browser);
/* Selects an object: its directory on the left, opened so that it can be seen, and the object on the right if it is in one. */
void browser_select(struct browser *browser, size_t index, bool in_list);
/* A new answer takes the place of the old one; what was selected stays so, or what it was in. Empties tree. False: no memory, all is as it was. */
bool browser_adopt(struct browser *browser, struct object_tree *tree);
void browser_free(struct browser *browser);

/* What the full screen of `ringside objects -i` shows, and how it is drawn. */
#pragma once
#include "objects/model.h"

enum objects_pane { OBJECTS_TREE, OBJECTS_LIST };

struct objects_row { /* a directory that is to be seen in the left pane */
    size_t index;
    bool has_directories, is_open;
};

struct objects_screen {
    const struct object_tree *tree;
    struct objects_row *rows;
    size_t row_count, row, row_top; /* row: the selected directory */
    size_t *items;                  /* what is in that directory */
    size_t item_count, item, item_top;
    enum objects_pane pane;
    bool properties; /* all of the selected object instead of the panes */
    size_t properties_top;
    char notice[200];   /* in the last line until the next key; "": the help line */
    const char *prompt; /* what is being typed, or NULL */
};

/* After newterm. Colours unless NO_COLOR is set or the terminal has none. */
void objects_screen_start(void);
/* Lines that a pane has. */
size_t objects_screen_height(void);
/* Draws everything; the tops follow what is selected. */
void objects_screen_draw(struct objects_screen *screen);
/* The object that is selected in the pane with the cursor. */
size_t objects_screen_selected(const struct objects_screen *screen);

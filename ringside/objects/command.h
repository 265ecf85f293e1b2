/* `ringside objects`: the object namespace of a machine that is up. */
#pragma once
#include "objects/model.h"
#include "options.h"

int objects_command(const struct objects_options *options);

/* Where answers come from: *text, from malloc. 0, or an exit code after a message. */
struct objects_source {
    int (*fetch)(void *context, char **text, size_t *size);
    void *context;
};

/* objects_print.c: standard output. */
void objects_print_tree(const struct object_tree *tree);
void objects_print_long(const struct object_tree *tree);

/* objects_browse.c: the full screen, until the user leaves it. Starts with an answer that is there already, and takes it over. 0, or an exit code after a
   message. */
int objects_browse(struct object_tree *tree, const struct objects_source *source);

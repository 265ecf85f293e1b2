/* The namespace of a machine as `ringside objects` shows it: a machine's answer (JSON, an object to a line; ob/snapshot.h) made into a tree. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define OBJECTS_NONE ((size_t)-1)

struct object {
    const char *path, *name, *type; /* in json */
    long long references, handles;
    json_t *json;
    size_t parent, next, child; /* indices: the directory it is in, the next one in that, the first one in it; OBJECTS_NONE */
    unsigned depth;             /* 0: what was asked for */
    bool is_directory;
};

struct object_tree {
    struct object *objects; /* in the order of the answer: directories before what they hold; [0] is what was asked for */
    size_t count;
    char *error; /* what the machine said instead: "there is no such object"; NULL: nothing */
};

/* False: out of memory or no such text; *tree then has nothing to free. An answer without objects has count 0. */
bool objects_parse(const char *text, size_t size, struct object_tree *tree);
void objects_free(struct object_tree *tree);

/* OBJECTS_NONE: it is not there. */
size_t objects_find_path(const struct object_tree *tree, const char *path);
/* The next object after `from` (before it, if backwards; around the ends), whose name or target has `text` in it, in any case of ASCII letters. */
size_t objects_search(const struct object_tree *tree, size_t from, const char *text, bool backwards);

/* What there is to say of an object in one line: where it leads, whose it is, its flags, ... ; from malloc, NULL: out of memory. */
char *objects_details(const struct object *object, bool with_security);

/* Text for a terminal: control characters, which a driver may put into a name, become '?'. In place. */
void objects_clean(char *text);

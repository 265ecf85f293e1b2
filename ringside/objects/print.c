/* The namespace on standard output: as a tree, and in columns. */
#include "objects/command.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH 64 /* what is deeper is indented no further */

struct style {
    const char *branch, *last, *line; /* 4 columns each */
    bool colour;
};

static struct style choose_style(void) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    struct style style = {"|-- ", "`-- ", "|   ", false};

    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        style = (struct style){"├── ", "└── ", "│   ", false};
    style.colour = isatty(STDOUT_FILENO) && (none == NULL || *none == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0;
    return style;
}

/* A name as the machine has it, without what could move the terminal's cursor. */
static void print_clean(const char *text) {
    char *copy = strdup(text);

    if (copy != NULL) {
        objects_clean(copy);
        fputs(copy, stdout);
    }
    free(copy);
}

static void print_colour(const struct style *style, const struct object *object) {
    const char *colour = object->is_directory                        ? "\033[1;34m"
                         : strcmp(object->type, "SymbolicLink") == 0 ? "\033[36m"
                         : strcmp(object->type, "Device") == 0       ? "\033[32m"
                         : strcmp(object->type, "Driver") == 0       ? "\033[33m"
                                                                     : "";
    if (style->colour)
        fputs(colour, stdout);
    print_clean(object->depth == 0 ? object->path : object->name);
    if (style->colour && *colour != '\0')
        fputs("\033[0m", stdout);
}

/* The lines of the directories that an object is in: from the outermost. */
static void print_branches(const struct object_tree *tree, const struct style *style, size_t index) {
    const struct object *object = &tree->objects[index];

    size_t chain[MAX_DEPTH], count = 0;

    if (object->depth == 0)
        return;
    for (size_t above = object->parent; count < MAX_DEPTH && tree->objects[above].depth > 0; above = tree->objects[above].parent)
        chain[count++] = above;
    while (count-- > 0)
        fputs(tree->objects[chain[count]].next == OBJECTS_NONE ? "    " : style->line, stdout);
    fputs(object->next == OBJECTS_NONE ? style->last : style->branch, stdout);
}

void objects_print_tree(const struct object_tree *tree) {
    struct style style = choose_style();

    for (size_t i = 0; i < tree->count; i++) {
        const struct object *object = &tree->objects[i];
        print_branches(tree, &style, i);
        print_colour(&style, object);
        if (!object->is_directory) {
            const char *target = json_string_value(json_object_get(object->json, "target"));
            const char *driver = json_string_value(json_object_get(object->json, "driver"));
            if (target != NULL) {
                fputs(" -> ", stdout);
                print_clean(target);
            } else {
                fputs("  (", stdout);
                print_clean(object->type);
                if (driver != NULL) {
                    fputs(", ", stdout);
                    print_clean(driver);
                }
                fputs(")", stdout);
            }
        }
        putchar('\n');
    }
}

void objects_print_long(const struct object_tree *tree) {
    size_t type_width = 4, path_width = 4;

    for (size_t i = 0; i < tree->count; i++) {
        size_t type = strlen(tree->objects[i].type), path = strlen(tree->objects[i].path);
        type_width = type > type_width ? type : type_width;
        path_width = path > path_width ? path : path_width;
    }
    type_width = type_width > 20 ? 20 : type_width;
    path_width = path_width > 60 ? 60 : path_width;
    printf("%-*s  REFERENCES  HANDLES  %-*s  DETAILS\n", (int)type_width, "TYPE", (int)path_width, "PATH");
    for (size_t i = 0; i < tree->count; i++) {
        const struct object *object = &tree->objects[i];
        char *path = strdup(object->path), *type = strdup(object->type), *details = objects_details(object, true);
        if (path != NULL && type != NULL) {
            objects_clean(path);
            objects_clean(type);
            printf("%-*s  %10lld  %7lld  ", (int)type_width, type, object->references, object->handles);
            if (details != NULL && *details != '\0')
                printf("%-*s  %s\n", (int)path_width, path, details);
            else
                printf("%s\n", path);
        }
        free(path);
        free(type);
        free(details);
    }
}

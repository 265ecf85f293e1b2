#include "objects/model.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *json, const char *name) {
    const char *value = json_string_value(json_object_get(json, name));
    return value == NULL ? "" : value;
}

/* Does `path` lie directly or further below directory `above`? */
static bool is_below(const char *path, const char *above) {
    size_t length = strlen(above);

    if (strcmp(above, "\\") == 0)
        return path[0] == '\\' && path[1] != '\0';
    return strncmp(path, above, length) == 0 && path[length] == '\\';
}

/* Hangs the last object into the tree. Directories come before what they hold, so its own is the last one before it, or one that that one is in. */
static void hang(struct object_tree *tree) {
    size_t index = tree->count - 1, above = index == 0 ? OBJECTS_NONE : index - 1;
    struct object *object = &tree->objects[index];

    while (above != OBJECTS_NONE && !(tree->objects[above].is_directory && is_below(object->path, tree->objects[above].path)))
        above = tree->objects[above].parent;
    object->parent = above;
    if (above == OBJECTS_NONE)
        return;
    object->depth = tree->objects[above].depth + 1;
    size_t *link = &tree->objects[above].child;
    if (*link != OBJECTS_NONE) { /* the last one in there is the nearest before this at its depth */
        size_t last = index - 1;
        while (tree->objects[last].parent != above)
            last = tree->objects[last].parent;
        link = &tree->objects[last].next;
    }
    *link = index;
}

/* Takes json over. False: out of memory. */
static bool add(struct object_tree *tree, json_t *json) {
    if ((tree->count & (tree->count - 1)) == 0) { /* full at each power of two */
        struct object *grown = reallocarray(tree->objects, tree->count == 0 ? 1 : tree->count * 2, sizeof *grown);
        if (grown == NULL)
            return false;
        tree->objects = grown;
    }
    struct object *object = &tree->objects[tree->count++];
    *object = (struct object){.path = text_of(json, "path"), .name = text_of(json, "name"), .type = text_of(json, "type"), .json = json};
    if (object->name[0] == '\0') {
        const char *slash = strrchr(object->path, '\\');
        object->name = slash == NULL ? object->path : slash + 1;
    }
    object->references = json_integer_value(json_object_get(json, "references"));
    object->handles = json_integer_value(json_object_get(json, "handles"));
    object->is_directory = strcmp(object->type, "Directory") == 0;
    object->parent = object->next = object->child = OBJECTS_NONE;
    hang(tree);
    return true;
}

void objects_free(struct object_tree *tree) {
    for (size_t i = 0; i < tree->count; i++)
        json_decref(tree->objects[i].json);
    free(tree->objects);
    free(tree->error);
    *tree = (struct object_tree){0};
}

bool objects_parse(const char *text, size_t size, struct object_tree *tree) {
    const char *end = text + size;

    *tree = (struct object_tree){0};
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline == NULL ? end : newline) - text);
        json_t *json = length == 0 ? NULL : json_loadb(text, length, 0, NULL);
        text += length + 1;
        if (length == 0)
            continue;
        if (!json_is_object(json)) {
            json_decref(json);
            objects_free(tree);
            return false;
        }
        const char *error = json_string_value(json_object_get(json, "error"));
        if (error != NULL) {
            if (tree->error == NULL)
                tree->error = strdup(error);
            json_decref(json);
        } else if (!add(tree, json)) {
            json_decref(json);
            objects_free(tree);
            return false;
        }
    }
    return true;
}

size_t objects_find_path(const struct object_tree *tree, const char *path) {
    for (size_t i = 0; i < tree->count; i++)
        if (strcasecmp(tree->objects[i].path, path) == 0)
            return i;
    return OBJECTS_NONE;
}

size_t objects_search(const struct object_tree *tree, size_t from, const char *text, bool backwards) {
    for (size_t step = 1; step <= tree->count; step++) {
        size_t index = (backwards ? from + tree->count - step % tree->count : from + step) % tree->count;
        const struct object *object = &tree->objects[index];
        if (strcasestr(object->name, text) != NULL || strcasestr(text_of(object->json, "target"), text) != NULL)
            return index;
    }
    return OBJECTS_NONE;
}

/* ---- One line about an object -------------------------------------------------------------------------------- */

/* The words of an array of strings, joined. */
static void put_words(FILE *out, const json_t *array, const char *between) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *word = json_string_value(json_array_get(array, i));
        fprintf(out, "%s%s", i == 0 ? "" : between, word == NULL ? "?" : word);
    }
}

static void put_stack(FILE *out, const json_t *stack) {
    for (size_t i = 0; i < json_array_size(stack); i++) {
        const json_t *level = json_array_get(stack, i);
        const char *device = text_of(level, "device");
        fprintf(out, "%s%s(%s)", i == 0 ? "stack: " : " > ", device[0] == '\0' ? "unnamed" : device, text_of(level, "driver"));
    }
}

static void put_devices(FILE *out, const json_t *devices) {
    for (size_t i = 0; i < json_array_size(devices); i++) {
        const char *name = json_string_value(json_array_get(devices, i));
        fprintf(out, "%s%s", i == 0 ? "devices: " : ", ", name == NULL || name[0] == '\0' ? "unnamed" : name);
    }
}

static const char *part(bool *any) {
    const char *between = *any ? "; " : "";
    *any = true;
    return between;
}

static bool has(const json_t *json, const char *name) { return json_object_get(json, name) != NULL; }
static bool has_words(const json_t *json, const char *name) { return json_array_size(json_object_get(json, name)) != 0; }

static void put_device(FILE *out, const json_t *json, bool *any) {
    fprintf(out, "%s%s, %s", part(any), text_of(json, "driver"), text_of(json, "device_type"));
    if (has_words(json, "characteristics")) {
        fputs(part(any), out);
        put_words(out, json_object_get(json, "characteristics"), " ");
    }
    if (has_words(json, "flags")) {
        fputs(part(any), out);
        put_words(out, json_object_get(json, "flags"), " ");
    }
    if (json_integer_value(json_object_get(json, "open")) != 0)
        fprintf(out, "%s%lld open", part(any), (long long)json_integer_value(json_object_get(json, "open")));
    if (has_words(json, "stack")) {
        fputs(part(any), out);
        put_stack(out, json_object_get(json, "stack"));
    }
}

static void put_details(FILE *out, const struct object *object, bool with_security) {
    const json_t *json = object->json;
    bool any = false;

    if (has(json, "target")) {
        fprintf(out, "%s-> %s", part(&any), text_of(json, "target"));
        if (has_words(json, "earlier")) {
            fputs(", before: ", out);
            put_words(out, json_object_get(json, "earlier"), ", ");
        }
    }
    if (has(json, "device_type"))
        put_device(out, json, &any);
    if (has_words(json, "devices")) {
        fputs(part(&any), out);
        put_devices(out, json_object_get(json, "devices"));
    }
    if (json_is_false(json_object_get(json, "unload")))
        fprintf(out, "%scannot be unloaded", part(&any));
    if (has(json, "kind"))
        fprintf(out, "%s%s", part(&any), text_of(json, "kind"));
    if (has(json, "signaled"))
        fprintf(out, "%s%s", part(&any), json_is_true(json_object_get(json, "signaled")) ? "signaled" : "not signaled");
    if (has(json, "owner"))
        fprintf(out, "%sheld by thread %lld", part(&any), (long long)json_integer_value(json_object_get(json, "owner")));
    if (has(json, "limit"))
        fprintf(out, "%s%lld of %lld", part(&any), (long long)json_integer_value(json_object_get(json, "count")),
                (long long)json_integer_value(json_object_get(json, "limit")));
    if (has(json, "objects"))
        fprintf(out, "%s%lld objects, %lld handles", part(&any), (long long)json_integer_value(json_object_get(json, "objects")),
                (long long)json_integer_value(json_object_get(json, "handles_open")));
    if (has(json, "shadow"))
        fprintf(out, "%sover %s", part(&any), text_of(json, "shadow"));
    const char *security = text_of(json, "security");
    if (with_security && security[0] != '\0' && strcmp(security, "none") != 0)
        fprintf(out, "%s%s", part(&any), security);
}

char *objects_details(const struct object *object, bool with_security) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    put_details(out, object, with_security);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    objects_clean(text);
    return text;
}

void objects_clean(char *text) {
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
        if (c[0] < 0x20 || c[0] == 0x7F)
            *c = '?';
        else if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) /* U+0080 to U+009F */
            c[0] = c[1] = '?';
    }
}

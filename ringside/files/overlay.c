#include "files/overlay.h"
#include "files/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A few dozen at most, so an array that is searched from the front will do. Entries are allocated one by one: open files point at them. */
static struct overlay_entry **entries;
static size_t entry_count;
static uint64_t next_id = 0xC0000000ull;

/* If path lies below directory: what follows it, else NULL. */
static const char *below(const char *path, const char *directory) {
    size_t length = strlen(directory), path_length = strlen(path);

    /* Names that differ only in case have the same length: no capital that names.c knows is longer than its small letter. */
    if (length == 0)
        return path;
    if (path_length <= length || path[length] != '/' || !names_equal_length(path, length, directory, length))
        return NULL;
    return path + length + 1;
}

int overlay_add(const char *path, const void *data, uint64_t size, int fd, char *host_path) {
    struct overlay_entry **grown, *entry;

    if (path[0] == '\0' || overlay_find(path) != NULL || overlay_is_directory(path))
        return -EEXIST;
    for (size_t i = 0; i < entry_count; i++)
        if (below(path, entries[i]->path) != NULL)
            return -EEXIST;
    grown = reallocarray(entries, entry_count + 1, sizeof(*entries));
    if (grown == NULL)
        return -ENOMEM;
    entries = grown;
    entry = malloc(sizeof *entry);
    if (entry == NULL)
        return -ENOMEM;
    *entry = (struct overlay_entry){strdup(path), data, size, fd, host_path, next_id, 0, false};
    if (entry->path == NULL) {
        free(entry);
        return -ENOMEM;
    }
    next_id++;
    entries[entry_count++] = entry;
    return 0;
}

struct overlay_entry *overlay_find(const char *path) {
    for (size_t i = 0; i < entry_count; i++)
        if (names_equal(entries[i]->path, path))
            return entries[i];
    return NULL;
}

bool overlay_is_directory(const char *path) {
    for (size_t i = 0; i < entry_count; i++)
        if (below(entries[i]->path, path) != NULL)
            return true;
    return false;
}

bool overlay_has_parent(const char *path) {
    const char *last = names_last(path);
    char *parent;
    bool answer;

    if (last == path)
        return true;
    parent = strndup(path, (size_t)(last - path - 1));
    answer = parent != NULL && overlay_is_directory(parent);
    free(parent);
    return answer;
}

bool overlay_child(const char *directory, size_t index, char *name, const struct overlay_entry **entry) {
    for (size_t i = 0; i < entry_count; i++) {
        const char *rest = below(entries[i]->path, directory);
        bool seen = false;
        size_t length;

        if (rest == NULL)
            continue;
        length = strcspn(rest, "/");
        for (size_t k = 0; k < i && !seen; k++) {
            const char *other = below(entries[k]->path, directory);
            seen = other != NULL && names_equal_length(rest, length, other, strcspn(other, "/"));
        }
        if (seen || index-- != 0)
            continue;
        memcpy(name, rest, length);
        name[length] = '\0';
        *entry = rest[length] == '\0' ? entries[i] : NULL;
        return true;
    }
    return false;
}

static void free_entry(struct overlay_entry *entry) {
    if (entry->fd >= 0)
        close(entry->fd);
    free(entry->host_path);
    free(entry->path);
    free(entry);
}

void overlay_hold(struct overlay_entry *entry) { entry->users++; }

void overlay_release(struct overlay_entry *entry) {
    if (--entry->users == 0 && entry->retired)
        free_entry(entry);
}

void overlay_retire(struct overlay_entry *entry) {
    size_t i = 0;

    while (entries[i] != entry)
        i++;
    memmove(entries + i, entries + i + 1, (entry_count - i - 1) * sizeof *entries);
    entry_count--;
    entry->retired = true;
    if (entry->users == 0)
        free_entry(entry);
}

void overlay_clear(void) {
    for (size_t i = 0; i < entry_count; i++)
        free_entry(entries[i]);
    free(entries);
    entries = NULL;
    entry_count = 0;
}

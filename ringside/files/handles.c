#include "files/handles.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_OPEN 4096

static struct {
    struct file files[MAX_OPEN];
    uint32_t used; /* files[used...] were never open */
} table;

struct file *handle_find(int64_t handle) {
    if (handle < 0 || handle >= (int64_t)table.used || table.files[handle].kind == FILE_FREE)
        return NULL;
    return &table.files[handle];
}

struct file *handle_new(const char *path) {
    uint32_t i = 0;

    while (i < table.used && table.files[i].kind != FILE_FREE)
        i++;
    if (i == MAX_OPEN)
        return NULL;
    char *copy = strdup(path);
    if (copy == NULL)
        return NULL;
    if (i == table.used)
        table.used++;
    table.files[i] = (struct file){.kind = FILE_FREE, .fd = -1, .path = copy};
    return &table.files[i];
}

void handle_forget_list(struct file *file) {
    for (size_t i = 0; i < file->list_count; i++)
        free(file->list[i].name);
    free(file->list);
    file->list = NULL;
    file->list_count = 0;
}

void handle_free(struct file *file) {
    handle_forget_list(file);
    free(file->path);
    if (file->kind == FILE_OVERLAY)
        overlay_release(file->entry);
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct file){.kind = FILE_FREE, .fd = -1};
}

int64_t handle_index(const struct file *file) { return file - table.files; }

void handles_stop(void) {
    for (uint32_t i = 0; i < table.used; i++)
        if (table.files[i].kind != FILE_FREE)
            handle_free(&table.files[i]);
    table.used = 0;
}

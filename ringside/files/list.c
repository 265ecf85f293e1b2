/* What a directory contains: a root's part and the overlay's. */
#include "files/handles.h"
#include "files/names.h"
#include "files/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int list_append(struct file *file, const char *name, const hal_file_info *info) {
    if ((file->list_count & (file->list_count - 1)) == 0) { /* full at each power of two */
        size_t room = file->list_count == 0 ? 1 : file->list_count * 2;
        struct listed *list = reallocarray(file->list, room, sizeof *list);
        if (list == NULL)
            return -ENOMEM;
        file->list = list;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return -ENOMEM;
    struct listed *entry = &file->list[file->list_count++];
    entry->name = copy;
    entry->info = *info;
    return 0;
}

static int compare_listed(const void *a, const void *b) { return names_order(((const struct listed *)a)->name, ((const struct listed *)b)->name); }

/* Join; false when the whole does not fit. */
static bool join(char *out, const char *directory, const char *name) {
    return snprintf(out, HAL_MAX_PATH, "%s%s%s", directory, directory[0] == '\0' ? "" : "/", name) < HAL_MAX_PATH;
}

/* What the root has in the directory; names that Windows cannot have, that the overlay hides or that cannot be opened are left out. */
static int list_host(struct file *file) {
    int fd = root_open(file->path, O_RDONLY | O_DIRECTORY, 0), error = 0;
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    char path[HAL_MAX_PATH];
    hal_file_info info;

    if (directory == NULL) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    for (struct dirent *entry; error == 0 && (entry = readdir(directory)) != NULL;) {
        if (names_check_component(entry->d_name, strlen(entry->d_name)) != 0 || !join(path, file->path, entry->d_name) ||
            overlay_find(path) != NULL || overlay_is_directory(path))
            continue;
        if ((fd = root_open(path, O_PATH, 0)) < 0)
            continue;
        if (root_describe(fd, &info) == 0)
            error = list_append(file, entry->d_name, &info);
        close(fd);
    }
    closedir(directory);
    return error;
}

static int list_overlay(struct file *file) {
    char name[NAMES_MAX_COMPONENT + 1];
    const struct overlay_entry *entry;
    hal_file_info info;
    int error = 0;

    for (size_t i = 0; error == 0 && overlay_child(file->path, i, name, &entry); i++) {
        bool seen = false;
        for (size_t k = 0; k < file->list_count; k++)
            seen = seen || names_equal(file->list[k].name, name);
        if (seen)
            continue;
        if (entry == NULL)
            root_describe_fixed(&info, 0, true, 0);
        else if (files_describe_entry(entry, &info) != 0)
            continue;
        error = list_append(file, name, &info);
    }
    return error;
}

int64_t files_list(int64_t handle, uint64_t index, char *name, hal_file_info *info) {
    struct file *file = handle_find(handle);
    int error = 0;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind != FILE_DIRECTORY)
        return -HAL_ENOTDIR;
    if (index == 0) {
        handle_forget_list(file);
        if (file->fd >= 0)
            error = list_host(file);
        if (error == 0)
            error = list_overlay(file);
        if (error != 0) {
            handle_forget_list(file);
            return root_error(-error);
        }
        if (file->list_count > 1)
            qsort(file->list, file->list_count, sizeof *file->list, compare_listed);
    }
    if (index >= file->list_count)
        return -HAL_ENOENT;
    snprintf(name, HAL_MAX_PATH, "%s", file->list[index].name);
    *info = file->list[index].info;
    return 0;
}

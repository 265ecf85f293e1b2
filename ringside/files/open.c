/* From a name to an open file: what is there, in the overlay or below a root, and what the disposition makes of it. */
#include "files/handles.h"
#include "files/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool wants_new(uint32_t disposition) { return disposition != HAL_OPEN && disposition != HAL_OVERWRITE; }
static bool wants_empty(uint32_t disposition) {
    return disposition == HAL_OVERWRITE || disposition == HAL_OVERWRITE_IF || disposition == HAL_SUPERSEDE;
}

static int64_t open_overlay(struct overlay_entry *entry, uint32_t access, uint32_t disposition, hal_file_info *info) {
    struct file *file;
    int error;

    if (disposition == HAL_CREATE)
        return -HAL_EEXIST;
    if ((access & HAL_FILE_DIRECTORY) != 0)
        return -HAL_ENOTDIR;
    if ((access & (HAL_FILE_WRITE | HAL_FILE_DELETE)) != 0 || wants_empty(disposition))
        return -HAL_EACCES;
    if ((error = files_describe_entry(entry, info)) != 0)
        return root_error(error);
    if ((file = handle_new(entry->path)) == NULL)
        return -HAL_ENOMEM;
    overlay_hold(entry);
    file->kind = FILE_OVERLAY;
    file->entry = entry;
    return handle_index(file);
}

/* A directory that is there: in the root, in the overlay, or both. */
static int64_t open_directory(const char *spelled, uint32_t disposition, hal_file_info *info) {
    struct file *file;
    int fd, error;

    if (disposition == HAL_CREATE)
        return -HAL_EEXIST;
    if (wants_empty(disposition))
        return -HAL_EISDIR;
    fd = root_open(spelled, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 && !overlay_is_directory(spelled))
        return root_error(-fd);
    if (fd < 0 || (spelled[0] == '\0' && root_is_private())) {
        root_describe_fixed(info, 0, true, 0);
        info->allocated = 0;
    } else if ((error = root_describe(fd, info)) != 0) {
        close(fd);
        return root_error(error);
    }
    if ((file = handle_new(spelled)) == NULL) {
        if (fd >= 0)
            close(fd);
        return -HAL_ENOMEM;
    }
    file->kind = FILE_DIRECTORY;
    file->fd = fd;
    return handle_index(file);
}

static int64_t create_directory(const char *spelled, hal_file_info *info) {
    const char *name;
    int error = root_make_parents(spelled), parent;

    if (error != 0)
        return root_error(-error);
    if ((parent = root_open_parent(spelled, &name)) < 0)
        return root_error(-parent);
    error = mkdirat(parent, name, 0777) != 0 ? errno : 0;
    close(parent);
    if (error != 0)
        return root_error(error);
    int64_t file = open_directory(spelled, HAL_OPEN, info);
    if (file >= 0)
        info->was_created = 1;
    return file;
}

/* A regular file, there or to be made. `exists` is what root_spell() saw; O_EXCL and the second look at the type settle races with the
   world outside. */
static int64_t open_regular(const char *spelled, bool exists, uint32_t access, uint32_t disposition, hal_file_info *info) {
    int flags = O_NONBLOCK | O_NOCTTY, fd, error;
    struct file *file;

    if (exists && wants_empty(disposition)) {
        hal_file_info now;
        if ((fd = root_open(spelled, O_PATH, 0)) < 0)
            return root_error(-fd);
        error = root_describe(fd, &now);
        close(fd);
        if (error != 0)
            return root_error(error);
        if (now.is_readonly)
            return -HAL_EACCES;
        flags |= O_TRUNC;
    }
    if (!exists) {
        if ((error = root_make_parents(spelled)) != 0)
            return root_error(-error);
        flags |= O_CREAT | O_EXCL;
    }
    if ((access & HAL_FILE_WRITE) != 0 || (flags & O_TRUNC) != 0)
        flags |= (access & HAL_FILE_READ) != 0 ? O_RDWR : O_WRONLY;
    else if ((access & HAL_FILE_READ) != 0 || !exists)
        flags |= O_RDONLY;
    else
        flags = O_PATH;
    if ((file = handle_new(spelled)) == NULL)
        return -HAL_ENOMEM;
    fd = root_open(spelled, flags, 0666);
    error = fd < 0 ? -fd : root_describe(fd, info);
    if (error == 0 && info->is_readonly && (access & HAL_FILE_WRITE) != 0)
        error = EACCES; /* root's own permission bits say nothing; the file's do */
    if (error != 0) {
        if (fd >= 0)
            close(fd);
        handle_free(file);
        return root_error(error);
    }
    info->was_created = !exists;
    file->fd = fd;
    file->kind = FILE_HOST;
    return handle_index(file);
}

int64_t files_open(const char *path, uint32_t access, uint32_t disposition, hal_file_info *info) {
    char spelled[HAL_MAX_PATH];
    struct overlay_entry *entry;
    int error = files_check_path(path);

    if (error != 0)
        return error;
    if (disposition > HAL_SUPERSEDE)
        return -HAL_EINVAL;
    if ((entry = overlay_find(path)) != NULL)
        return open_overlay(entry, access, disposition, info);
    error = root_spell(path, spelled);
    if (error != 0 && overlay_is_directory(path))
        return open_directory(path, disposition, info);
    if (error == -ENOTDIR && overlay_has_parent(path))
        error = -ENOENT;
    if (error == -ENOENT) {
        if (!wants_new(disposition))
            return -HAL_ENOENT;
        return (access & HAL_FILE_DIRECTORY) != 0 ? create_directory(spelled, info) : open_regular(spelled, false, access, disposition, info);
    }
    if (error != 0)
        return root_error(-error);

    int fd = root_open(spelled, O_PATH, 0);
    if (fd < 0)
        return root_error(-fd);
    error = root_describe(fd, info);
    close(fd);
    if (error != 0)
        return root_error(error);
    if (info->is_directory)
        return open_directory(spelled, disposition, info);
    if (disposition == HAL_CREATE)
        return -HAL_EEXIST;
    if ((access & HAL_FILE_DIRECTORY) != 0)
        return -HAL_ENOTDIR;
    return open_regular(spelled, true, access, disposition, info);
}

int64_t files_close(int64_t handle) {
    struct file *file = handle_find(handle);

    if (file == NULL)
        return -HAL_EBADF;
    handle_free(file);
    return 0;
}

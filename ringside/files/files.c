#include "files/files.h"
#include "files/names.h"
#include "files/overlay.h"
#include "files/root.h"
#include "files/shares.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_OPEN 4096

struct listed {
    char *name;
    hal_file_info info;
};

/* An open file or directory. */
struct file {
    enum { FILE_FREE, FILE_HOST, FILE_OVERLAY, FILE_DIRECTORY } kind;
    int fd;                      /* FILE_HOST; FILE_DIRECTORY: -1 when only the overlay has it */
    struct overlay_entry *entry; /* FILE_OVERLAY */
    char *path;                  /* as the root spells it */
    struct listed *list;         /* FILE_DIRECTORY: the snapshot of files_list */
    size_t list_count;
};

static struct {
    struct file files[MAX_OPEN];
    uint32_t used; /* files[used...] were never open */
} table;

static int describe_entry(const struct overlay_entry *entry, hal_file_info *info) {
    if (entry->fd < 0) {
        root_describe_fixed(info, entry->size, false, entry->id);
        return 0;
    }
    int error = root_describe(entry->fd, info);
    info->is_readonly = 1;
    return error;
}

/* ---- Handles -------------------------------------------------------------------------------- */

static struct file *file_of(int64_t handle) {
    if (handle < 0 || handle >= (int64_t)table.used || table.files[handle].kind == FILE_FREE)
        return NULL;
    return &table.files[handle];
}

/* A free slot, or NULL. It stays free until its kind is set. */
static struct file *slot_new(const char *path) {
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

static void list_free(struct file *file) {
    for (size_t i = 0; i < file->list_count; i++)
        free(file->list[i].name);
    free(file->list);
    file->list = NULL;
    file->list_count = 0;
}

static void slot_free(struct file *file) {
    list_free(file);
    free(file->path);
    if (file->kind == FILE_OVERLAY)
        overlay_release(file->entry);
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct file){.kind = FILE_FREE, .fd = -1};
}

static int64_t slot_index(const struct file *file) { return file - table.files; }

/* ---- Opening -------------------------------------------------------------------------------- */

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
    if ((error = describe_entry(entry, info)) != 0)
        return root_error(error);
    if ((file = slot_new(entry->path)) == NULL)
        return -HAL_ENOMEM;
    overlay_hold(entry);
    file->kind = FILE_OVERLAY;
    file->entry = entry;
    return slot_index(file);
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
    if ((file = slot_new(spelled)) == NULL) {
        if (fd >= 0)
            close(fd);
        return -HAL_ENOMEM;
    }
    file->kind = FILE_DIRECTORY;
    file->fd = fd;
    return slot_index(file);
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
    if ((file = slot_new(spelled)) == NULL)
        return -HAL_ENOMEM;
    fd = root_open(spelled, flags, 0666);
    error = fd < 0 ? -fd : root_describe(fd, info);
    if (error == 0 && info->is_readonly && (access & HAL_FILE_WRITE) != 0)
        error = EACCES; /* root's own permission bits say nothing; the file's do */
    if (error != 0) {
        if (fd >= 0)
            close(fd);
        slot_free(file);
        return root_error(error);
    }
    info->was_created = !exists;
    file->fd = fd;
    file->kind = FILE_HOST;
    return slot_index(file);
}

/* Is it a path that drive C:, or a share that is there, can have? */
static int check_path(const char *path) {
    const char *rest;

    if (!shares_is_path(path))
        return names_check(path);
    if (strnlen(path, HAL_MAX_PATH) >= HAL_MAX_PATH)
        return -HAL_ENAMETOOLONG;
    return shares_find(path, &rest) < 0 ? -HAL_ENOENT : names_check(rest);
}

/* The index of the share that it is a path of, -1 for drive C:. *rest: what follows the share's name. */
static int volume_of(const char *path, const char **rest) {
    *rest = path;
    return shares_is_path(path) ? shares_find(path, rest) : -1;
}

/* What cannot be deleted or renamed: a root, and what the overlay has. */
static bool is_fixed(const char *path) {
    const char *rest;

    volume_of(path, &rest);
    return rest[0] == '\0' || overlay_find(path) != NULL || overlay_is_directory(path);
}

int64_t files_open(const char *path, uint32_t access, uint32_t disposition, hal_file_info *info) {
    char spelled[HAL_MAX_PATH];
    struct overlay_entry *entry;
    int error = check_path(path);

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
    struct file *file = file_of(handle);

    if (file == NULL)
        return -HAL_EBADF;
    slot_free(file);
    return 0;
}

/* ---- Reading and writing -------------------------------------------------------------------------------- */

int64_t files_read(int64_t handle, uint64_t offset, void *data, uint64_t size) {
    struct file *file = file_of(handle);
    uint64_t done = 0;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind == FILE_DIRECTORY)
        return -HAL_EISDIR;
    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return -HAL_EINVAL;
    if (file->kind == FILE_OVERLAY && file->entry->fd < 0) {
        if (offset >= file->entry->size)
            return 0;
        if (size > file->entry->size - offset)
            size = file->entry->size - offset;
        memcpy(data, (const char *)file->entry->data + offset, size);
        return (int64_t)size;
    }
    int fd = file->kind == FILE_OVERLAY ? file->entry->fd : file->fd;
    while (done < size) {
        ssize_t n = pread(fd, (char *)data + done, size - done, (off_t)(offset + done));
        if (n == 0)
            break;
        if (n > 0)
            done += (uint64_t)n;
        else if (errno != EINTR)
            return done != 0 ? (int64_t)done : root_error(errno);
    }
    return (int64_t)done;
}

int64_t files_write(int64_t handle, uint64_t offset, const void *data, uint64_t size) {
    struct file *file = file_of(handle);
    uint64_t done = 0;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind != FILE_HOST)
        return file->kind == FILE_DIRECTORY ? -HAL_EISDIR : -HAL_EACCES;
    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return -HAL_EINVAL;
    while (done < size) {
        ssize_t n = pwrite(file->fd, (const char *)data + done, size - done, (off_t)(offset + done));
        if (n > 0)
            done += (uint64_t)n;
        else if (n < 0 && errno != EINTR)
            return done != 0 ? (int64_t)done : root_error(errno);
    }
    return (int64_t)done;
}

int64_t files_info(int64_t handle, hal_file_info *info) {
    struct file *file = file_of(handle);
    int error;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind == FILE_OVERLAY) {
        error = describe_entry(file->entry, info);
    } else if (file->fd < 0 || (file->path[0] == '\0' && root_is_private())) {
        root_describe_fixed(info, 0, true, 0);
        error = 0;
    } else {
        error = root_describe(file->fd, info);
    }
    return error == 0 ? 0 : root_error(error);
}

int64_t files_resize(int64_t handle, uint64_t size) {
    struct file *file = file_of(handle);

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind != FILE_HOST)
        return file->kind == FILE_DIRECTORY ? -HAL_EISDIR : -HAL_EACCES;
    if (size > INT64_MAX)
        return -HAL_EINVAL;
    while (ftruncate(file->fd, (off_t)size) != 0)
        if (errno != EINTR) /* EINVAL here means that the descriptor was not opened for writing */
            return errno == EINVAL ? -HAL_EACCES : root_error(errno);
    return 0;
}

int64_t files_flush(int64_t handle) {
    struct file *file = file_of(handle);

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind == FILE_HOST && fdatasync(file->fd) != 0 && errno != EINVAL && errno != EROFS && errno != EBADF)
        return root_error(errno);
    return 0;
}

/* ---- Deleting and renaming -------------------------------------------------------------------------------- */

int64_t files_delete(const char *path) {
    char spelled[HAL_MAX_PATH];
    const char *name;
    int error = check_path(path), parent;

    if (error != 0)
        return error;
    if (is_fixed(path))
        return -HAL_EACCES;
    if ((error = root_spell(path, spelled)) != 0)
        return root_error(-error);
    if ((parent = root_open_parent(spelled, &name)) < 0)
        return root_error(-parent);
    error = 0;
    /* A link is removed itself, not what it leads to: unlink first, and rmdir only what says that it is a directory. */
    if (unlinkat(parent, name, 0) != 0) {
        error = errno;
        if ((error == EISDIR || error == EPERM) && (error = 0, unlinkat(parent, name, AT_REMOVEDIR) != 0))
            error = errno == EEXIST ? ENOTEMPTY : errno;
    }
    close(parent);
    return error == 0 ? 0 : root_error(error);
}

int64_t files_rename(const char *from, const char *to, uint32_t replace) {
    char spelled_from[HAL_MAX_PATH], spelled_to[HAL_MAX_PATH];
    const char *name_from, *name_to, *rest;
    int error = check_path(from), parent_from, parent_to;
    bool exists;

    if (error == 0)
        error = check_path(to);
    if (error != 0)
        return error;
    if (is_fixed(from) || is_fixed(to) || volume_of(from, &rest) != volume_of(to, &rest))
        return -HAL_EACCES;
    if ((error = root_spell(from, spelled_from)) != 0)
        return root_error(-error);
    error = root_spell(to, spelled_to);
    if (error == -ENOTDIR && overlay_has_parent(to))
        error = -ENOENT;
    if (error != 0 && error != -ENOENT)
        return root_error(-error);
    exists = error == 0;
    if (exists && strcmp(spelled_from, spelled_to) == 0) {
        /* The same file, perhaps in another spelling: the last component takes the new one. */
        const char *wanted = strrchr(to, '/');
        size_t head = strlen(spelled_to) - strlen(names_last(spelled_to));
        snprintf(spelled_to + head, sizeof spelled_to - head, "%s", wanted == NULL ? to : wanted + 1);
        replace = 1;
    } else if (exists && !replace) {
        return -HAL_EEXIST;
    }
    if ((error = root_make_parents(spelled_to)) != 0)
        return root_error(-error);
    if ((parent_from = root_open_parent(spelled_from, &name_from)) < 0)
        return root_error(-parent_from);
    if ((parent_to = root_open_parent(spelled_to, &name_to)) < 0) {
        close(parent_from);
        return root_error(-parent_to);
    }
    error = renameat2(parent_from, name_from, parent_to, name_to, replace ? 0 : RENAME_NOREPLACE) != 0 ? errno : 0;
    if (error == EINVAL && !replace) /* a file system without RENAME_NOREPLACE; that nothing has the name was checked above */
        error = renameat(parent_from, name_from, parent_to, name_to) != 0 ? errno : 0;
    close(parent_from);
    close(parent_to);
    return error == 0 ? 0 : root_error(error);
}

/* ---- Listing -------------------------------------------------------------------------------- */

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
        else if (describe_entry(entry, &info) != 0)
            continue;
        error = list_append(file, name, &info);
    }
    return error;
}

int64_t files_list(int64_t handle, uint64_t index, char *name, hal_file_info *info) {
    struct file *file = file_of(handle);
    int error = 0;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind != FILE_DIRECTORY)
        return -HAL_ENOTDIR;
    if (index == 0) {
        list_free(file);
        if (file->fd >= 0)
            error = list_host(file);
        if (error == 0)
            error = list_overlay(file);
        if (error != 0) {
            list_free(file);
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

int64_t files_host_path(int64_t handle, char *name) {
    struct file *file = file_of(handle);
    int length;

    if (file == NULL)
        return -HAL_EBADF;
    length = snprintf(name, HAL_MAX_PATH, "%s", file->kind == FILE_OVERLAY && file->entry->fd < 0 ? "" : file->path);
    return length < HAL_MAX_PATH ? 0 : -HAL_ENAMETOOLONG;
}

int files_descriptor(int64_t handle) {
    struct file *file = file_of(handle);

    return file == NULL ? -1 : file->kind == FILE_OVERLAY ? file->entry->fd : file->fd;
}

/* ---- The overlay's door ------------------------------------------------------------------------------------------------------------------------ */

int files_add_memory(const char *path, const void *data, uint64_t size) {
    int error = names_check(path);
    return error != 0 ? error : overlay_add(path, data, size, -1, NULL);
}

int files_add_open(const char *path, int fd, char *host_path, bool replace) {
    struct overlay_entry *there = NULL;
    struct stat s = {0}, t;
    int error = host_path == NULL ? -ENOMEM : names_check(path);

    if (error == 0 && (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)))
        error = S_ISDIR(s.st_mode) ? -EISDIR : -EINVAL;
    if (error == 0 && (there = overlay_find(path)) != NULL) {
        if (there->fd >= 0 && fstat(there->fd, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino && !replace)
            goto done;
        if (there->fd < 0 || !replace)
            error = -EEXIST;
        else
            overlay_retire(there);
    }
    if (error == 0 && (error = overlay_add(path, NULL, (uint64_t)s.st_size, fd, host_path)) == 0)
        return 0;
done:
    close(fd);
    free(host_path);
    return error;
}

int files_add_host(const char *path, const char *host_path) {
    int fd, error = names_check(path);

    if (error != 0)
        return error;
    /* O_NONBLOCK: a pipe or device of that name must not make us wait before it is refused. */
    if ((fd = open(host_path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
        return -errno;
    return files_add_open(path, fd, realpath(host_path, NULL), false);
}

int files_start(const char *path) { return root_start(path); }

void files_stop(void) {
    for (uint32_t i = 0; i < table.used; i++)
        if (table.files[i].kind != FILE_FREE)
            slot_free(&table.files[i]);
    table.used = 0;
    overlay_clear();
    shares_stop();
    root_stop();
}

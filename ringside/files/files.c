#include "files/handles.h"
#include "files/names.h"
#include "files/root.h"
#include "files/shares.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int files_describe_entry(const struct overlay_entry *entry, hal_file_info *info) {
    int error = 0;

    if (entry->fd < 0)
        root_describe_fixed(info, entry->size, false, entry->id);
    else
        error = root_describe(entry->fd, info);
    info->is_readonly = info->is_lent = 1;
    return error;
}

/* ---- Reading and writing -------------------------------------------------------------------------------- */

int64_t files_read(int64_t handle, uint64_t offset, void *data, uint64_t size) {
    struct file *file = handle_find(handle);
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
        memory_fill(data, (const char *)file->entry->data + offset, size);
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
    struct file *file = handle_find(handle);
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
    struct file *file = handle_find(handle);
    int error;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind == FILE_OVERLAY) {
        error = files_describe_entry(file->entry, info);
    } else if (file->fd < 0 || (file->path[0] == '\0' && root_is_private())) {
        root_describe_fixed(info, 0, true, 0);
        error = 0;
    } else {
        error = root_describe(file->fd, info);
    }
    return error == 0 ? 0 : root_error(error);
}

int64_t files_resize(int64_t handle, uint64_t size) {
    struct file *file = handle_find(handle);

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
    struct file *file = handle_find(handle);

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind == FILE_HOST && fdatasync(file->fd) != 0 && errno != EINVAL && errno != EROFS && errno != EBADF)
        return root_error(errno);
    return 0;
}

/* A descriptor that dates and permissions can be set by: the file's own, or, where that was opened to look only, another one of the same file. A negative errno: none. */
static int open_to_change(const struct file *file) {
    struct stat was, now;
    int flags = fcntl(file->fd, F_GETFL), fd;

    if (flags >= 0 && (flags & O_PATH) == 0)
        return (fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0)) >= 0 ? fd : -errno;
    if ((fd = root_open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0)) == -EACCES)
        fd = root_open(file->path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd >= 0 && (fstat(file->fd, &was) != 0 || fstat(fd, &now) != 0 || was.st_dev != now.st_dev || was.st_ino != now.st_ino)) {
        close(fd);
        return -EACCES; /* it has another name by now */
    }
    return fd;
}

int64_t files_change(int64_t handle, uint64_t access_time, uint64_t write_time, uint32_t readonly) {
    struct file *file = handle_find(handle);
    struct timespec times[2];
    struct stat s;
    int fd, error = 0;

    if (file == NULL)
        return -HAL_EBADF;
    if (file->kind == FILE_OVERLAY || file->fd < 0 || (file->kind == FILE_DIRECTORY && file->path[0] == '\0'))
        return -HAL_EACCES;
    if (!root_host_time(access_time, &times[0]) || !root_host_time(write_time, &times[1]) || readonly > HAL_READONLY_OFF)
        return -HAL_EINVAL;
    if ((fd = open_to_change(file)) < 0)
        return root_error(-fd);
    if ((access_time != 0 || write_time != 0) && futimens(fd, times) != 0)
        error = errno;
    if (error == 0 && readonly != HAL_READONLY_AS_IS && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) &&
        fchmod(fd, readonly == HAL_READONLY_ON ? s.st_mode & 07777 & ~0222u : (s.st_mode & 07777) | S_IWUSR) != 0)
        error = errno;
    close(fd);
    return error == 0 ? 0 : root_error(error == EPERM ? EACCES : error);
}

int64_t files_host_path(int64_t handle, char *name) {
    struct file *file = handle_find(handle);
    int length;

    if (file == NULL)
        return -HAL_EBADF;
    length = snprintf(name, HAL_MAX_PATH, "%s", file->kind == FILE_OVERLAY && file->entry->fd < 0 ? "" : file->path);
    return length < HAL_MAX_PATH ? 0 : -HAL_ENAMETOOLONG;
}

int files_descriptor(int64_t handle) {
    struct file *file = handle_find(handle);

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
    handles_stop();
    overlay_clear();
    shares_stop();
    root_stop();
}

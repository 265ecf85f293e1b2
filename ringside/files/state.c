/*
 * What is written here has to be there after a SIGKILL, or a power cut, at any moment: an append is in the file before it returns (fdatasync), and is taken
 * back whole if it cannot be written whole; a replacement is a new file that takes the old one's name at once (rename), after its content is safe.
 */
#include "files/state.h"
#include "files/beneath.h"
#include "files/whole.h"
#include "hal/hal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NAME  64
#define TEMPORARY ".new" /* what a replacement is called until it takes the name */

static int directory = -1;

/* Linux' errno numbers are what HAL_E codes are; those that the door does not name are an I/O error to the kernel. */
static int hal_error(int error) {
    switch (error) {
    case ENOENT:
    case ENOMEM:
    case EACCES:
    case EINVAL:
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ENOSPC: return -error;
    case EDQUOT:
    case EFBIG: return -HAL_ENOSPC;
    case EPERM:
    case EROFS: return -HAL_EACCES;
    default: return -HAL_EIO;
    }
}

int state_start(const char *path) {
    int opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) {
        return hal_error(errno);
    }
    directory = opened;
    return 0;
}

int state_descriptor(void) { return directory; }

static bool plain(const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= MAX_NAME && name[0] != '.' && strspn(name, allowed) == length;
}

/* Only what is a plain file: whoever puts a pipe or a device there does not make the machine hang. */
static int open_file(const char *name, int flags) {
    struct stat info;
    int file = beneath_open(directory, name, flags | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file < 0) {
        return hal_error(-file);
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        return -HAL_EACCES;
    }
    return file;
}

static int write_state(int file, const void *data, uint64_t size) {
    int error = write_whole(file, data, size);
    return error != 0 ? hal_error(-error) : 0;
}

int64_t state_read(const char *name, uint64_t offset, void *data, uint64_t size) {
    if (!plain(name) || offset > INT64_MAX) {
        return -HAL_EINVAL;
    }
    if (directory < 0) {
        return -HAL_ENOENT;
    }
    int file = open_file(name, O_RDONLY);
    if (file < 0) {
        return file;
    }
    uint64_t got = 0;
    int error = 0;
    while (got < size && error == 0) {
        ssize_t part = pread(file, (char *)data + got, size - got, (off_t)(offset + got));
        if (part > 0) {
            got += (uint64_t)part;
        } else if (part == 0) {
            break;
        } else if (errno != EINTR) {
            error = hal_error(errno);
        }
    }
    close(file);
    return error != 0 ? error : (int64_t)got;
}

int64_t state_append(const char *name, const void *data, uint64_t size) {
    if (!plain(name)) {
        return -HAL_EINVAL;
    }
    if (directory < 0 || size == 0) {
        return 0;
    }
    struct stat before;
    int file = open_file(name, O_WRONLY | O_APPEND | O_CREAT);
    if (file < 0) {
        return file;
    }
    int error = 0;
    if (fstat(file, &before) != 0) {
        error = hal_error(errno);
    } else if (size > STATE_MAX_FILE || (uint64_t)before.st_size > STATE_MAX_FILE - size) {
        error = -HAL_ENOSPC;
    } else {
        error = write_state(file, data, size);
        if (error == 0 && fdatasync(file) != 0) {
            error = hal_error(errno);
        }
        if (error == 0 && before.st_size == 0 && fsync(directory) != 0) { /* the name may be new */
            error = hal_error(errno);
        }
        if (error != 0 && ftruncate(file, before.st_size) != 0) {
            error = -HAL_EIO; /* the reader of the file knows a torn end */
        }
    }
    close(file);
    return error;
}

int64_t state_replace(const char *name, const void *data, uint64_t size) {
    if (!plain(name)) {
        return -HAL_EINVAL;
    }
    if (directory < 0) {
        return 0;
    }
    if (size > STATE_MAX_FILE) {
        return -HAL_ENOSPC;
    }
    char temporary[MAX_NAME + sizeof TEMPORARY];
    snprintf(temporary, sizeof temporary, "%s" TEMPORARY, name);
    int file = open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0) {
        return file;
    }
    int error = write_state(file, data, size);
    if (error == 0 && fsync(file) != 0) {
        error = hal_error(errno);
    }
    close(file);
    if (error == 0 && renameat(directory, temporary, directory, name) != 0) {
        error = hal_error(errno);
    }
    if (error != 0) {
        unlinkat(directory, temporary, 0);
        return error;
    }
    return fsync(directory) == 0 ? 0 : hal_error(errno);
}

int state_failed_boots(void) {
    char text[16] = "";
    int64_t size = state_read("boot", 0, text, sizeof text - 1);
    long count = size > 0 ? strtol(text, NULL, 10) : 0;
    return count > 0 && count < 1000000 ? (int)count : 0;
}

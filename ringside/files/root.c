#include "files/root.h"
#include "files/beneath.h"
#include "files/janitor.h"
#include "files/names.h"
#include "files/overlay.h"
#include "files/shares.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NT_UNIX_EPOCH 116444736000000000ull /* 1970 in NT time */
/* The dates of what no disk holds (embedded images, directories of the overlay): 1 January 2024. */
#define FIXED_TIME (NT_UNIX_EPOCH + 1704067200ull * 10000000)

static struct {
    int fd; /* the root directory */
    bool started;
    char *path;        /* its host path */
    char *private_dir; /* to remove at the end */
} root = {.fd = -1};

const char *root_path(void) { return root.path; }
int root_descriptor(void) { return root.fd; }
bool root_is_private(void) { return root.private_dir != NULL; }

/* ---- Errors and facts -------------------------------------------------------------------------------- */

/* The HAL code for a host errno. What the door does not know by name is either a matter of permission or EIO. */
int64_t root_error(int error) {
    switch (error) {
    case ENOENT:
    case EIO:
    case EBADF:
    case ENOMEM:
    case EACCES:
    case EEXIST:
    case ENOTDIR:
    case EISDIR:
    case EINVAL:
    case ENOSPC:
    case ENOTEMPTY:
    case ENAMETOOLONG: return -error;
    case EPERM:
    case EROFS:
    case EXDEV:
    case ELOOP:
    case ETXTBSY:
    case EBUSY:
    case ENXIO:
    case ENODEV: return -HAL_EACCES;
    case EDQUOT:
    case EFBIG: return -HAL_ENOSPC;
    case EMFILE:
    case ENFILE: return -HAL_ENOMEM;
    default: return -HAL_EIO;
    }
}

static uint64_t nt_time(struct statx_timestamp time) {
    int64_t ticks = time.tv_sec * 10000000 + time.tv_nsec / 100;
    return ticks < -(int64_t)NT_UNIX_EPOCH ? 0 : NT_UNIX_EPOCH + (uint64_t)ticks;
}

bool root_host_time(uint64_t time, struct timespec *host) {
    *host = (struct timespec){.tv_nsec = UTIME_OMIT};
    if (time == 0)
        return true;
    if (time > INT64_MAX)
        return false;
    int64_t ticks = (int64_t)time - (int64_t)NT_UNIX_EPOCH, part = (ticks % 10000000 + 10000000) % 10000000;
    *host = (struct timespec){.tv_sec = (ticks - part) / 10000000, .tv_nsec = part * 100};
    return true;
}

int root_describe(int fd, hal_file_info *info) {
    struct statx s;

    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS | STATX_BTIME, &s) != 0)
        return errno;
    if (!S_ISREG(s.stx_mode) && !S_ISDIR(s.stx_mode))
        return EACCES;
    *info = (hal_file_info){
        .access_time = nt_time(s.stx_atime),
        .write_time = nt_time(s.stx_mtime),
        .change_time = nt_time(s.stx_ctime),
        .id = s.stx_ino,
        .is_directory = S_ISDIR(s.stx_mode),
        .links = s.stx_nlink,
    };
    info->create_time = (s.stx_mask & STATX_BTIME) != 0 ? nt_time(s.stx_btime) : info->write_time;
    if (info->is_directory) {
        info->links = 1;
    } else {
        info->size = s.stx_size;
        info->allocated = s.stx_blocks * 512;
        info->is_readonly = (s.stx_mode & 0222) == 0;
    }
    return 0;
}

void root_describe_fixed(hal_file_info *info, uint64_t size, bool directory, uint64_t id) {
    *info = (hal_file_info){
        .size = size,
        .allocated = (size + HAL_PAGE - 1) & ~(uint64_t)(HAL_PAGE - 1),
        .create_time = FIXED_TIME,
        .access_time = FIXED_TIME,
        .write_time = FIXED_TIME,
        .change_time = FIXED_TIME,
        .id = id,
        .is_directory = directory,
        .is_readonly = !directory,
        .links = 1,
    };
}

/* ---- Paths below the root -------------------------------------------------------------------------------- */

/* Opens below the root. path "" is the root itself. Returns a descriptor or a negative errno. */
int root_open(const char *path, int flags, mode_t mode) {
    int share;

    if (!shares_is_path(path))
        return beneath_open(root.fd, path, flags, mode);
    share = shares_find(path, &path);
    return share < 0 ? -ENOENT : beneath_open(shares_descriptor((size_t)share), path, flags, mode);
}

/* The name in directory `path` that equals `name` but for case: the first in byte order. False: none. */
static bool find_case(const char *path, const char *name, char *found) {
    int fd = root_open(path, O_RDONLY | O_DIRECTORY, 0);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    bool any = false;

    if (directory == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (names_equal(entry->d_name, name) && (!any || strcmp(entry->d_name, found) < 0)) {
            snprintf(found, NAMES_MAX_COMPONENT + 1, "%s", entry->d_name);
            any = true;
        }
    closedir(directory);
    return any;
}

/* Adds a component to a path of `used` bytes; false when it would be too long. */
static bool append(char *path, size_t *used, const char *name) {
    size_t length = strlen(name), slash = *used != 0;

    if (*used + slash + length >= HAL_MAX_PATH)
        return false;
    if (slash)
        path[(*used)++] = '/';
    memcpy(path + *used, name, length + 1);
    *used += length;
    return true;
}

/*
 * Spells a valid path as the root does, component by component: exact names first, then without regard to case. What is absent keeps
 * the caller's spelling. 0 when all of it is there, -ENOENT when only the last component is absent, -ENOTDIR when an earlier one is
 * (or is a file), or another negative errno.
 */
int root_spell(const char *path, char *spelled) {
    int absent = 0; /* components that are not there */
    size_t used = 0;

    if (strlen(path) >= HAL_MAX_PATH)
        return -ENAMETOOLONG;
    spelled[0] = '\0';
    if (shares_is_path(path)) {
        const char *rest;
        if (shares_find(path, &rest) < 0)
            return -ENOTDIR;
        used = strcspn(path + 2, "/") + 2;
        memcpy(spelled, path, used);
        spelled[used] = '\0';
        path = rest;
    }
    for (const char *part = path; *part != '\0';) {
        size_t length = strcspn(part, "/");
        bool last = part[length] == '\0';
        int flags = last ? O_PATH : O_PATH | O_DIRECTORY, fd = -ENOENT;
        char name[NAMES_MAX_COMPONENT + 1], found[NAMES_MAX_COMPONENT + 1];

        memcpy(name, part, length);
        name[length] = '\0';
        if (absent == 0) {
            char *end = spelled + used;
            if (!append(spelled, &used, name))
                return -ENAMETOOLONG;
            fd = root_open(spelled, flags, 0);
            if (fd == -ENOENT) {
                used = (size_t)(end - spelled);
                *end = '\0';
                if (find_case(spelled, name, found)) {
                    if (!append(spelled, &used, found))
                        return -ENAMETOOLONG;
                    if ((fd = root_open(spelled, flags, 0)) == -ENOENT)
                        return last ? -ENOENT : -ENOTDIR; /* a link to nowhere */
                }
            }
        }
        if (fd >= 0) {
            close(fd);
        } else if (fd != -ENOENT) {
            return fd;
        } else {
            absent++;
            if (!append(spelled, &used, name))
                return -ENAMETOOLONG;
        }
        part += length;
        part += *part == '/';
    }
    return absent == 0 ? 0 : absent == 1 && names_last(path)[0] != '\0' ? -ENOENT : -ENOTDIR;
}

/*
 * A descriptor of the directory that holds `spelled`, and in *name the last component: what mkdirat, unlinkat and renameat work on, none of
 * which knows RESOLVE_BENEATH. -ENOTDIR: no such directory.
 */
int root_open_parent(const char *spelled, const char **name) {
    const char *slash = strrchr(spelled, '/');
    char parent[HAL_MAX_PATH] = "";
    int fd;

    *name = slash == NULL ? spelled : slash + 1;
    if (slash != NULL) {
        memcpy(parent, spelled, (size_t)(slash - spelled));
        parent[slash - spelled] = '\0';
    }
    fd = root_open(parent, O_PATH | O_DIRECTORY, 0);
    return fd == -ENOENT ? -ENOTDIR : fd;
}

int root_make_parents(const char *spelled) {
    char part[HAL_MAX_PATH];

    if (shares_is_path(spelled)) /* the overlay lies over drive C: only */
        return 0;
    for (const char *slash = spelled; (slash = strchr(slash, '/')) != NULL; slash++) {
        const char *name;
        int parent, error;

        memcpy(part, spelled, (size_t)(slash - spelled));
        part[slash - spelled] = '\0';
        if (!overlay_is_directory(part))
            continue;
        if ((parent = root_open_parent(part, &name)) < 0)
            return parent;
        error = mkdirat(parent, name, 0777) != 0 && errno != EEXIST ? -errno : 0;
        close(parent);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- Start and stop -------------------------------------------------------------------------------- */

static int make_private(void) {
    const char *base = getenv("TMPDIR");

    if (base == NULL || base[0] != '/')
        base = "/tmp";
    if (asprintf(&root.private_dir, "%s/ringside.XXXXXX", base) < 0) {
        root.private_dir = NULL;
        return -ENOMEM;
    }
    if (mkdtemp(root.private_dir) == NULL) {
        int error = errno;
        free(root.private_dir);
        root.private_dir = NULL;
        return -error;
    }
    if (!janitor_start(root.private_dir)) {
        int error = errno;
        rmdir(root.private_dir);
        free(root.private_dir);
        root.private_dir = NULL;
        return -error;
    }
    return 0;
}

int root_start(const char *path) {
    int error, probe;

    if (path == NULL && (error = make_private()) != 0)
        return error;
    root.started = true;
    if (path == NULL)
        path = root.private_dir;
    root.fd = path != NULL ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (root.fd < 0 || (root.path = realpath(path, NULL)) == NULL) {
        error = -errno;
        root_stop();
        return error;
    }
    if ((probe = root_open("", O_PATH, 0)) < 0) { /* ENOSYS, or EPERM from a filter that does not know the call */
        root_stop();
        return probe == -EPERM ? -ENOSYS : probe;
    }
    close(probe);
    return 0;
}

void root_stop(void) {
    if (!root.started)
        return;
    root.started = false;
    if (root.fd >= 0)
        close(root.fd);
    root.fd = -1;
    janitor_finish();
    free(root.private_dir);
    free(root.path);
    root.private_dir = root.path = NULL;
}

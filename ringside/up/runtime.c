#include "up/runtime.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

const char *runtime_machine_name(const char *given) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const char *name = given != NULL ? given : getenv("RINGSIDE_MACHINE");

    if (given == NULL && (name == NULL || *name == '\0'))
        return "default";
    if (*name != '\0' && *name != '.' && *name != '-' && strlen(name) <= RUNTIME_NAME_MAX && name[strspn(name, allowed)] == '\0')
        return name;
    message_error(given != NULL ? "--machine" : "RINGSIDE_MACHINE",
                  "this is no name for a machine: up to 64 letters, digits, `_`, `.` and `-`, beginning with a letter, digit or `_`");
    return NULL;
}

/* Ours alone, or somebody else could put a socket there. */
static bool is_private(int fd) {
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISDIR(s.st_mode) && s.st_uid == geteuid() && (s.st_mode & 077) == 0;
}

int runtime_directory(bool make) {
    const char *base = getenv("XDG_RUNTIME_DIR");
    char *path = NULL;
    int fd = -1;

    if ((base != NULL && base[0] == '/' ? asprintf(&path, "%s/ringside", base) : asprintf(&path, "/tmp/ringside-%u", (unsigned)geteuid())) < 0) {
        message_error("runtime directory", "no memory for its name: free some");
        return -1;
    }
    if (!make || mkdir(path, 0700) == 0 || errno == EEXIST)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !make)
        fd = -ENOENT;
    else if (fd < 0)
        message_error(path, "the directory for machines' sockets cannot be made or opened: %s: set XDG_RUNTIME_DIR to a directory of your own",
                      strerror(errno));
    else if (!is_private(fd)) {
        message_error(path, "it is not yours alone, so no socket is safe in it: make it yours with mode 0700, or set XDG_RUNTIME_DIR");
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

/* mkdir -p */
static bool make_directories(char *path) {
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        bool made;
        if (slash != NULL)
            *slash = '\0';
        made = mkdir(path, 0700) == 0 || errno == EEXIST;
        if (slash == NULL || !made)
            return made;
        *slash = '/';
    }
}

/* From malloc; NULL: nothing says where, or no memory. */
static char *state_path(const char *name) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int length = -1;

    if (state != NULL && state[0] == '/')
        length = asprintf(&path, "%s/ringside/%s", state, name);
    else if (home != NULL && home[0] == '/')
        length = asprintf(&path, "%s/.local/state/ringside/%s", home, name);
    return length < 0 ? NULL : path;
}

char *runtime_state_directory(const char *name) {
    char *path = state_path(name), *drive = NULL;

    if (path == NULL) {
        message_error("state directory", "neither XDG_STATE_HOME nor HOME names a directory: set one");
        return NULL;
    }
    if (asprintf(&drive, "%s/drive_c", path) < 0)
        drive = NULL;
    if (drive == NULL || !make_directories(drive)) {
        message_error(path, "the machine's directory cannot be made: %s: check its permissions, or set XDG_STATE_HOME", strerror(errno));
        free(path);
        path = NULL;
    }
    free(drive);
    return path;
}

bool runtime_tell_last_words(const char *name) {
    char *path = state_path(name), *screen = NULL;
    struct stat s;
    bool told = false;

    if (path != NULL && asprintf(&screen, "%s/" RUNTIME_SCREEN, path) < 0)
        screen = NULL;
    if (screen != NULL && stat(screen, &s) == 0 && s.st_size != 0) {
        message_note("machine %s bug checked: the screen is in %s, and `ringside log --read %s/" RUNTIME_LAST_LOG "` shows what it had printed", name,
                     screen, path);
        told = true;
    }
    free(screen);
    free(path);
    return told;
}

int runtime_lock(int directory, const char *name) {
    char file[RUNTIME_NAME_MAX + 8];
    int fd;

    snprintf(file, sizeof file, "%s.lock", name);
    fd = openat(directory, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        message_error(file, "the machine's lock cannot be made in the runtime directory: %s", strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    return -EBUSY;
}

/* A path through the directory's descriptor: a socket's own path must fit into 107 bytes, and the runtime directory's may be longer. */
static void socket_address(int directory, const char *name, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s.sock", directory, name);
}

int runtime_listen(int directory, const char *name) {
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool bound;

    runtime_remove(directory, name);
    socket_address(directory, name, &address);
    bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0;
    umask(mask);
    if (bound)
        return fd;
    message_error(name, "the machine's socket cannot be made: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int runtime_connect(int directory, const char *name) {
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    socket_address(directory, name, &address);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error = errno;
    close(fd);
    return -error;
}

void runtime_remove(int directory, const char *name) {
    char file[RUNTIME_NAME_MAX + 8];

    snprintf(file, sizeof file, "%s.sock", name);
    unlinkat(directory, file, 0);
}

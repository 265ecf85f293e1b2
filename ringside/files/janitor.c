#include "files/janitor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int pipe_end = -1;
static pid_t janitor;

/* Removes what a directory holds. */
static void remove_below(int fd) {
    DIR *directory = fdopendir(fd);

    if (directory == NULL) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0 || (errno != EISDIR && errno != EPERM))
            continue;
        int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0)
            remove_below(below);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(directory);
}

/* In a session of its own, so that no key of the terminal ends it, and with no descriptor that somebody waits for. */
static __attribute__((noreturn)) void wait_and_remove(int end, const char *path) {
    int directory;
    char byte;

    setsid();
    prctl(PR_SET_NAME, "ringside-clean", 0, 0, 0);
    if (end != STDIN_FILENO)
        dup2(end, STDIN_FILENO);
    syscall(SYS_close_range, STDIN_FILENO + 1, UINT_MAX, 0);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
        ;
    if (directory >= 0)
        remove_below(directory);
    rmdir(path);
    _exit(0);
}

bool janitor_start(const char *path) {
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    janitor = fork();
    if (janitor == 0) {
        close(ends[1]);
        wait_and_remove(ends[0], path);
    }
    close(ends[0]);
    if (janitor < 0) {
        int error = errno;
        close(ends[1]);
        errno = error;
        return false;
    }
    pipe_end = ends[1];
    return true;
}

void janitor_finish(void) {
    if (pipe_end < 0)
        return;
    close(pipe_end);
    pipe_end = -1;
    while (waitpid(janitor, NULL, 0) < 0 && errno == EINTR)
        ;
}

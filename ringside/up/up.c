#include "up/up.h"
#include "console.h"
#include "devices/device.h"
#include "fence/fence.h"
#include "files/files.h"
#include "files/whole.h"
#include "log/store.h"
#include "machine.h"
#include "message.h"
#include "place.h"
#include "up/runtime.h"
#include "up/server.h"
#include "files/state.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS_WANTED 8192

static struct {
    bool running;
    const char *name;
    int directory;
    int screen, last_log;
    char *root, *state;
} up = {.screen = -1, .last_log = -1};

bool up_is_running(void) { return up.running; }

struct json_t *up_describe(void) {
    json_t *fence = json_array();
    char *lines = strdup(fence_describe()), *rest = lines, *line;

    while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
        if (*line != '\0')
            json_array_append_new(fence, json_string(line));
    free(lines);
    return json_pack("{s:s, s:i, s:s, s:s, s:o}", "machine", up.name, "process", (int)getpid(), "drive_c", up.root, "state", up.state, "fence",
                     fence);
}

void up_keep_screen(const char *text, size_t size) {
    static char line[LOG_STORE_LINE_MAX + 2];
    uint64_t cursor = 0, lost;
    size_t length;
    int error = write_whole(up.screen, text, size);

    while (error == 0 && (length = log_store_next(&cursor, line, sizeof line - 1, &lost)) != 0) {
        line[length] = '\n';
        error = write_whole(up.last_log, line, length + 1);
    }
    if (error != 0)
        message_note("the screen and the log could not be kept: %s", strerror(-error));
}

void up_end(const char *text, int code) {
    if (!up.running)
        return;
    up.running = false;
    server_stop(text, code);
}

/* The process that was called: stays until the machine serves, or has failed and said why. */
static int wait_until_ready(int ready, pid_t child, const char *name) {
    char byte;
    int status;
    ssize_t n;

    do
        n = read(ready, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1) {
        message_note("machine %s is up: process %d", name, (int)child);
        return 0;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    runtime_remove(up.directory, name); /* the lock is still ours */
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return WEXITSTATUS(status);
    message_error(name, "the machine ended before it was up");
    return EXIT_OURS;
}

static bool redirect(int fd, const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC, 0600);
    bool done = file >= 0 && dup2(file, fd) == fd;

    if (file >= 0)
        close(file);
    return done;
}

static int open_in(const char *directory, const char *name, int flags) {
    char *path = NULL;
    int fd = -1;

    if (asprintf(&path, "%s/%s", directory, name) < 0)
        path = NULL;
    if (path != NULL)
        fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0)
        message_error(name, "it cannot be written in the machine's directory %s: %s", directory, strerror(errno));
    free(path);
    return fd;
}

/* In the process that becomes the machine: everything that may fail. An exit code; it returns 0 only in case of success. */
static int prepare(struct run_options *options, int ready) {
    char *state = runtime_state_directory(up.name), *root = NULL;
    int listener, log, error;

    if (state == NULL || (options->root == NULL && asprintf(&root, "%s/drive_c", state) < 0))
        return EXIT_OURS;
    if ((error = files_start(options->root != NULL ? options->root : root)) != 0) {
        message_error(options->root != NULL ? options->root : root, "%s: --root takes a directory that is there", strerror(-error));
        return EXIT_OURS;
    }
    up.root = options->root != NULL ? realpath(options->root, NULL) : root;
    up.state = state;
    if (!machine_publish_images() || place_shares(options) != 0 || devices_add(options->devices, options->device_count) != 0)
        return EXIT_OURS;
    if (state_start(state) != 0)
        return EXIT_OURS;
    if (state_failed_boots() >= 2 && !options->safe && !options->last_good)
        message_note("the last %d boots of machine %s did not come up: `ringside up --last-known-good` goes back to when it did, `ringside up "
                     "--safe` leaves out the "
                     "drivers that start by themselves",
                     state_failed_boots(), up.name);
    up.screen = open_in(state, RUNTIME_SCREEN, O_WRONLY | O_CREAT | O_TRUNC);
    up.last_log = open_in(state, RUNTIME_LAST_LOG, O_WRONLY | O_CREAT | O_TRUNC);
    log = options->foreground ? 2 : open_in(state, "machine.log", O_WRONLY | O_CREAT | O_APPEND);
    if (up.screen < 0 || up.last_log < 0 || log < 0 || (listener = runtime_listen(up.directory, up.name)) < 0)
        return EXIT_OURS;
    if (!options->foreground && chdir("/") != 0)
        message_note("the machine keeps the directory where it was started: %s", strerror(errno));
    up.running = true;
    console_keep_debug_lines();
    server_start(listener, ready, log);
    return 0;
}

/* Each connection needs one, each program's console three. */
static void raise_descriptor_limit(void) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* The lock; one that is being given up, by a machine that answers nobody any more, is waited for. */
static int take_lock(void) {
    static const struct timespec pause = {0, 10000000};
    int lock = runtime_lock(up.directory, up.name);

    for (int i = 0; lock == -EBUSY && i < 200; i++) {
        int fd = runtime_connect(up.directory, up.name);
        if (fd >= 0) {
            close(fd);
            break;
        }
        nanosleep(&pause, NULL);
        lock = runtime_lock(up.directory, up.name);
    }
    return lock;
}

int up_command(struct run_options *options) {
    int pipe_ends[2] = {-1, -1}, lock, status;

    up.name = runtime_machine_name(options->machine);
    up.directory = up.name != NULL ? runtime_directory(true) : -1;
    if (up.directory < 0)
        return EXIT_OURS;
    lock = take_lock();
    if (lock == -EBUSY)
        message_error(up.name, "this machine is up already: enter it with `ringside run`, or end it with `ringside down`");
    if (lock < 0)
        return EXIT_OURS;
    if (!options->foreground) {
        pid_t child;
        if (pipe2(pipe_ends, O_CLOEXEC) != 0 || (child = fork()) < 0) {
            message_error("up", "no process for the machine: %s", strerror(errno));
            return EXIT_OURS;
        }
        if (child > 0) {
            close(pipe_ends[1]);
            return wait_until_ready(pipe_ends[0], child, up.name);
        }
        close(pipe_ends[0]);
        setsid();
        if (!redirect(0, "/dev/null", O_RDONLY) || !redirect(1, "/dev/null", O_WRONLY))
            message_note("/dev/null cannot be opened: the machine keeps this terminal");
    }
    raise_descriptor_limit();
    status = prepare(options, pipe_ends[1]);
    if (status == 0)
        status = machine_run(options);
    console_stop();
    files_stop();
    up_end(NULL, status);
    _exit(status);
}

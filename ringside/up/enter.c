#include "up/enter.h"
#include "command_line.h"
#include "message.h"
#include "files/names.h"
#include "up/runtime.h"
#include "up/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* ---- What travels with a request -------------------------------------------------------------------------------- */

struct luggage {
    json_t *files; /* word -> {"fd", "path"} or a negative errno */
    int descriptors[WIRE_MAX_DESCRIPTORS];
    size_t count;
};

/* If the word names a file of this host, the machine gets it open: what it is called here says nothing there. */
static void pack_file(struct luggage *luggage, const char *word) {
    int fd = -1;
    struct stat s;
    char *path = NULL;

    if (*word == '\0' || json_object_get(luggage->files, word) != NULL)
        return;
    /* O_NONBLOCK: a pipe or device of that name must not make us wait before it is refused. */
    fd = open(word, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        json_object_set_new(luggage->files, word, json_integer(-errno));
        return;
    }
    path = realpath(word, NULL);
    if (luggage->count == WIRE_MAX_DESCRIPTORS || path == NULL || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) {
        json_object_set_new(luggage->files, word,
                            json_integer(luggage->count == WIRE_MAX_DESCRIPTORS ? -EMFILE
                                         : S_ISDIR(s.st_mode)                   ? -EISDIR
                                                                                : -EINVAL));
        close(fd);
    } else {
        json_t *entry = json_pack("{s:i, s:s}", "fd", (int)luggage->count, "path", path);
        if (entry == NULL) /* a directory on the way has a name that is no UTF-8 */
            entry = json_pack("{s:i, s:s}", "fd", (int)luggage->count, "path", word);
        json_object_set_new(luggage->files, word, entry);
        luggage->descriptors[luggage->count++] = fd;
    }
    free(path);
}

/*
 * A standard stream as the machine gets it: an open file of its own, which does not block, so that the machine waits for no terminal, and the
 * shell's stays as it is. What cannot be opened again (a socket, a terminal of somebody else's) goes as it is, does not block meanwhile, and is put back from
 * *flags_before afterwards. A file goes as it is, for its position.
 */
static int console_descriptor(int fd, int access, int *flags_before) {
    char path[32];
    struct stat s;
    int again = -1;

    if (fstat(fd, &s) != 0)
        return open("/dev/null", access | O_CLOEXEC);
    if (!S_ISREG(s.st_mode)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        again = open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (again < 0 && !S_ISREG(s.st_mode))
        *flags_before = fcntl(fd, F_GETFL);
    return again >= 0 ? again : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* What goes over the socket is UTF-8, as everything is that Windows could read. False after a message. */
static bool check_words(const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        json_t *word = json_string(words[i]);
        if (word == NULL) {
            message_error(words[i], "this word is no UTF-8: write it in UTF-8, or rename the file");
            return false;
        }
        json_decref(word);
    }
    return true;
}

static void unpack(struct luggage *luggage) {
    for (size_t i = 0; i < luggage->count; i++)
        close(luggage->descriptors[i]);
}

/* ---- run -------------------------------------------------------------------------------- */

static json_t *words_of(char *const *words, size_t count) {
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(words[i]));
    return list;
}

static void pack_words_of_line(struct luggage *luggage, const char *line) {
    size_t count = 0;
    char **words = command_line_split(line, &count);

    for (size_t i = 0; words != NULL && i < count; i++)
        pack_file(luggage, words[i]);
    free(words);
}

int enter_run(struct client *client, const struct run_options *options) {
    struct luggage luggage = {.files = json_object()};
    struct itimerval limit = {.it_value = {(time_t)options->timeout_seconds, 0}};
    int flags_before[3] = {-1, -1, -1};
    json_t *request;
    int status;

    if (options->of_machine != NULL) {
        message_error(options->of_machine, "a machine is up, and it got this when it booted: give it to `ringside up`, or add --alone");
        return EXIT_OURS;
    }
    if (!check_words(&options->program, options->program != NULL) || !check_words(options->drivers, options->driver_count) ||
        !check_words(options->matches, options->driver_count) || !check_words((const char *const *)options->arguments, options->argument_count) ||
        !check_words(options->further, options->further_count))
        return EXIT_OURS;
    for (int fd = 0; fd <= 2; fd++) {
        luggage.descriptors[luggage.count] = console_descriptor(fd, fd == 0 ? O_RDONLY : O_WRONLY, &flags_before[fd]);
        if (luggage.descriptors[luggage.count++] < 0) {
            message_error("console", "standard stream %d cannot be given to the machine: %s", fd, strerror(errno));
            return EXIT_OURS;
        }
    }
    request = json_pack("{s:s}", "command", "run");
    json_object_set_new(request, "user", json_integer(options->account));
    json_object_set_new(request, "drivers", words_of((char *const *)options->drivers, options->driver_count));
    json_object_set_new(request, "matches", words_of((char *const *)options->matches, options->driver_count));
    json_object_set_new(request, "arguments", words_of(options->arguments, options->argument_count));
    json_object_set_new(request, "and", words_of((char *const *)options->further, options->further_count));
    for (size_t i = 0; i < options->driver_count; i++)
        pack_file(&luggage, options->drivers[i]);
    if (options->program != NULL) {
        json_object_set_new(request, "program", json_string(options->program));
        pack_file(&luggage, options->program);
    }
    for (size_t i = 0; i < options->argument_count; i++)
        pack_file(&luggage, options->arguments[i]);
    for (size_t i = 0; i < options->further_count; i++)
        pack_words_of_line(&luggage, options->further[i]);
    json_object_set_new(request, "files", luggage.files);
    if (options->timeout_seconds != 0)
        setitimer(ITIMER_REAL, &limit, NULL);
    status = client_send(client, request, luggage.descriptors, luggage.count, true);
    for (int fd = 0; fd <= 2; fd++)
        if (flags_before[fd] >= 0)
            fcntl(fd, F_SETFL, flags_before[fd]);
    unpack(&luggage);
    return status;
}

/* ---- load, unload -------------------------------------------------------------------------------- */

int enter_load(const struct machine_options *options) {
    struct luggage luggage = {.files = json_object()};
    const char *base = names_last(options->subject), *dot = strrchr(base, '.');
    const json_t *found;
    struct client *client;
    json_t *request;
    char *name;
    int status;

    if (!check_words(&options->subject, 1) || (options->name != NULL && !check_words(&options->name, 1)) ||
        (options->match != NULL && !check_words(&options->match, 1)))
        return EXIT_OURS;
    name = options->name != NULL ? strdup(options->name) : strndup(base, dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base));
    pack_file(&luggage, options->subject);
    found = json_object_get(luggage.files, options->subject);
    if (json_is_integer(found)) {
        int error = (int)-json_integer_value(found);
        message_error(options->subject, "%s: name a driver's file", error == EINVAL ? "it is no ordinary file" : strerror(error));
        json_decref(luggage.files);
        free(name);
        return error == ENOENT ? EXIT_ABSENT : EXIT_REFUSED;
    }
    client = client_connect(options->machine, &status);
    if (client != NULL) {
        request = json_pack("{s:s, s:[s,s,s,s], s:O}", "command", "load", "arguments", options->subject, name,
                            options->start != NULL ? options->start : "demand", options->match != NULL ? options->match : "", "files", luggage.files);
        status = client_send(client, request, luggage.descriptors, luggage.count, false);
        client_close(client);
    }
    json_decref(luggage.files);
    unpack(&luggage);
    free(name);
    return status;
}

static int ask(const char *machine, const char *command, const char *argument) {
    int status;
    struct client *client = client_connect(machine, &status);

    if (client == NULL)
        return status;
    status = client_ask(client, command, &argument, argument != NULL ? 1 : 0, NULL, NULL);
    client_close(client);
    return status;
}

int enter_unload(const struct machine_options *options) { return ask(options->machine, "unload", options->subject); }

/* ---- status -------------------------------------------------------------------------------- */

static void print_host(const json_t *host) {
    const json_t *fence = json_object_get(host, "fence");

    printf("machine   %s, process %d\n", json_string_value(json_object_get(host, "machine")),
           (int)json_integer_value(json_object_get(host, "process")));
    printf("C:\\       %s\n", json_string_value(json_object_get(host, "drive_c")));
    printf("state     %s\n", json_string_value(json_object_get(host, "state")));
    for (size_t i = 0; i < json_array_size(fence); i++)
        printf("%-9s %s\n", i == 0 ? "fence" : "", json_string_value(json_array_get(fence, i)));
}

int enter_status(const struct machine_options *options) {
    char *answer = NULL;
    json_t *host = NULL, *said;
    struct client *client;
    int status;

    if (options->threads)
        return ask(options->machine, "threads", NULL);
    if ((client = client_connect(options->machine, &status)) == NULL)
        return status;
    status = client_status(client, options->json, &answer, &host);
    if (status == 0 && host != NULL && answer != NULL && !options->json) {
        print_host(host);
        fputs(answer, stdout);
    } else if (status == 0 && host != NULL && answer != NULL && (said = json_loads(answer, 0, NULL)) != NULL) {
        json_object_update(host, said);
        json_dumpf(host, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(said);
    } else if (status == 0) {
        message_error("status", "the machine gave no answer that can be read");
        status = EXIT_OURS;
    }
    json_decref(host);
    free(answer);
    client_close(client);
    return status;
}

/* ---- down -------------------------------------------------------------------------------- */

static void wait_for_lock(const char *name) {
    static const struct timespec pause = {0, 5000000};
    int directory = runtime_directory(false), lock = -EBUSY;

    for (int i = 0; directory >= 0 && lock == -EBUSY && i < 2000; i++) {
        lock = runtime_lock(directory, name);
        if (lock == -EBUSY && nanosleep(&pause, NULL) != 0)
            break; /* Ctrl+C */
    }
    if (lock >= 0) {
        runtime_remove(directory, name); /* behind its fence the machine could not */
        close(lock);
    }
    if (directory >= 0)
        close(directory);
}

int enter_down(const struct machine_options *options) {
    const char *name = runtime_machine_name(options->machine);
    int status;
    struct client *client = name != NULL ? client_connect(options->machine, &status) : NULL;

    if (client == NULL)
        return name != NULL ? status : EXIT_OURS;
    if (options->kill) {
        int process = client_process(client);
        status = process > 0 && kill(process, SIGKILL) == 0 ? 0 : EXIT_OURS;
        if (status != 0)
            message_error(name, "process %d cannot be killed: %s", process, strerror(errno));
    } else {
        status = client_ask(client, "down", NULL, 0, NULL, NULL);
    }
    client_close(client);
    wait_for_lock(name); /* so that `ringside up` works at once */
    return status;
}

#include "up/request.h"
#include "files/files.h"
#include "message.h"
#include "files/names.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *command;
    uint32_t kind;
    size_t least_arguments;
} commands[] = {
    {"run", HAL_REQUEST_RUN, 0},         {"load", HAL_REQUEST_LOAD, 1},       {"unload", HAL_REQUEST_UNLOAD, 1}, {"status", HAL_REQUEST_STATUS, 0},
    {"threads", HAL_REQUEST_THREADS, 0}, {"objects", HAL_REQUEST_OBJECTS, 0}, {"down", HAL_REQUEST_DOWN, 0},
};

/* An array of strings without embedded zeros into words; false, with none taken: it is something else, or longer than room. */
static bool take_words(const json_t *array, const char **words, size_t room, size_t *count) {
    size_t size = json_array_size(array);

    *count = 0;
    if (array != NULL && (!json_is_array(array) || size > room))
        return false;
    for (size_t i = 0; i < size; i++) {
        const json_t *word = json_array_get(array, i);
        if (!json_is_string(word) || strlen(json_string_value(word)) != json_string_length(word))
            return false;
        words[i] = json_string_value(word);
    }
    *count = size;
    return true;
}

/* ---- Files that came with the request -------------------------------------------------------------------------------- */

struct attached {
    const json_t *files; /* word on the client's command line -> {"fd": index, "path": its own path} or a negative errno */
    struct wire_input *input;
};

/* place.c's way to a file of the host: what the client opened under that name. */
static int open_attached(void *context, const char *word, char **host_path) {
    struct attached *attached = context;
    const json_t *entry = json_object_get(attached->files, word);
    const char *path = json_string_value(json_object_get(entry, "path"));
    json_int_t index = json_integer_value(json_object_get(entry, "fd"));
    int fd;

    if (json_is_integer(entry) && json_integer_value(entry) < 0 && json_integer_value(entry) > -4096)
        return (int)json_integer_value(entry);
    if (path == NULL || index < 0 || (size_t)index >= attached->input->descriptor_count || attached->input->descriptors[index] < 0)
        return -ENOENT;
    fd = fcntl(attached->input->descriptors[index], F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -errno;
    *host_path = strdup(path);
    return fd;
}

/* ---- run -------------------------------------------------------------------------------- */

static bool take_run(const json_t *message, struct request *request) {
    struct run_options *options = &request->options;
    const json_t *program = json_object_get(message, "program"), *arguments = json_object_get(message, "arguments");
    json_int_t account = json_integer_value(json_object_get(message, "user"));
    size_t count = json_array_size(arguments), matches;

    if (account < HAL_ACCOUNT_ADMINISTRATOR || account > HAL_ACCOUNT_SYSTEM)
        return false;
    options->account = (uint32_t)account;
    if (program != NULL && (!json_is_string(program) || strlen(json_string_value(program)) != json_string_length(program)))
        return false;
    options->program = json_string_value(program);
    request->program_arguments = calloc(count + 1, sizeof *request->program_arguments);
    if (request->program_arguments == NULL || !take_words(arguments, (const char **)request->program_arguments, count, &options->argument_count) ||
        !take_words(json_object_get(message, "drivers"), options->drivers, OPTIONS_MAX_DRIVERS, &options->driver_count) ||
        !take_words(json_object_get(message, "matches"), options->matches, OPTIONS_MAX_DRIVERS, &matches) || matches != options->driver_count ||
        !take_words(json_object_get(message, "and"), options->further, HAL_MAX_PROGRAMS - 1, &options->further_count))
        return false;
    options->arguments = request->program_arguments;
    return options->program != NULL || options->driver_count != 0;
}

/* ---- load -------------------------------------------------------------------------------- */

#define DRIVERS_DIRECTORY "Windows/System32/drivers/"

static bool is_there(const char *path) {
    hal_file_info info;
    int64_t file = files_open(path, HAL_FILE_READ, HAL_OPEN, &info);

    if (file >= 0)
        files_close(file);
    return file >= 0;
}

/* The whole of fd into a new file of drive C:. Who has an old one open keeps it. 0 or a negative errno. */
static int copy_into(int fd, const char *path) {
    static char buffer[65536];
    hal_file_info info;
    int64_t file = files_delete(path);
    uint64_t offset = 0;
    ssize_t n = 0;

    if (file == 0 || file == -HAL_ENOENT || file == -HAL_ENOTDIR)
        file = files_open(path, HAL_FILE_READ | HAL_FILE_WRITE, HAL_OVERWRITE_IF, &info);
    if (file < 0)
        return (int)file;
    while ((n = pread(fd, buffer, sizeof buffer, (off_t)offset)) > 0) {
        int64_t written = files_write(file, offset, buffer, (uint64_t)n);
        if (written != n) {
            n = written < 0 ? (ssize_t)written : -HAL_ENOSPC;
            break;
        }
        offset += (uint64_t)n;
    }
    files_close(file);
    if (n < 0)
        files_delete(path);
    return n < 0 ? (int)n : 0;
}

/* "x.sys" of the client becomes C:\Windows\System32\drivers\x.sys, for good. Gives the path in the machine, from malloc; NULL after a message. */
static char *install(const char *word, struct attached *attached, char **new_file) {
    char *host_path = NULL, *path = NULL, *machine = NULL;
    int fd = open_attached(attached, word, &host_path);
    int error = fd < 0 ? fd : 0;

    if (error == 0 && asprintf(&path, DRIVERS_DIRECTORY "%s", names_last(word)) < 0)
        path = NULL;
    if (path != NULL) {
        bool was_there = is_there(path);
        error = copy_into(fd, path);
        *new_file = error == 0 && !was_there ? strdup(path) : NULL;
    }
    if (error == 0 && asprintf(&machine, "C:\\Windows\\System32\\drivers\\%s", names_last(word)) < 0)
        machine = NULL;
    if (machine == NULL)
        message_error(word, "it cannot be put into C:\\Windows\\System32\\drivers: %s", error != 0 ? strerror(-error) : "no memory");
    if (fd >= 0)
        close(fd);
    free(host_path);
    free(path);
    return machine;
}

enum request_kind_host request_decode(json_t *message, struct wire_input *input, struct request *request, hal_request *out, int *code) {
    const char *command = json_string_value(json_object_get(message, "command"));
    struct attached attached = {json_object_get(message, "files"), input};
    size_t i = 0;

    *request = (struct request){.message = message};
    *out = (hal_request){0};
    *code = 0;
    if (command == NULL || !take_words(json_object_get(message, "arguments"), request->arguments, HAL_MAX_ARGUMENTS, &request->argument_count)) {
        if (command == NULL || strcmp(command, "run") != 0) /* a program may have more */
            goto refuse;
    }
    if (strcmp(command, "log") == 0)
        return REQUEST_LOG;
    while (i < sizeof commands / sizeof *commands && strcmp(commands[i].command, command) != 0)
        i++;
    if (i == sizeof commands / sizeof *commands || request->argument_count < commands[i].least_arguments)
        goto refuse;
    out->kind = commands[i].kind;
    if (out->kind == HAL_REQUEST_RUN) {
        if (!take_run(message, request) || input->descriptor_count < 3)
            goto refuse;
        place_open_with(open_attached, &attached);
        *code = place_files(&request->options);
        place_open_with(NULL, NULL);
        if (*code != 0)
            goto refuse;
        out->drivers = request->options.machine_drivers;
        out->driver_matches = request->options.matches;
        out->driver_count = (uint32_t)request->options.driver_count;
        out->programs = request->options.machine_programs;
        out->program_count = (uint32_t)request->options.machine_program_count;
    } else if (out->kind == HAL_REQUEST_LOAD && attached.files != NULL) {
        char *machine = install(request->arguments[0], &attached, &request->new_file);
        if (machine == NULL) {
            *code = EXIT_REFUSED;
            goto refuse;
        }
        json_object_set_new(message, "installed", json_string(machine));
        free(machine);
        request->arguments[0] = json_string_value(json_object_get(message, "installed"));
        if (request->arguments[0] == NULL)
            goto refuse;
    }
    if (out->kind != HAL_REQUEST_RUN) {
        out->arguments = request->arguments;
        out->argument_count = (uint32_t)request->argument_count;
    }
    return REQUEST_KERNEL;
refuse:
    request_free(request);
    return REQUEST_REFUSED;
}

void request_undo(struct request *request) {
    if (request->new_file != NULL)
        files_delete(request->new_file);
}

void request_free(struct request *request) {
    free(request->new_file);
    place_free(&request->options);
    free(request->program_arguments);
    json_decref(request->message);
    *request = (struct request){0};
}

/* The ringside command: which subcommand, and for `run` which files of the host become which files of the machine. */
#include "cc.h"
#include "command_line.h"
#include "console.h"
#include "files.h"
#include "help.h"
#include "inspect.h"
#include "layout.h"
#include "machine.h"
#include "message.h"
#include "names.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(const struct usage_error *error) {
    message_error(error->what, "%s: %s", error->why, error->advice);
    return EXIT_OURS;
}

/* Help that was asked for goes to standard output. */
static int print_help(const char *command) {
    fputs(help_text(command), stdout);
    return fflush(stdout) == 0 ? 0 : EXIT_OURS;
}

/* ---- run: names of the host and of the machine -------------------------------------------------------------------------------- */

/* A file of the host that is to be seen at C:\path. Returns 0 or an exit code, after a message if `required`. */
static int add_file(const char *path, const char *host_path, bool required) {
    int error = files_add_host(path, host_path);

    if (error == 0 || !required)
        return 0;
    switch (-error) {
    case ENOENT:
    case ENOTDIR: message_error(host_path, "there is no such file: check the path"); return EXIT_ABSENT;
    case EEXIST:
        message_error(host_path, "another file on this command line has the same name: rename one of them, for both would be C:\\%s", path);
        return EXIT_OURS;
    case EISDIR: message_error(host_path, "it is a directory: name the image itself"); return EXIT_REFUSED;
    case EINVAL:
    case ENAMETOOLONG:
        message_error(host_path, "it is no ordinary file, or Windows has no such file name: name a file whose name can stand in C:\\");
        return EXIT_REFUSED;
    default: message_error(host_path, "it cannot be opened (%s): check its permissions", strerror(-error)); return EXIT_REFUSED;
    }
}

/* "C:\dir\file", as it is called in the machine, becomes "dir/file" below the root; NULL: no such path. */
static char *root_path_of(const char *argument) {
    char *path;

    if ((argument[0] | 0x20) != 'c' || argument[1] != ':' || (argument[2] != '\\' && argument[2] != '/'))
        return NULL;
    path = strdup(argument + 3);
    for (char *c = path; c != NULL && *c != '\0'; c++)
        if (*c == '\\')
            *c = '/';
    return path;
}

/* Where the image `argument` names is in the machine: in *machine_name, from malloc. Returns 0 or an exit code, after a message. */
static int place_image(const char *argument, const char **machine_name) {
    char *inside = root_path_of(argument), *name = NULL;
    const char *file = names_last(argument);
    int status = 0;

    if (inside != NULL) {
        hal_file_info info;
        int64_t handle = files_open(inside, HAL_FILE_READ, HAL_OPEN, &info);
        free(inside);
        if (handle < 0) {
            message_error(argument, "there is no such file in the machine's drive C: name a file of this host, or give --root");
            return EXIT_ABSENT;
        }
        files_close(handle);
        name = strdup(argument);
        for (char *c = name; c != NULL && *c != '\0'; c++)
            if (*c == '/')
                *c = '\\';
    } else {
        status = add_file(file, argument, true);
        if (status == 0 && asprintf(&name, "C:\\%s", file) < 0)
            name = NULL;
    }
    if (status == 0 && name == NULL) {
        message_error(argument, "no memory for its name: free some");
        status = EXIT_OURS;
    }
    *machine_name = name;
    return status;
}

/* Arguments of the program that name files can be opened under the same relative name, and under the file's own. */
static void place_argument(const char *argument) {
    if (argument[0] == '\0')
        return;
    add_file(names_last(argument), argument, false);
    if (argument[0] == '.' && argument[1] == '/')
        argument += 2;
    if (argument[0] != '/')
        add_file(argument, argument, false);
}

static int start_files(const char *root) {
    int error = files_start(root);

    if (error == 0)
        return 0;
    if (error == -ENOSYS)
        message_error(
            "drive C:",
            "this host has no openat2, which keeps a program inside its directory: use Linux 5.6 or newer, or a sandbox that allows the call");
    else
        message_error(root == NULL ? "drive C:" : root, "%s: %s", strerror(-error),
                      root == NULL ? "set TMPDIR to a directory that can be written" : "--root takes a directory that is there");
    return EXIT_OURS;
}

static int place_program(struct run_options *options, const char *program, char **arguments, size_t count) {
    hal_program *placed = &options->machine_programs[options->machine_program_count];
    int status = place_image(program, &placed->path);

    if (status != 0)
        return status;
    for (size_t i = 0; i < count; i++)
        place_argument(arguments[i]);
    placed->command_line = command_line_quote(placed->path, arguments, count);
    if (placed->command_line == NULL) {
        message_error(program, "its command line is longer than the 32767 characters that Windows allows, or there is no memory for it: shorten it");
        return EXIT_OURS;
    }
    options->machine_program_count++;
    return 0;
}

/* The string of an --and. */
static int place_further(struct run_options *options, const char *line) {
    size_t count;
    char **words = command_line_split(line, &count);
    int status;

    if (words == NULL) {
        message_error("--and", "no memory for its words: free some");
        return EXIT_OURS;
    }
    status = place_program(options, words[0], words + 1, count - 1);
    free(words);
    return status;
}

static int place_files(struct run_options *options) {
    int status = 0;

    for (size_t i = 0; i < options->driver_count && status == 0; i++)
        status = place_image(options->drivers[i], &options->machine_drivers[i]);
    if (options->program != NULL && status == 0)
        status = place_program(options, options->program, options->arguments, options->argument_count);
    for (size_t i = 0; i < options->further_count && status == 0; i++)
        status = place_further(options, options->further[i]);
    return status;
}

static int command_run(int argc, char **argv, char **whole) {
    static struct run_options options; /* the machine reads it until the process ends */
    struct usage_error error;
    int status;

    if (!options_parse_run(argc, argv, &options, &error))
        return usage(&error);
    if (options.help)
        return print_help("run");
    layout_ensure(whole);
    if ((status = console_start(options.trace_file)) != 0) {
        message_error(options.trace_file, "%s: --trace=FILE takes a file that can be written", strerror(-status));
        return EXIT_OURS;
    }
    status = start_files(options.root);
    if (status == 0)
        status = place_files(&options);
    if (status == 0)
        status = machine_run(&options);
    console_stop();
    files_stop();
    return status;
}

/* ---- The other commands -------------------------------------------------------------------------------- */

static int command_inspect(int argc, char **argv) {
    struct inspect_options options;
    struct usage_error error;

    if (!options_parse_inspect(argc, argv, &options, &error))
        return usage(&error);
    return options.help ? print_help("inspect") : inspect_command(&options);
}

static int command_cc(int argc, char **argv) {
    struct cc_options options;
    struct usage_error error;

    if (!options_parse_cc(argc, argv, &options, &error))
        return usage(&error);
    return options.help ? print_help("cc") : cc_command(&options);
}

static int unknown_command(const char *word) {
    const char *meant = options_suggest(word, help_commands);

    if (meant != NULL)
        message_error(word, "there is no such command: did you mean `ringside %s`?", meant);
    else
        message_error(word, "there is no such command: `ringside --help` lists them");
    return EXIT_OURS;
}

int main(int argc, char **argv) {
    const char *command = argc > 1 ? argv[1] : "";

    if (*command == '\0') {
        fputs(help_text(NULL), stderr);
        return EXIT_OURS;
    }
    if (strcmp(command, "run") == 0)
        return command_run(argc - 2, argv + 2, argv);
    if (strcmp(command, "inspect") == 0)
        return command_inspect(argc - 2, argv + 2);
    if (strcmp(command, "cc") == 0)
        return command_cc(argc - 2, argv + 2);
    if (strcmp(command, "--version") == 0 || strcmp(command, "-V") == 0) {
        puts("ringside " RINGSIDE_VERSION);
        return fflush(stdout) == 0 ? 0 : EXIT_OURS;
    }
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)
        return print_help(NULL);
    if (strcmp(command, "help") == 0)
        return argc < 3 || help_text(argv[2]) != NULL ? print_help(argc < 3 ? NULL : argv[2]) : unknown_command(argv[2]);
    return unknown_command(command);
}

/* The ringside command: which subcommand. */
#include "cc.h"
#include "console.h"
#include "files.h"
#include "help.h"
#include "inspect.h"
#include "layout.h"
#include "machine.h"
#include "message.h"
#include "options.h"
#include "place.h"

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

/* ---- run -------------------------------------------------------------------------------- */

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

static int command_run(int argc, char **argv, char **whole) {
    static struct run_options options; /* the machine reads it until the process ends */
    struct usage_error error = {0};
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
    struct usage_error error = {0};

    if (!options_parse_inspect(argc, argv, &options, &error))
        return usage(&error);
    return options.help ? print_help("inspect") : inspect_command(&options);
}

static int command_cc(int argc, char **argv) {
    struct cc_options options;
    struct usage_error error = {0};

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

/* The ringside command: which subcommand. */
#include "cc.h"
#include "up/client.h"
#include "console.h"
#include "devices/device.h"
#include "up/enter.h"
#include "files/files.h"
#include "help.h"
#include "inspect.h"
#include "layout.h"
#include "log/command.h"
#include "log/store.h"
#include "machine.h"
#include "message.h"
#include "objects/command.h"
#include "options.h"
#include "place.h"
#include "repeat.h"
#include "up/runtime.h"
#include "up/up.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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

static int run_machine(struct run_options *options) {
    int status = console_start(options->trace_file);

    if (status != 0) {
        message_error(options->trace_file, "%s: --trace=FILE takes a file that can be written", strerror(-status));
        return EXIT_OURS;
    }
    if (options->log_file != NULL && (status = log_store_to_file(options->log_file)) != 0) {
        message_error(options->log_file, "%s: --log FILE takes a file that can be written", strerror(-status));
        return EXIT_OURS;
    }
    status = start_files(options->root);
    if (status == 0 && !machine_publish_images())
        status = EXIT_OURS;
    if (status == 0)
        status = place_shares(options);
    if (status == 0)
        status = devices_add(options->devices, options->device_count);
    if (status == 0)
        status = place_files(options);
    if (status == 0)
        status = machine_run(options);
    console_stop();
    files_stop();
    return status;
}

static int command_run(int argc, char **argv, char **whole) {
    static struct run_options options; /* the machine reads it until the process ends */
    struct usage_error error = {0};
    int status;

    if (!options_parse_run(argc, argv, &options, &error))
        return usage(&error);
    if (options.help)
        return print_help("run");
    if (!options.alone) {
        struct client *client = options.machine != NULL ? client_connect(options.machine, &status) : client_connect_if_up(NULL, &status);
        if (client != NULL)
            return enter_run(client, &options);
        if (status != 0)
            return status;
        if (runtime_tell_last_words(runtime_machine_name(NULL)))
            message_note("this run has a machine of its own; `ringside up` starts that one again");
    }
    layout_ensure(whole);
    if (options.cpus > 1 || options.many_seeds)
        repeat_remember(whole, options.arguments);
    return options.many_seeds ? repeat_seeds(&options, run_machine) : run_machine(&options);
}

static int command_up(int argc, char **argv, char **whole) {
    static struct run_options options; /* the machine reads it until the process ends */
    struct usage_error error = {0};
    int status;

    if (!options_parse_up(argc, argv, &options, &error))
        return usage(&error);
    if (options.help)
        return print_help("up");
    layout_ensure(whole);
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0); /* what the shell left open would stay open as long as the machine is up */
    if ((status = console_start(options.trace_file)) != 0) {
        message_error(options.trace_file, "%s: --trace=FILE takes a file that can be written", strerror(-status));
        return EXIT_OURS;
    }
    return up_command(&options);
}

static int command_machine(const char *command, int argc, char **argv, int (*act)(const struct machine_options *)) {
    struct machine_options options;
    struct usage_error error = {0};

    if (!options_parse_machine(command, argc, argv, &options, &error))
        return usage(&error);
    return options.help ? print_help(command) : act(&options);
}

/* ---- The other commands -------------------------------------------------------------------------------- */

static int command_log(int argc, char **argv) {
    struct log_options options;
    struct usage_error error = {0};

    if (!options_parse_log(argc, argv, &options, &error))
        return usage(&error);
    return options.help ? print_help("log") : log_command(&options);
}

static int command_objects(int argc, char **argv) {
    struct objects_options options;
    struct usage_error error = {0};

    if (!options_parse_objects(argc, argv, &options, &error))
        return usage(&error);
    return options.help ? print_help("objects") : objects_command(&options);
}

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

static const struct {
    const char *name;
    int (*act)(const struct machine_options *);
} machine_commands[] = {{"load", enter_load}, {"unload", enter_unload}, {"status", enter_status}, {"down", enter_down}};

int main(int argc, char **argv) {
    const char *command = argc > 1 ? argv[1] : "";

    if (*command == '\0') {
        fputs(help_text(NULL), stderr);
        return EXIT_OURS;
    }
    if (strcmp(command, "run") == 0)
        return command_run(argc - 2, argv + 2, argv);
    if (strcmp(command, "up") == 0)
        return command_up(argc - 2, argv + 2, argv);
    for (size_t i = 0; i < sizeof machine_commands / sizeof *machine_commands; i++)
        if (strcmp(command, machine_commands[i].name) == 0)
            return command_machine(command, argc - 2, argv + 2, machine_commands[i].act);
    if (strcmp(command, "objects") == 0)
        return command_objects(argc - 2, argv + 2);
    if (strcmp(command, "log") == 0)
        return command_log(argc - 2, argv + 2);
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

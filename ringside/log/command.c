#include "log/command.h"
#include "up/client.h"
#include "log/format.h"
#include "log/view.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Records on their way to standard output. */
struct output {
    const struct log_options *options;
    struct log_style style;
    uint64_t seen;  /* the number of the last record */
    uint64_t after; /* records up to this one have been shown */
    char **last;    /* -n: the lines that may turn out to be the last, a ring of options->last; NULL: they are printed as they come */
    uint64_t last_count;
    uint64_t refused; /* lines that are no records */
};

static bool print_record(struct output *output, const char *line, size_t size, const struct log_record *record) {
    char *text;
    bool fine;

    if (output->options->json)
        return fwrite(line, 1, size, stdout) == size && putchar('\n') != EOF;
    text = log_format_line(&output->style, record);
    fine = text != NULL && fputs(text, stdout) != EOF;
    free(text);
    return fine;
}

static bool hold(struct output *output, const char *line, size_t size) {
    char **slot = &output->last[output->last_count++ % output->options->last];

    free(*slot);
    *slot = strndup(line, size);
    return *slot != NULL;
}

/* A record that is none is left out: its writer was not Ringside, or was cut off. */
static bool take_record(void *context, const char *line, size_t size) {
    struct output *output = context;
    struct log_record record;
    bool fine = true;

    if (!log_record_parse(line, size, &record)) {
        output->refused++;
        return true;
    }
    output->seen = record.sequence;
    if (record.sequence > output->after && log_filter_passes(&output->options->filter, &record))
        fine = output->last != NULL ? hold(output, line, size) : print_record(output, line, size, &record);
    log_record_free(&record);
    return fine;
}

/* Prints what was held back for -n. */
static bool print_last(struct output *output) {
    uint64_t limit = output->options->last, from = output->last_count > limit ? output->last_count - limit : 0;
    bool fine = true;

    for (uint64_t i = from; i < output->last_count; i++) {
        char *line = output->last[i % limit];
        struct log_record record;
        if (fine && log_record_parse(line, strlen(line), &record)) {
            fine = print_record(output, line, strlen(line), &record);
            log_record_free(&record);
        }
        free(line);
    }
    free(output->last);
    output->last = NULL;
    return fine && fflush(stdout) == 0;
}

static bool may_colour(void) {
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

/* ---- Where records come from -------------------------------------------------------------------------------- */

static int read_file(struct output *output) {
    const char *name = output->options->file;
    const bool own = strcmp(name, "-") != 0;
    FILE *file = own ? fopen(name, "r") : stdin;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    bool more = file != NULL, failed = file == NULL;

    while (more && (size = getline(&line, &room, file)) > 0)
        more = take_record(output, line, (size_t)size - (line[size - 1] == '\n'));
    failed = failed || (file != NULL && ferror(file));
    if (failed)
        message_error(name, "it cannot be read: %s", strerror(errno));
    else if (output->refused != 0)
        message_error(name, "lines that are no records of a log: %llu: `ringside log --json` and `ringside run --log FILE` write records",
                      (unsigned long long)output->refused);
    free(line);
    if (file != NULL && own)
        fclose(file);
    return failed || output->refused != 0 ? EXIT_OURS : 0;
}

static int ask_machine(struct output *output, bool follow) {
    static const char *const arguments[] = {"follow"};
    int status;
    struct client *client = client_connect(output->options->machine, &status);

    if (client == NULL)
        return status;
    status = client_follow(client, "log", arguments, follow ? 1 : 0, take_record, output);
    client_close(client);
    return status;
}

/* -n with -f: the last ones of those that are there, and then all that come. */
static int follow_machine(struct output *output) {
    int status = 0;

    if (output->last != NULL) {
        status = ask_machine(output, false);
        if (!print_last(output))
            return EXIT_OURS;
        output->after = output->seen;
    }
    if (status == 0)
        status = ask_machine(output, true);
    if (status == 0)
        message_note("log: the machine has ended");
    return status;
}

static int print_log(const struct log_options *options) {
    struct output output = {.options = options, .style = {.colour = !options->json && may_colour(), .clock = options->clock}};
    int status;

    output.style.highlight = options->highlight;
    if (options->has_last) {
        output.last = calloc(options->last + 1, sizeof *output.last);
        if (output.last == NULL) {
            message_error("-n", "no memory for so many lines: ask for fewer");
            return EXIT_OURS;
        }
    }
    status = options->file != NULL ? read_file(&output) : options->follow ? follow_machine(&output) : ask_machine(&output, false);
    if (output.last != NULL && !print_last(&output) && status == 0)
        status = EXIT_OURS;
    if (fflush(stdout) != 0 && status == 0)
        status = EXIT_OURS;
    return status;
}

/* ---- The full screen -------------------------------------------------------------------------------- */

static bool pass_on(void *context, const char *line, size_t size) {
    FILE *out = context;
    return fwrite(line, 1, size, out) == size && putc('\n', out) != EOF && fflush(out) == 0;
}

/* The connection is a process of its own, so that the screen waits for keys and records at once. Returns where it writes the records, or -1. */
static int start_reader(struct client *client, pid_t *reader) {
    static const char *const arguments[] = {"follow"};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    *reader = fork();
    if (*reader == 0) {
        FILE *out = fdopen(ends[1], "w");
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (out == NULL || nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0)
            _exit(EXIT_OURS);
        signal(SIGINT, SIG_IGN);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(client_follow(client, "log", arguments, 1, pass_on, out));
    }
    close(ends[1]);
    if (*reader < 0)
        close(ends[0]);
    return *reader < 0 ? -1 : ends[0];
}

static int view_machine(const struct log_options *options) {
    pid_t reader;
    int status, records;
    struct client *client = client_connect(options->machine, &status);

    if (client == NULL)
        return status;
    records = start_reader(client, &reader);
    if (records < 0) {
        message_error("log", "the records cannot be read: %s", strerror(errno));
        client_close(client);
        return EXIT_OURS;
    }
    status = log_view_run(records, "the machine has ended", options);
    close(records);
    kill(reader, SIGKILL);
    waitpid(reader, NULL, 0);
    client_close(client);
    return status;
}

static int view_file(const struct log_options *options) {
    int status, records = open(options->file, O_RDONLY | O_CLOEXEC);

    if (records < 0) {
        message_error(options->file, "it cannot be read: %s", strerror(errno));
        return EXIT_OURS;
    }
    status = log_view_run(records, "the end of the file", options);
    close(records);
    return status;
}

/* ---- The command -------------------------------------------------------------------------------- */

static int clear_log(const struct log_options *options) {
    static const char *const arguments[] = {"clear"};
    int status;
    struct client *client = client_connect(options->machine, &status);

    if (client != NULL)
        status = client_ask(client, "log", arguments, 1, NULL, NULL);
    client_close(client);
    return status;
}

int log_command(const struct log_options *options) {
    if (options->clear)
        return clear_log(options);
    if (options->interactive)
        return options->file != NULL ? view_file(options) : view_machine(options);
    return print_log(options);
}

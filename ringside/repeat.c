#include "repeat.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char **command, **program_words;

void repeat_remember(char **words, char **arguments) {
    command = words;
    program_words = arguments;
}

/* As a shell wants it. */
static void put_word(FILE *out, const char *word) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%";

    fputc(' ', out);
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

/* How many words say which seed, at this place: `--seed N` 2, `--seeds=A-B` 1, something else 0. */
static int seed_words(char **word) {
    size_t name = strcspn(*word, "=");
    bool is_seed = (name == 6 && memcmp(*word, "--seed", name) == 0) || (name == 7 && memcmp(*word, "--seeds", name) == 0);

    if (!is_seed)
        return 0;
    return (*word)[name] == '=' || word[1] == NULL ? 1 : 2;
}

void repeat_tell(uint64_t seed) {
    char *text = NULL;
    size_t size;
    FILE *out = command != NULL ? open_memstream(&text, &size) : NULL;

    if (out == NULL)
        return;
    fprintf(out, "%s", command[0]);
    for (char **word = command + 1; *word != NULL; word++) {
        int skip = program_words == NULL || word < program_words ? seed_words(word) : 0;

        if (skip != 0) {
            word += skip - 1;
            continue;
        }
        put_word(out, *word);
        if (word == command + 1)
            fprintf(out, " --seed %llu", (unsigned long long)seed);
    }
    if (fclose(out) == 0)
        message_note("to repeat it: %s", text);
    free(text);
}

/* ---- run --seeds ---- */

struct output {
    int out, err;
};

static void start_child(const struct output *output) {
    int null = open("/dev/null", O_RDONLY);

    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(output->out, STDOUT_FILENO);
    dup2(output->err, STDERR_FILENO);
    command = NULL; /* the parent tells */
}

static void copy(int from, int to) {
    char buffer[8192];
    ssize_t got;

    lseek(from, 0, SEEK_SET);
    while ((got = read(from, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0, wrote; done < got; done += wrote) {
            if ((wrote = write(to, buffer + done, (size_t)(got - done))) <= 0)
                return;
        }
    }
}

static bool empty(const struct output *output) {
    return ftruncate(output->out, 0) == 0 && ftruncate(output->err, 0) == 0 && lseek(output->out, 0, SEEK_SET) == 0 &&
           lseek(output->err, 0, SEEK_SET) == 0;
}

/* The exit code as a shell gives it; -1: no process could be made. */
static int run_one(struct run_options *options, int (*run)(struct run_options *options), const struct output *output) {
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        start_child(output);
        _exit(run(options));
    }
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int repeat_seeds(struct run_options *options, int (*run)(struct run_options *options)) {
    struct output output = {memfd_create("output", MFD_CLOEXEC), memfd_create("errors", MFD_CLOEXEC)};
    uint64_t first = options->seed;

    for (;; options->seed++) {
        int status = output.out >= 0 && output.err >= 0 && empty(&output) ? run_one(options, run, &output) : -1;
        if (status < 0) {
            message_error("--seeds", "a process or its output cannot be made: %s: free some memory", strerror(errno));
            return EXIT_OURS;
        }
        if (status != 0) {
            copy(output.out, STDOUT_FILENO);
            copy(output.err, STDERR_FILENO);
            message_note("seed %llu: exit code %d; %llu before it ended with 0", (unsigned long long)options->seed, status,
                         (unsigned long long)(options->seed - first));
            repeat_tell(options->seed);
            return status;
        }
        if (options->seed == options->last_seed)
            break;
    }
    message_note("seeds %llu to %llu: each run ended with 0", (unsigned long long)first, (unsigned long long)options->last_seed);
    return 0;
}

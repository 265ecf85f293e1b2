/* Command lines that `ringside cc` builds and runs. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct command {
    char **argv; /* each word from malloc; NULL at the end */
    size_t count, room;
    bool failed; /* out of memory */
};

void command_add(struct command *command, const char *word);
void command_addf(struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
void command_add_words(struct command *command, const char *words); /* separated by spaces */

/* Runs a command and frees its words. verbose: prints it first, as a shell would take it. 0; 1 when it says no; EXIT_OURS, after a message, when it could not run. */
int command_run(struct command *command, bool verbose);

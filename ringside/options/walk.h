/* What the parsers of the commands share: a walk over options, and the errors of a command line. */
#pragma once
#include "options.h"

#define OPTIONS_MATCH_MEANING "a device's ID: --match 'PCI\\VEN_1234&DEV_11E8' or --match 'ROOT\\NAME'"

struct walk {
    int argc;
    char **argv;
    int next;
    struct usage_error *error;
};

/* A word of the user's inside a message: control characters become '?', and a long one is cut. */
void options_put_word(char *out, size_t size, const char *word);

/* Each gives false, after *error is filled: what a parser returns. */
bool options_fail(struct usage_error *error, const char *what, const char *why, const char *advice);
/* known: the command's options, NULL at the end; the most like one is suggested. */
bool options_fail_unknown(struct usage_error *error, const char *option, const char *const *known, const char *command);

/* Is argv[next] the option `name`, alone or as name=value? */
bool options_is_option(const struct walk *walk, const char *name);
/* The value of the option at argv[next], which is `--name=value` or `--name value`; next moves behind it. False after an error, as the next two. */
bool options_take_value(struct walk *walk, const char *meaning, const char **value);
/* An option that takes none. */
bool options_take_flag(struct walk *walk, bool *flag);
bool options_take_number(struct walk *walk, const char *meaning, uint64_t *number);

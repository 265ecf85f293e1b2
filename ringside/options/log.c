/* `ringside log`. */
#include "options/walk.h"
#include "log/level.h"

#include <stdio.h>
#include <string.h>

static const char *const log_words[] = {"--follow", "--last",    "--driver",      "--process", "--component", "--level",
                                        "--grep",   "--exclude", "--highlight",   "--clock",   "--json",      "--clear",
                                        "--read",   "--help",    "--interactive", "--machine", NULL};

static bool take_pattern(struct walk *walk, struct log_patterns *patterns, const char *meaning) {
    const char *word = walk->argv[walk->next], *value;

    if (!options_take_value(walk, meaning, &value))
        return false;
    if (patterns->count == LOG_FILTER_MAX)
        return options_fail(walk->error, word, "it is there too often", "an option may be given 16 times; * stands for any text");
    patterns->list[patterns->count++] = value;
    return true;
}

static bool take_log_level(struct walk *walk, struct log_options *options) {
    const char *value;

    if (!options_take_value(walk, "ERROR, WARNING, TRACE, INFO or a number", &value))
        return false;
    if (!log_level_parse(value, &options->filter.level))
        return options_fail(walk->error, "--level", "there is no such level", "use ERROR, WARNING, TRACE, INFO or a number from 0 to 31");
    options->filter.has_level = true;
    return true;
}

static bool take_last(struct walk *walk, struct log_options *options) {
    if (!options_take_number(walk, "how many lines", &options->last))
        return false;
    if (options->last > OPTIONS_LOG_LAST_MAX)
        return options_fail(walk->error, "-n", "this is too much", "ask for at most 1000000 lines, or leave it out: a machine keeps 4 MiB");
    options->has_last = true;
    return true;
}

static bool take_log_option(struct walk *walk, struct log_options *options) {
    const char *word = walk->argv[walk->next];
    struct log_filter *filter = &options->filter;

    if (options_is_option(walk, "--driver"))
        return take_pattern(walk, &filter->drivers, "the name of a driver");
    if (options_is_option(walk, "--process"))
        return take_pattern(walk, &filter->processes, "the name of a program, or the id of a process");
    if (options_is_option(walk, "--component"))
        return take_pattern(walk, &filter->components, "the name of a component, such as IHVDRIVER");
    if (options_is_option(walk, "--grep"))
        return take_pattern(walk, &filter->include, "text");
    if (options_is_option(walk, "--exclude"))
        return take_pattern(walk, &filter->exclude, "text");
    if (options_is_option(walk, "--highlight"))
        return take_pattern(walk, &options->highlight, "text");
    if (options_is_option(walk, "--level"))
        return take_log_level(walk, options);
    if (options_is_option(walk, "--last") || strcmp(word, "-n") == 0)
        return take_last(walk, options);
    if (options_is_option(walk, "--read"))
        return options_take_value(walk, "a file of records; - is standard input", &options->file);
    if (options_is_option(walk, "--machine"))
        return options_take_value(walk, "the name of a machine", &options->machine);
    if (options_is_option(walk, "--follow") || strcmp(word, "-f") == 0)
        return options_take_flag(walk, &options->follow);
    if (options_is_option(walk, "--interactive") || strcmp(word, "-i") == 0)
        return options_take_flag(walk, &options->interactive);
    if (options_is_option(walk, "--clock"))
        return options_take_flag(walk, &options->clock);
    if (options_is_option(walk, "--json"))
        return options_take_flag(walk, &options->json);
    if (options_is_option(walk, "--clear"))
        return options_take_flag(walk, &options->clear);
    if (options_is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return options_take_flag(walk, &options->help);
    return options_fail_unknown(walk->error, word, log_words, "log");
}

bool options_parse_log(int argc, char **argv, struct log_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options = (struct log_options){0};
    while (walk.next < argc && !options->help) {
        if (argv[walk.next][0] != '-')
            return options_fail(error, argv[walk.next], "it is not an option", "text to look for is given by --grep TEXT");
        if (!take_log_option(&walk, options))
            return false;
    }
    if (options->clear && (options->follow || options->interactive || options->file != NULL || options->has_last))
        return options_fail(error, "--clear", "it shows nothing", "clear first, and look with a second command");
    if (options->file != NULL && options->follow)
        return options_fail(error, "--follow", "nothing is added to what --read reads", "leave one of them out");
    if (options->interactive && (options->json || options->has_last))
        return options_fail(error, "-i", "the screen shows all records, and not as JSON", "leave out --json and -n");
    if (options->interactive && options->file != NULL && strcmp(options->file, "-") == 0)
        return options_fail(error, "-i", "standard input is the keyboard", "name a file: --read FILE");
    return true;
}

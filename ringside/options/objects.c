/* `ringside objects`. */
#include "options/walk.h"

#include <string.h>

static bool take_objects_option(struct walk *walk, struct objects_options *options) {
    static const char *const words[] = {"--long", "--json", "--interactive", "--machine", "--read", "--help", "-l", "-i", NULL};
    const char *word = walk->argv[walk->next];

    if (options_is_option(walk, "--long") || strcmp(word, "-l") == 0)
        return options_take_flag(walk, &options->list);
    if (options_is_option(walk, "--json"))
        return options_take_flag(walk, &options->json);
    if (options_is_option(walk, "--interactive") || strcmp(word, "-i") == 0)
        return options_take_flag(walk, &options->interactive);
    if (options_is_option(walk, "--machine"))
        return options_take_value(walk, "a machine's name", &options->machine);
    if (options_is_option(walk, "--read"))
        return options_take_value(walk, "a file that --json has written, or -", &options->file);
    if (options_is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return options_take_flag(walk, &options->help);
    return options_fail_unknown(walk->error, word, words, "objects");
}

bool options_parse_objects(int argc, char **argv, struct objects_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options = (struct objects_options){0};
    while (walk.next < argc && !options->help) {
        if (argv[walk.next][0] == '-' && argv[walk.next][1] != '\0') {
            if (!take_objects_option(&walk, options))
                return false;
        } else if (options->path != NULL) {
            return options_fail(error, argv[walk.next], "one path is named already", "name one object or directory: ringside objects '\\Device'");
        } else {
            options->path = argv[walk.next++];
        }
    }
    if (options->help)
        return true;
    if (options->list + options->json + options->interactive > 1)
        return options_fail(error, "objects", "-l, --json and -i are three ways to show the same", "give one of them");
    if (options->file != NULL && (options->path != NULL || options->machine != NULL))
        return options_fail(error, "--read", "it shows all that the file has, and asks no machine", "leave out the path and --machine");
    if (options->interactive && options->file != NULL && strcmp(options->file, "-") == 0)
        return options_fail(error, "-i", "standard input is the keyboard", "name a file: --read FILE");
    return true;
}

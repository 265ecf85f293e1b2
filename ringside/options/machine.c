/* `ringside load`, `unload`, `status` and `down`. */
#include "options/walk.h"

#include <string.h>

static const char *const load_words[] = {"--machine", "--name", "--match", "--start", "--help", NULL};
static const char *const unload_words[] = {"--machine", "--help", NULL};
static const char *const status_words[] = {"--machine", "--threads", "--json", "--help", NULL};
static const char *const down_words[] = {"--machine", "--kill", "--help", NULL};

static bool take_machine_option(struct walk *walk, const char *command, struct machine_options *options) {
    const char *word = walk->argv[walk->next];
    bool load = strcmp(command, "load") == 0, status = strcmp(command, "status") == 0, down = strcmp(command, "down") == 0;

    if (options_is_option(walk, "--machine"))
        return options_take_value(walk, "the name of a machine", &options->machine);
    if (options_is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return options_take_flag(walk, &options->help);
    if (load && options_is_option(walk, "--name"))
        return options_take_value(walk, "the name of a service", &options->name);
    if (load && options_is_option(walk, "--match"))
        return options_take_value(walk, OPTIONS_MATCH_MEANING, &options->match);
    if (load && options_is_option(walk, "--start")) {
        if (!options_take_value(walk, "boot, system, auto or demand", &options->start))
            return false;
        if (strcmp(options->start, "boot") != 0 && strcmp(options->start, "system") != 0 && strcmp(options->start, "auto") != 0 &&
            strcmp(options->start, "demand") != 0)
            return options_fail(walk->error, "--start", "there is no such start type", "use boot, system, auto or demand");
        return true;
    }
    if (status && options_is_option(walk, "--threads"))
        return options_take_flag(walk, &options->threads);
    if (status && options_is_option(walk, "--json"))
        return options_take_flag(walk, &options->json);
    if (down && options_is_option(walk, "--kill"))
        return options_take_flag(walk, &options->kill);
    return options_fail_unknown(walk->error, word, load ? load_words : status ? status_words : down ? down_words : unload_words, command);
}

bool options_parse_machine(const char *command, int argc, char **argv, struct machine_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};
    bool wants = strcmp(command, "load") == 0 || strcmp(command, "unload") == 0;

    *options = (struct machine_options){0};
    while (walk.next < argc && !options->help) {
        const char *word = argv[walk.next];
        if (word[0] == '-' && word[1] != '\0') {
            if (!take_machine_option(&walk, command, options))
                return false;
        } else if (!wants || options->subject != NULL || *word == '\0') {
            return options_fail(error, word, wants ? "one name is enough" : "this command takes none",
                                wants ? "name one driver at a time" : "leave it out");
        } else {
            options->subject = word;
            walk.next++;
        }
    }
    if (wants && options->subject == NULL && !options->help)
        return options_fail(error, command, "no driver is named", strcmp(command, "load") == 0 ? "ringside load FILE.sys" : "ringside unload NAME");
    return true;
}

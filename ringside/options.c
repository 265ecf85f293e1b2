#include "options.h"
#include "log/level.h"

#include <stdio.h>
#include <string.h>

/* ---- Words and numbers -------------------------------------------------------------------------------- */

bool options_parse_number(const char *text, uint64_t *number) {
    unsigned base = 10;
    uint64_t value = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit;
        if (*text >= '0' && *text <= '9')
            digit = (unsigned)(*text - '0');
        else if (*text >= 'a' && *text <= 'f')
            digit = (unsigned)(*text - 'a') + 10;
        else if (*text >= 'A' && *text <= 'F')
            digit = (unsigned)(*text - 'A') + 10;
        else
            return false;
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) || __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *number = value;
    return true;
}

bool options_parse_size(const char *text, uint64_t *size) {
    char digits[24];
    size_t length = strspn(text, "0123456789");
    const char *suffix = text + length;
    unsigned shift = 0;
    uint64_t value;

    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (*suffix != '\0') {
        static const char units[] = "kmgKMG";
        const char *unit = strchr(units, *suffix);
        if (unit == NULL)
            return false;
        shift = 10 * (unsigned)((unit - units) % 3 + 1);
        suffix++;
        if (*suffix != '\0' && strcmp(suffix, "B") != 0 && strcmp(suffix, "iB") != 0)
            return false;
    }
    if (!options_parse_number(digits, &value) || value > UINT64_MAX >> shift)
        return false;
    *size = value << shift;
    return true;
}

/* Edit distance with adjacent swaps counted once, for words shorter than 32 characters; longer ones are like nothing. */
static unsigned distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    unsigned row[3][33];

    if (n > 32 || m > 32)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *options_suggest(const char *word, const char *const *words) {
    const char *best = NULL;
    unsigned nearest = 99;
    size_t length = strlen(word);

    for (; *words != NULL; words++) {
        unsigned d = distance(word, *words);
        if (length > 4 && strncmp(word, *words, length) == 0)
            d = 1; /* an abbreviation */
        if (d < nearest) {
            nearest = d;
            best = *words;
        }
    }
    return nearest <= 1 + length / 4 ? best : NULL;
}

/* ---- Errors -------------------------------------------------------------------------------- */

/* A word of the user's inside a message: control characters become '?', and a long one is cut. */
static void put_word(char *out, size_t size, const char *word) {
    size_t used = 0, end = size - 1;

    for (; *word != '\0'; word++) {
        if (used == end) {
            memcpy(out + end - 3, "...", 3);
            break;
        }
        unsigned char c = (unsigned char)*word;
        out[used++] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    out[used] = '\0';
}

static bool fail(struct usage_error *error, const char *what, const char *why, const char *advice) {
    put_word(error->what, sizeof error->what, what);
    snprintf(error->why, sizeof error->why, "%s", why);
    snprintf(error->advice, sizeof error->advice, "%s", advice);
    return false;
}

static bool fail_unknown(struct usage_error *error, const char *option, const char *const *known, const char *command) {
    char name[64];
    const char *meant;

    put_word(name, sizeof name, option);
    name[strcspn(name, "=")] = '\0';
    meant = options_suggest(name, known);
    fail(error, name, "unknown option", "");
    if (meant != NULL)
        snprintf(error->advice, sizeof error->advice, "did you mean %s? `ringside help %s` lists the options", meant, command);
    else
        snprintf(error->advice, sizeof error->advice, "`ringside help %s` lists the options", command);
    return false;
}

/* ---- A walk over options -------------------------------------------------------------------------------- */

struct walk {
    int argc;
    char **argv;
    int next;
    struct usage_error *error;
};

/* Is argv[next] the option `name`, alone or as name=value? */
static bool is_option(const struct walk *walk, const char *name) {
    const char *word = walk->argv[walk->next];
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && (word[length] == '\0' || (word[length] == '=' && name[1] == '-'));
}

/* The value of the option at argv[next], which is `--name=value` or `--name value`; next moves behind it. */
static bool take_value(struct walk *walk, const char *meaning, const char **value) {
    const char *word = walk->argv[walk->next++];
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    char advice[120];

    if (equals != NULL)
        *value = equals + 1;
    else if (walk->next < walk->argc)
        *value = walk->argv[walk->next++];
    else
        *value = "";
    if (**value != '\0')
        return true;
    snprintf(advice, sizeof advice, "it takes %s", meaning);
    return fail(walk->error, word, "its value is missing", advice);
}

/* An option that takes none. */
static bool take_flag(struct walk *walk, bool *flag) {
    const char *word = walk->argv[walk->next++];

    if (strchr(word, '=') != NULL)
        return fail(walk->error, word, "this option takes no value", "leave out the = and what follows it");
    *flag = true;
    return true;
}

static bool take_number(struct walk *walk, const char *meaning, uint64_t *number) {
    const char *word = walk->argv[walk->next], *value;
    char why[160], shown[48];

    if (!take_value(walk, meaning, &value))
        return false;
    if (options_parse_number(value, number))
        return true;
    put_word(shown, sizeof shown, value);
    snprintf(why, sizeof why, "'%s' is not a number from 0 to 2^64-1", shown);
    char name[32];
    put_word(name, sizeof name, word);
    name[strcspn(name, "=")] = '\0';
    return fail(walk->error, name, why, "give a decimal number, or a hexadecimal one after 0x");
}

/* ---- run -------------------------------------------------------------------------------- */

static const char *const run_words[] = {"--driver",  "--verifier", "--trace",  "--cpus",       "--seed",   "--realtime", "--memory",
                                        "--timeout", "--root",     "--strict", "--help",       "--and",    "-d",         "--machine",
                                        "--alone",   "--log",      "--share",  "--no-sandbox", "--device", "--schedule", NULL};

static bool take_driver(struct walk *walk, struct run_options *options) {
    const char *word = walk->argv[walk->next], *value;

    if (word[1] == 'd' && word[2] != '\0') {
        value = word + 2;
        walk->next++;
    } else if (!take_value(walk, "a driver's file: -d FILE.sys", &value)) {
        return false;
    }
    if (options->driver_count == OPTIONS_MAX_DRIVERS)
        return fail(walk->error, value, "too many drivers", "at most 64 can be loaded by one command");
    options->drivers[options->driver_count++] = value;
    return true;
}

static bool take_and(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!take_value(walk, "a program and its arguments: --and 'PROGRAM.exe ARGS'", &value))
        return false;
    if (value[strspn(value, " \t\n\v\r")] == '\0')
        return fail(walk->error, "--and", "no program is named", "give one: --and 'PROGRAM.exe ARGS'");
    if (options->further_count == sizeof options->further / sizeof *options->further)
        return fail(walk->error, "--and", "too many programs", "one command can run 16");
    options->further[options->further_count++] = value;
    return true;
}

static bool take_verifier(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!take_value(walk, "off or standard", &value))
        return false;
    if (strcmp(value, "off") == 0)
        options->verifier = HAL_VERIFIER_OFF;
    else if (strcmp(value, "standard") == 0)
        options->verifier = HAL_VERIFIER_STANDARD;
    else if (strcmp(value, "full") == 0)
        return fail(walk->error, "--verifier full", "this version does not have it", "use --verifier standard, or off");
    else
        return fail(walk->error, "--verifier", "there is no such level", "use off or standard");
    return true;
}

static bool take_memory(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!take_value(walk, "a size: 64M, 1G", &value))
        return false;
    if (!options_parse_size(value, &options->memory))
        return fail(walk->error, "--memory", "this is not a size", "give a number with K, M or G: --memory 64M");
    if (options->memory < OPTIONS_MEMORY_MIN || options->memory > OPTIONS_MEMORY_MAX)
        return fail(walk->error, "--memory", "a machine has from 16M to 64G", "give a size between them: --memory 256M");
    options->memory &= ~(uint64_t)(HAL_PAGE - 1);
    return true;
}

static bool take_cpus(struct walk *walk, struct run_options *options) {
    uint64_t cpus;

    if (!take_number(walk, "a number of processors", &cpus))
        return false;
    if (cpus < 1 || cpus > OPTIONS_CPUS_MAX)
        return fail(walk->error, "--cpus", "a machine has from 1 to 64 processors", "give a number between them: --cpus 4");
    options->cpus = (uint32_t)cpus;
    return true;
}

static bool take_schedule(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!take_value(walk, "random or round-robin", &value))
        return false;
    if (strcmp(value, "random") == 0)
        options->schedule = HAL_SCHEDULE_RANDOM;
    else if (strcmp(value, "round-robin") == 0)
        options->schedule = HAL_SCHEDULE_ROUND_ROBIN;
    else
        return fail(walk->error, "--schedule", "there is no such schedule", "use random or round-robin");
    return true;
}

static bool take_timeout(struct walk *walk, struct run_options *options) {
    if (!take_number(walk, "seconds", &options->timeout_seconds))
        return false;
    if (options->timeout_seconds == 0 || options->timeout_seconds > 1000000000)
        return fail(walk->error, "--timeout", "it must be from 1 to 1000000000 seconds", "leave it out for no limit");
    return true;
}

static bool take_share(struct walk *walk, struct run_options *options) {
    const char *value, *equals;

    if (!take_value(walk, "a name and a directory: --share NAME=DIR", &value))
        return false;
    equals = strchr(value, '=');
    if (equals == NULL || equals == value || equals[1] == '\0')
        return fail(walk->error, "--share", "it takes a name and a directory", "give both: --share NAME=DIR");
    if (options->share_count == SHARES_MAX)
        return fail(walk->error, value, "too many shares", "a machine has at most 16");
    options->shares[options->share_count++] = value;
    return true;
}

static bool take_device(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!take_value(walk, "a device: --device disk=IMAGE", &value))
        return false;
    if (options->device_count == OPTIONS_MAX_DEVICES)
        return fail(walk->error, value, "too many devices", "a machine has at most 8");
    options->devices[options->device_count++] = value;
    return true;
}

/* Options that a machine gets when it boots. */
static bool take_boot_option(struct walk *walk, struct run_options *options, bool *taken) {
    const char *word = walk->argv[walk->next];

    *taken = true;
    options->of_machine = word;
    if (is_option(walk, "--verifier"))
        return take_verifier(walk, options);
    if (is_option(walk, "--memory"))
        return take_memory(walk, options);
    if (is_option(walk, "--cpus"))
        return take_cpus(walk, options);
    if (is_option(walk, "--schedule"))
        return take_schedule(walk, options);
    if (is_option(walk, "--seed"))
        return take_number(walk, "a number", &options->seed);
    if (is_option(walk, "--root"))
        return take_value(walk, "a directory", &options->root);
    if (is_option(walk, "--share"))
        return take_share(walk, options);
    if (is_option(walk, "--device"))
        return take_device(walk, options);
    if (is_option(walk, "--trace")) {
        /* The file is optional, so it can only come after '='. */
        options->trace = true;
        options->trace_file = NULL;
        return word[7] == '\0' ? (walk->next++, true) : take_value(walk, "a file: --trace=FILE", &options->trace_file);
    }
    if (is_option(walk, "--strict"))
        return take_flag(walk, &options->strict);
    if (is_option(walk, "--no-sandbox"))
        return take_flag(walk, &options->no_sandbox);
    *taken = false;
    options->of_machine = NULL;
    return true;
}

static bool take_run_option(struct walk *walk, struct run_options *options) {
    const char *word = walk->argv[walk->next], *of_machine = options->of_machine;
    bool taken;

    if (is_option(walk, "--driver") || (word[1] == 'd'))
        return take_driver(walk, options);
    if (is_option(walk, "--and"))
        return take_and(walk, options);
    if (is_option(walk, "--log")) {
        options->of_machine = word;
        return take_value(walk, "a file: --log FILE", &options->log_file);
    }
    if (is_option(walk, "--timeout"))
        return take_timeout(walk, options);
    if (is_option(walk, "--machine"))
        return take_value(walk, "the name of a machine", &options->machine);
    if (is_option(walk, "--alone"))
        return take_flag(walk, &options->alone);
    if (is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return take_flag(walk, &options->help);
    if (is_option(walk, "--realtime")) {
        options->of_machine = word;
        return take_flag(walk, &options->realtime);
    }
    if (!take_boot_option(walk, options, &taken))
        return false;
    if (taken)
        return true;
    options->of_machine = of_machine;
    return fail_unknown(walk->error, word, run_words, "run");
}

bool options_parse_run(int argc, char **argv, struct run_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options = (struct run_options){.verifier = HAL_VERIFIER_STANDARD, .cpus = 1, .memory = OPTIONS_MEMORY_DEFAULT};
    while (walk.next < argc && argv[walk.next][0] == '-' && argv[walk.next][1] != '\0') {
        if (strcmp(argv[walk.next], "--") == 0) {
            walk.next++;
            break;
        }
        if (!take_run_option(&walk, options))
            return false;
        if (options->help)
            return true;
    }
    if (walk.next < argc) {
        if (argv[walk.next][0] == '\0')
            return fail(error, "run", "the program's name is empty", "name a program: ringside run PROGRAM.exe");
        options->program = argv[walk.next++];
        options->arguments = argv + walk.next;
        options->argument_count = (size_t)(argc - walk.next);
    } else if (options->further_count != 0) {
        return fail(error, "--and", "it is for a further program, and there is no first", "put one last: ringside run --and 'SECOND.exe' FIRST.exe");
    } else if (options->driver_count == 0) {
        return fail(error, "run", "neither a program nor a driver is named", "try: ringside run -d DRIVER.sys PROGRAM.exe");
    }
    return true;
}

/* ---- up, load, unload, status, down -------------------------------------------------------------------------------- */

static const char *const up_words[] = {
    "--machine",         "--root",       "--memory", "--verifier", "--cpus",       "--seed",   "--strict",   "--trace", "--safe",
    "--last-known-good", "--foreground", "--help",   "--share",    "--no-sandbox", "--device", "--schedule", NULL};

bool options_parse_up(int argc, char **argv, struct run_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options =
        (struct run_options){.verifier = HAL_VERIFIER_STANDARD, .cpus = 1, .memory = OPTIONS_MEMORY_DEFAULT, .stays_up = true, .realtime = true};
    while (walk.next < argc) {
        const char *word = argv[walk.next];
        bool taken = false, fine;
        if (is_option(&walk, "--machine"))
            fine = take_value(&walk, "the name of a machine", &options->machine);
        else if (is_option(&walk, "--safe"))
            fine = take_flag(&walk, &options->safe);
        else if (is_option(&walk, "--last-known-good"))
            fine = take_flag(&walk, &options->last_good);
        else if (is_option(&walk, "--foreground"))
            fine = take_flag(&walk, &options->foreground);
        else if (is_option(&walk, "--help") || strcmp(word, "-h") == 0)
            return options->help = true;
        else if (word[0] != '-')
            return fail(error, word, "it is not an option", "drivers are loaded afterwards: ringside load FILE.sys");
        else if ((fine = take_boot_option(&walk, options, &taken)) && !taken)
            return fail_unknown(error, word, up_words, "up");
        if (!fine)
            return false;
    }
    if (options->trace && options->trace_file == NULL)
        return fail(error, "--trace", "a machine in the background has no standard error", "name a file: --trace=FILE");
    return true;
}

static const char *const load_words[] = {"--machine", "--name", "--start", "--help", NULL};
static const char *const unload_words[] = {"--machine", "--help", NULL};
static const char *const status_words[] = {"--machine", "--threads", "--json", "--help", NULL};
static const char *const down_words[] = {"--machine", "--kill", "--help", NULL};

static bool take_machine_option(struct walk *walk, const char *command, struct machine_options *options) {
    const char *word = walk->argv[walk->next];
    bool load = strcmp(command, "load") == 0, status = strcmp(command, "status") == 0, down = strcmp(command, "down") == 0;

    if (is_option(walk, "--machine"))
        return take_value(walk, "the name of a machine", &options->machine);
    if (is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return take_flag(walk, &options->help);
    if (load && is_option(walk, "--name"))
        return take_value(walk, "the name of a service", &options->name);
    if (load && is_option(walk, "--start")) {
        if (!take_value(walk, "boot, system, auto or demand", &options->start))
            return false;
        if (strcmp(options->start, "boot") != 0 && strcmp(options->start, "system") != 0 && strcmp(options->start, "auto") != 0 &&
            strcmp(options->start, "demand") != 0)
            return fail(walk->error, "--start", "there is no such start type", "use boot, system, auto or demand");
        return true;
    }
    if (status && is_option(walk, "--threads"))
        return take_flag(walk, &options->threads);
    if (status && is_option(walk, "--json"))
        return take_flag(walk, &options->json);
    if (down && is_option(walk, "--kill"))
        return take_flag(walk, &options->kill);
    return fail_unknown(walk->error, word, load ? load_words : status ? status_words : down ? down_words : unload_words, command);
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
            return fail(error, word, wants ? "one name is enough" : "this command takes none", wants ? "name one driver at a time" : "leave it out");
        } else {
            options->subject = word;
            walk.next++;
        }
    }
    if (wants && options->subject == NULL && !options->help)
        return fail(error, command, "no driver is named", strcmp(command, "load") == 0 ? "ringside load FILE.sys" : "ringside unload NAME");
    return true;
}

/* ---- log -------------------------------------------------------------------------------- */

static const char *const log_words[] = {"--follow", "--last",    "--driver",      "--process", "--component", "--level",
                                        "--grep",   "--exclude", "--highlight",   "--clock",   "--json",      "--clear",
                                        "--read",   "--help",    "--interactive", "--machine", NULL};

static bool take_pattern(struct walk *walk, struct log_patterns *patterns, const char *meaning) {
    const char *word = walk->argv[walk->next], *value;

    if (!take_value(walk, meaning, &value))
        return false;
    if (patterns->count == LOG_FILTER_MAX)
        return fail(walk->error, word, "it is there too often", "an option may be given 16 times; * stands for any text");
    patterns->list[patterns->count++] = value;
    return true;
}

static bool take_log_level(struct walk *walk, struct log_options *options) {
    const char *value;

    if (!take_value(walk, "ERROR, WARNING, TRACE, INFO or a number", &value))
        return false;
    if (!log_level_parse(value, &options->filter.level))
        return fail(walk->error, "--level", "there is no such level", "use ERROR, WARNING, TRACE, INFO or a number from 0 to 31");
    options->filter.has_level = true;
    return true;
}

static bool take_last(struct walk *walk, struct log_options *options) {
    if (!take_number(walk, "how many lines", &options->last))
        return false;
    if (options->last > OPTIONS_LOG_LAST_MAX)
        return fail(walk->error, "-n", "this is too much", "ask for at most 1000000 lines, or leave it out: a machine keeps 4 MiB");
    options->has_last = true;
    return true;
}

static bool take_log_option(struct walk *walk, struct log_options *options) {
    const char *word = walk->argv[walk->next];
    struct log_filter *filter = &options->filter;

    if (is_option(walk, "--driver"))
        return take_pattern(walk, &filter->drivers, "the name of a driver");
    if (is_option(walk, "--process"))
        return take_pattern(walk, &filter->processes, "the name of a program, or the id of a process");
    if (is_option(walk, "--component"))
        return take_pattern(walk, &filter->components, "the name of a component, such as IHVDRIVER");
    if (is_option(walk, "--grep"))
        return take_pattern(walk, &filter->include, "text");
    if (is_option(walk, "--exclude"))
        return take_pattern(walk, &filter->exclude, "text");
    if (is_option(walk, "--highlight"))
        return take_pattern(walk, &options->highlight, "text");
    if (is_option(walk, "--level"))
        return take_log_level(walk, options);
    if (is_option(walk, "--last") || strcmp(word, "-n") == 0)
        return take_last(walk, options);
    if (is_option(walk, "--read"))
        return take_value(walk, "a file of records; - is standard input", &options->file);
    if (is_option(walk, "--machine"))
        return take_value(walk, "the name of a machine", &options->machine);
    if (is_option(walk, "--follow") || strcmp(word, "-f") == 0)
        return take_flag(walk, &options->follow);
    if (is_option(walk, "--interactive") || strcmp(word, "-i") == 0)
        return take_flag(walk, &options->interactive);
    if (is_option(walk, "--clock"))
        return take_flag(walk, &options->clock);
    if (is_option(walk, "--json"))
        return take_flag(walk, &options->json);
    if (is_option(walk, "--clear"))
        return take_flag(walk, &options->clear);
    if (is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return take_flag(walk, &options->help);
    return fail_unknown(walk->error, word, log_words, "log");
}

bool options_parse_log(int argc, char **argv, struct log_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options = (struct log_options){0};
    while (walk.next < argc && !options->help) {
        if (argv[walk.next][0] != '-')
            return fail(error, argv[walk.next], "it is not an option", "text to look for is given by --grep TEXT");
        if (!take_log_option(&walk, options))
            return false;
    }
    if (options->clear && (options->follow || options->interactive || options->file != NULL || options->has_last))
        return fail(error, "--clear", "it shows nothing", "clear first, and look with a second command");
    if (options->file != NULL && options->follow)
        return fail(error, "--follow", "nothing is added to what --read reads", "leave one of them out");
    if (options->interactive && (options->json || options->has_last))
        return fail(error, "-i", "the screen shows all records, and not as JSON", "leave out --json and -n");
    if (options->interactive && options->file != NULL && strcmp(options->file, "-") == 0)
        return fail(error, "-i", "standard input is the keyboard", "name a file: --read FILE");
    return true;
}

/* ---- objects -------------------------------------------------------------------------------- */

static bool take_objects_option(struct walk *walk, struct objects_options *options) {
    static const char *const words[] = {"--long", "--json", "--interactive", "--machine", "--read", "--help", "-l", "-i", NULL};
    const char *word = walk->argv[walk->next];

    if (is_option(walk, "--long") || strcmp(word, "-l") == 0)
        return take_flag(walk, &options->list);
    if (is_option(walk, "--json"))
        return take_flag(walk, &options->json);
    if (is_option(walk, "--interactive") || strcmp(word, "-i") == 0)
        return take_flag(walk, &options->interactive);
    if (is_option(walk, "--machine"))
        return take_value(walk, "a machine's name", &options->machine);
    if (is_option(walk, "--read"))
        return take_value(walk, "a file that --json has written, or -", &options->file);
    if (is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return take_flag(walk, &options->help);
    return fail_unknown(walk->error, word, words, "objects");
}

bool options_parse_objects(int argc, char **argv, struct objects_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options = (struct objects_options){0};
    while (walk.next < argc && !options->help) {
        if (argv[walk.next][0] == '-' && argv[walk.next][1] != '\0') {
            if (!take_objects_option(&walk, options))
                return false;
        } else if (options->path != NULL) {
            return fail(error, argv[walk.next], "one path is named already", "name one object or directory: ringside objects '\\Device'");
        } else {
            options->path = argv[walk.next++];
        }
    }
    if (options->help)
        return true;
    if (options->list + options->json + options->interactive > 1)
        return fail(error, "objects", "-l, --json and -i are three ways to show the same", "give one of them");
    if (options->file != NULL && (options->path != NULL || options->machine != NULL))
        return fail(error, "--read", "it shows all that the file has, and asks no machine", "leave out the path and --machine");
    if (options->interactive && options->file != NULL && strcmp(options->file, "-") == 0)
        return fail(error, "-i", "standard input is the keyboard", "name a file: --read FILE");
    return true;
}

/* ---- inspect -------------------------------------------------------------------------------- */

bool options_parse_inspect(int argc, char **argv, struct inspect_options *options, struct usage_error *error) {
    static const char *const words[] = {"--corpus", "--json", "--help", NULL};
    struct walk walk = {argc, argv, 0, error};

    *options = (struct inspect_options){0};
    while (walk.next < argc && argv[walk.next][0] == '-') {
        const char *word = argv[walk.next];
        if (strcmp(word, "--") == 0) {
            walk.next++;
            break;
        }
        if (strcmp(word, "-h") == 0 || is_option(&walk, "--help")) {
            options->help = true;
            return true;
        }
        if (is_option(&walk, "--corpus")) {
            if (!take_value(&walk, "a table of drivers' imports: --corpus FILE.tsv", &options->corpus))
                return false;
            continue;
        }
        if (!is_option(&walk, "--json"))
            return fail_unknown(error, word, words, "inspect");
        if (!take_flag(&walk, &options->json))
            return false;
    }
    options->files = argv + walk.next;
    options->file_count = (size_t)(argc - walk.next);
    if (options->corpus != NULL && options->file_count != 0)
        return fail(error, options->files[0], "--corpus reads one table and no images", "name images without it: ringside inspect DRIVER.sys");
    if (options->corpus == NULL && options->file_count == 0)
        return fail(error, "inspect", "no file is named", "try: ringside inspect DRIVER.sys");
    return true;
}

/* ---- cc -------------------------------------------------------------------------------- */

bool options_parse_cc(int argc, char **argv, struct cc_options *options, struct usage_error *error) {
    static const char *const words[] = {"--output", "--native", "--crt", "--verbose", "--help", "-o", "-v", NULL};
    struct walk walk = {argc, argv, 0, error};
    const char *dot, *crt = NULL;

    *options = (struct cc_options){.sources = argv};
    while (walk.next < argc) {
        char *word = argv[walk.next];
        if (strcmp(word, "--") == 0) {
            walk.next++;
            break;
        }
        if (word[0] != '-') {
            options->sources[options->source_count++] = word;
            walk.next++;
        } else if (strncmp(word, "-o", 2) == 0 && word[2] != '\0') {
            options->output = word + 2;
            walk.next++;
        } else if (strcmp(word, "-o") == 0 || is_option(&walk, "--output")) {
            if (!take_value(&walk, "the image to make: -o NAME.sys", &options->output))
                return false;
        } else if (is_option(&walk, "--native")) {
            if (!take_flag(&walk, &options->native))
                return false;
        } else if (is_option(&walk, "--crt")) {
            if (!take_value(&walk, "a C run-time library: --crt ucrt", &crt))
                return false;
        } else if (strcmp(word, "-v") == 0 || is_option(&walk, "--verbose")) {
            if (!take_flag(&walk, &options->verbose))
                return false;
        } else if (strcmp(word, "-h") == 0 || is_option(&walk, "--help")) {
            options->help = true;
            return true;
        } else {
            fail_unknown(error, word, words, "cc");
            if (options_suggest(word, words) == NULL)
                snprintf(error->advice, sizeof error->advice, "flags for clang come last, after --: ringside cc a.c -o a.sys -- -DDEBUG");
            return false;
        }
    }
    options->extra = argv + walk.next;
    options->extra_count = (size_t)(argc - walk.next);
    if (options->source_count == 0)
        return fail(error, "cc", "no source is named", "try: ringside cc driver.c -o driver.sys");
    if (options->output == NULL)
        return fail(error, "cc", "no output is named", "say what to make: -o NAME.sys, NAME.exe or NAME.dll");
    dot = strrchr(options->output, '.');
    if (dot == NULL || (strcmp(dot, ".sys") != 0 && strcmp(dot, ".exe") != 0 && strcmp(dot, ".dll") != 0))
        return fail(error, options->output, "its ending does not say what to make", "a driver ends in .sys, a program in .exe, a library in .dll");
    if (crt != NULL && strcmp(crt, "ucrt") != 0 && strcmp(crt, "msvcrt") != 0)
        return fail(error, crt, "there is no such C run-time library", "say --crt ucrt or --crt msvcrt");
    options->ucrt = crt != NULL && strcmp(crt, "ucrt") == 0;
    if (crt != NULL && (options->native || strcmp(dot, ".sys") == 0))
        return fail(error, "--crt", "a driver or native program has no C run-time library", "leave it out");
    if (options->native && strcmp(dot, ".exe") != 0)
        return fail(error, "--native", "it is for programs", "end the output's name in .exe, or leave it out: drivers are native anyway");
    return true;
}

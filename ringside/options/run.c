/* `ringside run` and `ringside up`. */
#include "options/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- run -------------------------------------------------------------------------------- */

static const char *const run_words[] = {"--driver",  "--verifier", "--trace",  "--cpus",       "--seed",   "--realtime", "--memory",
                                        "--timeout", "--root",     "--strict", "--help",       "--and",    "-d",         "--machine",
                                        "--alone",   "--log",      "--share",  "--no-sandbox", "--device", "--schedule", "--points",
                                        "--seeds",   "--etw",      "--user",   "--match",      NULL};

static bool take_driver(struct walk *walk, struct run_options *options) {
    const char *word = walk->argv[walk->next], *value;

    if (word[1] == 'd' && word[2] != '\0') {
        value = word + 2;
        walk->next++;
    } else if (!options_take_value(walk, "a driver's file: -d FILE.sys", &value)) {
        return false;
    }
    if (options->driver_count == OPTIONS_MAX_DRIVERS)
        return options_fail(walk->error, value, "too many drivers", "at most 64 can be loaded by one command");
    options->matches[options->driver_count] = "";
    options->drivers[options->driver_count++] = value;
    return true;
}

static bool take_match(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, OPTIONS_MATCH_MEANING, &value))
        return false;
    if (options->driver_count == 0)
        return options_fail(walk->error, "--match", "it says which device the driver before it is for",
                            "put it behind that: -d DRIVER.sys --match ID");
    if (*value == '\0' || *options->matches[options->driver_count - 1] != '\0')
        return options_fail(walk->error, "--match", "a driver is for one ID", "give one, behind its driver: -d DRIVER.sys --match ID");
    options->matches[options->driver_count - 1] = value;
    return true;
}

static bool take_and(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, "a program and its arguments: --and 'PROGRAM.exe ARGS'", &value))
        return false;
    if (value[strspn(value, " \t\n\v\r")] == '\0')
        return options_fail(walk->error, "--and", "no program is named", "give one: --and 'PROGRAM.exe ARGS'");
    if (options->further_count == sizeof options->further / sizeof *options->further)
        return options_fail(walk->error, "--and", "too many programs", "one command can run 16");
    options->further[options->further_count++] = value;
    return true;
}

static bool take_user(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, "administrator, user or system", &value))
        return false;
    if (strcmp(value, "administrator") == 0)
        options->account = HAL_ACCOUNT_ADMINISTRATOR;
    else if (strcmp(value, "user") == 0)
        options->account = HAL_ACCOUNT_USER;
    else if (strcmp(value, "system") == 0)
        options->account = HAL_ACCOUNT_SYSTEM;
    else
        return options_fail(walk->error, "--user", "there is no such user", "use administrator, user or system");
    return true;
}

static bool take_verifier(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, "off or standard", &value))
        return false;
    if (strcmp(value, "off") == 0)
        options->verifier = HAL_VERIFIER_OFF;
    else if (strcmp(value, "standard") == 0)
        options->verifier = HAL_VERIFIER_STANDARD;
    else if (strcmp(value, "full") == 0)
        return options_fail(walk->error, "--verifier full", "this version does not have it", "use --verifier standard, or off");
    else
        return options_fail(walk->error, "--verifier", "there is no such level", "use off or standard");
    return true;
}

static bool take_memory(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, "a size: 64M, 1G", &value))
        return false;
    if (!options_parse_size(value, &options->memory))
        return options_fail(walk->error, "--memory", "this is not a size", "give a number with K, M or G: --memory 64M");
    if (options->memory < OPTIONS_MEMORY_MIN || options->memory > OPTIONS_MEMORY_MAX)
        return options_fail(walk->error, "--memory", "a machine has from 16M to 64G", "give a size between them: --memory 256M");
    options->memory &= ~(uint64_t)(HAL_PAGE - 1);
    return true;
}

static bool take_cpus(struct walk *walk, struct run_options *options) {
    uint64_t cpus;

    if (!options_take_number(walk, "a number of processors", &cpus))
        return false;
    if (cpus < 1 || cpus > OPTIONS_CPUS_MAX)
        return options_fail(walk->error, "--cpus", "a machine has from 1 to 64 processors", "give a number between them: --cpus 4");
    options->cpus = (uint32_t)cpus;
    return true;
}

#define SCHEDULES "random, round-robin, pct, pct:DEPTH, exhaustive or exhaustive:SWITCHES"

/* "pct:3": the number behind the name; without one, what `depth` is already. */
static bool split_schedule(const char *value, const char *name, uint32_t *depth) {
    size_t length = strlen(name);
    char *end;
    unsigned long number;

    if (strncmp(value, name, length) != 0 || (value[length] != '\0' && value[length] != ':'))
        return false;
    if (value[length] == '\0')
        return true;
    if (value[length + 1] < '0' || value[length + 1] > '9')
        return false;
    number = strtoul(value + length + 1, &end, 10);
    *depth = (uint32_t)number;
    return *end == '\0' && number >= 1 && number <= HAL_SCHEDULE_DEPTH_MAX;
}

static bool take_schedule(struct walk *walk, struct run_options *options) {
    const char *value;
    uint32_t pct = 3, exhaustive = 2;

    if (!options_take_value(walk, SCHEDULES, &value))
        return false;
    if (strcmp(value, "random") == 0)
        options->schedule = HAL_SCHEDULE_RANDOM;
    else if (strcmp(value, "round-robin") == 0)
        options->schedule = HAL_SCHEDULE_ROUND_ROBIN;
    else if (split_schedule(value, "pct", &pct))
        options->schedule = HAL_SCHEDULE_PCT, options->schedule_depth = pct;
    else if (split_schedule(value, "exhaustive", &exhaustive))
        options->schedule = HAL_SCHEDULE_EXHAUSTIVE, options->schedule_depth = exhaustive;
    else
        return options_fail(walk->error, "--schedule", "there is no such schedule", "use " SCHEDULES ", the number from 1 to 16");
    return true;
}

static bool take_points(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, "calls, interlocked or accesses", &value))
        return false;
    if (strcmp(value, "calls") == 0)
        options->points = HAL_POINTS_CALLS;
    else if (strcmp(value, "interlocked") == 0)
        options->points = HAL_POINTS_INTERLOCKED;
    else if (strcmp(value, "accesses") == 0)
        options->points = HAL_POINTS_ACCESSES;
    else
        return options_fail(walk->error, "--points", "there are no such points", "use calls, interlocked or accesses");
    return true;
}

static bool take_seeds(struct walk *walk, struct run_options *options) {
    const char *value, *dash;
    char first[24] = "";

    if (!options_take_value(walk, "the first and the last: --seeds 1-1000", &value))
        return false;
    dash = strchr(value, '-');
    if (dash != NULL && (size_t)(dash - value) < sizeof first)
        memcpy(first, value, (size_t)(dash - value));
    if (dash == NULL || !options_parse_number(first, &options->seed) || !options_parse_number(dash + 1, &options->last_seed) ||
        options->last_seed < options->seed)
        return options_fail(walk->error, "--seeds", "it takes two numbers, the smaller one first", "give both: --seeds 1-1000");
    options->many_seeds = true;
    return true;
}

static bool take_timeout(struct walk *walk, struct run_options *options) {
    if (!options_take_number(walk, "seconds", &options->timeout_seconds))
        return false;
    if (options->timeout_seconds == 0 || options->timeout_seconds > 1000000000)
        return options_fail(walk->error, "--timeout", "it must be from 1 to 1000000000 seconds", "leave it out for no limit");
    return true;
}

static bool take_share(struct walk *walk, struct run_options *options) {
    const char *value, *equals;

    if (!options_take_value(walk, "a name and a directory: --share NAME=DIR", &value))
        return false;
    equals = strchr(value, '=');
    if (equals == NULL || equals == value || equals[1] == '\0')
        return options_fail(walk->error, "--share", "it takes a name and a directory", "give both: --share NAME=DIR");
    if (options->share_count == SHARES_MAX)
        return options_fail(walk->error, value, "too many shares", "a machine has at most 16");
    options->shares[options->share_count++] = value;
    return true;
}

static bool take_device(struct walk *walk, struct run_options *options) {
    const char *value;

    if (!options_take_value(walk, "a device: --device disk=IMAGE", &value))
        return false;
    if (options->device_count == OPTIONS_MAX_DEVICES)
        return options_fail(walk->error, value, "too many devices", "a machine has at most 8");
    options->devices[options->device_count++] = value;
    return true;
}

/* Options that a machine gets when it boots. */
static bool take_boot_option(struct walk *walk, struct run_options *options, bool *taken) {
    const char *word = walk->argv[walk->next];

    *taken = true;
    options->of_machine = word;
    if (options_is_option(walk, "--verifier"))
        return take_verifier(walk, options);
    if (options_is_option(walk, "--memory"))
        return take_memory(walk, options);
    if (options_is_option(walk, "--cpus"))
        return take_cpus(walk, options);
    if (options_is_option(walk, "--schedule"))
        return take_schedule(walk, options);
    if (options_is_option(walk, "--points"))
        return take_points(walk, options);
    if (options_is_option(walk, "--seed"))
        return options_take_number(walk, "a number", &options->seed);
    if (options_is_option(walk, "--root"))
        return options_take_value(walk, "a directory", &options->root);
    if (options_is_option(walk, "--share"))
        return take_share(walk, options);
    if (options_is_option(walk, "--device"))
        return take_device(walk, options);
    if (options_is_option(walk, "--trace")) {
        /* The file is optional, so it can only come after '='. */
        options->trace = true;
        options->trace_file = NULL;
        return word[7] == '\0' ? (walk->next++, true) : options_take_value(walk, "a file: --trace=FILE", &options->trace_file);
    }
    if (options_is_option(walk, "--etw"))
        return options_take_flag(walk, &options->etw);
    if (options_is_option(walk, "--strict"))
        return options_take_flag(walk, &options->strict);
    if (options_is_option(walk, "--no-sandbox"))
        return options_take_flag(walk, &options->no_sandbox);
    *taken = false;
    options->of_machine = NULL;
    return true;
}

static bool take_run_option(struct walk *walk, struct run_options *options) {
    const char *word = walk->argv[walk->next], *of_machine = options->of_machine;
    bool taken;

    if (options_is_option(walk, "--driver") || (word[1] == 'd'))
        return take_driver(walk, options);
    if (options_is_option(walk, "--match"))
        return take_match(walk, options);
    if (options_is_option(walk, "--and"))
        return take_and(walk, options);
    if (options_is_option(walk, "--log")) {
        options->of_machine = word;
        return options_take_value(walk, "a file: --log FILE", &options->log_file);
    }
    if (options_is_option(walk, "--timeout"))
        return take_timeout(walk, options);
    if (options_is_option(walk, "--user"))
        return take_user(walk, options);
    if (options_is_option(walk, "--machine"))
        return options_take_value(walk, "the name of a machine", &options->machine);
    if (options_is_option(walk, "--alone"))
        return options_take_flag(walk, &options->alone);
    if (options_is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return options_take_flag(walk, &options->help);
    if (options_is_option(walk, "--seeds")) {
        options->of_machine = word;
        return take_seeds(walk, options);
    }
    if (options_is_option(walk, "--realtime")) {
        options->of_machine = word;
        return options_take_flag(walk, &options->realtime);
    }
    if (!take_boot_option(walk, options, &taken))
        return false;
    if (taken)
        return true;
    options->of_machine = of_machine;
    return options_fail_unknown(walk->error, word, run_words, "run");
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
            return options_fail(error, "run", "the program's name is empty", "name a program: ringside run PROGRAM.exe");
        options->program = argv[walk.next++];
        options->arguments = argv + walk.next;
        options->argument_count = (size_t)(argc - walk.next);
    } else if (options->further_count != 0) {
        return options_fail(error, "--and", "it is for a further program, and there is no first",
                            "put one last: ringside run --and 'SECOND.exe' FIRST.exe");
    } else if (options->driver_count == 0) {
        return options_fail(error, "run", "neither a program nor a driver is named", "try: ringside run -d DRIVER.sys PROGRAM.exe");
    }
    return true;
}

/* ---- up -------------------------------------------------------------------------------- */

static const char *const up_words[] = {"--machine", "--root",     "--memory",          "--verifier",   "--cpus", "--seed",  "--strict",
                                       "--trace",   "--safe",     "--last-known-good", "--foreground", "--help", "--share", "--no-sandbox",
                                       "--device",  "--schedule", "--points",          "--etw",        NULL};

bool options_parse_up(int argc, char **argv, struct run_options *options, struct usage_error *error) {
    struct walk walk = {argc, argv, 0, error};

    *options =
        (struct run_options){.verifier = HAL_VERIFIER_STANDARD, .cpus = 1, .memory = OPTIONS_MEMORY_DEFAULT, .stays_up = true, .realtime = true};
    while (walk.next < argc) {
        const char *word = argv[walk.next];
        bool taken = false, fine;
        if (options_is_option(&walk, "--machine"))
            fine = options_take_value(&walk, "the name of a machine", &options->machine);
        else if (options_is_option(&walk, "--safe"))
            fine = options_take_flag(&walk, &options->safe);
        else if (options_is_option(&walk, "--last-known-good"))
            fine = options_take_flag(&walk, &options->last_good);
        else if (options_is_option(&walk, "--foreground"))
            fine = options_take_flag(&walk, &options->foreground);
        else if (options_is_option(&walk, "--help") || strcmp(word, "-h") == 0)
            return options->help = true;
        else if (word[0] != '-')
            return options_fail(error, word, "it is not an option", "drivers are loaded afterwards: ringside load FILE.sys");
        else if ((fine = take_boot_option(&walk, options, &taken)) && !taken)
            return options_fail_unknown(error, word, up_words, "up");
        if (!fine)
            return false;
    }
    if (options->trace && options->trace_file == NULL)
        return options_fail(error, "--trace", "a machine in the background has no standard error", "name a file: --trace=FILE");
    return true;
}

#include "options.h"

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

static const char *const run_words[] = {"--driver",  "--verifier", "--trace",  "--cpus", "--seed", "--realtime", "--memory",
                                        "--timeout", "--root",     "--strict", "--help", "--and",  "-d",         NULL};

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
    if (cpus != 1)
        return fail(walk->error, "--cpus", "this version has one processor", "use --cpus 1, or leave it out");
    options->cpus = 1;
    return true;
}

static bool take_timeout(struct walk *walk, struct run_options *options) {
    if (!take_number(walk, "seconds", &options->timeout_seconds))
        return false;
    if (options->timeout_seconds == 0 || options->timeout_seconds > 1000000000)
        return fail(walk->error, "--timeout", "it must be from 1 to 1000000000 seconds", "leave it out for no limit");
    return true;
}

static bool take_run_option(struct walk *walk, struct run_options *options) {
    const char *word = walk->argv[walk->next];

    if (is_option(walk, "--driver") || (word[1] == 'd'))
        return take_driver(walk, options);
    if (is_option(walk, "--and"))
        return take_and(walk, options);
    if (is_option(walk, "--verifier"))
        return take_verifier(walk, options);
    if (is_option(walk, "--memory"))
        return take_memory(walk, options);
    if (is_option(walk, "--cpus"))
        return take_cpus(walk, options);
    if (is_option(walk, "--timeout"))
        return take_timeout(walk, options);
    if (is_option(walk, "--seed"))
        return take_number(walk, "a number", &options->seed);
    if (is_option(walk, "--root"))
        return take_value(walk, "a directory", &options->root);
    if (is_option(walk, "--trace")) {
        /* The file is optional, so it can only come after '='. */
        options->trace = true;
        options->trace_file = NULL;
        return word[7] == '\0' ? (walk->next++, true) : take_value(walk, "a file: --trace=FILE", &options->trace_file);
    }
    if (is_option(walk, "--realtime"))
        return take_flag(walk, &options->realtime);
    if (is_option(walk, "--strict"))
        return take_flag(walk, &options->strict);
    if (is_option(walk, "--help") || strcmp(word, "-h") == 0)
        return take_flag(walk, &options->help);
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
    static const char *const words[] = {"--output", "--native", "--verbose", "--help", "-o", "-v", NULL};
    struct walk walk = {argc, argv, 0, error};
    const char *dot;

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
    if (options->native && strcmp(dot, ".exe") != 0)
        return fail(error, "--native", "it is for programs", "end the output's name in .exe, or leave it out: drivers are native anyway");
    return true;
}

/* `ringside inspect` and `ringside cc`. */
#include "options/walk.h"

#include <stdio.h>
#include <string.h>

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
        if (strcmp(word, "-h") == 0 || options_is_option(&walk, "--help")) {
            options->help = true;
            return true;
        }
        if (options_is_option(&walk, "--corpus")) {
            if (!options_take_value(&walk, "a table of drivers' imports: --corpus FILE.tsv", &options->corpus))
                return false;
            continue;
        }
        if (!options_is_option(&walk, "--json"))
            return options_fail_unknown(error, word, words, "inspect");
        if (!options_take_flag(&walk, &options->json))
            return false;
    }
    options->files = argv + walk.next;
    options->file_count = (size_t)(argc - walk.next);
    if (options->corpus != NULL && options->file_count != 0)
        return options_fail(error, options->files[0], "--corpus reads one table and no images",
                            "name images without it: ringside inspect DRIVER.sys");
    if (options->corpus == NULL && options->file_count == 0)
        return options_fail(error, "inspect", "no file is named", "try: ringside inspect DRIVER.sys");
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
        } else if (strcmp(word, "-o") == 0 || options_is_option(&walk, "--output")) {
            if (!options_take_value(&walk, "the image to make: -o NAME.sys", &options->output))
                return false;
        } else if (options_is_option(&walk, "--native")) {
            if (!options_take_flag(&walk, &options->native))
                return false;
        } else if (options_is_option(&walk, "--crt")) {
            if (!options_take_value(&walk, "a C run-time library: --crt ucrt", &crt))
                return false;
        } else if (strcmp(word, "-v") == 0 || options_is_option(&walk, "--verbose")) {
            if (!options_take_flag(&walk, &options->verbose))
                return false;
        } else if (strcmp(word, "-h") == 0 || options_is_option(&walk, "--help")) {
            options->help = true;
            return true;
        } else {
            options_fail_unknown(error, word, words, "cc");
            if (options_suggest(word, words) == NULL)
                snprintf(error->advice, sizeof error->advice, "flags for clang come last, after --: ringside cc a.c -o a.sys -- -DDEBUG");
            return false;
        }
    }
    options->extra = argv + walk.next;
    options->extra_count = (size_t)(argc - walk.next);
    if (options->source_count == 0)
        return options_fail(error, "cc", "no source is named", "try: ringside cc driver.c -o driver.sys");
    if (options->output == NULL)
        return options_fail(error, "cc", "no output is named", "say what to make: -o NAME.sys, NAME.exe or NAME.dll");
    dot = strrchr(options->output, '.');
    if (dot == NULL || (strcmp(dot, ".sys") != 0 && strcmp(dot, ".exe") != 0 && strcmp(dot, ".dll") != 0))
        return options_fail(error, options->output, "its ending does not say what to make",
                            "a driver ends in .sys, a program in .exe, a library in .dll");
    if (crt != NULL && strcmp(crt, "ucrt") != 0 && strcmp(crt, "msvcrt") != 0)
        return options_fail(error, crt, "there is no such C run-time library", "say --crt ucrt or --crt msvcrt");
    options->ucrt = crt != NULL && strcmp(crt, "ucrt") == 0;
    if (crt != NULL && (options->native || strcmp(dot, ".sys") == 0))
        return options_fail(error, "--crt", "a driver or native program has no C run-time library", "leave it out");
    if (options->native && strcmp(dot, ".exe") != 0)
        return options_fail(error, "--native", "it is for programs", "end the output's name in .exe, or leave it out: drivers are native anyway");
    return true;
}

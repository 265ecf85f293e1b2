#include "corpus.h"
#include "ldr/pe.h"
#include "machine.h"
#include "message.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN 40 /* names of a kind that people see; programs get all */

/* Exports that a test calls and `make mutants` has proved to be needed by it: the last column of the exports.tbl files, in strcmp's order. */
static const char *const proved[] = {
#include "ring0/proved.inc"
};

struct gap {
    char *name;
    size_t wanted; /* by so many drivers */
    size_t only;   /* and nothing else stands in the way of so many of them */
};

struct gaps {
    struct gap *entries;
    size_t count, capacity;
};

/* What one driver needs of a kind, while its line is read. */
struct tally {
    size_t count, last;
};

struct corpus {
    struct pe_image kernel, hal;
    size_t drivers, bound, tested;
    struct gaps missing, untested;
};

static bool have_dll(const char *name) {
    for (uint32_t i = 0; i < ringside_image_count; i++)
        if (strcasecmp(ringside_images[i].name, name) == 0)
            return true;
    return false;
}

static bool parse_image(const char *name, struct pe_image *image) {
    for (uint32_t i = 0; i < ringside_image_count; i++)
        if (strcasecmp(ringside_images[i].name, name) == 0)
            return pe_parse(ringside_images[i].data, ringside_images[i].size, image) == PE_OK;
    return false;
}

static bool have_name(const struct corpus *corpus, const char *name) {
    struct pe_export found;
    return pe_find_export(&corpus->kernel, name, &found) || pe_find_export(&corpus->hal, name, &found);
}

static int by_name(const void *key, const void *element) { return strcmp(key, *(const char *const *)element); }

static bool have_test(const char *name) { return bsearch(name, proved, sizeof proved / sizeof *proved, sizeof *proved, by_name) != NULL; }

/* One more driver wants name. False: no memory. */
static bool count_gap(struct gaps *gaps, const char *name, struct tally *tally) {
    size_t i = 0;

    while (i < gaps->count && strcmp(gaps->entries[i].name, name) != 0)
        i++;
    if (i == gaps->capacity) {
        size_t capacity = gaps->capacity * 2 + 64;
        struct gap *larger = reallocarray(gaps->entries, capacity, sizeof *larger);
        if (larger == NULL)
            return false;
        gaps->entries = larger;
        gaps->capacity = capacity;
    }
    if (i == gaps->count) {
        gaps->entries[i] = (struct gap){.name = strdup(name)};
        if (gaps->entries[i].name == NULL)
            return false;
        gaps->count++;
    }
    gaps->entries[i].wanted++;
    tally->count++;
    tally->last = i;
    return true;
}

/* 1: a driver, 0: not a line of such a table, -1: no memory. */
static int read_line(struct corpus *corpus, char *line) {
    char *tab = strchr(line, '\t'), *names = strrchr(line, '\t'), *rest;
    struct tally missing = {0}, untested = {0};

    if (tab == NULL)
        return 0;
    *names++ = '\0';
    if (tab + 1 < names)
        for (char *dll = strtok_r(tab + 1, ",", &rest); dll != NULL; dll = strtok_r(NULL, ",", &rest))
            if (!have_dll(dll) && !count_gap(&corpus->missing, dll, &missing))
                return -1;
    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        bool have = have_name(corpus, name);
        if (have ? !have_test(name) && !count_gap(&corpus->untested, name, &untested) : !count_gap(&corpus->missing, name, &missing))
            return -1;
    }
    corpus->drivers++;
    corpus->bound += missing.count == 0;
    corpus->tested += missing.count == 0 && untested.count == 0;
    if (missing.count == 1)
        corpus->missing.entries[missing.last].only++;
    if (missing.count == 0 && untested.count == 1)
        corpus->untested.entries[untested.last].only++;
    return 1;
}

/* The most wanted first; of those that are wanted alike, the one that completes more drivers; then by name. */
static int by_want(const void *a, const void *b) {
    const struct gap *x = a, *y = b;
    if (x->wanted != y->wanted)
        return x->wanted < y->wanted ? 1 : -1;
    if (x->only != y->only)
        return x->only < y->only ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void sort_gaps(struct gaps *gaps) {
    if (gaps->count != 0)
        qsort(gaps->entries, gaps->count, sizeof *gaps->entries, by_want);
}

static void print_gaps(const struct gaps *gaps, const char *title) {
    if (gaps->count == 0)
        return;
    printf("\n%8s  %9s  %s\n", "drivers", "only this", title);
    for (size_t i = 0; i < gaps->count && i < SHOWN; i++)
        printf("%8zu  %9zu  %s\n", gaps->entries[i].wanted, gaps->entries[i].only, gaps->entries[i].name);
    if (gaps->count > SHOWN)
        printf("and %zu more (--json lists all)\n", gaps->count - SHOWN);
}

static void print_text(const struct corpus *corpus) {
    printf("%zu of %zu drivers have all that they import\n", corpus->bound, corpus->drivers);
    printf("%zu of them import nothing that is untested\n", corpus->tested);
    print_gaps(&corpus->missing, "missing");
    print_gaps(&corpus->untested, "untested");
}

static json_t *json_gaps(const struct gaps *gaps) {
    json_t *list = json_array();
    for (size_t i = 0; i < gaps->count; i++) {
        const struct gap *gap = &gaps->entries[i];
        json_t *object = json_pack("{s:s, s:I, s:I}", "name", gap->name, "drivers", (json_int_t)gap->wanted, "only", (json_int_t)gap->only);
        if (object != NULL) /* a name that is not UTF-8 is no export's */
            json_array_append_new(list, object);
    }
    return list;
}

static void print_json(const struct corpus *corpus) {
    json_t *report =
        json_pack("{s:I, s:I, s:I, s:o, s:o}", "drivers", (json_int_t)corpus->drivers, "bound", (json_int_t)corpus->bound, "bound_and_tested",
                  (json_int_t)corpus->tested, "missing", json_gaps(&corpus->missing), "untested", json_gaps(&corpus->untested));
    json_dumpf(report, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(report);
}

static void free_gaps(struct gaps *gaps) {
    for (size_t i = 0; i < gaps->count; i++)
        free(gaps->entries[i].name);
    free(gaps->entries);
}

static int read_table(struct corpus *corpus, const char *path, FILE *file) {
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t length;
    int result = 1;

    while (result > 0 && (length = getline(&line, &room, file)) >= 0) {
        number++;
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (length != 0 && line[0] != '#')
            result = read_line(corpus, line);
    }
    free(line);
    if (result == 0)
        message_error(path, "line %zu has no tab: a driver's name, a tab and the names of what it imports are wanted", number);
    else if (result < 0)
        message_error(path, "out of memory: read a smaller table");
    else if (ferror(file))
        message_error(path, "it cannot be read: %s", strerror(errno));
    return result == 0 || ferror(file) ? EXIT_REFUSED : result < 0 ? EXIT_OURS : 0;
}

int corpus_report(const char *path, bool json) {
    struct corpus corpus = {0};
    FILE *file = fopen(path, "re");
    int status;

    if (file == NULL) {
        status = errno == ENOENT ? EXIT_ABSENT : EXIT_REFUSED;
        message_error(path, "it cannot be opened: %s: check the path", strerror(errno));
        return status;
    }
    if (!parse_image("ntoskrnl.exe", &corpus.kernel) || !parse_image("hal.dll", &corpus.hal)) {
        message_error("ringside", "its own kernel image cannot be read: build it again");
        status = EXIT_OURS;
    } else {
        status = read_table(&corpus, path, file);
    }
    if (status == 0) {
        sort_gaps(&corpus.missing);
        sort_gaps(&corpus.untested);
        if (json)
            print_json(&corpus);
        else
            print_text(&corpus);
        status = fflush(stdout) == 0 ? 0 : EXIT_OURS;
    }
    fclose(file);
    free_gaps(&corpus.missing);
    free_gaps(&corpus.untested);
    return status;
}

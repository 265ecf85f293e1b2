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

#define SHOWN 40 /* missing names that people see; programs get all */

struct missing {
    char *name;
    size_t wanted; /* by so many drivers */
    size_t only;   /* and so many of them lack nothing else */
};

struct corpus {
    struct pe_image kernel, hal;
    size_t drivers, bound;
    struct missing *missing;
    size_t missing_count, missing_capacity;
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

/* The entry of a missing name, made if need be; NULL: no memory. */
static struct missing *find_missing(struct corpus *corpus, const char *name) {
    for (size_t i = 0; i < corpus->missing_count; i++)
        if (strcmp(corpus->missing[i].name, name) == 0)
            return &corpus->missing[i];
    if (corpus->missing_count == corpus->missing_capacity) {
        size_t capacity = corpus->missing_capacity * 2 + 64;
        struct missing *larger = reallocarray(corpus->missing, capacity, sizeof *larger);
        if (larger == NULL)
            return NULL;
        corpus->missing = larger;
        corpus->missing_capacity = capacity;
    }
    struct missing *entry = &corpus->missing[corpus->missing_count];
    *entry = (struct missing){.name = strdup(name)};
    if (entry->name == NULL)
        return NULL;
    corpus->missing_count++;
    return entry;
}

/* What one driver lacks. kind: what is separated by separator, and whether Ringside has one of it. */
static bool count_lacking(struct corpus *corpus, char *list, const char *separator, bool dlls, size_t *lacking, size_t *last) {
    char *rest;
    for (char *name = strtok_r(list, separator, &rest); name != NULL; name = strtok_r(NULL, separator, &rest)) {
        if (dlls ? have_dll(name) : have_name(corpus, name))
            continue;
        struct missing *entry = find_missing(corpus, name);
        if (entry == NULL)
            return false;
        entry->wanted++;
        (*lacking)++;
        *last = (size_t)(entry - corpus->missing);
    }
    return true;
}

/* 1: a driver, 0: not a line of such a table, -1: no memory. */
static int read_line(struct corpus *corpus, char *line) {
    char *tab = strchr(line, '\t'), *names = strrchr(line, '\t');
    size_t lacking = 0, last = 0;

    if (tab == NULL)
        return 0;
    *names++ = '\0';
    if (tab + 1 < names && !count_lacking(corpus, tab + 1, ",", true, &lacking, &last))
        return -1;
    if (!count_lacking(corpus, names, " ", false, &lacking, &last))
        return -1;
    corpus->drivers++;
    corpus->bound += lacking == 0;
    if (lacking == 1)
        corpus->missing[last].only++;
    return 1;
}

/* The most wanted first; of those that are wanted alike, the one that completes more drivers; then by name. */
static int by_want(const void *a, const void *b) {
    const struct missing *x = a, *y = b;
    if (x->wanted != y->wanted)
        return x->wanted < y->wanted ? 1 : -1;
    if (x->only != y->only)
        return x->only < y->only ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void print_text(const struct corpus *corpus) {
    printf("%zu of %zu drivers have all that they import\n", corpus->bound, corpus->drivers);
    if (corpus->missing_count == 0)
        return;
    printf("\n%8s  %9s  missing\n", "drivers", "only this");
    for (size_t i = 0; i < corpus->missing_count && i < SHOWN; i++)
        printf("%8zu  %9zu  %s\n", corpus->missing[i].wanted, corpus->missing[i].only, corpus->missing[i].name);
    if (corpus->missing_count > SHOWN)
        printf("and %zu more (--json lists all)\n", corpus->missing_count - SHOWN);
}

static void print_json(const struct corpus *corpus) {
    json_t *list = json_array();
    for (size_t i = 0; i < corpus->missing_count; i++) {
        const struct missing *entry = &corpus->missing[i];
        json_t *object = json_pack("{s:s, s:I, s:I}", "name", entry->name, "drivers", (json_int_t)entry->wanted, "only", (json_int_t)entry->only);
        if (object != NULL) /* a name that is not UTF-8 is no export's */
            json_array_append_new(list, object);
    }
    json_t *report = json_pack("{s:I, s:I, s:o}", "drivers", (json_int_t)corpus->drivers, "bound", (json_int_t)corpus->bound, "missing", list);
    json_dumpf(report, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(report);
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
        qsort(corpus.missing, corpus.missing_count, sizeof *corpus.missing, by_want);
        if (json)
            print_json(&corpus);
        else
            print_text(&corpus);
        status = fflush(stdout) == 0 ? 0 : EXIT_OURS;
    }
    fclose(file);
    for (size_t i = 0; i < corpus.missing_count; i++)
        free(corpus.missing[i].name);
    free(corpus.missing);
    return status;
}

#include "objects/command.h"
#include "up/client.h"
#include "message.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The path that the machine is asked for: '/' will do for '\', and neither is needed in front, nor minded at the end. */
static char *machine_path(const char *given) {
    size_t length = given == NULL ? 0 : strlen(given);
    char *path = malloc(length + 2), *out = path;

    if (path == NULL)
        return NULL;
    if (length == 0 || (given[0] != '\\' && given[0] != '/'))
        *out++ = '\\';
    for (size_t i = 0; i < length; i++)
        *out++ = given[i] == '/' ? '\\' : given[i];
    while (out > path + 1 && out[-1] == '\\')
        out--;
    *out = '\0';
    return path;
}

/* ---- Sources -------------------------------------------------------------------------------- */

struct machine_source {
    struct client *client;
    const char *path;
};

static int fetch_machine(void *context, char **text, size_t *size) {
    struct machine_source *source = context;
    return client_ask(source->client, "objects", &source->path, 1, text, size);
}

/* All that can be read; from malloc. NULL: errno says why. */
static char *read_all(FILE *file, size_t *size) {
    char *all = NULL, buffer[4096];
    FILE *out = open_memstream(&all, size);
    bool failed = out == NULL;

    while (!failed && !feof(file)) {
        size_t n = fread(buffer, 1, sizeof buffer, file);
        failed = ferror(file) || fwrite(buffer, 1, n, out) != n;
    }
    if (out != NULL && fclose(out) != 0)
        failed = true;
    if (!failed)
        return all;
    free(all);
    return NULL;
}

static int fetch_file(void *context, char **text, size_t *size) {
    const char *name = context;
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");

    *text = file == NULL ? NULL : read_all(file, size);
    if (*text == NULL)
        message_error(name, "it cannot be read: %s", strerror(errno));
    if (file != NULL && !standard)
        fclose(file);
    return *text == NULL ? EXIT_OURS : 0;
}

/* ---- The command -------------------------------------------------------------------------------- */

static int show(const struct objects_options *options, const char *path, const struct objects_source *source) {
    struct object_tree tree;
    char *text = NULL;
    size_t size = 0;
    int status = source->fetch(source->context, &text, &size);

    if (status != 0)
        return status;
    if (!objects_parse(text, size, &tree)) {
        message_error("objects", "the answer is not what a machine of this version sends: use the ringside that started it");
        free(text);
        return EXIT_OURS;
    }
    if (tree.count == 0) {
        message_error(path, "%s: `ringside objects` shows what is there", tree.error == NULL ? "the answer is empty" : tree.error);
        status = tree.error == NULL ? EXIT_OURS : EXIT_ABSENT;
    } else if (options->interactive) {
        status = objects_browse(&tree, source);
    } else {
        if (options->json)
            fwrite(text, 1, size, stdout);
        else if (options->list)
            objects_print_long(&tree);
        else
            objects_print_tree(&tree);
        if (fflush(stdout) != 0 && errno != EPIPE) {
            message_error("standard output", "%s", strerror(errno));
            status = EXIT_OURS;
        }
    }
    objects_free(&tree);
    free(text);
    return status;
}

int objects_command(const struct objects_options *options) {
    char *path = machine_path(options->path);
    int status = EXIT_OURS;

    if (path == NULL) {
        message_error("objects", "out of memory");
        return EXIT_OURS;
    }
    setlocale(LC_CTYPE, "");
    if (options->file != NULL) {
        struct objects_source source = {fetch_file, (void *)options->file};
        status = show(options, options->file, &source);
    } else {
        struct machine_source machine = {client_connect(options->machine, &status), path};
        struct objects_source source = {fetch_machine, &machine};
        if (machine.client != NULL) {
            status = show(options, path, &source);
            client_close(machine.client);
        }
    }
    free(path);
    return status;
}

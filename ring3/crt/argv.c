#include "argv.h"

/* Where the pieces go; counts even when there is nowhere to write. */
typedef struct OUTPUT {
    CRT_ARGUMENTS used;
    uint16_t *text;
    uint16_t **argv;
    unsigned char *wild;
} OUTPUT;

static void begin_argument(OUTPUT *output) {
    if (output->text) {
        output->argv[output->used.count] = output->text + output->used.characters;
        output->wild[output->used.count] = 0;
    }
}

static void put(OUTPUT *output, uint16_t c) {
    if (output->text) {
        output->text[output->used.characters] = c;
    }
    output->used.characters++;
}

static void end_argument(OUTPUT *output) {
    put(output, 0);
    output->used.count++;
}

static int is_blank(uint16_t c) { return c == ' ' || c == '\t'; }

static const uint16_t *program_name(const uint16_t *p, OUTPUT *output) {
    int quoted = 0;

    begin_argument(output);
    for (; *p && (quoted || !is_blank(*p)); p++) {
        if (*p == '"') {
            quoted = !quoted;
        } else {
            put(output, *p);
        }
    }
    end_argument(output);
    return p;
}

static const uint16_t *argument(const uint16_t *p, OUTPUT *output) {
    int quoted = 0;

    begin_argument(output);
    while (*p && (quoted || !is_blank(*p))) {
        size_t backslashes = 0;

        for (; *p == '\\'; p++) {
            backslashes++;
        }
        if (*p == '"') {
            for (size_t i = 0; i < backslashes / 2; i++) {
                put(output, '\\');
            }
            if (backslashes % 2) {
                put(output, *p++);
            } else if (quoted && p[1] == '"') {
                put(output, '"');
                p += 2;
            } else {
                quoted = !quoted;
                p++;
            }
            continue;
        }
        for (size_t i = 0; i < backslashes; i++) {
            put(output, '\\');
        }
        if (*p == 0 || (!quoted && is_blank(*p))) {
            break;
        }
        if ((*p == '*' || *p == '?') && !quoted && output->text) {
            output->wild[output->used.count] = 1;
        }
        put(output, *p++);
    }
    end_argument(output);
    return p;
}

CRT_ARGUMENTS crt_split_command_line(const uint16_t *line, uint16_t *text, uint16_t **argv, unsigned char *wild) {
    OUTPUT output = {{0, 0}, text, argv, wild};

    line = program_name(line, &output);
    for (;;) {
        while (is_blank(*line)) {
            line++;
        }
        if (*line == 0) {
            return output.used;
        }
        line = argument(line, &output);
    }
}

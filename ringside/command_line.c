#include "command_line.h"

#include <stdlib.h>
#include <string.h>

/* Appends one argument at out, which has room for twice its length and two quotes and a space. */
static char *append_quoted(char *out, const char *argument) {
    if (argument[0] != '\0' && strpbrk(argument, " \t\n\v\"") == NULL) {
        return stpcpy(out, argument);
    }
    *out++ = '"';
    size_t backslashes = 0;
    for (const char *p = argument;; p++) {
        if (*p == '\\') {
            backslashes++;
            *out++ = '\\';
            continue;
        }
        if (*p == '"' || *p == '\0') {
            for (size_t i = 0; i < backslashes; i++) {
                *out++ = '\\';
            }
        }
        backslashes = 0;
        if (*p == '\0') {
            break;
        }
        if (*p == '"') {
            *out++ = '\\';
        }
        *out++ = *p;
    }
    *out++ = '"';
    *out = '\0';
    return out;
}

char *command_line_quote(const char *program, char *const *arguments, size_t count) {
    size_t room = strlen(program) * 2 + 4;
    for (size_t i = 0; i < count; i++) {
        room += strlen(arguments[i]) * 2 + 4;
    }
    char *line = malloc(room);
    if (line == NULL) {
        return NULL;
    }
    char *end = append_quoted(line, program);
    for (size_t i = 0; i < count; i++) {
        *end++ = ' ';
        end = append_quoted(end, arguments[i]);
    }
    if ((size_t)(end - line) > COMMAND_LINE_MAX) {
        free(line);
        return NULL;
    }
    return line;
}

/* ---- Splitting ---------------------------------------------------------------------------------------------------------------------- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v'; }

/* Everything up to white space outside quotes; quotes go. */
static const char *take_program(const char *line, char **out) {
    for (bool quoted = false; *line != '\0' && (quoted || !is_space(*line)); line++) {
        if (*line == '"')
            quoted = !quoted;
        else
            *(*out)++ = *line;
    }
    *(*out)++ = '\0';
    return line;
}

/* 2n backslashes and a quote: n backslashes, and the quote begins or ends quoting. 2n+1: n backslashes and a quote. Two quotes within quotes: one. */
static const char *take_argument(const char *line, char **out) {
    for (bool quoted = false; *line != '\0' && (quoted || !is_space(*line));) {
        size_t backslashes = strspn(line, "\\");
        bool quote = line[backslashes] == '"';
        line += backslashes;
        for (size_t i = quote ? backslashes / 2 : backslashes; i > 0; i--)
            *(*out)++ = '\\';
        if (!quote && backslashes > 0)
            continue;
        if (quote && backslashes % 2 == 0) {
            if (quoted && line[1] == '"')
                *(*out)++ = *line++;
            else
                quoted = !quoted;
        } else {
            *(*out)++ = *line;
        }
        line++;
    }
    *(*out)++ = '\0';
    return line;
}

char **command_line_split(const char *line, size_t *count) {
    /* Each word ends in white space or the end: there are at most half as many as characters, rounded up, and no more text than there was. */
    size_t length = strlen(line), most = length / 2 + 1;
    char **words = malloc((most + 1) * sizeof *words + length + 1);

    *count = 0;
    if (words == NULL)
        return NULL;
    char *out = (char *)(words + most + 1);
    while (is_space(*line))
        line++;
    while (*line != '\0') {
        words[*count] = out;
        line = *count == 0 ? take_program(line, &out) : take_argument(line, &out);
        ++*count;
        while (is_space(*line))
            line++;
    }
    words[*count] = NULL;
    if (*count == 0) {
        free(words);
        return NULL;
    }
    return words;
}

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

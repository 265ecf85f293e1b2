#include "message.h"

#include <stdarg.h>
#include <stdio.h>

static void say(const char *what, const char *format, va_list arguments) {
    fflush(stdout);
    fputs("ringside: ", stderr);
    if (what != NULL) {
        fprintf(stderr, "%s: ", what);
    }
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    fflush(stderr);
}

void message_error(const char *what, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(what, format, arguments);
    va_end(arguments);
}

void message_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(NULL, format, arguments);
    va_end(arguments);
}

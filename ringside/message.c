#include "message.h"
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE 4096

static void (*redirected)(const char *text, size_t size);

void message_redirect(void (*sink)(const char *text, size_t size)) { redirected = sink; }

/* Through the console, which begins a line of its own on a terminal; what does not fit is cut. */
static void say(const char *what, const char *format, va_list arguments) {
    char line[LINE] = "";
    size_t used = 0;

    if (what != NULL) {
        snprintf(line, LINE / 2, "%s: ", what);
        used = strlen(line);
    }
    vsnprintf(line + used, sizeof line - used, format, arguments);
    if (redirected != NULL) {
        redirected(line, strlen(line));
        return;
    }
    fflush(stdout);
    console_message(line, strlen(line));
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

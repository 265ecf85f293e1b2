/* A program's command line, as one string. */
#pragma once
#include <stddef.h>

#define COMMAND_LINE_MAX 32767u /* characters; UNICODE_STRING's limit, documented with CreateProcess */

/* "program" and its arguments, quoted so that the rules of "Parsing C command-line arguments" (learn.microsoft.com) give back exactly these:
   an argument that is empty or has a space, tab or quote is put in quotes; backslashes are doubled where a quote follows them.
   malloc'ed; NULL when too long or out of memory. */
char *command_line_quote(const char *program, char *const *arguments, size_t count);

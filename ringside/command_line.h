/* A program's command line as one string, by the rules of "Parsing C command-line arguments" (learn.microsoft.com). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define COMMAND_LINE_MAX 32767u /* characters; UNICODE_STRING's limit, documented with CreateProcess */

/* "program" and its arguments, quoted so that those rules give back exactly these: an argument that is empty or has a space, tab or quote is put in
   quotes; backslashes are doubled where a quote follows them. malloc'ed; NULL when too long or out of memory. */
char *command_line_quote(const char *program, char *const *arguments, size_t count);

/* The other way: the words of a string, in one block from malloc, NULL at the end. *count >= 1: the first word is a program's name, for which a backslash is
   never special. NULL: out of memory, or there is no word. */
char **command_line_split(const char *line, size_t *count);

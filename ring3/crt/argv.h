/*
 * A Windows command line taken apart into arguments, by the rules that Microsoft documents for its C run-time library
 * ("Parsing C command-line arguments"):
 *   - the first argument is the program: quotes group, backslashes are ordinary;
 *   - further arguments are separated by spaces and tabs; quotes group and are dropped;
 *   - 2n backslashes before a quote are n backslashes and the quote groups; 2n+1 are n backslashes and a quote that is text;
 *   - inside a group, two quotes are one quote that is text;
 *   - other backslashes are themselves.
 * Pure: no other function is called, so that a test can feed it anything.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct CRT_ARGUMENTS {
    size_t count;      /* arguments */
    size_t characters; /* UTF-16 units of all of them, terminators included */
} CRT_ARGUMENTS;

/*
 * With text NULL: says how much is needed. Else writes the terminated arguments one after another to text, their addresses to
 * argv[0..count), and to wild[i] whether argument i has a * or ? outside of quotes; all three must be as large as the first call said.
 */
CRT_ARGUMENTS crt_split_command_line(const uint16_t *line, uint16_t *text, uint16_t **argv, unsigned char *wild);

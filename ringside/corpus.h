/* `ringside inspect --corpus`: how many of many drivers have all that they import, told from a table of their imports alone. */
#pragma once
#include <stdbool.h>

/* The table: a line for each driver, fields separated by tabs; the first names the driver, the last holds the names that it imports, separated by
   spaces. A field between them may name the DLLs it imports from, separated by commas: Ringside must have these too. Empty lines and lines that begin with # are skipped.
   Prints the report, for programs if json. Returns the exit code: 0, EXIT_ABSENT, EXIT_REFUSED (not such a table), EXIT_OURS. */
int corpus_report(const char *path, bool json);

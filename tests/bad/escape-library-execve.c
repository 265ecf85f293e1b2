/* execve, by code of the C library's own. */
#include "escape-library.h"

static const CHAR *const Arguments[] = {"sh", "-c", "echo escaped >canary", NULL};
ESCAPE_BY_LIBRARY(LINUX_EXECVE, "/bin/sh", Arguments, 0)

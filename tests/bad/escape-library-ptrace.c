/* ptrace, by code of the C library's own. */
#include "escape-library.h"

ESCAPE_BY_LIBRARY(LINUX_PTRACE, LINUX_ATTACH, 1, 0)

/* open, by code of the C library's own. */
#include "escape-library.h"

ESCAPE_BY_LIBRARY(LINUX_OPEN, "escaped", LINUX_CREATE, 0666)

/* socket, by code of the C library's own. */
#include "escape-library.h"

ESCAPE_BY_LIBRARY(LINUX_SOCKET, LINUX_INTERNET, LINUX_STREAM, 0)

/* The one way to open a file once the fence is up. */
#pragma once
#include <sys/types.h>

/* Opens `path` below a directory, and nowhere else: links that lead out of it, and paths with "..", are refused (RESOLVE_BENEATH). A descriptor, or a
   negative errno; -ENOSYS: this host has no openat2. */
int beneath_open(int directory, const char *path, int flags, mode_t mode);

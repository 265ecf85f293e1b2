/* What `ringside cc` asks of the object files that clang made. */
#pragma once
#include <stdbool.h>

/*
 * Whether a COFF object of x86-64 defines an external symbol: of this name, or, if prefix, of a name that begins so. False as well for
 * a file that is none or cannot be read.
 */
bool object_defines(const char *path, const char *name, bool prefix);

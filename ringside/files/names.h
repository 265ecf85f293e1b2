/* Names of files as Windows has them, in UTF-8: which are allowed, and which are the same. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define NAMES_MAX_COMPONENT 255 /* bytes: NAME_MAX of the host */

/* 0, -HAL_EINVAL or -HAL_ENAMETOOLONG for a path of components with '/' between them; "" is allowed. The rules are in files.h. */
int names_check(const char *path);
int names_check_component(const char *name, size_t length);

bool names_equal(const char *a, const char *b); /* but for case */
bool names_equal_length(const char *a, size_t a_length, const char *b, size_t b_length);
int names_order(const char *a, const char *b); /* a directory's order: without regard to case, then by bytes */
const char *names_last(const char *path);      /* its last component */

/* What Ringside itself says: always one line on standard error. */
#pragma once
#include <stddef.h>

/* "ringside: what: why: what to do"; format gives the rest after what. */
void message_error(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "ringside: text" */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* To somebody else for a while, without the "ringside: "; NULL: to standard error again. */
void message_redirect(void (*sink)(const char *text, size_t size));

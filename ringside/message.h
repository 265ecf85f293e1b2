/* What Ringside itself says: always one line on standard error. */
#pragma once

/* "ringside: what: why: what to do"; format gives the rest after what. */
void message_error(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "ringside: text" */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

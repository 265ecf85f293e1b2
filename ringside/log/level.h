/* Levels of debug output, as DbgPrintEx has them: 0 to 31, the lower the more important; what is above is a mask of levels. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* "ERROR", "WARNING", "TRACE", "INFO"; other levels as a number into buffer, of 12 bytes. */
const char *log_level_name(uint32_t level, char *buffer);
/* A level by name in any case, or a number. */
bool log_level_parse(const char *text, uint32_t *level);
/* The most important level in it: a level from 32 on is a mask of levels. */
uint32_t log_level_first(uint32_t level);

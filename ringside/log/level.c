#include "log/level.h"
#include "options.h"

#include <stdio.h>
#include <strings.h>

#define LEVELS 32u

static const char *const levels[] = {"ERROR", "WARNING", "TRACE", "INFO"};

const char *log_level_name(uint32_t level, char *buffer) {
    if (level < sizeof levels / sizeof *levels)
        return levels[level];
    snprintf(buffer, 12, level < LEVELS ? "%u" : "0x%X", level);
    return buffer;
}

bool log_level_parse(const char *text, uint32_t *level) {
    uint64_t number;

    for (uint32_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcasecmp(text, levels[i]) == 0) {
            *level = i;
            return true;
        }
    if (!options_parse_number(text, &number) || number >= LEVELS)
        return false;
    *level = (uint32_t)number;
    return true;
}

uint32_t log_level_first(uint32_t level) { return level < LEVELS ? level : (uint32_t)__builtin_ctz(level); }

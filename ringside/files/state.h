/* The machine's own small files, below its state directory: hal_ops' state functions. A machine that is not kept has none. */
#pragma once
#include <stdint.h>

#define STATE_MAX_FILE (256ull << 20) /* bytes of one file: beyond it, append and replace are refused */

/* Opens the state directory, which is there. 0 or a negative HAL_E code. Before it is called, or if it fails, nothing is kept. */
int state_start(const char *directory);
/* Of the state directory, or -1: nothing is kept. */
int state_descriptor(void);
/* How many boots in a row have begun and not come up: what the kernel notes in the file "boot". 0 without a state directory. */
int state_failed_boots(void);

/* As hal.h has it. name: letters, digits, '.', '-' and '_', not beginning with '.', at most 64 of them; else -HAL_EINVAL. */
int64_t state_read(const char *name, uint64_t offset, void *data, uint64_t size);
int64_t state_append(const char *name, const void *data, uint64_t size);
int64_t state_replace(const char *name, const void *data, uint64_t size);

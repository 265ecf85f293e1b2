/* The machine's own small files, below its state directory: hal_ops' state functions. A machine that is not kept has none. */
#pragma once
#include <stdint.h>

int64_t state_read(const char *name, uint64_t offset, void *data, uint64_t size);
int64_t state_append(const char *name, const void *data, uint64_t size);
int64_t state_replace(const char *name, const void *data, uint64_t size);

#include "state.h"
#include "hal/hal.h"

int64_t state_read(const char *name, uint64_t offset, void *data, uint64_t size) {
    (void)name, (void)offset, (void)data, (void)size;
    return -HAL_ENOENT;
}

int64_t state_append(const char *name, const void *data, uint64_t size) {
    (void)name, (void)data, (void)size;
    return 0;
}

int64_t state_replace(const char *name, const void *data, uint64_t size) {
    (void)name, (void)data, (void)size;
    return 0;
}

/* Writing all that is given. */
#pragma once
#include <stdint.h>

/* Goes on after interruptions and partial writes. 0 or a negative errno; what is in the file then is a beginning of the data. */
int write_whole(int fd, const void *data, uint64_t size);

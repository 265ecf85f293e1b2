#include "files/whole.h"

#include <errno.h>
#include <unistd.h>

int write_whole(int fd, const void *data, uint64_t size) {
    const char *bytes = data;

    while (size != 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        bytes += written;
        size -= (uint64_t)written;
    }
    return 0;
}

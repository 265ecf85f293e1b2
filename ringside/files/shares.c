#include "files/shares.h"
#include "files/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    const char *names[SHARES_MAX];
    int fds[SHARES_MAX];
    size_t count;
} shares;

size_t shares_count(void) { return shares.count; }
const char *const *shares_names(void) { return shares.names; }
int shares_descriptor(size_t index) { return shares.fds[index]; }

static int find_name(const char *name, size_t length) {
    for (size_t i = 0; i < shares.count; i++)
        if (names_equal_length(shares.names[i], strlen(shares.names[i]), name, length))
            return (int)i;
    return -1;
}

int shares_find(const char *path, const char **rest) {
    size_t length = strcspn(path + 2, "/");
    int index = find_name(path + 2, length);

    *rest = path + 2 + length;
    *rest += **rest == '/';
    return index;
}

int shares_add(const char *name, const char *directory) {
    size_t length = strlen(name);
    char *copy;
    int fd;

    if (length > SHARES_MAX_NAME || names_check_component(name, length) != 0)
        return -EINVAL;
    if (find_name(name, length) >= 0)
        return -EEXIST;
    if (shares.count == SHARES_MAX)
        return -ENOSPC;
    if ((fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return -errno;
    copy = strdup(name);
    if (copy == NULL) {
        close(fd);
        return -ENOMEM;
    }
    shares.names[shares.count] = copy;
    shares.fds[shares.count++] = fd;
    return 0;
}

void shares_stop(void) {
    while (shares.count > 0) {
        shares.count--;
        close(shares.fds[shares.count]);
        free((char *)shares.names[shares.count]);
        shares.names[shares.count] = NULL;
    }
}

/* Read-only files that lie over the root: images carried inside Ringside, and files named on the command line. Paths are names_check()ed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct overlay_entry {
    char *path;
    const void *data; /* fd < 0 */
    uint64_t size;
    int fd;          /* an open file of the host, or -1 */
    char *host_path; /* fd >= 0 */
    uint64_t id;
    uint32_t users; /* open files */
    bool retired;   /* replaced: it goes with its last user */
};

/* Takes over fd and host_path (from malloc) on success. 0, -EEXIST (there already, as file or directory, or below a file), -ENOMEM. */
int overlay_add(const char *path, const void *data, uint64_t size, int fd, char *host_path);
/* The entry of that name, without regard to case, or NULL. It lives until overlay_clear, or until it is retired; who keeps it open holds it. */
struct overlay_entry *overlay_find(const char *path);
void overlay_hold(struct overlay_entry *entry);
void overlay_release(struct overlay_entry *entry);
/* Another file takes the name. */
void overlay_retire(struct overlay_entry *entry);
/* Does an entry lie below path? The root "" is a directory if there is any entry. */
bool overlay_is_directory(const char *path);
/* Is the directory that path lies in one of the overlay's? */
bool overlay_has_parent(const char *path);
/* The index-th distinct name in a directory of the overlay: name gets NAMES_MAX_COMPONENT + 1 bytes, *entry the file or NULL for a directory. */
bool overlay_child(const char *directory, size_t index, char *name, const struct overlay_entry **entry);
void overlay_clear(void);

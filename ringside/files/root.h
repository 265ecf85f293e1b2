/*
 * The directory that drive C: is, and the one way to reach what lies in it. Paths are names_check()ed before they come here; functions
 * return 0, a descriptor, or a negative errno of the host unless they say otherwise.
 */
#pragma once
#include "hal/hal.h"

#include <stdbool.h>
#include <sys/stat.h>

/* path NULL: a private empty directory in $TMPDIR or /tmp. -ENOSYS: this host has no openat2. */
int root_start(const char *path);
/* Closes the root, and removes a private one with all it holds. May be called again. */
void root_stop(void);
const char *root_path(void); /* the host's own, absolute */
int root_descriptor(void);
bool root_is_private(void);

/* Opens below the root, or below a share (shares.h), with RESOLVE_BENEATH; "" is the root itself. */
int root_open(const char *path, int flags, mode_t mode);

/*
 * Spells a path as the root does, component by component: the exact name if there is one, else the first (in byte order) that equals it but for
 * case; what is absent keeps the caller's spelling. spelled: HAL_MAX_PATH bytes. 0: all of it is there; -ENOENT: only the last component is
 * absent; -ENOTDIR: an earlier one is absent or no directory.
 */
int root_spell(const char *path, char *spelled);

/* A descriptor of the directory that holds `spelled`, and in *name its last component: what mkdirat, unlinkat and renameat work on, none of
   which knows RESOLVE_BENEATH. -ENOTDIR: there is none. */
int root_open_parent(const char *spelled, const char **name);
/* Makes those directories on the way to `spelled` that only the overlay has, so that something can be made in them. */
int root_make_parents(const char *spelled);

/* The HAL_E code, negative, for an errno of the host: what the door has no name for is EACCES if it is a matter of permission, else EIO. */
int64_t root_error(int error);
/* Describes an open descriptor. Returns a positive errno; EACCES for what Windows has no kind for. */
int root_describe(int fd, hal_file_info *info);
/* NT time as futimens takes it; 0: as it is. False: beyond what there is. */
bool root_host_time(uint64_t time, struct timespec *host);
/* Describes what no disk holds. */
void root_describe_fixed(hal_file_info *info, uint64_t size, bool directory, uint64_t id);

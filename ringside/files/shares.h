/*
 * Directories of the host beside drive C:, each under a name: what \\ringside\NAME is. A path of one begins with "//NAME" ("//NAME/dir/file"; "//NAME" is the
 * directory itself), where a path of drive C: begins with its first component.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define SHARES_MAX      16
#define SHARES_MAX_NAME 64 /* bytes */

/* Opens the directory. 0, -EINVAL: a name that cannot be one, -EEXIST: there already, -ENOSPC: SHARES_MAX are there, or a negative errno of the host. */
int shares_add(const char *name, const char *directory);
void shares_stop(void);

size_t shares_count(void);
/* What hal_machine.shares points at: names, in the order in which they were added. */
const char *const *shares_names(void);
int shares_descriptor(size_t index);

/* Is this a path of a share? */
static inline bool shares_is_path(const char *path) { return path[0] == '/' && path[1] == '/'; }
/* Which share a path is of, and in *rest what follows its name, without slash ("": the directory itself). -1: no such share. */
int shares_find(const char *path, const char **rest);

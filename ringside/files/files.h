/*
 * Host files as drive C: sees them: hal_ops' file functions. Everything lies below one root directory, or below a share (shares.h), and is reached by openat2 with
 * RESOLVE_BENEATH, so no name, link or race leads out of it.
 *
 * Over the root lie read-only entries: images carried inside Ringside, and files named on the command line. They hide what the root has
 * under the same name, and their directories exist even if the root has none.
 *
 * Names: UTF-8, '/' between components, no leading or trailing '/'. A name that Windows does not know (., .., empty component,
 * control characters, one of \ : * ? " < > |, a trailing dot or space, CON, NUL, COM1 and their kind, invalid UTF-8) is -HAL_EINVAL; a
 * component above 255 bytes or a path of HAL_MAX_PATH and more -HAL_ENAMETOOLONG. -HAL_ENOENT: the last component is absent;
 * -HAL_ENOTDIR: one before it is absent or no directory, or HAL_FILE_DIRECTORY was asked of a file. Special files (pipes, devices,
 * sockets) and links that lead out of the root are -HAL_EACCES, and are not listed. Every error is one of the HAL_E codes.
 */
#pragma once
#include "hal/hal.h"
#include <stdbool.h>
#include <stddef.h>

/* Before anything else, once. root NULL: a private empty directory in $TMPDIR or /tmp, removed by files_stop. 0 or a negative errno;
   -ENOSYS: this host has no openat2. */
int files_start(const char *root);
/* Closes everything and removes the private root. Every way out of the process calls it; calling it again does nothing. */
void files_stop(void);

/* Adds a read-only file at path; data must stay where it is. 0, -HAL_EINVAL, -HAL_EEXIST, -HAL_ENOMEM. */
int files_add_memory(const char *path, const void *data, uint64_t size);
/* Makes a file of the host appear read-only at path. It stays open, so what it is cannot change afterwards. 0, or a negative errno of the
   host: -ENOENT, -EACCES, -EISDIR, -EINVAL (path, or neither file nor directory), -EEXIST (another file has that name). */
int files_add_host(const char *path, const char *host_path);
/* The same for a file that somebody has opened: host_path, from malloc, is where. Takes over both, whatever happens. replace: another file that has the name
   gives it up; who has that one open keeps it. */
int files_add_open(const char *path, int fd, char *host_path, bool replace);

int64_t files_open(const char *path, uint32_t access, uint32_t disposition, hal_file_info *info);
int64_t files_close(int64_t file);
int64_t files_read(int64_t file, uint64_t offset, void *data, uint64_t size);
int64_t files_write(int64_t file, uint64_t offset, const void *data, uint64_t size);
int64_t files_info(int64_t file, hal_file_info *info);
int64_t files_resize(int64_t file, uint64_t size);
int64_t files_flush(int64_t file);
int64_t files_change(int64_t file, uint64_t access_time, uint64_t write_time, uint32_t readonly);
int64_t files_delete(const char *path);
int64_t files_rename(const char *from, const char *to, uint32_t replace);
/* Index 0 takes a snapshot of the directory; the others read on in it. */
int64_t files_list(int64_t directory, uint64_t index, char *name, hal_file_info *info);
int64_t files_host_path(int64_t file, char *name);
/* Of the host's open file behind it, which stays files.c's; -1: what is carried inside has none. */
int files_descriptor(int64_t file);

/* Open files and directories, by the numbers that the kernel knows them by: what the other files of this folder share. */
#pragma once
#include "files/files.h"
#include "files/overlay.h"

struct listed {
    char *name;
    hal_file_info info;
};

/* An open file or directory. */
struct file {
    enum { FILE_FREE, FILE_HOST, FILE_OVERLAY, FILE_DIRECTORY } kind;
    int fd;                      /* FILE_HOST; FILE_DIRECTORY: -1 when only the overlay has it */
    struct overlay_entry *entry; /* FILE_OVERLAY */
    char *path;                  /* as the root spells it */
    struct listed *list;         /* FILE_DIRECTORY: the snapshot of files_list */
    size_t list_count;
};

/* NULL: no such handle. */
struct file *handle_find(int64_t handle);
/* A free one, or NULL: too many, or no memory. It stays free until its kind is set. */
struct file *handle_new(const char *path);
int64_t handle_index(const struct file *file);
void handle_free(struct file *file); /* closes what it has open */
void handle_forget_list(struct file *file);
void handles_stop(void);

/* path.c. Is it a path that drive C:, or a share that is there, can have? 0 or a HAL_E code. */
int files_check_path(const char *path);
/* What cannot be deleted or renamed: a root, and what the overlay has. */
bool files_is_fixed(const char *path);
/* files.c. What an entry of the overlay is. 0 or an errno. */
int files_describe_entry(const struct overlay_entry *entry, hal_file_info *info);

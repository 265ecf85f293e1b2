/* Which files of the host become which files of the machine. */
#pragma once
#include "options.h"

/* The shares that --share names. 0, or an exit code after a message. */
int place_shares(const struct run_options *options);

/* Makes the drivers, the programs, and what their arguments name appear in C:\, and fills machine_drivers and machine_programs. files_start has been called.
   0, or an exit code after a message. */
int place_files(struct run_options *options);
/* What place_files has put into options, which began as zeroes. */
void place_free(struct run_options *options);

/* From now on the words that name files of the host mean what open_file gives for them: a descriptor and its path, from malloc, or a negative errno. They take the
   place of files of the same name. NULL: files of this host again. */
void place_open_with(int (*open_file)(void *context, const char *word, char **host_path), void *context);

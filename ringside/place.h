/* Which files of the host become which files of the machine. */
#pragma once
#include "options.h"

/* Makes the drivers, the programs, and what their arguments name appear in C:\, and fills machine_drivers and machine_programs. files_start has been called.
   0, or an exit code after a message. */
int place_files(struct run_options *options);

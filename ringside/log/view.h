/* The log on the full screen (ncurses): `ringside log -i`. */
#pragma once
#include "options.h"

/* Shows records, lines of JSON that are read from the descriptor, until the user leaves. ended: what to say when no more come. Exit code, after a message when
   the terminal cannot show it. */
int log_view_run(int records, const char *ended, const struct log_options *options);

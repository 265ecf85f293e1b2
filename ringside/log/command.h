/* `ringside log`: what a machine prints, as DebugView shows it. */
#pragma once
#include "options.h"

/* Shows the records of the machine that is up, or of options->file; the command's exit code, after a message for what went wrong. */
int log_command(const struct log_options *options);

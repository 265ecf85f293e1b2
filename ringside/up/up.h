/* `ringside up`: a machine in the background. */
#pragma once
#include "hal/hal.h"
#include "options.h"

#include <stdbool.h>

/* Starts it and returns, in the process that was called, the command's exit code: 0 once the machine serves requests. The other process becomes the machine. */
int up_command(struct run_options *options);

/* Called by every way out of the machine (machine.c): tells those who wait for it, with a last text for their standard error or NULL.
   Does nothing in a machine that does not stay up. */
void up_end(const char *text, int code);
bool up_is_running(void);
/* Name, process, directories and fence, as an object; the caller's. */
struct json_t *up_describe(void);
/* A bug check: its screen and what is in the log go into the state directory. */
void up_keep_screen(const char *text, size_t size);

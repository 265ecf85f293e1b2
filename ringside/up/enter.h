/* `ringside run`, `load`, `unload`, `status` and `down` on a machine that is up. Each gives the command's exit code. */
#pragma once
#include "up/client.h"
#include "options.h"

/* Runs in the machine what options say, with this process's terminal as its console. */
int enter_run(struct client *client, const struct run_options *options);
int enter_load(const struct machine_options *options);
int enter_unload(const struct machine_options *options);
int enter_status(const struct machine_options *options);
int enter_down(const struct machine_options *options);

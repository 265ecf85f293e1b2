/*
 * Removes a machine's private directory when the machine ends, however it ends: a small process of its own, started before the fence goes up, that
 * waits until the last descriptor of a pipe is closed. The machine itself may no longer remove anything outside its drive C:.
 */
#pragma once
#include <stdbool.h>

/* path: absolute; it goes with all it holds, and links in it are not followed. False, with errno: no process for it. */
bool janitor_start(const char *path);
/* Has it done, and waits until it is. */
void janitor_finish(void);

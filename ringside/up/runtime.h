/*
 * Where machines that stay up are found, by name. The runtime directory ($XDG_RUNTIME_DIR/ringside, or ringside-UID in /tmp; 0700, ours, or it is
 * refused) holds NAME.sock and NAME.lock; the lock is held for as long as the machine lives, whatever becomes of the socket's file. The
 * state directory ($XDG_STATE_HOME/ringside/NAME, or ~/.local/state/ringside/NAME) holds what it keeps: drive_c, the registry, its log.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define RUNTIME_NAME_MAX 64

/* The name of a machine: the one given, else $RINGSIDE_MACHINE, else "default". NULL after a message: it cannot be a name. */
const char *runtime_machine_name(const char *given);

/* A descriptor of the runtime directory; -ENOENT: it is not there, and was not to be made; -1 after a message. */
int runtime_directory(bool make);
/* A path of the state directory of that machine, from malloc; it and drive_c are made if they are not there. NULL after a message. */
char *runtime_state_directory(const char *name);
/* In the state directory: the screen of the bug check that ended the machine's last life, else empty; what was in its log then. */
#define RUNTIME_SCREEN   "bugcheck.txt"
#define RUNTIME_LAST_LOG "last-log.json"
/* If a bug check ended that machine, one line says where its screen is, and true. */
bool runtime_tell_last_words(const char *name);

/* Holds NAME.lock until the process ends. A descriptor; -EBUSY: another process holds it; -1 after a message. */
int runtime_lock(int directory, const char *name);
/* A listening socket NAME.sock, mode 0600; the lock is held, so one that lies there belongs to nobody. -1 after a message. */
int runtime_listen(int directory, const char *name);
/* A connected socket, or a negative errno: -ENOENT, -ECONNREFUSED: no machine of that name is up. */
int runtime_connect(int directory, const char *name);
void runtime_remove(int directory, const char *name);

/* The other end of the socket: what `ringside run`, `load`, `log`, `objects` and the rest have to do with a machine that is up. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct client;

/* Connects to the machine of that name (NULL: the default one). NULL after a message that says why, with the command's exit code in *status. */
struct client *client_connect(const char *machine, int *status);
/* As client_connect, but quietly NULL with *status 0 when no machine of that name is up. */
struct client *client_connect_if_up(const char *machine, int *status);
/* Asks, prints the machine's notes to standard error, and waits for the end of the answer. *answer, from malloc and terminated, is what the
   machine sent as data; NULL: it goes to standard output piece by piece. The command's exit code. */
int client_ask(struct client *client, const char *command, const char *const *arguments, size_t count, char **answer, size_t *size);
/* Asks for records, one at a time, until `each` says false, the machine ends or Ctrl+C. The command's exit code. */
int client_follow(struct client *client, const char *command, const char *const *arguments, size_t count,
                  bool (*each)(void *context, const char *json_line, size_t size), void *context);
void client_close(struct client *client);

struct json_t;
/* `ringside status`: what the machine says of itself, and what its host says, an object or NULL; the caller's. The exit code. */
int client_status(struct client *client, bool as_json, char **answer, struct json_t **host);
/* A request of any form, with descriptors; takes over `request`. relays: Ctrl+C, Ctrl+\ and a stop go to the machine's programs. The exit code. */
int client_send(struct client *client, struct json_t *request, const int *descriptors, size_t count, bool relays);
/* The machine's Linux process, or -1. */
int client_process(struct client *client);

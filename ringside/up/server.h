/*
 * The machine's side of the socket: connections, their requests and the answers (hal_ops' request functions). Everything is non-blocking: a client
 * that is slow, stopped or hostile holds up nobody. What is no request of ours ends its connection.
 *
 * A request is a message (wire.h): {"command": "run" | "load" | "unload" | "status" | "threads" | "objects" | "down" | "log", ...}; while it is
 * served its client may send {"control": 0 Ctrl+C | 1 Ctrl+Break | 2 Ctrl+\\}, {"pause": true | false}. Answers: {"data": text}, {"note": text}, {"record": {...}},
 * and {"exit": code} as the last.
 */
#pragma once
#include "hal/hal.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* Serves the listening socket from now on. `ready` is a descriptor that gets one byte, and is closed, when the machine first asks for requests; or -1.
   From then on standard error is `log`. */
void server_start(int listener, int ready, int log);
bool server_is_running(void);
/* What to poll for. Returns how many were put into files. */
nfds_t server_poll_list(struct pollfd *files, nfds_t room);
/* True: request_next has something to do. Sends what can be sent. */
bool server_poll_result(const struct pollfd *files, nfds_t count);
/* The machine is at its end: everybody who waits gets this text (NULL: none) on standard error and this exit code, as far as they read it within a second. */
void server_stop(const char *text, int code);

/* The log has another record: passes it on to those who follow. */
void server_log_changed(void);

int64_t server_next(hal_request *request);
int64_t server_data(uint32_t connection, const char *text, uint64_t size);
int64_t server_note(uint32_t connection, const char *text, uint64_t size);
int64_t server_done(uint32_t connection, uint32_t code);

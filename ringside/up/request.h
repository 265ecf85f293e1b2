/* A request as its client wrote it, turned into one that the kernel can serve. */
#pragma once
#include "hal/hal.h"
#include "options.h"
#include "up/wire.h"

/* Everything that a request needs until it is done; the strings are in `message`. */
struct request {
    json_t *message;
    struct run_options options;
    const char *arguments[HAL_MAX_ARGUMENTS];
    size_t argument_count;
    char **program_arguments;
    char *new_file; /* of drive C:, which the request has made and a failure takes away again */
};

enum request_kind_host { REQUEST_REFUSED, REQUEST_KERNEL, REQUEST_LOG };

/*
 * Takes over `message` in any case. REQUEST_KERNEL: *out is filled but for connection and console, and descriptors [0..2] of a run are the console's.
 * REQUEST_REFUSED: *code is the exit code for the client, after a message (message_error, which the server has sent there); 0: it was no request at all.
 * Files that the request names are put into drive C:.
 */
enum request_kind_host request_decode(json_t *message, struct wire_input *input, struct request *request, hal_request *out, int *code);
/* What is to be undone when the request has failed. */
void request_undo(struct request *request);
void request_free(struct request *request);

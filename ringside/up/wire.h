/*
 * Messages between the machine and who talks to it: four bytes, the length (little-endian), then that much JSON, an object. Descriptors travel with
 * the first byte of a message. Whatever is no such message ends the connection.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define WIRE_MAX_MESSAGE     (1u << 20)
#define WIRE_MAX_DESCRIPTORS 200

/* What has been received of a message that is not whole yet. */
struct wire_input {
    unsigned char header[4];
    size_t used; /* of header and text together */
    char *text;
    int descriptors[WIRE_MAX_DESCRIPTORS];
    size_t descriptor_count;
};

enum wire_result { WIRE_MESSAGE, WIRE_AGAIN, WIRE_END, WIRE_BAD };

/* Receives what is there. WIRE_MESSAGE: *message is the caller's, and so are the descriptors in `input` until wire_release. WIRE_BAD: no message of
   ours, or no memory. WIRE_AGAIN: more is needed (a blocking socket waits instead). */
enum wire_result wire_receive(int fd, struct wire_input *input, json_t **message);
/* Makes room for the next message: closes the descriptors that nobody took (took one: set it to -1). */
void wire_release(struct wire_input *input);

/* The bytes of a message, from malloc; NULL: no memory, or too long. Takes over `message`. */
char *wire_pack(json_t *message, size_t *size);
/* Sends a whole message, waiting as long as it takes. 0 or a negative errno. Takes over `message`. */
int wire_send(int fd, json_t *message, const int *descriptors, size_t descriptor_count);

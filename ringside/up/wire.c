#include "up/wire.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(int) * WIRE_MAX_DESCRIPTORS)];
};

static uint32_t length_of(const struct wire_input *input) {
    return (uint32_t)input->header[0] | (uint32_t)input->header[1] << 8 | (uint32_t)input->header[2] << 16 | (uint32_t)input->header[3] << 24;
}

/* False: more came than a message may carry. All that came is in the table or closed. */
static bool take_descriptors(struct wire_input *input, struct msghdr *header) {
    bool fits = (header->msg_flags & MSG_CTRUNC) == 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        size_t count = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (input->descriptor_count < WIRE_MAX_DESCRIPTORS)
                input->descriptors[input->descriptor_count++] = fd;
            else {
                close(fd);
                fits = false;
            }
        }
    }
    return fits;
}

static enum wire_result parse(struct wire_input *input, json_t **message) {
    *message = json_loadb(input->text, length_of(input), JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(*message))
        return WIRE_MESSAGE;
    json_decref(*message);
    return WIRE_BAD;
}

enum wire_result wire_receive(int fd, struct wire_input *input, json_t **message) {
    for (;;) {
        size_t header_left = input->used < sizeof input->header ? sizeof input->header - input->used : 0;
        size_t have = header_left != 0 ? 0 : input->used - sizeof input->header;
        struct iovec part = {input->header + input->used, header_left};
        union control control;
        struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n;

        if (header_left == 0) {
            uint32_t length = length_of(input);
            if (length == 0 || length > WIRE_MAX_MESSAGE)
                return WIRE_BAD;
            if (input->text == NULL && (input->text = malloc(length)) == NULL)
                return WIRE_BAD;
            if (have == length)
                return parse(input, message);
            part = (struct iovec){input->text + have, length - have};
        }
        n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            return WIRE_AGAIN;
        if (n < 0)
            return errno == EAGAIN ? WIRE_AGAIN : WIRE_END;
        if (!take_descriptors(input, &header))
            return WIRE_BAD;
        if (n == 0)
            return input->used == 0 ? WIRE_END : WIRE_BAD;
        input->used += (size_t)n;
    }
}

void wire_release(struct wire_input *input) {
    for (size_t i = 0; i < input->descriptor_count; i++)
        if (input->descriptors[i] >= 0)
            close(input->descriptors[i]);
    free(input->text);
    *input = (struct wire_input){0};
}

char *wire_pack(json_t *message, size_t *size) {
    size_t length = json_dumpb(message, NULL, 0, JSON_COMPACT);
    char *bytes = length != 0 && length <= WIRE_MAX_MESSAGE ? malloc(length + 4) : NULL;

    if (bytes != NULL) {
        for (int i = 0; i < 4; i++)
            bytes[i] = (char)(length >> 8 * i);
        json_dumpb(message, bytes + 4, length, JSON_COMPACT);
        *size = length + 4;
    }
    json_decref(message);
    return bytes;
}

int wire_send(int fd, json_t *message, const int *descriptors, size_t descriptor_count) {
    size_t size = 0, done = 0;
    char *bytes = wire_pack(message, &size);
    union control control = {0};
    int error = bytes == NULL ? -EMSGSIZE : 0;

    while (error == 0 && done < size) {
        struct iovec part = {bytes + done, size - done};
        struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t n;

        if (done == 0 && descriptor_count != 0) {
            struct cmsghdr *c = &control.align;
            header.msg_control = &control;
            header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
            *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
            memcpy(CMSG_DATA(c), descriptors, sizeof(int) * descriptor_count);
        }
        n = sendmsg(fd, &header, MSG_NOSIGNAL);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            error = -errno;
    }
    free(bytes);
    return error;
}

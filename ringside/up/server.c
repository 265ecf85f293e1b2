#include "up/server.h"
#include "console.h"
#include "log/store.h"
#include "machine.h"
#include "message.h"
#include "up/request.h"
#include "up/up.h"
#include "up/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS   CONSOLE_MAX
#define SERIALS       ((1u << 24) - 1)
#define OUT_MAX       (16u << 20)             /* an answer that nobody reads */
#define DATA_PIECE    (WIRE_MAX_MESSAGE / 8u) /* JSON makes up to six bytes of one */
#define LOG_AHEAD     (256u << 10)            /* bytes of records that wait for a slow reader */
#define SECOND_NS     1000000000ull
#define MESSAGES_ONCE 16 /* of one connection, before others have their turn */

enum state {
    FREE,
    IDLE,    /* connected; nothing is asked */
    SERVING, /* the kernel has its request */
    LEFT,    /* its other end has gone, the kernel has yet to say done; `told` when the kernel knows */
    READING, /* the log: what is kept and, if it follows, what comes */
    ENDING,  /* an exit code is on its way, and console output before it */
};

static struct connection {
    enum state state;
    uint32_t number; /* its place in the table and, above that, how many had the place before: it never names another one */
    int fd;
    bool told;
    bool follows;          /* READING: goes on after `last` */
    uint64_t cursor, last; /* READING: records of the log */
    uint32_t exit_code;
    struct wire_input input;
    struct request request;
    char *out;
    size_t out_used;
    int control[8]; /* events that the kernel has not fetched */
    size_t control_count;
} connections[CONNECTIONS];

static int listener = -1;
static int spare = -1;  /* a descriptor to give up when there are no more: who cannot be served is told */
static uint32_t served; /* connections that there have been */
static int ready_pipe = -1;
static int ready_log = 2;
static uid_t own_user;
static struct connection *noting; /* whose request is being decoded: messages go there */

static struct connection *connection_of(uint32_t number) {
    struct connection *connection = &connections[console_place(number) - 1];
    return connection->state != FREE && connection->number == number ? connection : NULL;
}

bool server_is_running(void) { return listener >= 0; }

/* ---- Sending -------------------------------------------------------------------------------- */

static void flush_out(struct connection *connection) {
    size_t sent = 0;

    while (connection->fd >= 0 && sent < connection->out_used) {
        ssize_t n = send(connection->fd, connection->out + sent, connection->out_used - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            sent += (size_t)n;
        else if (n == 0 || errno != EINTR)
            break; /* full, or gone: the next receive says so */
    }
    if (sent == 0)
        return;
    connection->out_used -= sent;
    memmove(connection->out, connection->out + sent, connection->out_used);
    if (connection->out_used == 0) {
        free(connection->out);
        connection->out = NULL;
    }
}

static int64_t enqueue(struct connection *connection, json_t *message) {
    size_t size = 0;
    char *bytes = wire_pack(message, &size), *grown = NULL;

    if (bytes != NULL && connection->fd >= 0 && connection->state != LEFT && connection->out_used + size <= OUT_MAX)
        grown = realloc(connection->out, connection->out_used + size);
    if (grown != NULL) {
        memcpy(grown + connection->out_used, bytes, size);
        connection->out = grown;
        connection->out_used += size;
        flush_out(connection);
    } else if (connection->fd >= 0) {
        shutdown(connection->fd, SHUT_RDWR); /* an answer with a hole in it is none: the next receive finds the end */
    }
    free(bytes);
    return grown != NULL ? 0 : -HAL_EIO;
}

/* ---- The life of a connection -------------------------------------------------------------------------------- */

static void close_connection(struct connection *connection) {
    console_close(connection->number);
    wire_release(&connection->input);
    request_free(&connection->request);
    free(connection->out);
    close(connection->fd);
    *connection = (struct connection){0};
}

/* Mode 0600 keeps other users out; this says so even where a file system ignores modes. */
static bool is_ours(int fd) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == own_user || peer.uid == 0);
}

/* The only words that somebody who cannot be served gets, as far as they fit into the socket. */
static void turn_away(int fd, const char *why) {
    json_t *words[] = {json_pack("{s:s}", "note", why), json_pack("{s:i}", "exit", EXIT_OURS)};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = 0;
        char *bytes = wire_pack(words[i], &size);
        if (bytes != NULL)
            (void)!send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        free(bytes);
    }
    close(fd);
}

/* Those who have left and need no answer. Otherwise they go when their turn comes; this is for when their place is wanted now. */
static void close_those_who_left(void) {
    for (struct connection *connection = connections; connection < connections + CONNECTIONS; connection++) {
        char byte;
        if ((connection->state == IDLE || connection->state == READING) && recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            close_connection(connection);
    }
}

static struct connection *find_free(void) {
    struct connection *connection = connections;

    while (connection < connections + CONNECTIONS && connection->state != FREE)
        connection++;
    return connection;
}

static void take_connection(int fd) {
    struct connection *connection = find_free();

    if (connection == connections + CONNECTIONS) {
        close_those_who_left();
        connection = find_free();
    }
    if (!is_ours(fd))
        turn_away(fd, "the machine is another user's");
    else if (connection == connections + CONNECTIONS)
        turn_away(fd, "the machine has no room for another connection: end a program that runs there, or a `ringside log -f`");
    else
        *connection =
            (struct connection){.state = IDLE, .fd = fd, .number = served++ % SERIALS * CONNECTIONS + (uint32_t)(connection - connections) + 1};
}

static void accept_connections(void) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            close_those_who_left();
            fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        }
        if (fd >= 0) {
            take_connection(fd);
        } else if ((errno == EMFILE || errno == ENFILE) && spare >= 0) {
            close(spare);
            fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0)
                turn_away(fd, "the machine has no descriptor left: end a program that runs there, or give `ringside up` a higher `ulimit -n`");
            spare = fcntl(listener, F_DUPFD_CLOEXEC, 3);
        } else {
            return;
        }
    }
}

/* The answer's end, once everything that goes before it has gone. */
static void finish(struct connection *connection) {
    uint32_t number = connection->number;

    if (!console_is_drained(number))
        return;
    console_close(number);
    request_free(&connection->request);
    connection->control_count = 0;
    connection->state = IDLE;
    enqueue(connection, json_pack("{s:I}", "exit", (json_int_t)connection->exit_code));
}

static void begin_end(struct connection *connection, uint32_t code) {
    connection->exit_code = code;
    connection->state = ENDING;
    finish(connection);
}

/* ---- Receiving -------------------------------------------------------------------------------- */

static void note_to_client(const char *text, size_t size) { server_note(noting->number, text, size); }

/* What a client says while its request is served. False: it makes no sense. */
static bool take_aside(struct connection *connection, const json_t *message) {
    const json_t *control = json_object_get(message, "control"), *pause = json_object_get(message, "pause");

    if (json_is_boolean(pause)) {
        console_pause(connection->number, json_is_true(pause));
        return true;
    }
    if (!json_is_integer(control) || json_integer_value(control) < 0 || json_integer_value(control) > 2)
        return false;
    if (connection->control_count < sizeof connection->control / sizeof *connection->control)
        connection->control[connection->control_count++] = (int)json_integer_value(control);
    return true;
}

/* Records as far as the client keeps up; the store counts those that it misses. */
static void send_records(struct connection *connection) {
    static char line[LOG_STORE_LINE_MAX + 1];
    uint64_t lost;

    while (connection->out_used < LOG_AHEAD && (connection->follows || connection->cursor < connection->last)) {
        if (log_store_next(&connection->cursor, line, sizeof line, &lost) == 0) {
            connection->last = 0; /* they have been cleared */
            break;
        }
        enqueue(connection, json_pack("{s:s}", "record", line));
    }
    if (!connection->follows && connection->cursor >= connection->last)
        begin_end(connection, 0);
}

static void take_log_request(struct connection *connection) {
    const struct request *request = &connection->request;
    const char *what = request->argument_count > 0 ? request->arguments[0] : "";

    if (strcmp(what, "clear") == 0) {
        log_store_clear();
        begin_end(connection, 0);
        return;
    }
    connection->state = READING;
    connection->cursor = 0;
    connection->last = log_store_last(0);
    connection->follows = strcmp(what, "follow") == 0;
    send_records(connection);
}

void server_log_changed(void) {
    for (struct connection *connection = connections; listener >= 0 && connection < connections + CONNECTIONS; connection++)
        if (connection->state == READING)
            send_records(connection);
}

/* A message of an idle connection. True: *out is for the kernel. */
static bool take_request(struct connection *connection, json_t *message, hal_request *out) {
    enum request_kind_host kind;
    int code;

    noting = connection;
    message_redirect(note_to_client);
    kind = request_decode(message, &connection->input, &connection->request, out, &code);
    message_redirect(NULL);
    if (kind == REQUEST_REFUSED) {
        if (code == 0)
            close_connection(connection);
        else
            begin_end(connection, (uint32_t)code);
        return false;
    }
    out->connection = connection->number;
    if (kind == REQUEST_LOG) {
        take_log_request(connection);
        return false;
    }
    if (out->kind == HAL_REQUEST_STATUS)
        enqueue(connection, json_pack("{s:o}", "host", up_describe()));
    if (out->kind == HAL_REQUEST_RUN) {
        out->console = connection->number;
        console_open(out->console, connection->input.descriptors);
        connection->input.descriptors[0] = connection->input.descriptors[1] = connection->input.descriptors[2] = -1;
    }
    connection->state = SERVING;
    return true;
}

/* One step. True: *out is for the kernel. *more: there may be further messages at once. */
static bool step(struct connection *connection, hal_request *out, bool *more) {
    json_t *message;

    *more = false;
    if (connection->state == SERVING && connection->control_count != 0) {
        *out = (hal_request){.kind = HAL_REQUEST_CONTROL, .connection = connection->number, .console = connection->number};
        out->control = connection->control[0] == 2 ? HAL_CONTROL_THREADS : (uint32_t)connection->control[0];
        memmove(connection->control, connection->control + 1, --connection->control_count * sizeof *connection->control);
        return *more = true;
    }
    if (connection->state == LEFT) {
        if (connection->told)
            return false;
        connection->told = true;
        *out = (hal_request){.kind = HAL_REQUEST_GONE, .connection = connection->number, .console = connection->number};
        return true;
    }
    switch (wire_receive(connection->fd, &connection->input, &message)) {
    case WIRE_AGAIN: return false;
    case WIRE_MESSAGE: {
        bool asks = false;
        *more = true;
        if (connection->state == IDLE) {
            asks = take_request(connection, message, out);
        } else {
            bool sense = take_aside(connection, message);
            json_decref(message);
            if (!sense)
                break;
        }
        if (connection->state != FREE)
            wire_release(&connection->input);
        return asks;
    }
    case WIRE_END:
    case WIRE_BAD: break;
    }
    wire_release(&connection->input);
    *more = true;
    if (connection->state == SERVING) {
        connection->state = LEFT;
    } else {
        close_connection(connection);
        *more = false;
    }
    return false;
}

int64_t server_next(hal_request *request) {
    if (ready_pipe >= 0) {
        if (write(ready_pipe, "R", 1) != 1)
            message_note("who started the machine has gone");
        close(ready_pipe);
        ready_pipe = -1;
        if (ready_log != 2 && dup2(ready_log, 2) == 2) {
            close(ready_log);
            console_look_again();
        }
    }
    if (listener < 0)
        return -HAL_EAGAIN;
    accept_connections();
    for (struct connection *connection = connections; connection < connections + CONNECTIONS; connection++) {
        bool more = true;
        if (connection->state == ENDING)
            finish(connection);
        for (int i = 0; i < MESSAGES_ONCE && more && connection->state != FREE; i++)
            if (step(connection, request, &more))
                return 0;
    }
    return -HAL_EAGAIN;
}

/* ---- The kernel's side -------------------------------------------------------------------------------- */

int64_t server_data(uint32_t number, const char *text, uint64_t size) {
    struct connection *connection = connection_of(number);
    int64_t error = connection == NULL ? -HAL_EIO : 0;

    while (error == 0 && size > 0) {
        uint64_t piece = size < DATA_PIECE ? size : DATA_PIECE;
        while (piece > 0 && piece < size && ((unsigned char)text[piece] & 0xC0) == 0x80)
            piece--;
        error = enqueue(connection, json_pack("{s:s%}", "data", text, (size_t)piece));
        if (piece == 0)
            error = -HAL_EIO;
        text += piece;
        size -= piece;
    }
    return error;
}

int64_t server_note(uint32_t number, const char *text, uint64_t size) {
    struct connection *connection = connection_of(number);
    return connection == NULL ? -HAL_EIO : enqueue(connection, json_pack("{s:s%}", "note", text, (size_t)size));
}

int64_t server_done(uint32_t number, uint32_t code) {
    struct connection *connection = connection_of(number);

    if (connection == NULL)
        return -HAL_EIO;
    if (code != 0)
        request_undo(&connection->request);
    if (connection->state == LEFT)
        close_connection(connection);
    else if (connection->state == SERVING)
        begin_end(connection, code);
    return 0;
}

/* ---- Polling -------------------------------------------------------------------------------- */

void server_start(int socket, int ready, int log) {
    listener = socket;
    ready_pipe = ready;
    ready_log = log;
    own_user = geteuid();
    spare = fcntl(listener, F_DUPFD_CLOEXEC, 3);
    json_object_seed(0); /* opens a file, once */
}

nfds_t server_poll_list(struct pollfd *files, nfds_t room) {
    nfds_t count = 0;

    if (listener >= 0 && room > 0)
        files[count++] = (struct pollfd){listener, POLLIN, 0};
    for (struct connection *connection = connections; connection < connections + CONNECTIONS && count < room; connection++)
        if (connection->state != FREE && (connection->state != LEFT))
            files[count++] = (struct pollfd){connection->fd, (short)(POLLIN | (connection->out_used != 0 ? POLLOUT : 0)), 0};
    return count;
}

bool server_poll_result(const struct pollfd *files, nfds_t count) {
    bool work = false;

    for (nfds_t i = 0; i < count; i++)
        work = work || (files[i].revents & ~POLLOUT) != 0;
    for (struct connection *connection = connections; connection < connections + CONNECTIONS; connection++) {
        if (connection->state == FREE)
            continue;
        flush_out(connection);
        if (connection->state == READING)
            send_records(connection);
        if (connection->state == ENDING)
            finish(connection);
        work = work || (connection->state == LEFT && !connection->told) || (connection->state == SERVING && connection->control_count != 0);
    }
    return work;
}

/* What is still to be sent, until `end`. */
static void flush_until(struct connection *connection, uint64_t end) {
    struct pollfd wait = {connection->fd, POLLOUT, 0};

    while (connection->state != FREE && connection->out_used != 0) {
        uint64_t now = host_monotonic_ns(), left = now < end ? end - now : 0;
        struct timespec limit = {(time_t)(left / SECOND_NS), (long)(left % SECOND_NS)};
        size_t before = connection->out_used;
        if (ppoll(&wait, 1, &limit, NULL) <= 0)
            return;
        flush_out(connection);
        if (connection->out_used == before)
            return;
    }
}

void server_stop(const char *text, int code) {
    uint64_t end = host_monotonic_ns() + SECOND_NS;

    if (listener < 0)
        return;
    close(spare);
    close(listener); /* whoever comes now finds nobody, and waits for the lock */
    listener = -1;
    for (struct connection *connection = connections; connection < connections + CONNECTIONS; connection++) {
        uint32_t own_code = (uint32_t)code;

        if (connection->state == READING)
            send_records(connection);
        if (connection->state != READING && connection->state != SERVING && connection->state != ENDING)
            continue;
        if (text != NULL)
            enqueue(connection, json_pack("{s:s}", "screen", text));
        if (connection->state == ENDING) {
            own_code = connection->exit_code;
        } else if (connection->state == SERVING && text == NULL) {
            enqueue(connection, json_pack("{s:s}", "note", "the machine went down before this was done"));
            own_code = code == 0 ? EXIT_OURS : own_code;
        }
        console_close(connection->number);
        enqueue(connection, json_pack("{s:I}", "exit", (json_int_t)own_code));
    }
    for (struct connection *connection = connections; connection < connections + CONNECTIONS; connection++)
        flush_until(connection, end);
}

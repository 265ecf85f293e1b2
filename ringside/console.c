#include "console.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACE_BUFFER 65536

static struct {
    uint32_t terminals;
    bool colour;
    bool held_return[3]; /* a \r that ended a write to a terminal: does a \n follow? */
    bool in_line[3];     /* the last byte written to this terminal was no newline */
    bool escaped[3];     /* an escape sequence went to this terminal */
    int trace_fd;
    size_t trace_used;
    char trace[TRACE_BUFFER];
} console = {.trace_fd = 2};

/* All of it, or a negative errno. A terminal or pipe that somebody set non-blocking is waited for. */
static int64_t put(int fd, const char *data, uint64_t size) {
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n >= 0) {
            data += n;
            size -= (uint64_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {fd, POLLOUT, 0};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
        signals_check();
    }
    return 0;
}

/* Lines of ours on a terminal do not begin in the middle of a program's. */
static void break_line(void) {
    if ((console.terminals & 4) == 0 || (!console.in_line[1] && !console.in_line[2]))
        return;
    put(2, "\n", 1);
    console.in_line[1] = console.in_line[2] = false;
}

static void flush_trace(void) {
    if (console.trace_used == 0)
        return;
    if (console.trace_fd == 2)
        break_line();
    put(console.trace_fd, console.trace, console.trace_used);
    console.trace_used = 0;
}

/* Before anything else is written: keeps a trace on standard error in order with it. */
static void keep_order(void) {
    if (console.trace_fd == 2)
        flush_trace();
}

static void begin_line(void) {
    keep_order();
    break_line();
}

int console_start(const char *trace_file) {
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of the write, not the end of the machine */
    console.terminals = 0;
    for (int fd = 0; fd <= 2; fd++)
        console.terminals |= isatty(fd) ? 1u << fd : 0;
    console.colour = (console.terminals & 4) != 0 && (no_colour == NULL || *no_colour == '\0') && term != NULL && strcmp(term, "dumb") != 0;
    if (trace_file != NULL) {
        console.trace_fd = open(trace_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (console.trace_fd < 0) {
            int error = errno;
            console.trace_fd = 2;
            return -error;
        }
    }
    return 0;
}

void console_stop(void) {
    flush_trace();
    for (int stream = 1; stream <= 2; stream++) {
        if (console.held_return[stream])
            put(stream, "\r", 1);
        if (console.escaped[stream])
            put(stream, "\033[0m\033[?25h", 10); /* plain text, cursor shown */
        console.held_return[stream] = console.escaped[stream] = false;
    }
    if (console.trace_fd > 2)
        close(console.trace_fd);
    console.trace_fd = 2;
}

void console_break_line(void) {
    if ((console.terminals & 4) != 0)
        put(2, "\n", 1);
}

uint32_t console_terminals(void) { return console.terminals; }
int console_has_colour(void) { return console.colour; }

/* ---- A program's output and input ------------------------------------------------------------------------------------------------ */

/* To a terminal: \r\n becomes \n. A \r at the end of a write waits for what the next one begins with. */
static int64_t write_terminal(uint32_t stream, const char *data, uint64_t size) {
    char out[1024];
    size_t used = 0;
    int64_t error = 0;

    for (uint64_t i = 0; i < size && error == 0; i++) {
        if (used > sizeof out - 2) {
            error = put((int)stream, out, used);
            used = 0;
        }
        if (console.held_return[stream] && data[i] != '\n')
            out[used++] = '\r';
        console.held_return[stream] = data[i] == '\r';
        if (data[i] != '\r')
            out[used++] = data[i];
        console.escaped[stream] = console.escaped[stream] || data[i] == '\033';
        console.in_line[stream] = data[i] != '\n';
    }
    if (error == 0 && used != 0)
        error = put((int)stream, out, used);
    return error;
}

int64_t console_write(uint32_t console_number, uint32_t stream, const void *data, uint64_t size) {
    if (console_number != 0)
        return -EIO;
    if (stream != 1 && stream != 2)
        return -EINVAL;
    if (size == 0)
        return 0;
    keep_order();
    return (console.terminals & 1u << stream) != 0 ? write_terminal(stream, data, size) : put((int)stream, data, size);
}

int64_t console_read(uint32_t console_number, void *data, uint64_t size) {
    if (console_number != 0)
        return -EIO;
    if (size == 0)
        return 0;
    keep_order();
    for (;;) {
        static const struct timespec now;
        struct pollfd ready = {0, POLLIN, 0};
        int count = signals_poll(&ready, 1, (console.terminals & 1) != 0 ? &now : NULL);
        ssize_t n;

        if (count == 0 || (count < 0 && signals_pending()))
            return -EAGAIN;
        if (count < 0)
            continue;
        n = read(0, data, size);
        if (n >= 0)
            return n;
        if (errno == EIO || errno == EBADF)
            return 0; /* the terminal has hung up, or there never was an input: it has ended */
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}

/* ---- Lines of ours -------------------------------------------------------------------------------- */

/* prefix, text, newline in one write where it fits. Text of a driver's must not play with the terminal: there, control characters become '?'. */
static int64_t put_line(const char *prefix, const char *text, uint64_t size) {
    char line[2048];
    size_t used = strlen(prefix);
    int64_t error = 0;

    begin_line();
    memcpy(line, prefix, used);
    for (uint64_t i = 0; i < size && error == 0; i++) {
        unsigned char c = (unsigned char)text[i];
        if (used == sizeof line - 1) {
            error = put(2, line, used);
            used = 0;
        }
        line[used++] = (console.terminals & 4) != 0 && ((c < 0x20 && c != '\t') || c == 0x7F) ? '?' : (char)c;
    }
    line[used++] = '\n';
    return error != 0 ? error : put(2, line, used);
}

int64_t console_door_terminals(uint32_t console_number) { return console_number == 0 ? console.terminals : 0; }

int64_t console_want(uint32_t console_number, uint32_t wanted) {
    (void)wanted;
    return console_number == 0 ? 0 : -EIO;
}

int64_t console_debug_line(const hal_debug_line *line) {
    const char *text = line->text;
    uint64_t size = line->size;
    if (size > 0 && text[size - 1] == '\r') /* DbgPrint("...\r\n") */
        size--;
    return put_line(console.colour ? "\033[2mdbg:\033[0m " : "dbg: ", text, size);
}

int64_t console_message(const char *text, uint64_t size) { return put_line("ringside: ", text, size); }

int64_t console_trace(const char *text, uint64_t size) {
    if (size > TRACE_BUFFER - console.trace_used)
        flush_trace();
    if (size > TRACE_BUFFER)
        return put(console.trace_fd, text, size);
    memcpy(console.trace + console.trace_used, text, size);
    console.trace_used += size;
    return 0;
}

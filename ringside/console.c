#include "console.h"
#include "log/store.h"
#include "machine.h"
#include "up/server.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE_BUFFER 65536
#define HELD         4096

struct stream {
    bool held_return; /* a \r that ended a write to a terminal: does a \n follow? */
    bool in_line;     /* the last byte written to this terminal was no newline */
    bool escaped;     /* an escape sequence went to this terminal */
    size_t held;      /* bytes accepted and not written yet; consoles above 0 only */
    char bytes[HELD];
};

static struct console {
    bool used, paused, wanted;
    uint32_t number;
    int fd[3];
    uint32_t terminals;
    struct stream out[3];
} consoles[CONSOLE_MAX + 1];
static uint32_t highest_place; /* of those that have been opened: the others have never been touched */

static struct {
    bool colour;
    bool keep_debug_lines;
    int trace_fd;
    size_t trace_used;
    char trace[TRACE_BUFFER];
} host = {.trace_fd = 2};

uint32_t console_place(uint32_t number) { return number == 0 ? 0 : (number - 1) % CONSOLE_MAX + 1; }

static struct console *console_of(uint32_t number) {
    struct console *console = &consoles[console_place(number)];
    return console->used && console->number == number ? console : NULL;
}

static bool is_terminal(const struct console *console, uint32_t stream) { return (console->terminals >> stream & 1) != 0; }

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
    struct stream *out = consoles[0].out;

    if (!is_terminal(&consoles[0], 2) || (!out[1].in_line && !out[2].in_line))
        return;
    put(2, "\n", 1);
    out[1].in_line = out[2].in_line = false;
}

static void flush_trace(void) {
    if (host.trace_used == 0)
        return;
    if (host.trace_fd == 2)
        break_line();
    put(host.trace_fd, host.trace, host.trace_used);
    host.trace_used = 0;
}

/* Before anything else is written: keeps a trace on standard error in order with it. */
static void keep_order(void) {
    if (host.trace_fd == 2)
        flush_trace();
}

static void begin_line(void) {
    keep_order();
    break_line();
}

static uint32_t find_terminals(const struct console *console) {
    uint32_t terminals = 0;

    for (int stream = 0; stream <= 2; stream++)
        terminals |= isatty(console->fd[stream]) ? 1u << stream : 0;
    return terminals;
}

void console_look_again(void) {
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    consoles[0].used = true;
    for (int stream = 0; stream <= 2; stream++)
        consoles[0].fd[stream] = stream;
    consoles[0].terminals = find_terminals(&consoles[0]);
    host.colour = is_terminal(&consoles[0], 2) && (no_colour == NULL || *no_colour == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

int console_start(const char *trace_file) {
    signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of the write, not the end of the machine */
    console_look_again();
    if (trace_file != NULL) {
        host.trace_fd = open(trace_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (host.trace_fd < 0) {
            int error = errno;
            host.trace_fd = 2;
            return -error;
        }
    }
    return 0;
}

/* What a terminal is left with: no \r held back, plain text, the cursor shown. */
static void leave_terminal(struct console *console) {
    for (int stream = 1; stream <= 2; stream++) {
        struct stream *out = &console->out[stream];
        if (out->held_return && write(console->fd[stream], "\r", 1) < 0)
            continue;
        if (out->escaped && write(console->fd[stream], "\033[0m\033[?25h", 10) < 0)
            continue;
        out->held_return = out->escaped = false;
    }
}

void console_stop(void) {
    flush_trace();
    for (uint32_t place = highest_place; place > 0; place--)
        console_close(consoles[place].number);
    leave_terminal(&consoles[0]);
    if (host.trace_fd > 2)
        close(host.trace_fd);
    host.trace_fd = 2;
}

void console_break_line(void) {
    if (is_terminal(&consoles[0], 2))
        put(2, "\n", 1);
}

uint32_t console_terminals(void) { return consoles[0].terminals; }
int console_has_colour(void) { return host.colour; }
void console_keep_debug_lines(void) { host.keep_debug_lines = true; }

/* ---- Consoles of connections -------------------------------------------------------------------------------- */

/* As much as goes now. False: the other end has gone, and what was held back with it. */
static bool send_held(struct console *console, uint32_t stream) {
    struct stream *out = &console->out[stream];
    ssize_t n = out->held == 0 ? 0 : write(console->fd[stream], out->bytes, out->held);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        out->held = 0;
        return false;
    }
    if (n > 0) {
        out->held -= (size_t)n;
        memmove(out->bytes, out->bytes + n, out->held);
    }
    return true;
}

/* What can keep a reader or writer waiting must not keep the machine. Its own client has seen to it already, as far as it could. */
static void stop_blocking(int fd) {
    struct stat s;
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && (flags & O_NONBLOCK) == 0 && fstat(fd, &s) == 0 && !S_ISREG(s.st_mode))
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void console_open(uint32_t number, const int descriptors[3]) {
    struct console *console = &consoles[console_place(number)];

    memset(console, 0, sizeof *console);
    memcpy(console->fd, descriptors, sizeof console->fd);
    for (int stream = 0; stream <= 2; stream++)
        stop_blocking(console->fd[stream]);
    console->used = true;
    console->number = number;
    if (console_place(number) > highest_place)
        highest_place = console_place(number);
    console->terminals = find_terminals(console);
}

void console_close(uint32_t number) {
    struct console *console = console_of(number);

    if (console == NULL || number == 0)
        return;
    send_held(console, 1);
    send_held(console, 2);
    leave_terminal(console);
    for (int stream = 0; stream <= 2; stream++)
        close(console->fd[stream]);
    console->used = false;
}

bool console_is_drained(uint32_t number) {
    struct console *console = console_of(number);
    return console == NULL || ((!send_held(console, 1) || console->out[1].held == 0) && (!send_held(console, 2) || console->out[2].held == 0));
}

void console_pause(uint32_t number, bool paused) {
    struct console *console = console_of(number);
    if (console != NULL)
        console->paused = paused;
}

nfds_t console_poll_list(struct pollfd *files, nfds_t room) {
    nfds_t count = 0;

    for (struct console *console = consoles; console <= consoles + CONSOLE_MAX; console++) {
        if (!console->used)
            continue;
        if (console->wanted && !console->paused && count < room)
            files[count++] = (struct pollfd){console->fd[0], POLLIN, 0};
        for (int stream = 1; stream <= 2; stream++)
            if (console->out[stream].held != 0 && count < room)
                files[count++] = (struct pollfd){console->fd[stream], POLLOUT, 0};
    }
    return count;
}

bool console_poll_result(const struct pollfd *files, nfds_t count) {
    bool input = false;

    for (nfds_t i = 0; i < count; i++)
        input = input || ((files[i].events & POLLIN) != 0 && files[i].revents != 0);
    for (struct console *console = consoles + 1; console <= consoles + CONSOLE_MAX; console++)
        if (console->used)
            console_is_drained(console->number);
    return input;
}

int64_t console_door_terminals(uint32_t number) {
    struct console *console = console_of(number);
    return console != NULL ? console->terminals : 0;
}

int64_t console_size(uint32_t number, uint32_t stream) {
    struct console *console = console_of(number);
    struct winsize size;

    if (console == NULL || stream < 1 || stream > 2 || ioctl(console->fd[stream], TIOCGWINSZ, &size) != 0)
        return 0;
    return (int64_t)size.ws_col << 16 | size.ws_row;
}

int64_t console_want(uint32_t number, uint32_t wanted) {
    struct console *console = console_of(number);
    if (console == NULL)
        return -EIO;
    console->wanted = wanted != 0;
    return 0;
}

/* ---- A program's output and input ------------------------------------------------------------------------------------------------ */

/* What a terminal gets for a program's bytes: \r\n becomes \n. A \r at the end of a write waits for what the next one begins with. Takes as many bytes as
   surely fit into out; *used is what came of them. */
static uint64_t translate(struct stream *state, const char *data, uint64_t size, char *out, size_t room, size_t *used) {
    uint64_t taken = 0;

    for (*used = 0; taken < size && *used + 2 <= room; taken++) {
        char byte = data[taken];
        if (state->held_return && byte != '\n')
            out[(*used)++] = '\r';
        state->held_return = byte == '\r';
        if (byte != '\r')
            out[(*used)++] = byte;
        state->escaped = state->escaped || byte == '\033';
        state->in_line = byte != '\n';
    }
    return taken;
}

static int64_t write_own(uint32_t stream, const char *data, uint64_t size) {
    int64_t error = 0;

    keep_order();
    if (!is_terminal(&consoles[0], stream))
        return put((int)stream, data, size);
    while (size > 0 && error == 0) {
        char out[1024];
        size_t used;
        uint64_t taken = translate(&consoles[0].out[stream], data, size, out, sizeof out, &used);
        error = put((int)stream, out, used);
        data += taken;
        size -= taken;
    }
    return error;
}

/* Through the held bytes, so that a terminal that has been stopped stops nobody but its own programs. */
static int64_t write_connection(struct console *console, uint32_t stream, const char *data, uint64_t size) {
    struct stream *out = &console->out[stream];
    uint64_t done = 0;

    while (done < size) {
        uint64_t taken = size - done;
        size_t used;

        if (!send_held(console, stream))
            return -EPIPE;
        if (is_terminal(console, stream)) {
            taken = translate(out, data + done, taken, out->bytes + out->held, HELD - out->held, &used);
        } else {
            used = taken = taken < HELD - out->held ? taken : HELD - out->held;
            memcpy(out->bytes + out->held, data + done, used);
        }
        if (taken == 0)
            break;
        out->held += used;
        done += taken;
    }
    if (!send_held(console, stream))
        return -EPIPE;
    return done != 0 ? (int64_t)done : -EAGAIN;
}

int64_t console_write(uint32_t number, uint32_t stream, const void *data, uint64_t size) {
    struct console *console = console_of(number);
    int64_t error;

    if (console == NULL)
        return -EIO;
    if (stream != 1 && stream != 2)
        return -EINVAL;
    if (size == 0)
        return 0;
    if (number != 0)
        return write_connection(console, stream, data, size);
    error = write_own(stream, data, size);
    return error != 0 ? error : (int64_t)size;
}

int64_t console_read(uint32_t number, void *data, uint64_t size) {
    struct console *console = console_of(number);

    if (console == NULL)
        return -EIO;
    if (size == 0)
        return 0;
    keep_order();
    if (console->paused)
        return -EAGAIN;
    for (;;) {
        static const struct timespec now;
        struct pollfd ready = {console->fd[0], POLLIN, 0};
        int count = signals_poll(&ready, 1, number != 0 || is_terminal(console, 0) ? &now : NULL);
        ssize_t n;

        if (count == 0 || (count < 0 && signals_pending()))
            return -EAGAIN;
        if (count < 0)
            continue;
        n = read(console->fd[0], data, size);
        if (n >= 0)
            return n;
        if (errno == EIO || errno == EBADF)
            return 0; /* the terminal has hung up, or there never was an input: it has ended */
        if (errno == EAGAIN && number != 0)
            return -EAGAIN; /* another reader of the same terminal was faster */
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
        line[used++] = is_terminal(&consoles[0], 2) && ((c < 0x20 && c != '\t') || c == 0x7F) ? '?' : (char)c;
    }
    line[used++] = '\n';
    return error != 0 ? error : put(2, line, used);
}

int64_t console_debug_line(const hal_debug_line *line) {
    uint64_t size = line->size;
    hal_debug_line dated = *line;

    if (host.keep_debug_lines) { /* the machine's clock is the wall clock, but between ticks it stands */
        dated.time = host_wall_time();
        dated.up_time += dated.time > line->time ? dated.time - line->time : 0;
    }
    log_store_add(&dated);
    server_log_changed();
    if (host.keep_debug_lines)
        return 0;
    if (size > 0 && line->text[size - 1] == '\r') /* DbgPrint("...\r\n") */
        size--;
    if (strcmp(line->component_name, "ETW") == 0 || strcmp(line->component_name, "WMI") == 0)
        return put_line(host.colour ? "\033[2metw:\033[0m " : "etw: ", line->text, size);
    return put_line(host.colour ? "\033[2mdbg:\033[0m " : "dbg: ", line->text, size);
}

int64_t console_message(const char *text, uint64_t size) {
    log_store_message(text, size);
    server_log_changed();
    return put_line("ringside: ", text, size);
}

int64_t console_trace(const char *text, uint64_t size) {
    if (size > TRACE_BUFFER - host.trace_used)
        flush_trace();
    if (size > TRACE_BUFFER)
        return put(host.trace_fd, text, size);
    memcpy(host.trace + host.trace_used, text, size);
    host.trace_used += size;
    return 0;
}

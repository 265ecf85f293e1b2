#include "up/client.h"
#include "console.h"
#include "message.h"
#include "options.h"
#include "up/runtime.h"
#include "up/wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATUS_CONTROL_C_EXIT 0xC000013A

struct client {
    int fd;
    const char *name;
    struct wire_input input;
};

static const int caught[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGALRM};
static volatile sig_atomic_t arrived[65];

static void on_signal(int signal) { arrived[signal] = 1; }

/* They arrive only while we wait, so none comes between looking and waiting. */
static void catch_signals(sigset_t *before) {
    struct sigaction action = {.sa_handler = on_signal}, old;
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue; /* nohup */
        sigaction(caught[i], &action, NULL);
        sigaddset(&set, caught[i]);
    }
    sigprocmask(SIG_BLOCK, &set, before);
}

struct client *client_connect_if_up(const char *machine, int *status) {
    const char *name = runtime_machine_name(machine);
    int directory = name != NULL ? runtime_directory(false) : -1, fd;
    struct client *client;

    *status = EXIT_OURS;
    if (directory == -ENOENT)
        *status = 0;
    if (directory < 0)
        return NULL;
    fd = runtime_connect(directory, name);
    close(directory);
    if (fd == -ENOENT || fd == -ECONNREFUSED) {
        *status = 0;
        return NULL;
    }
    if (fd < 0) {
        message_error(name, "the machine cannot be reached: %s", strerror(-fd));
        return NULL;
    }
    client = calloc(1, sizeof *client);
    if (client == NULL) {
        message_error(name, "no memory to talk to the machine: free some");
        close(fd);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN);
    client->fd = fd;
    client->name = name;
    *status = 0;
    return client;
}

struct client *client_connect(const char *machine, int *status) {
    struct client *client = client_connect_if_up(machine, status);

    if (client == NULL && *status == 0) {
        const char *name = runtime_machine_name(machine);
        runtime_tell_last_words(name);
        if (strcmp(name, "default") == 0)
            message_note("no machine is up: `ringside up` starts one");
        else
            message_error(name, "no machine of that name is up: `ringside up --machine %s` starts it", name);
        *status = EXIT_OURS;
    }
    return client;
}

void client_close(struct client *client) {
    if (client == NULL)
        return;
    wire_release(&client->input);
    close(client->fd);
    free(client);
}

int client_process(struct client *client) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : -1;
}

/* ---- One request -------------------------------------------------------------------------------- */

struct exchange {
    bool (*each)(void *context, const char *json_line, size_t size);
    void *context;
    bool to_stdout;
    char *answer;
    size_t size;
    json_t *host;
    bool relays; /* Ctrl+C and the like go to the machine's programs */
    bool paused; /* the machine leaves the terminal's input to the shell */
    unsigned interrupts;
    json_int_t exit_code;
    bool done;
};

/* A driver's or program's text does not play with the terminal. */
static void print_note(const char *text) {
    char *copy = strdup(text);

    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F)
            *c = '?';
    if (copy != NULL)
        message_note("%s", copy);
    free(copy);
}

static bool keep_data(struct exchange *exchange, const char *text, size_t size) {
    char *grown;

    if (exchange->to_stdout)
        return fwrite(text, 1, size, stdout) == size;
    grown = realloc(exchange->answer, exchange->size + size + 1);
    if (grown == NULL)
        return false;
    memcpy(grown + exchange->size, text, size);
    exchange->answer = grown;
    exchange->size += size;
    grown[exchange->size] = '\0';
    return true;
}

/* False: enough has been seen. */
static bool take_answer(struct exchange *exchange, const json_t *message) {
    const json_t *data = json_object_get(message, "data"), *note = json_object_get(message, "note"), *record = json_object_get(message, "record");
    const json_t *exit = json_object_get(message, "exit"), *screen = json_object_get(message, "screen");
    bool more = true;

    if (json_is_string(data))
        more = keep_data(exchange, json_string_value(data), json_string_length(data));
    if (json_is_string(note))
        print_note(json_string_value(note));
    if (json_is_object(json_object_get(message, "host")) && exchange->host == NULL)
        exchange->host = json_incref(json_object_get(message, "host"));
    if (json_is_string(screen))
        fputs(json_string_value(screen), stderr);
    if (json_is_string(record) && exchange->each != NULL)
        more = exchange->each(exchange->context, json_string_value(record), json_string_length(record));
    if (json_is_integer(exit)) {
        exchange->exit_code = json_integer_value(exit);
        exchange->done = true;
    }
    return more;
}

static bool send_aside(struct client *client, json_t *message) { return wire_send(client->fd, message, NULL, 0) == 0; }

/* In the background the terminal's input is not ours. */
static bool is_background(void) {
    pid_t group = tcgetpgrp(STDIN_FILENO);
    return group >= 0 && group != getpgrp();
}

static void tell_pause(struct client *client, struct exchange *exchange, bool paused) {
    if (exchange->relays && exchange->paused != paused)
        send_aside(client, json_pack("{s:b}", "pause", paused));
    exchange->paused = paused;
}

/* What has been caught. False: we leave, with exchange->exit_code. */
static bool relay_signals(struct client *client, struct exchange *exchange, const sigset_t *before) {
    static const int ends[] = {SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (arrived[ends[i]]) {
            exchange->exit_code = 128 + ends[i];
            return false;
        }
    }
    if (arrived[SIGALRM]) {
        message_error("--timeout", "the program still ran: it is ended");
        exchange->exit_code = EXIT_TIMEOUT;
        return false;
    }
    if (arrived[SIGINT]) {
        arrived[SIGINT] = 0;
        exchange->exit_code = 128 + SIGINT;
        if (!exchange->relays || ++exchange->interrupts > 2)
            return false;
        send_aside(client, json_pack("{s:i}", "control", 0));
        if (exchange->interrupts == 2)
            message_note("Ctrl+C a third time ends the program whatever it does");
    }
    if (arrived[SIGQUIT]) {
        arrived[SIGQUIT] = 0;
        exchange->exit_code = 128 + SIGQUIT;
        if (!exchange->relays)
            return false;
        send_aside(client, json_pack("{s:i}", "control", 2));
    }
    if (arrived[SIGTSTP]) {
        sigset_t stop;
        arrived[SIGTSTP] = 0;
        tell_pause(client, exchange, true);
        signal(SIGTSTP, SIG_DFL);
        raise(SIGTSTP);
        sigprocmask(SIG_SETMASK, before, &stop); /* here we are stopped, until fg */
        sigprocmask(SIG_SETMASK, &stop, NULL);
        signal(SIGTSTP, on_signal);
    }
    return true;
}

static int exchange_run(struct client *client, json_t *request, const int *descriptors, size_t count, struct exchange *exchange) {
    int error = request == NULL ? -EILSEQ : wire_send(client->fd, request, descriptors, count);
    static const struct timespec look_again = {0, 250000000}; /* nobody tells that we are in the foreground now */
    sigset_t before;
    bool more = true;

    if (error != 0 && error != -EPIPE && error != -ECONNRESET) { /* who has turned us away may have said why */
        message_error(client->name, "the machine cannot be asked: %s", strerror(-error));
        return EXIT_OURS;
    }
    catch_signals(&before);
    while (!exchange->done && more) {
        struct pollfd wait = {client->fd, POLLIN, 0};
        json_t *message = NULL;
        enum wire_result result = WIRE_AGAIN;

        fflush(stdout);
        tell_pause(client, exchange, is_background());
        int ready = ppoll(&wait, 1, exchange->paused ? &look_again : NULL, &before);
        if (ready < 0)
            more = relay_signals(client, exchange, &before);
        else if (ready > 0)
            result = wire_receive(client->fd, &client->input, &message);
        if (result == WIRE_MESSAGE) {
            more = take_answer(exchange, message);
            json_decref(message);
            wire_release(&client->input);
        } else if (result != WIRE_AGAIN) {
            message_error(client->name, "the machine has gone, without a last word: machine.log in its directory may have one");
            exchange->exit_code = EXIT_OURS;
            more = false;
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (exchange->done && exchange->interrupts != 0 && exchange->exit_code == STATUS_CONTROL_C_EXIT)
        return 128 + SIGINT;
    if (exchange->exit_code > 255) {
        message_note("exit status 0x%08X (%d): a shell sees 255", (unsigned)exchange->exit_code, (int)(unsigned)exchange->exit_code);
        return 255;
    }
    return (int)exchange->exit_code;
}

static json_t *make_request(const char *command, const char *const *arguments, size_t count) {
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, json_string(arguments[i])) != 0) { /* it is no UTF-8 */
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o}", "command", command, "arguments", list);
}

/* The answer and its size; an answer that never came is empty. */
static int ask_whole(struct client *client, json_t *request, struct exchange *exchange, char **answer) {
    int code = exchange_run(client, request, NULL, 0, exchange);

    *answer = exchange->answer != NULL ? exchange->answer : calloc(1, 1);
    return code;
}

int client_ask(struct client *client, const char *command, const char *const *arguments, size_t count, char **answer, size_t *size) {
    struct exchange exchange = {.to_stdout = answer == NULL};
    json_t *request = make_request(command, arguments, count);
    int code;

    if (answer == NULL)
        return exchange_run(client, request, NULL, 0, &exchange);
    code = ask_whole(client, request, &exchange, answer);
    *size = exchange.size;
    return code;
}

int client_status(struct client *client, bool as_json, char **answer, json_t **host) {
    static const char *const arguments[] = {"json"};
    struct exchange exchange = {0};
    int code = ask_whole(client, make_request("status", arguments, as_json ? 1 : 0), &exchange, answer);

    *host = exchange.host;
    return code;
}

int client_follow(struct client *client, const char *command, const char *const *arguments, size_t count,
                  bool (*each)(void *context, const char *json_line, size_t size), void *context) {
    struct exchange exchange = {.each = each, .context = context, .to_stdout = true};
    return exchange_run(client, make_request(command, arguments, count), NULL, 0, &exchange);
}

int client_send(struct client *client, json_t *request, const int *descriptors, size_t count, bool relays) {
    struct exchange exchange = {.to_stdout = true, .relays = relays};
    return exchange_run(client, request, descriptors, count, &exchange);
}

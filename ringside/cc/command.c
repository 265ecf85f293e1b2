#include "cc/command.h"
#include "cc.h"
#include "message.h"

#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

void command_add(struct command *command, const char *word) {
    if (command->count + 1 >= command->room) {
        size_t room = command->room == 0 ? 64 : command->room * 2;
        char **grown = reallocarray(command->argv, room, sizeof *grown);
        if (grown == NULL) {
            command->failed = true;
            return;
        }
        command->argv = grown;
        command->room = room;
    }
    command->argv[command->count] = strdup(word);
    command->failed = command->failed || command->argv[command->count] == NULL;
    command->argv[++command->count] = NULL;
}

void command_addf(struct command *command, const char *format, ...) {
    va_list arguments;
    char *word;

    va_start(arguments, format);
    if (vasprintf(&word, format, arguments) < 0) {
        command->failed = true;
    } else {
        command_add(command, word);
        free(word);
    }
    va_end(arguments);
}

void command_add_words(struct command *command, const char *words) {
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        command_addf(command, "%.*s", (int)length, words);
        words += length;
        words += strspn(words, " ");
    }
}

static void release(struct command *command) {
    for (size_t i = 0; i < command->count; i++)
        free(command->argv[i]);
    free(command->argv);
    *command = (struct command){0};
}

static void print(char *const *argv) {
    for (; *argv != NULL; argv++) {
        bool plain = **argv != '\0' && strspn(*argv, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%") == strlen(*argv);
        if (plain) {
            fputs(*argv, stderr);
        } else {
            fputc('\'', stderr);
            for (const char *c = *argv; *c != '\0'; c++)
                fputs(*c == '\'' ? "'\\''" : (char[]){*c, 0}, stderr);
            fputc('\'', stderr);
        }
        fputc(argv[1] != NULL ? ' ' : '\n', stderr);
    }
}

int command_run(struct command *command, bool verbose) {
    int status = EXIT_OURS, wait_status, error;
    pid_t child;

    if (command->failed) {
        message_error("cc", "no memory for a command line: free some");
    } else {
        if (verbose)
            print(command->argv);
        error = posix_spawn(&child, command->argv[0], NULL, NULL, command->argv, environ);
        if (error != 0) {
            message_error(command->argv[0], "it does not start: %s", strerror(error));
        } else {
            while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
                continue;
            if (WIFEXITED(wait_status))
                status = WEXITSTATUS(wait_status) == 0 ? 0 : 1;
            else
                message_error(command->argv[0], "it was ended by signal %d", WTERMSIG(wait_status));
        }
    }
    release(command);
    return status;
}

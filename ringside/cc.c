#include "cc.h"
#include "message.h"
#include "files/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define APT_COMPILER "apt install clang-19 lld-19"
#define APT_HEADERS  "apt install mingw-w64-x86-64-dev"
#define OLDEST_CLANG 16 /* #pragma alloc_text */

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char excpt_header[] = {
#embed "../include/ddk-fix/excpt.h"
};
static const unsigned char ntddser_header[] = {
#embed "../include/ddk-fix/ntddser.h"
};
static const unsigned char wdm_header[] = {
#embed "../include/ddk-fix/wdm.h"
};
static const unsigned char kernel_library[] = {
#embed "ring0/ntoskrnl.lib"
};
static const unsigned char wdmsec_library[] = {
#embed "ring0/wdmsec.lib"
};
static const unsigned char prelude_header[] = {
#embed "cc/prelude.h"
};
static const unsigned char builtins_source[] = {
#embed "cc/builtins.c"
};
#pragma clang diagnostic pop

enum kind { DRIVER, NATIVE, PROGRAM, LIBRARY };

struct build {
    const struct cc_options *options;
    enum kind kind;
    char *clang, *linker; /* paths */
    char *include, *lib;  /* mingw-w64's */
    char *libgcc;         /* a library's path, or NULL */
    char directory[256];  /* private: headers of ours, object files */
};

/* ---- Command lines -------------------------------------------------------------------------------- */

struct command {
    char **argv; /* each word from malloc; NULL at the end */
    size_t count, room;
    bool failed; /* out of memory */
};

static void add(struct command *command, const char *word) {
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

static void __attribute__((format(printf, 2, 3))) addf(struct command *command, const char *format, ...) {
    va_list arguments;
    char *word;

    va_start(arguments, format);
    if (vasprintf(&word, format, arguments) < 0) {
        command->failed = true;
    } else {
        add(command, word);
        free(word);
    }
    va_end(arguments);
}

/* Words separated by spaces. */
static void add_words(struct command *command, const char *words) {
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        addf(command, "%.*s", (int)length, words);
        words += length;
        words += strspn(words, " ");
    }
}

static void command_free(struct command *command) {
    for (size_t i = 0; i < command->count; i++)
        free(command->argv[i]);
    free(command->argv);
    *command = (struct command){0};
}

/* As a shell would take it. */
static void print_command(char *const *argv) {
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

/* Runs and frees a command. 0; 1 when it says no; EXIT_OURS, after a message, when it could not run. */
static int run(struct command *command, bool verbose) {
    int status = EXIT_OURS, wait_status, error;
    pid_t child;

    if (command->failed) {
        message_error("cc", "no memory for a command line: free some");
    } else {
        if (verbose)
            print_command(command->argv);
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
    command_free(command);
    return status;
}

/* ---- Tools and libraries -------------------------------------------------------------------------------- */

/* The first executable of that name in PATH, from malloc, or NULL. */
static char *find_program(const char *name) {
    const char *path = getenv("PATH");
    char *found;

    for (path = path == NULL ? "/usr/bin:/bin" : path; *path != '\0';) {
        size_t length = strcspn(path, ":");
        if (length > 0) {
            if (asprintf(&found, "%.*s/%s", (int)length, path, name) < 0)
                return NULL;
            if (access(found, X_OK) == 0)
                return found;
            free(found);
        }
        path += length;
        path += *path == ':';
    }
    return NULL;
}

/* The major version of a clang whose name has none; 0: it does not say. */
static int clang_version(const char *clang) {
    char *command, text[32] = "";
    FILE *pipe;

    if (asprintf(&command, "'%s' -dumpversion", clang) < 0)
        return 0;
    pipe = strchr(clang, '\'') == NULL ? popen(command, "r") : NULL;
    free(command);
    if (pipe == NULL)
        return 0;
    if (fgets(text, sizeof text, pipe) == NULL)
        text[0] = '\0';
    pclose(pipe);
    return atoi(text);
}

/* clang and its lld, 19 first: what the tests use. */
static bool find_tools(struct build *build) {
    static const char *const suffixes[] = {"-19", "-20", "-21", "-22", "-18", "-17", "-16", ""};
    char name[32];
    int version;

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && build->clang == NULL; i++) {
        snprintf(name, sizeof name, "clang%s", suffixes[i]);
        build->clang = find_program(name);
        if (build->clang == NULL)
            continue;
        snprintf(name, sizeof name, "lld-link%s", suffixes[i]);
        build->linker = find_program(name);
        if (*suffixes[i] == '\0' && (version = clang_version(build->clang)) < OLDEST_CLANG) {
            message_error(build->clang, "it is clang %d, and %d or newer is needed: " APT_COMPILER, version, OLDEST_CLANG);
            return false;
        }
    }
    if (build->clang == NULL) {
        message_error("clang", "it is not in PATH: " APT_COMPILER);
        return false;
    }
    if (build->linker == NULL && (build->linker = find_program("lld-link-19")) == NULL && (build->linker = find_program("lld-link")) == NULL) {
        message_error("lld-link", "it is not in PATH: " APT_COMPILER);
        return false;
    }
    return true;
}

static bool find_mingw(struct build *build) {
    static const char *const roots[] = {"/usr/x86_64-w64-mingw32", "/usr/x86_64-w64-mingw32/sys-root/mingw", "/usr/local/x86_64-w64-mingw32"};
    char path[256];
    glob_t found;

    for (size_t i = 0; i < sizeof roots / sizeof *roots && build->include == NULL; i++) {
        snprintf(path, sizeof path, "%s/include/ddk/wdm.h", roots[i]);
        if (access(path, R_OK) == 0 && (asprintf(&build->include, "%s/include", roots[i]) < 0 || asprintf(&build->lib, "%s/lib", roots[i]) < 0))
            build->include = build->lib = NULL;
    }
    if (build->include == NULL || build->lib == NULL) {
        message_error("mingw-w64", "its headers and libraries are not there: " APT_HEADERS);
        return false;
    }
    if (glob("/usr/lib*/gcc/x86_64-w64-mingw32/*/libgcc.a", 0, NULL, &found) == 0) {
        build->libgcc = strdup(found.gl_pathv[found.gl_pathc - 1]);
        globfree(&found);
    }
    return true;
}

/* ---- The private directory -------------------------------------------------------------------------------- */

static bool write_file(const struct build *build, const char *name, const void *data, size_t size) {
    char path[300];
    FILE *file;
    bool ok;

    snprintf(path, sizeof path, "%s/%s", build->directory, name);
    if ((file = fopen(path, "we")) == NULL)
        return false;
    ok = fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && ok;
}

static bool make_directory(struct build *build) {
    const char *base = getenv("TMPDIR");

    snprintf(build->directory, sizeof build->directory, "%.200s/ringside-cc.XXXXXX", base == NULL || *base != '/' ? "/tmp" : base);
    if (mkdtemp(build->directory) == NULL) {
        build->directory[0] = '\0';
    } else if (write_file(build, "excpt.h", excpt_header, sizeof excpt_header) &&
               write_file(build, "ntddser.h", ntddser_header, sizeof ntddser_header) && write_file(build, "wdm.h", wdm_header, sizeof wdm_header) &&
               write_file(build, "ntoskrnl.lib", kernel_library, sizeof kernel_library) &&
               write_file(build, "wdmsec.lib", wdmsec_library, sizeof wdmsec_library) &&
               write_file(build, "prelude.h", prelude_header, sizeof prelude_header) &&
               write_file(build, "builtins.c", builtins_source, sizeof builtins_source)) {
        return true;
    }
    message_error("cc", "a temporary file cannot be written (%s): set TMPDIR to a directory that can", strerror(errno));
    return false;
}

/* It is flat: headers, sources and objects of ours. */
static void remove_directory(struct build *build) {
    DIR *directory;

    if (build->directory[0] == '\0' || (directory = opendir(build->directory)) == NULL)
        return;
    int at = dirfd(directory);
    for (struct dirent *entry; at >= 0 && (entry = readdir(directory)) != NULL;)
        unlinkat(at, entry->d_name, 0);
    closedir(directory);
    rmdir(build->directory);
}

/* ---- Compiling and linking -------------------------------------------------------------------------------- */

/* -l and -Wl, are for the linker. */
static bool is_linker_flag(const char *flag) { return strncmp(flag, "-Wl,", 4) == 0 || (flag[0] == '-' && flag[1] == 'l' && flag[2] != '\0'); }

/* Whether there is a C run-time with its start-up code in it. */
static bool needs_runtime(const struct build *build) { return build->kind == PROGRAM || build->kind == LIBRARY; }

static int compile(const struct build *build, const char *source, size_t index, bool ours) {
    static const char common[] = "--target=x86_64-w64-windows-gnu -std=gnu17 -O2 -g -gdwarf-4 -fms-extensions "
                                 /* A plain load inside __try must be covered by its handler, and *(int *)0 must stay a store. */
                                 "-Xclang -fasync-exceptions -fasynchronous-unwind-tables -fno-delete-null-pointer-checks -fno-strict-aliasing "
                                 "-Wall -Werror=jump-seh-finally -Wno-#warnings -Wno-pragma-pack -Wno-ignored-attributes -Wno-unknown-pragmas "
                                 "-DNTDDI_VERSION=0x0A000008 -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00";
    static const char freestanding[] = "-ffreestanding -fno-builtin -fno-auto-import -fno-stack-protector -mno-stack-arg-probe";
    static const char driver[] = "-D_AMD64_ -DAMD64 -D_WIN64";
    struct command command = {0};

    add(&command, build->clang);
    add_words(&command, common);
    if (!needs_runtime(build))
        add_words(&command, freestanding);
    if (build->kind == DRIVER)
        add_words(&command, driver);
    if (build->options->ucrt)
        add(&command, "-D_UCRT");
    addf(&command, "-I%s", build->directory);
    if (build->kind == DRIVER) {
        add(&command, "-include");
        addf(&command, "%s/prelude.h", build->directory);
        add(&command, "-isystem");
        addf(&command, "%s/ddk", build->include);
    }
    add(&command, "-isystem");
    add(&command, build->include);
    for (size_t i = 0; !ours && i < build->options->extra_count; i++)
        if (!is_linker_flag(build->options->extra[i]))
            add(&command, build->options->extra[i]);
    add(&command, "-c");
    add(&command, source);
    add(&command, "-o");
    addf(&command, "%s/%zu.o", build->directory, index);
    return run(&command, build->options->verbose);
}

static void add_linker_flags(struct command *command, const struct build *build) {
    for (size_t i = 0; i < build->options->extra_count; i++) {
        const char *flag = build->options->extra[i];
        if (strncmp(flag, "-Wl,", 4) == 0)
            add(command, flag + 4);
        else if (is_linker_flag(flag))
            addf(command, "%s/lib%s.a", build->lib, flag + 2);
    }
}

static int link_image(const struct build *build, size_t objects) {
    static const char *const libraries[] = {"mingw32",  "moldname", "mingwex", NULL /* the C run-time library */,
                                            "advapi32", "shell32",  "user32",  "kernel32"};
    struct command command = {0};

    add(&command, build->linker);
    add_words(&command, "-nologo -debug:dwarf");
    const char *no_colour = getenv("NO_COLOR");
    if (no_colour != NULL && *no_colour != '\0')
        add(&command, "--color-diagnostics=never"); /* clang asks for itself, lld does not */
    /* mingw-w64's start-up code and libraries are written for GNU ld: automatic imports, constructors, its name for the base. */
    if (needs_runtime(build))
        add_words(&command, "-lldmingw -alternatename:__image_base__=__ImageBase");
    addf(&command, "-out:%s", build->options->output);
    switch (build->kind) {
    case DRIVER:
        /* INIT is thrown away after DriverEntry; /release writes the checksum, which the loader checks. */
        add_words(&command,
                  "-subsystem:native -driver:wdm -entry:DriverEntry -base:0x10000 -nodefaultlib -release -section:INIT,ERD -section:PAGE,ER");
        break;
    case NATIVE: add_words(&command, "-subsystem:native -entry:NtProcessStartup -nodefaultlib -release"); break;
    case PROGRAM:
        add_words(&command, "-subsystem:console -entry:mainCRTStartup");
        addf(&command, "%s/crt2.o", build->lib);
        break;
    case LIBRARY:
        add_words(&command, "-dll -entry:DllMainCRTStartup");
        addf(&command, "%s/dllcrt2.o", build->lib);
        break;
    }
    for (size_t i = 0; i < objects; i++)
        addf(&command, "%s/%zu.o", build->directory, i);
    add_linker_flags(&command, build);
    if (build->kind == DRIVER) {
        addf(&command, "%s/wdmsec.lib", build->directory);
        addf(&command, "%s/libntoskrnl.a", build->lib);
        addf(&command, "%s/libhal.a", build->lib);
        addf(&command, "%s/ntoskrnl.lib", build->directory); /* what mingw-w64's lacks */
    } else if (build->kind == NATIVE) {
        addf(&command, "%s/libntdll.a", build->lib);
    } else {
        for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
            addf(&command, "%s/lib%s.a", build->lib, libraries[i] != NULL ? libraries[i] : build->options->ucrt ? "ucrt" : "msvcrt");
        if (build->libgcc != NULL)
            add(&command, build->libgcc);
    }
    return run(&command, build->options->verbose);
}

static int make(struct build *build) {
    const struct cc_options *options = build->options;
    size_t objects = options->source_count;
    int status = 0;

    for (size_t i = 0; i < options->source_count && status == 0; i++)
        status = compile(build, options->sources[i], i, false);
    if (status == 0 && needs_runtime(build) && build->libgcc == NULL) {
        char path[300];
        snprintf(path, sizeof path, "%s/builtins.c", build->directory);
        status = compile(build, path, objects++, true);
    }
    return status == 0 ? link_image(build, objects) : status;
}

int cc_command(const struct cc_options *options) {
    const char *ending = strrchr(options->output, '.');
    enum kind program = options->native ? NATIVE : PROGRAM;
    struct build build = {.options = options, .kind = strcmp(ending, ".sys") == 0 ? DRIVER : strcmp(ending, ".exe") == 0 ? program : LIBRARY};
    int status = EXIT_OURS;

    for (size_t i = 0; i < options->source_count; i++)
        if (access(options->sources[i], R_OK) != 0) {
            message_error(options->sources[i], "it cannot be read (%s): check the path", strerror(errno));
            return EXIT_OURS;
        }
    if (find_tools(&build) && find_mingw(&build) && make_directory(&build))
        status = make(&build);
    remove_directory(&build);
    free(build.clang);
    free(build.linker);
    free(build.include);
    free(build.lib);
    free(build.libgcc);
    return status;
}

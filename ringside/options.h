/*
 * The command line: parsing only. Nothing here opens a file, prints, allocates or ends the process, so that a test can feed it anything.
 * Parsed structures point into argv, which must outlive them.
 */
#pragma once
#include "hal/hal.h"
#include "files/shares.h"
#include "log/filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes of ringside itself; a program's own code goes through otherwise. */
enum {
    EXIT_TIMEOUT = 124,
    EXIT_OURS = 125,    /* usage, or Ringside itself failed */
    EXIT_REFUSED = 126, /* an image cannot be run */
    EXIT_ABSENT = 127,  /* an image is not there */
    EXIT_BUGCHECK = 134,
};

#define OPTIONS_MAX_DRIVERS    64
#define OPTIONS_MAX_DEVICES    8
#define OPTIONS_MEMORY_MIN     (16ull << 20)
#define OPTIONS_MEMORY_MAX     (64ull << 30)
#define OPTIONS_CPUS_MAX       64u
#define OPTIONS_MEMORY_DEFAULT (256ull << 20)

/* `ringside run` */
struct run_options {
    const char *drivers[OPTIONS_MAX_DRIVERS]; /* -d, as written */
    const char *matches[OPTIONS_MAX_DRIVERS]; /* --match, as written: which device the driver of that index is for; "": none is said */
    size_t driver_count;
    const char *program; /* NULL: only load the drivers, and unload them */
    char **arguments;    /* of the program, argument_count of them */
    size_t argument_count;
    const char *further[HAL_MAX_PROGRAMS - 1]; /* --and, as written: a program and its arguments in one string */
    size_t further_count;
    unsigned verifier; /* enum hal_verifier */
    bool trace;
    bool etw;               /* events of all providers go to the log */
    const char *trace_file; /* NULL: standard error */
    uint32_t cpus;
    uint32_t schedule; /* enum hal_schedule */
    uint32_t schedule_depth;
    uint32_t points; /* enum hal_points */
    uint64_t seed;
    uint64_t last_seed; /* --seeds: from seed up to this one */
    bool many_seeds;
    bool realtime;
    uint64_t memory;                /* bytes, whole pages */
    uint64_t timeout_seconds;       /* 0: none */
    const char *root;               /* NULL: a private empty directory */
    const char *shares[SHARES_MAX]; /* --share, as written: NAME=DIR */
    size_t share_count;
    const char *devices[OPTIONS_MAX_DEVICES]; /* --device, as written: MODEL or MODEL=ARGUMENT */
    size_t device_count;
    const char *log_file; /* NULL: none */
    bool strict;
    bool no_sandbox;
    const char *machine;    /* --machine NAME; NULL: $RINGSIDE_MACHINE or the default one */
    uint32_t account;       /* --user: HAL_ACCOUNT_... */
    bool alone;             /* a machine of its own, whatever is up */
    const char *of_machine; /* an option that a machine gets when it boots, or NULL: none was given */
    bool help;
    /* `ringside up` */
    bool stays_up, foreground, safe, last_good;
    /* Set by command_run (main.c), not by the parser: what the machine calls these files, "C:\\example.sys". */
    const char *machine_drivers[OPTIONS_MAX_DRIVERS];
    hal_program machine_programs[HAL_MAX_PROGRAMS];
    size_t machine_program_count;
};

/* `ringside load`, `unload`, `status`, `down` */
struct machine_options {
    const char *machine;
    const char *subject; /* load: the file; unload: the service */
    const char *name;    /* load: the service's name */
    const char *match;   /* load: which device it is for; NULL: none is said */
    const char *start;   /* load: "boot", "system", "auto", "demand" or NULL */
    bool json, threads, kill, help;
};

/* `ringside inspect` */
struct inspect_options {
    bool json;
    bool help;
    const char *corpus; /* a table of drivers' imports instead of files; NULL: none */
    char **files;
    size_t file_count;
};

/* `ringside cc`. Arguments before `--` that are not options are sources; their array is packed in place at the head of argv. */
struct cc_options {
    char **sources;
    size_t source_count;
    const char *output;
    bool native; /* a program without Win32 */
    bool ucrt;   /* the Universal C run-time library instead of msvcrt.dll */
    bool verbose;
    bool help;
    char **extra; /* after --: for clang */
    size_t extra_count;
};

/* `ringside log` */
#define OPTIONS_LOG_LAST_MAX 1000000u
struct log_options {
    const char *machine;
    const char *file; /* --read: records that were saved; NULL: those of the machine */
    struct log_filter filter;
    struct log_patterns highlight;
    bool has_last;
    uint64_t last; /* -n */
    bool follow, clock, json, clear, interactive, help;
};

/* `ringside objects` */
struct objects_options {
    const char *machine;
    const char *file; /* --read: what --json has written; NULL: ask the machine */
    const char *path; /* as written; NULL: the root */
    bool list, json, interactive, help;
};

/* What was wrong with a command line, in the three parts of an error message: `ringside: what: why: what to do`. */
struct usage_error {
    char what[160];
    char why[160];
    char advice[200];
};

/* argv[0] is the first word after the subcommand. False: *error says why. */
bool options_parse_run(int argc, char **argv, struct run_options *options, struct usage_error *error);
bool options_parse_up(int argc, char **argv, struct run_options *options, struct usage_error *error);
/* command: "load", "unload", "status" or "down". */
bool options_parse_machine(const char *command, int argc, char **argv, struct machine_options *options, struct usage_error *error);
bool options_parse_log(int argc, char **argv, struct log_options *options, struct usage_error *error);
bool options_parse_objects(int argc, char **argv, struct objects_options *options, struct usage_error *error);
bool options_parse_inspect(int argc, char **argv, struct inspect_options *options, struct usage_error *error);
bool options_parse_cc(int argc, char **argv, struct cc_options *options, struct usage_error *error);

/* "64M" -> bytes. K, M, G are powers of 1024, in either case, with an optional B or iB. False: not a size, or it overflows. */
bool options_parse_size(const char *text, uint64_t *size);
/* Decimal or 0x hexadecimal, nothing else around it. */
bool options_parse_number(const char *text, uint64_t *number);

/* The member of words (NULL-terminated) most like word, or NULL when none is near enough to be what was meant. */
const char *options_suggest(const char *word, const char *const *words);

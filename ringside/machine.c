#include "machine.h"
#include "console.h"
#include "decode.h"
#include "devices/device.h"
#include "fence/fence.h"
#include "fence/key.h"
#include "files/files.h"
#include "ldr/pe.h"
#include "log/store.h"
#include "memory.h"
#include "message.h"
#include "points.h"
#include "repeat.h"
#include "files/root.h"
#include "up/server.h"
#include "signals.h"
#include "files/state.h"
#include "up/up.h"

#include <asm/prctl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE 2
#endif

#define KERNEL_PHYSICAL       0x100000ull
#define NT_EPOCH_SECONDS      11644473600ull
#define REPEATABLE_WALL_TIME  133485408000000000ull /* 2024-01-01 00:00 UTC: what the clock of a repeatable run starts from */
#define WATCHDOG_SECONDS      10u
#define STATUS_CONTROL_C_EXIT 0xC000013Au

/* The members of hal_ops; each has a stub in stubs.S. */
#define DOORS(F)                                                                                                                                     \
    F(map), F(unmap), F(protect), F(discard), F(fill), F(page_write), F(page_read), F(set_gs), F(monotonic_ns), F(wall_time), F(entropy), F(wait),   \
        F(console_write), F(console_read), F(console_terminals), F(console_size), F(console_want), F(debug_line), F(request_next), F(request_data),  \
        F(request_note), F(request_done), F(state_read), F(state_append), F(state_replace), F(trace), F(message), F(file_open), F(file_close),       \
        F(file_read), F(file_write), F(file_info), F(file_resize), F(file_flush), F(file_change), F(file_delete), F(file_rename), F(file_list),      \
        F(file_host_path), F(device_access), F(device_tick), F(find_points), F(decode), F(exit), F(bugcheck), F(fatal), F(stop)
#define DECLARE(name)    door_##name(void)
#define INITIALIZE(name) .name = (void *)door_##name
extern void DOORS(DECLARE);
static const hal_ops ops = {DOORS(INITIALIZE)};

static hal_machine machine __attribute__((aligned(HAL_PAGE))); /* the one thing of the host's that PE code writes */

static __attribute__((noreturn)) void leave_with(const char *text, int code) {
    int log_error = log_store_stop();
    if (log_error != 0)
        message_error("--log", "the file lacks lines: %s", strerror(-log_error));
    console_stop();
    up_end(text, code);
    files_stop();
    _exit(code);
}

/* Of a run that went wrong: with several processors, whether it does depends on the schedule. */
static void tell_how_to_repeat(void) {
    if (machine.realtime)
        return;
    if (!machine.repeatable)
        message_note("code ran for 20 ms without a kernel call and was preempted by the clock: another run may differ");
    repeat_tell(machine.seed);
}

static __attribute__((noreturn)) void leave(int code) { leave_with(NULL, code); }

int64_t host_set_gs(uint64_t base) { return syscall(SYS_arch_prctl, ARCH_SET_GS, base) == 0 ? 0 : -errno; }

uint64_t host_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

uint64_t host_wall_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + NT_EPOCH_SECONDS) * 10000000ull + (uint64_t)now.tv_nsec / 100;
}

int64_t host_entropy(void *buffer, uint64_t size) { return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -EIO; }

/* ---- The world outside -------------------------------------------------------------------------------- */

#define POLLED (4 * (CONSOLE_MAX + 1)) /* three files of each console, each connection, the listener */

static nfds_t poll_list(struct pollfd *files, nfds_t *of_consoles) {
    *of_consoles = console_poll_list(files, POLLED);
    return *of_consoles + server_poll_list(files + *of_consoles, POLLED - *of_consoles);
}

static uint32_t poll_events(const struct pollfd *files, nfds_t of_consoles, nfds_t count) {
    bool input = console_poll_result(files, of_consoles), request = server_poll_result(files + of_consoles, count - of_consoles);
    return (input ? HAL_EVENT_CONSOLE : 0) | (request ? HAL_EVENT_REQUEST : 0);
}

/* Ends early, with 0, when the kernel has an event to look at; not when the process was merely stopped and continued. */
int64_t host_wait(uint32_t mask, uint64_t timeout_ns) {
    uint64_t now = host_monotonic_ns(), end = timeout_ns < ~0ull - now ? now + timeout_ns : ~0ull;
    for (;;) {
        struct pollfd files[POLLED];
        nfds_t of_consoles, count = poll_list(files, &of_consoles);
        struct timespec limit = {(time_t)((end - now) / 1000000000ull), (long)((end - now) % 1000000000ull)};
        int ready = signals_poll(files, count, end == ~0ull ? NULL : &limit);
        uint32_t events = ready > 0 ? poll_events(files, of_consoles, count) & mask : 0;
        if (events != 0) {
            return events;
        }
        now = host_monotonic_ns();
        if (ready == 0 || now >= end || machine.pending_events != 0) {
            return HAL_EVENT_TIMEOUT;
        }
    }
}

/* PE code has been interrupted, so none of ours is half way through anything. */
void machine_look_outside(void) {
    struct pollfd files[POLLED];
    nfds_t of_consoles, count;
    if (!server_is_running()) {
        return;
    }
    count = poll_list(files, &of_consoles);
    if (poll(files, count, 0) > 0) {
        __atomic_fetch_or(&machine.pending_events, poll_events(files, of_consoles, count), __ATOMIC_SEQ_CST);
    }
}

int64_t host_find_points(uint64_t base, uint64_t size, hal_point *points, uint64_t capacity) {
    return points_find((const void *)base, size, machine.points == HAL_POINTS_ACCESSES, points, capacity);
}

int64_t host_decode(hal_trap_frame *frame) {
    decode_access(frame);
    return 0;
}

void host_exit(uint32_t status) {
    if (signals_interrupted() && (status == STATUS_CONTROL_C_EXIT || signals_interrupted() != SIGINT)) {
        machine_end_interrupted(signals_interrupted());
    }
    if (status > 255) {
        message_note("exit status 0x%08X (%d): a shell sees 255", status, (int)status);
    }
    if (!machine.repeatable && !machine.realtime) {
        message_error("note", "code ran for 20 ms without a kernel call and was preempted by the clock: another run may differ");
    }
    leave(status > 255 ? 255 : (int)status);
}

void host_bugcheck(const hal_bugcheck *report) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = up_is_running() ? open_memstream(&text, &size) : NULL;
    fflush(stdout);
    if (memory != NULL) {
        bugscreen_print(memory, 0, report);
        if (fclose(memory) == 0) {
            up_keep_screen(text, size);
        }
    }
    bugscreen_print(stderr, console_has_colour(), report);
    tell_how_to_repeat();
    leave_with(text, EXIT_BUGCHECK);
}

void host_fatal(const char *text) {
    message_note("Ringside's own mistake: %s: please report it with the command line and the images", text);
    leave(EXIT_OURS);
}

void host_stop(uint32_t code, const char *text) {
    message_note("%s", text);
    if (code == EXIT_TIMEOUT)
        tell_how_to_repeat();
    leave_with(text, (int)code);
}

void machine_end_timeout(void) {
    message_error("--timeout", "the machine still ran and did not answer: a driver may hold it at a raised IRQL");
    leave(EXIT_TIMEOUT);
}

void machine_end_interrupted(int signal) {
    if (signal == SIGINT) {
        console_break_line();
    }
    leave(128 + signal);
}

void machine_fault_in_host(int signal, uint64_t pc, uint64_t address) {
    extern char __executable_start[];
    message_note("Ringside's own mistake: signal %d at ringside+0x%llx, address 0x%llx: please report it with the command line and the images",
                 signal, (unsigned long long)(pc - (uint64_t)__executable_start), (unsigned long long)address);
    leave(EXIT_OURS);
}

static const hal_image *find_image(const char *name) {
    for (uint32_t i = 0; i < ringside_image_count; i++) {
        if (strcmp(ringside_images[i].name, name) == 0) {
            return &ringside_images[i];
        }
    }
    return NULL;
}

static uint32_t section_protection(const struct pe_section *section) {
    return ((section->characteristics & PE_SECTION_READ) ? HAL_PROT_READ : 0) | ((section->characteristics & PE_SECTION_WRITE) ? HAL_PROT_WRITE : 0) |
           ((section->characteristics & PE_SECTION_EXECUTE) ? HAL_PROT_EXEC : 0);
}

/* ntoskrnl.exe into RAM and to its fixed address. It is our own build: what is wrong with it is a mistake of ours. */
static const char *load_kernel(uint64_t *entry) {
    const hal_image *file = find_image("ntoskrnl.exe");
    struct pe_image image;
    if (file == NULL || pe_parse(file->data, file->size, &image) != PE_OK || image.base != HAL_KERNEL_BASE) {
        return "the kernel image inside is damaged";
    }
    machine.kernel_physical = KERNEL_PHYSICAL;
    machine.kernel_size = (image.image_size + HAL_PAGE - 1) / HAL_PAGE * HAL_PAGE;
    machine.kernel_path = "";
    if (KERNEL_PHYSICAL + machine.kernel_size > machine.ram_size) {
        return "the kernel does not fit into --memory";
    }
    uint8_t *ram = (uint8_t *)HAL_RAM_BASE + KERNEL_PHYSICAL;
    memcpy(ram, file->data, image.headers_size);
    bool ok = host_map(HAL_KERNEL_BASE, KERNEL_PHYSICAL, HAL_PAGE, HAL_PROT_READ) == 0;
    for (uint32_t i = 0; i < image.section_count; i++) {
        struct pe_section section;
        if (!pe_section(&image, i, &section)) {
            return "the kernel image inside is damaged";
        }
        if ((section.characteristics & PE_SECTION_DISCARDABLE) && strcmp(section.name, ".reloc") != 0) {
            continue; /* debug data: read from the file when there is a screen to print */
        }
        memory_fill(ram + section.rva, image.data + section.raw_offset, section.raw_size);
        uint64_t size = (section.mapped_size + HAL_PAGE - 1) / HAL_PAGE * HAL_PAGE;
        ok = ok && host_map(HAL_KERNEL_BASE + section.rva, KERNEL_PHYSICAL + section.rva, size, section_protection(&section)) == 0;
    }
    *entry = HAL_KERNEL_BASE + image.entry;
    return ok ? NULL : "the kernel cannot be mapped";
}

/* System32 as a program expects it, from the images inside. */
bool machine_publish_images(void) {
    for (uint32_t i = 0; i < ringside_image_count; i++) {
        char path[128];
        const char *name = ringside_images[i].name;
        const char *dot = strrchr(name, '.');
        snprintf(path, sizeof path, "Windows/System32/%s%s", dot != NULL && strcmp(dot, ".sys") == 0 ? "drivers/" : "", name);
        if (files_add_memory(path, ringside_images[i].data, ringside_images[i].size) != 0) {
            message_note("C:\\: %s cannot be put there: out of memory: free some", path);
            return false;
        }
    }
    return true;
}

static char processors_variable[32]; /* NUMBER_OF_PROCESSORS=n */
static const char *const environment[] = {
    "ALLUSERSPROFILE=C:\\ProgramData",
    "COMPUTERNAME=RINGSIDE",
    "ComSpec=C:\\Windows\\System32\\cmd.exe",
    "HOMEDRIVE=C:",
    "HOMEPATH=\\",
    processors_variable,
    "OS=Windows_NT",
    "PATH=C:\\Windows\\System32;C:\\Windows",
    "PATHEXT=.COM;.EXE;.BAT;.CMD",
    "PROCESSOR_ARCHITECTURE=AMD64",
    "SystemDrive=C:",
    "SystemRoot=C:\\Windows",
    "TEMP=C:\\",
    "TMP=C:\\",
    "USERNAME=Administrator",
    "USERPROFILE=C:\\",
    "windir=C:\\Windows",
};

/* Nothing of the world outside is opened after this. */
static void raise_fence(const struct run_options *options) {
    if (options->no_sandbox) {
        message_note("--no-sandbox: a driver can do here all that you can: for debugging Ringside with gdb, strace, perf or valgrind");
        return;
    }
    fence_allow(root_descriptor());
    for (size_t i = 0; i < shares_count(); i++) {
        fence_allow(shares_descriptor(i));
    }
    fence_allow(state_descriptor());
    fence_key_share(&machine, sizeof machine);
    fence_raise();
}

int machine_run(const struct run_options *options) {
    if (!options->no_sandbox) {
        fence_key_reserve();
    }
    if (!memory_create(options->memory)) {
        return EXIT_OURS;
    }
    snprintf(processors_variable, sizeof processors_variable, "NUMBER_OF_PROCESSORS=%u", options->cpus);
    machine = (hal_machine){
        .version = HAL_VERSION,
        .cpus = options->cpus,
        .ops = &ops,
        .ram_size = options->memory,
        .seed = options->seed,
        .schedule = options->schedule,
        .schedule_depth = options->schedule_depth,
        .points = options->points,
        .verifier = options->verifier,
        .trace = options->trace,
        .etw = options->etw,
        .realtime = options->realtime || (console_terminals() & 1),
        .strict = options->strict,
        .stays_up = options->stays_up,
        .shares = shares_names(),
        .share_count = (uint32_t)shares_count(),
        .safe = options->safe,
        .last_good = options->last_good,
        .has_fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0,
        .images = ringside_images,
        .image_count = ringside_image_count,
        .drivers = options->machine_drivers,
        .driver_matches = options->matches,
        .driver_count = (uint32_t)options->driver_count,
        .programs = options->machine_programs,
        .program_count = (uint32_t)options->machine_program_count,
        .environment = environment,
        .environment_count = sizeof environment / sizeof *environment,
        .watchdog_seconds = WATCHDOG_SECONDS,
        .repeatable = 1,
    };
    machine.boot_wall_time = machine.realtime ? host_wall_time() : REPEATABLE_WALL_TIME;
    if (options->log_file != NULL || options->stays_up)
        log_store_start(machine.realtime ? host_wall_time : NULL, machine.boot_wall_time);
    uint64_t entry;
    const char *problem = load_kernel(&entry);
    if (problem != NULL) {
        message_error("boot", "%s: rebuild Ringside, or raise --memory", problem);
        return EXIT_OURS;
    }
    if (!devices_start(&machine)) {
        return EXIT_OURS;
    }
    if (!signals_start(&machine, options->timeout_seconds)) {
        return EXIT_OURS;
    }
    raise_fence(options);
    host_enter(entry, &machine);
}

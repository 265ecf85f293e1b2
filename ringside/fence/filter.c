#include "fence/fence.h"
#include "hal/hal.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/*
 * The filter is written as BPF, not with libseccomp: what it looks at first is where the system call instruction lies, which libseccomp has no rule for. A
 * call from below HAL_KERNEL_END is PE code's and none is allowed; one from the host's own code must be in the table. Everything else comes
 * back as SIGSYS (signals.c).
 */

enum limit {
    ANY,
    IS,           /* the argument is one of `values` */
    HAS,          /* the argument has the bit values[0] */
    OWN_PROCESS,  /* the argument is this process */
    EXECUTE_BELOW /* arguments 0, 2 and, for mmap, 3: executable only below HAL_KERNEL_END */
};

/* What the host calls while the machine runs, the frequent ones first. */
static const struct {
    uint16_t number;
    uint8_t limit;
    uint8_t argument;
    uint32_t values[8]; /* of IS: up to the first 0 */
} calls[] = {
    {SYS_ppoll, ANY, 0, {0}},
    {SYS_clock_gettime, ANY, 0, {0}},
    {SYS_write, ANY, 0, {0}},
    {SYS_read, ANY, 0, {0}},
    {SYS_rt_sigprocmask, ANY, 0, {0}},
    {SYS_rt_sigreturn, ANY, 0, {0}},
    {SYS_mmap, EXECUTE_BELOW, 0, {0}},
    {SYS_mprotect, EXECUTE_BELOW, 0, {0}},
    {SYS_munmap, ANY, 0, {0}},
    {SYS_pread64, ANY, 0, {0}},
    {SYS_pwrite64, ANY, 0, {0}},
    {SYS_openat2, ANY, 0, {0}},
    {SYS_close, ANY, 0, {0}},
    {SYS_statx, HAS, 2, {AT_EMPTY_PATH}},
    {SYS_newfstatat, HAS, 3, {AT_EMPTY_PATH}},
    {SYS_arch_prctl, IS, 0, {ARCH_SET_GS}},
    {SYS_process_vm_readv, OWN_PROCESS, 0, {0}}, /* decode.c reads code that may not be there */
    {SYS_fallocate, ANY, 0, {0}},
    /* Memory of the C library's. */
    {SYS_brk, ANY, 0, {0}},
    {SYS_mremap, ANY, 0, {0}},
    {SYS_madvise, ANY, 0, {0}},
    {SYS_futex, ANY, 0, {0}},
    {SYS_sysinfo, ANY, 0, {0}}, /* qsort */
    /* Files. */
    {SYS_fstat, ANY, 0, {0}},
    {SYS_lseek, ANY, 0, {0}},
    {SYS_writev, ANY, 0, {0}},
    {SYS_getdents64, ANY, 0, {0}},
    {SYS_ftruncate, ANY, 0, {0}},
    {SYS_fdatasync, ANY, 0, {0}},
    {SYS_fchmod, ANY, 0, {0}},
    {SYS_utimensat, ANY, 0, {0}},
    {SYS_fsync, ANY, 0, {0}},
    {SYS_mkdirat, ANY, 0, {0}},
    {SYS_unlinkat, ANY, 0, {0}},
    {SYS_renameat, ANY, 0, {0}},
    {SYS_renameat2, ANY, 0, {0}},
    {SYS_memfd_create, ANY, 0, {0}}, /* symbols.c: libdwarf reads descriptors */
    {SYS_fcntl, IS, 1, {F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC}},
    /* Terminals: no TIOCSTI, which types into the shell behind. */
    {SYS_ioctl, IS, 1, {TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCGPGRP}},
    {SYS_poll, ANY, 0, {0}},
    {SYS_dup2, ANY, 0, {0}}, /* server.c: standard error becomes the log once the machine is up */
    /* The server's connections: no new sockets. */
    {SYS_accept4, ANY, 0, {0}},
    {SYS_recvmsg, ANY, 0, {0}},
    {SYS_sendmsg, ANY, 0, {0}},
    {SYS_recvfrom, ANY, 0, {0}},
    {SYS_sendto, ANY, 0, {0}},
    {SYS_getsockopt, ANY, 0, {0}},
    {SYS_shutdown, ANY, 0, {0}},
    {SYS_dup2, ANY, 0, {0}}, /* its log becomes standard error */
    /* Time, signals, the end. */
    {SYS_getrandom, ANY, 0, {0}},
    {SYS_setitimer, ANY, 0, {0}},
    {SYS_clock_nanosleep, ANY, 0, {0}},
    {SYS_restart_syscall, ANY, 0, {0}},
    {SYS_getpid, ANY, 0, {0}},
    {SYS_gettid, ANY, 0, {0}},
    {SYS_tgkill, OWN_PROCESS, 0, {0}}, /* abort */
    {SYS_wait4, ANY, 0, {0}},          /* janitor.c */
    {SYS_exit_group, ANY, 0, {0}},
};

#define CALL_COUNT       (sizeof calls / sizeof *calls)
#define MAX_INSTRUCTIONS (16 + CALL_COUNT * 20)
#define HOST_HIGH        ((uint32_t)(HAL_KERNEL_END >> 32))
_Static_assert((HAL_KERNEL_END & 0xFFFFFFFF) == 0, "one comparison of the upper half decides");

struct program {
    struct sock_filter code[MAX_INSTRUCTIONS];
    uint16_t count;
};

static void add(struct program *program, struct sock_filter instruction) { program->code[program->count++] = instruction; }

static void load(struct program *program, size_t offset) { add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset)); }
static void answer(struct program *program, uint32_t action) { add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action)); }
static void mask(struct program *program, uint32_t bits) { add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)); }

/* If the comparison holds, that answer; else on with what follows. */
static void answer_if(struct program *program, uint16_t comparison, uint32_t value, uint32_t action) {
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, value, 0, 1));
    answer(program, action);
}

static size_t argument_low(unsigned number) { return offsetof(struct seccomp_data, args) + number * sizeof(uint64_t); }
static size_t argument_high(unsigned number) { return argument_low(number) + sizeof(uint32_t); }

/* What is looked at of a call whose number is right: falls through when it is not to be. */
static void limit_arguments(struct program *program, size_t i) {
    if (calls[i].limit == EXECUTE_BELOW) {
        load(program, argument_low(2));
        mask(program, PROT_EXEC);
        answer_if(program, BPF_JEQ, 0, SECCOMP_RET_ALLOW);
        if (calls[i].number == SYS_mmap) { /* else the address is a wish */
            load(program, argument_low(3));
            add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_FIXED, 1, 0));
            answer(program, SECCOMP_RET_TRAP);
        }
        load(program, argument_high(0));
        add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, HOST_HIGH, 1, 0));
        answer(program, SECCOMP_RET_ALLOW);
        return;
    }
    load(program, argument_low(calls[i].argument));
    switch (calls[i].limit) {
    case IS:
        for (unsigned v = 0; v < sizeof calls[i].values / sizeof *calls[i].values && calls[i].values[v] != 0; v++) {
            answer_if(program, BPF_JEQ, calls[i].values[v], SECCOMP_RET_ALLOW);
        }
        break;
    case HAS: answer_if(program, BPF_JSET, calls[i].values[0], SECCOMP_RET_ALLOW); break;
    default: answer_if(program, BPF_JEQ, (uint32_t)getpid(), SECCOMP_RET_ALLOW);
    }
}

static void allow(struct program *program, size_t i) {
    if (calls[i].limit == ANY) {
        answer_if(program, BPF_JEQ, calls[i].number, SECCOMP_RET_ALLOW);
        return;
    }
    uint16_t test = program->count;
    add(program, (struct sock_filter){0});
    limit_arguments(program, i);
    answer(program, SECCOMP_RET_TRAP);
    program->code[test] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, (uint8_t)(program->count - test - 1));
}

int fence_filter_install(void) {
    struct program program = {.count = 0};
    load(&program, offsetof(struct seccomp_data, arch));
    add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
    answer(&program, SECCOMP_RET_TRAP); /* int 80h, sysenter */
    load(&program, offsetof(struct seccomp_data, instruction_pointer) + sizeof(uint32_t));
    add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, HOST_HIGH, 1, 0));
    answer(&program, SECCOMP_RET_TRAP);
    load(&program, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALL_COUNT; i++) {
        allow(&program, i);
    }
    answer(&program, SECCOMP_RET_TRAP);
    struct sock_fprog filter = {.len = program.count, .filter = program.code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ? 0 : errno;
}

const char *fence_call_name(uint32_t number) {
    static const char *const names[] = {
#include "host/linux_calls.inc"
    };
    return number < sizeof names / sizeof *names && names[number] != NULL ? names[number] : "";
}

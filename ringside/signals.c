#include "signals.h"
#include "message.h"
#include "decode.h"
#include "fence/fence.h"
#include "fence/key.h"
#include "machine.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define CPU_TICK_NS          10000000L
#define SPIN_TICKS           2u
#define ALT_STACK_SIZE       (256u * 1024u)
#define EXTENDED_STATE_MAGIC 0x46505853u
#define KNOWN_STATE_MASK     0xE7ull /* x87, SSE, AVX, AVX-512: what XSAVE keeps for code that may run here */

#define EFLAGS_TRAP      0x100ull
#define EFLAGS_DIRECTION 0x400ull
#define EFLAGS_NESTED    0x4000ull
#define EFLAGS_ALIGNMENT 0x40000ull

#define CODE_SELECTOR 0x33 /* 64-bit code, which PE code may have left */

#define TRAP_STEP      1u
#define TRAP_ALIGNMENT 17u

#define PAGE_FAULT_PRESENT 1u

#define REQUEST_INTERRUPT 1u
#define REQUEST_THREADS   2u
#define REQUEST_TIMEOUT   3u
#define REQUEST_CLOSE     4u

static const int askers[] = {SIGALRM, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static const struct itimerval grace = {{0, 0}, {1, 0}}; /* what the kernel has to end by itself */

static hal_machine *machine;
static volatile sig_atomic_t timed_out;
static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t last_interrupt;
volatile uint32_t signals_wanted; /* how often the run was to end at once */
static uint64_t last_entries;
static uint64_t last_points;
static uint32_t ticks_without_entry;

static const int gpr_of_ucontext[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                        REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static bool is_host_address(uint64_t address) { return address >= HAL_KERNEL_END && address < 1ull << 47; }

/* Host code runs on host stacks; with another one it is PE code that has jumped there. */
static bool is_host(const ucontext_t *uc) {
    const greg_t *gregs = uc->uc_mcontext.gregs;
    return is_host_address((uint64_t)gregs[REG_RIP]) && is_host_address((uint64_t)gregs[REG_RSP]);
}

static bool is_driver_code(uint64_t pc) { return pc >= HAL_DRIVER_START && pc < HAL_DRIVER_END; }

/* Where the frame goes: below the interrupted stack pointer in kernel mode (PE code has no red zone), at the top of the
   thread's kernel stack in user mode. A kernel stack pointer outside its stack is a double fault, as on the processor. */
static uint64_t frame_stack(uint64_t rsp, uint64_t room, uint32_t *trap) {
    if (machine->user_mode) {
        return machine->kernel_stack_top;
    }
    if (rsp > machine->kernel_stack_limit && rsp <= machine->kernel_stack_top && rsp - machine->kernel_stack_limit >= room) {
        return rsp;
    }
    uint64_t top = machine->double_fault_stack_top;
    if (rsp <= top && rsp > top - 8192) {
        return rsp;
    }
    *trap = 8;
    return top;
}

static hal_trap_frame *resume_in_kernel(ucontext_t *uc, uint32_t trap, uint32_t error, uint64_t cr2, bool decode) {
    greg_t *gregs = uc->uc_mcontext.gregs;
    uint8_t *state = (uint8_t *)uc->uc_mcontext.fpregs;
    uint32_t magic, state_size = 512;
    uint64_t mask = 0; /* 0: the state is in FXSAVE format */
    memcpy(&magic, state + 464, sizeof magic);
    if (magic == EXTENDED_STATE_MAGIC) {
        memcpy(&mask, state + 464 + 8, sizeof mask);
        memcpy(&state_size, state + 464 + 16, sizeof state_size);
        mask &= KNOWN_STATE_MASK;
        fence_key_reset(state);
    }
    uint64_t top = frame_stack((uint64_t)gregs[REG_RSP], sizeof(hal_trap_frame) + state_size + 1024, &trap);
    uint64_t xsave = (top - state_size) & ~63ull;
    hal_trap_frame *frame = (hal_trap_frame *)((xsave - sizeof *frame) & ~15ull);
    memcpy((void *)xsave, state, state_size);
    memset(frame, 0, sizeof *frame);
    for (int i = 0; i < 16; i++) {
        frame->gpr[i] = (uint64_t)gregs[gpr_of_ucontext[i]];
    }
    frame->rip = (uint64_t)gregs[REG_RIP];
    frame->rflags = (uint64_t)gregs[REG_EFL];
    frame->trap = trap;
    frame->error = error;
    frame->cr2 = cr2;
    frame->user_mode = machine->user_mode;
    frame->xsave = (void *)xsave;
    frame->xsave_mask = mask;
    if (decode) {
        decode_trap(frame);
    }
    machine->user_mode = 0;
    gregs[REG_RIP] = (greg_t)machine->trap_entry;
    gregs[REG_RSP] = (greg_t)frame;
    gregs[REG_RCX] = (greg_t)frame;
    gregs[REG_EFL] &= ~(greg_t)(EFLAGS_TRAP | EFLAGS_DIRECTION | EFLAGS_NESTED | EFLAGS_ALIGNMENT);
    gregs[REG_CSGSFS] = (gregs[REG_CSGSFS] & ~0xFFFFll) | CODE_SELECTOR;
    return frame;
}

/* rip and rsp mean nothing where `length` is 0: what was executed has left 64-bit code. */
static void report_call(ucontext_t *uc, enum hal_insn insn, uint8_t length, const char *name) {
    hal_trap_frame *frame = resume_in_kernel(uc, HAL_TRAP_SYSCALL, 0, 0, false);
    frame->trap = HAL_TRAP_SYSCALL; /* and not a double fault */
    frame->insn = insn;
    frame->insn_index = 0x80;
    frame->insn_length = length;
    frame->rip = length == 0 ? 0 : frame->rip;
    strncpy(frame->insn_name, name, sizeof frame->insn_name - 1);
}

/*
 * The seccomp filter has kept a system call from Linux: nothing has happened but that rcx and r11 are what the instruction makes them. Asked for by the
 * host itself, it fails, and one line says so.
 */
static void on_refused_call(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    greg_t *gregs = uc->uc_mcontext.gregs;
    (void)signal;
    if (is_host(uc) || machine->trap_entry == 0) {
        fence_refused((uint32_t)info->si_syscall);
        gregs[REG_RAX] = -EPERM;
    } else if (info->si_arch == AUDIT_ARCH_X86_64) {
        report_call(uc, HAL_INSN_SYSCALL, 2, fence_call_name((uint32_t)info->si_syscall));
    } else if (is_host_address((uint64_t)gregs[REG_RIP])) { /* the vDSO's: sysenter, with ebp for a stack pointer */
        report_call(uc, HAL_INSN_SYSCALL, 0, "");
    } else {
        report_call(uc, HAL_INSN_INT, 2, "");
    }
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    greg_t *gregs = uc->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)gregs[REG_RIP];
    uint32_t trap = (uint32_t)gregs[REG_TRAPNO], error = (uint32_t)gregs[REG_ERR];
    uint64_t address = (uint64_t)gregs[REG_CR2];
    if (is_host(uc) || machine->trap_entry == 0 || pc == machine->trap_entry) { /* the last: a driver has changed it */
        machine_fault_in_host(signal, pc, (uint64_t)(uintptr_t)info->si_addr);
    }
    if (trap == TRAP_STEP && !machine->stepping && pc >= HAL_USER_END && (gregs[REG_EFL] & (greg_t)EFLAGS_TRAP)) {
        gregs[REG_EFL] &= ~(greg_t)EFLAGS_TRAP; /* a program steps into a system call: the kernel is not stepped */
        return;
    }
    if (signal == SIGSEGV && info->si_code == SEGV_PKUERR) {
        error |= PAGE_FAULT_PRESENT; /* the processor says otherwise of a page that nobody has touched yet */
    }
    if (signal == SIGBUS && trap != 14 && trap != TRAP_ALIGNMENT) {
        trap = 14; /* the RAM file has no room left behind it: reported as a fault on the address */
        address = (uint64_t)(uintptr_t)info->si_addr;
    }
    if ((gregs[REG_CSGSFS] & 0xFFFF) != CODE_SELECTOR) { /* sysenter, or a far jump: 32-bit code has no place here */
        report_call(uc, HAL_INSN_SYSCALL, 0, "");
        return;
    }
    bool kernel_page = trap == 14 && address >= HAL_KUSER_KERNEL && address < HAL_KUSER_KERNEL + HAL_PAGE;
    bool view = trap == 14 && address >= HAL_SYSVIEW_START && address < HAL_SYSVIEW_END; /* it may be a device's memory */
    resume_in_kernel(uc, trap, error, address, trap == 13 || trap == 6 || trap == 3 || trap == 0 || kernel_page || view);
}

static void on_abort(int signal, siginfo_t *info, void *context) {
    (void)info;
    machine_fault_in_host(signal, (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP], 0);
}

/* 10 ms of this process's CPU time have passed. */
static void on_cpu_tick(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    (void)signal;
    (void)info;
    if (!is_host(uc)) {
        machine_look_outside();
    }
    if (machine->kernel_entries != last_entries || is_host(uc)) {
        last_entries = machine->kernel_entries;
        ticks_without_entry = 0;
        return;
    }
    if (++ticks_without_entry < SPIN_TICKS) {
        return;
    }
    if ((uint64_t)ticks_without_entry * CPU_TICK_NS >= machine->watchdog_seconds * 1000000000ull && !machine->user_mode) {
        ticks_without_entry = 0;
        resume_in_kernel(uc, HAL_TRAP_WATCHDOG, 0, 0, false);
    } else if (machine->points_passed != last_points) {
        last_points = machine->points_passed;
    } else if (machine->user_mode ? pc < HAL_USER_END : is_driver_code(pc) && !machine->no_preempt) {
        resume_in_kernel(uc, HAL_TRAP_PREEMPT, 0, 0, false);
    }
}

/* Host code is left at its next signals_check; PE code has none, and does not come back. */
static void end_run(ucontext_t *uc) {
    signals_wanted++;
    setitimer(ITIMER_REAL, &grace, NULL);
    if (!is_host(uc)) {
        signals_check();
    }
}

static void ask_kernel(uint32_t request) {
    machine->control_request = request;
    __atomic_fetch_or(&machine->pending_events, HAL_EVENT_CONTROL, __ATOMIC_SEQ_CST);
}

static void ask_for_end(uint32_t request) {
    ask_kernel(request);
    setitimer(ITIMER_REAL, &grace, NULL);
}

static void on_timeout(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    if (interrupted && machine->control_served) {
        machine->control_served = 0; /* the programs have got it: what they make of it takes its time */
        interrupted = 0;
    } else if (timed_out || interrupted) {
        end_run(context);
    } else {
        timed_out = 1;
        ask_for_end(REQUEST_TIMEOUT);
    }
}

static void on_interrupt(int signal, siginfo_t *info, void *context) {
    (void)info;
    if (interrupted && !machine->control_served) {
        end_run(context);
    } else {
        machine->control_served = 0;
        interrupted = last_interrupt = signal;
        ask_for_end(signal == SIGINT ? REQUEST_INTERRUPT : REQUEST_CLOSE);
    }
}

/* Ctrl+\ */
static void on_quit(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    (void)context;
    if (!timed_out && !interrupted) {
        ask_kernel(REQUEST_THREADS);
    }
}

void signals_check(void) {
    static uint32_t served;
    if (signals_wanted == served) {
        return;
    }
    if (served != 0) { /* the end itself is stuck, writing to somebody who does not read */
        _exit(interrupted ? 128 + interrupted : EXIT_TIMEOUT);
    }
    served = signals_wanted;
    if (interrupted) {
        machine_end_interrupted(interrupted);
    }
    machine_end_timeout();
}

bool signals_pending(void) { return machine != NULL && (machine->pending_events & HAL_EVENT_CONTROL) != 0; }

int signals_interrupted(void) { return last_interrupt; }

int signals_poll(struct pollfd *files, nfds_t count, const struct timespec *limit) {
    sigset_t asynchronous, before;
    int result = -1, error = EINTR;
    sigemptyset(&asynchronous);
    for (unsigned i = 0; i < sizeof askers / sizeof *askers; i++) {
        sigaddset(&asynchronous, askers[i]);
    }
    sigprocmask(SIG_BLOCK, &asynchronous, &before);
    if (!signals_wanted && !signals_pending()) {
        result = ppoll(files, count, limit, &before);
        error = errno;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    signals_check();
    errno = error;
    return result;
}

/* Linux leaves a handler the alignment checks that the interrupted program asked for; to be called before anything else. */
static inline void own_flags(void) {
    __asm__ volatile("pushfq\n\tandl %0, (%%rsp)\n\tpopfq" ::"i"(~(int)(EFLAGS_ALIGNMENT | EFLAGS_NESTED)) : "cc", "memory");
}

/*
 * A fault in a handler of ours: what it works with is damaged, so it is not called again. The interrupted stack pointer tells, which lies further up the
 * alternate stack; nothing in memory is asked.
 */
static void stop_nested_fault(int signal, const ucontext_t *uc) {
    static const char text[] = "ringside: Ringside's own memory is damaged, by a driver that wrote over it or by a mistake of ours\n";
    uint64_t here = (uint64_t)__builtin_frame_address(0), interrupted_at = (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
    bool fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGABRT;
    if (fault && interrupted_at >= here && interrupted_at - here < ALT_STACK_SIZE) {
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
        _exit(EXIT_OURS);
    }
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS, SIGABRT};

/* In memory that no driver can write. */
static void (*const handlers[NSIG])(int, siginfo_t *, void *) = {
    [SIGSEGV] = on_fault,       [SIGBUS] = on_fault,     [SIGILL] = on_fault,     [SIGTRAP] = on_fault,   [SIGFPE] = on_fault,
    [SIGSYS] = on_refused_call, [SIGABRT] = on_abort,    [SIGPROF] = on_cpu_tick, [SIGALRM] = on_timeout, [SIGTERM] = on_interrupt,
    [SIGINT] = on_interrupt,    [SIGHUP] = on_interrupt, [SIGQUIT] = on_quit,
};

void signals_entry(int signal, siginfo_t *info, void *context) {
    own_flags();
    stop_nested_fault(signal, context);
    handlers[signal](signal, info, context);
}

static bool handle(int signal, bool asynchronous) {
    struct sigaction action = {.sa_sigaction = fence_key_on ? signals_entry_with_key : signals_entry,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | (asynchronous ? 0 : SA_NODEFER)};
    sigemptyset(&action.sa_mask);
    if (!asynchronous) {
        sigaddset(&action.sa_mask, SIGPROF);
        sigaddset(&action.sa_mask, SIGALRM);
        sigaddset(&action.sa_mask, SIGINT);
        sigaddset(&action.sa_mask, SIGTERM);
    } else {
        sigfillset(&action.sa_mask);
        for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
            sigdelset(&action.sa_mask, faults[i]);
        }
    }
    return sigaction(signal, &action, NULL) == 0;
}

/* One that the parent has us ignore (nohup, a script's background) stays ignored. */
static bool handle_unless_ignored(int signal) {
    struct sigaction before;
    return sigaction(signal, NULL, &before) == 0 && (before.sa_handler == SIG_IGN || handle(signal, true));
}

bool signals_start(hal_machine *running, uint64_t timeout_seconds) {
    machine = running;
    stack_t stack = {.ss_size = ALT_STACK_SIZE};
    stack.ss_sp = mmap(NULL, ALT_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool ok = stack.ss_sp != MAP_FAILED && sigaltstack(&stack, NULL) == 0;
    fence_key_share(stack.ss_sp, ALT_STACK_SIZE);
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        ok = ok && handle(faults[i], false);
    }
    ok = ok && handle(SIGPROF, true) && handle(SIGALRM, true);
    ok = ok && handle(SIGTERM, true) && handle_unless_ignored(SIGINT) && handle_unless_ignored(SIGHUP);
    ok = ok && handle_unless_ignored(SIGQUIT);
    signal(SIGPIPE, SIG_IGN);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
    timer_t timer;
    struct itimerspec period = {{0, CPU_TICK_NS}, {0, CPU_TICK_NS}};
    ok = ok && timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0 && timer_settime(timer, 0, &period, NULL) == 0;
    if (timeout_seconds != 0) {
        struct itimerval limit = {{0, 0}, {(time_t)timeout_seconds, 0}};
        ok = ok && setitimer(ITIMER_REAL, &limit, NULL) == 0;
    }
    if (!ok) {
        message_error("signals", "handlers or timers cannot be set up: %s: the host must allow sigaltstack, timer_create and setitimer",
                      strerror(errno));
    }
    return ok;
}

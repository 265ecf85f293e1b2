/*
 * steps PROGRAM [ARGUMENT...]: runs it and counts instructions between the breakpoints of bench/scale.h, one by one. For each stretch a line
 * "steps NAME PHASE ITEMS INSTRUCTIONS"; everything else that it prints is the program's own, and so is the exit code. What the host does for it is counted, what Linux does is not.
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t count;
static int stepping; /* for a program that switches threads, and the others have no trap flag: it is this one that steps */

static void report(const struct user_regs_struct *registers) {
    char name[9] = {0};
    uint64_t letters = registers->rax;
    stepping = letters == 1;
    if (letters <= 1) {
        count = 0;
        return;
    }
    memcpy(name, &letters, 8);
    printf("steps %s %llu %llu %llu\n", name, registers->rcx, registers->rdx, (unsigned long long)count);
    fflush(stdout);
}

/* A repeated string instruction stops after each repetition, and counts once. */
static int is_another(pid_t child) {
    static uint64_t last;
    uint64_t rip = (uint64_t)ptrace(PTRACE_PEEKUSER, child, offsetof(struct user_regs_struct, rip), NULL);
    int another = rip != last;
    last = rip;
    return another;
}

/* The signal that the program is to get. */
static int stopped(pid_t child, int signal) {
    siginfo_t info;
    struct user_regs_struct registers;
    if (signal != SIGTRAP || ptrace(PTRACE_GETSIGINFO, child, NULL, &info) != 0) {
        return signal;
    }
    if (info.si_code == TRAP_TRACE) {
        count += (uint64_t)is_another(child);
    } else if (info.si_code == SI_KERNEL && ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0) {
        report(&registers);
    }
    return 0;
}

int main(int argc, char **argv) {
    int status;
    pid_t child;
    if (argc < 2) {
        fprintf(stderr, "usage: steps PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        int signal = stopped(child, WSTOPSIG(status));
        ptrace(stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, child, NULL, (void *)(intptr_t)signal);
    }
    if (child < 0) {
        perror("fork");
    }
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The fence around a process of its own: what is left when it is up. */
#include "fence/fence.h"
#include "fence/key.h"
#include "files/beneath.h"
#include "message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static int refused;

void message_note(const char *format, ...) { (void)format; }

static void on_refused(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    refused++;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -EPERM;
}

/* Each of these is a bit of the child's exit code when it is as it should be. */
enum { DESCRIBED = 1, EXEC = 2, OPEN = 4, SOCKET = 8, BELOW = 16, OUTSIDE = 32, EXECUTABLE = 64 };

static int behind_the_fence(int directory, int outside) {
    int good = 0;
    char none[] = "x";
    char *const arguments[] = {none, NULL};

    fence_allow(directory);
    fence_raise();
    good |= strncmp(fence_describe(), "no new privileges: on\nseccomp: on\nLandlock: ", 44) == 0 && refused == 0 ? DESCRIBED : 0;
    good |= execv("/bin/true", arguments) == -1 && refused == 1 ? EXEC : 0;
    good |= open("/dev/null", O_RDONLY) == -1 && refused == 2 ? OPEN : 0;
    good |= socket(AF_UNIX, SOCK_STREAM, 0) == -1 && refused == 3 ? SOCKET : 0;
    good |= beneath_open(directory, "new", O_RDWR | O_CREAT, 0600) >= 0 && refused == 3 ? BELOW : 0;
    good |= beneath_open(outside, "new", O_RDWR | O_CREAT, 0600) == -EACCES || strstr(fence_describe(), "Landlock: absent") != NULL ? OUTSIDE : 0;
    good |= mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && refused == 4 ? EXECUTABLE : 0;
    return good;
}

static void test_fence(void **state) {
    char inside[] = "/tmp/fence-inside.XXXXXX", outside[] = "/tmp/fence-outside.XXXXXX", file[64];
    struct sigaction action = {.sa_sigaction = on_refused, .sa_flags = SA_SIGINFO};
    int status = 0;
    pid_t child;
    (void)state;

    assert_non_null(mkdtemp(inside));
    assert_non_null(mkdtemp(outside));
    child = fork();
    if (child == 0) {
        sigaction(SIGSYS, &action, NULL);
        /* Not _exit: AddressSanitizer would first ask for the signal stack. */
        syscall(SYS_exit_group, behind_the_fence(open(inside, O_PATH | O_DIRECTORY), open(outside, O_PATH | O_DIRECTORY)));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    snprintf(file, sizeof file, "%s/new", inside);
    unlink(file);
    snprintf(file, sizeof file, "%s/new", outside);
    unlink(file);
    rmdir(inside);
    rmdir(outside);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DESCRIBED | EXEC | OPEN | SOCKET | BELOW | OUTSIDE | EXECUTABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fence)};
    return cmocka_run_group_tests_name("fence", tests, NULL, NULL);
}

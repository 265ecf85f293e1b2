/* The ways a program with the Universal C run-time library ends. */
#include "vc.h"

static void on_terminate(void) { _exit(41); }
static void never(void) { puts("atexit"); }
static void quick(void) {
    puts("quick, not atexit");
    fflush(stdout);
}

static __declspec(noinline) void overrun(volatile int size) {
    char buffer[16];

    for (volatile int i = 0; i < size; i++)
        ((volatile char *)buffer)[i] = 'x';
}

int main(int argc, char **argv, char **environment) {
    const char *how = argc > 1 ? argv[1] : "";
    char small[2];

    _crt_atexit(never);
    puts("before");
    fflush(stdout);
    if (!strcmp(how, "abort"))
        abort();
    if (!strcmp(how, "terminate")) {
        set_terminate(on_terminate);
        terminate();
    }
    if (!strcmp(how, "invalid"))
        strcpy_s(small, sizeof small, "too long");
    if (!strcmp(how, "quick")) {
        _crt_at_quick_exit(quick);
        quick_exit(5);
    }
    if (!strcmp(how, "cookie"))
        overrun(48);
    if (!strcmp(how, "fault"))
        *(volatile int *)0 = 1;
    return 0;
}

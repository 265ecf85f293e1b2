#include "layout.h"
#include "message.h"
#include "hal/hal.h"
#include "options.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_LIMIT (8ul << 20)
#define MARK        "RINGSIDE_RELAID"

void layout_ensure(char **argv) {
    uint64_t library = (uint64_t)(uintptr_t)&getenv;
    uint64_t self = (uint64_t)(uintptr_t)&layout_ensure;
    if (library >= HAL_KERNEL_END && self >= HAL_KERNEL_END) {
        unsetenv(MARK);
        return;
    }
    struct rlimit limit;
    if (getenv(MARK) == NULL && getrlimit(RLIMIT_STACK, &limit) == 0) {
        limit.rlim_cur = STACK_LIMIT;
        if (setrlimit(RLIMIT_STACK, &limit) == 0 && setenv(MARK, "1", 1) == 0) {
            execv("/proc/self/exe", argv);
        }
    }
    message_error("address space", "Linux has put libraries where the machine's memory must be: run it after `ulimit -s 8192`");
    exit(EXIT_OURS);
}

/* A raw Linux system call that would start a program: refused, 0x1E. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) {
    static const CHAR *const Arguments[] = {"sh", "-c", "echo escaped >canary", NULL};
    RawCall(LINUX_EXECVE, (ULONG64) "/bin/sh", (ULONG64)Arguments, 0);
}

/* A raw Linux system call that would take over another process: refused, 0x1E. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) { RawCall(LINUX_PTRACE, LINUX_ATTACH, 1, 0); }

/* A raw Linux system call that would make a file: refused, 0x1E. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) { RawCall(LINUX_OPEN, (ULONG64) "escaped", LINUX_CREATE, 0666); }

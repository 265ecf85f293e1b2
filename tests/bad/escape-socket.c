/* A raw Linux system call that would reach the network: refused, 0x1E. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) { RawCall(LINUX_SOCKET, LINUX_INTERNET, LINUX_STREAM, 0); }

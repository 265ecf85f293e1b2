/* A breakpoint, and no debugger: 0x7E. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) { __asm__ volatile("int3"); }

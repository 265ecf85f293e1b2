/* The fast system call of 32-bit Linux, which leaves neither program counter nor stack behind: refused, 0x1E. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) {
    ULONG64 Result;
    __asm__ volatile("sysenter" : "=a"(Result) : "a"(11ull), "b"(0ull), "c"(0ull), "d"(0ull) : "memory");
}

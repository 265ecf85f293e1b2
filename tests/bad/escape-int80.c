/* The system call of 32-bit Linux (11 is execve there): refused, 0x1E. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) {
    ULONG64 Result;
    __asm__ volatile("int $0x80" : "=a"(Result) : "a"(11ull), "b"(0ull), "c"(0ull), "d"(0ull) : "memory");
}

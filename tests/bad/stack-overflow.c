/* Recursion without end: 0x7F, double fault. */
#include "bad.h"

MISTAKE ULONG Deeper(volatile ULONG *Level) {
    volatile ULONG Next = *Level + 1;
    return Next == 0 ? 0 : Deeper(&Next) + Next;
}

MISTAKE VOID Mistake(VOID) {
    volatile ULONG Level = 0;
    DbgPrint("%u\n", Deeper(&Level));
}

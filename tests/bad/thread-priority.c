/* A priority that there is not: 0x139, FAST_FAIL_INVALID_ARG. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    KeSetPriorityThread(KeGetCurrentThread(), HIGH_PRIORITY + 1);
    DbgPrint("got away with it\n");
}

/* Reads a kernel address where nothing is, under a handler that does not help: 0x50. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    __try {
        DbgPrint("%u\n", *(volatile ULONG *)(ULONG_PTR)0x7FFFFFFF0000);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
}

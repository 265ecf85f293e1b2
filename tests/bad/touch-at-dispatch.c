/* Touches memory that is not there at DISPATCH_LEVEL, under a handler that does not help: 0xD1. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    __try {
        *(volatile ULONG *)(ULONG_PTR)0x12340 = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    KeLowerIrql(Old);
}

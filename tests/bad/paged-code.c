/* Calls a function of its PAGE section at DISPATCH_LEVEL: 0xD1, execute. */
#include "paged.h"

PAGED static VOID Pageable(VOID) { DbgPrint("got away with it: %u\n", KeGetCurrentIrql()); }

MISTAKE VOID Mistake(VOID) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    Pageable();
    KeLowerIrql(Old);
}

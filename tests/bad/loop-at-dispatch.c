/* Loops for ever at DISPATCH_LEVEL: 0x133, by the watchdog. */
#include "bad.h"

static volatile ULONG Forever = 1;

MISTAKE VOID Mistake(VOID) {
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    while (Forever) {
    }
    KeLowerIrql(Old);
}

/* A function of its PAGE section takes a spin lock: the code behind the call is what is missing. 0xD1, execute. */
#include "paged.h"

static KSPIN_LOCK Lock;

PAGED static VOID Pageable(VOID) {
    KIRQL Old;
    KeAcquireSpinLock(&Lock, &Old);
    KeReleaseSpinLock(&Lock, Old);
    DbgPrint("got away with it\n");
}

MISTAKE VOID Mistake(VOID) {
    KeInitializeSpinLock(&Lock);
    Pageable();
}

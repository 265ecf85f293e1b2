/* Takes a spin lock twice: 0x0F. */
#include "bad.h"

static KSPIN_LOCK Lock;

MISTAKE VOID Mistake(VOID) {
    KIRQL Old, Older;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Old);
    KeAcquireSpinLock(&Lock, &Older);
    KeReleaseSpinLock(&Lock, Older);
    KeReleaseSpinLock(&Lock, Old);
}

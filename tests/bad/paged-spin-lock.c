/* A spin lock in paged pool: 0x0A, for it is the kernel that touches it. */
#include "paged.h"

MISTAKE VOID Mistake(VOID) {
    PKSPIN_LOCK Lock = ExAllocatePoolWithTag(PagedPool, sizeof(KSPIN_LOCK), 'gdaB');
    KIRQL Old;
    KeInitializeSpinLock(Lock);
    KeAcquireSpinLock(Lock, &Old);
    KeReleaseSpinLock(Lock, Old);
    DbgPrint("got away with it\n");
    ExFreePool(Lock);
}

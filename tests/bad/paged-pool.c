/* Writes to a block of paged pool under a spin lock: 0xD1. Without the verifier the page happens to be there. */
#include "paged.h"

MISTAKE VOID Mistake(VOID) {
    PULONG Block = ExAllocatePoolWithTag(PagedPool, 100, 'gdaB');
    KSPIN_LOCK Lock;
    KIRQL Old;
    KeInitializeSpinLock(&Lock);
    Block[0] = 1;
    KeAcquireSpinLock(&Lock, &Old);
    Block[3] = 2;
    KeReleaseSpinLock(&Lock, Old);
    DbgPrint("got away with it: %u\n", Block[0] + Block[3]);
    ExFreePool(Block);
}

/* Frees a pool block by another tag: 0xC2. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 100, 'tseT');
    if (Block) {
        ExFreePoolWithTag(Block, 'gnrW');
        DbgPrint("freed\n");
    }
}

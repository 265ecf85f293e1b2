/* Frees a pool block twice: 0xC2. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tseT');
    if (Block) {
        ExFreePoolWithTag(Block, 'tseT');
        ExFreePoolWithTag(Block, 'tseT');
        DbgPrint("freed twice\n");
    }
}

/* Calls code in NonPagedPoolNx: 0xFC. */
#include "bad.h"

MISTAKE VOID Mistake(VOID) {
    PUCHAR Code = ExAllocatePoolWithTag(NonPagedPoolNx, 16, 'tseT');
    if (Code) {
        Code[0] = 0xC3;
        ((VOID(*)(VOID))(ULONG_PTR)Code)();
        ExFreePoolWithTag(Code, 'tseT');
    }
}

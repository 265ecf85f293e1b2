/* A call that the host may make, by code of the C library's own, for a file outside the machine: Landlock is what stands before it. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) {
    struct {
        ULONG64 Flags, Mode, Resolve;
    } How = {LINUX_CREATE, 0666, 0};
    HOST_FUNCTION Call = EscapeFindFunction("syscall");
    DbgPrint(Call != NULL ? "the C library is found\n" : "no C library\n");
    if (Call != NULL) {
        DbgPrint("openat2 gives %d\n", (int)Call(LINUX_OPENAT2, (ULONG64)(LONG64)LINUX_HERE, (ULONG64) "escaped", (ULONG64)&How, sizeof How, 0));
    }
}

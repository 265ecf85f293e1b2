#include "mm/mi.h"

/* "ProbeForRead", "ProbeForWrite", learn.microsoft.com: a length of 0 checks nothing; alignment comes before range. */

static VOID MiProbeRange(ULONG64 Address, SIZE_T Length, ULONG Alignment) {
    if (Address & (Alignment - 1))
        ExRaiseDatatypeMisalignment();
    if (Address + Length < Address || Address + Length > MmUserProbeAddress)
        ExRaiseAccessViolation();
}

VOID NTAPI ProbeForRead(const VOID *Address, SIZE_T Length, ULONG Alignment) {
    if (Length != 0)
        MiProbeRange((ULONG64)Address, Length, Alignment);
}

/* Each page is read and written back, so that a page that is not there or cannot be written raises here, in the caller's __try. */
VOID NTAPI ProbeForWrite(PVOID Address, SIZE_T Length, ULONG Alignment) {
    if (Length == 0)
        return;
    MiProbeRange((ULONG64)Address, Length, Alignment);
    volatile UCHAR *Byte = Address;
    volatile UCHAR *Last = Byte + (Length - 1);
    for (;;) {
        *Byte = *Byte;
        Byte = (volatile UCHAR *)(((ULONG64)Byte & ~(ULONG64)(PAGE_SIZE - 1)) + PAGE_SIZE);
        if (Byte > Last)
            return;
    }
}

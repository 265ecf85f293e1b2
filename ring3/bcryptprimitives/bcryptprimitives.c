/* The random numbers that run-time libraries of other languages begin with. */
#include "ntdll.h"

BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Length); /* advapi32's RtlGenRandom */

/* "ProcessPrng": always succeeds. */
WINBOOL WINAPI ProcessPrng(PBYTE Buffer, SIZE_T Length);
WINBOOL WINAPI ProcessPrng(PBYTE Buffer, SIZE_T Length) {
    for (SIZE_T done = 0; done < Length;) {
        ULONG piece = (ULONG)(Length - done < 0x10000000 ? Length - done : 0x10000000);
        SystemFunction036(Buffer + done, piece);
        done += piece;
    }
    return TRUE;
}

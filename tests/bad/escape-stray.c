/* Writes one byte to a variable of the host's: behind what is read-only once it has started. */
#include "bad.h"
#include "escape.h"

#define RELOCATED_READ_ONLY 0x6474E552

MISTAKE VOID Mistake(VOID) {
    const UCHAR *Host = EscapeFindHost();
    for (ULONG i = 0; Host != NULL && i < *(const USHORT *)(Host + 56); i++) {
        const UCHAR *Header = Host + *(const ULONG64 *)(Host + 32) + i * 56;
        if (*(const ULONG *)Header == RELOCATED_READ_ONLY) {
            DbgPrint("the host's variables are found\n");
            *(volatile UCHAR *)(Host + *(const ULONG64 *)(Header + 16) + *(const ULONG64 *)(Header + 40)) = 0xFF;
        }
    }
}

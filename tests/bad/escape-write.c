/* Writes over everything that the host's executable may write: its variables, and what lies behind them. */
#include "bad.h"
#include "escape.h"

MISTAKE VOID Mistake(VOID) {
    const UCHAR *Host = EscapeFindHost();
    for (ULONG i = 0; Host != NULL && i < *(const USHORT *)(Host + 56); i++) {
        const UCHAR *Header = Host + *(const ULONG64 *)(Host + 32) + i * 56;
        if (*(const ULONG *)Header == 1 && (*(const ULONG *)(Header + 4) & 2)) {
            UCHAR *From = (UCHAR *)Host + *(const ULONG64 *)(Header + 16), *To = From + *(const ULONG64 *)(Header + 40);
            DbgPrint("the host's variables are found\n");
            /* From the end: what comes first is read-only once the host has started. */
            for (volatile UCHAR *Byte = To; Byte-- > From;) {
                *Byte = 0xFF;
            }
        }
    }
}

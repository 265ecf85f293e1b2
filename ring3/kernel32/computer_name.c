/* The machine's name: a constant like the rest of the machine. It is in no domain. */
#include "kernel32.h"

#define NAME L"RINGSIDE"

/* Sizes are characters. With Size too small nothing is written but what it would have to be. */
static BOOL CopyName(PCWSTR Name, LPWSTR Wide, LPSTR Narrow, LPDWORD Size, DWORD TooSmall) {
    DWORD length = (DWORD)BaseLength(Name), room = *Size;
    BOOL fits = room > length && (Wide || Narrow);
    *Size = length + !fits;
    if (!fits)
        return BaseFail(TooSmall);
    if (Wide)
        memcpy(Wide, Name, (length + 1) * sizeof *Name);
    else
        BaseNarrow(Name, length, Narrow, room);
    return TRUE;
}

WINBOOL WINAPI GetComputerNameW(LPWSTR Buffer, LPDWORD Size) { return CopyName(NAME, Buffer, NULL, Size, ERROR_BUFFER_OVERFLOW); }
WINBOOL WINAPI GetComputerNameA(LPSTR Buffer, LPDWORD Size) { return CopyName(NAME, NULL, Buffer, Size, ERROR_BUFFER_OVERFLOW); }

static BOOL CopyNameOf(COMPUTER_NAME_FORMAT Format, LPWSTR Wide, LPSTR Narrow, LPDWORD Size) {
    if (!Size || (ULONG)Format >= ComputerNameMax || (!Wide && !Narrow && *Size))
        return BaseFail(ERROR_INVALID_PARAMETER);
    return CopyName(Format == ComputerNameDnsDomain || Format == ComputerNamePhysicalDnsDomain ? L"" : NAME, Wide, Narrow, Size, ERROR_MORE_DATA);
}
WINBOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT Format, LPWSTR Buffer, LPDWORD Size) { return CopyNameOf(Format, Buffer, NULL, Size); }
WINBOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT Format, LPSTR Buffer, LPDWORD Size) { return CopyNameOf(Format, NULL, Buffer, Size); }

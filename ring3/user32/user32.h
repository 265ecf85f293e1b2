/* What user32's files share: text functions, and nothing that needs a window. */
#pragma once
#define _USER32_
#include "ntdll.h"

static inline BOOL UserFail(DWORD Error) {
    RtlSetLastWin32Error(Error);
    return FALSE;
}
/* char.c: a byte of the ANSI code page. */
WCHAR UserWideChar(CHAR Byte);
CHAR UserNarrowChar(WCHAR Char);

/* What the files about locales share. */
#pragma once
#include "kernel32.h"
#include <winnls.h>

#define BASE_LOCALE MAKELCID(MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), SORT_DEFAULT)

/* BASE_LOCALE or LOCALE_INVARIANT; 0: there is no such locale. A name of NULL is the user's locale, "" the invariant one. */
LCID BaseKnownLocale(LCID Locale);
LCID BaseKnownName(PCWSTR Name);
/* A fact of a locale as text; NULL: there is none of that type. */
PCWSTR BaseLocaleText(LCID Locale, LCTYPE Type);
/* A terminated result as these functions give it: its size with the terminator, and only that when Size is 0. 0: the last error is set. */
int BaseGive(PCWSTR Text, PWSTR Buffer, int Size);
int BaseGiveNarrow(PCWSTR Text, PSTR Buffer, int Size);

/* Numbers from and to 16-bit text. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"
#include <stdlib.h>

#define CH            wchar_t
#define P(name)       RtlpWide##name
#define STRTO(name)   wcsto##name
#define STRTO64(name) _wcsto##name
#define TO(name)      name##tow
#define TO_S(name)    name##tow_s
#include "rtl/number.inc"

long _wtol(const wchar_t *Text) { return wcstol(Text, NULL, 10); }

int _wtoi(const wchar_t *Text) { return wcstol(Text, NULL, 10); }

long long _wtoi64(const wchar_t *Text) { return _wcstoi64(Text, NULL, 10); }

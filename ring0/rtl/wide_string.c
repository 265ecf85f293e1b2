/* C string functions on 16-bit text. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"

#define CH           wchar_t
#define UNSIGNED_CH  wchar_t
#define CH_PARAMETER wchar_t
#define S(name)      wcs##name
#define U(name)      _wcs##name
#define LOWER(c)     RtlpDowncase(c)
#define UPPER(c)     RtlpUpcase(c)
#include "rtl/string.inc"

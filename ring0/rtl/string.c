/* C string functions on 8-bit text. */
#include "rtl/rtlp.h"
#include "rtl/crt.h"

#define CH           char
#define UNSIGNED_CH  unsigned char
#define CH_PARAMETER int
#define S(name)      str##name
#define U(name)      _str##name
#define LOWER(c)     ((c) >= 'A' && (c) <= 'Z' ? (c) + 32 : (c))
#define UPPER(c)     ((c) >= 'a' && (c) <= 'z' ? (c) - 32 : (c))
#include "rtl/string.inc"

errno_t memcpy_s(void *To, size_t Size, const void *From, size_t Count) {
    if (!Count) {
        return 0;
    }
    if (!To || !From || Size < Count) {
        if (To) {
            memset(To, 0, Size);
        }
        return !To || !From ? EINVAL : ERANGE;
    }
    memcpy(To, From, Count);
    return 0;
}

errno_t memmove_s(void *To, size_t Size, const void *From, size_t Count) {
    if (!Count) {
        return 0;
    }
    if (!To || !From) {
        return EINVAL;
    }
    if (Size < Count) {
        return ERANGE;
    }
    memmove(To, From, Count);
    return 0;
}

/* Numbers and text: the secure forms, and text in other shapes. */
#include "../crt/crt.h"

/* Formats to room for any number first, so that the caller's room is only written when it is enough. */
#define NUMBER_S(name, type, character, convert, copy)                                                                                               \
    CRT_EXPORT(errno_t, name, (type value, character * to, size_t room, int base)) {                                                                 \
        character text[72];                                                                                                                          \
                                                                                                                                                     \
        if (!to || !room) {                                                                                                                          \
            return crt_invalid(EINVAL);                                                                                                              \
        }                                                                                                                                            \
        *to = 0;                                                                                                                                     \
        if (base < 2 || base > 36) {                                                                                                                 \
            return crt_invalid(EINVAL);                                                                                                              \
        }                                                                                                                                            \
        return copy(to, room, convert(value, text, base)) ? crt_invalid(ERANGE) : 0;                                                                 \
    }
NUMBER_S(crt_itoa_s, int, char, _itoa, strcpy_s)
NUMBER_S(crt_itow_s, int, wchar_t, _itow, wcscpy_s)
NUMBER_S(_ltoa_s, long, char, _ltoa, strcpy_s)
NUMBER_S(_ltow_s, long, wchar_t, _ltow, wcscpy_s)
NUMBER_S(_ultoa_s, unsigned long, char, _ultoa, strcpy_s)
NUMBER_S(_ultow_s, unsigned long, wchar_t, _ultow, wcscpy_s)
NUMBER_S(_i64toa_s, long long, char, _i64toa, strcpy_s)
NUMBER_S(_i64tow_s, long long, wchar_t, _i64tow, wcscpy_s)
NUMBER_S(_ui64toa_s, unsigned long long, char, _ui64toa, strcpy_s)
NUMBER_S(_ui64tow_s, unsigned long long, wchar_t, _ui64tow, wcscpy_s)

CRT_EXPORT(errno_t, _ecvt_s, (char *to, size_t room, double value, int count, int *point, int *sign)) {
    return to && point && sign && strcpy_s(to, room, _ecvt(value, count, point, sign)) == 0 ? 0 : crt_invalid(to && point && sign ? ERANGE : EINVAL);
}

CRT_EXPORT(errno_t, _fcvt_s, (char *to, size_t room, double value, int places, int *point, int *sign)) {
    return to && point && sign && strcpy_s(to, room, _fcvt(value, places, point, sign)) == 0 ? 0 : crt_invalid(to && point && sign ? ERANGE : EINVAL);
}

CRT_EXPORT(errno_t, _gcvt_s, (char *to, size_t room, double value, int count)) {
    char text[400];

    return to && strcpy_s(to, room, _gcvt(value, count > 300 ? 300 : count, text)) == 0 ? 0 : crt_invalid(to ? ERANGE : EINVAL);
}

/* ---- To binary ------------------------------------------------------------------------------------------------------------------------- */

typedef struct CRT_DOUBLE {
    double x;
} CRT_DOUBLE;
typedef struct CRT_FLOAT {
    float f;
} CRT_FLOAT;

/* _UNDERFLOW and _OVERFLOW of the documentation; 0 for a number that is one. */
CRT_EXPORT(int, crt_atodbl, (CRT_DOUBLE * to, char *text)) {
    const char *end;
    int range;

    to->x = crt_parse_number(text, &end, 53, &range);
    return !range ? 0 : to->x == 0 ? _UNDERFLOW : _OVERFLOW;
}

CRT_EXPORT(int, crt_atoflt, (CRT_FLOAT * to, const char *text)) {
    const char *end;
    int range;

    to->f = (float)crt_parse_number(text, &end, 24, &range);
    return !range ? 0 : to->f == 0 ? _UNDERFLOW : _OVERFLOW;
}

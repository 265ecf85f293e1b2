/* What the functions of C99's mathematics share: the x87 unit's type, their single precision twins, their errors. */
#pragma once
#include "../crt/crt.h"
#include "../crt/x87.h"

typedef long double real;

#define WITH_FLOAT1(function)                                                                                                                        \
    CRT_EXPORT(float, crt_##function##f, (float x)) { return (float)crt_##function(x); }
#define WITH_FLOAT2(function)                                                                                                                        \
    CRT_EXPORT(float, crt_##function##f, (float x, float y)) { return (float)crt_##function(x, y); }

static inline double domain_error(void) {
    errno = EDOM;
    return __builtin_nan("");
}

static inline double checked(double x, real result) {
    if (_finite(x) && !_finite((double)result)) {
        errno = ERANGE;
    }
    return (double)result;
}

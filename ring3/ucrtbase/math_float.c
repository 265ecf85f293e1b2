/* Mathematics in single precision: computed as double and rounded once more. */
#include "../crt/crt.h"

#define FLOAT1(function)                                                                                                                             \
    CRT_EXPORT(float, crt_##function##f, (float x)) { return (float)function(x); }
#define FLOAT2(function)                                                                                                                             \
    CRT_EXPORT(float, crt_##function##f, (float x, float y)) { return (float)function(x, y); }

FLOAT1(acos)
FLOAT1(asin)
FLOAT1(atan)
FLOAT2(atan2)
FLOAT1(ceil)
FLOAT1(cos)
FLOAT1(cosh)
FLOAT1(exp)
FLOAT1(floor)
FLOAT2(fmod)
FLOAT1(log)
FLOAT1(log10)
FLOAT2(pow)
FLOAT1(sin)
FLOAT1(sinh)
FLOAT1(tan)
FLOAT1(tanh)

CRT_EXPORT(float, crt_modff, (float x, float *whole)) {
    double part, rest = modf(x, &part);

    *whole = (float)part;
    return (float)rest;
}

CRT_EXPORT(float, crt_hypotf, (float x, float y)) { return (float)_hypot(x, y); }

CRT_EXPORT(float, crt_logbf, (float x)) { return (float)_logb(x); }

CRT_EXPORT(float, crt_scalbf, (float x, long exponent)) { return (float)ldexp(x, (int)exponent); }

CRT_EXPORT(float, crt_copysignf, (float x, float sign)) { return __builtin_copysignf(x, sign); }

CRT_EXPORT(float, crt_chgsignf, (float x)) { return -x; }

CRT_EXPORT(int, crt_finitef, (float x)) { return _finite(x); }

CRT_EXPORT(int, crt_isnanf, (float x)) { return _isnan(x); }

static unsigned bits_of(float x) {
    unsigned bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

/* A denormal of single precision is a normal double. */
CRT_EXPORT(int, crt_fpclassf, (float x)) {
    BOOL denormal = !(bits_of(x) & 0x7F800000) && bits_of(x) & 0x7FFFFF;

    return denormal ? bits_of(x) >> 31 ? _FPCLASS_ND : _FPCLASS_PD : _fpclass(x);
}

CRT_EXPORT(float, crt_nextafterf, (float x, float toward)) {
    unsigned bits = bits_of(x);

    if (x != x || toward != toward) {
        return x + toward;
    }
    if (x == toward) {
        return toward;
    }
    bits = x == 0 ? (bits_of(toward) & 0x80000000) | 1 : (x < toward) == (x > 0) ? bits + 1 : bits - 1;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* ---- Which kind of number, and its sign: what the macros of <math.h> call -------------------------------------------------------------- */

enum { KIND_ZERO = 0, KIND_INFINITE = 1, KIND_NAN = 2, KIND_NORMAL = -1, KIND_DENORMAL = -2 };

CRT_EXPORT(short, crt_dclass, (double x)) {
    switch (_fpclass(x)) {
    case _FPCLASS_QNAN:
    case _FPCLASS_SNAN: return KIND_NAN;
    case _FPCLASS_NINF:
    case _FPCLASS_PINF: return KIND_INFINITE;
    case _FPCLASS_NZ:
    case _FPCLASS_PZ: return KIND_ZERO;
    case _FPCLASS_ND:
    case _FPCLASS_PD: return KIND_DENORMAL;
    default: return KIND_NORMAL;
    }
}

CRT_EXPORT(short, crt_fdclass, (float x)) {
    int kind = crt_fpclassf(x);

    return kind == _FPCLASS_ND || kind == _FPCLASS_PD ? KIND_DENORMAL : crt_dclass(x);
}

CRT_EXPORT(short, crt_dtest, (const double *x)) { return crt_dclass(*x); }

CRT_EXPORT(short, crt_fdtest, (const float *x)) { return crt_fdclass(*x); }

CRT_EXPORT(int, crt_dsign, (double x)) { return __builtin_signbit(x) ? 0x8000 : 0; }

CRT_EXPORT(int, crt_fdsign, (float x)) { return __builtin_signbit(x) ? 0x8000 : 0; }

/* Bit 0: x < y, bit 1: equal, bit 2: x > y; none when one is not a number. */
CRT_EXPORT(int, crt_dpcomp, (double x, double y)) { return x < y ? 1 : x == y ? 2 : x > y ? 4 : 0; }

CRT_EXPORT(int, crt_fdpcomp, (float x, float y)) { return crt_dpcomp(x, y); }

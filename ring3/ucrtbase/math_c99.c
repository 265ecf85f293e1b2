/*
 * The mathematics that C99 added. What has no closed form is computed on the x87 unit, as in ring3/crt/math.c. Each function of doubles has its single
 * precision twin, which rounds the result once more; the long double of Visual C++ is double.
 */
#include "math_real.h"

/* ---- Rounding, in the direction that the control word says or away from zero ----------------------------------------------------------- */

/* Adding and taking away 2^52 leaves no room for a fraction. */
CRT_EXPORT(double, crt_rint, (double x)) {
    volatile double size = __builtin_fabs(x);

    if (!(size < 0x1p52)) {
        return x;
    }
    size = __builtin_signbit(x) ? -size : size; /* the direction may depend on the sign */
    size += __builtin_copysign(0x1p52, x);
    size -= __builtin_copysign(0x1p52, x);
    return __builtin_copysign(size, x);
}
WITH_FLOAT1(rint)

CRT_EXPORT(double, crt_trunc, (double x)) { return __builtin_copysign((double)x87_round(x, X87_ZERO), x); }
WITH_FLOAT1(trunc)

CRT_EXPORT(double, crt_round, (double x)) {
    double size = __builtin_fabs(x), whole = crt_trunc(size);

    return size < 0x1p52 ? __builtin_copysign(size - whole >= 0.5 ? whole + 1 : whole, x) : x;
}
WITH_FLOAT1(round)

/* Outside of the type's range the result is the documented 80000000... and the error EDOM. */
#define TO_INTEGER(name, type, round, least, beyond)                                                                                                 \
    CRT_EXPORT(type, name, (double x)) {                                                                                                             \
        double whole = round(x);                                                                                                                     \
                                                                                                                                                     \
        if (!(whole >= least && whole < beyond)) {                                                                                                   \
            errno = EDOM;                                                                                                                            \
            return (type)least;                                                                                                                      \
        }                                                                                                                                            \
        return (type)whole;                                                                                                                          \
    }                                                                                                                                                \
    CRT_EXPORT(type, name##f, (float x)) { return name(x); }
TO_INTEGER(crt_lrint, long, crt_rint, -0x1p31, 0x1p31)
TO_INTEGER(crt_lround, long, crt_round, -0x1p31, 0x1p31)
TO_INTEGER(crt_llrint, long long, crt_rint, -0x1p63, 0x1p63)
TO_INTEGER(crt_llround, long long, crt_round, -0x1p63, 0x1p63)

/* ---- Exponents ---------------------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(double, crt_exp2, (double x)) {
    unsigned short old;
    real result;

    if (x != x || __builtin_isinf(x)) {
        return x == -HUGE_VAL ? 0 : x;
    }
    old = x87_begin(0);
    result = x87_exp2(x > 20000 ? 20000 : x < -20000 ? -20000 : x);
    x87_end(old);
    if ((double)result == 0) {
        errno = ERANGE;
    }
    return checked(x, result);
}
WITH_FLOAT1(exp2)

CRT_EXPORT(double, crt_expm1, (double x)) {
    if (__builtin_fabs(x) < 0.3) { /* the series: e^x - 1 would lose digits */
        real term = x, sum = x;

        for (int i = 2; i < 24; i++) {
            term *= (real)x / i;
            sum += term;
        }
        return (double)sum;
    }
    return x < -100 ? -1 : x != x ? x : checked(x, x > 800 ? (real)HUGE_VAL : x87_exp(x) - 1);
}
WITH_FLOAT1(expm1)

static real log1p_real(real x) {
    unsigned short old;
    real unit;

    if (x > -0.29L && x < 0.29L) { /* where the unit has an instruction of its own for it */
        old = x87_begin(0);
        __asm__ volatile("fldln2" : "=t"(unit));
        __asm__ volatile("fyl2xp1" : "+t"(x) : "u"(unit) : "st(1)");
        x87_end(old);
        return x;
    }
    return x87_log(1 + x, X87_LN2);
}

CRT_EXPORT(double, crt_log1p, (double x)) {
    if (x != x || x == HUGE_VAL) {
        return x;
    }
    if (x < -1) {
        return domain_error();
    }
    if (x == -1) {
        errno = ERANGE;
        return -HUGE_VAL;
    }
    return x == 0 ? x : (double)log1p_real(x);
}
WITH_FLOAT1(log1p)

CRT_EXPORT(double, crt_log2, (double x)) {
    real result = x, one = 1;
    unsigned short old;

    if (x != x || x == HUGE_VAL) {
        return x;
    }
    if (x < 0) {
        return domain_error();
    }
    if (x == 0) {
        errno = ERANGE;
        return -HUGE_VAL;
    }
    old = x87_begin(0);
    __asm__ volatile("fyl2x" : "+t"(result) : "u"(one) : "st(1)");
    x87_end(old);
    return (double)result;
}
WITH_FLOAT1(log2)

CRT_EXPORT(int, crt_ilogb, (double x)) {
    int exponent;

    if (x == 0 || x != x || __builtin_isinf(x)) {
        errno = EDOM;
        return x == 0 ? INT_MIN : INT_MAX;
    }
    frexp(x, &exponent);
    return exponent - 1;
}

CRT_EXPORT(int, crt_ilogbf, (float x)) { return crt_ilogb(x); }

CRT_EXPORT(double, crt_scalbn, (double x, int exponent)) { return ldexp(x, exponent); }

CRT_EXPORT(float, crt_scalbnf, (float x, int exponent)) { return (float)ldexp(x, exponent); }

CRT_EXPORT(double, crt_cbrt, (double x)) {
    real size = __builtin_fabs(x), root;

    if (x == 0 || x != x || __builtin_isinf(x)) {
        return x;
    }
    root = x87_pow((double)size, 1.0 / 3);
    root -= (root - size / (root * root)) / 3; /* 1.0 / 3 is not a third */
    return __builtin_copysign((double)root, x);
}
WITH_FLOAT1(cbrt)

/* ---- Hyperbolic ---------------------------------------------------------------------------------------------------------------------------- */

CRT_EXPORT(double, crt_asinh, (double x)) {
    real size = __builtin_fabs(x), square = size * size;

    if (x == 0 || x != x || __builtin_isinf(x)) {
        return x;
    }
    return __builtin_copysign((double)log1p_real(size + square / (1 + x87_sqrt(square + 1))), x);
}
WITH_FLOAT1(asinh)

CRT_EXPORT(double, crt_acosh, (double x)) {
    real less = (real)x - 1;

    if (x < 1) {
        return domain_error();
    }
    return x != x || x == HUGE_VAL ? x : (double)log1p_real(less + x87_sqrt(less * (less + 2)));
}
WITH_FLOAT1(acosh)

CRT_EXPORT(double, crt_atanh, (double x)) {
    real size = __builtin_fabs(x);

    if (x != x || x == 0) {
        return x;
    }
    if (size > 1) {
        return domain_error();
    }
    if (size == 1) {
        errno = ERANGE;
        return __builtin_copysign(HUGE_VAL, x);
    }
    return __builtin_copysign((double)(log1p_real(2 * size / (1 - size)) / 2), x);
}
WITH_FLOAT1(atanh)

/* ---- Remainders, and the rest of <math.h> ---------------------------------------------------------------------------------------------------- */

/* x - n y, n the whole number nearest to x / y; its low bits, with the sign of x / y, are *quotient. */
CRT_EXPORT(double, crt_remquo, (double x, double y, int *quotient)) {
    real rest, size_y = __builtin_fabs(y);
    unsigned bits = 0;

    *quotient = 0;
    if (x != x || y != y) {
        return x + y;
    }
    if (__builtin_isinf(x) || y == 0) {
        return domain_error();
    }
    if (__builtin_isinf(y)) {
        return x;
    }
    rest = x87_remainder(__builtin_fabs(x), size_y * 8);
    for (unsigned bit = 4; bit; bit >>= 1) {
        if (rest >= size_y * bit) {
            rest -= size_y * bit;
            bits |= bit;
        }
    }
    if (rest * 2 > size_y || (rest * 2 == size_y && bits & 1)) {
        rest -= size_y;
        bits++;
    }
    *quotient = __builtin_signbit(x) != __builtin_signbit(y) ? -(int)(bits & 7) : (int)(bits & 7);
    return rest == 0 ? __builtin_copysign(0.0, x) : (double)(__builtin_signbit(x) ? -rest : rest);
}

CRT_EXPORT(float, crt_remquof, (float x, float y, int *quotient)) { return (float)crt_remquo(x, y, quotient); }

CRT_EXPORT(double, crt_remainder, (double x, double y)) {
    int quotient;

    return crt_remquo(x, y, &quotient);
}
WITH_FLOAT2(remainder)

CRT_EXPORT(double, crt_fdim, (double x, double y)) { return x != x || y != y ? x + y : x > y ? x - y : 0; }
WITH_FLOAT2(fdim)

CRT_EXPORT(double, crt_fmax, (double x, double y)) { return x != x ? y : y != y || x > y || (x == y && !__builtin_signbit(x)) ? x : y; }
WITH_FLOAT2(fmax)

CRT_EXPORT(double, crt_fmin, (double x, double y)) { return x != x ? y : y != y || x < y || (x == y && __builtin_signbit(x)) ? x : y; }
WITH_FLOAT2(fmin)

CRT_EXPORT(double, crt_nan, (const char *text)) { return __builtin_nan(""); }

CRT_EXPORT(float, crt_nanf, (const char *text)) { return __builtin_nanf(""); }

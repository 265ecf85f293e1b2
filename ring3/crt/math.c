/*
 * Mathematics on the x87 unit, whose 64-bit mantissa leaves the last bit of a double to its own rounding. The unit is set to that
 * precision for each function: Windows runs programs with 53 bits.
 */
#include "crt.h"
#include "x87.h"

typedef long double real;

static BOOL is_nan(double x) { return x != x; }

static BOOL is_infinite(double x) { return x == HUGE_VAL || x == -HUGE_VAL; }

static double domain_error(void) {
    errno = EDOM;
    return __builtin_nan("");
}

static double range_error(double value) {
    errno = ERANGE;
    return value;
}

double __cdecl sqrt(double x) {
    if (x < 0) {
        return domain_error();
    }
    __asm__("sqrtsd %0, %0" : "+x"(x));
    return x;
}

float __cdecl sqrtf(float x) { return (float)sqrt(x); }

double __cdecl fabs(double x) { return __builtin_fabs(x); }

double __cdecl floor(double x) { return (double)x87_round(x, X87_DOWN); }

double __cdecl ceil(double x) { return (double)x87_round(x, X87_UP); }

double __cdecl modf(double x, double *whole) {
    *whole = (double)x87_round(x, X87_ZERO);
    return is_infinite(x) ? __builtin_copysign(0.0, x) : __builtin_copysign(x - *whole, x);
}

double __cdecl fmod(double x, double y) {
    if (is_nan(x) || is_nan(y)) {
        return x + y;
    }
    if (is_infinite(x) || y == 0) {
        return domain_error();
    }
    return is_infinite(y) ? x : (double)x87_remainder(x, y);
}

double __cdecl frexp(double x, int *exponent) {
    union {
        double value;
        unsigned long long bits;
    } u = {x};
    int biased = (int)(u.bits >> 52 & 0x7FF);

    *exponent = 0;
    if (x == 0 || biased == 0x7FF) {
        return x;
    }
    if (biased == 0) {
        u.value = x * 0x1p64;
        biased = (int)(u.bits >> 52 & 0x7FF) - 64;
    }
    *exponent = biased - 1022;
    u.bits = (u.bits & ~(0x7FFull << 52)) | 1022ull << 52;
    return u.value;
}

double __cdecl ldexp(double x, int exponent) {
    double result;

    if (x == 0 || is_nan(x) || is_infinite(x)) {
        return x;
    }
    exponent = exponent > 10000 ? 10000 : exponent < -10000 ? -10000 : exponent;
    result = (double)x87_scale(x, exponent);
    return is_infinite(result) || result == 0 ? range_error(result) : result;
}

double __cdecl _scalb(double x, long exponent) { return ldexp(x, (int)exponent); }

double __cdecl _logb(double x) {
    int exponent;

    frexp(x, &exponent);
    return x == 0 ? range_error(-HUGE_VAL) : exponent - 1;
}

/* ---- Exponentials and logarithms --------------------------------------------------------------------------------------------- */

double __cdecl log(double x) {
    if (x < 0) {
        return domain_error();
    }
    return x == 0 ? range_error(-HUGE_VAL) : (double)x87_log(x, X87_LN2);
}

double __cdecl log10(double x) {
    if (x < 0) {
        return domain_error();
    }
    return x == 0 ? range_error(-HUGE_VAL) : (double)x87_log(x, X87_LG2);
}

double __cdecl exp(double x) {
    double result;

    if (is_nan(x) || x == HUGE_VAL) {
        return x;
    }
    if (x < -800) {
        return is_infinite(x) ? 0 : range_error(0);
    }
    if (x > 800) {
        return range_error(HUGE_VAL);
    }
    result = (double)x87_exp(x);
    return is_infinite(result) || result == 0 ? range_error(result) : result;
}

static BOOL is_integer(double x) { return floor(x) == x; }

static BOOL is_odd(double x) { return is_integer(x) && !is_integer(x / 2); }

double __cdecl pow(double x, double y) {
    double result;

    if (y == 0 || x == 1) {
        return 1;
    }
    if (is_nan(x) || is_nan(y)) {
        return x + y;
    }
    if (is_infinite(y)) {
        double size = fabs(x);

        return size == 1 ? 1 : (size > 1) == (y > 0) ? HUGE_VAL : 0;
    }
    if (x == 0 || is_infinite(x)) {
        BOOL grows = (x == 0) == (y < 0);
        double size = grows ? HUGE_VAL : 0;

        if (x == 0 && y < 0) {
            errno = ERANGE;
        }
        return is_odd(y) ? __builtin_copysign(size, x) : size;
    }
    if (x < 0 && !is_integer(y)) {
        return domain_error();
    }
    result = (double)x87_pow(fabs(x), y);
    if (is_infinite(result) || result == 0) {
        errno = ERANGE;
    }
    return x < 0 && is_odd(y) ? -result : result;
}

/* ---- Angles ----------------------------------------------------------------------------------------------------------------------- */

double __cdecl sin(double x) {
    if (is_nan(x)) {
        return x;
    }
    return is_infinite(x) ? domain_error() : (double)x87_sin(x);
}

double __cdecl cos(double x) {
    if (is_nan(x)) {
        return x;
    }
    return is_infinite(x) ? domain_error() : (double)x87_cos(x);
}

double __cdecl tan(double x) {
    if (is_nan(x)) {
        return x;
    }
    return is_infinite(x) ? domain_error() : (double)x87_tan(x);
}

double __cdecl atan(double x) { return (double)x87_atan2(x, 1); }

double __cdecl atan2(double y, double x) { return (double)x87_atan2(y, x); }

double __cdecl asin(double x) {
    if (x < -1 || x > 1) {
        return domain_error();
    }
    return (double)x87_atan2(x, x87_sqrt((1 - (real)x) * (1 + (real)x)));
}

double __cdecl acos(double x) {
    if (x < -1 || x > 1) {
        return domain_error();
    }
    return (double)x87_atan2(x87_sqrt((1 - (real)x) * (1 + (real)x)), x);
}

double __cdecl sinh(double x) {
    real e;

    if (fabs(x) > 800) {
        return is_infinite(x) ? x : range_error(x > 0 ? HUGE_VAL : -HUGE_VAL);
    }
    if (fabs(x) < 0.3) { /* the difference of the exponentials would lose digits */
        real square = (real)x * x, term = x, sum = x;

        for (int i = 2; i < 22; i += 2) {
            term *= square / (i * (i + 1));
            sum += term;
        }
        return (double)sum;
    }
    e = x87_exp(x);
    return (double)((e - 1 / e) / 2);
}

double __cdecl cosh(double x) {
    real e;

    if (fabs(x) > 800) {
        return is_infinite(x) ? HUGE_VAL : range_error(HUGE_VAL);
    }
    e = x87_exp(x);
    return (double)((e + 1 / e) / 2);
}

double __cdecl tanh(double x) {
    real e;

    if (is_nan(x)) {
        return x;
    }
    if (fabs(x) > 30) {
        return x > 0 ? 1 : -1;
    }
    if (fabs(x) < 0.3) {
        return sinh(x) / cosh(x);
    }
    e = x87_exp(2 * (real)x);
    return (double)((e - 1) / (e + 1));
}

double __cdecl _hypot(double x, double y) {
    double result = (double)x87_sqrt((real)x * x + (real)y * y);

    return is_infinite(result) && !is_infinite(x) && !is_infinite(y) ? range_error(result) : result;
}

double __cdecl _cabs(struct _complex z) { return _hypot(z.x, z.y); }

/* ---- Kinds of numbers -------------------------------------------------------------------------------------------------------------- */

double __cdecl _copysign(double x, double sign) { return __builtin_copysign(x, sign); }

double __cdecl _chgsign(double x) { return -x; }

int __cdecl _isnan(double x) { return is_nan(x); }

int __cdecl _finite(double x) { return !is_nan(x) && !is_infinite(x); }

int __cdecl _fpclass(double x) {
    BOOL negative = __builtin_signbit(x) != 0;
    double size = fabs(x);

    if (is_nan(x)) {
        return _FPCLASS_QNAN;
    }
    if (is_infinite(x)) {
        return negative ? _FPCLASS_NINF : _FPCLASS_PINF;
    }
    if (x == 0) {
        return negative ? _FPCLASS_NZ : _FPCLASS_PZ;
    }
    if (size < DBL_MIN) {
        return negative ? _FPCLASS_ND : _FPCLASS_PD;
    }
    return negative ? _FPCLASS_NN : _FPCLASS_PN;
}

double __cdecl _nextafter(double x, double toward) {
    union {
        double value;
        unsigned long long bits;
    } u = {x};

    if (is_nan(x) || is_nan(toward)) {
        return x + toward;
    }
    if (x == toward) {
        return toward;
    }
    if (x == 0) {
        u.bits = 1;
        return __builtin_copysign(u.value, toward);
    }
    u.bits += (x < toward) == (x > 0) ? 1ull : ~0ull;
    return u.value;
}

/* ---- The control words --------------------------------------------------------------------------------------------------------------- */

/* Only the SSE unit computes for compiled programs; its control word is shown in the documented abstract form. */
static unsigned abstract_control(unsigned mxcsr) {
    static const unsigned rounding[4] = {_RC_NEAR, _RC_DOWN, _RC_UP, _RC_CHOP};
    unsigned control = rounding[mxcsr >> 13 & 3];

    control |= mxcsr & 0x0080 ? _EM_INVALID : 0;
    control |= mxcsr & 0x0100 ? _EM_DENORMAL : 0;
    control |= mxcsr & 0x0200 ? _EM_ZERODIVIDE : 0;
    control |= mxcsr & 0x0400 ? _EM_OVERFLOW : 0;
    control |= mxcsr & 0x0800 ? _EM_UNDERFLOW : 0;
    control |= mxcsr & 0x1000 ? _EM_INEXACT : 0;
    return control;
}

unsigned __cdecl _controlfp(unsigned value, unsigned mask) {
    unsigned mxcsr = __builtin_ia32_stmxcsr();
    unsigned control = (abstract_control(mxcsr) & ~mask) | (value & mask);

    mxcsr &= ~0x7F80u;
    mxcsr |= control & _EM_INVALID ? 0x0080 : 0;
    mxcsr |= control & _EM_DENORMAL ? 0x0100 : 0;
    mxcsr |= control & _EM_ZERODIVIDE ? 0x0200 : 0;
    mxcsr |= control & _EM_OVERFLOW ? 0x0400 : 0;
    mxcsr |= control & _EM_UNDERFLOW ? 0x0800 : 0;
    mxcsr |= control & _EM_INEXACT ? 0x1000 : 0;
    mxcsr |= (control >> 8 & 3) << 13; /* both number the directions alike */
    __builtin_ia32_ldmxcsr(mxcsr);
    return abstract_control(mxcsr);
}

unsigned __cdecl _control87(unsigned value, unsigned mask) { return _controlfp(value, mask); }

unsigned __cdecl _statusfp(void) {
    unsigned mxcsr = __builtin_ia32_stmxcsr(), status = 0;

    status |= mxcsr & 0x01 ? _EM_INVALID : 0;
    status |= mxcsr & 0x02 ? _EM_DENORMAL : 0;
    status |= mxcsr & 0x04 ? _EM_ZERODIVIDE : 0;
    status |= mxcsr & 0x08 ? _EM_OVERFLOW : 0;
    status |= mxcsr & 0x10 ? _EM_UNDERFLOW : 0;
    status |= mxcsr & 0x20 ? _EM_INEXACT : 0;
    return status;
}

unsigned __cdecl _clearfp(void) {
    unsigned status = _statusfp();

    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~0x3Fu);
    return status;
}

void __cdecl _fpreset(void) {
    unsigned short control = 0x27F;

    __asm__ volatile("fninit\n\tfldcw %0" : : "m"(control));
    __builtin_ia32_ldmxcsr(0x1F80);
}

int *__cdecl __fpecode(void) { return &crt_thread()->floating_error; }

/* A handler for errors of mathematics is remembered and never called: errno is how they are told. */
void crt_setusermatherr(int(__cdecl *handler)(struct _exception *)) {}

/* The x87 unit's functions at its full precision. All of them keep the caller's control word. */
#pragma once

enum { X87_DOWN = 0x0400, X87_UP = 0x0800, X87_ZERO = 0x0C00 };
enum { X87_LN2, X87_LG2 };

static inline unsigned short x87_begin(unsigned short rounding) {
    unsigned short old, full = 0x037F | rounding;

    __asm__ volatile("fnstcw %0\n\tfldcw %1" : "=m"(old) : "m"(full));
    return old;
}

static inline void x87_end(unsigned short old) { __asm__ volatile("fldcw %0" : : "m"(old)); }

static inline long double x87_round(long double x, unsigned short rounding) {
    unsigned short old = x87_begin(rounding);

    __asm__ volatile("frndint" : "+t"(x));
    x87_end(old);
    return x;
}

static inline long double x87_sqrt(long double x) {
    unsigned short old = x87_begin(0);

    __asm__ volatile("fsqrt" : "+t"(x));
    x87_end(old);
    return x;
}

static inline long double x87_scale(long double x, int exponent) {
    long double e = exponent;

    __asm__ volatile("fscale" : "+t"(x) : "u"(e));
    return x;
}

/* Exact: repeated until the unit says that the reduction is complete. */
static inline long double x87_remainder(long double x, long double y) {
    unsigned short status;

    do {
        __asm__ volatile("fprem\n\tfnstsw %1" : "+t"(x), "=a"(status) : "u"(y));
    } while (status & 0x400);
    return x;
}

static inline long double x87_log(long double x, int kind) {
    unsigned short old = x87_begin(0);
    long double unit;

    if (kind == X87_LN2) {
        __asm__ volatile("fldln2" : "=t"(unit));
    } else {
        __asm__ volatile("fldlg2" : "=t"(unit));
    }
    __asm__ volatile("fyl2x" : "+t"(x) : "u"(unit) : "st(1)");
    x87_end(old);
    return x;
}

/* 2^x for any x: the whole part scales, the rest is at most a half. */
static inline long double x87_exp2(long double x) {
    long double whole = x, rest, one = 1;

    __asm__ volatile("frndint" : "+t"(whole));
    rest = x - whole;
    __asm__ volatile("f2xm1" : "+t"(rest));
    rest += one;
    __asm__ volatile("fscale" : "+t"(rest) : "u"(whole));
    return rest;
}

/* e^x: x is reduced by whole multiples of ln 2 in two parts, so that no digit is lost for large x. */
static inline long double x87_exp(long double x) {
    const long double high = 0x1.62e42fefa2p-1L, low = 0x1.9ef35793c7673006p-41L, log2e = 0x1.71547652b82fe178p0L;
    unsigned short old = x87_begin(0);
    long double whole = x * log2e, rest, result;

    __asm__ volatile("frndint" : "+t"(whole));
    rest = (x - whole * high - whole * low) * log2e;
    __asm__ volatile("f2xm1" : "+t"(rest));
    result = rest + 1;
    __asm__ volatile("fscale" : "+t"(result) : "u"(whole));
    x87_end(old);
    return result;
}

/* x^y for x > 0. A whole y of moderate size is multiplied out; else 2^(y log2 x), with x's exponent taken out first. */
static inline long double x87_pow(double x, double y) {
    unsigned short old = x87_begin(0);
    long double result, base, exponent, fraction, one = 1, head;

    if (y >= -64 && y <= 64 && (double)(int)y == y) {
        unsigned n = y < 0 ? (unsigned)-(int)y : (unsigned)(int)y;

        result = 1;
        for (base = x; n; n >>= 1) {
            if (n & 1) {
                result *= base;
            }
            base *= base;
        }
        if (y < 0) {
            result = one / result;
        }
        x87_end(old);
        return result;
    }
    fraction = x;
    __asm__ volatile("fxtract" : "+t"(fraction), "=u"(exponent));
    /* fxtract leaves the significand on top and the exponent below it. */
    if (fraction > 1.4142135623730951L) {
        fraction /= 2;
        exponent += 1;
    }
    __asm__ volatile("fyl2x" : "+t"(fraction) : "u"(one) : "st(1)");
    /* y * (exponent + fraction), the whole part of y * exponent set aside. */
    base = exponent * y;
    head = base;
    __asm__ volatile("frndint" : "+t"(head));
    result = x87_exp2((base - head) + fraction * y);
    if (head > 20000) {
        head = 20000;
    } else if (head < -20000) {
        head = -20000;
    }
    __asm__ volatile("fscale" : "+t"(result) : "u"(head));
    x87_end(old);
    return result;
}

/*
 * The angle less whole quarter turns, at most an eighth of a turn in size, and how many of them modulo 4. A quarter turn in three parts keeps the
 * digits that the unit's own reduction loses; beyond 2^31 quarter turns that reduction has to do.
 */
static inline long double x87_angle(long double x, unsigned *quarters) {
    const long double a = 0x1.921fb544p0L, b = 0x1.0b4611a6p-34L, c = 0x1.3198a2e03707344ap-69L;
    long double turns = x / a;

    if (x > 0x1p31L || x < -0x1p31L) {
        x = x87_remainder(x, 4 * (a + b + c));
        turns = x / a;
    }
    __asm__ volatile("frndint" : "+t"(turns));
    *quarters = (unsigned)(long long)turns & 3;
    return x - turns * a - turns * b - turns * c;
}

static inline long double x87_sine(long double x, unsigned quarters) {
    if (quarters & 1) {
        __asm__ volatile("fcos" : "+t"(x));
    } else {
        __asm__ volatile("fsin" : "+t"(x));
    }
    return quarters & 2 ? -x : x;
}

static inline long double x87_sin(long double x) {
    unsigned short old = x87_begin(0);
    unsigned quarters;

    x = x87_angle(x, &quarters);
    x = x87_sine(x, quarters);
    x87_end(old);
    return x;
}

static inline long double x87_cos(long double x) {
    unsigned short old = x87_begin(0);
    unsigned quarters;

    x = x87_angle(x, &quarters);
    x = x87_sine(x, quarters + 1);
    x87_end(old);
    return x;
}

static inline long double x87_tan(long double x) {
    unsigned short old = x87_begin(0);
    unsigned quarters;

    x = x87_angle(x, &quarters);
    x = x87_sine(x, quarters) / x87_sine(x, quarters + 1);
    x87_end(old);
    return x;
}

static inline long double x87_atan2(long double y, long double x) {
    unsigned short old = x87_begin(0);

    __asm__ volatile("fpatan" : "+t"(x) : "u"(y) : "st(1)");
    x87_end(old);
    return x;
}

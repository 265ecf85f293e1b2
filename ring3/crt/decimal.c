/*
 * Decimal text to binary floating point, correctly rounded: the digits are taken as an exact fraction of two big integers, of whose
 * quotient 64 bits and "there is more" decide. Pure.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "decimal.h"

#define MOST_DIGITS 800 /* the middle between two doubles has at most 768; further digits only say "there is more" */
#define LIMBS       128 /* 32 bits each: 10^(800 + 325) and a shift by a few bits fit */

typedef struct BIG {
    int count; /* limbs in use; the highest is not 0 */
    uint32_t limb[LIMBS];
} BIG;

static void big_multiply_add(BIG *big, uint32_t factor, uint32_t addend) {
    uint64_t carry = addend;

    for (int i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        big->limb[big->count++] = (uint32_t)carry;
    }
}

static void big_multiply_power_of_ten(BIG *big, int exponent) {
    for (; exponent >= 9; exponent -= 9) {
        big_multiply_add(big, 1000000000u, 0);
    }
    for (; exponent > 0; exponent--) {
        big_multiply_add(big, 10, 0);
    }
}

static int big_bits(const BIG *big) { return big->count ? big->count * 32 - __builtin_clz(big->limb[big->count - 1]) : 0; }

static void big_shift_left(BIG *big, int bits) {
    int limbs = bits / 32;

    bits %= 32;
    if (!big->count) {
        return;
    }
    for (int i = big->count - 1; i >= 0; i--) {
        big->limb[i + limbs] = big->limb[i];
    }
    memset(big->limb, 0, (size_t)limbs * sizeof(big->limb[0]));
    big->count += limbs;
    if (bits) {
        big_multiply_add(big, 1u << bits, 0);
    }
}

static int big_compare(const BIG *a, const BIG *b) {
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (int i = a->count - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

static void big_subtract(BIG *a, const BIG *b) {
    int64_t borrow = 0;

    for (int i = 0; i < a->count; i++) {
        borrow += (int64_t)a->limb[i] - (i < b->count ? b->limb[i] : 0);
        a->limb[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (a->count && !a->limb[a->count - 1]) {
        a->count--;
    }
}

/* mantissa * 2^exponent, the mantissa having its bit 63 set and `more` saying that it was cut, in the format asked for. */
static double assemble(uint64_t mantissa, int exponent, int more, int precision, int *range) {
    int least = precision == 53 ? -1074 : -149; /* exponent of the last bit of a denormal */
    int most = precision == 53 ? 1024 : 128;
    int drop = 64 - precision;
    uint64_t kept, half;
    union {
        uint64_t bits;
        double value;
    } result;

    if (exponent + drop < least) {
        drop = least - exponent;
    }
    if (drop > 64) {
        *range = 1;
        return 0;
    }
    half = 1ull << (drop - 1);
    kept = drop == 64 ? 0 : mantissa >> drop;
    if ((mantissa & half) && ((mantissa & (half - 1)) || more || (kept & 1))) {
        kept++;
    }
    exponent += drop;
    if (!kept) {
        *range = 1;
        return 0;
    }
    if (kept >> precision) {
        kept >>= 1;
        exponent++;
    }
    if (64 - __builtin_clzll(kept) + exponent > most) {
        *range = 1;
        return HUGE_VAL;
    }
    /* As a double: every float is one. */
    if (precision == 24) {
        int shift = __builtin_clzll(kept) - 11;

        kept <<= shift;
        exponent -= shift;
    }
    if (kept >> 52) {
        result.bits = (kept & ((1ull << 52) - 1)) | (uint64_t)(exponent + 1075) << 52;
    } else {
        result.bits = kept; /* a denormal: its exponent is the least */
    }
    return result.value;
}

double crt_from_decimal(const unsigned char *digits, int count, int exponent, int precision, int *range) {
    BIG top = {0}, bottom = {1, {1}};
    uint64_t quotient = 0;
    int more = 0, scale;

    while (count && !digits[0]) {
        digits++;
        count--;
    }
    if (!count) {
        return 0;
    }
    if (count > MOST_DIGITS) {
        for (int i = MOST_DIGITS; i < count; i++) {
            more |= digits[i];
        }
        exponent += count - MOST_DIGITS;
        count = MOST_DIGITS;
    }
    if (count + exponent > 310) {
        *range = 1;
        return HUGE_VAL;
    }
    if (count + exponent < -325) {
        *range = 1;
        return 0;
    }
    for (int i = 0; i < count; i++) {
        big_multiply_add(&top, 10, digits[i]);
    }
    if (more) { /* a digit beyond the last that can matter: anything that is not exactly a half */
        big_multiply_add(&top, 10, 1);
        exponent--;
    }
    big_multiply_power_of_ten(exponent > 0 ? &top : &bottom, exponent > 0 ? exponent : -exponent);

    /* top / bottom = ratio * 2^scale with 1 <= ratio < 2: then 64 bits of the ratio, one at a time. */
    scale = big_bits(&top) - big_bits(&bottom);
    big_shift_left(scale < 0 ? &top : &bottom, scale < 0 ? -scale : scale);
    if (big_compare(&top, &bottom) < 0) {
        big_shift_left(&top, 1);
        scale--;
    }
    for (int i = 0; i < 64; i++) {
        quotient <<= 1;
        if (big_compare(&top, &bottom) >= 0) {
            big_subtract(&top, &bottom);
            quotient |= 1;
        }
        big_shift_left(&top, 1);
    }
    return assemble(quotient, scale - 63, top.count != 0, precision, range);
}

double crt_parse_double(const char *text, const char **end, int precision, int *range) {
    unsigned char digits[MOST_DIGITS + 2];
    const char *p = text;
    int count = 0, exponent = 0, any = 0, point = 0, negative = 0;
    double value;

    *end = text;
    *range = 0;
    if (*p == '+' || *p == '-') {
        negative = *p++ == '-';
    }
    for (;; p++) {
        if (*p == '.' && !point) {
            point = 1;
            continue;
        }
        if (*p < '0' || *p > '9') {
            break;
        }
        any = 1;
        exponent -= point;
        if (count < MOST_DIGITS + 1) {
            if (count || *p != '0') {
                digits[count++] = (unsigned char)(*p - '0');
            }
        } else {
            /* Beyond all that can matter: remembered as one last digit that is not 0. */
            exponent++;
            if (*p != '0') {
                digits[MOST_DIGITS] |= 1;
            }
        }
    }
    if (!any) {
        return 0;
    }
    *end = p;
    if (*p == 'e' || *p == 'E' || *p == 'd' || *p == 'D') {
        int sign = p[1] == '-' ? -1 : 1, written = 0;

        p += p[1] == '+' || p[1] == '-' ? 2 : 1;
        if (*p >= '0' && *p <= '9') {
            for (; *p >= '0' && *p <= '9'; p++) {
                written = written < 100000000 ? written * 10 + (*p - '0') : written;
            }
            exponent += sign * written;
            *end = p;
        }
    }
    value = crt_from_decimal(digits, count, exponent, precision, range);
    return negative ? -value : value;
}

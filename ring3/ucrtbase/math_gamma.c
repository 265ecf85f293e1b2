/* The error function and the gamma function, computed on the x87 unit; each with its single precision twin. */
#include "math_real.h"

#define SQRT_PI 1.7724538509055160272981674833411451828L

/* The series of the error function: good up to about 3. */
static real erf_series(real x) {
    real square = x * x, term = x, sum = x;

    for (int n = 1; n < 200 && term != 0; n++) {
        term *= -square / n;
        sum += term / (2 * n + 1);
        if (__builtin_fabsl(term) < 1e-25L) {
            break;
        }
    }
    return 2 * sum / SQRT_PI;
}

/* Its complement's continued fraction, for x >= 2. */
static real erfc_fraction(real x) {
    real value = 0;

    for (int n = 120; n > 0; n--) {
        value = n / 2.0L / (x + value);
    }
    return x87_exp(-x * x) / SQRT_PI / (x + value);
}

CRT_EXPORT(double, crt_erf, (double x)) {
    real size = __builtin_fabs(x);

    return x != x ? x : __builtin_copysign((double)(size < 2.5L ? erf_series(size) : size > 7 ? 1 : 1 - erfc_fraction(size)), x);
}
WITH_FLOAT1(erf)

CRT_EXPORT(double, crt_erfc, (double x)) {
    if (x != x) {
        return x;
    }
    if (x > 28) {
        if (x != HUGE_VAL) {
            errno = ERANGE;
        }
        return 0;
    }
    return x < 1 ? 1 - (double)(x < -7 ? -1 : erf_series(x)) : x < 2 ? (double)(1 - erf_series(x)) : (double)erfc_fraction(x);
}
WITH_FLOAT1(erfc)

/* ln of the gamma function for x >= 15 by Stirling's series; smaller ones are shifted up. */
static real log_gamma(real x) {
    static const real coefficients[] = {1 / 12.0L,   -1 / 360.0L,      1 / 1260.0L, -1 / 1680.0L,
                                        1 / 1188.0L, -691 / 360360.0L, 1 / 156.0L,  -3617 / 122400.0L};
    real shift = 1, sum = 0, square;

    for (; x < 15; x += 1) {
        shift *= x;
    }
    square = 1 / (x * x);
    for (int i = CRT_LENGTH(coefficients) - 1; i >= 0; i--) {
        sum = sum * square + coefficients[i];
    }
    return (x - 0.5L) * x87_log(x, X87_LN2) - x + 0.91893853320467274178032973640561763986L + sum / x - x87_log(shift, X87_LN2);
}

#define PI 3.14159265358979323846264338327950288420L

CRT_EXPORT(double, crt_tgamma, (double x)) {
    if (x != x || x == HUGE_VAL) {
        return x;
    }
    if (x == 0) {
        errno = ERANGE;
        return __builtin_copysign(HUGE_VAL, x);
    }
    if (x < 0 && floor(x) == x) {
        return domain_error();
    }
    if (x > 0 && x <= 23 && floor(x) == x) { /* factorials are exact */
        double product = 1;

        for (double n = 2; n < x; n++) {
            product *= n;
        }
        return product;
    }
    if (x < 0.5) {
        real sine = x87_sin((real)(x - 2 * floor(x / 2)) * PI);

        return x < -190 ? 0 : (double)(PI / (sine * x87_exp(log_gamma(1 - (real)x))));
    }
    return checked(x, x > 172 ? (real)HUGE_VAL : x87_exp(log_gamma(x)));
}
WITH_FLOAT1(tgamma)

CRT_EXPORT(double, crt_lgamma, (double x)) {
    if (x != x || __builtin_isinf(x)) {
        return x != x ? x : HUGE_VAL;
    }
    if (x <= 0 && floor(x) == x) {
        errno = ERANGE;
        return HUGE_VAL;
    }
    if (x == 1 || x == 2) {
        return 0;
    }
    if (x < 0.5) {
        real sine = x87_sin((real)(x - 2 * floor(x / 2)) * PI);

        return (double)(x87_log(PI / (sine < 0 ? -sine : sine), X87_LN2) - log_gamma(1 - (real)x));
    }
    return checked(x, x > 1e300 ? x * (real)log(x) : log_gamma(x));
}
WITH_FLOAT1(lgamma)

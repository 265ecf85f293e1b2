/* The floating point environment of <fenv.h>: the SSE unit's control and status, in the bits that the public headers give them. */
#include "../crt/crt.h"

/* Visual C++'s: exceptions are INEXACT 1, UNDERFLOW 2, OVERFLOW 4, DIVBYZERO 8, INVALID 10h; directions are the bits of _RC_. */
typedef struct ENVIRONMENT {
    unsigned long control;
    unsigned long status;
} ENVIRONMENT;

static const struct {
    unsigned char exception, flag; /* flag: MXCSR's; its mask is 7 bits higher */
} flags[] = {{0x01, 0x20}, {0x02, 0x10}, {0x04, 0x08}, {0x08, 0x04}, {0x10, 0x01}};

static unsigned flags_of(unsigned exceptions) {
    unsigned result = 0;

    for (size_t i = 0; i < CRT_LENGTH(flags); i++) {
        result |= exceptions & flags[i].exception ? flags[i].flag : 0;
    }
    return result;
}

static unsigned exceptions_of(unsigned mxcsr) {
    unsigned result = 0;

    for (size_t i = 0; i < CRT_LENGTH(flags); i++) {
        result |= mxcsr & flags[i].flag ? flags[i].exception : 0;
    }
    return result;
}

CRT_EXPORT(int, crt_feclearexcept, (int exceptions)) {
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~flags_of((unsigned)exceptions));
    return 0;
}

CRT_EXPORT(int, crt_fetestexcept, (int exceptions)) { return (int)exceptions_of(__builtin_ia32_stmxcsr()) & exceptions; }

CRT_EXPORT(int, crt_fegetexceptflag, (unsigned long *to, int exceptions)) {
    *to = (unsigned long)crt_fetestexcept(exceptions);
    return 0;
}

CRT_EXPORT(int, crt_fesetexceptflag, (const unsigned long *from, int exceptions)) {
    unsigned mask = flags_of((unsigned)exceptions);

    __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~mask) | (flags_of((unsigned)*from) & mask));
    return 0;
}

CRT_EXPORT(int, crt_fegetround, (void)) { return (int)(__builtin_ia32_stmxcsr() >> 13 & 3) << 8; }

CRT_EXPORT(int, crt_fesetround, (int direction)) {
    if (direction & ~0x300) {
        return 1;
    }
    __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~0x6000u) | (unsigned)direction << 5);
    return 0;
}

CRT_EXPORT(int, crt_fegetenv, (ENVIRONMENT * to)) {
    unsigned mxcsr = __builtin_ia32_stmxcsr();

    *to = (ENVIRONMENT){mxcsr & ~0x3Fu, exceptions_of(mxcsr)};
    return 0;
}

CRT_EXPORT(int, crt_fesetenv, (const ENVIRONMENT *from)) {
    unsigned control = from->control ? (unsigned)from->control & 0xFFC0 : 0x1F80; /* FE_DFL_ENV of some headers is all zero */

    __builtin_ia32_ldmxcsr(control | flags_of((unsigned)from->status));
    return 0;
}

CRT_EXPORT(int, crt_feholdexcept, (ENVIRONMENT * to)) {
    crt_fegetenv(to);
    __builtin_ia32_ldmxcsr((__builtin_ia32_stmxcsr() & ~0x3Fu) | 0x1F80);
    return 0;
}

CRT_EXPORT(int, __fpe_flt_rounds, (void)) {
    static const signed char rounds[4] = {1, 3, 2, 0}; /* nearest, down, up, to zero: as FLT_ROUNDS numbers them */

    return rounds[__builtin_ia32_stmxcsr() >> 13 & 3];
}

CRT_EXPORT(errno_t, crt_controlfp_s, (unsigned *now, unsigned value, unsigned mask)) {
    unsigned control;

    if (mask & ~(unsigned)(_MCW_EM | _MCW_RC | _MCW_PC | _MCW_IC | _MCW_DN)) {
        if (now) {
            *now = _controlfp(0, 0);
        }
        return crt_invalid(EINVAL);
    }
    control = _controlfp(value, mask & ~(unsigned)_EM_DENORMAL);
    if (now) {
        *now = control;
    }
    return 0;
}

CRT_EXPORT(void, _set_controlfp, (unsigned value, unsigned mask)) { _controlfp(value, mask); }

/* Pseudo-random numbers. The caller's seed alone decides them, so they repeat; they are not Windows' sequences. */
#include "rtl/rtlp.h"
#include <stdlib.h>

ULONG NTAPI RtlUniform(PULONG Seed);

/* A linear congruential generator modulo 2^31 - 1: 0 to MAXLONG - 1. */
ULONG NTAPI RtlUniform(PULONG Seed) {
    *Seed = (ULONG)((0x7FFFFFEDull * *Seed + 0x7FFFFFC3ull) % MAXLONG);
    return *Seed;
}

ULONG NTAPI RtlRandom(PULONG Seed) { return RtlUniform(Seed); }

/* Two steps mixed: a better spread of the low bits. */
ULONG NTAPI RtlRandomEx(PULONG Seed) {
    ULONG High = RtlUniform(Seed), Low = RtlUniform(Seed);
    return (ULONG)((((ULONG64)High << 16) ^ Low) % MAXLONG);
}

static ULONG RtlpRandState = 1;

void srand(unsigned Seed) { RtlpRandState = Seed; }

int rand(void) {
    RtlpRandState = RtlpRandState * 214013u + 2531011u;
    return (int)(RtlpRandState >> 16 & RAND_MAX);
}

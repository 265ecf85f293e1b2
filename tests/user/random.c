/* Random numbers, by each of the ways to them. */
#include "utap.h"
#include <bcrypt.h>
#include <ntsecapi.h>
#include <wincrypt.h>
#include <ntstatus.h>

static BOOL differs(const BYTE *a, const BYTE *b, size_t size) { return memcmp(a, b, size) != 0; }

int main(int argc, char **argv) {
    static BYTE one[4096], two[4096], guard[16];
    int bits = 0;
    OK(RtlGenRandom(one, sizeof one) && RtlGenRandom(two, sizeof two) && differs(one, two, sizeof one), "RtlGenRandom");
    for (size_t n = 0; n < sizeof one; n++)
        bits += __builtin_popcount(one[n]);
    OK(bits > 4096 * 4 - 500 && bits < 4096 * 4 + 500, "as many ones as zeros, about");
    OK(RtlGenRandom(guard, 3) && !guard[3] && !guard[4], "no more than asked for");

    HCRYPTPROV provider;
    OK(CryptAcquireContextA(&provider, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT), "a provider");
    OK(CryptGenRandom(provider, sizeof one, one) && differs(one, two, sizeof one), "CryptGenRandom");
    OK(CryptReleaseContext(provider, 0), "given back");

    BCRYPT_ALG_HANDLE rng;
    OK(!BCryptOpenAlgorithmProvider(&rng, BCRYPT_RNG_ALGORITHM, NULL, 0), "an algorithm");
    OK(!BCryptGenRandom(rng, two, sizeof two, 0) && differs(one, two, sizeof two), "BCryptGenRandom");
    OK(!BCryptGenRandom(NULL, one, sizeof one, BCRYPT_USE_SYSTEM_PREFERRED_RNG) && differs(one, two, sizeof one), "without one");
    OK(BCryptGenRandom(NULL, one, sizeof one, 0) == STATUS_INVALID_HANDLE, "but not by chance");
    OK(!BCryptCloseAlgorithmProvider(rng, 0), "closed");

    /* Run-time libraries find this one by name. */
    HMODULE primitives = LoadLibraryA("bcryptprimitives.dll");
    BOOL(WINAPI * prng)(PBYTE, SIZE_T) = (void *)GetProcAddress(primitives, "ProcessPrng");
    OK(prng && prng(one, sizeof one) && prng(two, sizeof two) && differs(one, two, sizeof one), "ProcessPrng");
    return done();
}

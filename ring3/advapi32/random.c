/*
 * Random numbers: RtlGenRandom (exported as SystemFunction036) and CryptGenRandom. They come from the machine's seed and the process, so that a run repeats: nothing
 * here is a secret. The generator is xoshiro256**, filled by SplitMix64.
 */
#include "advapi32.h"
#define WINIMPM /* these are here */
#include <wincrypt.h>

#define PROCESS_COOKIE 36 /* PROCESSINFOCLASS */
#define PROVIDER       ((HCRYPTPROV)0x524E47)

static RTL_SRWLOCK Lock = RTL_SRWLOCK_INIT;
static ULONG64 State[4];
static BOOLEAN Filled;

static ULONG64 Rotate(ULONG64 Value, ULONG By) { return Value << By | Value >> (64 - By); }

static VOID Fill(VOID) {
    ULONG Cookie = 0;
    NtQueryInformationProcess(NtCurrentProcess(), PROCESS_COOKIE, &Cookie, sizeof(Cookie), NULL);
    ULONG64 Seed = (ULONG64)Cookie << 32 | GetCurrentProcessId();
    for (ULONG i = 0; i < ARRAYSIZE(State); i++) {
        ULONG64 Mixed = Seed += 0x9E3779B97F4A7C15;
        Mixed = (Mixed ^ Mixed >> 30) * 0xBF58476D1CE4E5B9;
        Mixed = (Mixed ^ Mixed >> 27) * 0x94D049BB133111EB;
        State[i] = Mixed ^ Mixed >> 31;
    }
    Filled = TRUE;
}

static ULONG64 Next(VOID) {
    ULONG64 Result = Rotate(State[1] * 5, 7) * 9, Shifted = State[1] << 17;
    State[2] ^= State[0];
    State[3] ^= State[1];
    State[1] ^= State[2];
    State[0] ^= State[3];
    State[2] ^= Shifted;
    State[3] = Rotate(State[3], 45);
    return Result;
}

BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Length); /* ntsecapi.h has it under its other name */
BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Length) {
    PUCHAR To = Buffer;
    RtlAcquireSRWLockExclusive(&Lock);
    if (!Filled)
        Fill();
    while (Length) {
        ULONG64 Bytes = Next();
        ULONG Count = Length < sizeof(Bytes) ? Length : (ULONG)sizeof(Bytes);
        memcpy(To, &Bytes, Count);
        To += Count;
        Length -= Count;
    }
    RtlReleaseSRWLockExclusive(&Lock);
    return TRUE;
}

/* A provider is good for random numbers alone: containers with keys are not there. */
BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *Provider, LPCWSTR Container, LPCWSTR Name, DWORD Type, DWORD Flags) {
    if (!Provider || (Flags & ~(DWORD)(CRYPT_VERIFYCONTEXT | CRYPT_SILENT | CRYPT_MACHINE_KEYSET)))
        return AdvFail(ERROR_INVALID_PARAMETER);
    if (Container || !(Flags & CRYPT_VERIFYCONTEXT))
        return AdvFail((DWORD)NTE_BAD_KEYSET);
    *Provider = PROVIDER;
    return TRUE;
}
BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *Provider, LPCSTR Container, LPCSTR Name, DWORD Type, DWORD Flags) {
    return CryptAcquireContextW(Provider, (LPCWSTR)(PVOID)Container, NULL, Type,
                                Flags); /* whether there is a container's name is all that is asked */
}
BOOL WINAPI CryptReleaseContext(HCRYPTPROV Provider, DWORD Flags) {
    if (Flags)
        return AdvFail((DWORD)NTE_BAD_FLAGS);
    return Provider == PROVIDER ? TRUE : AdvFail(ERROR_INVALID_PARAMETER);
}
BOOL WINAPI CryptGenRandom(HCRYPTPROV Provider, DWORD Length, BYTE *Buffer) {
    if (Provider != PROVIDER || (!Buffer && Length))
        return AdvFail(ERROR_INVALID_PARAMETER);
    return SystemFunction036(Buffer, Length);
}

/* Random numbers, as CNG offers them. There are no other algorithms. */
#include "ntdll.h"
#include <bcrypt.h>

#define RNG_HANDLE ((BCRYPT_ALG_HANDLE)(ULONG_PTR)0x81) /* BCRYPT_RNG_ALG_HANDLE, which newer programs need not open */

BOOLEAN NTAPI SystemFunction036(PVOID Buffer, ULONG Length); /* advapi32's RtlGenRandom */

static BOOLEAN IsRng(LPCWSTR Name) { return Name && !wcscmp(Name, BCRYPT_RNG_ALGORITHM); }

NTSTATUS WINAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *Handle, LPCWSTR Name, LPCWSTR Implementation, ULONG Flags) {
    if (!Handle || !Name)
        return STATUS_INVALID_PARAMETER;
    if (!IsRng(Name))
        return STATUS_NOT_FOUND;
    *Handle = RNG_HANDLE;
    return STATUS_SUCCESS;
}
NTSTATUS WINAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE Handle, ULONG Flags) {
    return Handle == RNG_HANDLE ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}
NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE Handle, PUCHAR Buffer, ULONG Length, ULONG Flags) {
    if (Flags & ~(ULONG)(BCRYPT_RNG_USE_ENTROPY_IN_BUFFER | BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return STATUS_INVALID_PARAMETER;
    if (Flags & BCRYPT_USE_SYSTEM_PREFERRED_RNG ? Handle != NULL : Handle != RNG_HANDLE)
        return STATUS_INVALID_HANDLE;
    if (!Buffer)
        return STATUS_INVALID_PARAMETER;
    SystemFunction036(Buffer, Length);
    return STATUS_SUCCESS;
}

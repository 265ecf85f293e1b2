/*
 * API sets: names of contracts, "api-ms-win-crt-stdio-l1-1-0.dll", that stand for the DLL whose functions they are ("Windows API sets" in the
 * SDK's documentation). Which DLL hosts one is the system's to say; no file has such a name. As on Windows the last number, the version
 * of the contract, does not matter.
 */
#include "ntdllp.h"

static const struct {
    PCWSTR Contract;
    UNICODE_STRING Host;
} LdrpApiSets[] = {
#define API_SET_HOST(contract, host) {L##contract, {sizeof(L##host) - sizeof(WCHAR), sizeof(L##host), L##host}},
#include "apisets.tbl"
#undef API_SET_HOST
};

static WCHAR LdrpLower(WCHAR Char) { return Char >= 'A' && Char <= 'Z' ? (WCHAR)(Char + ('a' - 'A')) : Char; }

static BOOLEAN LdrpStartsWith(PCWSTR Text, PCWSTR Prefix) {
    for (; *Prefix; Text++, Prefix++)
        if (LdrpLower(*Text) != *Prefix)
            return FALSE;
    return TRUE;
}

BOOLEAN LdrpResolveApiSet(PCUNICODE_STRING Name, PUNICODE_STRING Host) {
    ULONG length = Name->Length / sizeof(WCHAR), prefix = 4;
    if (length <= prefix || !LdrpStartsWith(Name->Buffer, L"api-"))
        return FALSE;
    while (length > prefix && Name->Buffer[length - 1] != '-')
        length--;
    if (length == prefix)
        return FALSE;
    length -= prefix + 1; /* of the contract */
    for (ULONG n = 0; n < ARRAYSIZE(LdrpApiSets); n++) {
        PCWSTR contract = LdrpApiSets[n].Contract;
        ULONG at = 0;
        while (at < length && contract[at] == LdrpLower(Name->Buffer[prefix + at]))
            at++;
        if (at == length && !contract[at]) {
            *Host = LdrpApiSets[n].Host;
            return TRUE;
        }
    }
    return FALSE;
}

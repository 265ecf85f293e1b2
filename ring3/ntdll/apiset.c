/*
 * API sets: names of contracts, "api-ms-win-crt-stdio-l1-1-0.dll", that stand for the DLL whose functions they are ("Windows API sets" in the
 * SDK's documentation). Which DLL hosts one is the system's to say; no file has such a name. As on Windows the last number, the version
 * of the contract, does not matter.
 */
#include "ntdllp.h"

#define HOST(text) {sizeof(text) - sizeof(WCHAR), sizeof(text), text}

static const struct {
    PCWSTR Contract; /* without prefix and version; sorted by host, then name */
    UNICODE_STRING Host;
} LdrpApiSets[] = {
    {L"ms-win-security-base-l1-1", HOST(L"advapi32.dll")},
    {L"ms-win-security-base-l1-2", HOST(L"advapi32.dll")},
    {L"ms-win-core-registry-l1-1", HOST(L"advapi32.dll")},
    {L"ms-win-service-core-l1-1", HOST(L"advapi32.dll")},
    {L"ms-win-service-management-l1-1", HOST(L"advapi32.dll")},
    {L"ms-win-service-winsvc-l1-1", HOST(L"advapi32.dll")},
    {L"ms-win-core-console-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-datetime-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-debug-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-errorhandling-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-fibers-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-file-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-file-l1-2", HOST(L"kernel32.dll")},
    {L"ms-win-core-file-l2-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-handle-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-heap-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-heap-l2-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-interlocked-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-io-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-libraryloader-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-libraryloader-l1-2", HOST(L"kernel32.dll")},
    {L"ms-win-core-localization-l1-2", HOST(L"kernel32.dll")},
    {L"ms-win-core-memory-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-namedpipe-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-processenvironment-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-processthreads-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-profile-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-rtlsupport-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-string-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-synch-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-synch-l1-2", HOST(L"kernel32.dll")},
    {L"ms-win-core-sysinfo-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-threadpool-l1-2", HOST(L"kernel32.dll")},
    {L"ms-win-core-threadpool-legacy-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-timezone-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-util-l1-1", HOST(L"kernel32.dll")},
    {L"ms-win-core-version-l1-1", HOST(L"version.dll")},
    {L"ms-win-core-version-l1-2", HOST(L"version.dll")},
    {L"ms-win-crt-conio-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-convert-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-environment-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-filesystem-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-heap-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-locale-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-math-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-multibyte-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-private-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-process-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-runtime-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-stdio-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-string-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-time-l1-1", HOST(L"ucrtbase.dll")},
    {L"ms-win-crt-utility-l1-1", HOST(L"ucrtbase.dll")},
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

/* Tokens, privileges and the user's name. */
#include "advapi32.h"

BOOL WINAPI OpenProcessToken(HANDLE Process, DWORD DesiredAccess, PHANDLE Token) {
    return AdvResult(NtOpenProcessToken(Process, DesiredAccess, Token));
}

BOOL WINAPI OpenThreadToken(HANDLE Thread, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE Token) {
    return AdvResult(NtOpenThreadToken(Thread, DesiredAccess, (BOOLEAN)(OpenAsSelf != 0), Token));
}

BOOL WINAPI GetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS Class, LPVOID Buffer, DWORD Size, PDWORD Needed) {
    return AdvResult(NtQueryInformationToken(Token, Class, Buffer, Size, Needed));
}

/* The last error says ERROR_NOT_ALL_ASSIGNED although the function succeeds. */
BOOL WINAPI AdjustTokenPrivileges(HANDLE Token, BOOL DisableAll, PTOKEN_PRIVILEGES New, DWORD Size, PTOKEN_PRIVILEGES Old, PDWORD Needed) {
    NTSTATUS Status = NtAdjustPrivilegesToken(Token, (BOOLEAN)(DisableAll != 0), New, Size, Old, Needed);

    if (!NT_SUCCESS(Status))
        return AdvResult(Status);
    RtlSetLastWin32Error(Status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
    return TRUE;
}

/* By number, as winnt.h's SE_ names and the DDK's SE_ constants have them. */
static const PCWSTR Privileges[] = {
    [2] = L"SeCreateTokenPrivilege",
    [3] = L"SeAssignPrimaryTokenPrivilege",
    [4] = L"SeLockMemoryPrivilege",
    [5] = L"SeIncreaseQuotaPrivilege",
    [6] = L"SeMachineAccountPrivilege",
    [7] = L"SeTcbPrivilege",
    [8] = L"SeSecurityPrivilege",
    [9] = L"SeTakeOwnershipPrivilege",
    [10] = L"SeLoadDriverPrivilege",
    [11] = L"SeSystemProfilePrivilege",
    [12] = L"SeSystemtimePrivilege",
    [13] = L"SeProfileSingleProcessPrivilege",
    [14] = L"SeIncreaseBasePriorityPrivilege",
    [15] = L"SeCreatePagefilePrivilege",
    [16] = L"SeCreatePermanentPrivilege",
    [17] = L"SeBackupPrivilege",
    [18] = L"SeRestorePrivilege",
    [19] = L"SeShutdownPrivilege",
    [20] = L"SeDebugPrivilege",
    [21] = L"SeAuditPrivilege",
    [22] = L"SeSystemEnvironmentPrivilege",
    [23] = L"SeChangeNotifyPrivilege",
    [24] = L"SeRemoteShutdownPrivilege",
    [25] = L"SeUndockPrivilege",
    [26] = L"SeSyncAgentPrivilege",
    [27] = L"SeEnableDelegationPrivilege",
    [28] = L"SeManageVolumePrivilege",
    [29] = L"SeImpersonatePrivilege",
    [30] = L"SeCreateGlobalPrivilege",
    [31] = L"SeTrustedCredManAccessPrivilege",
    [32] = L"SeRelabelPrivilege",
    [33] = L"SeIncreaseWorkingSetPrivilege",
    [34] = L"SeTimeZonePrivilege",
    [35] = L"SeCreateSymbolicLinkPrivilege",
    [36] = L"SeDelegateSessionUserImpersonatePrivilege",
};

BOOL WINAPI LookupPrivilegeValueW(LPCWSTR System, LPCWSTR Name, PLUID Luid) {
    for (ULONG i = 2; i < ARRAYSIZE(Privileges); i++) {
        if (_wcsicmp(Privileges[i], Name) == 0) {
            Luid->LowPart = i;
            Luid->HighPart = 0;
            return TRUE;
        }
    }
    return AdvFail(ERROR_NO_SUCH_PRIVILEGE);
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR System, LPCSTR Name, PLUID Luid) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Name, &Ok);

    Ok = Ok && LookupPrivilegeValueW(NULL, Wide, Luid);
    AdvFree(Wide);
    return Ok;
}

BOOL WINAPI LookupPrivilegeNameW(LPCWSTR System, PLUID Luid, LPWSTR Name, LPDWORD Size) {
    DWORD Length;

    if (Luid->HighPart || Luid->LowPart < 2 || Luid->LowPart >= ARRAYSIZE(Privileges))
        return AdvFail(ERROR_NO_SUCH_PRIVILEGE);
    Length = (DWORD)wcslen(Privileges[Luid->LowPart]);
    if (*Size <= Length) {
        *Size = Length + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Name, Privileges[Luid->LowPart], (Length + 1) * sizeof(WCHAR));
    *Size = Length;
    return TRUE;
}

/* Whoever the thread acts for, or else its process. */
BOOL WINAPI GetUserNameW(LPWSTR Name, LPDWORD Size) {
    UCHAR Room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    WCHAR Own[257], Domain[257];
    DWORD Length = ARRAYSIZE(Own), DomainLength = ARRAYSIZE(Domain), Used;
    SID_NAME_USE Use;
    HANDLE Token;
    BOOL Ok;

    if (!OpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Token) && !OpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Token))
        return FALSE;
    Ok = GetTokenInformation(Token, TokenUser, Room, sizeof Room, &Used) &&
         LookupAccountSidW(NULL, ((PTOKEN_USER)Room)->User.Sid, Own, &Length, Domain, &DomainLength, &Use);
    NtClose(Token);
    if (!Ok)
        return FALSE;
    if (*Size <= Length || !Name) {
        *Size = Length + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Name, Own, (Length + 1) * sizeof(WCHAR));
    *Size = Length + 1;
    return TRUE;
}

BOOL WINAPI GetUserNameA(LPSTR Name, LPDWORD Size) {
    WCHAR Wide[257];
    DWORD WideSize = ARRAYSIZE(Wide), Length;

    if (!GetUserNameW(Wide, &WideSize))
        return FALSE;
    Length = AdvNarrow(Wide, WideSize, NULL, 0);
    if (*Size < Length || !Name) {
        *Size = Length;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    AdvNarrow(Wide, WideSize, Name, *Size);
    *Size = Length;
    return TRUE;
}

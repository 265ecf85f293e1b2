/* Security identifiers, and the names that they have on this machine. */
#include "advapi32.h"
#include "rtl/sddl_text.h"

BOOL WINAPI IsValidSid(PSID Sid) { return RtlValidSid(Sid); }
BOOL WINAPI EqualSid(PSID One, PSID Other) { return RtlEqualSid(One, Other); }
DWORD WINAPI GetLengthSid(PSID Sid) { return RtlLengthSid(Sid); }
DWORD WINAPI GetSidLengthRequired(UCHAR Count) { return RtlLengthRequiredSid(Count); }
PUCHAR WINAPI GetSidSubAuthorityCount(PSID Sid) { return RtlSubAuthorityCountSid(Sid); }
PDWORD WINAPI GetSidSubAuthority(PSID Sid, DWORD Index) { return RtlSubAuthoritySid(Sid, Index); }
PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID Sid) { return &((SID *)Sid)->IdentifierAuthority; }
PVOID WINAPI FreeSid(PSID Sid) { return RtlFreeSid(Sid); }
BOOL WINAPI CopySid(DWORD Size, PSID To, PSID From) { return AdvResult(RtlCopySid(Size, To, From)); }
BOOL WINAPI InitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, BYTE Count) { return AdvResult(RtlInitializeSid(Sid, Authority, Count)); }

BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, BYTE Count, DWORD S0, DWORD S1, DWORD S2, DWORD S3, DWORD S4, DWORD S5,
                                     DWORD S6, DWORD S7, PSID *Sid) {
    return AdvResult(RtlAllocateAndInitializeSid(Authority, Count, S0, S1, S2, S3, S4, S5, S6, S7, Sid));
}

BOOL WINAPI EqualPrefixSid(PSID One, PSID Other) {
    UCHAR Count = *RtlSubAuthorityCountSid(One);

    return Count == *RtlSubAuthorityCountSid(Other) && memcmp(One, Other, RtlLengthRequiredSid(Count ? Count - 1u : 0)) == 0;
}

/* ---- As text --------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *Text) {
    SDDL_WRITER Writer = {.Room = 0, .Wide = (PWSTR)&Writer};

    if (!RtlValidSid(Sid))
        return AdvFail(ERROR_INVALID_SID);
    SddlWriteNumericSid(&Writer, Sid);
    *Text = LocalAlloc(0, (Writer.Length + 1) * sizeof(WCHAR));
    if (!*Text)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    Writer = (SDDL_WRITER){.Wide = *Text, .Room = Writer.Length};
    SddlWriteNumericSid(&Writer, Sid);
    (*Text)[Writer.Length] = 0;
    return TRUE;
}

BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *Text) {
    PWSTR Wide;

    if (!ConvertSidToStringSidW(Sid, &Wide))
        return FALSE;
    *Text = LocalAlloc(0, wcslen(Wide) + 1);
    if (*Text)
        AdvNarrow(Wide, wcslen(Wide) + 1, *Text, (DWORD)wcslen(Wide) + 1);
    LocalFree(Wide);
    return *Text ? TRUE : AdvFail(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI ConvertStringSidToSidW(LPCWSTR Text, PSID *Sid) {
    unsigned int Size = 0;

    if (!Text || !Sid)
        return AdvFail(ERROR_INVALID_PARAMETER);
    if (!SddlParseSid(Text, NULL, 0, &Size))
        return AdvFail(ERROR_INVALID_SID);
    *Sid = LocalAlloc(0, Size);
    if (!*Sid)
        return AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    return SddlParseSid(Text, *Sid, Size, &Size);
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR Text, PSID *Sid) {
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Text, &Ok);

    Ok = Ok && ConvertStringSidToSidW(Wide, Sid);
    AdvFree(Wide);
    return Ok;
}

/* ---- Accounts -------------------------------------------------------------------------------------------------------------------------- */

#define MACHINE L"S-1-5-21-1404000001-1404000002-1404000003"

/* Those that a token here can have, and the well-known ones that descriptors name; WELL_KNOWN_SID_TYPE + 1, 0: none. */
static const struct {
    PCWSTR Sid, Domain, Name;
    UCHAR Use, WellKnown;
} Accounts[] = {
    {L"S-1-0-0", L"", L"NULL SID", SidTypeWellKnownGroup, WinNullSid + 1},
    {L"S-1-1-0", L"", L"Everyone", SidTypeWellKnownGroup, WinWorldSid + 1},
    {L"S-1-2-0", L"", L"LOCAL", SidTypeWellKnownGroup, WinLocalSid + 1},
    {L"S-1-2-1", L"", L"CONSOLE LOGON", SidTypeWellKnownGroup, WinConsoleLogonSid + 1},
    {L"S-1-3-0", L"", L"CREATOR OWNER", SidTypeWellKnownGroup, WinCreatorOwnerSid + 1},
    {L"S-1-3-1", L"", L"CREATOR GROUP", SidTypeWellKnownGroup, WinCreatorGroupSid + 1},
    {L"S-1-3-4", L"", L"OWNER RIGHTS", SidTypeWellKnownGroup, WinCreatorOwnerRightsSid + 1},
    {L"S-1-5-2", L"NT AUTHORITY", L"NETWORK", SidTypeWellKnownGroup, WinNetworkSid + 1},
    {L"S-1-5-3", L"NT AUTHORITY", L"BATCH", SidTypeWellKnownGroup, WinBatchSid + 1},
    {L"S-1-5-4", L"NT AUTHORITY", L"INTERACTIVE", SidTypeWellKnownGroup, WinInteractiveSid + 1},
    {L"S-1-5-6", L"NT AUTHORITY", L"SERVICE", SidTypeWellKnownGroup, WinServiceSid + 1},
    {L"S-1-5-7", L"NT AUTHORITY", L"ANONYMOUS LOGON", SidTypeWellKnownGroup, WinAnonymousSid + 1},
    {L"S-1-5-11", L"NT AUTHORITY", L"Authenticated Users", SidTypeWellKnownGroup, WinAuthenticatedUserSid + 1},
    {L"S-1-5-12", L"NT AUTHORITY", L"RESTRICTED", SidTypeWellKnownGroup, WinRestrictedCodeSid + 1},
    {L"S-1-5-15", L"NT AUTHORITY", L"This Organization", SidTypeWellKnownGroup, WinThisOrganizationSid + 1},
    {L"S-1-5-18", L"NT AUTHORITY", L"SYSTEM", SidTypeWellKnownGroup, WinLocalSystemSid + 1},
    {L"S-1-5-19", L"NT AUTHORITY", L"LOCAL SERVICE", SidTypeWellKnownGroup, WinLocalServiceSid + 1},
    {L"S-1-5-20", L"NT AUTHORITY", L"NETWORK SERVICE", SidTypeWellKnownGroup, WinNetworkServiceSid + 1},
    {L"S-1-5-64-10", L"NT AUTHORITY", L"NTLM Authentication", SidTypeWellKnownGroup, WinNTLMAuthenticationSid + 1},
    {L"S-1-5-113", L"NT AUTHORITY", L"Local account", SidTypeWellKnownGroup, 0},
    {L"S-1-5-114", L"NT AUTHORITY", L"Local account and member of Administrators group", SidTypeWellKnownGroup, 0},
    {L"S-1-5-32-544", L"BUILTIN", L"Administrators", SidTypeAlias, WinBuiltinAdministratorsSid + 1},
    {L"S-1-5-32-545", L"BUILTIN", L"Users", SidTypeAlias, WinBuiltinUsersSid + 1},
    {L"S-1-5-32-546", L"BUILTIN", L"Guests", SidTypeAlias, WinBuiltinGuestsSid + 1},
    {L"S-1-5-32-547", L"BUILTIN", L"Power Users", SidTypeAlias, WinBuiltinPowerUsersSid + 1},
    {L"S-1-5-32-551", L"BUILTIN", L"Backup Operators", SidTypeAlias, WinBuiltinBackupOperatorsSid + 1},
    {L"S-1-16-0", L"Mandatory Label", L"Untrusted Mandatory Level", SidTypeLabel, WinUntrustedLabelSid + 1},
    {L"S-1-16-4096", L"Mandatory Label", L"Low Mandatory Level", SidTypeLabel, WinLowLabelSid + 1},
    {L"S-1-16-8192", L"Mandatory Label", L"Medium Mandatory Level", SidTypeLabel, WinMediumLabelSid + 1},
    {L"S-1-16-12288", L"Mandatory Label", L"High Mandatory Level", SidTypeLabel, WinHighLabelSid + 1},
    {L"S-1-16-16384", L"Mandatory Label", L"System Mandatory Level", SidTypeLabel, WinSystemLabelSid + 1},
    {MACHINE L"-1001", L"RINGSIDE", L"Administrator", SidTypeUser, 0},
    {MACHINE L"-1002", L"RINGSIDE", L"User", SidTypeUser, 0},
    {MACHINE L"-513", L"RINGSIDE", L"None", SidTypeGroup, 0},
};

/* Both texts, or neither: then the sizes, with the terminators. */
static BOOL StoreTexts(PCWSTR One, LPWSTR To, LPDWORD Size, PCWSTR Other, LPWSTR OtherTo, LPDWORD OtherSize) {
    DWORD Length = (DWORD)wcslen(One), OtherLength = (DWORD)wcslen(Other);
    BOOL Fits = To && *Size > Length && (OtherTo ? *OtherSize > OtherLength : *OtherSize == 0 && !OtherLength);

    if (To && *Size > Length && OtherTo && *OtherSize > OtherLength)
        Fits = TRUE;
    if (!Fits) {
        *Size = Length + 1;
        *OtherSize = OtherLength + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(To, One, (Length + 1) * sizeof(WCHAR));
    if (OtherTo)
        memcpy(OtherTo, Other, (OtherLength + 1) * sizeof(WCHAR));
    *Size = Length;
    *OtherSize = OtherLength;
    return TRUE;
}

BOOL WINAPI LookupAccountSidW(LPCWSTR System, PSID Sid, LPWSTR Name, LPDWORD NameSize, LPWSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use) {
    WCHAR Text[256];
    SDDL_WRITER Writer = {.Wide = Text, .Room = ARRAYSIZE(Text) - 1};

    if (!RtlValidSid(Sid))
        return AdvFail(ERROR_INVALID_PARAMETER);
    SddlWriteNumericSid(&Writer, Sid);
    Text[min(Writer.Length, Writer.Room)] = 0;
    for (ULONG i = 0; i < ARRAYSIZE(Accounts); i++) {
        if (wcscmp(Accounts[i].Sid, Text))
            continue;
        if (!StoreTexts(Accounts[i].Name, Name, NameSize, Accounts[i].Domain, Domain, DomainSize))
            return FALSE;
        *Use = Accounts[i].Use;
        return TRUE;
    }
    return AdvFail(ERROR_NONE_MAPPED);
}

BOOL WINAPI LookupAccountSidA(LPCSTR System, PSID Sid, LPSTR Name, LPDWORD NameSize, LPSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use) {
    WCHAR WideName[256], WideDomain[256];
    DWORD NameRoom = ARRAYSIZE(WideName), DomainRoom = ARRAYSIZE(WideDomain);

    if (!LookupAccountSidW(NULL, Sid, WideName, &NameRoom, WideDomain, &DomainRoom, Use))
        return FALSE;
    if (!Name || *NameSize <= NameRoom || !Domain || *DomainSize <= DomainRoom) { /* names here are ASCII */
        *NameSize = NameRoom + 1;
        *DomainSize = DomainRoom + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    AdvNarrow(WideName, NameRoom + 1, Name, *NameSize);
    AdvNarrow(WideDomain, DomainRoom + 1, Domain, *DomainSize);
    *NameSize = NameRoom;
    *DomainSize = DomainRoom;
    return TRUE;
}

/* "Users", "BUILTIN\Users", ".\User" or the text of a SID. */
BOOL WINAPI LookupAccountNameW(LPCWSTR System, LPCWSTR Account, PSID Sid, LPDWORD SidSize, LPWSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use) {
    PCWSTR Slash = wcschr(Account, L'\\'), Name = Slash ? Slash + 1 : Account;
    SIZE_T Length = Slash ? (SIZE_T)(Slash - Account) : 0;

    for (ULONG i = 0; i < ARRAYSIZE(Accounts); i++) {
        PCWSTR Own = Accounts[i].Domain;
        unsigned int Size = 0;

        if (_wcsicmp(Accounts[i].Name, Name) || (Length && !(Length == 1 && *Account == L'.') && (_wcsnicmp(Own, Account, Length) || Own[Length])))
            continue;
        SddlParseSid(Accounts[i].Sid, NULL, 0, &Size);
        if (!Sid || *SidSize < Size || !Domain || *DomainSize <= wcslen(Own)) {
            *SidSize = Size;
            *DomainSize = (DWORD)wcslen(Own) + 1;
            return AdvFail(ERROR_INSUFFICIENT_BUFFER);
        }
        SddlParseSid(Accounts[i].Sid, Sid, *SidSize, &Size);
        wcscpy(Domain, Own);
        *SidSize = Size;
        *DomainSize = (DWORD)wcslen(Own);
        *Use = Accounts[i].Use;
        return TRUE;
    }
    return AdvFail(ERROR_NONE_MAPPED);
}

BOOL WINAPI LookupAccountNameA(LPCSTR System, LPCSTR Account, PSID Sid, LPDWORD SidSize, LPSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use) {
    WCHAR WideDomain[256];
    DWORD Room = Domain && *DomainSize ? min(*DomainSize, (DWORD)ARRAYSIZE(WideDomain)) : 0;
    BOOL Ok = TRUE;
    PWSTR Wide = AdvWide(Account, &Ok);

    Ok = Ok && LookupAccountNameW(NULL, Wide, Sid, SidSize, Room ? WideDomain : NULL, &Room, Use);
    if (Ok)
        AdvNarrow(WideDomain, Room + 1, Domain, *DomainSize);
    *DomainSize = Room;
    AdvFree(Wide);
    return Ok;
}

BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE Type, PSID Domain, PSID Sid, DWORD *Size) {
    for (ULONG i = 0; i < ARRAYSIZE(Accounts); i++) {
        unsigned int Needed = 0;

        if (!Accounts[i].WellKnown || Accounts[i].WellKnown != (ULONG)Type + 1)
            continue;
        SddlParseSid(Accounts[i].Sid, NULL, 0, &Needed);
        if (*Size < Needed || !Sid) {
            *Size = Needed;
            return AdvFail(ERROR_INSUFFICIENT_BUFFER);
        }
        SddlParseSid(Accounts[i].Sid, Sid, *Size, &Needed);
        *Size = Needed;
        return TRUE;
    }
    return AdvFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI IsWellKnownSid(PSID Sid, WELL_KNOWN_SID_TYPE Type) {
    UCHAR Room[SECURITY_MAX_SID_SIZE];
    DWORD Size = sizeof Room, Error = GetLastError();
    BOOL Same = CreateWellKnownSid(Type, NULL, Room, &Size) && RtlEqualSid(Room, Sid);

    RtlSetLastWin32Error(Error);
    return Same;
}

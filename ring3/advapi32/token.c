/* Tokens: copied, restricted, acted with. */
#include "advapi32.h"

BOOL WINAPI DuplicateTokenEx(HANDLE Existing, DWORD Access, LPSECURITY_ATTRIBUTES Attributes, SECURITY_IMPERSONATION_LEVEL Level, TOKEN_TYPE Type,
                             PHANDLE New) {
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof Qos, Level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES Object = {.Length = sizeof Object, .SecurityQualityOfService = &Qos};

    if (Attributes) {
        Object.SecurityDescriptor = Attributes->lpSecurityDescriptor;
        Object.Attributes = Attributes->bInheritHandle ? OBJ_INHERIT : 0;
    }
    return AdvResult(NtDuplicateToken(Existing, Access, &Object, FALSE, Type, New));
}

BOOL WINAPI DuplicateToken(HANDLE Existing, SECURITY_IMPERSONATION_LEVEL Level, PHANDLE New) {
    return DuplicateTokenEx(Existing, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, Level, TokenImpersonation, New);
}

static PTOKEN_GROUPS MakeGroups(DWORD Count, PSID_AND_ATTRIBUTES Sids) {
    PTOKEN_GROUPS Groups = AdvAllocate(sizeof *Groups + Count * sizeof(SID_AND_ATTRIBUTES));

    if (Groups) {
        Groups->GroupCount = Count;
        memcpy(Groups->Groups, Sids, Count * sizeof(SID_AND_ATTRIBUTES));
    }
    return Groups;
}

BOOL WINAPI CreateRestrictedToken(HANDLE Existing, DWORD Flags, DWORD DisableCount, PSID_AND_ATTRIBUTES Disable, DWORD DeleteCount,
                                  PLUID_AND_ATTRIBUTES Delete, DWORD RestrictCount, PSID_AND_ATTRIBUTES Restrict, PHANDLE New) {
    PTOKEN_GROUPS Disabled = DisableCount ? MakeGroups(DisableCount, Disable) : NULL;
    PTOKEN_GROUPS Restricted = RestrictCount ? MakeGroups(RestrictCount, Restrict) : NULL;
    PTOKEN_PRIVILEGES Deleted = DeleteCount ? AdvAllocate(sizeof *Deleted + DeleteCount * sizeof *Delete) : NULL;
    BOOL Ok = (!DisableCount || Disabled) && (!RestrictCount || Restricted) && (!DeleteCount || Deleted);

    if (!Ok)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    if (Deleted) {
        Deleted->PrivilegeCount = DeleteCount;
        memcpy(Deleted->Privileges, Delete, DeleteCount * sizeof *Delete);
    }
    Ok = Ok && AdvResult(NtFilterToken(Existing, Flags, Disabled, Deleted, Restricted, New));
    AdvFree(Disabled);
    AdvFree(Restricted);
    AdvFree(Deleted);
    return Ok;
}

BOOL WINAPI SetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS Class, LPVOID Information, DWORD Size) {
    return AdvResult(NtSetInformationToken(Token, Class, Information, Size));
}

BOOL WINAPI AdjustTokenGroups(HANDLE Token, BOOL Reset, PTOKEN_GROUPS New, DWORD Size, PTOKEN_GROUPS Old, PDWORD Needed) {
    return AdvResult(NtAdjustGroupsToken(Token, (BOOLEAN)(Reset != 0), New, Size, Old, Needed));
}

/* ---- Acting for others ----------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI SetThreadToken(PHANDLE Thread, HANDLE Token) {
    return AdvResult(NtSetInformationThread(Thread ? *Thread : NtCurrentThread(), ThreadImpersonationToken_, &Token, sizeof Token));
}

BOOL WINAPI RevertToSelf(void) { return SetThreadToken(NULL, NULL); }

BOOL WINAPI ImpersonateLoggedOnUser(HANDLE Token) {
    TOKEN_TYPE Type;
    DWORD Size;
    HANDLE Copy;
    BOOL Done;

    if (!GetTokenInformation(Token, TokenType, &Type, sizeof Type, &Size))
        return FALSE;
    if (Type == TokenImpersonation)
        return SetThreadToken(NULL, Token);
    if (!DuplicateTokenEx(Token, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, SecurityImpersonation, TokenImpersonation, &Copy))
        return FALSE;
    Done = SetThreadToken(NULL, Copy);
    NtClose(Copy);
    return Done;
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL Level) {
    HANDLE Token, Copy = NULL;
    BOOL Done;

    if (!OpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &Token))
        return FALSE;
    Done = DuplicateTokenEx(Token, TOKEN_IMPERSONATE, NULL, Level, TokenImpersonation, &Copy) && SetThreadToken(NULL, Copy);
    if (Copy)
        NtClose(Copy);
    NtClose(Token);
    return Done;
}

BOOL WINAPI ImpersonateAnonymousToken(HANDLE Thread) { return AdvResult(NtImpersonateAnonymousToken(Thread)); }

/* ---- Questions ------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI IsTokenRestricted(HANDLE Token) {
    DWORD Restricted = 0, Size;
    return GetTokenInformation(Token, TokenHasRestrictions, &Restricted, sizeof Restricted, &Size) && Restricted;
}

BOOL WINAPI PrivilegeCheck(HANDLE Token, PPRIVILEGE_SET Required, LPBOOL Held) {
    BOOLEAN Answer = FALSE;
    BOOL Ok = AdvResult(NtPrivilegeCheck(Token, Required, &Answer));
    *Held = Answer;
    return Ok;
}

BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR Descriptor, HANDLE Token, DWORD Desired, PGENERIC_MAPPING Mapping, PPRIVILEGE_SET Privileges,
                        LPDWORD Size, LPDWORD Granted, LPBOOL Allowed) {
    NTSTATUS Answer = 0;

    if (!AdvResult(NtAccessCheck(Descriptor, Token, Desired, Mapping, Privileges, Size, (PACCESS_MASK)Granted, &Answer)))
        return FALSE;
    *Allowed = NT_SUCCESS(Answer);
    if (!*Allowed)
        RtlSetLastWin32Error(RtlNtStatusToDosError(Answer));
    return TRUE;
}

/* A descriptor that gives one right to the SID alone says it: deny-only groups and restrictions count as they do for objects. */
BOOL WINAPI CheckTokenMembership(HANDLE Token, PSID Sid, PBOOL Member) {
    GENERIC_MAPPING Mapping = {1, 1, 1, 1};
    HANDLE Own = NULL, Copy = NULL;
    SECURITY_DESCRIPTOR Descriptor;
    PRIVILEGE_SET Privileges;
    DWORD Size = sizeof Privileges, Granted;
    UCHAR Room[128];
    BOOL Ok;

    *Member = FALSE;
    if (!Token && !OpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Token)) {
        if (!OpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &Own))
            return FALSE;
        Ok = DuplicateToken(Own, SecurityIdentification, &Copy);
        NtClose(Own);
        if (!Ok)
            return FALSE;
        Token = Copy;
    }
    RtlCreateAcl((PACL)Room, sizeof Room, ACL_REVISION);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, Sid, FALSE);
    RtlSetGroupSecurityDescriptor(&Descriptor, Sid, FALSE);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, (PACL)Room, FALSE);
    Ok = AdvResult(RtlAddAccessAllowedAce((PACL)Room, ACL_REVISION, 1, Sid)) &&
         AccessCheck(&Descriptor, Token, 1, &Mapping, &Privileges, &Size, &Granted, Member);
    if (Copy)
        NtClose(Copy);
    return Ok;
}

VOID WINAPI MapGenericMask(PDWORD Mask, PGENERIC_MAPPING Mapping) {
    DWORD Old = *Mask;

    *Mask &= ~(DWORD)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
    *Mask |= (Old & GENERIC_READ ? Mapping->GenericRead : 0) | (Old & GENERIC_WRITE ? Mapping->GenericWrite : 0) |
             (Old & GENERIC_EXECUTE ? Mapping->GenericExecute : 0) | (Old & GENERIC_ALL ? Mapping->GenericAll : 0);
}

BOOL WINAPI AreAllAccessesGranted(DWORD Granted, DWORD Desired) { return (Desired & ~Granted) == 0; }

BOOL WINAPI AreAnyAccessesGranted(DWORD Granted, DWORD Desired) { return (Desired & Granted) != 0; }

/* ---- Programs of others ---------------------------------------------------------------------------------------------------------------- */

/* The privilege that it takes is enabled while it is needed, as CreateProcessAsUser's page promises. */
BOOL WINAPI CreateProcessAsUserW(HANDLE Token, LPCWSTR Application, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                 LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags, LPVOID Environment, LPCWSTR Directory,
                                 LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information) {
    TOKEN_PRIVILEGES Enable = {1, {{{3 /* SE_ASSIGNPRIMARYTOKEN_PRIVILEGE */, 0}, SE_PRIVILEGE_ENABLED}}}, Before = {0};
    HANDLE Own = NULL;
    DWORD Size, Error;
    BOOL Done;

    if (NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &Own)))
        NtAdjustPrivilegesToken(Own, FALSE, &Enable, sizeof Before, &Before, &Size);
    Done = CreateProcessInternalW(Token, Application, CommandLine, ProcessSecurity, ThreadSecurity, Inherit, Flags, Environment, Directory, Startup,
                                  Information, NULL);
    Error = GetLastError();
    if (Own) {
        if (Before.PrivilegeCount)
            NtAdjustPrivilegesToken(Own, FALSE, &Before, 0, NULL, NULL);
        NtClose(Own);
    }
    RtlSetLastWin32Error(Error);
    return Done;
}

BOOL WINAPI ImpersonateNamedPipeClient(HANDLE Pipe) {
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = NtFsControlFile(Pipe, NULL, NULL, NULL, &Io, 0x11001C /* FSCTL_PIPE_IMPERSONATE */, NULL, 0, NULL, 0);

    return AdvResult(Status);
}

/* Tokens: who runs. System's, and that of an elevated administrator, which all programs share. */
#include "se/sep.h"

#undef PsDereferenceImpersonationToken /* the DDK has it as a macro; it is an export too */

POBJECT_TYPE SepTokenObjectType;
PSEP_TOKEN SepSystemToken, SepAdministratorToken;
static ULONG SepNextLuid = 0x3E8;

/* A user of this machine: S-1-5-21-1404000001-1404000002-1404000003-1001, member of Administrators. */
static struct {
    UCHAR Revision, SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[5];
} SepUser = {SID_REVISION, 5, {{0, 0, 0, 0, 0, 5}}, {21, 1404000001, 1404000002, 1404000003, 1001}},
  SepUserGroup = {SID_REVISION, 5, {{0, 0, 0, 0, 0, 5}}, {21, 1404000001, 1404000002, 1404000003, 513}};

#define SEP_ENABLED (SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT)
#define SEP_GROUP   (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)

/* What an elevated administrator has on Windows 10, and what of it is on from the start (whoami /priv). */
static const struct {
    UCHAR Privilege;
    ULONG Attributes;
} SepAdministratorPrivileges[] = {
    {SE_INCREASE_QUOTA_PRIVILEGE, 0},
    {SE_SECURITY_PRIVILEGE, 0},
    {SE_TAKE_OWNERSHIP_PRIVILEGE, 0},
    {SE_LOAD_DRIVER_PRIVILEGE, 0},
    {SE_SYSTEM_PROFILE_PRIVILEGE, 0},
    {SE_SYSTEMTIME_PRIVILEGE, 0},
    {SE_PROF_SINGLE_PROCESS_PRIVILEGE, 0},
    {SE_INC_BASE_PRIORITY_PRIVILEGE, 0},
    {SE_CREATE_PAGEFILE_PRIVILEGE, 0},
    {SE_BACKUP_PRIVILEGE, 0},
    {SE_RESTORE_PRIVILEGE, 0},
    {SE_SHUTDOWN_PRIVILEGE, 0},
    {SE_DEBUG_PRIVILEGE, 0},
    {SE_SYSTEM_ENVIRONMENT_PRIVILEGE, 0},
    {SE_CHANGE_NOTIFY_PRIVILEGE, SEP_ENABLED},
    {SE_REMOTE_SHUTDOWN_PRIVILEGE, 0},
    {SE_UNDOCK_PRIVILEGE, 0},
    {SE_MANAGE_VOLUME_PRIVILEGE, 0},
    {SE_IMPERSONATE_PRIVILEGE, SEP_ENABLED},
    {SE_CREATE_GLOBAL_PRIVILEGE, SEP_ENABLED},
    {SE_INC_WORKING_SET_PRIVILEGE, 0},
    {SE_TIME_ZONE_PRIVILEGE, 0},
    {SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, 0},
};

BOOLEAN SepHasPrivilege(PSEP_TOKEN Token, LUID Privilege) {
    for (ULONG i = 0; Token != NULL && i < Token->PrivilegeCount; i++)
        if (RtlEqualLuid(&Token->Privileges[i].Luid, &Privilege))
            return (Token->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    return FALSE;
}

BOOLEAN SepHasSid(PSEP_TOKEN Token, PSID Sid, BOOLEAN ForDenial) {
    if (Token == NULL)
        return FALSE;
    if (RtlEqualSid(Token->User, Sid))
        return TRUE;
    for (ULONG i = 0; i < Token->GroupCount; i++)
        if ((Token->Groups[i].Attributes & SE_GROUP_ENABLED || (ForDenial && Token->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY)) &&
            RtlEqualSid(Token->Groups[i].Sid, Sid))
            return TRUE;
    return FALSE;
}

static VOID SepAddGroup(PSEP_TOKEN Token, PSID Sid, ULONG Attributes) {
    NT_ASSERT_OURS(Token->GroupCount < SEP_MAX_GROUPS);
    Token->Groups[Token->GroupCount].Sid = Sid;
    Token->Groups[Token->GroupCount++].Attributes = Attributes;
}

static PSEP_TOKEN SepMakeToken(PSID User, PSID Owner, PSID PrimaryGroup, PSID IntegrityLevel, ULONG AuthenticationId, ULONG SessionId) {
    PSEP_TOKEN token;
    NTSTATUS status = ObCreateObject(KernelMode, SepTokenObjectType, NULL, KernelMode, NULL, sizeof(*token), 0, 0, (PVOID *)&token);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    token->TokenId.LowPart = SepNextLuid++;
    token->ModifiedId.LowPart = SepNextLuid++;
    token->AuthenticationId.LowPart = AuthenticationId;
    token->User = User;
    token->Owner = Owner;
    token->PrimaryGroup = PrimaryGroup;
    token->IntegrityLevel = IntegrityLevel;
    token->SessionId = SessionId;
    SepAddGroup(token, SepExports.SeAliasAdminsSid, SEP_GROUP | SE_GROUP_OWNER);
    SepAddGroup(token, SepExports.SeWorldSid, SEP_GROUP);
    SepAddGroup(token, SepExports.SeAuthenticatedUsersSid, SEP_GROUP);
    return token;
}

VOID SeInitSystem(VOID) {
    static const OB_TYPE_INITIALIZER initializer = {
        .Name = L"Token",
        .GenericMapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
        .ValidAccess = TOKEN_ALL_ACCESS,
        .PoolType = PagedPool,
        .BodySize = sizeof(SEP_TOKEN),
        .DispatcherOffset = ~0u,
    };
    NTSTATUS status = ObCreateObjectType(&initializer, &SepTokenObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));

    SepSystemToken = SepMakeToken(SepExports.SeLocalSystemSid, SepExports.SeAliasAdminsSid, SepExports.SeLocalSystemSid,
                                  SepExports.SeSystemMandatorySid, 0x3E7, 0);
    SepAdministratorToken = SepMakeToken(&SepUser, SepExports.SeAliasAdminsSid, &SepUserGroup, SepExports.SeHighMandatorySid, 0x10001, 1);
    SepAddGroup(SepAdministratorToken, SepExports.SeAliasUsersSid, SEP_GROUP);
    SepAddGroup(SepAdministratorToken, SepExports.SeInteractiveSid, SEP_GROUP);
    SepAddGroup(SepAdministratorToken, SepExports.SeLocalSid, SEP_GROUP);
    for (ULONG i = 0; i < RTL_NUMBER_OF(SepAdministratorPrivileges); i++) {
        SepSystemToken->Privileges[i].Luid = SepAdministratorToken->Privileges[i].Luid =
            RtlConvertLongToLuid(SepAdministratorPrivileges[i].Privilege);
        SepSystemToken->Privileges[i].Attributes = SEP_ENABLED;
        SepAdministratorToken->Privileges[i].Attributes = SepAdministratorPrivileges[i].Attributes;
    }
    SepSystemToken->PrivilegeCount = SepAdministratorToken->PrivilegeCount = RTL_NUMBER_OF(SepAdministratorPrivileges);
    SepSystemToken->Privileges[SepSystemToken->PrivilegeCount].Luid = RtlConvertLongToLuid(SE_TCB_PRIVILEGE);
    SepSystemToken->Privileges[SepSystemToken->PrivilegeCount++].Attributes = SEP_ENABLED;
}

/* NULL only before SeInitSystem. */
HANDLE NTAPI PsReferencePrimaryToken(PEPROCESS Process) {
    PSEP_TOKEN token =
        Process == NULL || Process == PsInitialSystemProcess || PsInitialSystemProcess == NULL ? SepSystemToken : SepAdministratorToken;
    if (token != NULL)
        ObfReferenceObject(token);
    return token;
}

VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken) { ObfDereferenceObject(PrimaryToken); }

/* No thread impersonates. */
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
    return NULL;
}

VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken) {
    if (ImpersonationToken != NULL)
        ObfDereferenceObject(ImpersonationToken);
}

TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token) { return TokenPrimary; }

BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token) { return SepHasSid(Token, SepExports.SeAliasAdminsSid, FALSE); }

BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token) { return FALSE; }

NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId) {
    *AuthenticationId = ((PSEP_TOKEN)Token)->AuthenticationId;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId) {
    *SessionId = ((PSEP_TOKEN)Token)->SessionId;
    return STATUS_SUCCESS;
}

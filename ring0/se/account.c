/*
 * Who there is on this machine, and the token that each begins with:
 *
 * System           NT AUTHORITY\SYSTEM, for the kernel
 * Administrator    member of Administrators, elevated: what "Run as administrator" gives
 * User             member of Users only: what a program gets that anybody has started
 *
 * Groups and privileges, and which of these are enabled from the start, are those that `whoami /all` shows on Windows 10 for such a user at the console.
 */
#include "se/sep.h"

/* S-1-5-21-1404000001-1404000002-1404000003-... */
#define SEP_MACHINE_SID(Name, Rid)                                                                                                                   \
    static struct {                                                                                                                                  \
        UCHAR Revision, SubAuthorityCount;                                                                                                           \
        SID_IDENTIFIER_AUTHORITY IdentifierAuthority;                                                                                                \
        ULONG SubAuthority[5];                                                                                                                       \
    } Name = {SID_REVISION, 5, {{0, 0, 0, 0, 0, 5}}, {21, 1404000001, 1404000002, 1404000003, Rid}}
#define SEP_KNOWN_SID(Name, Authority, Count, ...)                                                                                                   \
    static struct {                                                                                                                                  \
        UCHAR Revision, SubAuthorityCount;                                                                                                           \
        SID_IDENTIFIER_AUTHORITY IdentifierAuthority;                                                                                                \
        ULONG SubAuthority[Count];                                                                                                                   \
    } Name = {SID_REVISION, Count, {{0, 0, 0, 0, 0, Authority}}, {__VA_ARGS__}}

SEP_MACHINE_SID(SepAdministrator, 1001);
SEP_MACHINE_SID(SepPlainUser, 1002);
SEP_MACHINE_SID(SepNone, 513); /* the primary group of a local user */
SEP_KNOWN_SID(SepConsoleLogon, 2, 1, 1);
SEP_KNOWN_SID(SepThisOrganization, 5, 1, 15);
SEP_KNOWN_SID(SepLocalAccount, 5, 1, 113);
SEP_KNOWN_SID(SepLocalAdministrator, 5, 1, 114);
SEP_KNOWN_SID(SepNtlm, 5, 2, 64, 10);
SEP_KNOWN_SID(SepAdministratorLogon, 5, 3, 5, 0, 0x10001);
SEP_KNOWN_SID(SepPlainLogon, 5, 3, 5, 0, 0x10002);

#define SEP_ON     (SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT)
#define SEP_GROUP  (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define SEP_LABEL  (SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED)
#define SEP_LOGON  (SEP_GROUP | SE_GROUP_LOGON_ID)
#define SEP_NOBODY 0x3E6u /* ANONYMOUS_LOGON_LUID */
#define SEP_SYSTEM 0x3E7u /* SYSTEM_LUID */

typedef struct _SEP_PRIVILEGE_STATE {
    UCHAR Privilege;
    UCHAR Attributes;
} SEP_PRIVILEGE_STATE;

static const SEP_PRIVILEGE_STATE SepSystemPrivileges[] = {
    {SE_CREATE_TOKEN_PRIVILEGE, 0},
    {SE_ASSIGNPRIMARYTOKEN_PRIVILEGE, 0},
    {SE_LOCK_MEMORY_PRIVILEGE, SEP_ON},
    {SE_INCREASE_QUOTA_PRIVILEGE, 0},
    {SE_TCB_PRIVILEGE, SEP_ON},
    {SE_SECURITY_PRIVILEGE, SEP_ON},
    {SE_TAKE_OWNERSHIP_PRIVILEGE, SEP_ON},
    {SE_LOAD_DRIVER_PRIVILEGE, SEP_ON},
    {SE_SYSTEM_PROFILE_PRIVILEGE, SEP_ON},
    {SE_SYSTEMTIME_PRIVILEGE, 0},
    {SE_PROF_SINGLE_PROCESS_PRIVILEGE, SEP_ON},
    {SE_INC_BASE_PRIORITY_PRIVILEGE, SEP_ON},
    {SE_CREATE_PAGEFILE_PRIVILEGE, SEP_ON},
    {SE_CREATE_PERMANENT_PRIVILEGE, SEP_ON},
    {SE_BACKUP_PRIVILEGE, SEP_ON},
    {SE_RESTORE_PRIVILEGE, SEP_ON},
    {SE_SHUTDOWN_PRIVILEGE, 0},
    {SE_DEBUG_PRIVILEGE, SEP_ON},
    {SE_AUDIT_PRIVILEGE, SEP_ON},
    {SE_SYSTEM_ENVIRONMENT_PRIVILEGE, 0},
    {SE_CHANGE_NOTIFY_PRIVILEGE, SEP_ON},
    {SE_UNDOCK_PRIVILEGE, 0},
    {SE_MANAGE_VOLUME_PRIVILEGE, 0},
    {SE_IMPERSONATE_PRIVILEGE, SEP_ON},
    {SE_CREATE_GLOBAL_PRIVILEGE, SEP_ON},
    {SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE, 0},
    {SE_RELABEL_PRIVILEGE, 0},
    {SE_INC_WORKING_SET_PRIVILEGE, SEP_ON},
    {SE_TIME_ZONE_PRIVILEGE, SEP_ON},
    {SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, SEP_ON},
};
static const SEP_PRIVILEGE_STATE SepAdministratorPrivileges[] = {
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
    {SE_CHANGE_NOTIFY_PRIVILEGE, SEP_ON},
    {SE_REMOTE_SHUTDOWN_PRIVILEGE, 0},
    {SE_UNDOCK_PRIVILEGE, 0},
    {SE_MANAGE_VOLUME_PRIVILEGE, 0},
    {SE_IMPERSONATE_PRIVILEGE, SEP_ON},
    {SE_CREATE_GLOBAL_PRIVILEGE, SEP_ON},
    {SE_INC_WORKING_SET_PRIVILEGE, 0},
    {SE_TIME_ZONE_PRIVILEGE, 0},
    {SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, 0},
};
static const SEP_PRIVILEGE_STATE SepPlainPrivileges[] = {
    {SE_SHUTDOWN_PRIVILEGE, 0},        {SE_CHANGE_NOTIFY_PRIVILEGE, SEP_ON}, {SE_UNDOCK_PRIVILEGE, 0},
    {SE_INC_WORKING_SET_PRIVILEGE, 0}, {SE_TIME_ZONE_PRIVILEGE, 0},
};

PSEP_TOKEN SepSystemToken, SepAnonymousToken;
static PSEP_TOKEN SepAccountTokens[SE_ACCOUNT_COUNT];

typedef struct _SEP_ACCOUNT {
    ULONG Logon, Session, Elevation;
    BOOLEAN Elevated;
    CHAR Source[TOKEN_SOURCE_LENGTH];
    const SID_AND_ATTRIBUTES *Sids;
    ULONG SidCount;
    PSID Owner, PrimaryGroup;
    const SEP_PRIVILEGE_STATE *Privileges;
    ULONG PrivilegeCount;
    const ACCESS_MASK *Rights; /* of the default DACL's three entries */
    PSID Holders[3];           /* NULL: no such entry */
} SEP_ACCOUNT;

static PSEP_TOKEN SepMakeAccount(const SEP_ACCOUNT *Account) {
    UCHAR room[256];
    PACL dacl = (PACL)room;
    PSEP_TOKEN token;
    SEP_TOKEN template = {.AuthenticationId = {.LowPart = Account->Logon},
                          .OriginLogon = {.LowPart = SEP_SYSTEM},
                          .Type = TokenPrimary,
                          .Owner = Account->Owner,
                          .PrimaryGroup = Account->PrimaryGroup,
                          .PrivilegeCount = Account->PrivilegeCount,
                          .SessionId = Account->Session,
                          .ElevationType = Account->Elevation,
                          .Elevated = Account->Elevated,
                          .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN};
    RtlCopyMemory(template.Source.SourceName, Account->Source, TOKEN_SOURCE_LENGTH);
    for (ULONG i = 0; i < Account->PrivilegeCount; i++) {
        template.Privileges[i].Luid = RtlConvertLongToLuid(Account->Privileges[i].Privilege);
        template.Privileges[i].Attributes = Account->Privileges[i].Attributes;
    }
    RtlCreateAcl(dacl, sizeof(room), ACL_REVISION);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Account->Holders) && Account->Holders[i] != NULL; i++)
        RtlAddAccessAllowedAce(dacl, ACL_REVISION, Account->Rights[i], Account->Holders[i]);
    dacl->AclSize = (USHORT)(sizeof(*dacl));
    for (ULONG i = 0; i < RTL_NUMBER_OF(Account->Holders) && Account->Holders[i] != NULL; i++)
        dacl->AclSize += (USHORT)(FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Account->Holders[i]));
    SEP_TOKEN_LISTS lists = {.Sids = Account->Sids, .SidCount = Account->SidCount, .DefaultDacl = dacl};
    NTSTATUS status = SepBuildToken(&template, &lists, &token);
    NT_ASSERT_OURS(NT_SUCCESS(status));
    return token;
}

static VOID SepMakeAnonymous(VOID) {
    const SID_AND_ATTRIBUTES sids[] = {
        {SepExports.SeAnonymousLogonSid, 0}, {SepExports.SeWorldSid, SEP_GROUP}, {SepExports.SeUntrustedMandatorySid, SEP_LABEL}};
    static const ACCESS_MASK rights[] = {GENERIC_ALL, GENERIC_ALL};
    const SEP_ACCOUNT account = {.Logon = SEP_NOBODY,
                                 .Elevation = SEP_ELEVATION_DEFAULT,
                                 .Source = "*SYSTEM*",
                                 .Sids = sids,
                                 .SidCount = RTL_NUMBER_OF(sids),
                                 .Owner = SepExports.SeAnonymousLogonSid,
                                 .PrimaryGroup = SepExports.SeAnonymousLogonSid,
                                 .Rights = rights,
                                 .Holders = {SepExports.SeAnonymousLogonSid, SepExports.SeLocalSystemSid}};
    SepAnonymousToken = SepMakeAccount(&account);
    SepAnonymousToken->Type = TokenImpersonation;
    SepAnonymousToken->Level = SecurityImpersonation;
}

VOID SepCreateAccounts(VOID) {
    static const ACCESS_MASK systemRights[] = {GENERIC_ALL, GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL};
    static const ACCESS_MASK userRights[] = {GENERIC_ALL, GENERIC_ALL, GENERIC_READ | GENERIC_EXECUTE};
    const SID_AND_ATTRIBUTES system[] = {{SepExports.SeLocalSystemSid, 0},
                                         {SepExports.SeAliasAdminsSid, SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
                                         {SepExports.SeWorldSid, SEP_GROUP},
                                         {SepExports.SeAuthenticatedUsersSid, SEP_GROUP},
                                         {SepExports.SeSystemMandatorySid, SEP_LABEL}};
    const SID_AND_ATTRIBUTES administrator[] = {{&SepAdministrator, 0},
                                                {&SepNone, SEP_GROUP},
                                                {SepExports.SeWorldSid, SEP_GROUP},
                                                {&SepLocalAdministrator, SEP_GROUP},
                                                {SepExports.SeAliasAdminsSid, SEP_GROUP | SE_GROUP_OWNER},
                                                {SepExports.SeAliasUsersSid, SEP_GROUP},
                                                {SepExports.SeInteractiveSid, SEP_GROUP},
                                                {&SepConsoleLogon, SEP_GROUP},
                                                {SepExports.SeAuthenticatedUsersSid, SEP_GROUP},
                                                {&SepThisOrganization, SEP_GROUP},
                                                {&SepLocalAccount, SEP_GROUP},
                                                {&SepAdministratorLogon, SEP_LOGON},
                                                {SepExports.SeLocalSid, SEP_GROUP},
                                                {&SepNtlm, SEP_GROUP},
                                                {SepExports.SeHighMandatorySid, SEP_LABEL}};
    const SID_AND_ATTRIBUTES plain[] = {{&SepPlainUser, 0},
                                        {&SepNone, SEP_GROUP},
                                        {SepExports.SeWorldSid, SEP_GROUP},
                                        {SepExports.SeAliasUsersSid, SEP_GROUP},
                                        {SepExports.SeInteractiveSid, SEP_GROUP},
                                        {&SepConsoleLogon, SEP_GROUP},
                                        {SepExports.SeAuthenticatedUsersSid, SEP_GROUP},
                                        {&SepThisOrganization, SEP_GROUP},
                                        {&SepLocalAccount, SEP_GROUP},
                                        {&SepPlainLogon, SEP_LOGON},
                                        {SepExports.SeLocalSid, SEP_GROUP},
                                        {&SepNtlm, SEP_GROUP},
                                        {SepExports.SeMediumMandatorySid, SEP_LABEL}};
    const SEP_ACCOUNT accounts[SE_ACCOUNT_COUNT] = {
        [SeAccountSystem] = {SEP_SYSTEM,
                             0,
                             SEP_ELEVATION_DEFAULT,
                             TRUE,
                             "*SYSTEM*",
                             system,
                             RTL_NUMBER_OF(system),
                             SepExports.SeAliasAdminsSid,
                             SepExports.SeLocalSystemSid,
                             SepSystemPrivileges,
                             RTL_NUMBER_OF(SepSystemPrivileges),
                             systemRights,
                             {SepExports.SeLocalSystemSid, SepExports.SeAliasAdminsSid}},
        [SeAccountAdministrator] = {0x10001,
                                    1,
                                    SEP_ELEVATION_FULL,
                                    TRUE,
                                    "User32 ",
                                    administrator,
                                    RTL_NUMBER_OF(administrator),
                                    SepExports.SeAliasAdminsSid,
                                    &SepNone,
                                    SepAdministratorPrivileges,
                                    RTL_NUMBER_OF(SepAdministratorPrivileges),
                                    userRights,
                                    {SepExports.SeAliasAdminsSid, SepExports.SeLocalSystemSid, &SepAdministratorLogon}},
        [SeAccountUser] = {0x10002,
                           1,
                           SEP_ELEVATION_DEFAULT,
                           FALSE,
                           "User32 ",
                           plain,
                           RTL_NUMBER_OF(plain),
                           &SepPlainUser,
                           &SepNone,
                           SepPlainPrivileges,
                           RTL_NUMBER_OF(SepPlainPrivileges),
                           userRights,
                           {&SepPlainUser, SepExports.SeLocalSystemSid, &SepPlainLogon}},
    };
    for (ULONG i = 0; i < SE_ACCOUNT_COUNT; i++) {
        SepAccountTokens[i] = SepMakeAccount(&accounts[i]);
        if (i == SeAccountSystem)
            SepSystemToken = SepAccountTokens[i];
    }
    SepMakeAnonymous();
}

NTSTATUS SeCreateAccountToken(SE_ACCOUNT Account, PACCESS_TOKEN *Token) {
    PSEP_TOKEN token = SepAccountTokens[Account];
    return SepDuplicateToken(token, TokenPrimary, SecurityAnonymous, FALSE, (PSEP_TOKEN *)Token);
}

NTSTATUS SeCopyPrimaryToken(PACCESS_TOKEN Token, PACCESS_TOKEN *Copy) {
    return SepDuplicateToken(Token, TokenPrimary, SecurityAnonymous, FALSE, (PSEP_TOKEN *)Copy);
}

VOID SeInitSystem(VOID) {
    SepCreateTokenType();
    SepCreateAccounts();
    ObpSecureNamespace(SepSystemToken);
}

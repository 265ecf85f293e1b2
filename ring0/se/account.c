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
    UCHAR Room[256];
    PACL Dacl = (PACL)Room;
    PSEP_TOKEN Token;
    SEP_TOKEN Template = {.AuthenticationId = {.LowPart = Account->Logon},
                          .OriginLogon = {.LowPart = SEP_SYSTEM},
                          .Type = TokenPrimary,
                          .Owner = Account->Owner,
                          .PrimaryGroup = Account->PrimaryGroup,
                          .PrivilegeCount = Account->PrivilegeCount,
                          .SessionId = Account->Session,
                          .ElevationType = Account->Elevation,
                          .Elevated = Account->Elevated,
                          .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN};
    RtlCopyMemory(Template.Source.SourceName, Account->Source, TOKEN_SOURCE_LENGTH);
    for (ULONG I = 0; I < Account->PrivilegeCount; I++) {
        Template.Privileges[I].Luid = RtlConvertLongToLuid(Account->Privileges[I].Privilege);
        Template.Privileges[I].Attributes = Account->Privileges[I].Attributes;
    }
    RtlCreateAcl(Dacl, sizeof(Room), ACL_REVISION);
    for (ULONG I = 0; I < RTL_NUMBER_OF(Account->Holders) && Account->Holders[I] != NULL; I++)
        RtlAddAccessAllowedAce(Dacl, ACL_REVISION, Account->Rights[I], Account->Holders[I]);
    Dacl->AclSize = (USHORT)(sizeof(*Dacl));
    for (ULONG I = 0; I < RTL_NUMBER_OF(Account->Holders) && Account->Holders[I] != NULL; I++)
        Dacl->AclSize += (USHORT)(FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Account->Holders[I]));
    SEP_TOKEN_LISTS Lists = {.Sids = Account->Sids, .SidCount = Account->SidCount, .DefaultDacl = Dacl};
    NTSTATUS Status = SepBuildToken(&Template, &Lists, &Token);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
    return Token;
}

static VOID SepMakeAnonymous(VOID) {
    const SID_AND_ATTRIBUTES Sids[] = {
        {SepExports.SeAnonymousLogonSid, 0}, {SepExports.SeWorldSid, SEP_GROUP}, {SepExports.SeUntrustedMandatorySid, SEP_LABEL}};
    static const ACCESS_MASK Rights[] = {GENERIC_ALL, GENERIC_ALL};
    const SEP_ACCOUNT Account = {.Logon = SEP_NOBODY,
                                 .Elevation = SEP_ELEVATION_DEFAULT,
                                 .Source = "*SYSTEM*",
                                 .Sids = Sids,
                                 .SidCount = RTL_NUMBER_OF(Sids),
                                 .Owner = SepExports.SeAnonymousLogonSid,
                                 .PrimaryGroup = SepExports.SeAnonymousLogonSid,
                                 .Rights = Rights,
                                 .Holders = {SepExports.SeAnonymousLogonSid, SepExports.SeLocalSystemSid}};
    SepAnonymousToken = SepMakeAccount(&Account);
    SepAnonymousToken->Type = TokenImpersonation;
    SepAnonymousToken->Level = SecurityImpersonation;
}

VOID SepCreateAccounts(VOID) {
    static const ACCESS_MASK SystemRights[] = {GENERIC_ALL, GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL};
    static const ACCESS_MASK UserRights[] = {GENERIC_ALL, GENERIC_ALL, GENERIC_READ | GENERIC_EXECUTE};
    const SID_AND_ATTRIBUTES System[] = {{SepExports.SeLocalSystemSid, 0},
                                         {SepExports.SeAliasAdminsSid, SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
                                         {SepExports.SeWorldSid, SEP_GROUP},
                                         {SepExports.SeAuthenticatedUsersSid, SEP_GROUP},
                                         {SepExports.SeSystemMandatorySid, SEP_LABEL}};
    const SID_AND_ATTRIBUTES Administrator[] = {{&SepAdministrator, 0},
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
    const SID_AND_ATTRIBUTES Plain[] = {{&SepPlainUser, 0},
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
    const SEP_ACCOUNT Accounts[SE_ACCOUNT_COUNT] = {
        [SeAccountSystem] = {SEP_SYSTEM,
                             0,
                             SEP_ELEVATION_DEFAULT,
                             TRUE,
                             "*SYSTEM*",
                             System,
                             RTL_NUMBER_OF(System),
                             SepExports.SeAliasAdminsSid,
                             SepExports.SeLocalSystemSid,
                             SepSystemPrivileges,
                             RTL_NUMBER_OF(SepSystemPrivileges),
                             SystemRights,
                             {SepExports.SeLocalSystemSid, SepExports.SeAliasAdminsSid}},
        [SeAccountAdministrator] = {0x10001,
                                    1,
                                    SEP_ELEVATION_FULL,
                                    TRUE,
                                    "User32 ",
                                    Administrator,
                                    RTL_NUMBER_OF(Administrator),
                                    SepExports.SeAliasAdminsSid,
                                    &SepNone,
                                    SepAdministratorPrivileges,
                                    RTL_NUMBER_OF(SepAdministratorPrivileges),
                                    UserRights,
                                    {SepExports.SeAliasAdminsSid, SepExports.SeLocalSystemSid, &SepAdministratorLogon}},
        [SeAccountUser] = {0x10002,
                           1,
                           SEP_ELEVATION_DEFAULT,
                           FALSE,
                           "User32 ",
                           Plain,
                           RTL_NUMBER_OF(Plain),
                           &SepPlainUser,
                           &SepNone,
                           SepPlainPrivileges,
                           RTL_NUMBER_OF(SepPlainPrivileges),
                           UserRights,
                           {&SepPlainUser, SepExports.SeLocalSystemSid, &SepPlainLogon}},
    };
    for (ULONG I = 0; I < SE_ACCOUNT_COUNT; I++) {
        SepAccountTokens[I] = SepMakeAccount(&Accounts[I]);
        if (I == SeAccountSystem)
            SepSystemToken = SepAccountTokens[I];
    }
    SepMakeAnonymous();
}

NTSTATUS SeCreateAccountToken(SE_ACCOUNT Account, PACCESS_TOKEN *Token) {
    PSEP_TOKEN Kept = SepAccountTokens[Account];
    return SepDuplicateToken(Kept, TokenPrimary, SecurityAnonymous, FALSE, (PSEP_TOKEN *)Token);
}

NTSTATUS SeCopyPrimaryToken(PACCESS_TOKEN Token, PACCESS_TOKEN *Copy) {
    return SepDuplicateToken(Token, TokenPrimary, SecurityAnonymous, FALSE, (PSEP_TOKEN *)Copy);
}

VOID SeInitSystem(VOID) {
    SepCreateTokenType();
    SepCreateAccounts();
    ObpSecureNamespace(SepSystemToken);
}

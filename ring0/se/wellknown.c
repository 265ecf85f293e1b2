/* Well-known identifiers and privileges: what SeExports points at. */
#include "se/sep.h"

/* An identifier with its values in place: SEP_SID(name, authority, count, values...). */
#define SEP_SID(Name, Authority, Count, ...)                                                                                                         \
    static struct {                                                                                                                                  \
        UCHAR Revision, SubAuthorityCount;                                                                                                           \
        SID_IDENTIFIER_AUTHORITY IdentifierAuthority;                                                                                                \
        ULONG SubAuthority[Count];                                                                                                                   \
    } Name = {SID_REVISION, Count, {{0, 0, 0, 0, 0, Authority}}, {__VA_ARGS__}}

SEP_SID(SepNull, 0, 1, 0);
SEP_SID(SepWorld, 1, 1, 0);
SEP_SID(SepLocal, 2, 1, 0);
SEP_SID(SepCreatorOwner, 3, 1, 0);
SEP_SID(SepCreatorGroup, 3, 1, 1);
SEP_SID(SepOwnerRights, 3, 1, 4);
static struct {
    UCHAR Revision, SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
} SepNtAuthority = {SID_REVISION, 0, {{0, 0, 0, 0, 0, 5}}};
SEP_SID(SepDialup, 5, 1, 1);
SEP_SID(SepNetwork, 5, 1, 2);
SEP_SID(SepBatch, 5, 1, 3);
SEP_SID(SepInteractive, 5, 1, 4);
SEP_SID(SepAnonymous, 5, 1, 7);
SEP_SID(SepAuthenticated, 5, 1, 11);
SEP_SID(SepRestricted, 5, 1, 12);
SEP_SID(SepIUser, 5, 1, 17);
SEP_SID(SepLocalSystem, 5, 1, 18);
SEP_SID(SepLocalService, 5, 1, 19);
SEP_SID(SepNetworkService, 5, 1, 20);
SEP_SID(SepAdmins, 5, 2, 32, 544);
SEP_SID(SepUsers, 5, 2, 32, 545);
SEP_SID(SepGuests, 5, 2, 32, 546);
SEP_SID(SepPowerUsers, 5, 2, 32, 547);
SEP_SID(SepAccountOps, 5, 2, 32, 548);
SEP_SID(SepSystemOps, 5, 2, 32, 549);
SEP_SID(SepPrintOps, 5, 2, 32, 550);
SEP_SID(SepBackupOps, 5, 2, 32, 551);
SEP_SID(SepUntrusted, 16, 1, 0);
SEP_SID(SepLow, 16, 1, 0x1000);
SEP_SID(SepMedium, 16, 1, 0x2000);
SEP_SID(SepHigh, 16, 1, 0x3000);
SEP_SID(SepSystemLevel, 16, 1, 0x4000);

#define SEP_PRIVILEGE(Value) {.LowPart = (Value), .HighPart = 0}

SE_EXPORTS SepExports = {
    .SeCreateTokenPrivilege = SEP_PRIVILEGE(SE_CREATE_TOKEN_PRIVILEGE),
    .SeAssignPrimaryTokenPrivilege = SEP_PRIVILEGE(SE_ASSIGNPRIMARYTOKEN_PRIVILEGE),
    .SeLockMemoryPrivilege = SEP_PRIVILEGE(SE_LOCK_MEMORY_PRIVILEGE),
    .SeIncreaseQuotaPrivilege = SEP_PRIVILEGE(SE_INCREASE_QUOTA_PRIVILEGE),
    .SeUnsolicitedInputPrivilege = SEP_PRIVILEGE(6),
    .SeTcbPrivilege = SEP_PRIVILEGE(SE_TCB_PRIVILEGE),
    .SeSecurityPrivilege = SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE),
    .SeTakeOwnershipPrivilege = SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE),
    .SeLoadDriverPrivilege = SEP_PRIVILEGE(SE_LOAD_DRIVER_PRIVILEGE),
    .SeCreatePagefilePrivilege = SEP_PRIVILEGE(SE_CREATE_PAGEFILE_PRIVILEGE),
    .SeIncreaseBasePriorityPrivilege = SEP_PRIVILEGE(SE_INC_BASE_PRIORITY_PRIVILEGE),
    .SeSystemProfilePrivilege = SEP_PRIVILEGE(SE_SYSTEM_PROFILE_PRIVILEGE),
    .SeSystemtimePrivilege = SEP_PRIVILEGE(SE_SYSTEMTIME_PRIVILEGE),
    .SeProfileSingleProcessPrivilege = SEP_PRIVILEGE(SE_PROF_SINGLE_PROCESS_PRIVILEGE),
    .SeCreatePermanentPrivilege = SEP_PRIVILEGE(SE_CREATE_PERMANENT_PRIVILEGE),
    .SeBackupPrivilege = SEP_PRIVILEGE(SE_BACKUP_PRIVILEGE),
    .SeRestorePrivilege = SEP_PRIVILEGE(SE_RESTORE_PRIVILEGE),
    .SeShutdownPrivilege = SEP_PRIVILEGE(SE_SHUTDOWN_PRIVILEGE),
    .SeDebugPrivilege = SEP_PRIVILEGE(SE_DEBUG_PRIVILEGE),
    .SeAuditPrivilege = SEP_PRIVILEGE(SE_AUDIT_PRIVILEGE),
    .SeSystemEnvironmentPrivilege = SEP_PRIVILEGE(SE_SYSTEM_ENVIRONMENT_PRIVILEGE),
    .SeChangeNotifyPrivilege = SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE),
    .SeRemoteShutdownPrivilege = SEP_PRIVILEGE(SE_REMOTE_SHUTDOWN_PRIVILEGE),
    .SeNullSid = &SepNull,
    .SeWorldSid = &SepWorld,
    .SeLocalSid = &SepLocal,
    .SeCreatorOwnerSid = &SepCreatorOwner,
    .SeCreatorGroupSid = &SepCreatorGroup,
    .SeNtAuthoritySid = &SepNtAuthority,
    .SeDialupSid = &SepDialup,
    .SeNetworkSid = &SepNetwork,
    .SeBatchSid = &SepBatch,
    .SeInteractiveSid = &SepInteractive,
    .SeLocalSystemSid = &SepLocalSystem,
    .SeAliasAdminsSid = &SepAdmins,
    .SeAliasUsersSid = &SepUsers,
    .SeAliasGuestsSid = &SepGuests,
    .SeAliasPowerUsersSid = &SepPowerUsers,
    .SeAliasAccountOpsSid = &SepAccountOps,
    .SeAliasSystemOpsSid = &SepSystemOps,
    .SeAliasPrintOpsSid = &SepPrintOps,
    .SeAliasBackupOpsSid = &SepBackupOps,
    .SeAuthenticatedUsersSid = &SepAuthenticated,
    .SeRestrictedSid = &SepRestricted,
    .SeAnonymousLogonSid = &SepAnonymous,
    .SeUndockPrivilege = SEP_PRIVILEGE(SE_UNDOCK_PRIVILEGE),
    .SeSyncAgentPrivilege = SEP_PRIVILEGE(SE_SYNC_AGENT_PRIVILEGE),
    .SeEnableDelegationPrivilege = SEP_PRIVILEGE(SE_ENABLE_DELEGATION_PRIVILEGE),
    .SeLocalServiceSid = &SepLocalService,
    .SeNetworkServiceSid = &SepNetworkService,
    .SeManageVolumePrivilege = SEP_PRIVILEGE(SE_MANAGE_VOLUME_PRIVILEGE),
    .SeImpersonatePrivilege = SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE),
    .SeCreateGlobalPrivilege = SEP_PRIVILEGE(SE_CREATE_GLOBAL_PRIVILEGE),
    .SeTrustedCredManAccessPrivilege = SEP_PRIVILEGE(SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE),
    .SeRelabelPrivilege = SEP_PRIVILEGE(SE_RELABEL_PRIVILEGE),
    .SeIncreaseWorkingSetPrivilege = SEP_PRIVILEGE(SE_INC_WORKING_SET_PRIVILEGE),
    .SeTimeZonePrivilege = SEP_PRIVILEGE(SE_TIME_ZONE_PRIVILEGE),
    .SeCreateSymbolicLinkPrivilege = SEP_PRIVILEGE(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE),
    .SeIUserSid = &SepIUser,
    .SeUntrustedMandatorySid = &SepUntrusted,
    .SeLowMandatorySid = &SepLow,
    .SeMediumMandatorySid = &SepMedium,
    .SeHighMandatorySid = &SepHigh,
    .SeSystemMandatorySid = &SepSystemLevel,
    .SeOwnerRightsSid = &SepOwnerRights,
};
PSE_EXPORTS SeExports = &SepExports;

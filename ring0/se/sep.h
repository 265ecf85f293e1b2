/* What only se/ knows: tokens' insides, well-known identifiers, readers of descriptors of either form. */
#pragma once
#include "ke/ke.h"
#include "ob/ob.h"
#include "ps/ps.h"
#include "se/se.h"

#define SEP_TAG            'eSoR'
#define SEP_MAX_GROUPS     8u
#define SEP_MAX_PRIVILEGES 24u

/* SID_AND_ATTRIBUTES.Attributes (winnt.h; the DDK headers leave them out) */
#define SE_GROUP_MANDATORY          0x01u
#define SE_GROUP_ENABLED_BY_DEFAULT 0x02u
#define SE_GROUP_ENABLED            0x04u
#define SE_GROUP_OWNER              0x08u
#define SE_GROUP_USE_FOR_DENY_ONLY  0x10u
#define SE_GROUP_INTEGRITY          0x20u
#define SE_GROUP_INTEGRITY_ENABLED  0x40u

typedef struct _SEP_TOKEN { /* body of a Token */
    LUID TokenId, AuthenticationId, ModifiedId;
    PSID User;
    SID_AND_ATTRIBUTES Groups[SEP_MAX_GROUPS]; /* of the well-known ones below: never freed */
    ULONG GroupCount;
    PSID Owner, PrimaryGroup, IntegrityLevel;
    LUID_AND_ATTRIBUTES Privileges[SEP_MAX_PRIVILEGES];
    ULONG PrivilegeCount;
    ULONG SessionId;
} SEP_TOKEN, *PSEP_TOKEN;

extern PSEP_TOKEN SepSystemToken, SepAdministratorToken;

/* ---- descriptor.c ---- */
PSID SepOwner(PSECURITY_DESCRIPTOR Descriptor);
PSID SepGroup(PSECURITY_DESCRIPTOR Descriptor);
PACL SepDacl(PSECURITY_DESCRIPTOR Descriptor); /* NULL: none, or a NULL one: all is allowed */
PACL SepSacl(PSECURITY_DESCRIPTOR Descriptor);

/* ---- acl.c ---- */
BOOLEAN SepValidAcl(PACL Acl); /* revision, and every ACE within it */

/* ---- token.c ---- */
BOOLEAN SepHasSid(PSEP_TOKEN Token, PSID Sid, BOOLEAN ForDenial);
BOOLEAN SepHasPrivilege(PSEP_TOKEN Token, LUID Privilege);
extern SE_EXPORTS SepExports;

/* Exports and services that the DDK headers do not declare. */
NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle);
BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
BOOLEAN NTAPI RtlValidAcl(PACL Acl);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);

/* What only se/ knows: tokens' insides, well-known identifiers, readers of descriptors of either form. */
#pragma once
#include "ke/ke.h"
#include "ob/ob.h"
#include "ps/ps.h"
#include "se/parts.h"
#include "se/se.h"

#define SEP_TAG            'eSoR'
#define SEP_MAX_SIDS       256u /* a token's user, groups and restricting SIDs */
#define SEP_MAX_PRIVILEGES 36u

/* SID_AND_ATTRIBUTES.Attributes (winnt.h; the DDK headers leave them out) */
#define SE_GROUP_MANDATORY          0x01u
#define SE_GROUP_ENABLED_BY_DEFAULT 0x02u
#define SE_GROUP_ENABLED            0x04u
#define SE_GROUP_OWNER              0x08u
#define SE_GROUP_USE_FOR_DENY_ONLY  0x10u
#define SE_GROUP_INTEGRITY          0x20u
#define SE_GROUP_INTEGRITY_ENABLED  0x40u
#define SE_GROUP_LOGON_ID           0xC0000000u

#ifndef SYSTEM_MANDATORY_LABEL_ACE_TYPE
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11
#endif
#ifndef SYSTEM_MANDATORY_LABEL_NO_WRITE_UP
#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP   0x1
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP    0x2
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 0x4
#endif

/* TOKEN_ELEVATION_TYPE */
#define SEP_ELEVATION_DEFAULT 1u
#define SEP_ELEVATION_FULL    2u

typedef struct _SEP_TOKEN { /* body of a Token */
    LUID TokenId, ParentTokenId, AuthenticationId, ModifiedId, OriginLogon;
    TOKEN_SOURCE Source;
    TOKEN_TYPE Type;
    SECURITY_IMPERSONATION_LEVEL Level; /* of an impersonation token */
    PSID_AND_ATTRIBUTES Sids;           /* pool, with the SIDs behind it: the user, then the groups; the label is the last of them */
    PSID_AND_ATTRIBUTES Restricted;     /* in the same block */
    ULONG SidCount, RestrictedCount;
    PSID Owner, PrimaryGroup; /* among Sids */
    PACL DefaultDacl;         /* pool; NULL: none */
    LUID_AND_ATTRIBUTES Privileges[SEP_MAX_PRIVILEGES];
    ULONG PrivilegeCount;
    ULONG SessionId, ElevationType, MandatoryPolicy;
    BOOLEAN Elevated, WriteRestricted, SandboxInert, UIAccess;
} SEP_TOKEN, *PSEP_TOKEN;

static inline PSID SepUserOf(PSEP_TOKEN Token) { return Token->Sids[0].Sid; }
static inline PSID SepLabelOf(PSEP_TOKEN Token) { return Token->Sids[Token->SidCount - 1].Sid; }
/* 0 untrusted, 1000h low, 2000h medium, 3000h high, 4000h system. */
ULONG SepIntegrity(PSID Label);

extern PSEP_TOKEN SepSystemToken;
extern PSEP_TOKEN SepAnonymousToken; /* an impersonation token */

/* ---- token.c ---- */
/* What a token is made from: fixed fields, owner, primary group and privileges from Template (Privileges may be replaced), lists from here. */
typedef struct _SEP_TOKEN_LISTS {
    const SID_AND_ATTRIBUTES *Sids; /* the label last */
    ULONG SidCount;
    const SID_AND_ATTRIBUTES *Restricted;
    ULONG RestrictedCount;
    PACL DefaultDacl; /* may be NULL */
} SEP_TOKEN_LISTS;
/* A new token, referenced; its ids are new but AuthenticationId. Owner and PrimaryGroup of Template that are not among the SIDs become the user.
   STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS SepBuildToken(const SEP_TOKEN *Template, const SEP_TOKEN_LISTS *Lists, PSEP_TOKEN *New);
/* EffectiveOnly: what is not enabled is left out. */
NTSTATUS SepDuplicateToken(PSEP_TOKEN Token, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL Level, BOOLEAN EffectiveOnly, PSEP_TOKEN *New);
VOID SepCreateTokenType(VOID);
VOID SepDeleteToken(PVOID Object);
LUID SepNewLuid(VOID);
ULONG SepSidIndex(PSEP_TOKEN Token, PSID Sid); /* among user and groups; SidCount: not there */

/* ---- tokenquery.c ---- */
#define SEP_TOKEN_IS_APP_CONTAINER       29
#define SEP_TOKEN_IS_RESTRICTED          40
#define SEP_INFORMATION_WRITE_RESTRICTED 0x8u                                                           /* TOKEN_ACCESS_INFORMATION.Flags */
NTSTATUS SepReferenceToken(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PSEP_TOKEN *Token); /* for services; pseudo handles too */

/* ---- tokenset.c: lists of callers as pool (ExFreePoolWithTag); NULL stays NULL ---- */
NTSTATUS SepCaptureGroups(PTOKEN_GROUPS Groups, KPROCESSOR_MODE Mode, PTOKEN_GROUPS *Captured);
NTSTATUS SepCapturePrivileges(PTOKEN_PRIVILEGES Privileges, KPROCESSOR_MODE Mode, PTOKEN_PRIVILEGES *Captured);

/* ---- capture.c ---- */
NTSTATUS SepCaptureAcl(PACL Source, KPROCESSOR_MODE Mode, PACL *Copy); /* pool (SEP_TAG) */

/* ---- account.c ---- */
VOID SepCreateAccounts(VOID);

/* ---- access.c ---- */
BOOLEAN SepHasSid(PSEP_TOKEN Token, PSID Sid, BOOLEAN ForDenial);
BOOLEAN SepIsLabel(PACE_HEADER Ace); /* is the SID of a label entry within it one with an integrity level? */
/* The algorithm itself, for a caller of user mode. *Privileges (may be NULL) becomes the privileges that were used, for SeFreePrivileges, and is left
   alone if none was. STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD. */
NTSTATUS SepCheckAccess(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGranted,
                        PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING Mapping, PACCESS_MASK GrantedAccess);

/* ---- assign.c ---- */
/* As SeAssignSecurityEx (Flags: SEF_...), for a creator with that token. Label: policy of the label that the object gets if none is given or passed on;
   0: only what a token of low integrity makes gets one. STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD, STATUS_INVALID_LABEL, STATUS_INVALID_ACL. */
NTSTATUS SepAssignSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, BOOLEAN IsContainer, PSEP_TOKEN Token, ULONG Flags,
                           ULONG Label, PGENERIC_MAPPING Mapping, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *New);
NTSTATUS SepCheckSacl(PSEP_TOKEN Token, PACL Sacl); /* may a caller with that token set it? */

/* ---- subject.c ---- */
BOOLEAN SepHasPrivilege(PSEP_TOKEN Token, LUID Privilege);             /* has it, and it is enabled */
BOOLEAN SepCheckPrivileges(PSEP_TOKEN Token, PPRIVILEGE_SET Required); /* marks those that are held */
extern SE_EXPORTS SepExports;

/* Exports and services that the DDK headers do not declare. */
NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle);
BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping,
                             PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus);
BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token);
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT SubjectContext);

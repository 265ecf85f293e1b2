/*
 * Security: who runs (tokens), what an object allows (descriptors), and whether the two fit (access checks).
 *
 * A process has a token (EPROCESS.Token), a copy of that of the process that made it; a thread may act with another one for a while
 * (ETHREAD.ImpersonationToken). What user mode opens is checked against the object's descriptor; kernel mode passes unless it asks for the check.
 */
#pragma once
#include "nt/nt.h"

/* Behind ACCESS_STATE.AuxData; the first two fields are where Windows has them. */
typedef struct _SEP_AUX_DATA {
    PPRIVILEGE_SET PrivilegesUsed;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK AccessesToAudit;
    ACCESS_MASK MaximumAuditMask;
} SEP_AUX_DATA, *PSEP_AUX_DATA;

VOID SeInitSystem(VOID); /* type Token, the accounts' tokens; gives the namespace its descriptors. After ObInitSystem */

typedef enum _SE_ACCOUNT { SeAccountAdministrator, SeAccountUser, SeAccountSystem, SE_ACCOUNT_COUNT } SE_ACCOUNT; /* hal_program.account */
/* A primary token of its own for a process that nobody but the kernel starts; referenced. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS SeCreateAccountToken(SE_ACCOUNT Account, PACCESS_TOKEN *Token);
PACCESS_TOKEN SeSystemToken(VOID); /* NULL before SeInitSystem; not referenced */
/* May a process with that primary token act with Token at Level? With its privilege to impersonate, as the same user, or at a level that gives no rights
   ("Impersonate a client after authentication"). */
BOOLEAN SeMayImpersonate(PACCESS_TOKEN Primary, PACCESS_TOKEN Token, SECURITY_IMPERSONATION_LEVEL Level);
NTSTATUS SeCopyForIdentification(PACCESS_TOKEN Token, BOOLEAN EffectiveOnly, PACCESS_TOKEN *Copy);
SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token);
BOOLEAN SeIsChildToken(PACCESS_TOKEN Token, PACCESS_TOKEN Parent); /* was Token filtered out of Parent? */
/* A copy of a process's token for a child of it. */
NTSTATUS SeCopyPrimaryToken(PACCESS_TOKEN Token, PACCESS_TOKEN *Copy);
/* SepAssignSecurity for the object manager: of kernel mode, owner and SACL are taken as they are. The descriptor is pool (ExFreePool). */
NTSTATUS SeAssignForObject(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, BOOLEAN IsContainer, PACCESS_TOKEN Token, KPROCESSOR_MODE Mode,
                           ULONG Label, PGENERIC_MAPPING Mapping, PSECURITY_DESCRIPTOR *New);

/* Fills a caller's ACCESS_STATE for the current thread. Mapping (may be NULL) maps generic rights in DesiredAccess. Aux: a caller's
   SEP_AUX_DATA, living as long. Undone by SepDeleteAccessState. PASSIVE_LEVEL. */
NTSTATUS SepCreateAccessState(PACCESS_STATE AccessState, PVOID Aux, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING Mapping);
VOID SepDeleteAccessState(PACCESS_STATE AccessState);

/* A self-relative pool copy of a caller's descriptor, absolute or self-relative; probed when Mode is UserMode. Freed with ExFreePool.
   STATUS_INVALID_SECURITY_DESCR, STATUS_UNKNOWN_REVISION, STATUS_INVALID_ACL, STATUS_INVALID_SID. */
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                           PSECURITY_DESCRIPTOR *Captured);
NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode, BOOLEAN CaptureIfKernel);

/* A self-relative pool copy (ExFreePool) of Old with the parts that Information (SECURITY_INFORMATION) names taken from Given; both self-relative, or NULL:
   one without parts. STATUS_INVALID_OWNER and STATUS_INVALID_PRIMARY_GROUP when Given has none, unless SEP_ABSENT_PARTS_ALLOWED. */
#define SEP_ABSENT_PARTS_ALLOWED 0x01000000u /* beside the SECURITY_INFORMATION bits */
NTSTATUS SepMergeDescriptors(PSECURITY_DESCRIPTOR Old, PSECURITY_DESCRIPTOR Given, ULONG Information, PSECURITY_DESCRIPTOR *Merged);
/* May the current thread set these parts? Its owner must be one that its token may name, and what audits or raises a label takes privileges. Of
   KernelMode everything. STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD, STATUS_INVALID_LABEL. */
NTSTATUS SeCheckNewParts(PSECURITY_DESCRIPTOR Given, SECURITY_INFORMATION Information, KPROCESSOR_MODE Mode);
/* Generic rights in the DACL become those that they mean for a type, but in entries that are only passed on. */
VOID SeMapDescriptor(PSECURITY_DESCRIPTOR Descriptor, PGENERIC_MAPPING Mapping);
/* A valid descriptor as SDDL, terminated, cut when the buffer is too small. Returns the length of all of it, without the zero. Size may be 0. */
ULONG SeFormatDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSTR Buffer, ULONG Size);
/* The other way: pool (ExFreePool). STATUS_INVALID_SECURITY_DESCR. */
NTSTATUS SeParseDescriptor(PCWSTR Text, PSECURITY_DESCRIPTOR *Descriptor);
/* "\\REGISTRY\\USER\\S-1-5-18" for the user that the current thread acts for; pool, for RtlFreeUnicodeString. PASSIVE_LEVEL. */
NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING KeyPath);

extern POBJECT_TYPE SepTokenObjectType; /* exported as SeTokenObjectType */

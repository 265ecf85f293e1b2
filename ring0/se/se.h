/*
 * Security: who runs (tokens), what an object allows (descriptors), and whether the two fit (access checks).
 *
 * There are two tokens: System's, and an elevated administrator's that all programs share. Nothing impersonates.
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

VOID SeInitSystem(VOID); /* type Token, both tokens, SeExports' SIDs; after ObInitSystem, before the first program runs */

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
/* A valid descriptor as SDDL, terminated, cut when the buffer is too small. Returns the length of all of it, without the zero. Size may be 0. */
ULONG SeFormatDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSTR Buffer, ULONG Size);
/* "\\REGISTRY\\USER\\S-1-5-18" for the current process's user; pool, for RtlFreeUnicodeString. PASSIVE_LEVEL. */
NTSTATUS NTAPI RtlFormatCurrentUserKeyPath(PUNICODE_STRING KeyPath);

extern POBJECT_TYPE SepTokenObjectType; /* exported as SeTokenObjectType */

/* SIDs, ACLs and descriptors as data: what se/ and ntdll.dll share (ring3/ntdll/shared.mk). */
#pragma once
#include "nt/nt.h"

/* ---- acl.c ---- */
BOOLEAN SepValidAcl(PACL Acl); /* revision, and every ACE within it */

/* ---- descriptor.c ---- */
PSID SepOwner(PSECURITY_DESCRIPTOR Descriptor);
PSID SepGroup(PSECURITY_DESCRIPTOR Descriptor);
PACL SepDacl(PSECURITY_DESCRIPTOR Descriptor); /* NULL: none, or a NULL one: all is allowed */
PACL SepSacl(PSECURITY_DESCRIPTOR Descriptor);

/* Exports that the DDK headers do not declare. */
BOOLEAN NTAPI RtlValidAcl(PACL Acl);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);

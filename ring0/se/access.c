/*
 * Is it allowed: SeAccessCheck's algorithm ([MS-DTYP] 2.5.3.2 and 2.5.3.3; "How AccessCheck Works", "Mandatory Integrity Control", "Restricted Tokens").
 *
 * The entries of a DACL are read once, in their order: the first that speaks of a right decides it. Integrity then takes rights away, whatever the
 * DACL says; and of a restricted token both what its groups get and what its restricting SIDs get must include a right.
 */
#include "se/sep.h"

VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, PGENERIC_MAPPING GenericMapping) {
    ACCESS_MASK mask = *AccessMask;
    if (mask & GENERIC_READ)
        mask |= GenericMapping->GenericRead;
    if (mask & GENERIC_WRITE)
        mask |= GenericMapping->GenericWrite;
    if (mask & GENERIC_EXECUTE)
        mask |= GenericMapping->GenericExecute;
    if (mask & GENERIC_ALL)
        mask |= GenericMapping->GenericAll;
    *AccessMask = mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (DesiredAccess & ~GrantedAccess) == 0; }

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (DesiredAccess & GrantedAccess) != 0; }

/* ---- Access ---- */
static BOOLEAN SepInList(const SID_AND_ATTRIBUTES *Sids, ULONG Count, PSID Sid, BOOLEAN ForDenial) {
    for (ULONG i = 0; i < Count; i++)
        if ((Sids[i].Attributes & SE_GROUP_ENABLED || (ForDenial && Sids[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY)) &&
            RtlEqualSid(Sids[i].Sid, Sid))
            return TRUE;
    return FALSE;
}

BOOLEAN SepHasSid(PSEP_TOKEN Token, PSID Sid, BOOLEAN ForDenial) {
    if (Token == NULL)
        return FALSE;
    if (RtlEqualSid(SepUserOf(Token), Sid))
        return ForDenial || !(Token->Sids[0].Attributes & SE_GROUP_USE_FOR_DENY_ONLY);
    return SepInList(Token->Sids + 1, Token->SidCount - 1, Sid, ForDenial);
}

/* Is the SID one of the token's, seen by its groups or (Restricted) by what restricts it? Restricting SIDs are enabled always. */
static BOOLEAN SepMatches(PSEP_TOKEN Token, PSID Sid, BOOLEAN ForDenial, BOOLEAN Restricted) {
    if (!Restricted)
        return SepHasSid(Token, Sid, ForDenial);
    for (ULONG i = 0; i < Token->RestrictedCount; i++)
        if (RtlEqualSid(Token->Restricted[i].Sid, Sid))
            return TRUE;
    return FALSE;
}

/* Object entries as they are where there are no properties: one with a property's id allows nothing and denies all the same. */
static BOOLEAN SepReadAce(PACE_HEADER Ace, PBOOLEAN Denial, PSID *Sid) {
    const ULONG objectTypePresent = 1, inheritedTypePresent = 2;
    ULONG flags = 0, skip = 0;
    switch (Ace->AceType) {
    case ACCESS_ALLOWED_ACE_TYPE:
    case ACCESS_DENIED_ACE_TYPE: break;
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
        if (Ace->AceSize < FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + sizeof(ULONG))
            return FALSE;
        flags = *(PULONG) & ((PACCESS_ALLOWED_ACE)Ace)->SidStart;
        skip = sizeof(ULONG) + (flags & objectTypePresent ? sizeof(GUID) : 0) + (flags & inheritedTypePresent ? sizeof(GUID) : 0);
        if (Ace->AceSize < FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + skip + RtlLengthRequiredSid(0))
            return FALSE;
        break;
    default: return FALSE;
    }
    *Denial = Ace->AceType == ACCESS_DENIED_ACE_TYPE || Ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE;
    *Sid = (PUCHAR) & ((PACCESS_ALLOWED_ACE)Ace)->SidStart + skip;
    if (skip != 0 && (!RtlValidSid(*Sid) || FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + skip + RtlLengthSid(*Sid) > Ace->AceSize))
        return FALSE;
    return *Denial || !(flags & objectTypePresent);
}

/* What owner and entries grant. An entry for OWNER RIGHTS takes the place of what an owner has otherwise. */
static ACCESS_MASK SepGrantedByDacl(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, PGENERIC_MAPPING Mapping, BOOLEAN Restricted) {
    PACL dacl = SepDacl(Descriptor);
    PSID owner = SepOwner(Descriptor), sid;
    BOOLEAN isOwner = owner != NULL && SepMatches(Token, owner, FALSE, Restricted), ownerRights = FALSE, denial;
    ACCESS_MASK granted = 0, denied = 0;
    if (dacl == NULL)
        return ~0u;
    PACE_HEADER ace = (PACE_HEADER)(dacl + 1);
    for (ULONG i = 0; i < dacl->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize)) {
        if ((ace->AceFlags & INHERIT_ONLY_ACE) || !SepReadAce(ace, &denial, &sid))
            continue;
        BOOLEAN forOwner = RtlEqualSid(sid, SepExports.SeOwnerRightsSid);
        ownerRights |= forOwner;
        if (!(forOwner ? isOwner : SepMatches(Token, sid, denial, Restricted)))
            continue;
        ACCESS_MASK mask = ((PACCESS_ALLOWED_ACE)ace)->Mask;
        RtlMapGenericMask(&mask, Mapping);
        if (denial)
            denied |= mask & ~granted;
        else
            granted |= mask & ~denied;
    }
    return granted | (isOwner && !ownerRights ? READ_CONTROL | WRITE_DAC : 0);
}

BOOLEAN SepIsLabel(PACE_HEADER Ace) {
    PSID sid = &((PACCESS_ALLOWED_ACE)Ace)->SidStart;
    return Ace->AceSize >= FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthRequiredSid(1) && RtlValidSid(sid) &&
           *RtlSubAuthorityCountSid(sid) == 1;
}

/* What a token of lower integrity than the object's may at most have; an object without a label has medium integrity and must not be written. */
static ACCESS_MASK SepAllowedByIntegrity(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, PGENERIC_MAPPING Mapping) {
    PACL sacl = SepSacl(Descriptor);
    ULONG level = SepIntegrity(SepExports.SeMediumMandatorySid), policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    if (!(Token->MandatoryPolicy & TOKEN_MANDATORY_POLICY_NO_WRITE_UP))
        return ~0u;
    PACE_HEADER ace = sacl != NULL ? (PACE_HEADER)(sacl + 1) : NULL;
    for (ULONG i = 0; sacl != NULL && i < sacl->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize)) {
        PSID label = &((PACCESS_ALLOWED_ACE)ace)->SidStart;
        if (ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && !(ace->AceFlags & INHERIT_ONLY_ACE) && SepIsLabel(ace)) {
            level = SepIntegrity(label);
            policy = ((PACCESS_ALLOWED_ACE)ace)->Mask;
            break;
        }
    }
    if (SepIntegrity(SepLabelOf(Token)) >= level)
        return ~0u;
    ACCESS_MASK allowed = (policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP ? 0 : GENERIC_READ) |
                          (policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP ? 0 : GENERIC_WRITE) |
                          (policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP ? 0 : GENERIC_EXECUTE);
    RtlMapGenericMask(&allowed, Mapping);
    if (SepHasPrivilege(Token, RtlConvertLongToLuid(SE_RELABEL_PRIVILEGE)))
        allowed |= WRITE_OWNER;
    return allowed | ACCESS_SYSTEM_SECURITY;
}

/* What the privileges of a token give of Desired, without a look at the descriptor; *Used has them. */
static ACCESS_MASK SepGrantedByPrivilege(PSEP_TOKEN Token, ACCESS_MASK Desired, PPRIVILEGE_SET Used) {
    static const struct {
        ACCESS_MASK Right;
        ULONG Privilege;
    } rights[] = {{ACCESS_SYSTEM_SECURITY, SE_SECURITY_PRIVILEGE}, {WRITE_OWNER, SE_TAKE_OWNERSHIP_PRIVILEGE}};
    ACCESS_MASK granted = 0;
    for (ULONG i = 0; i < RTL_NUMBER_OF(rights); i++) {
        LUID privilege = RtlConvertLongToLuid((LONG)rights[i].Privilege);
        ACCESS_MASK asked = rights[i].Right == WRITE_OWNER ? WRITE_OWNER | MAXIMUM_ALLOWED : rights[i].Right;
        if ((Desired & asked) && SepHasPrivilege(Token, privilege)) {
            granted |= rights[i].Right;
            Used->Privilege[Used->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){privilege, SE_PRIVILEGE_USED_FOR_ACCESS};
        }
    }
    return granted;
}

static NTSTATUS SepReturnPrivileges(const PRIVILEGE_SET *Used, PPRIVILEGE_SET *Privileges) {
    ULONG size = FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Used->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    if (Privileges == NULL || Used->PrivilegeCount == 0)
        return STATUS_SUCCESS;
    *Privileges = ExAllocatePoolWithTag(PagedPool, size, SEP_TAG);
    if (*Privileges == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(*Privileges, Used, size);
    return STATUS_SUCCESS;
}

NTSTATUS SepCheckAccess(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGranted,
                        PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING Mapping, PACCESS_MASK GrantedAccess) {
    union {
        PRIVILEGE_SET Set;
        INITIAL_PRIVILEGE_SET Room;
    } used = {.Set = {0}};
    ACCESS_MASK desired = DesiredAccess;
    BOOLEAN maximum = (DesiredAccess & MAXIMUM_ALLOWED) != 0;
    *GrantedAccess = 0;
    RtlMapGenericMask(&desired, Mapping);
    desired &= ~MAXIMUM_ALLOWED;
    if (Descriptor == NULL || (DesiredAccess == 0 && PreviouslyGranted == 0))
        return STATUS_ACCESS_DENIED;
    ACCESS_MASK granted = PreviouslyGranted | SepGrantedByPrivilege(Token, desired | (DesiredAccess & MAXIMUM_ALLOWED), &used.Set);
    if (desired & ~granted & ACCESS_SYSTEM_SECURITY)
        return STATUS_PRIVILEGE_NOT_HELD;
    if ((desired & ~granted) != 0 || maximum) {
        ACCESS_MASK found = SepGrantedByDacl(Descriptor, Token, Mapping, FALSE);
        if (Token->RestrictedCount != 0) {
            ACCESS_MASK restricted = SepGrantedByDacl(Descriptor, Token, Mapping, TRUE);
            if (Token->WriteRestricted) { /* only what writes is looked at twice */
                ACCESS_MASK harmless = GENERIC_READ | GENERIC_EXECUTE;
                RtlMapGenericMask(&harmless, Mapping);
                restricted |= harmless;
            }
            found &= restricted;
        }
        found &= SepAllowedByIntegrity(Descriptor, Token, Mapping);
        granted |= maximum ? found & (Mapping->GenericAll | desired) : found & desired;
    }
    if ((desired & ~granted) != 0 || (maximum && granted == 0))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = SepReturnPrivileges(&used.Set, Privileges);
    if (NT_SUCCESS(status))
        *GrantedAccess = granted;
    return status;
}

BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN SubjectContextLocked,
                            ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
                            PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    if (Privileges != NULL)
        *Privileges = NULL;
    if (AccessMode == KernelMode) {
        ACCESS_MASK desired = DesiredAccess;
        RtlMapGenericMask(&desired, GenericMapping);
        *GrantedAccess = (desired & ~MAXIMUM_ALLOWED) | PreviouslyGrantedAccess | (DesiredAccess & MAXIMUM_ALLOWED ? GenericMapping->GenericAll : 0);
        *AccessStatus = STATUS_SUCCESS;
    } else if (SubjectSecurityContext->ClientToken != NULL && SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation) {
        *GrantedAccess = 0;
        *AccessStatus = STATUS_BAD_IMPERSONATION_LEVEL;
    } else {
        *AccessStatus = SepCheckAccess(SecurityDescriptor, SeQuerySubjectContextToken(SubjectSecurityContext), DesiredAccess, PreviouslyGrantedAccess,
                                       Privileges, GenericMapping, GrantedAccess);
    }
    return NT_SUCCESS(*AccessStatus);
}

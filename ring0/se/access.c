/*
 * Is it allowed: SeAccessCheck's algorithm ([MS-DTYP] 2.5.3.2 and 2.5.3.3; "How AccessCheck Works", "Mandatory Integrity Control", "Restricted Tokens").
 *
 * The entries of a DACL are read once, in their order: the first that speaks of a right decides it. Integrity then takes rights away, whatever the
 * DACL says; and of a restricted token both what its groups get and what its restricting SIDs get must include a right.
 */
#include "se/sep.h"

VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, PGENERIC_MAPPING GenericMapping) {
    ACCESS_MASK Mask = *AccessMask;
    if (Mask & GENERIC_READ)
        Mask |= GenericMapping->GenericRead;
    if (Mask & GENERIC_WRITE)
        Mask |= GenericMapping->GenericWrite;
    if (Mask & GENERIC_EXECUTE)
        Mask |= GenericMapping->GenericExecute;
    if (Mask & GENERIC_ALL)
        Mask |= GenericMapping->GenericAll;
    *AccessMask = Mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (DesiredAccess & ~GrantedAccess) == 0; }

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (DesiredAccess & GrantedAccess) != 0; }

/* ---- Access ---- */
static BOOLEAN SepInList(const SID_AND_ATTRIBUTES *Sids, ULONG Count, PSID Sid, BOOLEAN ForDenial) {
    for (ULONG I = 0; I < Count; I++)
        if ((Sids[I].Attributes & SE_GROUP_ENABLED || (ForDenial && Sids[I].Attributes & SE_GROUP_USE_FOR_DENY_ONLY)) &&
            RtlEqualSid(Sids[I].Sid, Sid))
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
    for (ULONG I = 0; I < Token->RestrictedCount; I++)
        if (RtlEqualSid(Token->Restricted[I].Sid, Sid))
            return TRUE;
    return FALSE;
}

/* Object entries as they are where there are no properties: one with a property's id allows nothing and denies all the same. */
static BOOLEAN SepReadAce(PACE_HEADER Ace, PBOOLEAN Denial, PSID *Sid) {
    const ULONG ObjectTypePresent = 1, InheritedTypePresent = 2;
    ULONG Flags = 0, Skip = 0;
    switch (Ace->AceType) {
    case ACCESS_ALLOWED_ACE_TYPE:
    case ACCESS_DENIED_ACE_TYPE: break;
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
        if (Ace->AceSize < FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + sizeof(ULONG))
            return FALSE;
        Flags = *(PULONG) & ((PACCESS_ALLOWED_ACE)Ace)->SidStart;
        Skip = sizeof(ULONG) + (Flags & ObjectTypePresent ? sizeof(GUID) : 0) + (Flags & InheritedTypePresent ? sizeof(GUID) : 0);
        if (Ace->AceSize < FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + Skip + RtlLengthRequiredSid(0))
            return FALSE;
        break;
    default: return FALSE;
    }
    *Denial = Ace->AceType == ACCESS_DENIED_ACE_TYPE || Ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE;
    *Sid = (PUCHAR) & ((PACCESS_ALLOWED_ACE)Ace)->SidStart + Skip;
    if (Skip != 0 && (!RtlValidSid(*Sid) || FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + Skip + RtlLengthSid(*Sid) > Ace->AceSize))
        return FALSE;
    return *Denial || !(Flags & ObjectTypePresent);
}

/* What owner and entries grant. An entry for OWNER RIGHTS takes the place of what an owner has otherwise. */
static ACCESS_MASK SepGrantedByDacl(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, PGENERIC_MAPPING Mapping, BOOLEAN Restricted) {
    PACL Dacl = SepDacl(Descriptor);
    PSID Owner = SepOwner(Descriptor), Sid;
    BOOLEAN IsOwner = Owner != NULL && SepMatches(Token, Owner, FALSE, Restricted), OwnerRights = FALSE, Denial;
    ACCESS_MASK Granted = 0, Denied = 0;
    if (Dacl == NULL)
        return ~0u;
    PACE_HEADER Ace = (PACE_HEADER)(Dacl + 1);
    for (ULONG I = 0; I < Dacl->AceCount; I++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize)) {
        if ((Ace->AceFlags & INHERIT_ONLY_ACE) || !SepReadAce(Ace, &Denial, &Sid))
            continue;
        BOOLEAN ForOwner = RtlEqualSid(Sid, SepExports.SeOwnerRightsSid);
        OwnerRights |= ForOwner;
        if (!(ForOwner ? IsOwner : SepMatches(Token, Sid, Denial, Restricted)))
            continue;
        ACCESS_MASK Mask = ((PACCESS_ALLOWED_ACE)Ace)->Mask;
        RtlMapGenericMask(&Mask, Mapping);
        if (Denial)
            Denied |= Mask & ~Granted;
        else
            Granted |= Mask & ~Denied;
    }
    return Granted | (IsOwner && !OwnerRights ? READ_CONTROL | WRITE_DAC : 0);
}

BOOLEAN SepIsLabel(PACE_HEADER Ace) {
    PSID Sid = &((PACCESS_ALLOWED_ACE)Ace)->SidStart;
    return Ace->AceSize >= FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthRequiredSid(1) && RtlValidSid(Sid) &&
           *RtlSubAuthorityCountSid(Sid) == 1;
}

/* What a token of lower integrity than the object's may at most have; an object without a label has medium integrity and must not be written. */
static ACCESS_MASK SepAllowedByIntegrity(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, PGENERIC_MAPPING Mapping) {
    PACL Sacl = SepSacl(Descriptor);
    ULONG Level = SepIntegrity(SepExports.SeMediumMandatorySid), Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    if (!(Token->MandatoryPolicy & TOKEN_MANDATORY_POLICY_NO_WRITE_UP))
        return ~0u;
    PACE_HEADER Ace = Sacl != NULL ? (PACE_HEADER)(Sacl + 1) : NULL;
    for (ULONG I = 0; Sacl != NULL && I < Sacl->AceCount; I++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize)) {
        PSID Label = &((PACCESS_ALLOWED_ACE)Ace)->SidStart;
        if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && !(Ace->AceFlags & INHERIT_ONLY_ACE) && SepIsLabel(Ace)) {
            Level = SepIntegrity(Label);
            Policy = ((PACCESS_ALLOWED_ACE)Ace)->Mask;
            break;
        }
    }
    if (SepIntegrity(SepLabelOf(Token)) >= Level)
        return ~0u;
    ACCESS_MASK Allowed = (Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP ? 0 : GENERIC_READ) |
                          (Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP ? 0 : GENERIC_WRITE) |
                          (Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP ? 0 : GENERIC_EXECUTE);
    RtlMapGenericMask(&Allowed, Mapping);
    if (SepHasPrivilege(Token, RtlConvertLongToLuid(SE_RELABEL_PRIVILEGE)))
        Allowed |= WRITE_OWNER;
    return Allowed | ACCESS_SYSTEM_SECURITY;
}

/* What the privileges of a token give of Desired, without a look at the descriptor; *Used has them. */
static ACCESS_MASK SepGrantedByPrivilege(PSEP_TOKEN Token, ACCESS_MASK Desired, PPRIVILEGE_SET Used) {
    static const struct {
        ACCESS_MASK Right;
        ULONG Privilege;
    } Rights[] = {{ACCESS_SYSTEM_SECURITY, SE_SECURITY_PRIVILEGE}, {WRITE_OWNER, SE_TAKE_OWNERSHIP_PRIVILEGE}};
    ACCESS_MASK Granted = 0;
    for (ULONG I = 0; I < RTL_NUMBER_OF(Rights); I++) {
        LUID Privilege = RtlConvertLongToLuid((LONG)Rights[I].Privilege);
        ACCESS_MASK Asked = Rights[I].Right == WRITE_OWNER ? WRITE_OWNER | MAXIMUM_ALLOWED : Rights[I].Right;
        if ((Desired & Asked) && SepHasPrivilege(Token, Privilege)) {
            Granted |= Rights[I].Right;
            Used->Privilege[Used->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){Privilege, SE_PRIVILEGE_USED_FOR_ACCESS};
        }
    }
    return Granted;
}

static NTSTATUS SepReturnPrivileges(const PRIVILEGE_SET *Used, PPRIVILEGE_SET *Privileges) {
    ULONG Size = FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Used->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    if (Privileges == NULL || Used->PrivilegeCount == 0)
        return STATUS_SUCCESS;
    *Privileges = ExAllocatePoolWithTag(PagedPool, Size, SEP_TAG);
    if (*Privileges == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(*Privileges, Used, Size);
    return STATUS_SUCCESS;
}

NTSTATUS SepCheckAccess(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGranted,
                        PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING Mapping, PACCESS_MASK GrantedAccess) {
    union {
        PRIVILEGE_SET Set;
        INITIAL_PRIVILEGE_SET Room;
    } Used = {.Set = {0}};
    ACCESS_MASK Desired = DesiredAccess;
    BOOLEAN Maximum = (DesiredAccess & MAXIMUM_ALLOWED) != 0;
    *GrantedAccess = 0;
    RtlMapGenericMask(&Desired, Mapping);
    Desired &= ~MAXIMUM_ALLOWED;
    if (Descriptor == NULL || (DesiredAccess == 0 && PreviouslyGranted == 0))
        return STATUS_ACCESS_DENIED;
    ACCESS_MASK Granted = PreviouslyGranted | SepGrantedByPrivilege(Token, Desired | (DesiredAccess & MAXIMUM_ALLOWED), &Used.Set);
    if (Desired & ~Granted & ACCESS_SYSTEM_SECURITY)
        return STATUS_PRIVILEGE_NOT_HELD;
    if ((Desired & ~Granted) != 0 || Maximum) {
        ACCESS_MASK Found = SepGrantedByDacl(Descriptor, Token, Mapping, FALSE);
        if (Token->RestrictedCount != 0) {
            ACCESS_MASK Restricted = SepGrantedByDacl(Descriptor, Token, Mapping, TRUE);
            if (Token->WriteRestricted) { /* only what writes is looked at twice */
                ACCESS_MASK Harmless = GENERIC_READ | GENERIC_EXECUTE;
                RtlMapGenericMask(&Harmless, Mapping);
                Restricted |= Harmless;
            }
            Found &= Restricted;
        }
        Found &= SepAllowedByIntegrity(Descriptor, Token, Mapping);
        Granted |= Maximum ? Found & (Mapping->GenericAll | Desired) : Found & Desired;
    }
    if ((Desired & ~Granted) != 0 || (Maximum && Granted == 0))
        return STATUS_ACCESS_DENIED;
    NTSTATUS Status = SepReturnPrivileges(&Used.Set, Privileges);
    if (NT_SUCCESS(Status))
        *GrantedAccess = Granted;
    return Status;
}

BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN SubjectContextLocked,
                            ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
                            PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    if (Privileges != NULL)
        *Privileges = NULL;
    if (AccessMode == KernelMode) {
        ACCESS_MASK Desired = DesiredAccess;
        RtlMapGenericMask(&Desired, GenericMapping);
        *GrantedAccess = (Desired & ~MAXIMUM_ALLOWED) | PreviouslyGrantedAccess | (DesiredAccess & MAXIMUM_ALLOWED ? GenericMapping->GenericAll : 0);
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

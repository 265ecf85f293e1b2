/*
 * The security descriptor that a new object begins with: what its creator gives, what the container's entries pass on, what the creator's token has
 * for such cases ([MS-DTYP] 2.5.3.4, "Security Descriptors for New Objects"; SeAssignSecurity's page).
 */
#include "se/sep.h"

#define SEP_PASSED_ON (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE)
#define SEP_AUTO_DACL 0x01u /* SEF_DACL_AUTO_INHERIT */
#define SEP_AUTO_SACL 0x02u /* SEF_SACL_AUTO_INHERIT */
#define SEP_NO_OWNER  0x10u /* SEF_AVOID_OWNER_CHECK */
#define SEP_NO_SACL   0x08u /* SEF_AVOID_PRIVILEGE_CHECK */

/* An entry that has a mask and a SID at the usual places, of which creators' SIDs and generic rights can be replaced. */
static BOOLEAN SepIsPlain(PACE_HEADER Ace) { return Ace->AceType <= SYSTEM_AUDIT_ACE_TYPE || Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE; }

static VOID SepPutAce(PACL To, PACE_HEADER Ace, UCHAR Flags, ACCESS_MASK Mask, PSID Sid) {
    PACE_HEADER At = (PACE_HEADER)((PUCHAR)To + To->AclSize);
    ULONG Size = SepIsPlain(Ace) ? FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Sid) : Ace->AceSize;
    RtlCopyMemory(At, Ace, min(Size, (ULONG)Ace->AceSize));
    At->AceFlags = Flags;
    At->AceSize = (USHORT)Size;
    if (SepIsPlain(Ace)) {
        ((PACCESS_ALLOWED_ACE)At)->Mask = Mask;
        RtlCopyMemory(&((PACCESS_ALLOWED_ACE)At)->SidStart, Sid, RtlLengthSid(Sid));
    }
    To->AclSize += (USHORT)Size;
    To->AceCount++;
}

typedef struct _SEP_HEIR { /* for whom entries are made */
    BOOLEAN IsContainer;
    PSID Owner, Group;
    PGENERIC_MAPPING Mapping;
} SEP_HEIR;

static PSID SepReplaceCreator(const SEP_HEIR *Heir, PSID Sid) {
    return RtlEqualSid(Sid, SepExports.SeCreatorOwnerSid) ? Heir->Owner : RtlEqualSid(Sid, SepExports.SeCreatorGroupSid) ? Heir->Group : Sid;
}

/* What one entry of a container means for a new object in it: none, one, or (where what is passed on differs from what counts here) two entries. */
static VOID SepInheritAce(PACL To, PACE_HEADER Ace, const SEP_HEIR *Heir, UCHAR Mark) {
    UCHAR Flags = Ace->AceFlags & ~SEP_PASSED_ON, Further = 0;
    BOOLEAN Counts = (Ace->AceFlags & (Heir->IsContainer ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE)) != 0;
    if (Heir->IsContainer && !(Ace->AceFlags & NO_PROPAGATE_INHERIT_ACE))
        Further = Ace->AceFlags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    if (!SepIsPlain(Ace)) {
        if (Counts || Further != 0)
            SepPutAce(To, Ace, Flags | Mark | Further | (Counts ? 0 : INHERIT_ONLY_ACE), 0, NULL);
        return;
    }
    PSID Sid = &((PACCESS_ALLOWED_ACE)Ace)->SidStart, Own = SepReplaceCreator(Heir, Sid);
    ACCESS_MASK Mask = ((PACCESS_ALLOWED_ACE)Ace)->Mask, Mapped = Mask;
    RtlMapGenericMask(&Mapped, Heir->Mapping);
    BOOLEAN Same = Own == Sid && Mapped == Mask;
    if (Counts)
        SepPutAce(To, Ace, Flags | Mark | (Same ? Further : 0), Mapped, Own);
    if (Further != 0 && !(Counts && Same))
        SepPutAce(To, Ace, Flags | Mark | Further | INHERIT_ONLY_ACE, Mask, Sid);
}

/* An ACL of pool out of the entries of Own (may be NULL), generic rights mapped where they count, then those that Parent (may be NULL) passes on.
   *New stays NULL when there is none. STATUS_INVALID_ACL: too many entries for one. */
static NTSTATUS SepMakeAcl(PACL Own, PACL Parent, const SEP_HEIR *Heir, UCHAR Mark, PACL *New) {
    SIZE_T Room = sizeof(ACL);
    *New = NULL;
    if (Own != NULL)
        Room += Own->AclSize;
    if (Parent != NULL)
        Room += 2 * (Parent->AclSize + Parent->AceCount * (SIZE_T)(RtlLengthSid(Heir->Owner) + RtlLengthSid(Heir->Group)));
    if (Room > MAXUSHORT)
        return STATUS_INVALID_ACL;
    PACL Acl = ExAllocatePoolWithTag(PagedPool, Room, SEP_TAG);
    if (Acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(*Acl)};
    PACE_HEADER Ace = Own != NULL ? (PACE_HEADER)(Own + 1) : NULL;
    for (ULONG I = 0; Own != NULL && I < Own->AceCount; I++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize)) {
        ACCESS_MASK Mask = SepIsPlain(Ace) ? ((PACCESS_ALLOWED_ACE)Ace)->Mask : 0;
        if (!(Ace->AceFlags & INHERIT_ONLY_ACE))
            RtlMapGenericMask(&Mask, Heir->Mapping);
        SepPutAce(Acl, Ace, Ace->AceFlags, Mask, &((PACCESS_ALLOWED_ACE)Ace)->SidStart);
    }
    Ace = Parent != NULL ? (PACE_HEADER)(Parent + 1) : NULL;
    for (ULONG I = 0; Parent != NULL && I < Parent->AceCount; I++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize))
        SepInheritAce(Acl, Ace, Heir, Mark);
    Acl->AclRevision = max(Own != NULL ? Own->AclRevision : ACL_REVISION, Parent != NULL ? Parent->AclRevision : ACL_REVISION);
    if (Own == NULL && Acl->AceCount == 0)
        ExFreePoolWithTag(Acl, SEP_TAG);
    else
        *New = Acl;
    return STATUS_SUCCESS;
}

static BOOLEAN SepMayOwn(PSEP_TOKEN Token, PSID Owner) {
    ULONG Index = SepSidIndex(Token, Owner);
    return Index == 0 || (Index < Token->SidCount && Token->Sids[Index].Attributes & SE_GROUP_OWNER) ||
           SepHasPrivilege(Token, RtlConvertLongToLuid(SE_RESTORE_PRIVILEGE));
}

/* A creator's SACL: entries that audit take a privilege, a label above the creator's own another one. */
NTSTATUS SepCheckSacl(PSEP_TOKEN Token, PACL Sacl) {
    PACE_HEADER Ace = (PACE_HEADER)(Sacl + 1);
    for (ULONG I = 0; I < Sacl->AceCount; I++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize)) {
        if (Ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
            if (!SepHasPrivilege(Token, RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE)))
                return STATUS_PRIVILEGE_NOT_HELD;
        } else if (!SepIsLabel(Ace)) {
            return STATUS_INVALID_ACL;
        } else if (SepIntegrity(&((PACCESS_ALLOWED_ACE)Ace)->SidStart) > SepIntegrity(SepLabelOf(Token)) &&
                   !SepHasPrivilege(Token, RtlConvertLongToLuid(SE_RELABEL_PRIVILEGE))) {
            return STATUS_INVALID_LABEL;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SepMakeLabel(PSEP_TOKEN Token, ULONG Policy, PACL *Sacl) {
    PSID Label = SepLabelOf(Token);
    ULONG Size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Label);
    PACL Acl = ExAllocatePoolWithTag(PagedPool, sizeof(*Acl) + Size, SEP_TAG);
    if (Acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ACE_HEADER Head = {.AceType = SYSTEM_MANDATORY_LABEL_ACE_TYPE, .AceSize = (USHORT)Size};
    *Acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(*Acl)};
    SepPutAce(Acl, &Head, 0, Policy, Label);
    *Sacl = Acl;
    return STATUS_SUCCESS;
}

#define SEP_CONTROL(Descriptor) ((Descriptor) != NULL ? ((SECURITY_DESCRIPTOR *)(Descriptor))->Control : 0)

NTSTATUS SepAssignSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, BOOLEAN IsContainer, PSEP_TOKEN Token, ULONG Flags,
                           ULONG Label, PGENERIC_MAPPING Mapping, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *New) {
    SECURITY_DESCRIPTOR Parts = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    SEP_HEIR Heir = {IsContainer, Token->Owner, Token->PrimaryGroup, Mapping};
    PACL ParentDacl = Parent != NULL ? SepDacl(Parent) : NULL, ParentSacl = Parent != NULL ? SepSacl(Parent) : NULL;
    USHORT Control = SEP_CONTROL(Explicit);
    ULONG Length = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Explicit != NULL && SepOwner(Explicit) != NULL)
        Heir.Owner = SepOwner(Explicit);
    if (Explicit != NULL && SepGroup(Explicit) != NULL)
        Heir.Group = SepGroup(Explicit);
    if (Heir.Owner != Token->Owner && !(Flags & SEP_NO_OWNER) && !SepMayOwn(Token, Heir.Owner))
        return STATUS_INVALID_OWNER;

    /* DACL: given; else passed on; else given as a default; else the token's. A given one that is NULL allows everything. */
    if ((Control & SE_DACL_PRESENT) && !(Control & SE_DACL_DEFAULTED)) {
        BOOLEAN Add = (Flags & SEP_AUTO_DACL) && !(Control & SE_DACL_PROTECTED) && SepDacl(Explicit) != NULL;
        Parts.Control |= SE_DACL_PRESENT | (Control & SE_DACL_PROTECTED) | (Add ? SE_DACL_AUTO_INHERITED : 0);
        if (SepDacl(Explicit) != NULL)
            Status = SepMakeAcl(SepDacl(Explicit), Add ? ParentDacl : NULL, &Heir, INHERITED_ACE, &Parts.Dacl);
    } else {
        Status = SepMakeAcl(NULL, ParentDacl, &Heir, Flags & SEP_AUTO_DACL ? INHERITED_ACE : 0, &Parts.Dacl);
        if (Parts.Dacl != NULL) {
            Parts.Control |= SE_DACL_PRESENT | (Flags & SEP_AUTO_DACL ? SE_DACL_AUTO_INHERITED : 0);
        } else if (NT_SUCCESS(Status) && (Control & SE_DACL_PRESENT)) {
            Parts.Control |= SE_DACL_PRESENT | SE_DACL_DEFAULTED;
            if (SepDacl(Explicit) != NULL)
                Status = SepMakeAcl(SepDacl(Explicit), NULL, &Heir, 0, &Parts.Dacl);
        } else if (NT_SUCCESS(Status) && Token->DefaultDacl != NULL) {
            Parts.Control |= SE_DACL_PRESENT;
            Status = SepMakeAcl(Token->DefaultDacl, NULL, &Heir, 0, &Parts.Dacl);
        }
    }
    if (!NT_SUCCESS(Status))
        goto done;

    if ((Control & SE_SACL_PRESENT) && SepSacl(Explicit) != NULL) {
        if (!(Flags & SEP_NO_SACL))
            Status = SepCheckSacl(Token, SepSacl(Explicit));
        if (NT_SUCCESS(Status))
            Status = SepMakeAcl(SepSacl(Explicit), NULL, &Heir, 0, &Parts.Sacl);
    } else {
        Status = SepMakeAcl(NULL, ParentSacl, &Heir, Flags & SEP_AUTO_SACL ? INHERITED_ACE : 0, &Parts.Sacl);
        if (NT_SUCCESS(Status) && Parts.Sacl == NULL &&
            (Label != 0 || SepIntegrity(SepLabelOf(Token)) < SepIntegrity(SepExports.SeMediumMandatorySid)))
            Status = SepMakeLabel(Token, Label != 0 ? Label : SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, &Parts.Sacl);
    }
    if (!NT_SUCCESS(Status))
        goto done;
    if (Parts.Sacl != NULL)
        Parts.Control |= SE_SACL_PRESENT;
    Parts.Owner = Heir.Owner;
    Parts.Group = Heir.Group;
    RtlAbsoluteToSelfRelativeSD(&Parts, NULL, &Length);
    *New = ExAllocatePoolWithTag(PoolType, Length, SEP_TAG);
    Status = *New != NULL ? RtlAbsoluteToSelfRelativeSD(&Parts, *New, &Length) : STATUS_INSUFFICIENT_RESOURCES;
done:
    if (Parts.Dacl != NULL)
        ExFreePoolWithTag(Parts.Dacl, SEP_TAG);
    if (Parts.Sacl != NULL)
        ExFreePoolWithTag(Parts.Sacl, SEP_TAG);
    return Status;
}

NTSTATUS SeCheckNewParts(PSECURITY_DESCRIPTOR Given, SECURITY_INFORMATION Information, KPROCESSOR_MODE Mode) {
    SECURITY_SUBJECT_CONTEXT Subject;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Mode == KernelMode)
        return STATUS_SUCCESS;
    SeCaptureSubjectContext(&Subject);
    PSEP_TOKEN Token = SeQuerySubjectContextToken(&Subject);
    if ((Information & OWNER_SECURITY_INFORMATION) && SepOwner(Given) != NULL && !SepMayOwn(Token, SepOwner(Given)))
        Status = STATUS_INVALID_OWNER;
    else if ((Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) && SepSacl(Given) != NULL)
        Status = SepCheckSacl(Token, SepSacl(Given));
    SeReleaseSubjectContext(&Subject);
    return Status;
}

VOID SeMapDescriptor(PSECURITY_DESCRIPTOR Descriptor, PGENERIC_MAPPING Mapping) {
    PACL Dacl = SepDacl(Descriptor);
    PACE_HEADER Ace = Dacl != NULL ? (PACE_HEADER)(Dacl + 1) : NULL;
    for (ULONG I = 0; Dacl != NULL && I < Dacl->AceCount; I++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize))
        if (SepIsPlain(Ace) && !(Ace->AceFlags & INHERIT_ONLY_ACE))
            RtlMapGenericMask(&((PACCESS_ALLOWED_ACE)Ace)->Mask, Mapping);
}

NTSTATUS SeAssignForObject(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, BOOLEAN IsContainer, PACCESS_TOKEN Token, KPROCESSOR_MODE Mode,
                           ULONG Label, PGENERIC_MAPPING Mapping, PSECURITY_DESCRIPTOR *New) {
    return SepAssignSecurity(Parent, Explicit, IsContainer, Token, Mode == KernelMode ? SEP_NO_OWNER | SEP_NO_SACL : 0, Label, Mapping, PagedPool,
                             New);
}

NTSTATUS NTAPI SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                  GUID *ObjectType, BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                  PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType) {
    return SepAssignSecurity(ParentDescriptor, ExplicitDescriptor, IsDirectoryObject, SeQuerySubjectContextToken(SubjectContext), AutoInheritFlags, 0,
                             GenericMapping, PoolType, NewDescriptor);
}

NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping,
                                POOL_TYPE PoolType) {
    return SeAssignSecurityEx(ParentDescriptor, ExplicitDescriptor, NewDescriptor, NULL, IsDirectoryObject, 0, SubjectContext, GenericMapping,
                              PoolType);
}

NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor) {
    if (*SecurityDescriptor != NULL)
        ExFreePool(*SecurityDescriptor);
    *SecurityDescriptor = NULL;
    return STATUS_SUCCESS;
}

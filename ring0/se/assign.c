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
    PACE_HEADER at = (PACE_HEADER)((PUCHAR)To + To->AclSize);
    ULONG size = SepIsPlain(Ace) ? FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(Sid) : Ace->AceSize;
    RtlCopyMemory(at, Ace, min(size, (ULONG)Ace->AceSize));
    at->AceFlags = Flags;
    at->AceSize = (USHORT)size;
    if (SepIsPlain(Ace)) {
        ((PACCESS_ALLOWED_ACE)at)->Mask = Mask;
        RtlCopyMemory(&((PACCESS_ALLOWED_ACE)at)->SidStart, Sid, RtlLengthSid(Sid));
    }
    To->AclSize += (USHORT)size;
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
    UCHAR flags = Ace->AceFlags & ~SEP_PASSED_ON, further = 0;
    BOOLEAN counts = (Ace->AceFlags & (Heir->IsContainer ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE)) != 0;
    if (Heir->IsContainer && !(Ace->AceFlags & NO_PROPAGATE_INHERIT_ACE))
        further = Ace->AceFlags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
    if (!SepIsPlain(Ace)) {
        if (counts || further != 0)
            SepPutAce(To, Ace, flags | Mark | further | (counts ? 0 : INHERIT_ONLY_ACE), 0, NULL);
        return;
    }
    PSID sid = &((PACCESS_ALLOWED_ACE)Ace)->SidStart, own = SepReplaceCreator(Heir, sid);
    ACCESS_MASK mask = ((PACCESS_ALLOWED_ACE)Ace)->Mask, mapped = mask;
    RtlMapGenericMask(&mapped, Heir->Mapping);
    BOOLEAN same = own == sid && mapped == mask;
    if (counts)
        SepPutAce(To, Ace, flags | Mark | (same ? further : 0), mapped, own);
    if (further != 0 && !(counts && same))
        SepPutAce(To, Ace, flags | Mark | further | INHERIT_ONLY_ACE, mask, sid);
}

/* An ACL of pool out of the entries of Own (may be NULL), generic rights mapped where they count, then those that Parent (may be NULL) passes on.
   *New stays NULL when there is none. STATUS_INVALID_ACL: too many entries for one. */
static NTSTATUS SepMakeAcl(PACL Own, PACL Parent, const SEP_HEIR *Heir, UCHAR Mark, PACL *New) {
    SIZE_T room = sizeof(ACL);
    *New = NULL;
    if (Own != NULL)
        room += Own->AclSize;
    if (Parent != NULL)
        room += 2 * (Parent->AclSize + Parent->AceCount * (SIZE_T)(RtlLengthSid(Heir->Owner) + RtlLengthSid(Heir->Group)));
    if (room > MAXUSHORT)
        return STATUS_INVALID_ACL;
    PACL acl = ExAllocatePoolWithTag(PagedPool, room, SEP_TAG);
    if (acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(*acl)};
    PACE_HEADER ace = Own != NULL ? (PACE_HEADER)(Own + 1) : NULL;
    for (ULONG i = 0; Own != NULL && i < Own->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize)) {
        ACCESS_MASK mask = SepIsPlain(ace) ? ((PACCESS_ALLOWED_ACE)ace)->Mask : 0;
        if (!(ace->AceFlags & INHERIT_ONLY_ACE))
            RtlMapGenericMask(&mask, Heir->Mapping);
        SepPutAce(acl, ace, ace->AceFlags, mask, &((PACCESS_ALLOWED_ACE)ace)->SidStart);
    }
    ace = Parent != NULL ? (PACE_HEADER)(Parent + 1) : NULL;
    for (ULONG i = 0; Parent != NULL && i < Parent->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize))
        SepInheritAce(acl, ace, Heir, Mark);
    acl->AclRevision = max(Own != NULL ? Own->AclRevision : ACL_REVISION, Parent != NULL ? Parent->AclRevision : ACL_REVISION);
    if (Own == NULL && acl->AceCount == 0)
        ExFreePoolWithTag(acl, SEP_TAG);
    else
        *New = acl;
    return STATUS_SUCCESS;
}

static BOOLEAN SepMayOwn(PSEP_TOKEN Token, PSID Owner) {
    ULONG index = SepSidIndex(Token, Owner);
    return index == 0 || (index < Token->SidCount && Token->Sids[index].Attributes & SE_GROUP_OWNER) ||
           SepHasPrivilege(Token, RtlConvertLongToLuid(SE_RESTORE_PRIVILEGE));
}

/* A creator's SACL: entries that audit take a privilege, a label above the creator's own another one. */
NTSTATUS SepCheckSacl(PSEP_TOKEN Token, PACL Sacl) {
    PACE_HEADER ace = (PACE_HEADER)(Sacl + 1);
    for (ULONG i = 0; i < Sacl->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize)) {
        if (ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
            if (!SepHasPrivilege(Token, RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE)))
                return STATUS_PRIVILEGE_NOT_HELD;
        } else if (!SepIsLabel(ace)) {
            return STATUS_INVALID_ACL;
        } else if (SepIntegrity(&((PACCESS_ALLOWED_ACE)ace)->SidStart) > SepIntegrity(SepLabelOf(Token)) &&
                   !SepHasPrivilege(Token, RtlConvertLongToLuid(SE_RELABEL_PRIVILEGE))) {
            return STATUS_INVALID_LABEL;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SepMakeLabel(PSEP_TOKEN Token, ULONG Policy, PACL *Sacl) {
    PSID label = SepLabelOf(Token);
    ULONG size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthSid(label);
    PACL acl = ExAllocatePoolWithTag(PagedPool, sizeof(*acl) + size, SEP_TAG);
    if (acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ACE_HEADER head = {.AceType = SYSTEM_MANDATORY_LABEL_ACE_TYPE, .AceSize = (USHORT)size};
    *acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(*acl)};
    SepPutAce(acl, &head, 0, Policy, label);
    *Sacl = acl;
    return STATUS_SUCCESS;
}

#define SEP_CONTROL(Descriptor) ((Descriptor) != NULL ? ((SECURITY_DESCRIPTOR *)(Descriptor))->Control : 0)

NTSTATUS SepAssignSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, BOOLEAN IsContainer, PSEP_TOKEN Token, ULONG Flags,
                           ULONG Label, PGENERIC_MAPPING Mapping, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *New) {
    SECURITY_DESCRIPTOR parts = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    SEP_HEIR heir = {IsContainer, Token->Owner, Token->PrimaryGroup, Mapping};
    PACL parentDacl = Parent != NULL ? SepDacl(Parent) : NULL, parentSacl = Parent != NULL ? SepSacl(Parent) : NULL;
    USHORT control = SEP_CONTROL(Explicit);
    ULONG length = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (Explicit != NULL && SepOwner(Explicit) != NULL)
        heir.Owner = SepOwner(Explicit);
    if (Explicit != NULL && SepGroup(Explicit) != NULL)
        heir.Group = SepGroup(Explicit);
    if (heir.Owner != Token->Owner && !(Flags & SEP_NO_OWNER) && !SepMayOwn(Token, heir.Owner))
        return STATUS_INVALID_OWNER;

    /* DACL: given; else passed on; else given as a default; else the token's. A given one that is NULL allows everything. */
    if ((control & SE_DACL_PRESENT) && !(control & SE_DACL_DEFAULTED)) {
        BOOLEAN add = (Flags & SEP_AUTO_DACL) && !(control & SE_DACL_PROTECTED) && SepDacl(Explicit) != NULL;
        parts.Control |= SE_DACL_PRESENT | (control & SE_DACL_PROTECTED) | (add ? SE_DACL_AUTO_INHERITED : 0);
        if (SepDacl(Explicit) != NULL)
            status = SepMakeAcl(SepDacl(Explicit), add ? parentDacl : NULL, &heir, INHERITED_ACE, &parts.Dacl);
    } else {
        status = SepMakeAcl(NULL, parentDacl, &heir, Flags & SEP_AUTO_DACL ? INHERITED_ACE : 0, &parts.Dacl);
        if (parts.Dacl != NULL) {
            parts.Control |= SE_DACL_PRESENT | (Flags & SEP_AUTO_DACL ? SE_DACL_AUTO_INHERITED : 0);
        } else if (NT_SUCCESS(status) && (control & SE_DACL_PRESENT)) {
            parts.Control |= SE_DACL_PRESENT | SE_DACL_DEFAULTED;
            if (SepDacl(Explicit) != NULL)
                status = SepMakeAcl(SepDacl(Explicit), NULL, &heir, 0, &parts.Dacl);
        } else if (NT_SUCCESS(status) && Token->DefaultDacl != NULL) {
            parts.Control |= SE_DACL_PRESENT;
            status = SepMakeAcl(Token->DefaultDacl, NULL, &heir, 0, &parts.Dacl);
        }
    }
    if (!NT_SUCCESS(status))
        goto done;

    if ((control & SE_SACL_PRESENT) && SepSacl(Explicit) != NULL) {
        if (!(Flags & SEP_NO_SACL))
            status = SepCheckSacl(Token, SepSacl(Explicit));
        if (NT_SUCCESS(status))
            status = SepMakeAcl(SepSacl(Explicit), NULL, &heir, 0, &parts.Sacl);
    } else {
        status = SepMakeAcl(NULL, parentSacl, &heir, Flags & SEP_AUTO_SACL ? INHERITED_ACE : 0, &parts.Sacl);
        if (NT_SUCCESS(status) && parts.Sacl == NULL &&
            (Label != 0 || SepIntegrity(SepLabelOf(Token)) < SepIntegrity(SepExports.SeMediumMandatorySid)))
            status = SepMakeLabel(Token, Label != 0 ? Label : SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, &parts.Sacl);
    }
    if (!NT_SUCCESS(status))
        goto done;
    if (parts.Sacl != NULL)
        parts.Control |= SE_SACL_PRESENT;
    parts.Owner = heir.Owner;
    parts.Group = heir.Group;
    RtlAbsoluteToSelfRelativeSD(&parts, NULL, &length);
    *New = ExAllocatePoolWithTag(PoolType, length, SEP_TAG);
    status = *New != NULL ? RtlAbsoluteToSelfRelativeSD(&parts, *New, &length) : STATUS_INSUFFICIENT_RESOURCES;
done:
    if (parts.Dacl != NULL)
        ExFreePoolWithTag(parts.Dacl, SEP_TAG);
    if (parts.Sacl != NULL)
        ExFreePoolWithTag(parts.Sacl, SEP_TAG);
    return status;
}

NTSTATUS SeCheckNewParts(PSECURITY_DESCRIPTOR Given, SECURITY_INFORMATION Information, KPROCESSOR_MODE Mode) {
    SECURITY_SUBJECT_CONTEXT subject;
    NTSTATUS status = STATUS_SUCCESS;
    if (Mode == KernelMode)
        return STATUS_SUCCESS;
    SeCaptureSubjectContext(&subject);
    PSEP_TOKEN token = SeQuerySubjectContextToken(&subject);
    if ((Information & OWNER_SECURITY_INFORMATION) && SepOwner(Given) != NULL && !SepMayOwn(token, SepOwner(Given)))
        status = STATUS_INVALID_OWNER;
    else if ((Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) && SepSacl(Given) != NULL)
        status = SepCheckSacl(token, SepSacl(Given));
    SeReleaseSubjectContext(&subject);
    return status;
}

VOID SeMapDescriptor(PSECURITY_DESCRIPTOR Descriptor, PGENERIC_MAPPING Mapping) {
    PACL dacl = SepDacl(Descriptor);
    PACE_HEADER ace = dacl != NULL ? (PACE_HEADER)(dacl + 1) : NULL;
    for (ULONG i = 0; dacl != NULL && i < dacl->AceCount; i++, ace = (PACE_HEADER)((PUCHAR)ace + ace->AceSize))
        if (SepIsPlain(ace) && !(ace->AceFlags & INHERIT_ONLY_ACE))
            RtlMapGenericMask(&((PACCESS_ALLOWED_ACE)ace)->Mask, Mapping);
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

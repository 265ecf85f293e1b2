/* Security descriptors: absolute ones hold pointers, self-relative ones offsets. */
#include "rtl/rtlp.h"
#include "se/parts.h"

static BOOLEAN SepIsRelative(PSECURITY_DESCRIPTOR Descriptor) { return (((SECURITY_DESCRIPTOR *)Descriptor)->Control & SE_SELF_RELATIVE) != 0; }

static PVOID SepPart(PSECURITY_DESCRIPTOR Descriptor, PVOID Pointer, ULONG Offset) {
    if (!SepIsRelative(Descriptor))
        return Pointer;
    return Offset != 0 ? (PUCHAR)Descriptor + Offset : NULL;
}

#define SEP_PART(Descriptor, Field)                                                                                                                  \
    SepPart(Descriptor, SepIsRelative(Descriptor) ? NULL : ((SECURITY_DESCRIPTOR *)(Descriptor))->Field,                                             \
            SepIsRelative(Descriptor) ? ((SECURITY_DESCRIPTOR_RELATIVE *)(Descriptor))->Field : 0)

PSID SepOwner(PSECURITY_DESCRIPTOR Descriptor) { return SEP_PART(Descriptor, Owner); }

PSID SepGroup(PSECURITY_DESCRIPTOR Descriptor) { return SEP_PART(Descriptor, Group); }

PACL SepDacl(PSECURITY_DESCRIPTOR Descriptor) {
    return ((SECURITY_DESCRIPTOR *)Descriptor)->Control & SE_DACL_PRESENT ? SEP_PART(Descriptor, Dacl) : NULL;
}

PACL SepSacl(PSECURITY_DESCRIPTOR Descriptor) {
    return ((SECURITY_DESCRIPTOR *)Descriptor)->Control & SE_SACL_PRESENT ? SEP_PART(Descriptor, Sacl) : NULL;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision) {
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(Descriptor, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)Descriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE Descriptor, ULONG Revision) {
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(Descriptor, sizeof(*Descriptor));
    Descriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
    Descriptor->Control = SE_SELF_RELATIVE;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor) {
    if (Descriptor == NULL || ((SECURITY_DESCRIPTOR *)Descriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return FALSE;
    PSID owner = SepOwner(Descriptor), group = SepGroup(Descriptor);
    PACL dacl = SepDacl(Descriptor), sacl = SepSacl(Descriptor);
    return (owner == NULL || RtlValidSid(owner)) && (group == NULL || RtlValidSid(group)) && (dacl == NULL || SepValidAcl(dacl)) &&
           (sacl == NULL || SepValidAcl(sacl));
}

static BOOLEAN SepSidWithin(PUCHAR Base, ULONG Length, ULONG Offset) {
    if (Offset == 0)
        return TRUE;
    return Offset % 4 == 0 && Offset <= Length && Length - Offset >= RtlLengthRequiredSid(0) && RtlValidSid(Base + Offset) &&
           Length - Offset >= RtlLengthSid(Base + Offset);
}

static BOOLEAN SepAclWithin(PUCHAR Base, ULONG Length, ULONG Offset) {
    if (Offset == 0)
        return TRUE;
    return Offset % 4 == 0 && Offset <= Length && Length - Offset >= sizeof(ACL) && Length - Offset >= ((PACL)(Base + Offset))->AclSize &&
           SepValidAcl((PACL)(Base + Offset));
}

BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Length, SECURITY_INFORMATION RequiredInformation) {
    SECURITY_DESCRIPTOR_RELATIVE *relative = Descriptor;
    if (Length < sizeof(*relative) || relative->Revision != SECURITY_DESCRIPTOR_REVISION || !(relative->Control & SE_SELF_RELATIVE))
        return FALSE;
    if (!SepSidWithin(Descriptor, Length, relative->Owner) || !SepSidWithin(Descriptor, Length, relative->Group))
        return FALSE;
    if ((relative->Control & SE_DACL_PRESENT) && !SepAclWithin(Descriptor, Length, relative->Dacl))
        return FALSE;
    if ((relative->Control & SE_SACL_PRESENT) && !SepAclWithin(Descriptor, Length, relative->Sacl))
        return FALSE;
    return !((RequiredInformation & OWNER_SECURITY_INFORMATION) && relative->Owner == 0) &&
           !((RequiredInformation & GROUP_SECURITY_INFORMATION) && relative->Group == 0) &&
           !((RequiredInformation & DACL_SECURITY_INFORMATION) && !(relative->Control & SE_DACL_PRESENT)) &&
           !((RequiredInformation & SACL_SECURITY_INFORMATION) && !(relative->Control & SE_SACL_PRESENT));
}

BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR Descriptor) {
    return RtlValidRelativeSecurityDescriptor(Descriptor, Length, 0);
}

static ULONG SepAlign(ULONG Size) { return (Size + 3) & ~3u; }

ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor) {
    PSID owner = SepOwner(Descriptor), group = SepGroup(Descriptor);
    PACL dacl = SepDacl(Descriptor), sacl = SepSacl(Descriptor);
    return (ULONG)(SepIsRelative(Descriptor) ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR)) +
           (owner != NULL ? SepAlign(RtlLengthSid(owner)) : 0) + (group != NULL ? SepAlign(RtlLengthSid(group)) : 0) +
           (dacl != NULL ? SepAlign(dacl->AclSize) : 0) + (sacl != NULL ? SepAlign(sacl->AclSize) : 0);
}

/* ---- Reading parts ---- */
static NTSTATUS SepGetAcl(PSECURITY_DESCRIPTOR Descriptor, USHORT Present, USHORT Defaulted, PACL Found, PBOOLEAN IsPresent, PACL *Acl,
                          PBOOLEAN IsDefaulted) {
    SECURITY_DESCRIPTOR *Source = Descriptor;
    if (Source->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *IsPresent = (Source->Control & Present) != 0;
    if (*IsPresent) {
        *Acl = Found;
        *IsDefaulted = (Source->Control & Defaulted) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN DaclPresent, PACL *Dacl, PBOOLEAN DaclDefaulted) {
    return SepGetAcl(Descriptor, SE_DACL_PRESENT, SE_DACL_DEFAULTED, SepDacl(Descriptor), DaclPresent, Dacl, DaclDefaulted);
}

NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN SaclPresent, PACL *Sacl, PBOOLEAN SaclDefaulted) {
    return SepGetAcl(Descriptor, SE_SACL_PRESENT, SE_SACL_DEFAULTED, SepSacl(Descriptor), SaclPresent, Sacl, SaclDefaulted);
}

NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, PBOOLEAN OwnerDefaulted) {
    SECURITY_DESCRIPTOR *Source = Descriptor;
    if (Source->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *Owner = SepOwner(Descriptor);
    *OwnerDefaulted = (Source->Control & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, PBOOLEAN GroupDefaulted) {
    SECURITY_DESCRIPTOR *Source = Descriptor;
    if (Source->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *Group = SepGroup(Descriptor);
    *GroupDefaulted = (Source->Control & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

/* ---- Setting parts, of absolute descriptors only ---- */
static NTSTATUS SepCheckAbsolute(PSECURITY_DESCRIPTOR Descriptor) {
    if (((SECURITY_DESCRIPTOR *)Descriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return SepIsRelative(Descriptor) ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

static VOID SepSetControl(SECURITY_DESCRIPTOR *Descriptor, USHORT Bit, BOOLEAN On) {
    Descriptor->Control = On ? Descriptor->Control | Bit : Descriptor->Control & ~Bit;
}

NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(status))
        return status;
    SepSetControl(Target, SE_DACL_PRESENT, DaclPresent);
    SepSetControl(Target, SE_DACL_DEFAULTED, DaclPresent && DaclDefaulted);
    if (DaclPresent)
        Target->Dacl = Dacl;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN SaclPresent, PACL Sacl, BOOLEAN SaclDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(status))
        return status;
    SepSetControl(Target, SE_SACL_PRESENT, SaclPresent);
    SepSetControl(Target, SE_SACL_DEFAULTED, SaclPresent && SaclDefaulted);
    if (SaclPresent)
        Target->Sacl = Sacl;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN OwnerDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(status))
        return status;
    Target->Owner = Owner;
    SepSetControl(Target, SE_OWNER_DEFAULTED, OwnerDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN GroupDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(status))
        return status;
    Target->Group = Group;
    SepSetControl(Target, SE_GROUP_DEFAULTED, GroupDefaulted);
    return STATUS_SUCCESS;
}

/* ---- Absolute to self-relative ---- */
static ULONG SepAppend(PUCHAR Base, PULONG At, const VOID *Part, ULONG Size) {
    ULONG offset = *At;
    if (Part == NULL)
        return 0;
    RtlZeroMemory(Base + offset, SepAlign(Size));
    RtlCopyMemory(Base + offset, Part, Size);
    *At += SepAlign(Size);
    return offset;
}

NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR SelfRelative, PULONG BufferLength) {
    SECURITY_DESCRIPTOR *source = Absolute;
    SECURITY_DESCRIPTOR_RELATIVE *target = SelfRelative;
    if (SepIsRelative(Absolute))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    PSID owner = SepOwner(Absolute), group = SepGroup(Absolute);
    PACL dacl = SepDacl(Absolute), sacl = SepSacl(Absolute);
    ULONG needed = RtlLengthSecurityDescriptor(Absolute) - sizeof(*source) + sizeof(*target);
    if (SelfRelative == NULL || *BufferLength < needed) {
        *BufferLength = needed;
        return STATUS_BUFFER_TOO_SMALL;
    }
    ULONG at = sizeof(*target);
    RtlZeroMemory(target, sizeof(*target));
    target->Revision = source->Revision;
    target->Sbz1 = source->Sbz1;
    target->Control = source->Control | SE_SELF_RELATIVE;
    target->Sacl = SepAppend(SelfRelative, &at, sacl, sacl != NULL ? sacl->AclSize : 0);
    target->Dacl = SepAppend(SelfRelative, &at, dacl, dacl != NULL ? dacl->AclSize : 0);
    target->Owner = SepAppend(SelfRelative, &at, owner, owner != NULL ? RtlLengthSid(owner) : 0);
    target->Group = SepAppend(SelfRelative, &at, group, group != NULL ? RtlLengthSid(group) : 0);
    return STATUS_SUCCESS;
}

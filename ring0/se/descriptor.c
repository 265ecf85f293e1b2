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
    PSID Owner = SepOwner(Descriptor), Group = SepGroup(Descriptor);
    PACL Dacl = SepDacl(Descriptor), Sacl = SepSacl(Descriptor);
    return (Owner == NULL || RtlValidSid(Owner)) && (Group == NULL || RtlValidSid(Group)) && (Dacl == NULL || SepValidAcl(Dacl)) &&
           (Sacl == NULL || SepValidAcl(Sacl));
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
    SECURITY_DESCRIPTOR_RELATIVE *Relative = Descriptor;
    if (Length < sizeof(*Relative) || Relative->Revision != SECURITY_DESCRIPTOR_REVISION || !(Relative->Control & SE_SELF_RELATIVE))
        return FALSE;
    if (!SepSidWithin(Descriptor, Length, Relative->Owner) || !SepSidWithin(Descriptor, Length, Relative->Group))
        return FALSE;
    if ((Relative->Control & SE_DACL_PRESENT) && !SepAclWithin(Descriptor, Length, Relative->Dacl))
        return FALSE;
    if ((Relative->Control & SE_SACL_PRESENT) && !SepAclWithin(Descriptor, Length, Relative->Sacl))
        return FALSE;
    return !((RequiredInformation & OWNER_SECURITY_INFORMATION) && Relative->Owner == 0) &&
           !((RequiredInformation & GROUP_SECURITY_INFORMATION) && Relative->Group == 0) &&
           !((RequiredInformation & DACL_SECURITY_INFORMATION) && !(Relative->Control & SE_DACL_PRESENT)) &&
           !((RequiredInformation & SACL_SECURITY_INFORMATION) && !(Relative->Control & SE_SACL_PRESENT));
}

BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR Descriptor) {
    return RtlValidRelativeSecurityDescriptor(Descriptor, Length, 0);
}

static ULONG SepAlign(ULONG Size) { return (Size + 3) & ~3u; }

ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor) {
    PSID Owner = SepOwner(Descriptor), Group = SepGroup(Descriptor);
    PACL Dacl = SepDacl(Descriptor), Sacl = SepSacl(Descriptor);
    return (ULONG)(SepIsRelative(Descriptor) ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR)) +
           (Owner != NULL ? SepAlign(RtlLengthSid(Owner)) : 0) + (Group != NULL ? SepAlign(RtlLengthSid(Group)) : 0) +
           (Dacl != NULL ? SepAlign(Dacl->AclSize) : 0) + (Sacl != NULL ? SepAlign(Sacl->AclSize) : 0);
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
    NTSTATUS Status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(Status))
        return Status;
    SepSetControl(Target, SE_DACL_PRESENT, DaclPresent);
    SepSetControl(Target, SE_DACL_DEFAULTED, DaclPresent && DaclDefaulted);
    if (DaclPresent)
        Target->Dacl = Dacl;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN SaclPresent, PACL Sacl, BOOLEAN SaclDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS Status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(Status))
        return Status;
    SepSetControl(Target, SE_SACL_PRESENT, SaclPresent);
    SepSetControl(Target, SE_SACL_DEFAULTED, SaclPresent && SaclDefaulted);
    if (SaclPresent)
        Target->Sacl = Sacl;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN OwnerDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS Status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(Status))
        return Status;
    Target->Owner = Owner;
    SepSetControl(Target, SE_OWNER_DEFAULTED, OwnerDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN GroupDefaulted) {
    SECURITY_DESCRIPTOR *Target = Descriptor;
    NTSTATUS Status = SepCheckAbsolute(Descriptor);
    if (!NT_SUCCESS(Status))
        return Status;
    Target->Group = Group;
    SepSetControl(Target, SE_GROUP_DEFAULTED, GroupDefaulted);
    return STATUS_SUCCESS;
}

/* ---- Absolute to self-relative ---- */
static ULONG SepAppend(PUCHAR Base, PULONG At, const VOID *Part, ULONG Size) {
    ULONG Offset = *At;
    if (Part == NULL)
        return 0;
    RtlZeroMemory(Base + Offset, SepAlign(Size));
    RtlCopyMemory(Base + Offset, Part, Size);
    *At += SepAlign(Size);
    return Offset;
}

NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR SelfRelative, PULONG BufferLength) {
    SECURITY_DESCRIPTOR *Source = Absolute;
    SECURITY_DESCRIPTOR_RELATIVE *Target = SelfRelative;
    if (SepIsRelative(Absolute))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    PSID Owner = SepOwner(Absolute), Group = SepGroup(Absolute);
    PACL Dacl = SepDacl(Absolute), Sacl = SepSacl(Absolute);
    ULONG Needed = RtlLengthSecurityDescriptor(Absolute) - sizeof(*Source) + sizeof(*Target);
    if (SelfRelative == NULL || *BufferLength < Needed) {
        *BufferLength = Needed;
        return STATUS_BUFFER_TOO_SMALL;
    }
    ULONG At = sizeof(*Target);
    RtlZeroMemory(Target, sizeof(*Target));
    Target->Revision = Source->Revision;
    Target->Sbz1 = Source->Sbz1;
    Target->Control = Source->Control | SE_SELF_RELATIVE;
    Target->Sacl = SepAppend(SelfRelative, &At, Sacl, Sacl != NULL ? Sacl->AclSize : 0);
    Target->Dacl = SepAppend(SelfRelative, &At, Dacl, Dacl != NULL ? Dacl->AclSize : 0);
    Target->Owner = SepAppend(SelfRelative, &At, Owner, Owner != NULL ? RtlLengthSid(Owner) : 0);
    Target->Group = SepAppend(SelfRelative, &At, Group, Group != NULL ? RtlLengthSid(Group) : 0);
    return STATUS_SUCCESS;
}

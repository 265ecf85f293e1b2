/* Security descriptors of objects: set, merged, read. A type whose objects are views of something else (keys) says where theirs is kept. */
#include "ob/object.h"
#include "se/se.h"

/* What asking for and changing parts of a descriptor needs ("SECURITY_INFORMATION"). */
static ACCESS_MASK ObpSecurityReadAccess(SECURITY_INFORMATION Information) {
    return (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)
                ? READ_CONTROL
                : 0) |
           (Information & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

static ACCESS_MASK ObpSecurityWriteAccess(SECURITY_INFORMATION Information) {
    return (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) ? WRITE_OWNER : 0) |
           (Information & DACL_SECURITY_INFORMATION ? WRITE_DAC : 0) | (Information & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

PSECURITY_DESCRIPTOR *ObpSecurity(PVOID Object) {
    POBP_HEADER Header = ObpHeader(Object);
    return Header->Type->Info.Security != NULL ? Header->Type->Info.Security(Object) : &Header->SecurityDescriptor;
}

NTSTATUS ObpAssignFrom(POBP_HEADER Header, PSECURITY_DESCRIPTOR Parent, PVOID Token, KPROCESSOR_MODE Mode) {
    PSECURITY_DESCRIPTOR Explicit = Header->SecurityDescriptor, Assigned;
    NTSTATUS Status = SeAssignForObject(Parent, Explicit, Header->Type == ObpDirectoryObjectType, Token, Mode, Header->Type->Info.Label,
                                        &Header->Type->Info.GenericMapping, &Assigned);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Explicit != NULL)
        ExFreePool(Explicit);
    Header->SecurityDescriptor = Assigned;
    Header->Flags |= OBP_FLAG_SECURED;
    if (Header->Type->Info.SecurityChanged != NULL)
        Header->Type->Info.SecurityChanged(ObpBody(Header));
    return STATUS_SUCCESS;
}

NTSTATUS ObpAssignSecurity(PVOID Object, PVOID Token) { return ObpAssignFrom(ObpHeader(Object), NULL, Token, KernelMode); }

/* Given is captured, of a caller of Mode. */
static NTSTATUS ObpSetSecurity(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Given, KPROCESSOR_MODE Mode) {
    PSECURITY_DESCRIPTOR *Place = ObpSecurity(Object), Merged;
    if (Place == NULL)
        return ObpHeader(Object)->Type->Info.SetSecurity != NULL ? ObpHeader(Object)->Type->Info.SetSecurity(Object, Information, Given, Mode)
                                                                 : STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS Status = SeCheckNewParts(Given, Information, Mode);
    if (NT_SUCCESS(Status))
        Status = SepMergeDescriptors(*Place, Given, Information, &Merged);
    if (!NT_SUCCESS(Status))
        return Status;
    SeMapDescriptor(Merged, &ObpHeader(Object)->Type->Info.GenericMapping);
    if (*Place != NULL)
        ExFreePool(*Place);
    *Place = Merged;
    if (ObpHeader(Object)->Type->Info.SecurityChanged != NULL)
        ObpHeader(Object)->Type->Info.SecurityChanged(Object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
    PSECURITY_DESCRIPTOR Given;
    NTSTATUS Status = SeCaptureSecurityDescriptor(SecurityDescriptor, KernelMode, PagedPool, TRUE, &Given);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpSetSecurity(Object, SecurityInformation, Given, KernelMode);
    SeReleaseSecurityDescriptor(Given, KernelMode, TRUE);
    return Status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR Given = NULL;
    PVOID Object;
    NTSTATUS Status;
    if (SecurityDescriptor == NULL)
        return STATUS_ACCESS_VIOLATION;
    Status = ObReferenceObjectByHandle(Handle, ObpSecurityWriteAccess(SecurityInformation), NULL, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SeCaptureSecurityDescriptor(SecurityDescriptor, Mode, PagedPool, TRUE, &Given);
    if (NT_SUCCESS(Status)) {
        Status = ObpSetSecurity(Object, SecurityInformation, Given, Mode);
        SeReleaseSecurityDescriptor(Given, Mode, TRUE);
    }
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                     PULONG LengthNeeded) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR Answer;
    PVOID Object;
    NTSTATUS Status = ObpProbeOutput(LengthNeeded, sizeof(*LengthNeeded), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(SecurityDescriptor, Length, sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Handle, ObpSecurityReadAccess(SecurityInformation), NULL, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    PSECURITY_DESCRIPTOR *Place = ObpSecurity(Object);
    if (Place == NULL) {
        ULONG Used = Length;
        Status = ObpHeader(Object)->Type->Info.QuerySecurity != NULL
                     ? ObpHeader(Object)->Type->Info.QuerySecurity(Object, SecurityInformation, SecurityDescriptor, &Used, Mode)
                     : STATUS_INVALID_DEVICE_REQUEST;
        ObfDereferenceObject(Object);
        if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) {
            NTSTATUS Stored = ObpStore(LengthNeeded, &Used, sizeof(Used), Mode);
            Status = NT_SUCCESS(Stored) ? Status : Stored;
        }
        return Status;
    }
    Status = SepMergeDescriptors(NULL, *Place, SecurityInformation | SEP_ABSENT_PARTS_ALLOWED, &Answer);
    ObfDereferenceObject(Object);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG Needed = RtlLengthSecurityDescriptor(Answer);
    Status = ObpStore(LengthNeeded, &Needed, sizeof(Needed), Mode);
    if (NT_SUCCESS(Status))
        Status = Length < Needed ? STATUS_BUFFER_TOO_SMALL : ObpStore(SecurityDescriptor, Answer, Needed, Mode);
    ExFreePool(Answer);
    return Status;
}

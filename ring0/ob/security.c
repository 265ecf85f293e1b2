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
    POBP_HEADER header = ObpHeader(Object);
    return header->Type->Info.Security != NULL ? header->Type->Info.Security(Object) : &header->SecurityDescriptor;
}

NTSTATUS ObpAssignFrom(POBP_HEADER Header, PSECURITY_DESCRIPTOR Parent, PVOID Token, KPROCESSOR_MODE Mode) {
    PSECURITY_DESCRIPTOR explicit = Header->SecurityDescriptor, assigned;
    NTSTATUS status = SeAssignForObject(Parent, explicit, Header->Type == ObpDirectoryObjectType, Token, Mode, Header->Type->Info.Label,
                                        &Header->Type->Info.GenericMapping, &assigned);
    if (!NT_SUCCESS(status))
        return status;
    if (explicit != NULL)
        ExFreePool(explicit);
    Header->SecurityDescriptor = assigned;
    Header->Flags |= OBP_FLAG_SECURED;
    if (Header->Type->Info.SecurityChanged != NULL)
        Header->Type->Info.SecurityChanged(ObpBody(Header));
    return STATUS_SUCCESS;
}

NTSTATUS ObpAssignSecurity(PVOID Object, PVOID Token) { return ObpAssignFrom(ObpHeader(Object), NULL, Token, KernelMode); }

/* Given is captured, of a caller of Mode. */
static NTSTATUS ObpSetSecurity(PVOID Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Given, KPROCESSOR_MODE Mode) {
    PSECURITY_DESCRIPTOR *place = ObpSecurity(Object), merged;
    if (place == NULL)
        return ObpHeader(Object)->Type->Info.SetSecurity != NULL ? ObpHeader(Object)->Type->Info.SetSecurity(Object, Information, Given, Mode)
                                                                 : STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = SeCheckNewParts(Given, Information, Mode);
    if (NT_SUCCESS(status))
        status = SepMergeDescriptors(*place, Given, Information, &merged);
    if (!NT_SUCCESS(status))
        return status;
    SeMapDescriptor(merged, &ObpHeader(Object)->Type->Info.GenericMapping);
    if (*place != NULL)
        ExFreePool(*place);
    *place = merged;
    if (ObpHeader(Object)->Type->Info.SecurityChanged != NULL)
        ObpHeader(Object)->Type->Info.SecurityChanged(Object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
    PSECURITY_DESCRIPTOR given;
    NTSTATUS status = SeCaptureSecurityDescriptor(SecurityDescriptor, KernelMode, PagedPool, TRUE, &given);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpSetSecurity(Object, SecurityInformation, given, KernelMode);
    SeReleaseSecurityDescriptor(given, KernelMode, TRUE);
    return status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR given = NULL;
    PVOID object;
    NTSTATUS status;
    if (SecurityDescriptor == NULL)
        return STATUS_ACCESS_VIOLATION;
    status = ObReferenceObjectByHandle(Handle, ObpSecurityWriteAccess(SecurityInformation), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = SeCaptureSecurityDescriptor(SecurityDescriptor, mode, PagedPool, TRUE, &given);
    if (NT_SUCCESS(status)) {
        status = ObpSetSecurity(object, SecurityInformation, given, mode);
        SeReleaseSecurityDescriptor(given, mode, TRUE);
    }
    ObfDereferenceObject(object);
    return status;
}

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                     PULONG LengthNeeded) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR answer;
    PVOID object;
    NTSTATUS status = ObpProbeOutput(LengthNeeded, sizeof(*LengthNeeded), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObpProbeOutput(SecurityDescriptor, Length, sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(Handle, ObpSecurityReadAccess(SecurityInformation), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PSECURITY_DESCRIPTOR *place = ObpSecurity(object);
    if (place == NULL) {
        ULONG used = Length;
        status = ObpHeader(object)->Type->Info.QuerySecurity != NULL
                     ? ObpHeader(object)->Type->Info.QuerySecurity(object, SecurityInformation, SecurityDescriptor, &used, mode)
                     : STATUS_INVALID_DEVICE_REQUEST;
        ObfDereferenceObject(object);
        if (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL) {
            NTSTATUS stored = ObpStore(LengthNeeded, &used, sizeof(used), mode);
            status = NT_SUCCESS(stored) ? status : stored;
        }
        return status;
    }
    status = SepMergeDescriptors(NULL, *place, SecurityInformation | SEP_ABSENT_PARTS_ALLOWED, &answer);
    ObfDereferenceObject(object);
    if (!NT_SUCCESS(status))
        return status;
    ULONG needed = RtlLengthSecurityDescriptor(answer);
    status = ObpStore(LengthNeeded, &needed, sizeof(needed), mode);
    if (NT_SUCCESS(status))
        status = Length < needed ? STATUS_BUFFER_TOO_SMALL : ObpStore(SecurityDescriptor, answer, needed, mode);
    ExFreePool(answer);
    return status;
}

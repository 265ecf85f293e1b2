/* Descriptors that file systems keep themselves: asked for, changed; privileges that an opener has used. */
#include "se/sep.h"

NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor) {
    PSECURITY_DESCRIPTOR answer;
    ULONG room = *Length;
    NTSTATUS status = SepMergeDescriptors(NULL, *ObjectsSecurityDescriptor, *SecurityInformation | SEP_ABSENT_PARTS_ALLOWED, &answer);
    if (!NT_SUCCESS(status))
        return status;
    *Length = RtlLengthSecurityDescriptor(answer);
    if (room < *Length)
        status = STATUS_BUFFER_TOO_SMALL;
    else
        RtlCopyMemory(SecurityDescriptor, answer, *Length);
    ExFreePool(answer);
    return status;
}

/* The old descriptor is the caller's to free; with none there is nothing to change (SeSetSecurityDescriptorInfo's page). */
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping) {
    PSECURITY_DESCRIPTOR merged, given;
    if (*ObjectsSecurityDescriptor == NULL)
        return STATUS_NO_SECURITY_ON_OBJECT;
    NTSTATUS status = SeCaptureSecurityDescriptor(SecurityDescriptor, KernelMode, PagedPool, TRUE, &given);
    if (!NT_SUCCESS(status))
        return status;
    status = SeCheckNewParts(given, *SecurityInformation, KiPreviousMode());
    if (NT_SUCCESS(status))
        status = SepMergeDescriptors(*ObjectsSecurityDescriptor, given, *SecurityInformation, &merged);
    ExFreePool(given);
    if (!NT_SUCCESS(status))
        return status;
    SeMapDescriptor(merged, GenericMapping);
    *ObjectsSecurityDescriptor = merged;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges) {
    PSEP_AUX_DATA aux = AccessState->AuxData;
    PPRIVILEGE_SET old = aux->PrivilegesUsed;
    ULONG count = old->PrivilegeCount + Privileges->PrivilegeCount;
    if (count > INITIAL_PRIVILEGE_COUNT) {
        PPRIVILEGE_SET larger =
            ExAllocatePoolWithTag(PagedPool, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + count * sizeof(LUID_AND_ATTRIBUTES), SEP_TAG);
        if (larger == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(larger, old, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + old->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
        if (AccessState->PrivilegesAllocated)
            ExFreePoolWithTag(old, SEP_TAG);
        aux->PrivilegesUsed = larger;
        AccessState->PrivilegesAllocated = TRUE;
    }
    RtlCopyMemory(aux->PrivilegesUsed->Privilege + aux->PrivilegesUsed->PrivilegeCount, Privileges->Privilege,
                  Privileges->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    aux->PrivilegesUsed->PrivilegeCount = count;
    return STATUS_SUCCESS;
}

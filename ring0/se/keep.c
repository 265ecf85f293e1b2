/* Descriptors that file systems keep themselves: asked for, changed; privileges that an opener has used. */
#include "se/sep.h"

NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor) {
    PSECURITY_DESCRIPTOR Answer;
    ULONG Room = *Length;
    NTSTATUS Status = SepMergeDescriptors(NULL, *ObjectsSecurityDescriptor, *SecurityInformation | SEP_ABSENT_PARTS_ALLOWED, &Answer);
    if (!NT_SUCCESS(Status))
        return Status;
    *Length = RtlLengthSecurityDescriptor(Answer);
    if (Room < *Length)
        Status = STATUS_BUFFER_TOO_SMALL;
    else
        RtlCopyMemory(SecurityDescriptor, Answer, *Length);
    ExFreePool(Answer);
    return Status;
}

/* The old descriptor is the caller's to free; with none there is nothing to change (SeSetSecurityDescriptorInfo's page). */
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping) {
    PSECURITY_DESCRIPTOR Merged, Given;
    if (*ObjectsSecurityDescriptor == NULL)
        return STATUS_NO_SECURITY_ON_OBJECT;
    NTSTATUS Status = SeCaptureSecurityDescriptor(SecurityDescriptor, KernelMode, PagedPool, TRUE, &Given);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SeCheckNewParts(Given, *SecurityInformation, KiPreviousMode());
    if (NT_SUCCESS(Status))
        Status = SepMergeDescriptors(*ObjectsSecurityDescriptor, Given, *SecurityInformation, &Merged);
    ExFreePool(Given);
    if (!NT_SUCCESS(Status))
        return Status;
    SeMapDescriptor(Merged, GenericMapping);
    *ObjectsSecurityDescriptor = Merged;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges) {
    PSEP_AUX_DATA Aux = AccessState->AuxData;
    PPRIVILEGE_SET Old = Aux->PrivilegesUsed;
    ULONG Count = Old->PrivilegeCount + Privileges->PrivilegeCount;
    if (Count > INITIAL_PRIVILEGE_COUNT) {
        PPRIVILEGE_SET Larger =
            ExAllocatePoolWithTag(PagedPool, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Count * sizeof(LUID_AND_ATTRIBUTES), SEP_TAG);
        if (Larger == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(Larger, Old, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Old->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
        if (AccessState->PrivilegesAllocated)
            ExFreePoolWithTag(Old, SEP_TAG);
        Aux->PrivilegesUsed = Larger;
        AccessState->PrivilegesAllocated = TRUE;
    }
    RtlCopyMemory(Aux->PrivilegesUsed->Privilege + Aux->PrivilegesUsed->PrivilegeCount, Privileges->Privilege,
                  Privileges->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    Aux->PrivilegesUsed->PrivilegeCount = Count;
    return STATUS_SUCCESS;
}

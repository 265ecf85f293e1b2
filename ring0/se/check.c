/* Access checks for others than the kernel: of programs about their clients, and of drivers that keep what a token says instead of the token. */
#include "se/sep.h"

static NTSTATUS SepCaptureSet(PPRIVILEGE_SET Set, KPROCESSOR_MODE Mode, PPRIVILEGE_SET *Captured) {
    PRIVILEGE_SET head;
    if (Mode == KernelMode)
        head = *Set;
    else if (!KiCopyFromUser(&head, Set, FIELD_OFFSET(PRIVILEGE_SET, Privilege)))
        return STATUS_ACCESS_VIOLATION;
    if (head.PrivilegeCount > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    SIZE_T size = FIELD_OFFSET(PRIVILEGE_SET, Privilege) + head.PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES);
    PPRIVILEGE_SET copy = ExAllocatePoolWithTag(PagedPool, size, SEP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Mode == KernelMode) {
        RtlCopyMemory(copy, Set, size);
    } else if (!KiCopyFromUser(copy, Set, size) || copy->PrivilegeCount != head.PrivilegeCount) {
        ExFreePoolWithTag(copy, SEP_TAG);
        return STATUS_ACCESS_VIOLATION;
    }
    *Captured = copy;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtPrivilegeCheck(HANDLE ClientToken, PPRIVILEGE_SET RequiredPrivileges, PBOOLEAN Result) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PPRIVILEGE_SET set;
    PSEP_TOKEN token;
    NTSTATUS status = ObpProbeOutput(Result, sizeof(*Result), 1, mode);
    if (NT_SUCCESS(status))
        status = SepCaptureSet(RequiredPrivileges, mode, &set);
    if (!NT_SUCCESS(status))
        return status;
    status = SepReferenceToken(ClientToken, TOKEN_QUERY, mode, &token);
    if (NT_SUCCESS(status)) {
        BOOLEAN held = FALSE;
        if (token->Type == TokenImpersonation && token->Level < SecurityIdentification)
            status = STATUS_BAD_IMPERSONATION_LEVEL;
        else
            held = SepCheckPrivileges(token, set);
        ObfDereferenceObject(token);
        if (NT_SUCCESS(status))
            status =
                ObpStore(RequiredPrivileges, set, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + set->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES), mode);
        if (NT_SUCCESS(status))
            status = ObpStore(Result, &held, sizeof(held), mode);
    }
    ExFreePoolWithTag(set, SEP_TAG);
    return status;
}

/* The set of privileges that were used, as AccessCheck wants it: there is always room for one asked for. */
static NTSTATUS SepStoreUsed(PPRIVILEGE_SET Used, PPRIVILEGE_SET Set, PULONG Length, KPROCESSOR_MODE Mode) {
    PRIVILEGE_SET none = {0};
    ULONG room, needed;
    if (Mode == KernelMode)
        room = *Length;
    else if (!KiCopyFromUser(&room, Length, sizeof(room)))
        return STATUS_ACCESS_VIOLATION;
    if (Used == NULL)
        Used = &none;
    needed = FIELD_OFFSET(PRIVILEGE_SET, Privilege) + max(Used->PrivilegeCount, 1u) * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    NTSTATUS status = ObpStore(Length, &needed, sizeof(needed), Mode);
    if (NT_SUCCESS(status) && room < needed)
        status = STATUS_BUFFER_TOO_SMALL;
    return NT_SUCCESS(status) ? ObpStore(Set, Used, needed, Mode) : status;
}

/* The token must be one to impersonate with, the descriptor have owner and group; a mask with generic rights is the caller's mistake (AccessCheck). */
NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping,
                             PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PPRIVILEGE_SET used = NULL;
    GENERIC_MAPPING mapping;
    ACCESS_MASK granted = 0;
    PSEP_TOKEN token;
    NTSTATUS checked, status = ObpProbeOutput(GrantedAccess, sizeof(*GrantedAccess), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObpProbeOutput(AccessStatus, sizeof(*AccessStatus), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObpProbeOutput(PrivilegeSetLength, sizeof(*PrivilegeSetLength), sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (mode == KernelMode)
        mapping = *GenericMapping;
    else if (!KiCopyFromUser(&mapping, GenericMapping, sizeof(mapping)))
        return STATUS_ACCESS_VIOLATION;
    if (DesiredAccess & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL))
        return STATUS_GENERIC_NOT_MAPPED;
    status = SepReferenceToken(ClientToken, TOKEN_QUERY, mode, &token);
    if (!NT_SUCCESS(status))
        return status;
    if (token->Type != TokenImpersonation)
        status = STATUS_NO_IMPERSONATION_TOKEN;
    else if (token->Level < SecurityIdentification)
        status = STATUS_BAD_IMPERSONATION_LEVEL;
    else
        status = SeCaptureSecurityDescriptor(SecurityDescriptor, mode, PagedPool, TRUE, &descriptor);
    if (NT_SUCCESS(status) && (descriptor == NULL || SepOwner(descriptor) == NULL || SepGroup(descriptor) == NULL))
        status = STATUS_INVALID_SECURITY_DESCR;
    if (NT_SUCCESS(status)) {
        checked = SepCheckAccess(descriptor, token, DesiredAccess, 0, &used, &mapping, &granted);
        status = SepStoreUsed(used, PrivilegeSet, PrivilegeSetLength, mode);
        if (NT_SUCCESS(status))
            status = ObpStore(GrantedAccess, &granted, sizeof(granted), mode);
        if (NT_SUCCESS(status))
            status = ObpStore(AccessStatus, &checked, sizeof(checked), mode);
    }
    if (used != NULL)
        SeFreePrivileges(used);
    if (descriptor != NULL)
        ExFreePool(descriptor);
    ObfDereferenceObject(token);
    return status;
}

BOOLEAN NTAPI SeAccessCheckFromState(PSECURITY_DESCRIPTOR SecurityDescriptor, PTOKEN_ACCESS_INFORMATION PrimaryTokenInformation,
                                     PTOKEN_ACCESS_INFORMATION ClientTokenInformation, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                                     PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                                     PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    PTOKEN_ACCESS_INFORMATION information = ClientTokenInformation != NULL ? ClientTokenInformation : PrimaryTokenInformation;
    SEP_TOKEN token = {.Sids = information->SidHash->SidAttr,
                       .SidCount = information->SidHash->SidCount,
                       .Restricted = information->RestrictedSidHash->SidAttr,
                       .RestrictedCount = information->RestrictedSidHash->SidCount,
                       .AuthenticationId = information->AuthenticationId,
                       .Type = information->TokenType,
                       .Level = information->ImpersonationLevel,
                       .MandatoryPolicy = information->MandatoryPolicy.Policy,
                       .WriteRestricted = (information->Flags & SEP_INFORMATION_WRITE_RESTRICTED) != 0,
                       .PrivilegeCount = min(information->Privileges->PrivilegeCount, SEP_MAX_PRIVILEGES)};
    SECURITY_SUBJECT_CONTEXT subject = {.PrimaryToken = &token, .ImpersonationLevel = SecurityImpersonation};
    if (ClientTokenInformation != NULL) {
        subject.ClientToken = &token;
        subject.ImpersonationLevel = information->ImpersonationLevel;
    }
    RtlCopyMemory(token.Privileges, information->Privileges->Privileges, token.PrivilegeCount * sizeof(token.Privileges[0]));
    return SeAccessCheck(SecurityDescriptor, &subject, TRUE, DesiredAccess, PreviouslyGrantedAccess, Privileges, GenericMapping, AccessMode,
                         GrantedAccess, AccessStatus);
}

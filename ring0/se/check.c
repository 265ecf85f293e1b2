/* Access checks for others than the kernel: of programs about their clients, and of drivers that keep what a token says instead of the token. */
#include "se/sep.h"

static NTSTATUS SepCaptureSet(PPRIVILEGE_SET Set, KPROCESSOR_MODE Mode, PPRIVILEGE_SET *Captured) {
    PRIVILEGE_SET Head;
    if (Mode == KernelMode)
        Head = *Set;
    else if (!KiCopyFromUser(&Head, Set, FIELD_OFFSET(PRIVILEGE_SET, Privilege)))
        return STATUS_ACCESS_VIOLATION;
    if (Head.PrivilegeCount > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    SIZE_T Size = FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Head.PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES);
    PPRIVILEGE_SET Copy = ExAllocatePoolWithTag(PagedPool, Size, SEP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Mode == KernelMode) {
        RtlCopyMemory(Copy, Set, Size);
    } else if (!KiCopyFromUser(Copy, Set, Size) || Copy->PrivilegeCount != Head.PrivilegeCount) {
        ExFreePoolWithTag(Copy, SEP_TAG);
        return STATUS_ACCESS_VIOLATION;
    }
    *Captured = Copy;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtPrivilegeCheck(HANDLE ClientToken, PPRIVILEGE_SET RequiredPrivileges, PBOOLEAN Result) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PPRIVILEGE_SET Set;
    PSEP_TOKEN Token;
    NTSTATUS Status = ObpProbeOutput(Result, sizeof(*Result), 1, Mode);
    if (NT_SUCCESS(Status))
        Status = SepCaptureSet(RequiredPrivileges, Mode, &Set);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepReferenceToken(ClientToken, TOKEN_QUERY, Mode, &Token);
    if (NT_SUCCESS(Status)) {
        BOOLEAN Held = FALSE;
        if (Token->Type == TokenImpersonation && Token->Level < SecurityIdentification)
            Status = STATUS_BAD_IMPERSONATION_LEVEL;
        else
            Held = SepCheckPrivileges(Token, Set);
        ObfDereferenceObject(Token);
        if (NT_SUCCESS(Status))
            Status =
                ObpStore(RequiredPrivileges, Set, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + Set->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES), Mode);
        if (NT_SUCCESS(Status))
            Status = ObpStore(Result, &Held, sizeof(Held), Mode);
    }
    ExFreePoolWithTag(Set, SEP_TAG);
    return Status;
}

/* The set of privileges that were used, as AccessCheck wants it: there is always room for one asked for. */
static NTSTATUS SepStoreUsed(PPRIVILEGE_SET Used, PPRIVILEGE_SET Set, PULONG Length, KPROCESSOR_MODE Mode) {
    PRIVILEGE_SET None = {0};
    ULONG Room, Needed;
    if (Mode == KernelMode)
        Room = *Length;
    else if (!KiCopyFromUser(&Room, Length, sizeof(Room)))
        return STATUS_ACCESS_VIOLATION;
    if (Used == NULL)
        Used = &None;
    Needed = FIELD_OFFSET(PRIVILEGE_SET, Privilege) + max(Used->PrivilegeCount, 1u) * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    NTSTATUS Status = ObpStore(Length, &Needed, sizeof(Needed), Mode);
    if (NT_SUCCESS(Status) && Room < Needed)
        Status = STATUS_BUFFER_TOO_SMALL;
    return NT_SUCCESS(Status) ? ObpStore(Set, Used, Needed, Mode) : Status;
}

/* The token must be one to impersonate with, the descriptor have owner and group; a mask with generic rights is the caller's mistake (AccessCheck). */
NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping,
                             PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR Descriptor = NULL;
    PPRIVILEGE_SET Used = NULL;
    GENERIC_MAPPING Mapping;
    ACCESS_MASK Granted = 0;
    PSEP_TOKEN Token;
    NTSTATUS Checked, Status = ObpProbeOutput(GrantedAccess, sizeof(*GrantedAccess), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(AccessStatus, sizeof(*AccessStatus), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(PrivilegeSetLength, sizeof(*PrivilegeSetLength), sizeof(ULONG), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode == KernelMode)
        Mapping = *GenericMapping;
    else if (!KiCopyFromUser(&Mapping, GenericMapping, sizeof(Mapping)))
        return STATUS_ACCESS_VIOLATION;
    if (DesiredAccess & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL))
        return STATUS_GENERIC_NOT_MAPPED;
    Status = SepReferenceToken(ClientToken, TOKEN_QUERY, Mode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Token->Type != TokenImpersonation)
        Status = STATUS_NO_IMPERSONATION_TOKEN;
    else if (Token->Level < SecurityIdentification)
        Status = STATUS_BAD_IMPERSONATION_LEVEL;
    else
        Status = SeCaptureSecurityDescriptor(SecurityDescriptor, Mode, PagedPool, TRUE, &Descriptor);
    if (NT_SUCCESS(Status) && (Descriptor == NULL || SepOwner(Descriptor) == NULL || SepGroup(Descriptor) == NULL))
        Status = STATUS_INVALID_SECURITY_DESCR;
    if (NT_SUCCESS(Status)) {
        Checked = SepCheckAccess(Descriptor, Token, DesiredAccess, 0, &Used, &Mapping, &Granted);
        Status = SepStoreUsed(Used, PrivilegeSet, PrivilegeSetLength, Mode);
        if (NT_SUCCESS(Status))
            Status = ObpStore(GrantedAccess, &Granted, sizeof(Granted), Mode);
        if (NT_SUCCESS(Status))
            Status = ObpStore(AccessStatus, &Checked, sizeof(Checked), Mode);
    }
    if (Used != NULL)
        SeFreePrivileges(Used);
    if (Descriptor != NULL)
        ExFreePool(Descriptor);
    ObfDereferenceObject(Token);
    return Status;
}

BOOLEAN NTAPI SeAccessCheckFromState(PSECURITY_DESCRIPTOR SecurityDescriptor, PTOKEN_ACCESS_INFORMATION PrimaryTokenInformation,
                                     PTOKEN_ACCESS_INFORMATION ClientTokenInformation, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                                     PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                                     PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    PTOKEN_ACCESS_INFORMATION Information = ClientTokenInformation != NULL ? ClientTokenInformation : PrimaryTokenInformation;
    SEP_TOKEN Token = {.Sids = Information->SidHash->SidAttr,
                       .SidCount = Information->SidHash->SidCount,
                       .Restricted = Information->RestrictedSidHash->SidAttr,
                       .RestrictedCount = Information->RestrictedSidHash->SidCount,
                       .AuthenticationId = Information->AuthenticationId,
                       .Type = Information->TokenType,
                       .Level = Information->ImpersonationLevel,
                       .MandatoryPolicy = Information->MandatoryPolicy.Policy,
                       .WriteRestricted = (Information->Flags & SEP_INFORMATION_WRITE_RESTRICTED) != 0,
                       .PrivilegeCount = min(Information->Privileges->PrivilegeCount, SEP_MAX_PRIVILEGES)};
    SECURITY_SUBJECT_CONTEXT Subject = {.PrimaryToken = &Token, .ImpersonationLevel = SecurityImpersonation};
    if (ClientTokenInformation != NULL) {
        Subject.ClientToken = &Token;
        Subject.ImpersonationLevel = Information->ImpersonationLevel;
    }
    RtlCopyMemory(Token.Privileges, Information->Privileges->Privileges, Token.PrivilegeCount * sizeof(Token.Privileges[0]));
    return SeAccessCheck(SecurityDescriptor, &Subject, TRUE, DesiredAccess, PreviouslyGrantedAccess, Privileges, GenericMapping, AccessMode,
                         GrantedAccess, AccessStatus);
}

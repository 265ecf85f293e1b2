/* Is it allowed: subjects, privileges, access checks, access states. */
#include "se/sep.h"

VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, PGENERIC_MAPPING GenericMapping) {
    ACCESS_MASK mask = *AccessMask;
    if (mask & GENERIC_READ)
        mask |= GenericMapping->GenericRead;
    if (mask & GENERIC_WRITE)
        mask |= GenericMapping->GenericWrite;
    if (mask & GENERIC_EXECUTE)
        mask |= GenericMapping->GenericExecute;
    if (mask & GENERIC_ALL)
        mask |= GenericMapping->GenericAll;
    *AccessMask = mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (DesiredAccess & ~GrantedAccess) == 0; }

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (DesiredAccess & GrantedAccess) != 0; }

/* ---- Subjects ---- */
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    PEPROCESS process = (PEPROCESS)KiCurrentThread()->Process;
    SubjectContext->ClientToken = NULL;
    SubjectContext->ImpersonationLevel = SecurityAnonymous;
    SubjectContext->PrimaryToken = (PACCESS_TOKEN)PsReferencePrimaryToken(process);
    SubjectContext->ProcessAuditId = process != NULL ? process->UniqueProcessId : NULL; /* there is none before PsInitSystem */
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    if (SubjectContext->PrimaryToken != NULL)
        PsDereferencePrimaryToken(SubjectContext->PrimaryToken);
    SubjectContext->PrimaryToken = NULL;
}

/* Nothing replaces a token while kernel code runs that does not wait: there is nothing to lock. */
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { NT_ASSERT_OURS(KiCurrentIrql() <= APC_LEVEL); }

VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { NT_ASSERT_OURS(KiCurrentIrql() <= APC_LEVEL); }

static PSEP_TOKEN SepEffectiveToken(PSECURITY_SUBJECT_CONTEXT SubjectContext) { return (PSEP_TOKEN)SeQuerySubjectContextToken(SubjectContext); }

/* ---- Privileges ---- */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode) {
    SECURITY_SUBJECT_CONTEXT subject;
    if (PreviousMode == KernelMode)
        return TRUE;
    SeCaptureSubjectContext(&subject);
    BOOLEAN held = SepHasPrivilege(SepEffectiveToken(&subject), PrivilegeValue);
    SeReleaseSubjectContext(&subject);
    return held;
}

BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectContext, KPROCESSOR_MODE AccessMode) {
    ULONG held = 0;
    if (AccessMode == KernelMode)
        return TRUE;
    for (ULONG i = 0; i < RequiredPrivileges->PrivilegeCount; i++) {
        if (SepHasPrivilege(SepEffectiveToken(SubjectContext), RequiredPrivileges->Privilege[i].Luid)) {
            RequiredPrivileges->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
            held++;
        }
    }
    return RequiredPrivileges->Control & PRIVILEGE_SET_ALL_NECESSARY ? held == RequiredPrivileges->PrivilegeCount : held != 0;
}

VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges) { ExFreePool(Privileges); }

/* ---- Access ---- */
/* What the entries grant of Wanted, in their order: the first that speaks of a right decides it. */
static ACCESS_MASK SepWalkDacl(PACL Dacl, PSEP_TOKEN Token, ACCESS_MASK Wanted, PGENERIC_MAPPING Mapping) {
    ACCESS_MASK granted = 0, denied = 0;
    for (ULONG i = 0; i < Dacl->AceCount; i++) {
        PVOID entry;
        if (!NT_SUCCESS(RtlGetAce(Dacl, i, &entry)))
            break;
        PACCESS_ALLOWED_ACE ace = entry;
        ACCESS_MASK mask = ace->Mask;
        if ((ace->Header.AceFlags & INHERIT_ONLY_ACE) ||
            (ace->Header.AceType != ACCESS_ALLOWED_ACE_TYPE && ace->Header.AceType != ACCESS_DENIED_ACE_TYPE))
            continue;
        BOOLEAN denial = ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
        if (!SepHasSid(Token, &ace->SidStart, denial))
            continue;
        RtlMapGenericMask(&mask, Mapping);
        if (denial)
            denied |= mask & ~granted;
        else
            granted |= mask & ~denied;
    }
    return granted & Wanted;
}

BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN SubjectContextLocked,
                            ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
                            PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    ACCESS_MASK desired = DesiredAccess, granted = PreviouslyGrantedAccess;
    BOOLEAN maximum = (DesiredAccess & MAXIMUM_ALLOWED) != 0;
    if (Privileges != NULL)
        *Privileges = NULL;
    *GrantedAccess = 0;
    *AccessStatus = STATUS_ACCESS_DENIED;
    RtlMapGenericMask(&desired, GenericMapping);
    desired &= ~MAXIMUM_ALLOWED;
    if (AccessMode == KernelMode) {
        *GrantedAccess = desired | granted | (maximum ? GenericMapping->GenericAll : 0);
        *AccessStatus = STATUS_SUCCESS;
        return TRUE;
    }
    if (SecurityDescriptor == NULL || (DesiredAccess == 0 && granted == 0))
        return FALSE;

    PSEP_TOKEN token = SepEffectiveToken(SubjectSecurityContext);
    PACL dacl = SepDacl(SecurityDescriptor);
    PSID owner = SepOwner(SecurityDescriptor);
    if (desired & ACCESS_SYSTEM_SECURITY) {
        if (!SepHasPrivilege(token, RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE))) {
            *AccessStatus = STATUS_PRIVILEGE_NOT_HELD;
            return FALSE;
        }
        granted |= ACCESS_SYSTEM_SECURITY;
    }
    if ((desired & WRITE_OWNER) && SepHasPrivilege(token, RtlConvertLongToLuid(SE_TAKE_OWNERSHIP_PRIVILEGE)))
        granted |= WRITE_OWNER;
    if (owner != NULL && SepHasSid(token, owner, FALSE))
        granted |= (READ_CONTROL | WRITE_DAC) & (maximum ? ~0u : desired);
    ACCESS_MASK wanted = maximum ? ~0u : desired;
    granted |= dacl != NULL ? SepWalkDacl(dacl, token, wanted, GenericMapping) : maximum ? GenericMapping->GenericAll | desired : desired;
    if ((desired & ~granted) != 0 || (maximum && granted == 0))
        return FALSE;
    *GrantedAccess = granted;
    *AccessStatus = STATUS_SUCCESS;
    return TRUE;
}

/* ---- Access states ---- */
NTSTATUS SepCreateAccessState(PACCESS_STATE AccessState, PVOID Aux, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING Mapping) {
    PSEP_AUX_DATA aux = Aux;
    RtlZeroMemory(AccessState, sizeof(*AccessState));
    RtlZeroMemory(aux, sizeof(*aux));
    if (Mapping != NULL) {
        aux->GenericMapping = *Mapping;
        RtlMapGenericMask(&DesiredAccess, Mapping);
    }
    aux->PrivilegesUsed = &AccessState->Privileges.PrivilegeSet;
    AccessState->AuxData = aux;
    AccessState->RemainingDesiredAccess = AccessState->OriginalDesiredAccess = DesiredAccess;
    SeCaptureSubjectContext(&AccessState->SubjectSecurityContext);
    return STATUS_SUCCESS;
}

VOID SepDeleteAccessState(PACCESS_STATE AccessState) { SeReleaseSubjectContext(&AccessState->SubjectSecurityContext); }

VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping) {
    ((PSEP_AUX_DATA)AccessState->AuxData)->GenericMapping = *GenericMapping;
}

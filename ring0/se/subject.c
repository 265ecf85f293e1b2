/* Subjects: who asks, and with which privileges; access states. */
#include "se/sep.h"

VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SubjectContext->ImpersonationLevel = SecurityAnonymous;
    SubjectContext->ClientToken =
        Thread != NULL ? PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &SubjectContext->ImpersonationLevel) : NULL;
    SubjectContext->PrimaryToken = (PACCESS_TOKEN)PsReferencePrimaryToken(Process);
    SubjectContext->ProcessAuditId = Process != NULL ? Process->UniqueProcessId : NULL; /* there is none before PsInitSystem */
}

VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    BOOLEAN Early = PsInitialSystemProcess == NULL;
    SeCaptureSubjectContextEx(Early ? NULL : (PETHREAD)KiCurrentThread(), Early ? NULL : (PEPROCESS)KiCurrentThread()->ApcState.Process,
                              SubjectContext);
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    if (SubjectContext->PrimaryToken != NULL)
        PsDereferencePrimaryToken(SubjectContext->PrimaryToken);
    if (SubjectContext->ClientToken != NULL)
        ObfDereferenceObject(SubjectContext->ClientToken);
    SubjectContext->PrimaryToken = SubjectContext->ClientToken = NULL;
}

/* Nothing changes a token while kernel code runs that does not wait: there is nothing to lock. */
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { NT_ASSERT_OURS(KiCurrentIrql() <= APC_LEVEL); }

VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { NT_ASSERT_OURS(KiCurrentIrql() <= APC_LEVEL); }

/* ---- Privileges ---- */
BOOLEAN SepHasPrivilege(PSEP_TOKEN Token, LUID Privilege) {
    for (ULONG I = 0; Token != NULL && I < Token->PrivilegeCount; I++)
        if (RtlEqualLuid(&Token->Privileges[I].Luid, &Privilege))
            return (Token->Privileges[I].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    return FALSE;
}

BOOLEAN SepCheckPrivileges(PSEP_TOKEN Token, PPRIVILEGE_SET Required) {
    ULONG Held = 0;
    for (ULONG I = 0; I < Required->PrivilegeCount; I++) {
        if (SepHasPrivilege(Token, Required->Privilege[I].Luid)) {
            Required->Privilege[I].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
            Held++;
        }
    }
    return Required->Control & PRIVILEGE_SET_ALL_NECESSARY ? Held == Required->PrivilegeCount : Held != 0;
}

/* A client that may only be identified has no privileges ("Impersonation Levels"). */
static PSEP_TOKEN SepPrivilegedToken(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    if (SubjectContext->ClientToken != NULL && SubjectContext->ImpersonationLevel < SecurityImpersonation)
        return NULL;
    return SeQuerySubjectContextToken(SubjectContext);
}

BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode) {
    SECURITY_SUBJECT_CONTEXT Subject;
    if (PreviousMode == KernelMode)
        return TRUE;
    SeCaptureSubjectContext(&Subject);
    BOOLEAN Held = SepHasPrivilege(SepPrivilegedToken(&Subject), PrivilegeValue);
    SeReleaseSubjectContext(&Subject);
    return Held;
}

BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectContext, KPROCESSOR_MODE AccessMode) {
    return AccessMode == KernelMode || SepCheckPrivileges(SepPrivilegedToken(SubjectContext), RequiredPrivileges);
}

VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges) { ExFreePool(Privileges); }

/* ---- Access states ---- */
NTSTATUS SepCreateAccessState(PACCESS_STATE AccessState, PVOID Aux, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING Mapping) {
    PSEP_AUX_DATA Data = Aux;
    RtlZeroMemory(AccessState, sizeof(*AccessState));
    RtlZeroMemory(Data, sizeof(*Data));
    if (Mapping != NULL) {
        Data->GenericMapping = *Mapping;
        RtlMapGenericMask(&DesiredAccess, Mapping);
    }
    Data->PrivilegesUsed = &AccessState->Privileges.PrivilegeSet;
    AccessState->AuxData = Data;
    AccessState->RemainingDesiredAccess = AccessState->OriginalDesiredAccess = DesiredAccess;
    SeCaptureSubjectContext(&AccessState->SubjectSecurityContext);
    return STATUS_SUCCESS;
}

VOID SepDeleteAccessState(PACCESS_STATE AccessState) {
    if (AccessState->PrivilegesAllocated)
        ExFreePoolWithTag(((PSEP_AUX_DATA)AccessState->AuxData)->PrivilegesUsed, SEP_TAG);
    SeReleaseSubjectContext(&AccessState->SubjectSecurityContext);
}

VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping) {
    ((PSEP_AUX_DATA)AccessState->AuxData)->GenericMapping = *GenericMapping;
}

/* Whose rights a process and a thread have: primary tokens, impersonation. */
#include "ps/ps.h"

#undef PsDereferenceImpersonationToken /* the DDK has it as a macro; it is an export too */

HANDLE NTAPI PsReferencePrimaryToken(PEPROCESS Process) {
    PACCESS_TOKEN Token = Process != NULL && Process->Token != NULL ? Process->Token : SeSystemToken();

    if (Token != NULL)
        ObfReferenceObject(Token);
    return Token;
}

VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken) { ObfDereferenceObject(PrimaryToken); }

PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
    if (Thread->Impersonation.Token == NULL)
        return NULL;
    *CopyOnOpen = Thread->Impersonation.CopyOnOpen;
    *EffectiveOnly = Thread->Impersonation.EffectiveOnly;
    *ImpersonationLevel = Thread->Impersonation.Level;
    ObfReferenceObject(Thread->Impersonation.Token);
    return Thread->Impersonation.Token;
}

VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken) {
    if (ImpersonationToken != NULL)
        ObfDereferenceObject(ImpersonationToken);
}

/* PACCESS_TOKEN of the thread if it impersonates, else of its process; exported beside the macros that do the same. */
PACCESS_TOKEN NTAPI PsReferenceEffectiveToken(PETHREAD Thread, PTOKEN_TYPE TokenType, PBOOLEAN EffectiveOnly,
                                              PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
    BOOLEAN CopyOnOpen;
    PACCESS_TOKEN Token = PsReferenceImpersonationToken(Thread, &CopyOnOpen, EffectiveOnly, ImpersonationLevel);

    *TokenType = Token != NULL ? TokenImpersonation : TokenPrimary;
    if (Token != NULL)
        return Token;
    *EffectiveOnly = FALSE;
    return PsReferencePrimaryToken(Thread->Process);
}

static VOID PspSetImpersonation(PETHREAD Thread, const SE_IMPERSONATION_STATE *State) {
    PACCESS_TOKEN Before = Thread->Impersonation.Token;

    Thread->Impersonation = *State;
    if (Before != NULL)
        ObfDereferenceObject(Before);
}

/* What a process may not impersonate it may still identify: then the thread gets a copy of that level, and no error is told. */
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                                   SECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
    SE_IMPERSONATION_STATE State = {Token, CopyOnOpen, EffectiveOnly, ImpersonationLevel};
    NTSTATUS Status;

    if (Token == NULL) {
        State = (SE_IMPERSONATION_STATE){0};
    } else if (SeMayImpersonate(Thread->Process->Token, Token, ImpersonationLevel)) {
        ObfReferenceObject(Token);
    } else {
        Status = SeCopyForIdentification(Token, EffectiveOnly, &State.Token);
        if (!NT_SUCCESS(Status))
            return Status;
        State.CopyOnOpen = FALSE;
        State.Level = SecurityIdentification;
    }
    PspSetImpersonation(Thread, &State);
    return STATUS_SUCCESS;
}

VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread) { PspSetImpersonation(Thread, &(SE_IMPERSONATION_STATE){0}); }

VOID NTAPI PsRevertToSelf(VOID) { PsRevertThreadToSelf((PETHREAD)KiCurrentThread()); }

BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread) { return Thread->Impersonation.Token != NULL; }

/* The reference goes over to the state, and comes back with PsRestoreImpersonation. */
BOOLEAN NTAPI PsDisableImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE ImpersonationState) {
    *ImpersonationState = Thread->Impersonation;
    Thread->Impersonation = (SE_IMPERSONATION_STATE){0};
    return ImpersonationState->Token != NULL;
}

VOID NTAPI PsRestoreImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE ImpersonationState) {
    PspSetImpersonation(Thread, ImpersonationState);
    ImpersonationState->Token = NULL;
}

NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token) {
    SECURITY_IMPERSONATION_LEVEL Level;
    PVOID Object;
    NTSTATUS Status;

    if (Token == NULL) {
        PsRevertThreadToSelf(Thread);
        return STATUS_SUCCESS;
    }
    Status = ObReferenceObjectByHandle(Token, TOKEN_IMPERSONATE, SepTokenObjectType, KiPreviousMode(), &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Level = SeTokenImpersonationLevel(Object);
    Status = SeTokenType(Object) == TokenImpersonation ? PsImpersonateClient(Thread, Object, FALSE, FALSE, Level) : STATUS_BAD_TOKEN_TYPE;
    ObfDereferenceObject(Object);
    return Status;
}

/* Acting for a client: whose token a server may use, and how far (documentation of SeCreateClientSecurity and PsImpersonateClient, "Impersonation Levels"). */
#include "se/sep.h"

PACCESS_TOKEN SeSystemToken(VOID) { return SepSystemToken; }

BOOLEAN SeMayImpersonate(PACCESS_TOKEN Primary, PACCESS_TOKEN Token, SECURITY_IMPERSONATION_LEVEL Level) {
    PSEP_TOKEN Own = Primary, Client = Token;
    if (Level < SecurityImpersonation || RtlEqualSid(SepUserOf(Client), SepExports.SeAnonymousLogonSid) ||
        SepHasPrivilege(Own, RtlConvertLongToLuid(SE_IMPERSONATE_PRIVILEGE)))
        return TRUE;
    return RtlEqualSid(SepUserOf(Own), SepUserOf(Client)) && SepIntegrity(SepLabelOf(Client)) <= SepIntegrity(SepLabelOf(Own)) &&
           (Own->RestrictedCount == 0 || Client->RestrictedCount != 0);
}

NTSTATUS SeCopyForIdentification(PACCESS_TOKEN Token, BOOLEAN EffectiveOnly, PACCESS_TOKEN *Copy) {
    return SepDuplicateToken(Token, TokenImpersonation, SecurityIdentification, EffectiveOnly, (PSEP_TOKEN *)Copy);
}

/* The client's token as a context of its own: a copy when it is to stay as it is now (static tracking), else the token itself. */
static NTSTATUS SepCreateContext(PSEP_TOKEN Token, BOOLEAN Impersonating, SECURITY_IMPERSONATION_LEVEL Level, BOOLEAN EffectiveOnly,
                                 PSECURITY_QUALITY_OF_SERVICE Qos, BOOLEAN Remote, PSECURITY_CLIENT_CONTEXT Context) {
    PSEP_TOKEN Copy;
    if ((ULONG)Qos->ImpersonationLevel > SecurityDelegation)
        return STATUS_INVALID_PARAMETER;
    if (Impersonating && (Qos->ImpersonationLevel > Level || Level < SecurityIdentification))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (Impersonating && Remote && Level != SecurityDelegation)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    RtlZeroMemory(Context, sizeof(*Context));
    Context->SecurityQos = *Qos;
    Context->ServerIsRemote = Remote;
    if (Qos->ContextTrackingMode == SECURITY_STATIC_TRACKING) {
        NTSTATUS Status = SepDuplicateToken(Token, TokenImpersonation, Qos->ImpersonationLevel, Qos->EffectiveOnly, &Copy);
        if (!NT_SUCCESS(Status))
            return Status;
        Context->ClientToken = Copy;
        return STATUS_SUCCESS;
    }
    Context->DirectlyAccessClientToken = TRUE;
    Context->DirectAccessEffectiveOnly = EffectiveOnly || Qos->EffectiveOnly;
    ObfReferenceObject(Token);
    Context->ClientToken = Token;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos, BOOLEAN RemoteSession,
                                      PSECURITY_CLIENT_CONTEXT ClientContext) {
    SECURITY_IMPERSONATION_LEVEL Level = SecurityAnonymous;
    BOOLEAN EffectiveOnly;
    TOKEN_TYPE Type;
    PACCESS_TOKEN Token = PsReferenceEffectiveToken(ClientThread, &Type, &EffectiveOnly, &Level);
    NTSTATUS Status = SepCreateContext(Token, Type == TokenImpersonation, Level, EffectiveOnly, ClientSecurityQos, RemoteSession, ClientContext);
    ObfDereferenceObject(Token);
    return Status;
}

NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                        BOOLEAN ServerIsRemote, PSECURITY_CLIENT_CONTEXT ClientContext) {
    return SepCreateContext(SeQuerySubjectContextToken(SubjectContext), SubjectContext->ClientToken != NULL, SubjectContext->ImpersonationLevel,
                            FALSE, ClientSecurityQos, ServerIsRemote, ClientContext);
}

NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread) {
    BOOLEAN EffectiveOnly =
        ClientContext->DirectlyAccessClientToken ? ClientContext->DirectAccessEffectiveOnly : ClientContext->SecurityQos.EffectiveOnly;
    return PsImpersonateClient(ServerThread != NULL ? ServerThread : (PETHREAD)KiCurrentThread(), ClientContext->ClientToken, TRUE, EffectiveOnly,
                               ClientContext->SecurityQos.ImpersonationLevel);
}

VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread) { SeImpersonateClientEx(ClientContext, ServerThread); }

#undef SeDeleteClientSecurity
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT ClientContext);

/* What the header's macro of that name does. */
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT ClientContext) {
    if (ClientContext->ClientToken != NULL)
        ObfDereferenceObject(ClientContext->ClientToken);
    ClientContext->ClientToken = NULL;
}

/* Tokens' answers: NtQueryInformationToken and SeQueryInformationToken. */
#include "se/sep.h"

/* Where an answer is built. Pointers in it are for the caller's buffer, which is Delta bytes from there. First all is counted, with Base NULL. */
typedef struct _SEP_ANSWER {
    PUCHAR Base;
    ULONG Size;
    LONG64 Delta;
} SEP_ANSWER, *PSEP_ANSWER;

/* Room behind what is there. *Seen is where the caller will see it. NULL while counting. */
static PVOID SepReserve(PSEP_ANSWER Answer, ULONG Size, ULONG Alignment, PVOID Seen) {
    Answer->Size = (Answer->Size + Alignment - 1) & ~(Alignment - 1);
    PUCHAR At = Answer->Base != NULL ? Answer->Base + Answer->Size : NULL;
    Answer->Size += Size;
    if (At != NULL && Seen != NULL)
        *(PVOID *)Seen = At + Answer->Delta;
    return At;
}

static VOID SepPutSid(PSEP_ANSWER Answer, PSID Sid, PVOID Seen) {
    PVOID At = SepReserve(Answer, RtlLengthSid(Sid), sizeof(ULONG), Seen);
    if (At != NULL)
        RtlCopyMemory(At, Sid, RtlLengthSid(Sid));
}

/* The SIDs of a list that is in the answer already. */
static VOID SepPutSids(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *Sids, ULONG Count, PSID_AND_ATTRIBUTES List) {
    for (ULONG I = 0; I < Count; I++) {
        SepPutSid(Answer, Sids[I].Sid, List != NULL ? &List[I].Sid : NULL);
        if (List != NULL)
            List[I].Attributes = Sids[I].Attributes;
    }
}

static VOID SepPutGroups(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *Sids, ULONG Count) {
    PTOKEN_GROUPS Groups = SepReserve(
        Answer, max(FIELD_OFFSET(TOKEN_GROUPS, Groups) + Count * (ULONG)sizeof(*Sids), (ULONG)FIELD_OFFSET(TOKEN_GROUPS, Groups)), 8, NULL);
    if (Groups != NULL)
        Groups->GroupCount = Count;
    SepPutSids(Answer, Sids, Count, Groups != NULL ? Groups->Groups : NULL);
}

static PTOKEN_PRIVILEGES SepPutPrivileges(PSEP_ANSWER Answer, PSEP_TOKEN Token, PVOID Seen) {
    PTOKEN_PRIVILEGES Privileges =
        SepReserve(Answer, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Token->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES), 8, Seen);
    if (Privileges != NULL) {
        Privileges->PrivilegeCount = Token->PrivilegeCount;
        RtlCopyMemory(Privileges->Privileges, Token->Privileges, Token->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    }
    return Privileges;
}

static VOID SepPutUlong(PSEP_ANSWER Answer, ULONG Value) {
    PULONG At = SepReserve(Answer, sizeof(ULONG), sizeof(ULONG), NULL);
    if (At != NULL)
        *At = Value;
}

static VOID SepPutStatistics(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    PTOKEN_STATISTICS Statistics = SepReserve(Answer, sizeof(*Statistics), 8, NULL);
    if (Statistics != NULL)
        *Statistics = (TOKEN_STATISTICS){.TokenId = Token->TokenId,
                                         .AuthenticationId = Token->AuthenticationId,
                                         .ExpirationTime = {.QuadPart = MAXLONGLONG},
                                         .TokenType = Token->Type,
                                         .ImpersonationLevel = Token->Level,
                                         .DynamicCharged = 4096,
                                         .DynamicAvailable = 4096 - (Token->DefaultDacl != NULL ? Token->DefaultDacl->AclSize : 0),
                                         .GroupCount = Token->SidCount - 1,
                                         .PrivilegeCount = Token->PrivilegeCount,
                                         .ModifiedId = Token->ModifiedId};
}

static VOID SepPutGroupsAndPrivileges(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    PTOKEN_GROUPS_AND_PRIVILEGES All = SepReserve(Answer, sizeof(*All), 8, NULL);
    PSID_AND_ATTRIBUTES Sids = SepReserve(Answer, Token->SidCount * (ULONG)sizeof(*Sids), 8, All != NULL ? &All->Sids : NULL);
    ULONG Start = Answer->Size;
    SepPutSids(Answer, Token->Sids, Token->SidCount, Sids);
    ULONG SidBytes = Answer->Size - Start + Token->SidCount * (ULONG)sizeof(*Sids);
    PSID_AND_ATTRIBUTES Restricted = SepReserve(Answer, Token->RestrictedCount * (ULONG)sizeof(*Sids), 8,
                                                All != NULL && Token->RestrictedCount != 0 ? &All->RestrictedSids : NULL);
    Start = Answer->Size;
    SepPutSids(Answer, Token->Restricted, Token->RestrictedCount, Restricted);
    ULONG RestrictedBytes = Answer->Size - Start + Token->RestrictedCount * (ULONG)sizeof(*Sids);
    ULONG Bytes = Token->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    PVOID Privileges = SepReserve(Answer, Bytes, 4, All != NULL ? &All->Privileges : NULL);
    if (All == NULL)
        return;
    RtlCopyMemory(Privileges, Token->Privileges, Bytes);
    All->SidCount = Token->SidCount;
    All->SidLength = SidBytes;
    All->RestrictedSidCount = Token->RestrictedCount;
    All->RestrictedSidLength = RestrictedBytes;
    All->PrivilegeCount = Token->PrivilegeCount;
    All->PrivilegeLength = Bytes;
    All->AuthenticationId = Token->AuthenticationId;
}

static PSID_AND_ATTRIBUTES SepPutHash(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *Sids, ULONG Count, PVOID Seen) {
    PSID_AND_ATTRIBUTES_HASH Hash = SepReserve(Answer, sizeof(*Hash), 8, Seen);
    PSID_AND_ATTRIBUTES List = SepReserve(Answer, Count * (ULONG)sizeof(*List), 8, Hash != NULL ? &Hash->SidAttr : NULL);
    if (Hash != NULL)
        Hash->SidCount = Count;
    SepPutSids(Answer, Sids, Count, List);
    return List;
}

/* What SeAccessCheckFromState takes. The hash tables in it, which only make searching faster, are empty. */
static VOID SepPutAccessInformation(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    PTOKEN_ACCESS_INFORMATION Information = SepReserve(Answer, sizeof(*Information), 8, NULL);
    SepPutHash(Answer, Token->Sids, Token->SidCount, Information != NULL ? &Information->SidHash : NULL);
    SepPutHash(Answer, Token->Restricted, Token->RestrictedCount, Information != NULL ? &Information->RestrictedSidHash : NULL);
    SepPutPrivileges(Answer, Token, Information != NULL ? &Information->Privileges : NULL);
    if (Information == NULL)
        return;
    Information->AuthenticationId = Token->AuthenticationId;
    Information->TokenType = Token->Type;
    Information->ImpersonationLevel = Token->Level;
    Information->MandatoryPolicy.Policy = Token->MandatoryPolicy;
    Information->Flags = Token->WriteRestricted ? SEP_INFORMATION_WRITE_RESTRICTED : 0;
}

static VOID SepPutLogonSid(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    for (ULONG I = 0; I < Token->SidCount; I++)
        if ((Token->Sids[I].Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID) {
            SepPutGroups(Answer, &Token->Sids[I], 1);
            return;
        }
}

static NTSTATUS SepFillAnswer(PSEP_ANSWER Answer, PSEP_TOKEN Token, ULONG Class) {
    PSID *Sid;
    Answer->Size = 0;
    switch (Class) {
    case TokenUser:
    case TokenIntegrityLevel: {
        PSID_AND_ATTRIBUTES One = SepReserve(Answer, sizeof(*One), 8, NULL);
        SepPutSids(Answer, Class == TokenUser ? Token->Sids : Token->Sids + Token->SidCount - 1, 1, One);
        return STATUS_SUCCESS;
    }
    case TokenGroups: SepPutGroups(Answer, Token->Sids + 1, Token->SidCount - 1); return STATUS_SUCCESS;
    case TokenRestrictedSids: SepPutGroups(Answer, Token->Restricted, Token->RestrictedCount); return STATUS_SUCCESS;
    case TokenLogonSid: SepPutLogonSid(Answer, Token); return Answer->Size != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    case TokenPrivileges: SepPutPrivileges(Answer, Token, NULL); return STATUS_SUCCESS;
    case TokenOwner:
    case TokenPrimaryGroup:
        Sid = SepReserve(Answer, sizeof(PSID), 8, NULL);
        SepPutSid(Answer, Class == TokenOwner ? Token->Owner : Token->PrimaryGroup, Sid);
        return STATUS_SUCCESS;
    case TokenDefaultDacl: {
        PTOKEN_DEFAULT_DACL Dacl = SepReserve(Answer, sizeof(*Dacl), 8, NULL);
        if (Token->DefaultDacl != NULL) {
            PVOID At = SepReserve(Answer, Token->DefaultDacl->AclSize, 4, Dacl != NULL ? &Dacl->DefaultDacl : NULL);
            if (At != NULL)
                RtlCopyMemory(At, Token->DefaultDacl, Token->DefaultDacl->AclSize);
        }
        return STATUS_SUCCESS;
    }
    case TokenSource: {
        PTOKEN_SOURCE Source = SepReserve(Answer, sizeof(*Source), 4, NULL);
        if (Source != NULL)
            *Source = Token->Source;
        return STATUS_SUCCESS;
    }
    case TokenOrigin: {
        PLUID Origin = SepReserve(Answer, sizeof(*Origin), 4, NULL);
        if (Origin != NULL)
            *Origin = Token->OriginLogon;
        return STATUS_SUCCESS;
    }
    case TokenStatistics: SepPutStatistics(Answer, Token); return STATUS_SUCCESS;
    case TokenGroupsAndPrivileges: SepPutGroupsAndPrivileges(Answer, Token); return STATUS_SUCCESS;
    case TokenAccessInformation: SepPutAccessInformation(Answer, Token); return STATUS_SUCCESS;
    case TokenImpersonationLevel:
        if (Token->Type != TokenImpersonation)
            return STATUS_INVALID_PARAMETER;
        SepPutUlong(Answer, Token->Level);
        return STATUS_SUCCESS;
    case TokenLinkedToken: return STATUS_NO_SUCH_LOGON_SESSION; /* no account here has a second token */
    case TokenType: SepPutUlong(Answer, Token->Type); return STATUS_SUCCESS;
    case TokenSessionId: SepPutUlong(Answer, Token->SessionId); return STATUS_SUCCESS;
    case TokenSandBoxInert: SepPutUlong(Answer, Token->SandboxInert); return STATUS_SUCCESS;
    case TokenElevationType: SepPutUlong(Answer, Token->ElevationType); return STATUS_SUCCESS;
    case TokenElevation: SepPutUlong(Answer, Token->Elevated); return STATUS_SUCCESS;
    case TokenHasRestrictions: SepPutUlong(Answer, Token->RestrictedCount != 0); return STATUS_SUCCESS;
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled: SepPutUlong(Answer, 0); return STATUS_SUCCESS;
    case TokenUIAccess: SepPutUlong(Answer, Token->UIAccess); return STATUS_SUCCESS;
    case TokenMandatoryPolicy: SepPutUlong(Answer, Token->MandatoryPolicy); return STATUS_SUCCESS;
    case SEP_TOKEN_IS_APP_CONTAINER: SepPutUlong(Answer, 0); return STATUS_SUCCESS;
    case SEP_TOKEN_IS_RESTRICTED: SepPutUlong(Answer, Token->RestrictedCount != 0); return STATUS_SUCCESS;
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

/* A handle with that access, or the pseudo handles -4 (the process's token), -5 (the thread's) and -6 (the one that counts). */
NTSTATUS SepReferenceToken(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PSEP_TOKEN *Token) {
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level;
    PVOID Object = NULL;
    if (Handle == (HANDLE)-5 || Handle == (HANDLE)-6)
        Object = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    if (Handle == (HANDLE)-4 || (Handle == (HANDLE)-6 && Object == NULL))
        Object = (PVOID)PsReferencePrimaryToken(Thread->Process);
    NTSTATUS Status = Handle == (HANDLE)-4 || Handle == (HANDLE)-5 || Handle == (HANDLE)-6
                          ? (Object != NULL ? STATUS_SUCCESS : STATUS_NO_TOKEN)
                          : ObReferenceObjectByHandle(Handle, Access, SepTokenObjectType, Mode, &Object, NULL);
    *Token = Object;
    return Status;
}

NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    SEP_ANSWER Answer = {0};
    PSEP_TOKEN Token;
    NTSTATUS Status = ObpProbeOutput(Information, Length, sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = SepReferenceToken(TokenHandle, Class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, Mode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepFillAnswer(&Answer, Token, Class);
    if (NT_SUCCESS(Status))
        Status = ObpStore(ReturnLength, &Answer.Size, sizeof(Answer.Size), Mode);
    if (NT_SUCCESS(Status) && (Length < Answer.Size || Information == NULL))
        Status = STATUS_BUFFER_TOO_SMALL;
    if (!NT_SUCCESS(Status))
        goto done;
    Answer.Base = ExAllocatePoolWithTag(PagedPool, Answer.Size, SEP_TAG);
    if (Answer.Base == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto done;
    }
    RtlZeroMemory(Answer.Base, Answer.Size);
    Answer.Delta = (LONG64)Information - (LONG64)Answer.Base;
    SepFillAnswer(&Answer, Token, Class);
    Status = ObpStore(Information, Answer.Base, Answer.Size, Mode);
    ExFreePoolWithTag(Answer.Base, SEP_TAG);
done:
    ObfDereferenceObject(Token);
    return Status;
}

/* The answer is pool of the caller's; one of four bytes is the pointer's own value (SeQueryInformationToken's page). */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID *Information) {
    SEP_ANSWER Answer = {0};
    ULONG Value;
    NTSTATUS Status = SepFillAnswer(&Answer, Token, Class);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Answer.Size == sizeof(ULONG)) {
        Answer.Base = (PUCHAR)&Value;
        SepFillAnswer(&Answer, Token, Class);
        *(PULONG)Information = Value;
        return STATUS_SUCCESS;
    }
    Answer.Base = ExAllocatePoolWithTag(PagedPool, Answer.Size, SEP_TAG);
    if (Answer.Base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Answer.Base, Answer.Size);
    SepFillAnswer(&Answer, Token, Class);
    *Information = Answer.Base;
    return STATUS_SUCCESS;
}

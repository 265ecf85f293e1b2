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
    PUCHAR at = Answer->Base != NULL ? Answer->Base + Answer->Size : NULL;
    Answer->Size += Size;
    if (at != NULL && Seen != NULL)
        *(PVOID *)Seen = at + Answer->Delta;
    return at;
}

static VOID SepPutSid(PSEP_ANSWER Answer, PSID Sid, PVOID Seen) {
    PVOID at = SepReserve(Answer, RtlLengthSid(Sid), sizeof(ULONG), Seen);
    if (at != NULL)
        RtlCopyMemory(at, Sid, RtlLengthSid(Sid));
}

/* The SIDs of a list that is in the answer already. */
static VOID SepPutSids(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *Sids, ULONG Count, PSID_AND_ATTRIBUTES List) {
    for (ULONG i = 0; i < Count; i++) {
        SepPutSid(Answer, Sids[i].Sid, List != NULL ? &List[i].Sid : NULL);
        if (List != NULL)
            List[i].Attributes = Sids[i].Attributes;
    }
}

static VOID SepPutGroups(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *Sids, ULONG Count) {
    PTOKEN_GROUPS groups = SepReserve(
        Answer, max(FIELD_OFFSET(TOKEN_GROUPS, Groups) + Count * (ULONG)sizeof(*Sids), (ULONG)FIELD_OFFSET(TOKEN_GROUPS, Groups)), 8, NULL);
    if (groups != NULL)
        groups->GroupCount = Count;
    SepPutSids(Answer, Sids, Count, groups != NULL ? groups->Groups : NULL);
}

static PTOKEN_PRIVILEGES SepPutPrivileges(PSEP_ANSWER Answer, PSEP_TOKEN Token, PVOID Seen) {
    PTOKEN_PRIVILEGES privileges =
        SepReserve(Answer, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Token->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES), 8, Seen);
    if (privileges != NULL) {
        privileges->PrivilegeCount = Token->PrivilegeCount;
        RtlCopyMemory(privileges->Privileges, Token->Privileges, Token->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    }
    return privileges;
}

static VOID SepPutUlong(PSEP_ANSWER Answer, ULONG Value) {
    PULONG at = SepReserve(Answer, sizeof(ULONG), sizeof(ULONG), NULL);
    if (at != NULL)
        *at = Value;
}

static VOID SepPutStatistics(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    PTOKEN_STATISTICS statistics = SepReserve(Answer, sizeof(*statistics), 8, NULL);
    if (statistics != NULL)
        *statistics = (TOKEN_STATISTICS){.TokenId = Token->TokenId,
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
    PTOKEN_GROUPS_AND_PRIVILEGES all = SepReserve(Answer, sizeof(*all), 8, NULL);
    PSID_AND_ATTRIBUTES sids = SepReserve(Answer, Token->SidCount * (ULONG)sizeof(*sids), 8, all != NULL ? &all->Sids : NULL);
    ULONG start = Answer->Size;
    SepPutSids(Answer, Token->Sids, Token->SidCount, sids);
    ULONG sidBytes = Answer->Size - start + Token->SidCount * (ULONG)sizeof(*sids);
    PSID_AND_ATTRIBUTES restricted = SepReserve(Answer, Token->RestrictedCount * (ULONG)sizeof(*sids), 8,
                                                all != NULL && Token->RestrictedCount != 0 ? &all->RestrictedSids : NULL);
    start = Answer->Size;
    SepPutSids(Answer, Token->Restricted, Token->RestrictedCount, restricted);
    ULONG restrictedBytes = Answer->Size - start + Token->RestrictedCount * (ULONG)sizeof(*sids);
    ULONG bytes = Token->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    PVOID privileges = SepReserve(Answer, bytes, 4, all != NULL ? &all->Privileges : NULL);
    if (all == NULL)
        return;
    RtlCopyMemory(privileges, Token->Privileges, bytes);
    all->SidCount = Token->SidCount;
    all->SidLength = sidBytes;
    all->RestrictedSidCount = Token->RestrictedCount;
    all->RestrictedSidLength = restrictedBytes;
    all->PrivilegeCount = Token->PrivilegeCount;
    all->PrivilegeLength = bytes;
    all->AuthenticationId = Token->AuthenticationId;
}

static PSID_AND_ATTRIBUTES SepPutHash(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *Sids, ULONG Count, PVOID Seen) {
    PSID_AND_ATTRIBUTES_HASH hash = SepReserve(Answer, sizeof(*hash), 8, Seen);
    PSID_AND_ATTRIBUTES list = SepReserve(Answer, Count * (ULONG)sizeof(*list), 8, hash != NULL ? &hash->SidAttr : NULL);
    if (hash != NULL)
        hash->SidCount = Count;
    SepPutSids(Answer, Sids, Count, list);
    return list;
}

/* What SeAccessCheckFromState takes. The hash tables in it, which only make searching faster, are empty. */
static VOID SepPutAccessInformation(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    PTOKEN_ACCESS_INFORMATION information = SepReserve(Answer, sizeof(*information), 8, NULL);
    SepPutHash(Answer, Token->Sids, Token->SidCount, information != NULL ? &information->SidHash : NULL);
    SepPutHash(Answer, Token->Restricted, Token->RestrictedCount, information != NULL ? &information->RestrictedSidHash : NULL);
    SepPutPrivileges(Answer, Token, information != NULL ? &information->Privileges : NULL);
    if (information == NULL)
        return;
    information->AuthenticationId = Token->AuthenticationId;
    information->TokenType = Token->Type;
    information->ImpersonationLevel = Token->Level;
    information->MandatoryPolicy.Policy = Token->MandatoryPolicy;
    information->Flags = Token->WriteRestricted ? SEP_INFORMATION_WRITE_RESTRICTED : 0;
}

static VOID SepPutLogonSid(PSEP_ANSWER Answer, PSEP_TOKEN Token) {
    for (ULONG i = 0; i < Token->SidCount; i++)
        if ((Token->Sids[i].Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID) {
            SepPutGroups(Answer, &Token->Sids[i], 1);
            return;
        }
}

static NTSTATUS SepFillAnswer(PSEP_ANSWER Answer, PSEP_TOKEN Token, ULONG Class) {
    PSID *sid;
    Answer->Size = 0;
    switch (Class) {
    case TokenUser:
    case TokenIntegrityLevel: {
        PSID_AND_ATTRIBUTES one = SepReserve(Answer, sizeof(*one), 8, NULL);
        SepPutSids(Answer, Class == TokenUser ? Token->Sids : Token->Sids + Token->SidCount - 1, 1, one);
        return STATUS_SUCCESS;
    }
    case TokenGroups: SepPutGroups(Answer, Token->Sids + 1, Token->SidCount - 1); return STATUS_SUCCESS;
    case TokenRestrictedSids: SepPutGroups(Answer, Token->Restricted, Token->RestrictedCount); return STATUS_SUCCESS;
    case TokenLogonSid: SepPutLogonSid(Answer, Token); return Answer->Size != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    case TokenPrivileges: SepPutPrivileges(Answer, Token, NULL); return STATUS_SUCCESS;
    case TokenOwner:
    case TokenPrimaryGroup:
        sid = SepReserve(Answer, sizeof(PSID), 8, NULL);
        SepPutSid(Answer, Class == TokenOwner ? Token->Owner : Token->PrimaryGroup, sid);
        return STATUS_SUCCESS;
    case TokenDefaultDacl: {
        PTOKEN_DEFAULT_DACL dacl = SepReserve(Answer, sizeof(*dacl), 8, NULL);
        if (Token->DefaultDacl != NULL) {
            PVOID at = SepReserve(Answer, Token->DefaultDacl->AclSize, 4, dacl != NULL ? &dacl->DefaultDacl : NULL);
            if (at != NULL)
                RtlCopyMemory(at, Token->DefaultDacl, Token->DefaultDacl->AclSize);
        }
        return STATUS_SUCCESS;
    }
    case TokenSource: {
        PTOKEN_SOURCE source = SepReserve(Answer, sizeof(*source), 4, NULL);
        if (source != NULL)
            *source = Token->Source;
        return STATUS_SUCCESS;
    }
    case TokenOrigin: {
        PLUID origin = SepReserve(Answer, sizeof(*origin), 4, NULL);
        if (origin != NULL)
            *origin = Token->OriginLogon;
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
    PETHREAD thread = (PETHREAD)KiCurrentThread();
    BOOLEAN copyOnOpen, effectiveOnly;
    SECURITY_IMPERSONATION_LEVEL level;
    PVOID object = NULL;
    if (Handle == (HANDLE)-5 || Handle == (HANDLE)-6)
        object = PsReferenceImpersonationToken(thread, &copyOnOpen, &effectiveOnly, &level);
    if (Handle == (HANDLE)-4 || (Handle == (HANDLE)-6 && object == NULL))
        object = (PVOID)PsReferencePrimaryToken(thread->Process);
    NTSTATUS status = Handle == (HANDLE)-4 || Handle == (HANDLE)-5 || Handle == (HANDLE)-6
                          ? (object != NULL ? STATUS_SUCCESS : STATUS_NO_TOKEN)
                          : ObReferenceObjectByHandle(Handle, Access, SepTokenObjectType, Mode, &object, NULL);
    *Token = object;
    return status;
}

NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    SEP_ANSWER answer = {0};
    PSEP_TOKEN token;
    NTSTATUS status = ObpProbeOutput(Information, Length, sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = SepReferenceToken(TokenHandle, Class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY, mode, &token);
    if (!NT_SUCCESS(status))
        return status;
    status = SepFillAnswer(&answer, token, Class);
    if (NT_SUCCESS(status))
        status = ObpStore(ReturnLength, &answer.Size, sizeof(answer.Size), mode);
    if (NT_SUCCESS(status) && (Length < answer.Size || Information == NULL))
        status = STATUS_BUFFER_TOO_SMALL;
    if (!NT_SUCCESS(status))
        goto done;
    answer.Base = ExAllocatePoolWithTag(PagedPool, answer.Size, SEP_TAG);
    if (answer.Base == NULL) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        goto done;
    }
    RtlZeroMemory(answer.Base, answer.Size);
    answer.Delta = (LONG64)Information - (LONG64)answer.Base;
    SepFillAnswer(&answer, token, Class);
    status = ObpStore(Information, answer.Base, answer.Size, mode);
    ExFreePoolWithTag(answer.Base, SEP_TAG);
done:
    ObfDereferenceObject(token);
    return status;
}

/* The answer is pool of the caller's; one of four bytes is the pointer's own value (SeQueryInformationToken's page). */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID *Information) {
    SEP_ANSWER answer = {0};
    ULONG value;
    NTSTATUS status = SepFillAnswer(&answer, Token, Class);
    if (!NT_SUCCESS(status))
        return status;
    if (answer.Size == sizeof(ULONG)) {
        answer.Base = (PUCHAR)&value;
        SepFillAnswer(&answer, Token, Class);
        *(PULONG)Information = value;
        return STATUS_SUCCESS;
    }
    answer.Base = ExAllocatePoolWithTag(PagedPool, answer.Size, SEP_TAG);
    if (answer.Base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(answer.Base, answer.Size);
    SepFillAnswer(&answer, Token, Class);
    *Information = answer.Base;
    return STATUS_SUCCESS;
}

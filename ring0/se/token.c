/* Tokens: who runs. */
#include "se/sep.h"

POBJECT_TYPE SepTokenObjectType;
static ULONG64 SepNextLuid = 0x11000; /* those of the accounts' logons are below */

LUID SepNewLuid(VOID) {
    ULONG64 Value = SepNextLuid++;
    return (LUID){.LowPart = (ULONG)Value, .HighPart = (LONG)(Value >> 32)};
}

ULONG SepIntegrity(PSID Label) { return *RtlSubAuthoritySid(Label, 0); }

ULONG SepSidIndex(PSEP_TOKEN Token, PSID Sid) {
    ULONG Index = 0;
    while (Index < Token->SidCount && !RtlEqualSid(Token->Sids[Index].Sid, Sid))
        Index++;
    return Index;
}

static SIZE_T SepSidBytes(const SID_AND_ATTRIBUTES *Sids, ULONG Count) {
    SIZE_T Bytes = 0;
    for (ULONG I = 0; I < Count; I++)
        Bytes += RtlLengthSid(Sids[I].Sid);
    return Bytes;
}

static PUCHAR SepPlaceSids(PSID_AND_ATTRIBUTES To, const SID_AND_ATTRIBUTES *From, ULONG Count, PUCHAR At) {
    for (ULONG I = 0; I < Count; I++) {
        ULONG Length = RtlLengthSid(From[I].Sid);
        RtlCopyMemory(At, From[I].Sid, Length);
        To[I].Sid = At;
        To[I].Attributes = From[I].Attributes;
        At += Length;
    }
    return At;
}

static PSID SepOwnSid(PSEP_TOKEN Token, PSID Sid) {
    ULONG Index = SepSidIndex(Token, Sid);
    return Token->Sids[Index < Token->SidCount ? Index : 0].Sid;
}

NTSTATUS SepBuildToken(const SEP_TOKEN *Template, const SEP_TOKEN_LISTS *Lists, PSEP_TOKEN *New) {
    ULONG Count = Lists->SidCount + Lists->RestrictedCount;
    SIZE_T Bytes =
        Count * sizeof(SID_AND_ATTRIBUTES) + SepSidBytes(Lists->Sids, Lists->SidCount) + SepSidBytes(Lists->Restricted, Lists->RestrictedCount);
    PSEP_TOKEN Token;
    if (Count > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = ObCreateObject(KernelMode, SepTokenObjectType, NULL, KernelMode, NULL, sizeof(*Token), 0, 0, (PVOID *)&Token);
    if (!NT_SUCCESS(Status))
        return Status;
    *Token = *Template;
    Token->TokenId = SepNewLuid();
    Token->ModifiedId = SepNewLuid();
    Token->DefaultDacl = NULL;
    Token->SidCount = Token->RestrictedCount = 0;
    Token->Sids = ExAllocatePoolWithTag(PagedPool, Bytes, SEP_TAG);
    if (Token->Sids != NULL && Lists->DefaultDacl != NULL)
        Token->DefaultDacl = ExAllocatePoolWithTag(PagedPool, Lists->DefaultDacl->AclSize, SEP_TAG);
    if (Token->Sids == NULL || (Lists->DefaultDacl != NULL && Token->DefaultDacl == NULL)) {
        ObfDereferenceObject(Token);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Lists->DefaultDacl != NULL)
        RtlCopyMemory(Token->DefaultDacl, Lists->DefaultDacl, Lists->DefaultDacl->AclSize);
    Token->SidCount = Lists->SidCount;
    Token->RestrictedCount = Lists->RestrictedCount;
    PUCHAR At = SepPlaceSids(Token->Sids, Lists->Sids, Lists->SidCount, (PUCHAR)(Token->Sids + Count));
    Token->Restricted = Token->Sids + Token->SidCount;
    SepPlaceSids(Token->Restricted, Lists->Restricted, Lists->RestrictedCount, At);
    Token->Owner = SepOwnSid(Token, Template->Owner);
    Token->PrimaryGroup = SepOwnSid(Token, Template->PrimaryGroup);
    Status = ObpAssignSecurity(Token, Token);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Token);
        return Status;
    }
    *New = Token;
    return STATUS_SUCCESS;
}

NTSTATUS SepDuplicateToken(PSEP_TOKEN Token, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL Level, BOOLEAN EffectiveOnly, PSEP_TOKEN *New) {
    PSID_AND_ATTRIBUTES Kept = NULL;
    SEP_TOKEN_LISTS Lists = {Token->Sids, Token->SidCount, Token->Restricted, Token->RestrictedCount, Token->DefaultDacl};
    if (EffectiveOnly) {
        Kept = ExAllocatePoolWithTag(PagedPool, Token->SidCount * sizeof(*Kept), SEP_TAG);
        if (Kept == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Lists.Sids = Kept;
        Lists.SidCount = 0;
        for (ULONG I = 0; I < Token->SidCount; I++)
            if (I == 0 || Token->Sids[I].Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_INTEGRITY))
                Kept[Lists.SidCount++] = Token->Sids[I];
    }
    NTSTATUS Status = SepBuildToken(Token, &Lists, New);
    if (Kept != NULL)
        ExFreePoolWithTag(Kept, SEP_TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    PSEP_TOKEN Copy = *New;
    Copy->Type = Type;
    Copy->Level = Type == TokenPrimary ? SecurityAnonymous : Level;
    if (EffectiveOnly) {
        ULONG Count = Copy->PrivilegeCount;
        Copy->PrivilegeCount = 0;
        for (ULONG I = 0; I < Count; I++)
            if (Copy->Privileges[I].Attributes & SE_PRIVILEGE_ENABLED)
                Copy->Privileges[Copy->PrivilegeCount++] = Copy->Privileges[I];
    }
    return STATUS_SUCCESS;
}

VOID SepDeleteToken(PVOID Object) {
    PSEP_TOKEN Token = Object;
    if (Token->Sids != NULL)
        ExFreePoolWithTag(Token->Sids, SEP_TAG);
    if (Token->DefaultDacl != NULL)
        ExFreePoolWithTag(Token->DefaultDacl, SEP_TAG);
}

VOID SepCreateTokenType(VOID) {
    static const OB_TYPE_INITIALIZER Initializer = {
        .Name = L"Token",
        .GenericMapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
        .ValidAccess = TOKEN_ALL_ACCESS,
        .PoolType = PagedPool,
        .BodySize = sizeof(SEP_TOKEN),
        .SecurityRequired = TRUE,
        .Label = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP,
        .Delete = SepDeleteToken,
        .DispatcherOffset = ~0u,
    };
    NTSTATUS Status = ObCreateObjectType(&Initializer, &SepTokenObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(Status));
}

BOOLEAN SeIsChildToken(PACCESS_TOKEN Token, PACCESS_TOKEN Parent) {
    return RtlEqualLuid(&((PSEP_TOKEN)Token)->ParentTokenId, &((PSEP_TOKEN)Parent)->TokenId);
}

/* ---- What kernel code asks of a token ---- */
TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token) { return ((PSEP_TOKEN)Token)->Type; }

SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token) { return ((PSEP_TOKEN)Token)->Level; }

/* A group that only denies makes nobody an administrator. */
BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token) { return SepHasSid(Token, SepExports.SeAliasAdminsSid, FALSE); }

BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token) { return ((PSEP_TOKEN)Token)->RestrictedCount != 0; }

BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token) { return ((PSEP_TOKEN)Token)->WriteRestricted; }

NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId) {
    *AuthenticationId = ((PSEP_TOKEN)Token)->AuthenticationId;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId) {
    *SessionId = ((PSEP_TOKEN)Token)->SessionId;
    return STATUS_SUCCESS;
}

/* Tokens: who runs. */
#include "se/sep.h"

POBJECT_TYPE SepTokenObjectType;
static ULONG64 SepNextLuid = 0x11000; /* those of the accounts' logons are below */

LUID SepNewLuid(VOID) {
    ULONG64 value = SepNextLuid++;
    return (LUID){.LowPart = (ULONG)value, .HighPart = (LONG)(value >> 32)};
}

ULONG SepIntegrity(PSID Label) { return *RtlSubAuthoritySid(Label, 0); }

ULONG SepSidIndex(PSEP_TOKEN Token, PSID Sid) {
    ULONG index = 0;
    while (index < Token->SidCount && !RtlEqualSid(Token->Sids[index].Sid, Sid))
        index++;
    return index;
}

static SIZE_T SepSidBytes(const SID_AND_ATTRIBUTES *Sids, ULONG Count) {
    SIZE_T bytes = 0;
    for (ULONG i = 0; i < Count; i++)
        bytes += RtlLengthSid(Sids[i].Sid);
    return bytes;
}

static PUCHAR SepPlaceSids(PSID_AND_ATTRIBUTES To, const SID_AND_ATTRIBUTES *From, ULONG Count, PUCHAR At) {
    for (ULONG i = 0; i < Count; i++) {
        ULONG length = RtlLengthSid(From[i].Sid);
        RtlCopyMemory(At, From[i].Sid, length);
        To[i].Sid = At;
        To[i].Attributes = From[i].Attributes;
        At += length;
    }
    return At;
}

static PSID SepOwnSid(PSEP_TOKEN Token, PSID Sid) {
    ULONG index = SepSidIndex(Token, Sid);
    return Token->Sids[index < Token->SidCount ? index : 0].Sid;
}

NTSTATUS SepBuildToken(const SEP_TOKEN *Template, const SEP_TOKEN_LISTS *Lists, PSEP_TOKEN *New) {
    ULONG count = Lists->SidCount + Lists->RestrictedCount;
    SIZE_T bytes =
        count * sizeof(SID_AND_ATTRIBUTES) + SepSidBytes(Lists->Sids, Lists->SidCount) + SepSidBytes(Lists->Restricted, Lists->RestrictedCount);
    PSEP_TOKEN token;
    if (count > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObCreateObject(KernelMode, SepTokenObjectType, NULL, KernelMode, NULL, sizeof(*token), 0, 0, (PVOID *)&token);
    if (!NT_SUCCESS(status))
        return status;
    *token = *Template;
    token->TokenId = SepNewLuid();
    token->ModifiedId = SepNewLuid();
    token->DefaultDacl = NULL;
    token->SidCount = token->RestrictedCount = 0;
    token->Sids = ExAllocatePoolWithTag(PagedPool, bytes, SEP_TAG);
    if (token->Sids != NULL && Lists->DefaultDacl != NULL)
        token->DefaultDacl = ExAllocatePoolWithTag(PagedPool, Lists->DefaultDacl->AclSize, SEP_TAG);
    if (token->Sids == NULL || (Lists->DefaultDacl != NULL && token->DefaultDacl == NULL)) {
        ObfDereferenceObject(token);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Lists->DefaultDacl != NULL)
        RtlCopyMemory(token->DefaultDacl, Lists->DefaultDacl, Lists->DefaultDacl->AclSize);
    token->SidCount = Lists->SidCount;
    token->RestrictedCount = Lists->RestrictedCount;
    PUCHAR at = SepPlaceSids(token->Sids, Lists->Sids, Lists->SidCount, (PUCHAR)(token->Sids + count));
    token->Restricted = token->Sids + token->SidCount;
    SepPlaceSids(token->Restricted, Lists->Restricted, Lists->RestrictedCount, at);
    token->Owner = SepOwnSid(token, Template->Owner);
    token->PrimaryGroup = SepOwnSid(token, Template->PrimaryGroup);
    status = ObpAssignSecurity(token, token);
    if (!NT_SUCCESS(status)) {
        ObfDereferenceObject(token);
        return status;
    }
    *New = token;
    return STATUS_SUCCESS;
}

NTSTATUS SepDuplicateToken(PSEP_TOKEN Token, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL Level, BOOLEAN EffectiveOnly, PSEP_TOKEN *New) {
    PSID_AND_ATTRIBUTES kept = NULL;
    SEP_TOKEN_LISTS lists = {Token->Sids, Token->SidCount, Token->Restricted, Token->RestrictedCount, Token->DefaultDacl};
    if (EffectiveOnly) {
        kept = ExAllocatePoolWithTag(PagedPool, Token->SidCount * sizeof(*kept), SEP_TAG);
        if (kept == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        lists.Sids = kept;
        lists.SidCount = 0;
        for (ULONG i = 0; i < Token->SidCount; i++)
            if (i == 0 || Token->Sids[i].Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_INTEGRITY))
                kept[lists.SidCount++] = Token->Sids[i];
    }
    NTSTATUS status = SepBuildToken(Token, &lists, New);
    if (kept != NULL)
        ExFreePoolWithTag(kept, SEP_TAG);
    if (!NT_SUCCESS(status))
        return status;
    PSEP_TOKEN token = *New;
    token->Type = Type;
    token->Level = Type == TokenPrimary ? SecurityAnonymous : Level;
    if (EffectiveOnly) {
        ULONG count = token->PrivilegeCount;
        token->PrivilegeCount = 0;
        for (ULONG i = 0; i < count; i++)
            if (token->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED)
                token->Privileges[token->PrivilegeCount++] = token->Privileges[i];
    }
    return STATUS_SUCCESS;
}

VOID SepDeleteToken(PVOID Object) {
    PSEP_TOKEN token = Object;
    if (token->Sids != NULL)
        ExFreePoolWithTag(token->Sids, SEP_TAG);
    if (token->DefaultDacl != NULL)
        ExFreePoolWithTag(token->DefaultDacl, SEP_TAG);
}

VOID SepCreateTokenType(VOID) {
    static const OB_TYPE_INITIALIZER initializer = {
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
    NTSTATUS status = ObCreateObjectType(&initializer, &SepTokenObjectType);
    NT_ASSERT_OURS(NT_SUCCESS(status));
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

/* Tokens changed through handles: privileges and groups switched, defaults set. */
#include "se/sep.h"

#define SEP_MAX_ADJUST 64u

/* ---- What callers hand in ---- */
static BOOLEAN SepReadUser(PVOID To, const VOID *From, SIZE_T Size, KPROCESSOR_MODE Mode) {
    if (Mode != KernelMode)
        return KiCopyFromUser(To, From, Size);
    RtlCopyMemory(To, From, Size);
    return TRUE;
}

/* A SID to where there is room for the longest. */
static NTSTATUS SepReadSid(PSID To, PSID From, KPROCESSOR_MODE Mode) {
    SID *sid = To;
    if (!SepReadUser(sid, From, RtlLengthRequiredSid(0), Mode))
        return STATUS_ACCESS_VIOLATION;
    UCHAR count = sid->SubAuthorityCount;
    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (!SepReadUser(sid, From, RtlLengthRequiredSid(count), Mode))
        return STATUS_ACCESS_VIOLATION;
    return RtlValidSid(sid) && sid->SubAuthorityCount == count ? STATUS_SUCCESS : STATUS_INVALID_SID;
}

#define SEP_LONGEST_SID 68u

NTSTATUS SepCaptureGroups(PTOKEN_GROUPS Groups, KPROCESSOR_MODE Mode, PTOKEN_GROUPS *Captured) {
    NTSTATUS status = STATUS_SUCCESS;
    ULONG count;
    *Captured = NULL;
    if (Groups == NULL)
        return STATUS_SUCCESS;
    if (!SepReadUser(&count, &Groups->GroupCount, sizeof(count), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (count > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    SIZE_T head = FIELD_OFFSET(TOKEN_GROUPS, Groups) + count * sizeof(SID_AND_ATTRIBUTES);
    PTOKEN_GROUPS copy = ExAllocatePoolWithTag(PagedPool, head + count * SEP_LONGEST_SID, SEP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy->GroupCount = count;
    if (!SepReadUser(copy->Groups, Groups->Groups, count * sizeof(SID_AND_ATTRIBUTES), Mode))
        status = STATUS_ACCESS_VIOLATION;
    for (ULONG i = 0; NT_SUCCESS(status) && i < count; i++) {
        PSID sid = (PUCHAR)copy + head + i * SEP_LONGEST_SID;
        status = SepReadSid(sid, copy->Groups[i].Sid, Mode);
        copy->Groups[i].Sid = sid;
    }
    if (NT_SUCCESS(status))
        *Captured = copy;
    else
        ExFreePoolWithTag(copy, SEP_TAG);
    return status;
}

NTSTATUS SepCapturePrivileges(PTOKEN_PRIVILEGES Privileges, KPROCESSOR_MODE Mode, PTOKEN_PRIVILEGES *Captured) {
    ULONG count;
    *Captured = NULL;
    if (Privileges == NULL)
        return STATUS_SUCCESS;
    if (!SepReadUser(&count, &Privileges->PrivilegeCount, sizeof(count), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (count > SEP_MAX_ADJUST)
        return STATUS_INVALID_PARAMETER;
    SIZE_T size = count * sizeof(LUID_AND_ATTRIBUTES);
    PTOKEN_PRIVILEGES copy = ExAllocatePoolWithTag(PagedPool, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + size, SEP_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    copy->PrivilegeCount = count;
    if (!SepReadUser(copy->Privileges, Privileges->Privileges, size, Mode)) {
        ExFreePoolWithTag(copy, SEP_TAG);
        return STATUS_ACCESS_VIOLATION;
    }
    *Captured = copy;
    return STATUS_SUCCESS;
}

/* ---- Privileges ---- */
/* Applies one change; the state before goes to Previous if it was another. TRUE: the token has the privilege. */
static BOOLEAN SepAdjust(PSEP_TOKEN Token, const LUID_AND_ATTRIBUTES *Change, PTOKEN_PRIVILEGES Previous, BOOLEAN Apply) {
    for (ULONG i = 0; i < Token->PrivilegeCount; i++) {
        LUID_AND_ATTRIBUTES *privilege = &Token->Privileges[i];
        if (!RtlEqualLuid(&privilege->Luid, &Change->Luid))
            continue;
        ULONG wanted = (privilege->Attributes & ~SE_PRIVILEGE_ENABLED) | (Change->Attributes & SE_PRIVILEGE_ENABLED);
        if (Change->Attributes & SE_PRIVILEGE_REMOVED || wanted != privilege->Attributes) {
            Previous->Privileges[Previous->PrivilegeCount++] = *privilege;
            if (Apply && Change->Attributes & SE_PRIVILEGE_REMOVED) {
                Token->PrivilegeCount--;
                RtlMoveMemory(privilege, privilege + 1, (Token->PrivilegeCount - i) * sizeof(*privilege));
            } else if (Apply) {
                privilege->Attributes = wanted;
            }
        }
        return TRUE;
    }
    return FALSE;
}

NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    LUID_AND_ATTRIBUTES changes[SEP_MAX_ADJUST];
    PTOKEN_PRIVILEGES given = NULL;
    UCHAR space[FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + SEP_MAX_ADJUST * sizeof(LUID_AND_ATTRIBUTES)];
    PTOKEN_PRIVILEGES previous = (PTOKEN_PRIVILEGES)space;
    PVOID object;
    ULONG count = 0, assigned = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (!DisableAllPrivileges) {
        if (NewState == NULL)
            return STATUS_INVALID_PARAMETER;
        status = SepCapturePrivileges(NewState, mode, &given);
        if (!NT_SUCCESS(status))
            return status;
        count = given->PrivilegeCount;
        RtlCopyMemory(changes, given->Privileges, count * sizeof(changes[0]));
        ExFreePoolWithTag(given, SEP_TAG);
    }
    if (NT_SUCCESS(status) && PreviousState != NULL) {
        status = ObpProbeOutput(PreviousState, BufferLength, sizeof(ULONG), mode);
        if (NT_SUCCESS(status))
            status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), mode);
    }
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(TokenHandle, TOKEN_ADJUST_PRIVILEGES | (PreviousState != NULL ? TOKEN_QUERY : 0), SepTokenObjectType, mode,
                                           &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PSEP_TOKEN token = object;
    if (DisableAllPrivileges) {
        count = token->PrivilegeCount;
        for (ULONG i = 0; i < count; i++) {
            changes[i].Luid = token->Privileges[i].Luid;
            changes[i].Attributes = 0;
        }
    }
    /* Once to see what would change and whether the answer fits, once to do it. */
    RtlZeroMemory(space, sizeof(space));
    for (ULONG i = 0; i < count; i++)
        assigned += SepAdjust(token, &changes[i], previous, FALSE) ? 1 : 0;
    if (PreviousState != NULL) {
        ULONG size = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + previous->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
        status = ObpStore(ReturnLength, &size, sizeof(size), mode);
        if (NT_SUCCESS(status) && BufferLength < size)
            status = STATUS_BUFFER_TOO_SMALL;
        if (NT_SUCCESS(status))
            status = ObpStore(PreviousState, previous, size, mode);
    }
    if (NT_SUCCESS(status)) {
        previous->PrivilegeCount = 0;
        for (ULONG i = 0; i < count; i++)
            SepAdjust(token, &changes[i], previous, TRUE);
        token->ModifiedId = SepNewLuid();
        status = assigned == count ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
    }
    ObfDereferenceObject(object);
    return status;
}

/* ---- Groups ---- */
/* What Change (NULL: back to how it began) makes of a group's attributes; STATUS_CANT_DISABLE_MANDATORY. */
static NTSTATUS SepNewAttributes(ULONG Attributes, const SID_AND_ATTRIBUTES *Change, PULONG New) {
    BOOLEAN on = Change != NULL ? (Change->Attributes & SE_GROUP_ENABLED) != 0 : (Attributes & SE_GROUP_ENABLED_BY_DEFAULT) != 0;
    *New = on ? Attributes | SE_GROUP_ENABLED : Attributes & ~SE_GROUP_ENABLED;
    if (*New == Attributes)
        return STATUS_SUCCESS;
    if (!on && Attributes & SE_GROUP_MANDATORY)
        return STATUS_CANT_DISABLE_MANDATORY;
    return on && Attributes & SE_GROUP_USE_FOR_DENY_ONLY ? STATUS_CANT_ENABLE_DENY_ONLY : STATUS_SUCCESS;
}

static const SID_AND_ATTRIBUTES *SepFindChange(PTOKEN_GROUPS Changes, PSID Sid) {
    for (ULONG i = 0; Changes != NULL && i < Changes->GroupCount; i++)
        if (RtlEqualSid(Changes->Groups[i].Sid, Sid))
            return &Changes->Groups[i];
    return NULL;
}

/* All changes or none. The previous state is not told of groups whose state stays. */
NTSTATUS NTAPI NtAdjustGroupsToken(HANDLE TokenHandle, BOOLEAN ResetToDefault, PTOKEN_GROUPS NewState, ULONG BufferLength,
                                   PTOKEN_GROUPS PreviousState, PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PTOKEN_GROUPS changes = NULL;
    ULONG found = 0, attributes;
    PSEP_TOKEN token;
    if (!ResetToDefault && NewState == NULL)
        return STATUS_INVALID_PARAMETER;
    if (PreviousState != NULL) /* nothing here asks for it, and the answer would be more than the rest */
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = ResetToDefault ? STATUS_SUCCESS : SepCaptureGroups(NewState, mode, &changes);
    if (NT_SUCCESS(status))
        status = SepReferenceToken(TokenHandle, TOKEN_ADJUST_GROUPS, mode, &token);
    if (!NT_SUCCESS(status))
        goto done;
    for (ULONG pass = 0; pass < 2 && NT_SUCCESS(status); pass++) {
        found = 0;
        for (ULONG i = 1; i + 1 < token->SidCount && NT_SUCCESS(status); i++) {
            const SID_AND_ATTRIBUTES *change = SepFindChange(changes, token->Sids[i].Sid);
            if (!ResetToDefault && change == NULL)
                continue;
            found++;
            status = SepNewAttributes(token->Sids[i].Attributes, change, &attributes);
            if (NT_SUCCESS(status) && pass == 1)
                token->Sids[i].Attributes = attributes;
        }
    }
    if (NT_SUCCESS(status)) {
        token->ModifiedId = SepNewLuid();
        status = changes == NULL || found == changes->GroupCount ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
    }
    ObfDereferenceObject(token);
done:
    if (changes != NULL)
        ExFreePoolWithTag(changes, SEP_TAG);
    return status;
}

/* ---- Defaults ---- */
static NTSTATUS SepSetDefaultDacl(PSEP_TOKEN Token, PACL Given, KPROCESSOR_MODE Mode) {
    PACL copy = NULL;
    if (Given != NULL) {
        NTSTATUS status = SepCaptureAcl(Given, Mode, &copy);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (Token->DefaultDacl != NULL)
        ExFreePoolWithTag(Token->DefaultDacl, SEP_TAG);
    Token->DefaultDacl = copy;
    return STATUS_SUCCESS;
}

/* Down is always allowed, up takes a privilege. */
static NTSTATUS SepSetIntegrity(PSEP_TOKEN Token, PSID Label) {
    static const UCHAR authority[6] = {0, 0, 0, 0, 0, 16};
    SID *label = Label;
    if (label->SubAuthorityCount != 1 || !RtlEqualMemory(&label->IdentifierAuthority, authority, sizeof(authority)))
        return STATUS_INVALID_SID;
    if (SepIntegrity(Label) > SepIntegrity(SepLabelOf(Token)) && !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), KiPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    *RtlSubAuthoritySid(SepLabelOf(Token), 0) = SepIntegrity(Label);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    UCHAR sid[SEP_LONGEST_SID];
    PSEP_TOKEN token;
    PVOID pointer;
    ULONG value, index,
        size = Class == TokenSessionId || Class == TokenMandatoryPolicy || Class == TokenUIAccess ? sizeof(ULONG)
               : Class == TokenIntegrityLevel                                                     ? sizeof(SID_AND_ATTRIBUTES)
                                                                                                  : sizeof(PVOID);
    if (Class != TokenOwner && Class != TokenPrimaryGroup && Class != TokenDefaultDacl && Class != TokenIntegrityLevel && Class != TokenSessionId &&
        Class != TokenMandatoryPolicy)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!SepReadUser(size == sizeof(ULONG) ? (PVOID)&value : &pointer, Information, size == sizeof(ULONG) ? sizeof(value) : sizeof(pointer), mode))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status = SepReferenceToken(TokenHandle, TOKEN_ADJUST_DEFAULT | (Class == TokenSessionId ? TOKEN_ADJUST_SESSIONID : 0), mode, &token);
    if (!NT_SUCCESS(status))
        return status;
    if (Class == TokenOwner || Class == TokenPrimaryGroup || Class == TokenIntegrityLevel)
        status = SepReadSid(sid, pointer, mode);
    if (!NT_SUCCESS(status))
        goto done;
    index = Class == TokenOwner || Class == TokenPrimaryGroup ? SepSidIndex(token, sid) : 0;
    switch ((ULONG)Class) {
    case TokenOwner:
        if (index != 0 && (index == token->SidCount || !(token->Sids[index].Attributes & SE_GROUP_OWNER)))
            status = STATUS_INVALID_OWNER;
        else
            token->Owner = token->Sids[index].Sid;
        break;
    case TokenPrimaryGroup:
        if (index == token->SidCount)
            status = STATUS_INVALID_PRIMARY_GROUP;
        else
            token->PrimaryGroup = token->Sids[index].Sid;
        break;
    case TokenDefaultDacl: status = SepSetDefaultDacl(token, pointer, mode); break;
    case TokenIntegrityLevel: status = SepSetIntegrity(token, sid); break;
    default: /* TokenSessionId, TokenMandatoryPolicy */
        if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), mode))
            status = STATUS_PRIVILEGE_NOT_HELD;
        else if (Class == TokenSessionId)
            token->SessionId = value;
        else if (value & ~TOKEN_MANDATORY_POLICY_VALID_MASK)
            status = STATUS_INVALID_PARAMETER;
        else
            token->MandatoryPolicy = value;
        break;
    }
    if (NT_SUCCESS(status))
        token->ModifiedId = SepNewLuid();
done:
    ObfDereferenceObject(token);
    return status;
}

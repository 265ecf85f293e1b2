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
    SID *Sid = To;
    if (!SepReadUser(Sid, From, RtlLengthRequiredSid(0), Mode))
        return STATUS_ACCESS_VIOLATION;
    UCHAR Count = Sid->SubAuthorityCount;
    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    if (!SepReadUser(Sid, From, RtlLengthRequiredSid(Count), Mode))
        return STATUS_ACCESS_VIOLATION;
    return RtlValidSid(Sid) && Sid->SubAuthorityCount == Count ? STATUS_SUCCESS : STATUS_INVALID_SID;
}

#define SEP_LONGEST_SID 68u

NTSTATUS SepCaptureGroups(PTOKEN_GROUPS Groups, KPROCESSOR_MODE Mode, PTOKEN_GROUPS *Captured) {
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count;
    *Captured = NULL;
    if (Groups == NULL)
        return STATUS_SUCCESS;
    if (!SepReadUser(&Count, &Groups->GroupCount, sizeof(Count), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (Count > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    SIZE_T Head = FIELD_OFFSET(TOKEN_GROUPS, Groups) + Count * sizeof(SID_AND_ATTRIBUTES);
    PTOKEN_GROUPS Copy = ExAllocatePoolWithTag(PagedPool, Head + Count * SEP_LONGEST_SID, SEP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Copy->GroupCount = Count;
    if (!SepReadUser(Copy->Groups, Groups->Groups, Count * sizeof(SID_AND_ATTRIBUTES), Mode))
        Status = STATUS_ACCESS_VIOLATION;
    for (ULONG I = 0; NT_SUCCESS(Status) && I < Count; I++) {
        PSID Sid = (PUCHAR)Copy + Head + I * SEP_LONGEST_SID;
        Status = SepReadSid(Sid, Copy->Groups[I].Sid, Mode);
        Copy->Groups[I].Sid = Sid;
    }
    if (NT_SUCCESS(Status))
        *Captured = Copy;
    else
        ExFreePoolWithTag(Copy, SEP_TAG);
    return Status;
}

NTSTATUS SepCapturePrivileges(PTOKEN_PRIVILEGES Privileges, KPROCESSOR_MODE Mode, PTOKEN_PRIVILEGES *Captured) {
    ULONG Count;
    *Captured = NULL;
    if (Privileges == NULL)
        return STATUS_SUCCESS;
    if (!SepReadUser(&Count, &Privileges->PrivilegeCount, sizeof(Count), Mode))
        return STATUS_ACCESS_VIOLATION;
    if (Count > SEP_MAX_ADJUST)
        return STATUS_INVALID_PARAMETER;
    SIZE_T Size = Count * sizeof(LUID_AND_ATTRIBUTES);
    PTOKEN_PRIVILEGES Copy = ExAllocatePoolWithTag(PagedPool, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Size, SEP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Copy->PrivilegeCount = Count;
    if (!SepReadUser(Copy->Privileges, Privileges->Privileges, Size, Mode)) {
        ExFreePoolWithTag(Copy, SEP_TAG);
        return STATUS_ACCESS_VIOLATION;
    }
    *Captured = Copy;
    return STATUS_SUCCESS;
}

/* ---- Privileges ---- */
/* Applies one change; the state before goes to Previous if it was another. TRUE: the token has the privilege. */
static BOOLEAN SepAdjust(PSEP_TOKEN Token, const LUID_AND_ATTRIBUTES *Change, PTOKEN_PRIVILEGES Previous, BOOLEAN Apply) {
    for (ULONG I = 0; I < Token->PrivilegeCount; I++) {
        LUID_AND_ATTRIBUTES *Privilege = &Token->Privileges[I];
        if (!RtlEqualLuid(&Privilege->Luid, &Change->Luid))
            continue;
        ULONG Wanted = (Privilege->Attributes & ~SE_PRIVILEGE_ENABLED) | (Change->Attributes & SE_PRIVILEGE_ENABLED);
        if (Change->Attributes & SE_PRIVILEGE_REMOVED || Wanted != Privilege->Attributes) {
            Previous->Privileges[Previous->PrivilegeCount++] = *Privilege;
            if (Apply && Change->Attributes & SE_PRIVILEGE_REMOVED) {
                Token->PrivilegeCount--;
                RtlMoveMemory(Privilege, Privilege + 1, (Token->PrivilegeCount - I) * sizeof(*Privilege));
            } else if (Apply) {
                Privilege->Attributes = Wanted;
            }
        }
        return TRUE;
    }
    return FALSE;
}

NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    LUID_AND_ATTRIBUTES Changes[SEP_MAX_ADJUST];
    PTOKEN_PRIVILEGES Given = NULL;
    UCHAR Space[FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + SEP_MAX_ADJUST * sizeof(LUID_AND_ATTRIBUTES)];
    PTOKEN_PRIVILEGES Previous = (PTOKEN_PRIVILEGES)Space;
    PVOID Object;
    ULONG Count = 0, Assigned = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    if (!DisableAllPrivileges) {
        if (NewState == NULL)
            return STATUS_INVALID_PARAMETER;
        Status = SepCapturePrivileges(NewState, Mode, &Given);
        if (!NT_SUCCESS(Status))
            return Status;
        Count = Given->PrivilegeCount;
        RtlCopyMemory(Changes, Given->Privileges, Count * sizeof(Changes[0]));
        ExFreePoolWithTag(Given, SEP_TAG);
    }
    if (NT_SUCCESS(Status) && PreviousState != NULL) {
        Status = ObpProbeOutput(PreviousState, BufferLength, sizeof(ULONG), Mode);
        if (NT_SUCCESS(Status))
            Status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), Mode);
    }
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(TokenHandle, TOKEN_ADJUST_PRIVILEGES | (PreviousState != NULL ? TOKEN_QUERY : 0), SepTokenObjectType, Mode,
                                           &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    PSEP_TOKEN Token = Object;
    if (DisableAllPrivileges) {
        Count = Token->PrivilegeCount;
        for (ULONG I = 0; I < Count; I++) {
            Changes[I].Luid = Token->Privileges[I].Luid;
            Changes[I].Attributes = 0;
        }
    }
    /* Once to see what would change and whether the answer fits, once to do it. */
    RtlZeroMemory(Space, sizeof(Space));
    for (ULONG I = 0; I < Count; I++)
        Assigned += SepAdjust(Token, &Changes[I], Previous, FALSE) ? 1 : 0;
    if (PreviousState != NULL) {
        ULONG Size = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Previous->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
        Status = ObpStore(ReturnLength, &Size, sizeof(Size), Mode);
        if (NT_SUCCESS(Status) && BufferLength < Size)
            Status = STATUS_BUFFER_TOO_SMALL;
        if (NT_SUCCESS(Status))
            Status = ObpStore(PreviousState, Previous, Size, Mode);
    }
    if (NT_SUCCESS(Status)) {
        Previous->PrivilegeCount = 0;
        for (ULONG I = 0; I < Count; I++)
            SepAdjust(Token, &Changes[I], Previous, TRUE);
        Token->ModifiedId = SepNewLuid();
        Status = Assigned == Count ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
    }
    ObfDereferenceObject(Object);
    return Status;
}

/* ---- Groups ---- */
/* What Change (NULL: back to how it began) makes of a group's attributes; STATUS_CANT_DISABLE_MANDATORY. */
static NTSTATUS SepNewAttributes(ULONG Attributes, const SID_AND_ATTRIBUTES *Change, PULONG New) {
    BOOLEAN On = Change != NULL ? (Change->Attributes & SE_GROUP_ENABLED) != 0 : (Attributes & SE_GROUP_ENABLED_BY_DEFAULT) != 0;
    *New = On ? Attributes | SE_GROUP_ENABLED : Attributes & ~SE_GROUP_ENABLED;
    if (*New == Attributes)
        return STATUS_SUCCESS;
    if (!On && Attributes & SE_GROUP_MANDATORY)
        return STATUS_CANT_DISABLE_MANDATORY;
    return On && Attributes & SE_GROUP_USE_FOR_DENY_ONLY ? STATUS_CANT_ENABLE_DENY_ONLY : STATUS_SUCCESS;
}

static const SID_AND_ATTRIBUTES *SepFindChange(PTOKEN_GROUPS Changes, PSID Sid) {
    for (ULONG I = 0; Changes != NULL && I < Changes->GroupCount; I++)
        if (RtlEqualSid(Changes->Groups[I].Sid, Sid))
            return &Changes->Groups[I];
    return NULL;
}

/* All changes or none. The previous state is not told of groups whose state stays. */
NTSTATUS NTAPI NtAdjustGroupsToken(HANDLE TokenHandle, BOOLEAN ResetToDefault, PTOKEN_GROUPS NewState, ULONG BufferLength,
                                   PTOKEN_GROUPS PreviousState, PULONG ReturnLength) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PTOKEN_GROUPS Changes = NULL;
    ULONG Found = 0, Attributes;
    PSEP_TOKEN Token;
    if (!ResetToDefault && NewState == NULL)
        return STATUS_INVALID_PARAMETER;
    if (PreviousState != NULL) /* nothing here asks for it, and the answer would be more than the rest */
        return STATUS_NOT_SUPPORTED;
    NTSTATUS Status = ResetToDefault ? STATUS_SUCCESS : SepCaptureGroups(NewState, Mode, &Changes);
    if (NT_SUCCESS(Status))
        Status = SepReferenceToken(TokenHandle, TOKEN_ADJUST_GROUPS, Mode, &Token);
    if (!NT_SUCCESS(Status))
        goto done;
    for (ULONG Pass = 0; Pass < 2 && NT_SUCCESS(Status); Pass++) {
        Found = 0;
        for (ULONG I = 1; I + 1 < Token->SidCount && NT_SUCCESS(Status); I++) {
            const SID_AND_ATTRIBUTES *Change = SepFindChange(Changes, Token->Sids[I].Sid);
            if (!ResetToDefault && Change == NULL)
                continue;
            Found++;
            Status = SepNewAttributes(Token->Sids[I].Attributes, Change, &Attributes);
            if (NT_SUCCESS(Status) && Pass == 1)
                Token->Sids[I].Attributes = Attributes;
        }
    }
    if (NT_SUCCESS(Status)) {
        Token->ModifiedId = SepNewLuid();
        Status = Changes == NULL || Found == Changes->GroupCount ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
    }
    ObfDereferenceObject(Token);
done:
    if (Changes != NULL)
        ExFreePoolWithTag(Changes, SEP_TAG);
    return Status;
}

/* ---- Defaults ---- */
static NTSTATUS SepSetDefaultDacl(PSEP_TOKEN Token, PACL Given, KPROCESSOR_MODE Mode) {
    PACL Copy = NULL;
    if (Given != NULL) {
        NTSTATUS Status = SepCaptureAcl(Given, Mode, &Copy);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Token->DefaultDacl != NULL)
        ExFreePoolWithTag(Token->DefaultDacl, SEP_TAG);
    Token->DefaultDacl = Copy;
    return STATUS_SUCCESS;
}

/* Down is always allowed, up takes a privilege. */
static NTSTATUS SepSetIntegrity(PSEP_TOKEN Token, PSID Label) {
    static const UCHAR Authority[6] = {0, 0, 0, 0, 0, 16};
    SID *Level = Label;
    if (Level->SubAuthorityCount != 1 || !RtlEqualMemory(&Level->IdentifierAuthority, Authority, sizeof(Authority)))
        return STATUS_INVALID_SID;
    if (SepIntegrity(Label) > SepIntegrity(SepLabelOf(Token)) && !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), KiPreviousMode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    *RtlSubAuthoritySid(SepLabelOf(Token), 0) = SepIntegrity(Label);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    UCHAR Sid[SEP_LONGEST_SID];
    PSEP_TOKEN Token;
    PVOID Pointer;
    ULONG Value, Index,
        Size = Class == TokenSessionId || Class == TokenMandatoryPolicy || Class == TokenUIAccess ? sizeof(ULONG)
               : Class == TokenIntegrityLevel                                                     ? sizeof(SID_AND_ATTRIBUTES)
                                                                                                  : sizeof(PVOID);
    if (Class != TokenOwner && Class != TokenPrimaryGroup && Class != TokenDefaultDacl && Class != TokenIntegrityLevel && Class != TokenSessionId &&
        Class != TokenMandatoryPolicy)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!SepReadUser(Size == sizeof(ULONG) ? (PVOID)&Value : &Pointer, Information, Size == sizeof(ULONG) ? sizeof(Value) : sizeof(Pointer), Mode))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS Status = SepReferenceToken(TokenHandle, TOKEN_ADJUST_DEFAULT | (Class == TokenSessionId ? TOKEN_ADJUST_SESSIONID : 0), Mode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Class == TokenOwner || Class == TokenPrimaryGroup || Class == TokenIntegrityLevel)
        Status = SepReadSid(Sid, Pointer, Mode);
    if (!NT_SUCCESS(Status))
        goto done;
    Index = Class == TokenOwner || Class == TokenPrimaryGroup ? SepSidIndex(Token, Sid) : 0;
    switch ((ULONG)Class) {
    case TokenOwner:
        if (Index != 0 && (Index == Token->SidCount || !(Token->Sids[Index].Attributes & SE_GROUP_OWNER)))
            Status = STATUS_INVALID_OWNER;
        else
            Token->Owner = Token->Sids[Index].Sid;
        break;
    case TokenPrimaryGroup:
        if (Index == Token->SidCount)
            Status = STATUS_INVALID_PRIMARY_GROUP;
        else
            Token->PrimaryGroup = Token->Sids[Index].Sid;
        break;
    case TokenDefaultDacl: Status = SepSetDefaultDacl(Token, Pointer, Mode); break;
    case TokenIntegrityLevel: Status = SepSetIntegrity(Token, Sid); break;
    default: /* TokenSessionId, TokenMandatoryPolicy */
        if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), Mode))
            Status = STATUS_PRIVILEGE_NOT_HELD;
        else if (Class == TokenSessionId)
            Token->SessionId = Value;
        else if (Value & ~TOKEN_MANDATORY_POLICY_VALID_MASK)
            Status = STATUS_INVALID_PARAMETER;
        else
            Token->MandatoryPolicy = Value;
        break;
    }
    if (NT_SUCCESS(Status))
        Token->ModifiedId = SepNewLuid();
done:
    ObfDereferenceObject(Token);
    return Status;
}

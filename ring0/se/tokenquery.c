/* Tokens through handles: opened, queried, their privileges switched. */
#include "se/sep.h"

#define SEP_PROCESS_QUERY_LIMITED 0x1000u
#define SEP_THREAD_QUERY          0x0040u

NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PVOID process;
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(TokenHandle, sizeof(*TokenHandle), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ProcessHandle, SEP_PROCESS_QUERY_LIMITED, ObpObjectType(KiCurrentThread()->ApcState.Process), mode,
                                           &process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PVOID token = (PVOID)PsReferencePrimaryToken(process);
    if (mode != KernelMode)
        HandleAttributes &= ~OBJ_KERNEL_HANDLE;
    status = ObOpenObjectByPointer(token, HandleAttributes, NULL, DesiredAccess, SepTokenObjectType, mode, &handle);
    ObfDereferenceObject(token);
    ObfDereferenceObject(process);
    return NT_SUCCESS(status) ? ObpStoreHandle(TokenHandle, handle, mode) : status;
}

NTSTATUS NTAPI NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle) {
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

/* No thread impersonates: a thread that exists has no token. */
NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PVOID thread;
    NTSTATUS status = ObpProbeOutput(TokenHandle, sizeof(*TokenHandle), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ThreadHandle, SEP_THREAD_QUERY, ObpObjectType(KiCurrentThread()), mode, &thread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ObfDereferenceObject(thread);
    return STATUS_NO_TOKEN;
}

NTSTATUS NTAPI NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle) {
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

/* ---- Queries ---- */
/* Pointers in an answer are for the caller's buffer, which is Delta bytes from where it is built. Each SID comes behind what is there (*At). */
static PSID SepPutSid(PUCHAR Answer, PULONG At, PSID Sid, LONG64 Delta) {
    PUCHAR to = Answer + *At;
    RtlCopyMemory(to, Sid, RtlLengthSid(Sid));
    *At += RtlLengthSid(Sid);
    return (PSID)((LONG64)to + Delta);
}

static ULONG SepAnswerSize(PSEP_TOKEN Token, TOKEN_INFORMATION_CLASS Class) {
    ULONG size;
    switch ((ULONG)Class) {
    case TokenUser: return sizeof(TOKEN_USER) + RtlLengthSid(Token->User);
    case TokenGroups:
        size = FIELD_OFFSET(TOKEN_GROUPS, Groups) + Token->GroupCount * sizeof(SID_AND_ATTRIBUTES);
        for (ULONG i = 0; i < Token->GroupCount; i++)
            size += RtlLengthSid(Token->Groups[i].Sid);
        return size;
    case TokenPrivileges: return FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Token->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES);
    case TokenOwner: return sizeof(TOKEN_OWNER) + RtlLengthSid(Token->Owner);
    case TokenPrimaryGroup: return sizeof(TOKEN_PRIMARY_GROUP) + RtlLengthSid(Token->PrimaryGroup);
    case TokenIntegrityLevel: return sizeof(TOKEN_MANDATORY_LABEL) + RtlLengthSid(Token->IntegrityLevel);
    case TokenStatistics: return sizeof(TOKEN_STATISTICS);
    case TokenType:
    case TokenSessionId:
    case TokenElevationType:
    case TokenElevation:
    case TokenHasRestrictions:
    case TokenUIAccess: return sizeof(ULONG);
    default: return 0;
    }
}

static VOID SepFillAnswer(PSEP_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID Answer, LONG64 Delta) {
    ULONG at;
    switch ((ULONG)Class) {
    case TokenUser:
        at = sizeof(TOKEN_USER);
        ((PTOKEN_USER)Answer)->User.Sid = SepPutSid(Answer, &at, Token->User, Delta);
        break;
    case TokenGroups:
        at = FIELD_OFFSET(TOKEN_GROUPS, Groups) + Token->GroupCount * sizeof(SID_AND_ATTRIBUTES);
        ((PTOKEN_GROUPS)Answer)->GroupCount = Token->GroupCount;
        for (ULONG i = 0; i < Token->GroupCount; i++) {
            ((PTOKEN_GROUPS)Answer)->Groups[i].Attributes = Token->Groups[i].Attributes;
            ((PTOKEN_GROUPS)Answer)->Groups[i].Sid = SepPutSid(Answer, &at, Token->Groups[i].Sid, Delta);
        }
        break;
    case TokenPrivileges:
        ((PTOKEN_PRIVILEGES)Answer)->PrivilegeCount = Token->PrivilegeCount;
        RtlCopyMemory(((PTOKEN_PRIVILEGES)Answer)->Privileges, Token->Privileges, Token->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
        break;
    case TokenOwner:
        at = sizeof(TOKEN_OWNER);
        ((PTOKEN_OWNER)Answer)->Owner = SepPutSid(Answer, &at, Token->Owner, Delta);
        break;
    case TokenPrimaryGroup:
        at = sizeof(TOKEN_PRIMARY_GROUP);
        ((PTOKEN_PRIMARY_GROUP)Answer)->PrimaryGroup = SepPutSid(Answer, &at, Token->PrimaryGroup, Delta);
        break;
    case TokenIntegrityLevel:
        at = sizeof(TOKEN_MANDATORY_LABEL);
        ((PTOKEN_MANDATORY_LABEL)Answer)->Label.Sid = SepPutSid(Answer, &at, Token->IntegrityLevel, Delta);
        ((PTOKEN_MANDATORY_LABEL)Answer)->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
        break;
    case TokenStatistics:
        ((PTOKEN_STATISTICS)Answer)->TokenId = Token->TokenId;
        ((PTOKEN_STATISTICS)Answer)->AuthenticationId = Token->AuthenticationId;
        ((PTOKEN_STATISTICS)Answer)->ModifiedId = Token->ModifiedId;
        ((PTOKEN_STATISTICS)Answer)->ExpirationTime.QuadPart = MAXLONGLONG;
        ((PTOKEN_STATISTICS)Answer)->TokenType = TokenPrimary;
        ((PTOKEN_STATISTICS)Answer)->GroupCount = Token->GroupCount;
        ((PTOKEN_STATISTICS)Answer)->PrivilegeCount = Token->PrivilegeCount;
        break;
    case TokenType: *(PULONG)Answer = TokenPrimary; break;
    case TokenSessionId: *(PULONG)Answer = Token->SessionId; break;
    case TokenElevationType:
        *(PULONG)Answer = Token == SepSystemToken ? 1 : 2; /* TokenElevationTypeDefault, TokenElevationTypeFull */
        break;
    case TokenElevation: *(PULONG)Answer = 1; break;
    default: /* TokenHasRestrictions, TokenUIAccess */ *(PULONG)Answer = 0; break;
    }
}

/* A handle with TOKEN_QUERY, or the pseudo handles -4 (the process's token) and -6 (the thread's effective one). */
static NTSTATUS SepReferenceForQuery(HANDLE Handle, KPROCESSOR_MODE Mode, PSEP_TOKEN *Token) {
    PVOID object;
    if (Handle == (HANDLE)-4 || Handle == (HANDLE)-6) {
        *Token = (PSEP_TOKEN)PsReferencePrimaryToken((PEPROCESS)KiCurrentThread()->Process);
        return STATUS_SUCCESS;
    }
    if (Handle == (HANDLE)-5)
        return STATUS_NO_TOKEN;
    NTSTATUS status = ObReferenceObjectByHandle(Handle, TOKEN_QUERY, SepTokenObjectType, Mode, &object, NULL);
    *Token = object;
    return status;
}

NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    PSEP_TOKEN token;
    PVOID answer;
    NTSTATUS status = ObpProbeOutput(Information, Length, sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObpProbeOutput(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = SepReferenceForQuery(TokenHandle, mode, &token);
    if (!NT_SUCCESS(status))
        return status;
    ULONG size = SepAnswerSize(token, Class);
    if (size == 0) {
        status = STATUS_INVALID_INFO_CLASS;
        goto done;
    }
    status = ObpStore(ReturnLength, &size, sizeof(size), mode);
    if (NT_SUCCESS(status) && (Length < size || Information == NULL))
        status = STATUS_BUFFER_TOO_SMALL;
    if (!NT_SUCCESS(status))
        goto done;
    answer = ExAllocatePoolWithTag(PagedPool, size, SEP_TAG);
    if (answer == NULL) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        goto done;
    }
    RtlZeroMemory(answer, size);
    SepFillAnswer(token, Class, answer, (LONG64)Information - (LONG64)answer);
    status = ObpStore(Information, answer, size, mode);
    ExFreePoolWithTag(answer, SEP_TAG);
done:
    ObfDereferenceObject(token);
    return status;
}

/* The answer is pool of the caller's. */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID *Information) {
    ULONG size = SepAnswerSize(Token, Class);
    if (size == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (size == sizeof(ULONG)) { /* small answers are the pointer's own value (SeQueryInformationToken's page) */
        ULONG value;
        SepFillAnswer(Token, Class, &value, 0);
        *(PULONG)Information = value;
        return STATUS_SUCCESS;
    }
    *Information = ExAllocatePoolWithTag(PagedPool, size, SEP_TAG);
    if (*Information == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(*Information, size);
    SepFillAnswer(Token, Class, *Information, 0);
    return STATUS_SUCCESS;
}

/* ---- Privileges ---- */
#define SEP_MAX_ADJUST 64u

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

/* NewState's entries as kernel memory. */
static NTSTATUS SepCaptureChanges(PTOKEN_PRIVILEGES NewState, KPROCESSOR_MODE Mode, LUID_AND_ATTRIBUTES *Changes, PULONG Count) {
    if (Mode == KernelMode)
        *Count = NewState->PrivilegeCount;
    else if (!KiCopyFromUser(Count, &NewState->PrivilegeCount, sizeof(*Count)))
        return STATUS_ACCESS_VIOLATION;
    if (*Count > SEP_MAX_ADJUST)
        return STATUS_INVALID_PARAMETER;
    if (Mode == KernelMode)
        RtlCopyMemory(Changes, NewState->Privileges, *Count * sizeof(*Changes));
    else if (!KiCopyFromUser(Changes, NewState->Privileges, *Count * sizeof(*Changes)))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    LUID_AND_ATTRIBUTES changes[SEP_MAX_ADJUST];
    UCHAR space[FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + SEP_MAX_ADJUST * sizeof(LUID_AND_ATTRIBUTES)];
    PTOKEN_PRIVILEGES previous = (PTOKEN_PRIVILEGES)space;
    PVOID object;
    ULONG count = 0, assigned = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (!DisableAllPrivileges) {
        if (NewState == NULL)
            return STATUS_INVALID_PARAMETER;
        status = SepCaptureChanges(NewState, mode, changes, &count);
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
        token->ModifiedId.LowPart++;
        status = assigned == count ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
    }
    ObfDereferenceObject(object);
    return status;
}

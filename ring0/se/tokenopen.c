/* Tokens through handles: opened, copied, restricted. */
#include "se/sep.h"

#define SEP_PROCESS_QUERY_LIMITED 0x1000u
#define SEP_THREAD_QUERY          0x0040u
#define SEP_THREAD_IMPERSONATE    0x0100u
#define SEP_DISABLE_MAX_PRIVILEGE 0x1u /* NtFilterToken: CreateRestrictedToken's flags */
#define SEP_SANDBOX_INERT         0x2u
#define SEP_LUA_TOKEN             0x4u
#define SEP_WRITE_RESTRICTED      0x8u

NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    PVOID Process;
    HANDLE Handle;
    NTSTATUS Status = ObpProbeOutput(TokenHandle, sizeof(*TokenHandle), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(ProcessHandle, SEP_PROCESS_QUERY_LIMITED, ObpObjectType(KiCurrentThread()->ApcState.Process), Mode,
                                           &Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    PVOID Token = (PVOID)PsReferencePrimaryToken(Process);
    if (Mode != KernelMode)
        HandleAttributes &= ~OBJ_KERNEL_HANDLE;
    Status = ObOpenObjectByPointer(Token, HandleAttributes, NULL, DesiredAccess, SepTokenObjectType, Mode, &Handle);
    ObfDereferenceObject(Token);
    ObfDereferenceObject(Process);
    return NT_SUCCESS(Status) ? ObpStoreHandle(TokenHandle, Handle, Mode) : Status;
}

NTSTATUS NTAPI NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle) {
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

/* The token that a thread impersonates with; where it is the client's own that is not to be changed through the handle, the thread goes on with a copy. */
static NTSTATUS SepThreadToken(PETHREAD Thread, PACCESS_TOKEN *Token) {
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level;
    PSEP_TOKEN Copy;
    *Token = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    if (*Token == NULL)
        return STATUS_NO_TOKEN;
    NTSTATUS Status = Level == SecurityAnonymous ? STATUS_CANT_OPEN_ANONYMOUS : STATUS_SUCCESS;
    if (NT_SUCCESS(Status) && CopyOnOpen) {
        Status = SepDuplicateToken(*Token, TokenImpersonation, Level, EffectiveOnly, &Copy);
        if (NT_SUCCESS(Status))
            Status = PsImpersonateClient(Thread, Copy, FALSE, EffectiveOnly, Level);
        ObfDereferenceObject(*Token);
        *Token = Copy;
        if (NT_SUCCESS(Status))
            return Status;
    }
    if (!NT_SUCCESS(Status))
        ObfDereferenceObject(*Token);
    return Status;
}

NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    SE_IMPERSONATION_STATE State;
    PACCESS_TOKEN Token;
    PVOID Thread;
    HANDLE Handle;
    NTSTATUS Status = ObpProbeOutput(TokenHandle, sizeof(*TokenHandle), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(ThreadHandle, SEP_THREAD_QUERY, ObpObjectType(KiCurrentThread()), Mode, &Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepThreadToken(Thread, &Token);
    if (NT_SUCCESS(Status)) {
        if (Mode != KernelMode)
            HandleAttributes &= ~OBJ_KERNEL_HANDLE;
        if (OpenAsSelf)
            PsDisableImpersonation((PETHREAD)KiCurrentThread(), &State);
        Status = ObOpenObjectByPointer(Token, HandleAttributes, NULL, DesiredAccess, SepTokenObjectType, Mode, &Handle);
        if (OpenAsSelf)
            PsRestoreImpersonation((PETHREAD)KiCurrentThread(), &State);
        ObfDereferenceObject(Token);
    }
    ObfDereferenceObject(Thread);
    return NT_SUCCESS(Status) ? ObpStoreHandle(TokenHandle, Handle, Mode) : Status;
}

NTSTATUS NTAPI NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle) {
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

/* A handle to a token that the caller of a service has made; consumes the reference. */
static NTSTATUS SepReturnToken(PSEP_TOKEN Token, ACCESS_MASK Access, ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE TokenHandle) {
    HANDLE Handle;
    if (Mode != KernelMode)
        Attributes &= ~OBJ_KERNEL_HANDLE;
    NTSTATUS Status = ObpOpenUnchecked(Token, Attributes, Access, SepTokenObjectType, Mode, &Handle);
    ObfDereferenceObject(Token);
    return NT_SUCCESS(Status) ? ObpStoreHandle(TokenHandle, Handle, Mode) : Status;
}

static NTSTATUS SepCaptureAttributes(POBJECT_ATTRIBUTES User, KPROCESSOR_MODE Mode, OBJECT_ATTRIBUTES *Attributes, SECURITY_QUALITY_OF_SERVICE *Qos) {
    *Qos = (SECURITY_QUALITY_OF_SERVICE){.ImpersonationLevel = SecurityAnonymous};
    RtlZeroMemory(Attributes, sizeof(*Attributes));
    if (User == NULL)
        return STATUS_SUCCESS;
    if (Mode == KernelMode)
        *Attributes = *User;
    else if (!KiCopyFromUser(Attributes, User, sizeof(*Attributes)))
        return STATUS_ACCESS_VIOLATION;
    if (Attributes->Length != sizeof(*Attributes))
        return STATUS_INVALID_PARAMETER;
    if (Attributes->SecurityQualityOfService == NULL)
        return STATUS_SUCCESS;
    if (Mode == KernelMode)
        *Qos = *(PSECURITY_QUALITY_OF_SERVICE)Attributes->SecurityQualityOfService;
    else if (!KiCopyFromUser(Qos, Attributes->SecurityQualityOfService, sizeof(*Qos)))
        return STATUS_ACCESS_VIOLATION;
    return (ULONG)Qos->ImpersonationLevel <= SecurityDelegation ? STATUS_SUCCESS : STATUS_BAD_IMPERSONATION_LEVEL;
}

/* ZwDuplicateToken's page: DesiredAccess 0 asks for what the old handle has. */
NTSTATUS NTAPI NtDuplicateToken(HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly,
                                TOKEN_TYPE TokenType, PHANDLE NewTokenHandle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION Information;
    SECURITY_QUALITY_OF_SERVICE Qos;
    OBJECT_ATTRIBUTES Attributes;
    PSEP_TOKEN Copy;
    PVOID Object;
    if (TokenType != TokenPrimary && TokenType != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = ObpProbeOutput(NewTokenHandle, sizeof(*NewTokenHandle), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = SepCaptureAttributes(ObjectAttributes, Mode, &Attributes, &Qos);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SepTokenObjectType, Mode, &Object, &Information);
    if (!NT_SUCCESS(Status))
        return Status;
    PSEP_TOKEN Token = Object;
    /* Nobody gets more of a client than the client allows. */
    if (Token->Type == TokenImpersonation && ((TokenType == TokenPrimary && Token->Level < SecurityImpersonation) ||
                                              (TokenType == TokenImpersonation && Qos.ImpersonationLevel > Token->Level)))
        Status = STATUS_BAD_IMPERSONATION_LEVEL;
    if (NT_SUCCESS(Status))
        Status = SepDuplicateToken(Token, TokenType, Qos.ImpersonationLevel, EffectiveOnly, &Copy);
    if (NT_SUCCESS(Status))
        Status = SepReturnToken(Copy, DesiredAccess != 0 ? DesiredAccess : Information.GrantedAccess, Attributes.Attributes, Mode, NewTokenHandle);
    ObfDereferenceObject(Object);
    return Status;
}

/* ---- Restricted tokens ---- */
NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                             PTOKEN_GROUPS RestrictedSids, PACCESS_TOKEN *FilteredToken) {
    PSEP_TOKEN Old = ExistingToken, Token;
    ULONG Added = RestrictedSids != NULL ? RestrictedSids->GroupCount : 0, Restricted = 0;
    if (Flags & ~(SEP_DISABLE_MAX_PRIVILEGE | SEP_SANDBOX_INERT | SEP_LUA_TOKEN | SEP_WRITE_RESTRICTED) || Added > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    PSID_AND_ATTRIBUTES List = ExAllocatePoolWithTag(PagedPool, (Old->RestrictedCount + Added + 1) * sizeof(*List), SEP_TAG);
    if (List == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (; Restricted < Old->RestrictedCount; Restricted++)
        List[Restricted] = Old->Restricted[Restricted];
    for (ULONG I = 0; I < Added; I++, Restricted++)
        List[Restricted] = (SID_AND_ATTRIBUTES){RestrictedSids->Groups[I].Sid, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED};
    SEP_TOKEN_LISTS Lists = {Old->Sids, Old->SidCount, List, Restricted, Old->DefaultDacl};
    NTSTATUS Status = SepBuildToken(Old, &Lists, &Token);
    ExFreePoolWithTag(List, SEP_TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    Token->ParentTokenId = Old->TokenId;
    for (ULONG I = 0; SidsToDisable != NULL && I < SidsToDisable->GroupCount; I++) {
        ULONG Index = SepSidIndex(Token, SidsToDisable->Groups[I].Sid);
        if (Index == Token->SidCount || Token->Sids[Index].Attributes & SE_GROUP_INTEGRITY)
            continue;
        Token->Sids[Index].Attributes &= ~(SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_OWNER);
        Token->Sids[Index].Attributes |= SE_GROUP_USE_FOR_DENY_ONLY;
        if (RtlEqualSid(Token->Owner, Token->Sids[Index].Sid))
            Token->Owner = SepUserOf(Token);
    }
    ULONG Count = Token->PrivilegeCount;
    Token->PrivilegeCount = 0;
    for (ULONG I = 0; I < Count; I++) {
        BOOLEAN Keep = !(Flags & SEP_DISABLE_MAX_PRIVILEGE) || Token->Privileges[I].Luid.LowPart == SE_CHANGE_NOTIFY_PRIVILEGE;
        for (ULONG K = 0; PrivilegesToDelete != NULL && K < PrivilegesToDelete->PrivilegeCount; K++)
            Keep = Keep && !RtlEqualLuid(&PrivilegesToDelete->Privileges[K].Luid, &Token->Privileges[I].Luid);
        if (Keep)
            Token->Privileges[Token->PrivilegeCount++] = Token->Privileges[I];
    }
    Token->SandboxInert |= (Flags & SEP_SANDBOX_INERT) != 0;
    Token->WriteRestricted |= (Flags & SEP_WRITE_RESTRICTED) != 0 && Added != 0;
    *FilteredToken = Token;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtFilterToken(HANDLE ExistingTokenHandle, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                             PTOKEN_GROUPS RestrictedSids, PHANDLE NewTokenHandle) {
    KPROCESSOR_MODE Mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION Information;
    PTOKEN_GROUPS Disable = NULL, Restricted = NULL;
    PTOKEN_PRIVILEGES Privileges = NULL;
    PACCESS_TOKEN Filtered;
    PVOID Object = NULL;
    NTSTATUS Status = ObpProbeOutput(NewTokenHandle, sizeof(*NewTokenHandle), sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = SepCaptureGroups(SidsToDisable, Mode, &Disable);
    if (NT_SUCCESS(Status))
        Status = SepCaptureGroups(RestrictedSids, Mode, &Restricted);
    if (NT_SUCCESS(Status))
        Status = SepCapturePrivileges(PrivilegesToDelete, Mode, &Privileges);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SepTokenObjectType, Mode, &Object, &Information);
    if (NT_SUCCESS(Status))
        Status = SeFilterToken(Object, Flags, Disable, Privileges, Restricted, &Filtered);
    if (NT_SUCCESS(Status))
        Status = SepReturnToken(Filtered, Information.GrantedAccess, 0, Mode, NewTokenHandle);
    if (Object != NULL)
        ObfDereferenceObject(Object);
    PVOID Captured[] = {Disable, Restricted, Privileges};
    for (ULONG I = 0; I < RTL_NUMBER_OF(Captured); I++)
        if (Captured[I] != NULL)
            ExFreePoolWithTag(Captured[I], SEP_TAG);
    return Status;
}

NTSTATUS NTAPI NtImpersonateAnonymousToken(HANDLE ThreadHandle) {
    PVOID Thread;
    NTSTATUS Status =
        ObReferenceObjectByHandle(ThreadHandle, SEP_THREAD_IMPERSONATE, ObpObjectType(KiCurrentThread()), KiPreviousMode(), &Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    /* A restricted process would gain by it (ImpersonateAnonymousToken's page). */
    Status = SeTokenIsRestricted(((PETHREAD)KiCurrentThread())->Process->Token)
                 ? STATUS_ACCESS_DENIED
                 : PsImpersonateClient(Thread, SepAnonymousToken, TRUE, FALSE, SecurityImpersonation);
    ObfDereferenceObject(Thread);
    return Status;
}

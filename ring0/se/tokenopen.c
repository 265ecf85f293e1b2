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

/* The token that a thread impersonates with; where it is the client's own that is not to be changed through the handle, the thread goes on with a copy. */
static NTSTATUS SepThreadToken(PETHREAD Thread, PACCESS_TOKEN *Token) {
    BOOLEAN copyOnOpen, effectiveOnly;
    SECURITY_IMPERSONATION_LEVEL level;
    PSEP_TOKEN copy;
    *Token = PsReferenceImpersonationToken(Thread, &copyOnOpen, &effectiveOnly, &level);
    if (*Token == NULL)
        return STATUS_NO_TOKEN;
    NTSTATUS status = level == SecurityAnonymous ? STATUS_CANT_OPEN_ANONYMOUS : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && copyOnOpen) {
        status = SepDuplicateToken(*Token, TokenImpersonation, level, effectiveOnly, &copy);
        if (NT_SUCCESS(status))
            status = PsImpersonateClient(Thread, copy, FALSE, effectiveOnly, level);
        ObfDereferenceObject(*Token);
        *Token = copy;
        if (NT_SUCCESS(status))
            return status;
    }
    if (!NT_SUCCESS(status))
        ObfDereferenceObject(*Token);
    return status;
}

NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    SE_IMPERSONATION_STATE state;
    PACCESS_TOKEN token;
    PVOID thread;
    HANDLE handle;
    NTSTATUS status = ObpProbeOutput(TokenHandle, sizeof(*TokenHandle), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ThreadHandle, SEP_THREAD_QUERY, ObpObjectType(KiCurrentThread()), mode, &thread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = SepThreadToken(thread, &token);
    if (NT_SUCCESS(status)) {
        if (mode != KernelMode)
            HandleAttributes &= ~OBJ_KERNEL_HANDLE;
        if (OpenAsSelf)
            PsDisableImpersonation((PETHREAD)KiCurrentThread(), &state);
        status = ObOpenObjectByPointer(token, HandleAttributes, NULL, DesiredAccess, SepTokenObjectType, mode, &handle);
        if (OpenAsSelf)
            PsRestoreImpersonation((PETHREAD)KiCurrentThread(), &state);
        ObfDereferenceObject(token);
    }
    ObfDereferenceObject(thread);
    return NT_SUCCESS(status) ? ObpStoreHandle(TokenHandle, handle, mode) : status;
}

NTSTATUS NTAPI NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle) {
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

/* A handle to a token that the caller of a service has made; consumes the reference. */
static NTSTATUS SepReturnToken(PSEP_TOKEN Token, ACCESS_MASK Access, ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE TokenHandle) {
    HANDLE handle;
    if (Mode != KernelMode)
        Attributes &= ~OBJ_KERNEL_HANDLE;
    NTSTATUS status = ObpOpenUnchecked(Token, Attributes, Access, SepTokenObjectType, Mode, &handle);
    ObfDereferenceObject(Token);
    return NT_SUCCESS(status) ? ObpStoreHandle(TokenHandle, handle, Mode) : status;
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
    KPROCESSOR_MODE mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION information;
    SECURITY_QUALITY_OF_SERVICE qos;
    OBJECT_ATTRIBUTES attributes;
    PSEP_TOKEN copy;
    PVOID object;
    if (TokenType != TokenPrimary && TokenType != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObpProbeOutput(NewTokenHandle, sizeof(*NewTokenHandle), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = SepCaptureAttributes(ObjectAttributes, mode, &attributes, &qos);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SepTokenObjectType, mode, &object, &information);
    if (!NT_SUCCESS(status))
        return status;
    PSEP_TOKEN token = object;
    /* Nobody gets more of a client than the client allows. */
    if (token->Type == TokenImpersonation && ((TokenType == TokenPrimary && token->Level < SecurityImpersonation) ||
                                              (TokenType == TokenImpersonation && qos.ImpersonationLevel > token->Level)))
        status = STATUS_BAD_IMPERSONATION_LEVEL;
    if (NT_SUCCESS(status))
        status = SepDuplicateToken(token, TokenType, qos.ImpersonationLevel, EffectiveOnly, &copy);
    if (NT_SUCCESS(status))
        status = SepReturnToken(copy, DesiredAccess != 0 ? DesiredAccess : information.GrantedAccess, attributes.Attributes, mode, NewTokenHandle);
    ObfDereferenceObject(object);
    return status;
}

/* ---- Restricted tokens ---- */
NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                             PTOKEN_GROUPS RestrictedSids, PACCESS_TOKEN *FilteredToken) {
    PSEP_TOKEN old = ExistingToken, token;
    ULONG added = RestrictedSids != NULL ? RestrictedSids->GroupCount : 0, restricted = 0;
    if (Flags & ~(SEP_DISABLE_MAX_PRIVILEGE | SEP_SANDBOX_INERT | SEP_LUA_TOKEN | SEP_WRITE_RESTRICTED) || added > SEP_MAX_SIDS)
        return STATUS_INVALID_PARAMETER;
    PSID_AND_ATTRIBUTES list = ExAllocatePoolWithTag(PagedPool, (old->RestrictedCount + added + 1) * sizeof(*list), SEP_TAG);
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (; restricted < old->RestrictedCount; restricted++)
        list[restricted] = old->Restricted[restricted];
    for (ULONG i = 0; i < added; i++, restricted++)
        list[restricted] = (SID_AND_ATTRIBUTES){RestrictedSids->Groups[i].Sid, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED};
    SEP_TOKEN_LISTS lists = {old->Sids, old->SidCount, list, restricted, old->DefaultDacl};
    NTSTATUS status = SepBuildToken(old, &lists, &token);
    ExFreePoolWithTag(list, SEP_TAG);
    if (!NT_SUCCESS(status))
        return status;
    token->ParentTokenId = old->TokenId;
    for (ULONG i = 0; SidsToDisable != NULL && i < SidsToDisable->GroupCount; i++) {
        ULONG index = SepSidIndex(token, SidsToDisable->Groups[i].Sid);
        if (index == token->SidCount || token->Sids[index].Attributes & SE_GROUP_INTEGRITY)
            continue;
        token->Sids[index].Attributes &= ~(SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_OWNER);
        token->Sids[index].Attributes |= SE_GROUP_USE_FOR_DENY_ONLY;
        if (RtlEqualSid(token->Owner, token->Sids[index].Sid))
            token->Owner = SepUserOf(token);
    }
    ULONG count = token->PrivilegeCount;
    token->PrivilegeCount = 0;
    for (ULONG i = 0; i < count; i++) {
        BOOLEAN keep = !(Flags & SEP_DISABLE_MAX_PRIVILEGE) || token->Privileges[i].Luid.LowPart == SE_CHANGE_NOTIFY_PRIVILEGE;
        for (ULONG k = 0; PrivilegesToDelete != NULL && k < PrivilegesToDelete->PrivilegeCount; k++)
            keep = keep && !RtlEqualLuid(&PrivilegesToDelete->Privileges[k].Luid, &token->Privileges[i].Luid);
        if (keep)
            token->Privileges[token->PrivilegeCount++] = token->Privileges[i];
    }
    token->SandboxInert |= (Flags & SEP_SANDBOX_INERT) != 0;
    token->WriteRestricted |= (Flags & SEP_WRITE_RESTRICTED) != 0 && added != 0;
    *FilteredToken = token;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtFilterToken(HANDLE ExistingTokenHandle, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                             PTOKEN_GROUPS RestrictedSids, PHANDLE NewTokenHandle) {
    KPROCESSOR_MODE mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION information;
    PTOKEN_GROUPS disable = NULL, restricted = NULL;
    PTOKEN_PRIVILEGES privileges = NULL;
    PACCESS_TOKEN filtered;
    PVOID object = NULL;
    NTSTATUS status = ObpProbeOutput(NewTokenHandle, sizeof(*NewTokenHandle), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = SepCaptureGroups(SidsToDisable, mode, &disable);
    if (NT_SUCCESS(status))
        status = SepCaptureGroups(RestrictedSids, mode, &restricted);
    if (NT_SUCCESS(status))
        status = SepCapturePrivileges(PrivilegesToDelete, mode, &privileges);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SepTokenObjectType, mode, &object, &information);
    if (NT_SUCCESS(status))
        status = SeFilterToken(object, Flags, disable, privileges, restricted, &filtered);
    if (NT_SUCCESS(status))
        status = SepReturnToken(filtered, information.GrantedAccess, 0, mode, NewTokenHandle);
    if (object != NULL)
        ObfDereferenceObject(object);
    PVOID captured[] = {disable, restricted, privileges};
    for (ULONG i = 0; i < RTL_NUMBER_OF(captured); i++)
        if (captured[i] != NULL)
            ExFreePoolWithTag(captured[i], SEP_TAG);
    return status;
}

NTSTATUS NTAPI NtImpersonateAnonymousToken(HANDLE ThreadHandle) {
    PVOID thread;
    NTSTATUS status =
        ObReferenceObjectByHandle(ThreadHandle, SEP_THREAD_IMPERSONATE, ObpObjectType(KiCurrentThread()), KiPreviousMode(), &thread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    /* A restricted process would gain by it (ImpersonateAnonymousToken's page). */
    status = SeTokenIsRestricted(((PETHREAD)KiCurrentThread())->Process->Token)
                 ? STATUS_ACCESS_DENIED
                 : PsImpersonateClient(thread, SepAnonymousToken, TRUE, FALSE, SecurityImpersonation);
    ObfDereferenceObject(thread);
    return status;
}

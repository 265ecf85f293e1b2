/* Acting for others: impersonation, client contexts, filtered tokens; the descriptor of a new object; checks of others' access. */
#include <ntifs.h>
#include "tap.h"

#pragma clang diagnostic ignored "-Wunused-parameter"
#undef PsDereferenceImpersonationToken

NTKERNELAPI VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN);
NTKERNELAPI NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD, HANDLE);
NTKERNELAPI VOID NTAPI PsRevertThreadToSelf(PETHREAD);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD);
NTKERNELAPI VOID NTAPI SeCaptureSubjectContextEx(PETHREAD, PEPROCESS, PSECURITY_SUBJECT_CONTEXT);
NTKERNELAPI NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN, ULONG, PTOKEN_GROUPS, PTOKEN_PRIVILEGES, PTOKEN_GROUPS, PACCESS_TOKEN *);
NTKERNELAPI SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN);
NTKERNELAPI BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN);

static GENERIC_MAPPING Mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
static const SECURITY_QUALITY_OF_SERVICE Dynamic = {sizeof Dynamic, SecurityImpersonation, SECURITY_DYNAMIC_TRACKING, FALSE};
static const SECURITY_QUALITY_OF_SERVICE Static = {sizeof Static, SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};

/* System without its group Administrators. */
static PACCESS_TOKEN Filtered(ULONG Flags, PSID Restricted) {
    TOKEN_GROUPS Disable = {1, {{SeExports->SeAliasAdminsSid, 0}}}, Only = {1, {{Restricted, 0}}};
    PACCESS_TOKEN Token = NULL, Primary = PsReferencePrimaryToken(PsInitialSystemProcess);
    SeFilterToken(Primary, Flags, &Disable, NULL, Restricted ? &Only : NULL, &Token);
    PsDereferencePrimaryToken(Primary);
    return Token;
}

static NTSTATUS OpenChecked(PCWSTR Name, ACCESS_MASK Access) {
    UNICODE_STRING Path;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Event;
    NTSTATUS Status;
    RtlInitUnicodeString(&Path, Name);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK, NULL, NULL);
    Status = ZwOpenEvent(&Event, Access, &Attributes);
    if (NT_SUCCESS(Status))
        ZwClose(Event);
    return Status;
}

/* An event for administrators only. */
static HANDLE MakeEvent(VOID) {
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\impersonate");
    OBJECT_ATTRIBUTES Attributes;
    SECURITY_DESCRIPTOR Descriptor;
    UCHAR Room[64];
    HANDLE Event = NULL;
    RtlCreateAcl((PACL)Room, sizeof Room, ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)Room, ACL_REVISION, GENERIC_ALL, SeExports->SeAliasAdminsSid);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, (PACL)Room, FALSE);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, &Descriptor);
    STATUS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), 0, "an event for administrators");
    return Event;
}

static VOID TestThread(PACCESS_TOKEN Token) {
    PETHREAD Thread = PsGetCurrentThread();
    SE_IMPERSONATION_STATE State;
    SECURITY_SUBJECT_CONTEXT Subject;
    BOOLEAN CopyOnOpen = 9, EffectiveOnly = 9;
    SECURITY_IMPERSONATION_LEVEL Level = 9;
    PACCESS_TOKEN Found;
    HANDLE Handle;

    ok(!PsIsThreadImpersonating(Thread) && !PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level), "nobody is impersonated");
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), 0, "System is an administrator: it opens the event");
    STATUS(PsImpersonateClient(Thread, Token, TRUE, TRUE, SecurityImpersonation), 0, "PsImpersonateClient");
    ok(PsIsThreadImpersonating(Thread), "PsIsThreadImpersonating");
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "a token without that group does not");
    Found = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    ok(Found == Token && CopyOnOpen == TRUE && EffectiveOnly == TRUE && Level == SecurityImpersonation, "PsReferenceImpersonationToken tells how");
    {
        LONG_PTR Count = ObfReferenceObject(Token);
        PsDereferenceImpersonationToken(Found);
        is(ObfReferenceObject(Token), Count, "PsDereferenceImpersonationToken");
        ObDereferenceObject(Token);
        ObDereferenceObject(Token);
    }
    RtlZeroMemory(&Subject, sizeof Subject);
    SeCaptureSubjectContextEx(Thread, PsGetCurrentProcess(), &Subject);
    ok(Subject.ClientToken == Token && Subject.PrimaryToken && Subject.PrimaryToken != Token, "the subject has both tokens");
    SeReleaseSubjectContext(&Subject);
    RtlFillMemory(&State, sizeof State, 0x55);
    ok(PsDisableImpersonation(Thread, &State) && State.Token == Token && !PsIsThreadImpersonating(Thread), "PsDisableImpersonation");
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), 0, "meanwhile it is System again");
    PsRestoreImpersonation(Thread, &State);
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "PsRestoreImpersonation");
    STATUS(ZwOpenThreadTokenEx(ZwCurrentThread(), TOKEN_ALL_ACCESS, TRUE, OBJ_KERNEL_HANDLE, &Handle), 0, "the thread's token can be opened");
    PsRevertToSelf();
    ok(!PsIsThreadImpersonating(Thread), "PsRevertToSelf");
    STATUS(PsAssignImpersonationToken(Thread, Handle), 0, "PsAssignImpersonationToken");
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "by its handle");
    ZwClose(Handle);
    PsRevertThreadToSelf(Thread);
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), 0, "PsRevertThreadToSelf");
}

static VOID TestClient(PACCESS_TOKEN Token) {
    SECURITY_CLIENT_CONTEXT Client;
    SECURITY_SUBJECT_CONTEXT Subject;
    PSECURITY_QUALITY_OF_SERVICE Qos = (PSECURITY_QUALITY_OF_SERVICE)&Static;
    PETHREAD Thread = PsGetCurrentThread();

    PsImpersonateClient(Thread, Token, FALSE, FALSE, SecurityImpersonation);
    RtlZeroMemory(&Client, sizeof Client);
    STATUS(SeCreateClientSecurity(Thread, Qos, FALSE, &Client), 0, "SeCreateClientSecurity");
    ok(Client.ClientToken && Client.ClientToken != Token && !Client.DirectlyAccessClientToken, "static tracking: a copy");
    is(SeTokenType(Client.ClientToken), TokenImpersonation, "to impersonate with");
    is(SeTokenImpersonationLevel(Client.ClientToken), SecurityImpersonation, "SeTokenImpersonationLevel");
    PsRevertToSelf();
    SeImpersonateClient(&Client, NULL);
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "SeImpersonateClient");
    SeCaptureSubjectContext(&Subject);
    SeDeleteClientSecurity(&Client);
    PsRevertToSelf();

    STATUS(SeCreateClientSecurityFromSubjectContext(&Subject, (PSECURITY_QUALITY_OF_SERVICE)&Dynamic, FALSE, &Client), 0,
           "SeCreateClientSecurityFromSubjectContext");
    ok(Client.DirectlyAccessClientToken && Client.ClientToken == Subject.ClientToken, "dynamic tracking: the token itself");
    SeReleaseSubjectContext(&Subject);
    STATUS(SeImpersonateClientEx(&Client, Thread), 0, "SeImpersonateClientEx");
    ok(PsIsThreadImpersonating(Thread), "the thread that was named");
    PsRevertToSelf();
    SeDeleteClientSecurity(&Client);

    /* Who may only be identified opens nothing. */
    PsImpersonateClient(Thread, Token, FALSE, FALSE, SecurityIdentification);
    STATUS(OpenChecked(L"\\BaseNamedObjects\\impersonate", SYNCHRONIZE), STATUS_BAD_IMPERSONATION_LEVEL, "identification is not enough to open");
    STATUS(SeCreateClientSecurity(Thread, Qos, FALSE, &Client), STATUS_BAD_IMPERSONATION_LEVEL, "and not to be passed on as more");
    PsRevertToSelf();
}

static ACCESS_MASK Check(PSECURITY_DESCRIPTOR Descriptor, PACCESS_TOKEN Token, ACCESS_MASK Desired) {
    SECURITY_SUBJECT_CONTEXT Subject = {.ClientToken = Token, .ImpersonationLevel = SecurityImpersonation, .PrimaryToken = Token};
    ACCESS_MASK Granted = 0;
    NTSTATUS Status;
    return SeAccessCheck(Descriptor, &Subject, TRUE, Desired, 0, NULL, &Mapping, UserMode, &Granted, &Status) ? Granted : 0;
}

/* Lists of what one descriptor gives to several tokens. */
static VOID TestChecks(PACCESS_TOKEN Token) {
    UCHAR Room[128], LabelRoom[64];
    PACL Acl = (PACL)Room, Sacl = (PACL)LabelRoom;
    SECURITY_DESCRIPTOR Descriptor;
    PACCESS_TOKEN System = PsReferencePrimaryToken(PsInitialSystemProcess), Restricted, Writer;
    PTOKEN_ACCESS_INFORMATION Information = NULL;
    ACCESS_MASK Granted = 0;
    NTSTATUS Status = 0;

    RtlCreateAcl(Acl, sizeof Room, ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, FILE_GENERIC_READ, SeExports->SeWorldSid);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, FILE_ALL_ACCESS, SeExports->SeLocalSystemSid);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, SeExports->SeAliasAdminsSid, FALSE);
    RtlSetGroupSecurityDescriptor(&Descriptor, SeExports->SeAliasAdminsSid, FALSE);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Acl, FALSE);
    is(Check(&Descriptor, System, GENERIC_ALL), FILE_ALL_ACCESS, "System has all");
    is(Check(&Descriptor, System, MAXIMUM_ALLOWED), FILE_ALL_ACCESS, "that is the most");

    Restricted = Filtered(0, SeExports->SeWorldSid);
    ok(Restricted && SeTokenIsRestricted(Restricted) && !SeTokenIsWriteRestricted(Restricted), "a token restricted to Everyone");
    is(Check(&Descriptor, Restricted, MAXIMUM_ALLOWED) & ~(ACCESS_MASK)WRITE_OWNER, FILE_GENERIC_READ, "reads, as both lists allow");
    is(Check(&Descriptor, Restricted, FILE_WRITE_DATA), 0, "and does not write");
    Writer = Filtered(8 /* WRITE_RESTRICTED */, SeExports->SeAnonymousLogonSid);
    ok(Writer && SeTokenIsWriteRestricted(Writer), "SeTokenIsWriteRestricted");
    ok(Check(&Descriptor, Writer, FILE_READ_DATA) == FILE_READ_DATA && Check(&Descriptor, Writer, FILE_WRITE_DATA) == 0,
       "write restricted: only writing is looked at twice");

    /* The owner may always read and change the DACL, unless OWNER RIGHTS says what an owner may. */
    is(Check(&Descriptor, Token, WRITE_DAC), WRITE_DAC, "System's own entry");
    RtlDeleteAce(Acl, 1);
    is(Check(&Descriptor, System, WRITE_DAC), WRITE_DAC, "an owner changes the DACL");
    is(Check(&Descriptor, Token, WRITE_DAC), 0, "one who is owner only to be denied does not");
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, READ_CONTROL, SeExports->SeOwnerRightsSid);
    is(Check(&Descriptor, System, WRITE_DAC), 0, "OWNER RIGHTS takes it away");

    /* Integrity: nobody writes up. */
    RtlCreateAcl(Sacl, sizeof LabelRoom, ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, FILE_ALL_ACCESS, SeExports->SeLocalSystemSid);
    RtlAddAccessAllowedAce(Sacl, ACL_REVISION, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, SeExports->SeSystemMandatorySid);
    ((PACE_HEADER)(Sacl + 1))->AceType = SYSTEM_MANDATORY_LABEL_ACE_TYPE;
    RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, Sacl, FALSE);
    is(Check(&Descriptor, Token, FILE_WRITE_DATA), FILE_WRITE_DATA, "at its own level a token writes");
    {
        PTOKEN_MANDATORY_LABEL Label = NULL;
        SeQueryInformationToken(Token, TokenIntegrityLevel, (PVOID *)&Label);
        is(*RtlSubAuthoritySid(Label->Label.Sid, 0), 0x4000, "System's level");
        ExFreePool(Label);
    }
    {
        SID_AND_ATTRIBUTES Low = {SeExports->SeLowMandatorySid, 0x20 /* SE_GROUP_INTEGRITY */};
        HANDLE Handle;
        STATUS(ObOpenObjectByPointer(Token, OBJ_KERNEL_HANDLE, NULL, TOKEN_ALL_ACCESS, *SeTokenObjectType, KernelMode, &Handle), 0, "its handle");
        STATUS(ZwSetInformationToken(Handle, TokenIntegrityLevel, &Low, sizeof Low), 0, "ZwSetInformationToken: down to low");
        ZwClose(Handle);
    }
    is(Check(&Descriptor, Token, FILE_WRITE_DATA), 0, "from below it does not write");
    is(Check(&Descriptor, Token, FILE_READ_DATA), FILE_READ_DATA, "but reads");

    STATUS(SeQueryInformationToken(System, TokenAccessInformation, (PVOID *)&Information), 0, "what a token says of access");
    ok(SeAccessCheckFromState(&Descriptor, Information, NULL, FILE_WRITE_DATA, 0, NULL, &Mapping, UserMode, &Granted, &Status) &&
           Granted == FILE_WRITE_DATA,
       "SeAccessCheckFromState: without the token");
    ok(!SeAccessCheckFromState(&Descriptor, Information, NULL, WRITE_DAC | FILE_EXECUTE | ACCESS_SYSTEM_SECURITY | 0x200, 0, NULL, &Mapping, UserMode,
                               &Granted, &Status) &&
           Status == STATUS_ACCESS_DENIED && Granted == 0,
       "and what it does not grant");
    ExFreePool(Information);
    ObDereferenceObject(Restricted);
    ObDereferenceObject(Writer);
    PsDereferencePrimaryToken(System);
}

static PACCESS_ALLOWED_ACE AceOf(PSECURITY_DESCRIPTOR Descriptor, ULONG Index, PULONG Count) {
    BOOLEAN Present, Defaulted;
    PACL Acl = NULL;
    PVOID Ace = NULL;
    RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Acl, &Defaulted);
    *Count = Acl ? Acl->AceCount : 0;
    if (Acl && Index < Acl->AceCount)
        RtlGetAce(Acl, Index, &Ace);
    return Ace;
}

static VOID TestAssign(VOID) {
    UCHAR Room[128], Answer[256];
    PACL Acl = (PACL)Room;
    SECURITY_DESCRIPTOR Parent, Change;
    PSECURITY_DESCRIPTOR New = NULL, Before;
    SECURITY_SUBJECT_CONTEXT Subject;
    SECURITY_INFORMATION Part = DACL_SECURITY_INFORMATION;
    PACCESS_ALLOWED_ACE Ace;
    ULONG Count, Length = sizeof Answer;
    PSID Owner;
    BOOLEAN Defaulted;

    SeCaptureSubjectContext(&Subject);
    STATUS(SeAssignSecurity(NULL, NULL, &New, FALSE, &Subject, &Mapping, PagedPool), 0, "SeAssignSecurity");
    RtlGetOwnerSecurityDescriptor(New, &Owner, &Defaulted);
    ok(RtlValidSecurityDescriptor(New) && RtlEqualSid(Owner, SeExports->SeAliasAdminsSid), "System's objects belong to the administrators");
    Ace = AceOf(New, 0, &Count);
    ok(Count == 2 && Ace && Ace->Mask == FILE_ALL_ACCESS && RtlEqualSid(&Ace->SidStart, SeExports->SeLocalSystemSid),
       "the token's default DACL, its generic rights mapped");
    STATUS(SeDeassignSecurity(&New), 0, "SeDeassignSecurity");
    ok(!New, "leaves nothing");

    RtlCreateAcl(Acl, sizeof Room, ACL_REVISION);
    RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, CONTAINER_INHERIT_ACE | OBJECT_INHERIT_ACE, GENERIC_READ, SeExports->SeWorldSid);
    RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, GENERIC_ALL, SeExports->SeCreatorOwnerSid);
    RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, 0, GENERIC_ALL, SeExports->SeAnonymousLogonSid);
    RtlCreateSecurityDescriptor(&Parent, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Parent, TRUE, Acl, FALSE);
    STATUS(SeAssignSecurityEx(&Parent, NULL, &New, NULL, FALSE, 1 /* SEF_DACL_AUTO_INHERIT */, &Subject, &Mapping, PagedPool), 0,
           "SeAssignSecurityEx");
    Ace = AceOf(New, 0, &Count);
    ok(Count == 2 && Ace && Ace->Mask == FILE_GENERIC_READ && Ace->Header.AceFlags == INHERITED_ACE, "entries that are passed on, marked so");
    Ace = AceOf(New, 1, &Count);
    ok(Ace && Ace->Mask == FILE_ALL_ACCESS && RtlEqualSid(&Ace->SidStart, SeExports->SeAliasAdminsSid), "CREATOR OWNER is the owner");
    SeDeassignSecurity(&New);
    STATUS(SeAssignSecurity(&Parent, NULL, &New, TRUE, &Subject, &Mapping, PagedPool), 0, "for a container");
    AceOf(New, 0, &Count);
    is(Count, 3, "an entry that counts, the same to pass on, and one only to pass on");

    /* A file system's own keeping */
    STATUS(SeQuerySecurityDescriptorInfo(&Part, Answer, &Length, &New), 0, "SeQuerySecurityDescriptorInfo");
    AceOf(Answer, 0, &Count);
    ok(Count == 3 && Length == RtlLengthSecurityDescriptor(Answer), "the part that was asked for");
    Length = 4;
    STATUS(SeQuerySecurityDescriptorInfo(&Part, Answer, &Length, &New), STATUS_BUFFER_TOO_SMALL, "in too small a buffer");
    RtlCreateAcl(Acl, sizeof Room, ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid);
    RtlCreateSecurityDescriptor(&Change, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Change, TRUE, Acl, FALSE);
    Before = New;
    STATUS(SeSetSecurityDescriptorInfo(NULL, &Part, &Change, &New, PagedPool, &Mapping), 0, "SeSetSecurityDescriptorInfo");
    Ace = AceOf(New, 0, &Count);
    ok(New != Before && Count == 1 && Ace && Ace->Mask == FILE_GENERIC_READ, "a new one, its generic rights mapped");
    ExFreePool(Before);
    SeDeassignSecurity(&New);
    STATUS(SeSetSecurityDescriptorInfo(NULL, &Part, &Change, &New, PagedPool, &Mapping), STATUS_NO_SECURITY_ON_OBJECT, "where there is none");
    SeReleaseSubjectContext(&Subject);
}

NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE, PVOID, ACCESS_MASK, PGENERIC_MAPPING);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE);

static VOID TestAccessState(VOID) {
    UNICODE_STRING Type = RTL_CONSTANT_STRING(L"File");
    ACCESS_STATE State;
    UCHAR Aux[256];
    PRIVILEGE_SET One = {1, 0, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}};
    PPRIVILEGE_SET Used;
    PLUID_AND_ATTRIBUTES List;
    BOOLEAN Generate = TRUE;

    SeCreateAccessState(&State, Aux, GENERIC_READ, &Mapping);
    for (ULONG i = 0; i < 5; i++)
        SeAppendPrivileges(&State, &One);
    Used = *(PPRIVILEGE_SET *)State.AuxData;
    List = Used->Privilege;
    ok(Used->PrivilegeCount == 5 && List[4].Luid.LowPart == SE_DEBUG_PRIVILEGE && State.PrivilegesAllocated,
       "SeAppendPrivileges: more than there is room for");
    SeOpenObjectAuditAlarm(&Type, NULL, NULL, NULL, &State, FALSE, TRUE, UserMode, &Generate);
    ok(!Generate, "SeOpenObjectAuditAlarm: nothing to tell when it is closed");
    Generate = TRUE;
    SeOpenObjectForDeleteAuditAlarm(&Type, NULL, NULL, NULL, &State, FALSE, TRUE, UserMode, &Generate);
    ok(!Generate, "SeOpenObjectForDeleteAuditAlarm");
    SeDeleteAccessState(&State);
}

static VOID TestDuplicate(VOID) {
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof Qos, SecurityIdentification, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Token, Copy = NULL, Primary;
    TOKEN_STATISTICS Old, New;
    ULONG Length;

    ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_ALL_ACCESS, OBJ_KERNEL_HANDLE, &Token);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Attributes.SecurityQualityOfService = &Qos;
    STATUS(ZwDuplicateToken(Token, TOKEN_QUERY | TOKEN_DUPLICATE, &Attributes, FALSE, TokenImpersonation, &Copy), 0, "ZwDuplicateToken");
    ZwQueryInformationToken(Token, TokenStatistics, &Old, sizeof Old, &Length);
    ZwQueryInformationToken(Copy, TokenStatistics, &New, sizeof New, &Length);
    ok(New.TokenType == TokenImpersonation && New.ImpersonationLevel == SecurityIdentification, "of that type and level");
    ok(New.TokenId.LowPart != Old.TokenId.LowPart && RtlEqualLuid(&New.AuthenticationId, &Old.AuthenticationId), "another token of the same logon");
    STATUS(ZwDuplicateToken(Copy, 0, &Attributes, FALSE, TokenPrimary, &Primary), STATUS_BAD_IMPERSONATION_LEVEL,
           "who may be identified only starts no process");
    ZwClose(Copy);
    ZwClose(Token);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PACCESS_TOKEN Token = Filtered(0, NULL);
    HANDLE Event = MakeEvent();
    ok(Token && !SeTokenIsAdmin(Token) && !SeTokenIsRestricted(Token), "SeFilterToken: a group is for denials only");
    if (Token && Event) {
        TestThread(Token);
        TestClient(Token);
        TestChecks(Token);
        TestAssign();
        TestAccessState();
        TestDuplicate();
        ZwClose(Event);
        ObDereferenceObject(Token);
    }
}

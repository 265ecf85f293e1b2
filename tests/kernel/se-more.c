/* SIDs, descriptors, access checks, privileges, tokens; and what watches handles. */
#include "kernel/more.h"

NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID, ULONG, PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, ULONG, PHANDLE);
NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE, ULONG, PVOID *, POBJECT_HANDLE_INFORMATION);
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN, TOKEN_INFORMATION_CLASS, PVOID *);
BOOLEAN NTAPI ObIsKernelHandle(HANDLE);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID);
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR, KPROCESSOR_MODE, POOL_TYPE, BOOLEAN, PSECURITY_DESCRIPTOR *);
NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR, KPROCESSOR_MODE, BOOLEAN);
NTSTATUS NTAPI ZwOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI ZwQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI ZwOpenThreadTokenEx(HANDLE, ACCESS_MASK, BOOLEAN, ULONG, PHANDLE);
NTSTATUS NTAPI ZwOpenProcessTokenEx(HANDLE, ACCESS_MASK, ULONG, PHANDLE);
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR, PBOOLEAN, PACL *, PBOOLEAN);
BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL, ULONG, ACCESS_MASK, PSID);
BOOLEAN NTAPI RtlValidAcl(PACL);
BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK, ACCESS_MASK);
BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK, ACCESS_MASK);
__declspec(dllimport) extern POBJECT_TYPE *SeTokenObjectType;

static GENERIC_MAPPING Mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

static VOID TestSids(VOID) {
    static SID_IDENTIFIER_AUTHORITY Authority = SECURITY_NT_AUTHORITY;
    UCHAR Room[64], Other[64];
    UNICODE_STRING Text;
    PSID Sid = Room, Made = NULL;
    is(RtlLengthRequiredSid(2), 16, "RtlLengthRequiredSid");
    STATUS(RtlInitializeSid(Sid, &Authority, 2), 0, "RtlInitializeSid");
    *RtlSubAuthoritySid(Sid, 0) = 32;
    *RtlSubAuthoritySid(Sid, 1) = 544;
    ok(RtlValidSid(Sid) && *RtlSubAuthorityCountSid(Sid) == 2, "RtlValidSid and RtlSubAuthorityCountSid");
    is(RtlLengthSid(Sid), 16, "RtlLengthSid");
    ok(RtlEqualSid(Sid, SeExports->SeAliasAdminsSid), "RtlSubAuthoritySid: it is that of the administrators");
    STATUS(RtlConvertSidToUnicodeString(&Text, Sid, TRUE), 0, "RtlConvertSidToUnicodeString");
    ok(wcscmp(Text.Buffer, L"S-1-5-32-544") == 0, "S-1-5-32-544");
    RtlFreeUnicodeString(&Text);
    STATUS(RtlCopySid(sizeof Other, Other, Sid), 0, "RtlCopySid");
    ok(RtlEqualSid(Other, Sid), "the same");
    Room[0] = 9;
    ok(!RtlValidSid(Sid), "of no revision");
    STATUS(RtlAllocateAndInitializeSid(&Authority, 1, 18, 0, 0, 0, 0, 0, 0, 0, &Made), 0, "RtlAllocateAndInitializeSid");
    ok(Made && RtlEqualSid(Made, SeExports->SeLocalSystemSid), "that of the system");
    RtlFreeSid(Made);
}

static VOID TestDescriptors(VOID) {
    UCHAR AclRoom[128], Relative[512];
    PACL Acl = (PACL)AclRoom, Found = NULL;
    PACCESS_ALLOWED_ACE Ace = NULL;
    SECURITY_DESCRIPTOR Absolute;
    PSECURITY_DESCRIPTOR Captured = NULL;
    PSID Owner = NULL;
    BOOLEAN Present = FALSE, Defaulted = TRUE;
    ULONG Size = sizeof Relative;
    RtlCreateAcl(Acl, sizeof AclRoom, ACL_REVISION);
    STATUS(RtlAddAccessDeniedAce(Acl, ACL_REVISION, FILE_WRITE_DATA, SeExports->SeWorldSid), 0, "RtlAddAccessDeniedAce");
    STATUS(RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, 0, FILE_ALL_ACCESS, SeExports->SeLocalSystemSid), 0, "RtlAddAccessAllowedAceEx");
    ok(Acl->AceCount == 2 && RtlValidAcl(Acl), "RtlValidAcl");
    STATUS(RtlGetAce(Acl, 0, (PVOID *)&Ace), 0, "RtlGetAce");
    ok(Ace && Ace->Header.AceType == ACCESS_DENIED_ACE_TYPE && Ace->Mask == FILE_WRITE_DATA, "the first denies");
    RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Absolute, TRUE, Acl, FALSE);
    STATUS(RtlSetOwnerSecurityDescriptor(&Absolute, SeExports->SeLocalSystemSid, FALSE), 0, "RtlSetOwnerSecurityDescriptor");
    STATUS(RtlSetGroupSecurityDescriptor(&Absolute, SeExports->SeAliasAdminsSid, FALSE), 0, "RtlSetGroupSecurityDescriptor");
    STATUS(RtlSetSaclSecurityDescriptor(&Absolute, TRUE, Acl, FALSE), 0, "RtlSetSaclSecurityDescriptor");
    STATUS(RtlGetGroupSecurityDescriptor(&Absolute, &Owner, &Defaulted), 0, "RtlGetGroupSecurityDescriptor");
    ok(Owner && RtlEqualSid(Owner, SeExports->SeAliasAdminsSid) && !Defaulted, "the group");
    STATUS(RtlGetSaclSecurityDescriptor(&Absolute, &Present, &Found, &Defaulted), 0, "RtlGetSaclSecurityDescriptor");
    ok(Present && Found == Acl, "the SACL");
    ok(RtlLengthSecurityDescriptor(&Absolute) > 60, "RtlLengthSecurityDescriptor");
    STATUS(RtlAbsoluteToSelfRelativeSD(&Absolute, Relative, &Size), 0, "RtlAbsoluteToSelfRelativeSD");
    ok(RtlValidSecurityDescriptor(Relative) && RtlValidRelativeSecurityDescriptor(Relative, Size, 0), "RtlValidRelativeSecurityDescriptor");
    Relative[0] = 77;
    ok(!RtlValidRelativeSecurityDescriptor(Relative, Size, 0), "not of that revision");
    STATUS(SeCaptureSecurityDescriptor(&Absolute, KernelMode, PagedPool, TRUE, &Captured), 0, "SeCaptureSecurityDescriptor");
    ok(Captured && Captured != &Absolute && RtlValidSecurityDescriptor(Captured), "a copy");
    STATUS(SeReleaseSecurityDescriptor(Captured, KernelMode, TRUE), 0, "SeReleaseSecurityDescriptor");
    STATUS(RtlDeleteAce(Acl, 0), 0, "RtlDeleteAce");
    is(Acl->AceCount, 1, "one is left");
    ok(RtlAreAllAccessesGranted(7, 3) && !RtlAreAllAccessesGranted(1, 3), "RtlAreAllAccessesGranted");
    ok(RtlAreAnyAccessesGranted(1, 3) && !RtlAreAnyAccessesGranted(4, 3), "RtlAreAnyAccessesGranted");
}

static VOID TestAccess(VOID) {
    SECURITY_SUBJECT_CONTEXT Subject = {0};
    UCHAR AclRoom[128];
    PACL Acl = (PACL)AclRoom;
    SECURITY_DESCRIPTOR Descriptor;
    ACCESS_MASK Granted = 0, Mask = GENERIC_READ;
    NTSTATUS Status = 0;
    PRIVILEGE_SET Privileges = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    LUID Debug = {SE_DEBUG_PRIVILEGE, 0}, None = {777, 0};
    RtlCreateAcl(Acl, sizeof AclRoom, ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, FILE_READ_DATA, SeExports->SeLocalSystemSid);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, SeExports->SeAliasAdminsSid, FALSE);
    RtlSetGroupSecurityDescriptor(&Descriptor, SeExports->SeAliasAdminsSid, FALSE);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, Acl, FALSE);
    SeCaptureSubjectContext(&Subject);
    ok(Subject.PrimaryToken != NULL, "SeCaptureSubjectContext");
    SeLockSubjectContext(&Subject);
    ok(SeAccessCheck(&Descriptor, &Subject, TRUE, FILE_READ_DATA, 0, NULL, &Mapping, UserMode, &Granted, &Status) && Granted == FILE_READ_DATA &&
           Status == 0,
       "SeAccessCheck grants what the DACL allows");
    ok(!SeAccessCheck(&Descriptor, &Subject, TRUE, FILE_WRITE_DATA, 0, NULL, &Mapping, UserMode, &Granted, &Status) && Status == STATUS_ACCESS_DENIED,
       "and nothing else");
    SeUnlockSubjectContext(&Subject);
    Privileges.Privilege[0].Luid = Debug;
    ok(SePrivilegeCheck(&Privileges, &Subject, UserMode), "SePrivilegeCheck: System has that one");
    Privileges.Privilege[0].Luid = None;
    ok(!SePrivilegeCheck(&Privileges, &Subject, UserMode), "nobody has this one");
    ok(SeTokenIsAdmin(Subject.PrimaryToken), "SeTokenIsAdmin");
    is(SeTokenType(Subject.PrimaryToken), TokenPrimary, "SeTokenType");
    ok(SeSinglePrivilegeCheck(Debug, UserMode) && !SeSinglePrivilegeCheck(None, UserMode), "SeSinglePrivilegeCheck");
    SeReleaseSubjectContext(&Subject);
    ok(!Subject.PrimaryToken, "SeReleaseSubjectContext");
    RtlMapGenericMask(&Mask, &Mapping);
    is(Mask, FILE_GENERIC_READ, "RtlMapGenericMask");
}

static VOID TestTokens(VOID) {
    HANDLE Handle = NULL;
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsInitialSystemProcess);
    PVOID Object = NULL;
    PTOKEN_USER User = NULL;
    LUID Id = {9, 9};
    UCHAR Room[128] = {0};
    ULONG Length = 0, Session = 99;
    ok(Token != NULL, "PsReferencePrimaryToken");
    STATUS(SeQueryInformationToken(Token, TokenUser, (PVOID *)&User), 0, "SeQueryInformationToken");
    ok(User && RtlEqualSid(User->User.Sid, SeExports->SeLocalSystemSid), "the system");
    ExFreePool(User);
    STATUS(SeQueryAuthenticationIdToken(Token, &Id), 0, "SeQueryAuthenticationIdToken");
    ok(Id.LowPart == 0x3E7 && Id.HighPart == 0, "SYSTEM_LUID");
    STATUS(SeQuerySessionIdToken(Token, &Session), 0, "SeQuerySessionIdToken");
    is(Session, 0, "session 0");
    {
        LONG_PTR Count = ObfReferenceObject(Token);
        PsDereferencePrimaryToken(Token);
        is(ObfReferenceObject(Token), Count, "PsDereferencePrimaryToken");
        ObDereferenceObject(Token);
    }
    STATUS(ZwOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Handle), 0, "ZwOpenProcessToken");
    STATUS(ObReferenceObjectByHandle(Handle, TOKEN_QUERY, *SeTokenObjectType, KernelMode, &Object, NULL), 0, "of the type SeTokenObjectType");
    ok(Object == Token, "the same token");
    ObDereferenceObject(Object);
    STATUS(ZwQueryInformationToken(Handle, TokenUser, Room, sizeof Room, &Length), 0, "ZwQueryInformationToken");
    ok(RtlEqualSid(((PTOKEN_USER)Room)->User.Sid, SeExports->SeLocalSystemSid), "the system");
    ZwClose(Handle);
    STATUS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &Handle), 0, "ZwOpenProcessTokenEx");
    ok(ObIsKernelHandle(Handle), "ObIsKernelHandle");
    STATUS(ObCloseHandle(Handle, KernelMode), 0, "ObCloseHandle");
    STATUS(ZwQueryInformationToken(Handle, TokenUser, Room, sizeof Room, &Length), STATUS_INVALID_HANDLE, "it is closed");
    STATUS(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &Handle), STATUS_NO_TOKEN,
           "ZwOpenThreadTokenEx: nobody is impersonated");
    ObDereferenceObject(Token);
}

static ULONG Seen;

static OB_PREOP_CALLBACK_STATUS Before(PVOID Context, POB_PRE_OPERATION_INFORMATION Information) {
    Seen++;
    if (!Information->KernelHandle)
        Information->Parameters->CreateHandleInformation.DesiredAccess &= ~(ACCESS_MASK)1;
    return OB_PREOP_SUCCESS;
}

static VOID TestHandles(VOID) {
    PVOID Registered = NULL, Object = NULL;
    HANDLE Handle = NULL;
    OB_OPERATION_REGISTRATION Operation = {.ObjectType = PsProcessType, .Operations = OB_OPERATION_HANDLE_CREATE, .PreOperation = Before};
    OB_CALLBACK_REGISTRATION Registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .OperationRegistrationCount = 1,
                                             .Altitude = RTL_CONSTANT_STRING(L"321000.5"),
                                             .OperationRegistration = &Operation};
    is(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION, "ObGetFilterVersion");
    STATUS(ObRegisterCallbacks(&Registration, &Registered), 0, "ObRegisterCallbacks");
    STATUS(ObOpenObjectByPointerWithTag(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, 'gaT1',
                                        &Handle),
           0, "ObOpenObjectByPointerWithTag");
    is(Seen, 1, "has been seen");
    STATUS(ObReferenceObjectByHandleWithTag(Handle, 0, *PsProcessType, KernelMode, 'gaT1', &Object, NULL), 0, "ObReferenceObjectByHandleWithTag");
    ok(Object == PsInitialSystemProcess && ObGetObjectType(Object) == *PsProcessType, "the process; ObGetObjectType");
    ObDereferenceObject(Object);
    ZwClose(Handle);
    ObUnRegisterCallbacks(Registered);
    STATUS(ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &Handle), 0,
           "once more");
    is(Seen, 1, "ObUnRegisterCallbacks: has not been seen");
    ZwClose(Handle);
}

static VOID RunTests(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    TestSids();
    TestDescriptors();
    TestAccess();
    TestTokens();
    TestHandles();
}

/* advapi32's security functions, as an elevated administrator: SIDs, lists, descriptors and their text, tokens, impersonation, other users' programs. */
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>
#include <string.h>
#include "utap.h"

static HANDLE OpenOwn(DWORD access) {
    HANDLE token = NULL;
    OpenProcessToken(GetCurrentProcess(), access, &token);
    return token;
}

static void test_sids(void) {
    BYTE room[SECURITY_MAX_SID_SIZE];
    SID_IDENTIFIER_AUTHORITY authority = {SECURITY_NT_AUTHORITY};
    PSID admins = NULL, parsed = NULL;
    char *text = NULL, name[64], domain[64];
    DWORD size = sizeof room, name_size = sizeof name, domain_size = sizeof domain;
    SID_NAME_USE use = 0;

    OK(AllocateAndInitializeSid(&authority, 2, 32, 544, 0, 0, 0, 0, 0, 0, &admins), "AllocateAndInitializeSid");
    OK(IsValidSid(admins) && GetLengthSid(admins) == 16 && *GetSidSubAuthorityCount(admins) == 2 && *GetSidSubAuthority(admins, 1) == 544,
       "its parts");
    OK(ConvertSidToStringSidA(admins, &text) && !strcmp(text, "S-1-5-32-544"), "ConvertSidToStringSid");
    LocalFree(text);
    OK(ConvertStringSidToSidA("BA", &parsed) && EqualSid(parsed, admins), "ConvertStringSidToSid: an alias");
    LocalFree(parsed);
    OK(!ConvertStringSidToSidA("S-1-5-", &parsed) && GetLastError() == ERROR_INVALID_SID, "and no SID");
    OK(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, room, &size) && EqualSid(room, admins) &&
           IsWellKnownSid(admins, WinBuiltinAdministratorsSid),
       "CreateWellKnownSid");
    OK(LookupAccountSidA(NULL, admins, name, &name_size, domain, &domain_size, &use) && !strcmp(name, "Administrators") &&
           !strcmp(domain, "BUILTIN") && use == SidTypeAlias,
       "LookupAccountSid");
    size = sizeof room;
    domain_size = sizeof domain;
    OK(LookupAccountNameA(NULL, "BUILTIN\\Users", room, &size, domain, &domain_size, &use) && *GetSidSubAuthority(room, 1) == 545,
       "LookupAccountName");
    OK(!LookupAccountNameA(NULL, "Nobody at all", room, &size, domain, &domain_size, &use) && GetLastError() == ERROR_NONE_MAPPED, "nobody");
    FreeSid(admins);
}

static void test_text(void) {
    static const char *const texts[] = {
        "O:BAG:SYD:P(A;;GA;;;SY)(D;OICI;FR;;;WD)",
        "D:(A;;0x1201bf;;;WD)(A;;FA;;;BA)",
        "D:NO_ACCESS_CONTROL",
        "D:P",
        "O:S-1-5-21-1-2-3-1001D:AI(A;ID;KR;;;BU)S:(ML;;NWNR;;;HI)",
        "D:(OA;;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AU)",
    };
    static const char *const wrong[] = {"D:(A;;GA;;;)", "D:(A;;GA;;SY)", "D:(Z;;GA;;;SY)", "X:", "D:(A;;GA;;;SY", "D:D:", "D:(A;;GG;;;SY)", "O:"};
    PSECURITY_DESCRIPTOR descriptor;
    char *back;
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        back = NULL;
        BOOL read = ConvertStringSecurityDescriptorToSecurityDescriptorA(texts[i], SDDL_REVISION_1, &descriptor, NULL);
        OK(read && IsValidSecurityDescriptor(descriptor) &&
               ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, 0x1F, &back, NULL) && !strcmp(back, texts[i]),
           texts[i]);
        if (back && strcmp(back, texts[i]))
            printf("# %s\n", back);
        LocalFree(back);
        if (read)
            LocalFree(descriptor);
    }
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        OK(!ConvertStringSecurityDescriptorToSecurityDescriptorA(wrong[i], SDDL_REVISION_1, &descriptor, NULL) &&
               GetLastError() == ERROR_INVALID_PARAMETER,
           wrong[i]);
}

static DWORD integrity(HANDLE token) {
    BYTE room[64];
    DWORD size;
    return GetTokenInformation(token, TokenIntegrityLevel, room, sizeof room, &size)
               ? *GetSidSubAuthority(((TOKEN_MANDATORY_LABEL *)room)->Label.Sid, 0)
               : 0;
}

static void test_token(void) {
    HANDLE token = OpenOwn(TOKEN_ALL_ACCESS), restricted, copy;
    BYTE room[2048];
    DWORD size = 0;
    TOKEN_ELEVATION_TYPE type;
    TOKEN_ELEVATION elevation;
    TOKEN_PRIVILEGES change = {1, {{{20 /* debug */, 0}, SE_PRIVILEGE_ENABLED}}}, before;
    PRIVILEGE_SET set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{20, 0}, 0}}};
    BOOL held = TRUE, member = FALSE;
    char user[64];
    PSID admins;
    TOKEN_GROUPS *groups = (TOKEN_GROUPS *)room;

    OK(token && integrity(token) == SECURITY_MANDATORY_HIGH_RID, "an elevated administrator has high integrity");
    OK(GetTokenInformation(token, TokenElevationType, &type, sizeof type, &size) && type == TokenElevationTypeFull, "TokenElevationTypeFull");
    OK(GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size) && elevation.TokenIsElevated, "is elevated");
    OK(!GetTokenInformation(token, TokenGroups, room, 8, &size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && size > 200, "too small a buffer");
    OK(GetTokenInformation(token, TokenGroups, room, sizeof room, &size) && groups->GroupCount == 14, "14 groups");
    OK(groups->GroupCount && (groups->Groups[groups->GroupCount - 1].Attributes & SE_GROUP_INTEGRITY), "the last of them the label");
    size = sizeof user;
    OK(GetUserNameA(user, &size) && !strcmp(user, "Administrator") && size == 14, "GetUserName");
    OK(PrivilegeCheck(token, &set, &held) && !held, "the debug privilege is there, and off");
    OK(AdjustTokenPrivileges(token, FALSE, &change, sizeof before, &before, &size) && GetLastError() == 0 && before.Privileges[0].Attributes == 0,
       "AdjustTokenPrivileges");
    OK(PrivilegeCheck(token, &set, &held) && held, "and on");
    AdjustTokenPrivileges(token, FALSE, &before, 0, NULL, NULL);

    ConvertStringSidToSidA("BA", &admins);
    OK(CheckTokenMembership(NULL, admins, &member) && member, "CheckTokenMembership: of Administrators");
    SID_AND_ATTRIBUTES disable = {admins, 0};
    OK(CreateRestrictedToken(token, DISABLE_MAX_PRIVILEGE, 1, &disable, 0, NULL, 0, NULL, &restricted), "CreateRestrictedToken");
    OK(GetTokenInformation(restricted, TokenPrivileges, room, sizeof room, &size) && ((TOKEN_PRIVILEGES *)room)->PrivilegeCount == 1,
       "without its privileges but one");
    OK(!IsTokenRestricted(restricted), "nothing restricts it");
    OK(DuplicateToken(restricted, SecurityImpersonation, &copy) && CheckTokenMembership(copy, admins, &member) && !member, "no member any more");
    SID low = {SID_REVISION, 1, {SECURITY_MANDATORY_LABEL_AUTHORITY}, {SECURITY_MANDATORY_LOW_RID}};
    TOKEN_MANDATORY_LABEL label = {{&low, SE_GROUP_INTEGRITY}};
    OK(SetTokenInformation(copy, TokenIntegrityLevel, &label, sizeof label) == FALSE && GetLastError() == ERROR_ACCESS_DENIED,
       "a handle without that right lowers nothing");
    CloseHandle(copy);
    OK(DuplicateTokenEx(restricted, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &copy) &&
           SetTokenInformation(copy, TokenIntegrityLevel, &label, sizeof label) && integrity(copy) == SECURITY_MANDATORY_LOW_RID,
       "SetTokenInformation: down to low");

    /* Acting with it */
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, "tokens event"), opened;
    OK(event != NULL, "a named event");
    OK(ImpersonateLoggedOnUser(copy), "ImpersonateLoggedOnUser");
    opened = OpenEventA(EVENT_MODIFY_STATE, FALSE, "tokens event");
    OK(!opened && GetLastError() == ERROR_ACCESS_DENIED, "from low integrity nothing above is changed");
    opened = OpenEventA(SYNCHRONIZE, FALSE, "tokens event");
    OK(opened != NULL, "but waited for: the logon may");
    if (opened)
        CloseHandle(opened);
    HANDLE thread_token;
    OK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread_token) && integrity(thread_token) == SECURITY_MANDATORY_LOW_RID,
       "OpenThreadToken");
    CloseHandle(thread_token);
    OK(RevertToSelf() && !OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread_token) && GetLastError() == ERROR_NO_TOKEN, "RevertToSelf");
    opened = OpenEventA(EVENT_MODIFY_STATE, FALSE, "tokens event");
    OK(opened != NULL, "oneself again");
    CloseHandle(opened);
    OK(ImpersonateSelf(SecurityIdentification), "ImpersonateSelf, to be identified");
    opened = OpenEventA(SYNCHRONIZE, FALSE, "tokens event");
    OK(!opened && GetLastError() == ERROR_BAD_IMPERSONATION_LEVEL, "opens nothing");
    RevertToSelf();
    CloseHandle(event);
    CloseHandle(copy);
    CloseHandle(restricted);
    LocalFree(admins);
    CloseHandle(token);
}

static void test_check(void) {
    GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
    PSECURITY_DESCRIPTOR descriptor;
    HANDLE own = OpenOwn(TOKEN_DUPLICATE | TOKEN_QUERY), token;
    PRIVILEGE_SET privileges;
    DWORD size = sizeof privileges, granted = 0, mask = GENERIC_READ;
    BOOL allowed = FALSE;

    ConvertStringSecurityDescriptorToSecurityDescriptorA("O:SYG:SYD:(D;;FW;;;BA)(A;;FA;;;WD)", SDDL_REVISION_1, &descriptor, NULL);
    DuplicateToken(own, SecurityIdentification, &token);
    MapGenericMask(&mask, &mapping);
    OK(mask == FILE_GENERIC_READ, "MapGenericMask");
    OK(AccessCheck(descriptor, token, FILE_EXECUTE, &mapping, &privileges, &size, &granted, &allowed) && allowed && granted == FILE_EXECUTE,
       "AccessCheck: allowed");
    OK(AccessCheck(descriptor, token, FILE_WRITE_DATA, &mapping, &privileges, &size, &granted, &allowed) && !allowed, "and denied");
    OK(AccessCheck(descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges, &size, &granted, &allowed) && allowed &&
           granted == (FILE_ALL_ACCESS & ~FILE_GENERIC_WRITE),
       "MAXIMUM_ALLOWED: all but that");
    OK(!AccessCheck(descriptor, token, GENERIC_READ, &mapping, &privileges, &size, &granted, &allowed) && GetLastError() == ERROR_GENERIC_NOT_MAPPED,
       "generic rights are for the caller to map");
    OK(!AccessCheck(descriptor, own, FILE_READ_DATA, &mapping, &privileges, &size, &granted, &allowed) &&
           GetLastError() == ERROR_NO_IMPERSONATION_TOKEN,
       "a primary token is none to check");
    LocalFree(descriptor);
    CloseHandle(own);
    CloseHandle(token);
}

static void test_objects(void) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    PSECURITY_DESCRIPTOR found = NULL;
    HANDLE event, again;
    char *text = NULL;
    PACL dacl = NULL;
    PSID owner = NULL;
    ACL_SIZE_INFORMATION information;
    void *ace;

    ConvertStringSecurityDescriptorToSecurityDescriptorA("D:P(A;;0x100000;;;BA)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL);
    event = CreateEventA(&attributes, TRUE, FALSE, "tokens secured");
    OK(event != NULL, "an event with a descriptor: its creator has all");
    again = OpenEventA(EVENT_MODIFY_STATE, FALSE, "tokens secured");
    OK(!again && GetLastError() == ERROR_ACCESS_DENIED, "whoever opens it what the descriptor says");
    again = OpenEventA(SYNCHRONIZE, FALSE, "tokens secured");
    OK(again != NULL, "not more");
    CloseHandle(again);
    OK(GetSecurityInfo(event, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &dacl, NULL, &found) == 0 &&
           ConvertSecurityDescriptorToStringSecurityDescriptorA(found, SDDL_REVISION_1, 7, &text, NULL) && !strcmp(text, "O:BAD:P(A;;0x100000;;;BA)"),
       "GetSecurityInfo");
    OK(GetAclInformation(dacl, &information, sizeof information, AclSizeInformation) && information.AceCount == 1 && GetAce(dacl, 0, &ace) &&
           EqualSid(owner, &((ACCESS_ALLOWED_ACE *)ace)->SidStart),
       "owner and list are parts of it");
    LocalFree(text);
    LocalFree(found);
    LocalFree(attributes.lpSecurityDescriptor);
    ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(A;;GA;;;WD)", SDDL_REVISION_1, &found, NULL);
    OK(SetKernelObjectSecurity(event, DACL_SECURITY_INFORMATION, found), "SetKernelObjectSecurity");
    LocalFree(found);
    again = OpenEventA(EVENT_ALL_ACCESS, FALSE, "tokens secured");
    OK(again != NULL, "counts for the next one");
    CloseHandle(again);
    OK(GetNamedSecurityInfoA("tokens secured", SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &dacl, NULL, &found) == 0 && dacl &&
           dacl->AceCount == 1,
       "GetNamedSecurityInfo");
    LocalFree(found);
    CloseHandle(event);

    /* A process keeps others out by its integrity. */
    OK(GetSecurityInfo(GetCurrentProcess(), SE_KERNEL_OBJECT, LABEL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL, &found) == 0 &&
           ConvertSecurityDescriptorToStringSecurityDescriptorA(found, SDDL_REVISION_1, LABEL_SECURITY_INFORMATION, &text, NULL) &&
           !strcmp(text, "S:(ML;;NWNR;;;HI)"),
       "a process's label");
    LocalFree(text);
    LocalFree(found);
}

static void test_as_user(const char *self) {
    HANDLE own = OpenOwn(TOKEN_ALL_ACCESS), restricted;
    PROCESS_INFORMATION process;
    STARTUPINFOW startup = {.cb = sizeof startup};
    WCHAR line[300];
    DWORD code = 99;
    PSID admins;

    ConvertStringSidToSidA("BA", &admins);
    SID_AND_ATTRIBUTES disable = {admins, 0};
    CreateRestrictedToken(own, 0, 1, &disable, 0, NULL, 0, NULL, &restricted);
    MultiByteToWideChar(CP_ACP, 0, self, -1, line, 280);
    wcscat(line, L" member");
    OK(CreateProcessAsUserW(restricted, NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process),
       "CreateProcessAsUser with a token of one's own");
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    OK(code == 0, "is no administrator");
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    CloseHandle(restricted);
    LocalFree(admins);

    DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &restricted);
    OK(!CreateProcessAsUserW(restricted, NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process) &&
           GetLastError() == ERROR_PRIVILEGE_NOT_HELD,
       "any other token takes a privilege that administrators lack");
    CloseHandle(restricted);
    CloseHandle(own);
}

/* Is Administrators a group of this process for denials only? Its token is the administrators': to look is all that it may. */
static BOOL only_denied(void) {
    static BYTE room[2048];
    HANDLE own = OpenOwn(TOKEN_QUERY);
    TOKEN_GROUPS *groups = (TOKEN_GROUPS *)room;
    DWORD size;
    if (OpenOwn(TOKEN_DUPLICATE) || !GetTokenInformation(own, TokenGroups, room, sizeof room, &size))
        return FALSE;
    for (DWORD i = 0; i < groups->GroupCount; i++)
        if (IsWellKnownSid(groups->Groups[i].Sid, WinBuiltinAdministratorsSid))
            return (groups->Groups[i].Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY)) == SE_GROUP_USE_FOR_DENY_ONLY;
    return FALSE;
}

int main(int argc, char **argv) {
    if (argc > 1)
        return only_denied() ? 0 : 1;
    test_sids();
    test_text();
    test_token();
    test_check();
    test_objects();
    test_as_user(argv[0]);
    return done();
}

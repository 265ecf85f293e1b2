/* Who may do what with files on drive C:. */
#include "utap.h"
#include <aclapi.h>
#include <sddl.h>
#include <winternl.h>

#define EVERYTHING (OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)

static const char *text_of(const char *path) {
    static char text[600];
    PSECURITY_DESCRIPTOR descriptor;
    char *sddl;
    DWORD error = GetNamedSecurityInfoA((char *)path, SE_FILE_OBJECT, EVERYTHING, NULL, NULL, NULL, NULL, &descriptor);
    snprintf(text, sizeof text, "error %lu", error);
    if (error)
        return text;
    ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, EVERYTHING, &sddl, NULL);
    snprintf(text, sizeof text, "%s", sddl);
    LocalFree(sddl);
    LocalFree(descriptor);
    return text;
}
static BOOL shows(const char *path, const char *sddl) {
    const char *text = text_of(path);
    if (!strcmp(text, sddl))
        return TRUE;
    printf("# %s: %s\n", path, text);
    return FALSE;
}
static PSECURITY_DESCRIPTOR parse(const char *sddl) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1, &descriptor, NULL);
    return descriptor;
}
static DWORD make(const char *path, const char *sddl) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, sddl ? parse(sddl) : NULL, FALSE};
    HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, &attributes, CREATE_NEW, 0, NULL);
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0, written;
    if (!error) {
        WriteFile(file, "text", 4, &written, NULL);
        CloseHandle(file);
    }
    LocalFree(attributes.lpSecurityDescriptor);
    return error;
}
static DWORD may(const char *path, DWORD access) {
    HANDLE file =
        CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(file);
    return 0;
}

/* This thread goes on as a user who is no administrator; without Traverse also without the right to pass directories. */
static void become_user(BOOL traverse) {
    SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    SID_AND_ATTRIBUTES deny[1] = {{NULL, 0}};
    LUID_AND_ATTRIBUTES privilege = {{0, 0}, 0};
    HANDLE own = NULL, restricted = NULL;
    AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &deny[0].Sid);
    LookupPrivilegeValueA(NULL, "SeChangeNotifyPrivilege", &privilege.Luid);
    OK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own) &&
           CreateRestrictedToken(own, 0, 1, deny, traverse ? 0 : 1, &privilege, 0, NULL, &restricted) && ImpersonateLoggedOnUser(restricted),
       traverse ? "somebody who is no administrator" : "somebody who may not pass directories");
    FreeSid(deny[0].Sid);
    CloseHandle(own);
    CloseHandle(restricted);
}

static void everyday(void) {
    OK(shows("C:\\", "O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;AU)(A;OICI;0x1200a9;;;BU)"), "the root");
    OK(shows("C:\\Windows\\System32\\ntdll.dll", "O:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;ID;FA;;;SY)"),
       "what C:\\Windows passes on");
    OK(!make("plain.txt", NULL), "a file");
    OK(shows("plain.txt", "O:BAD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1301bf;;;AU)(A;ID;0x1200a9;;;BU)"), "has what the root passes on");
    OK(!make("private.txt", "D:(A;;FA;;;BA)"), "one with a descriptor of its own");
    OK(shows("private.txt", "O:BAD:AI(A;;FA;;;BA)(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1301bf;;;AU)(A;ID;0x1200a9;;;BU)"),
       "and what is inherited behind that");
    OK(!make("closed.txt", "D:P(A;;FA;;;BA)"), "a protected one");
    OK(shows("closed.txt", "O:BAD:P(A;;FA;;;BA)"), "has nothing else");

    become_user(TRUE);
    OK(!may("plain.txt", GENERIC_READ | GENERIC_WRITE | DELETE), "an ordinary user may read, write and delete the first");
    OK(may("plain.txt", WRITE_DAC) == ERROR_ACCESS_DENIED, "but not say who may");
    OK(may("closed.txt", GENERIC_READ) == ERROR_ACCESS_DENIED && may("closed.txt", GENERIC_WRITE) == ERROR_ACCESS_DENIED,
       "nor open the protected one: 5");
    OK(GetFileAttributesA("closed.txt") != INVALID_FILE_ATTRIBUTES, "whose attributes the directory shows");
    OK(!DeleteFileA("closed.txt") && GetLastError() == ERROR_ACCESS_DENIED, "nor delete it");
    OK(!MoveFileA("closed.txt", "open.txt") && GetLastError() == ERROR_ACCESS_DENIED, "nor give it another name");
    OK(make("C:\\Windows\\new.txt", NULL) == ERROR_ACCESS_DENIED, "nor make a file in C:\\Windows: 5");
    OK(!CreateDirectoryA("C:\\Windows\\new", NULL) && GetLastError() == ERROR_ACCESS_DENIED, "nor a directory");
    OK(!make("own.txt", "D:P(A;;FR;;;WD)"), "but one in the root, which nobody may write");
    OK(may("own.txt", GENERIC_WRITE) == ERROR_ACCESS_DENIED && !may("own.txt", GENERIC_READ), "not even who made it");
    RevertToSelf();
    OK(may("own.txt", GENERIC_WRITE) == ERROR_ACCESS_DENIED && !may("own.txt", WRITE_DAC), "nor who owns it, until he changes that");
    PSECURITY_DESCRIPTOR all = parse("D:P(A;;FA;;;WD)");
    OK(SetFileSecurityA("own.txt", DACL_SECURITY_INFORMATION, all) && !may("own.txt", GENERIC_WRITE), "which he may");
    DWORD needed;
    OK(!GetFileSecurityA("own.txt", DACL_SECURITY_INFORMATION, NULL, 0, &needed) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed == 48,
       "the size asked for");
    LocalFree(all);
}

static void directories(void) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, parse("D:P(A;OICI;FA;;;BA)(A;CI;0x1200a9;;;WD)(A;OIIO;FR;;;WD)(A;OICIIO;FA;;;CO)"), FALSE};
    OK(CreateDirectoryA("shelf", &attributes) && CreateDirectoryA("shelf\\inner", NULL) && !make("shelf\\inner\\deep.txt", NULL),
       "a directory that passes on");
    OK(shows("shelf\\inner", "O:BAD:AI(A;OICIID;FA;;;BA)(A;CIID;0x1200a9;;;WD)(A;OIIOID;FR;;;WD)(A;ID;FA;;;BA)(A;OICIIOID;FA;;;CO)"),
       "to directories");
    OK(shows("shelf\\inner\\deep.txt", "O:BAD:AI(A;ID;FA;;;BA)(A;ID;FR;;;WD)(A;ID;FA;;;BA)"), "and to files");
    become_user(TRUE);
    OK(make("shelf\\mine.txt", NULL) == ERROR_ACCESS_DENIED, "nobody else makes files there");
    OK(!may("shelf\\inner\\deep.txt", GENERIC_READ) && may("shelf\\inner\\deep.txt", GENERIC_WRITE) == ERROR_ACCESS_DENIED, "everybody reads them");
    OK(MoveFileA("own.txt", "shelf\\own.txt") == 0 && GetLastError() == ERROR_ACCESS_DENIED, "or moves any there");
    RevertToSelf();
    OK(!make("shelf\\guest.txt", "D:P(A;;FR;;;WD)"), "a file that may not be deleted");
    PSECURITY_DESCRIPTOR children = parse("D:P(A;OICI;FA;;;BA)(A;;0x1200e9;;;WD)");
    OK(SetFileSecurityA("shelf", DACL_SECURITY_INFORMATION, children), "in a directory whose children everybody may delete");
    LocalFree(children);
    become_user(TRUE);
    OK(DeleteFileA("shelf\\guest.txt"), "is deleted");
    RevertToSelf();

    OK(!make("shelf\\inner\\open.txt", "D:P(A;;FA;;;WD)"), "a file for everybody");
    children = parse("D:P(A;OICI;FA;;;BA)");
    OK(SetFileSecurityA("shelf", DACL_SECURITY_INFORMATION, children), "below a directory for administrators");
    LocalFree(children);
    become_user(TRUE);
    OK(!may("shelf\\inner\\open.txt", GENERIC_READ), "is reached by its name");
    OK(may("shelf", FILE_LIST_DIRECTORY) == ERROR_ACCESS_DENIED, "but not listed");
    RevertToSelf();
    become_user(FALSE);
    OK(may("shelf\\inner\\open.txt", GENERIC_READ) == ERROR_ACCESS_DENIED, "does not reach it");
    RevertToSelf();

    OK(!make("leaving.txt", NULL) && MoveFileA("leaving.txt", "shelf\\leaving.txt") &&
           shows("shelf\\leaving.txt", "O:BAD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1301bf;;;AU)(A;ID;0x1200a9;;;BU)"),
       "a file keeps its descriptor when it moves");
    OK(MoveFileA("shelf", "drawer") && shows("drawer\\inner\\open.txt", "O:BAD:P(A;;FA;;;WD)"), "and when its directory does");
    OK(DeleteFileA("drawer\\inner\\open.txt") && !make("drawer\\inner\\open.txt", NULL) && strstr(text_of("drawer\\inner\\open.txt"), "AI"),
       "a new file of the same name has none of the old one's");
    LocalFree(attributes.lpSecurityDescriptor);
}

static void damaged(void) {
    HANDLE file = CreateFileA("plain.txt", WRITE_DAC | WRITE_OWNER | READ_CONTROL, 0, NULL, OPEN_EXISTING, 0, NULL);
    SECURITY_DESCRIPTOR descriptor;
    BYTE bytes[64];
    DWORD needed;
    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    OK(!SetKernelObjectSecurity(file, OWNER_SECURITY_INFORMATION, &descriptor) && GetLastError() == ERROR_INVALID_OWNER, "no owner: 1307");
    descriptor.Revision = 7;
    OK(!SetKernelObjectSecurity(file, DACL_SECURITY_INFORMATION, &descriptor) && GetLastError() == ERROR_UNKNOWN_REVISION, "another revision: 1305");
    OK(!SetKernelObjectSecurity(file, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR)8) && GetLastError() == ERROR_NOACCESS, "nothing there: 998");
    OK(!GetKernelObjectSecurity(file, DACL_SECURITY_INFORMATION, bytes, 20, &needed) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed > 64,
       "a small buffer");
    OK(!GetKernelObjectSecurity(file, SACL_SECURITY_INFORMATION, bytes, sizeof bytes, &needed) && GetLastError() == ERROR_ACCESS_DENIED,
       "the SACL takes a right of its own");
    OK(may("plain.txt", ACCESS_SYSTEM_SECURITY) == ERROR_PRIVILEGE_NOT_HELD, "which takes a privilege: 1314");
    CloseHandle(file);
}

int main(void) {
    everyday();
    directories();
    damaged();
    return done();
}

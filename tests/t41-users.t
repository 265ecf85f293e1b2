#!/bin/sh
# T41, T20: what an ordinary user may do with services and the registry, and who may open whose processes. A key's security is kept.
. tests/lib.sh
as() {
    user=$1
    shift
    run "$ringside" run --user "$user" "$@"
}
as user sc query null
exits 0 "a user looks at a service"
as user sc create mine type= kernel binPath= 'C:\mine.sys'
exits 5 "and does not make one: ERROR_ACCESS_DENIED"
as administrator sc create mine type= kernel binPath= 'C:\mine.sys'
exits 0 "an administrator does"
as user sc start null
exits 5 "a user starts none"

as user reg query 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion' /v ProductName
exits 0 "a user reads HKEY_LOCAL_MACHINE"
as user reg add 'HKLM\SOFTWARE\Mine' /v a /t REG_SZ /d b /f
[ "$status" != 0 ]
ok $? "and does not write there"
as user reg add 'HKCU\SOFTWARE\Mine' /v a /t REG_SZ /d b /f
exits 0 "but in HKEY_CURRENT_USER"
as user reg query 'HKLM\SAM'
[ "$status" != 0 ]
ok $? "nor does he see the accounts"

cat >"$work/who.c" <<'C'
#include <windows.h>
#include <stdio.h>
int main(void) {
    HANDLE token;
    char name[64];
    DWORD size = sizeof name, needed;
    BYTE label[64];
    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    GetUserNameA(name, &size);
    GetTokenInformation(token, TokenIntegrityLevel, label, sizeof label, &needed);
    HANDLE system = OpenProcess(PROCESS_VM_READ, FALSE, 4);
    printf("%s %s %lx %lu\n", name, getenv("USERNAME"), *GetSidSubAuthority(((TOKEN_MANDATORY_LABEL *)label)->Label.Sid, 0), system ? 0 : GetLastError());
    return 0;
}
C
sed -i '1i #include <stdlib.h>' "$work/who.c"
run "$ringside" cc "$work/who.c" -o "$work/who.exe"
exits 0 "a program that says who it is"
as administrator "$work/who.exe"
out_has 'Administrator Administrator 3000 5' "an administrator, who may not read System's memory without the debug privilege"
as user "$work/who.exe"
out_has 'User User 2000 5' "a user"
as system "$work/who.exe"
out_has 'SYSTEM SYSTEM 4000 0' "System, which may"

# Kept
cat >"$work/key.c" <<'C'
#include <windows.h>
#include <sddl.h>
#include <stdio.h>
int main(int argc, char **argv) {
    PSECURITY_DESCRIPTOR descriptor;
    HKEY key;
    LONG error = RegCreateKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Kept", 0, NULL, 0, READ_CONTROL | WRITE_DAC, NULL, &key, NULL);
    if (error != 0)
        return (int)error;
    if (argc > 1) {
        ConvertStringSecurityDescriptorToSecurityDescriptorA(argv[1], SDDL_REVISION_1, &descriptor, NULL);
        return (int)RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
    }
    BYTE room[512];
    DWORD size = sizeof room;
    char *text;
    RegGetKeySecurity(key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, room, &size);
    ConvertSecurityDescriptorToStringSecurityDescriptorA(room, SDDL_REVISION_1, 5, &text, NULL);
    puts(text);
    return 0;
}
C
run "$ringside" cc "$work/key.c" -o "$work/key.exe"
exits 0 "a program for a key's security"
XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/runtime
export XDG_STATE_HOME XDG_RUNTIME_DIR
mkdir -p "$work/runtime" && chmod 700 "$work/runtime"
run "$ringside" up
run "$ringside" run "$work/key.exe"
out_has 'O:BAD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;CI;KR;;;RC)' "a key has what it inherits"
run "$ringside" run "$work/key.exe" 'D:P(A;;KA;;;BA)(A;CI;KA;;;BU)'
exits 0 "and another security that is set on it"
run "$ringside" run --user user reg add 'HKLM\SOFTWARE\Kept\Below' /v a /t REG_SZ /d b /f
exits 0 "by which a user may make a key there"
run "$ringside" down
run "$ringside" up
run "$ringside" run "$work/key.exe"
out_has 'O:BAD:P(A;;KA;;;BA)(A;CI;KA;;;BU)' "it is there after the next boot"
run "$ringside" run --user user reg add 'HKLM\SOFTWARE\Kept\Below' /v a /t REG_SZ /d c /f
exits 0 "and so is what was passed on"
run "$ringside" run --user user reg add 'HKLM\SOFTWARE\Other' /v a /t REG_SZ /d b /f
[ "$status" != 0 ]
ok $? "elsewhere he may not"
run "$ringside" down
exits 0 "down"
done_testing

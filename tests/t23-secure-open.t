#!/bin/sh
# T23: who may open a device. A driver with IoCreateDeviceSecure, built by `ringside cc`; programs as an administrator, as an ordinary user, as System.
. tests/lib.sh
opener=$build/tests/programs/opener.exe
run "$ringside" cc tests/sources/secure.c -o "$work/secure.sys"
exits 0 "a driver that links to wdmsec.lib"
[ ! -s "$work/err" ]
ok $? "without a warning"

as() {
    user=$1
    shift
    run "$ringside" run --user "$user" -d "$work/secure.sys" "$opener" "$@"
    [ "$status" = 0 ] || ok 1 "$user runs"
}

as administrator rw '\\.\SecAdmins' '\\.\SecAdmins\below' '\\.\SecLeaky\below' '\\.\SecReaders' '\\.\SecKernel'
err_has 'nonsense gives c000000d' "SDDL that is none is STATUS_INVALID_PARAMETER"
err_has 'no name gives c000000d' "so is a device without a name"
out_has 'rw \\.\SecAdmins: opened; read 0, write 0, any 0' "an administrator opens the administrators' device"
out_has 'rw \\.\SecAdmins\below: opened' "and a name below it"
out_has 'rw \\.\SecReaders: opened' "and reads and writes what others only read"
out_has 'rw \\.\SecKernel: error 5' "what is the kernel's is nobody's"

as user rw '\\.\SecAdmins' '\\.\SecAdmins\below' '\\.\SecLeaky' '\\.\SecLeaky\below' '\\.\SecReaders' '\\.\SecKernel'
out_has 'rw \\.\SecAdmins: error 5' "a user does not open the administrators' device"
out_has 'rw \\.\SecAdmins\below: error 5' "nor a name below it: FILE_DEVICE_SECURE_OPEN"
out_has 'rw \\.\SecLeaky: error 5' "nor the device without that flag"
out_has 'rw \\.\SecLeaky\below: opened; read 0, write 0, any 0' "but a name below it, with all rights: the mistake that the flag is for"
out_has 'rw \\.\SecReaders: error 5' "nor reads and writes what he may read"
out_has 'rw \\.\SecKernel: error 5' "the kernel's is not his either"

as user r '\\.\SecReaders'
out_has 'r \\.\SecReaders: opened; read 0, write 5, any 5' "a user who may read may not use a code that writes, nor one that the driver checks"
as user m '\\.\SecReaders'
out_has 'm \\.\SecReaders: opened; read 0, write 5, any 5' "MAXIMUM_ALLOWED is what there is: reading"
as user d '\\.\SecReaders'
out_has 'd \\.\SecReaders: error 5' "and not to change who may"
as administrator m '\\.\SecReaders'
out_has 'm \\.\SecReaders: opened; read 0, write 0, any 0' "for an administrator reading and writing"

as system rw '\\.\SecAdmins' '\\.\SecKernel'
out_has 'rw \\.\SecAdmins: opened' "System opens the administrators' device"
out_has 'rw \\.\SecKernel: error 5' "and not the kernel's: a DACL without entries"

# The sample's device is for everybody: IoCreateDevice's default.
run "$ringside" run --user user -d $build/samples/example-buffered.sys $build/samples/client.exe 'Hello'
exits 0 "a user opens a device that IoCreateDevice made"

run "$ringside" run --user nobody $opener
exits 125 "a user that there is not"
err_has 'use administrator, user or system' "says which there are"

# The registry's word goes before the driver's.
mkdir -p "$work/root"
cat >"$work/class.c" <<'C'
#include <windows.h>
int main(void) {
    /* O:BAG:SYD:P(A;;FA;;;WD) */
    static const unsigned char descriptor[] = {1, 0, 4, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 28, 0, 1, 0, 0, 0,
                                               0, 0, 20, 0, 0xff, 1, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    HKEY key;
    if (RegCreateKeyExA(HKEY_LOCAL_MACHINE, "System\\CurrentControlSet\\Control\\Class\\{8E6F5B0A-2D17-4F0E-9B1C-510A773D2004}\\Properties", 0, NULL, 0,
                        KEY_WRITE, NULL, &key, NULL) != 0)
        return 1;
    return (int)RegSetValueExA(key, "Security", 0, REG_BINARY, descriptor, sizeof descriptor);
}
C
run "$ringside" cc "$work/class.c" -o "$work/class.exe"
exits 0 "a program that sets the class's security"
XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/runtime
export XDG_STATE_HOME XDG_RUNTIME_DIR
mkdir -p "$work/runtime" && chmod 700 "$work/runtime"
run "$ringside" up
exits 0 "a machine that is up"
run "$ringside" run "$work/class.exe"
exits 0 "sets it"
run "$ringside" load "$work/secure.sys"
exits 0 "the driver is loaded"
run "$ringside" run --user user "$opener" rw '\\.\SecAdmins'
out_has 'rw \\.\SecAdmins: opened; read 0, write 0, any 0' "a user opens what the registry opens to everybody"
run "$ringside" objects -l '\Device\SecAdmins'
out_has 'D:P(A;;FA;;;WD)' "as ringside objects shows"
run "$ringside" down
exits 0 "down"
done_testing

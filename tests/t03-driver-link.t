#!/bin/sh
# T3: what the driver kit's linker options leave in an image, which `ringside cc` presets; the entry may have any name.
. tests/lib.sh
cat >"$work/any.c" <<'SOURCE'
#include <ntddk.h>
DRIVER_UNLOAD Gone;
VOID Gone(PDRIVER_OBJECT Driver) { DbgPrint("gone\n"); }
NTSTATUS HereItBegins(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
    Driver->DriverUnload = Gone;
    DbgPrint("begun\n");
    return STATUS_SUCCESS;
}
SOURCE
run "$ringside" cc "$work/any.c" -o "$work/any.sys" -- -Wl,-entry:HereItBegins
exits 0 "a driver whose entry has another name"
run "$ringside" inspect "$work/any.sys"
exits 0 "inspect"
out_has '(WDM)' "/DRIVER:WDM"
out_has 'native' "/SUBSYSTEM:NATIVE"
out_has 'checksum' "/RELEASE"
run "$ringside" run -d "$work/any.sys"
exits 0 "it runs"
err_has 'dbg: begun' "from that entry"
err_has 'dbg: gone' "to its unload routine"
run "$ringside" cc "$work/any.c" -o "$work/none.sys"
exits 1 "without that option"
err_has 'DriverEntry' "DriverEntry is asked for"
done_testing

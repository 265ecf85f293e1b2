#!/bin/sh
# T28: a driver without DriverUnload cannot be stopped: 1052, and it stays.
. tests/lib.sh
printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) { DbgPrint("here to stay\\n"); return STATUS_SUCCESS; }\n' >"$work/stay.c"
mkdir "$work/root"
run "$ringside" cc "$work/stay.c" -o "$work/root/stay.sys"
exits 0 "a driver without DriverUnload"
run "$ringside" run --root "$work/root" $build/samples/loader.exe --no-wait 'C:\stay.sys'
err_has 'dbg: here to stay' "starts"
out_has 'ControlService: error 1052' "ControlService fails with 1052 (ERROR_INVALID_SERVICE_CONTROL)"
out_has 'DeleteService: ok' "its service can be deleted"
exits 1 "the loader says that not all went well"
run "$ringside" run --root "$work/root" --and "$build/samples/loader.exe --no-wait C:\\stay.sys" $build/samples/loader.exe --no-wait 'C:\stay.sys'
[ "$(grep -c 'StartService: ok' "$work/out")" = 1 ] && [ "$(grep -c 'dbg: here to stay' "$work/err")" = 1 ]
ok $? "and it stays: it cannot be started again"
done_testing

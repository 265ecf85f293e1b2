#!/bin/sh
# A driver that dereferences NULL: the screen, the codes, exit 134.
. tests/lib.sh
s=$build/samples
run "$ringside" run -d $build/tests/bad/null-entry.sys
exits 134 "NULL in DriverEntry"
err_has 'STOP 0x0000007E' "the code"
err_has 'SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "its name"
err_has '0xFFFFFFFFC0000005' "its first parameter"
err_has 'null-entry.sys!TouchNothing' "driver and function"
err_has 'null-entry.c:6' "file and line"
err_has 'ntoskrnl.exe!' "the kernel's frames"
run "$ringside" run -d $build/tests/bad/null-dispatch.sys $s/client.exe hello
exits 134 "NULL in a dispatch routine"
err_has 'STOP 0x0000003B' "the code"
err_has 'SYSTEM_SERVICE_EXCEPTION' "its name"
err_has 'null-dispatch.sys!BadControl' "driver and function"
err_has 'null-dispatch.c:6' "file and line"
err_has 'client.exe' "the process"
err_has 'NtDeviceIoControlFile' "the kernel's frames"
run "$ringside" run -d $build/tests/bad/callback.sys
exits 134 "a pure virtual call"
err_has 'STOP 0x00000139' "the code"
err_has 'registered 101011' "callbacks are registered and given up, each once"
err_has 'told of the end: 1 at level 15' "and the one that is left is called"
! grep -q 'never:' "$work/err"
ok $? "and no other"
run "$ringside" run -d $build/tests/bad/firmware.sys
exits 124 "a driver that restarts the machine"
err_has 'restarted the machine' "and why"
done_testing

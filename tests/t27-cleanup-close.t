#!/bin/sh
# T27: CLEANUP comes in the context of the process that closes the last handle; CLOSE comes with the last reference, wherever that goes. Both are in the trace.
. tests/lib.sh
run "$ringside" run -d $build/tests/kernel/lives.sys $build/tests/user/lives.exe
exits 0 "the driver and its program"
sed -n 's/^ok [0-9]* - //p' "$work/out" >"$work/checks"
while IFS= read -r check <&3; do
    ok 0 "$check"
done 3<"$work/checks"
[ "$(wc -l <"$work/checks")" = 8 ] && ! grep -q '^not ok' "$work/out"
ok $? "every check"
err_has 'Lives: 3 creates, 3 cleanups, 3 closes; 0 cleanups elsewhere' "the counts are equal at unload"
run "$ringside" run --trace -d $build/tests/kernel/lives.sys $build/tests/user/lives.exe
err_has 'IRP_MJ_CLEANUP' "the trace has the cleanups"
err_has 'IRP_MJ_CLOSE' "and the closes"
done_testing

#!/bin/sh
# KeBugCheckEx and KeBugCheck, called by a driver.
. tests/lib.sh
run "$ringside" run --alone --timeout 60 -d "$build/tests/bad/calls-bugcheck.sys"
exits 134 "KeBugCheckEx"
err_has "STOP 0xDEAD0001" "its code"
grep -qE '^ *(parameter +)?4  0x0000000000000004' "$work/err"
ok $? "its parameters"
run "$ringside" run --alone --timeout 60 -d "$build/tests/bad/calls-bugcheck-plain.sys"
exits 134 "KeBugCheck"
err_has "STOP 0xDEAD0002" "its code"
done_testing

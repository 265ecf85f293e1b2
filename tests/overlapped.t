#!/bin/sh
# Overlapped I/O on the driver of the completion ports' test.
. tests/lib.sh
run "$ringside" run --timeout 60 -d $build/tests/kernel/completion.sys $build/tests/user/overlapped.exe
exits 0 "overlapped I/O"
! grep -v '^ok\|^1\.\.' "$work/out"
ok $? "every check"
grep -q '^1\.\.' "$work/out"
ok $? "to the end"
done_testing

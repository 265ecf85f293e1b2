#!/bin/sh
# T34: direct I/O: the program's pages, locked, at a system address that is good at any IRQL and in any process; no copy.
. tests/lib.sh
run "$ringside" run -d $build/tests/kernel/contexts.sys $build/tests/user/contexts.exe direct
exits 0 "the driver and its program"
join_tap
[ "$count" = 5 ]
ok $? "every check"
done_testing

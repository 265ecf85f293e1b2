#!/bin/sh
# T35: buffered I/O: a copy in nonpaged memory, readable at DISPATCH_LEVEL and from any process's context.
. tests/lib.sh
run "$ringside" run -d $build/tests/kernel/contexts.sys $build/tests/user/contexts.exe buffered
exits 0 "the driver and its program"
join_tap
[ "$count" = 5 ]
ok $? "every check"
done_testing

#!/bin/sh
# T17: a user's address is there in its process's context, and nowhere else; what drivers defer runs in the System process.
. tests/lib.sh
run "$ringside" run -d $build/tests/kernel/contexts.sys $build/tests/user/contexts.exe neither
exits 0 "the driver and its program"
join_tap
[ "$count" = 5 ]
ok $? "every check"
done_testing

#!/bin/sh
# T35: buffered I/O: a copy in nonpaged memory, readable at DISPATCH_LEVEL and from any process's context.
. tests/lib.sh
run "$ringside" run -d $build/tests/kernel/contexts.sys $build/tests/user/contexts.exe buffered
exits 0 "the driver and its program"
grep '^ok' "$work/out" | sed 's/^ok [0-9]* - //' >"$work/checks"
while IFS= read -r check <&3; do
    ok 0 "$check"
done 3<"$work/checks"
[ "$(wc -l <"$work/checks")" = 4 ] && ! grep -q '^not ok' "$work/out"
ok $? "every check"
done_testing

#!/bin/sh
# docs/tutorial.md says what its listings hold and what its commands print.
. tests/lib.sh
[ -w /dev/ptmx ] || {
    echo "1..0 # skip there are no terminals here (/dev/ptmx)"
    exit 0
}
perl tools/tutorial.pl "$ringside" docs/tutorial.md docs/tutorial >"$work/page" 2>"$work/err"
status=$?
exits 0 "every command of the page runs"
diff docs/tutorial.md "$work/page" >"$work/out"
ok $? "and prints what the page says (make docs/tutorial.md brings it up to date)"
done_testing
